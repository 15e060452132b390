"""What Bokeh logs of websockets: no token, and no failure where one is refused."""

from __future__ import annotations

import logging

from bokeh.protocol.exceptions import ProtocolError

_MESSAGE = "Supplied subprotocol headers"


def keep_websocket_log() -> None:
    """Keep tokens out of every log, and failures that are none."""
    for name, refuse in (
        ("bokeh.server.views.ws", _NoTokens()),
        ("tornado.application", _RefusalsInALine()),
    ):
        logger = logging.getLogger(name)
        if not any(isinstance(each, type(refuse)) for each in logger.filters):
            logger.addFilter(refuse)


class _NoTokens(logging.Filter):
    """Drops what is logged, at the finest level, of a websocket's token."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(_MESSAGE)


class _RefusalsInALine(logging.Filter):
    """Shortens the refusal of a page's token to a line.

    Each page that was open while a server started anew, or its machine slept, comes
    back with an old one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ProtocolError):
            record.msg, record.args = "Refused a websocket: %s", (str(error),)
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.exc_info = None
        return True
