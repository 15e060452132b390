"""What Bokeh would log of a page's token, kept out of every log."""

from __future__ import annotations

import logging

_LOGGER = "bokeh.server.views.ws"
_TOLD = "Supplied subprotocol headers"


def keep_tokens_out() -> None:
    """Drop what Bokeh logs, at its finest level, of a websocket's token."""
    logger = logging.getLogger(_LOGGER)
    if not any(isinstance(each, _NoTokens) for each in logger.filters):
        logger.addFilter(_NoTokens())


class _NoTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(_TOLD)
