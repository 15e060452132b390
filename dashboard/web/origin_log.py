"""What the log says of a page whose websocket is refused, in this program's words."""

from __future__ import annotations

import logging

_LOGGER = "bokeh.server.views.ws"
_REFUSED = "Refusing websocket connection from Origin"


def name_our_option() -> None:
    """Have Bokeh's refusal of an origin name ``--origin``.

    Bokeh logs the options of its own program, which this one does not have.
    """
    logger = logging.getLogger(_LOGGER)
    if not any(isinstance(each, _OurOption) for each in logger.filters):
        logger.addFilter(_OurOption())


class _OurOption(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg.startswith(_REFUSED) and isinstance(record.args, tuple):
            origin, host, _, allowed = record.args
            record.msg = (
                "Refused the websocket of a page from %.200r: only pages from %s are "
                "connected. If people reach this server by that address, start it "
                "with --origin %.200s"
            )
            record.args = (origin, ", ".join(sorted(map(str, allowed))), host)  # type: ignore[call-overload]
        return True
