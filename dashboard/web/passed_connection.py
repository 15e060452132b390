"""The connection of a request that passed the gate, as handlers and pages see it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from dashboard.logs import new_request_id
from dashboard.web.headers import add_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httputil import HTTPHeaders, HTTPServerRequest

    from dashboard.accounts import Visitor

MOST_UNREAD_BYTES: Final = 64 << 20
"""That wait here for the browser of a page: a plate of 1536 wells and its figures take
some megabytes. Who leaves more unread, a laptop that sleeps for example, is cut off,
and its page loaded again."""


class PassedConnection:
    """The connection of a request: adds what every answer bears.

    Attributes
    ----------
    request
        As it came, cookies and headers included.
    visitor
        Who it comes from; None where it passed without.
    nonce
        What inline scripts of this answer must bear.
    id
        Of the request: in the answer's headers, in the log, in what people read.
    """

    def __init__(
        self, connection: Any, answered: Callable[[HTTPServerRequest, int], object]
    ) -> None:
        self._connection = connection
        self._answered = answered
        self._status = 0
        self.request: Any = None
        self.visitor: Visitor | None = None
        self.nonce = secrets.token_urlsafe(16)
        self.id = new_request_id()

    def __getattr__(self, name: str) -> Any:
        """Return what the connection has."""
        return getattr(self._connection, name)

    def write_headers(
        self, start_line: Any, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Any:
        """Write the head of an answer."""
        add_headers(headers, self.nonce)
        headers["X-Request-Id"] = self.id
        self._status = getattr(start_line, "code", 0)
        return self._connection.write_headers(start_line, headers, chunk)

    def finish(self) -> Any:
        """End an answer."""
        self._answered(self.request, self._status)
        return self._connection.finish()

    def detach(self) -> Any:
        """Hand the stream over: to a websocket, whose answer has no end."""
        self._answered(self.request, 101)
        stream = self._connection.detach()
        # Bokeh writes a message as three frames. By TCP's rules the second one waits
        # for a sign that the first has come, which takes a browser 40 ms.
        stream.set_nodelay(True)
        stream.max_write_buffer_size = MOST_UNREAD_BYTES
        return stream
