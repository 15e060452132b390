"""The gate: every request passes it before anything is routed, whoever answers it.

It stands in front of the whole Tornado application, so that what Panel and Bokeh answer
(the page, the websocket, their scripts, their errors) is held to the same rules as our
own handlers, and bears the same headers. In the order of asking:

0. Is there room for one more connection?
1. Is the request for this server at all? (Else a foreign name that was made to point
   here would be an origin of its own, with all that this server tells.)
2. Does it come from a page of this server, where it acts or is not a page itself?
3. Is its body of a bearable size?
4. Is there anything at its address?
5. Who is it, and is there room for one more page of theirs?

What passed and then sends nothing more of its body is let go, too.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from tornado.httputil import (
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    HTTPServerRequest,
    ResponseStartLine,
)
from tornado.ioloop import IOLoop

from dashboard.logs import REQUEST
from dashboard.web.access_log import log_answer
from dashboard.web.admission import AGAIN_SECONDS
from dashboard.web.answer import (
    Answer,
    error_answer,
    page_answer,
    redirect_answer,
)
from dashboard.web.body_length import body_length
from dashboard.web.come_in import come_in_page, passing_page
from dashboard.web.misplaced import reason_against_path
from dashboard.web.passed_connection import PassedConnection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tornado.httputil import HTTPHeaders, RequestStartLine

    from dashboard.accounts import Entrance
    from dashboard.monitoring import Monitoring
    from dashboard.web.admission import Admission
    from dashboard.web.origins import Origins

_LOG = logging.getLogger(__name__)

BODY_BYTES = 1 << 20
"""What a body outside of uploads may have."""

_UPLOAD_BYTES = 1 << 50
"""Uploads keep to what was announced themselves, as bytes arrive."""

STALL_SECONDS = 30.0
"""How long a body may bring nothing; then its connection is let go."""

_LOGGED = 100
"""Different refusals that are logged as warnings; then somebody plays."""


class Gate(HTTPServerConnectionDelegate):
    """Stands in front of an application.

    Parameters
    ----------
    application
        Answers what was let through.
    origins
        Where this server is, and where what acts may come from.
    entrance
        Tells who asks, and what is open to those whom nobody knows.
    prefix
        ``""`` or ``"/hcs"``.
    monitoring
        Counts what was answered.
    is_routed
        Whether something answers at a request's address.
    admission
        How many pages and connections there may be.
    """

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        origins: Origins,
        entrance: Entrance,
        prefix: str,
        monitoring: Monitoring,
        is_routed: Callable[[HTTPServerRequest], bool],
        admission: Admission,
    ) -> None:
        self.application = application
        self.is_routed = is_routed
        self.admission = admission
        self.origins = origins
        self.entrance = entrance
        self.prefix = prefix
        self.monitoring = monitoring
        self._logged: set[str] = set()

    def start_request(self, server_conn: Any, request_conn: Any) -> HTTPMessageDelegate:
        """Return what hears one request."""
        self.admission.expect(server_conn.stream)
        connection = PassedConnection(request_conn, self._answered)
        return _Passage(self, server_conn, connection)

    def _answered(self, request: HTTPServerRequest, status: int) -> None:
        """Count an answer and log it, where that is wanted."""
        self.admission.end(request.connection)
        seconds, method = request.request_time(), request.method or ""
        path = self._below(request.path)
        self.monitoring.answered(method, path, status, seconds)
        log_answer(request, path, status, seconds)

    def answer(self, request: HTTPServerRequest) -> Answer | None:
        """Return the gate's own answer, None where the request may pass."""
        reason = self.admission.reason_against_connection()
        if reason:
            away = self._turned_away(request, 503, reason)
            away.headers["Connection"] = "close"
            return away
        reason = self.origins.reason_against_host(request.host)
        if reason:
            return self._refused(request, 421, reason)
        path = self._below(request.path)
        if "bokeh-session-id" in request.arguments or (
            "bokeh-token" in request.arguments or "Bokeh-Session-Id" in request.headers
        ):
            # One page for two visitors, made by whoever chose the id.
            return self._refused(request, 400, "A page's session cannot be chosen.")
        reason = self.origins.reason_against_sender(request)
        if reason:
            return self._refused(request, 403, reason)
        answer = self._body_answer(request, path)
        if answer is not None:
            return answer
        if not self.is_routed(request):
            reason = reason_against_path(request.path, self.prefix)
            return error_answer(request, 404, reason)
        return self._stranger_answer(request, path)

    def _below(self, path: str) -> str:
        """Return a path without the prefix, "" where it is not below it."""
        if path == self.prefix:
            return "/"
        if not path.startswith(f"{self.prefix}/"):
            return ""
        return path.removeprefix(self.prefix)

    def _body_answer(self, request: HTTPServerRequest, path: str) -> Answer | None:
        connection: Any = request.connection
        length = body_length(request)
        if length is None and "Content-Length" in request.headers:
            return error_answer(
                request, 413, f"A body may have {BODY_BYTES} bytes here."
            )
        if path.startswith("/uploads/"):
            connection.set_max_body_size(_UPLOAD_BYTES)
            return None
        if "Transfer-Encoding" in request.headers:
            return error_answer(
                request, 411, "Say how long the body is, by Content-Length."
            )
        if length is not None and length > BODY_BYTES:
            return error_answer(
                request, 413, f"A body may have {BODY_BYTES} bytes here."
            )
        return None

    def _stranger_answer(self, request: HTTPServerRequest, path: str) -> Answer | None:
        """Answer whom nobody knows; keep who it is with the request otherwise."""
        entrance, passed = self.entrance, cast("Any", request.connection)
        visitor = passed.visitor = entrance.identify(request)
        front_door = path == "/" and request.method in ("GET", "HEAD")
        tokens = request.query_arguments.get("token") if front_door else None
        if tokens and entrance.local is not None:
            return self._token_answer(request, tokens[-1], known=visitor is not None)
        if visitor is not None and path == "/" and request.method == "GET":
            full = self.admission.reason_against_page(visitor)
            if full is not None:
                return self._turned_away(request, *full)
            self.admission.begin(passed, visitor)
        if visitor is not None or _is_open(path, request.method or "", entrance):
            return None
        if front_door and not _is_websocket(request):
            return self._front_door(request)
        return self._refused(
            request, 403, f"Nobody is signed in. Open {self.prefix}/ to come in."
        )

    def _front_door(self, request: HTTPServerRequest) -> Answer:
        """Answer at ``/`` whom nobody knows."""
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            # Who follows a link of another site brings no cookie of ours at first.
            return page_answer(200, passing_page())
        if self.entrance.sign_in:
            goal = self._root(request) if request.query else ""
            query = f"?{urlencode({'next': goal})}" if goal else ""
            return redirect_answer(f"{self.prefix}{self.entrance.sign_in}{query}")
        return page_answer(200, come_in_page())

    def _token_answer(
        self, request: HTTPServerRequest, token: bytes, *, known: bool
    ) -> Answer:
        local = self.entrance.local
        assert local is not None  # noqa: S101 - asked before
        text = token.decode("latin-1")
        if known:
            # What has been in an address is of no use to anybody afterwards.
            local.tokens.spend(text)
        cookie = None if known else local.let_in(text)
        if not known and cookie is None:
            return page_answer(
                403,
                come_in_page("The token of this address was used before, or is old."),
            )
        answer = redirect_answer(self._root(request))
        if cookie is not None:
            answer.headers.add("Set-Cookie", cookie)
        return answer

    def _root(self, request: HTTPServerRequest) -> str:
        """Return the page's address without the token."""
        query = [
            (name, value)
            for name, values in request.query_arguments.items()
            if name != "token"
            for value in values
        ]
        return f"{self.prefix}/?{urlencode(query)}" if query else f"{self.prefix}/"

    def _turned_away(self, request: HTTPServerRequest, status: int, why: str) -> Answer:
        answer = self._refused(request, status, why)
        answer.headers["Retry-After"] = str(AGAIN_SECONDS)
        return answer

    def _refused(self, request: HTTPServerRequest, status: int, why: str) -> Answer:
        if why not in self._logged and len(self._logged) < _LOGGED:
            self._logged.add(why)
            _LOG.warning(
                "Refused %.10s %.100r for %s: %.500s",
                request.method,
                request.path,
                request.remote_ip,
                why,
            )
        return error_answer(request, status, why)


def _is_open(path: str, method: str, entrance: Entrance) -> bool:
    """Whether an address is answered to whom nobody knows."""
    if path in entrance.open:
        return True
    return method in ("GET", "HEAD") and (
        path in ("/health", "/ready", "/favicon.ico") or path.startswith("/assets/")
    )


def _is_websocket(request: HTTPServerRequest) -> bool:
    return "Upgrade" in request.headers


class _Passage(HTTPMessageDelegate):
    """Hears one request, and passes it on where it may pass."""

    def __init__(
        self, gate: Gate, server_conn: Any, connection: PassedConnection
    ) -> None:
        self._gate = gate
        self._server_conn = server_conn
        self._connection = connection
        self._next: HTTPMessageDelegate | None = None
        self._answer: Answer | None = None
        self._method = ""
        self._patience: object | None = None

    def headers_received(
        self, start_line: Any, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._gate.admission.asked(self._server_conn.stream)
        line: RequestStartLine = start_line
        self._method = line.method
        request = HTTPServerRequest(
            connection=self._connection,  # type: ignore[arg-type]
            start_line=line,
            headers=headers,
            server_connection=self._server_conn,
        )
        self._connection.request = request
        # What handles it is begun from here, and so are its threads.
        REQUEST.set(self._connection.id)
        self._answer = self._gate.answer(request)
        if self._answer is None:
            self._next = self._gate.application.start_request(
                self._server_conn,
                self._connection,  # type: ignore[arg-type]
            )
            if headers.get("Content-Length", "0") != "0" or (
                "Transfer-Encoding" in headers
            ):
                self._expect_more()
            return self._next.headers_received(start_line, headers)
        if "Content-Length" in headers or "Transfer-Encoding" in headers:
            # Ending now closes the connection, so that no byte of the body is read.
            self._connection.set_max_body_size(_UPLOAD_BYTES)
            self._say(self._answer)
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._expect_no_more()
        taken = None if self._next is None else self._next.data_received(chunk)
        if taken is None:
            self._expect_more()
            return None
        return self._taken(taken)

    async def _taken(self, taken: Awaitable[None]) -> None:
        """Wait until a chunk was taken: that the disk is slow is no fault of theirs."""
        await taken
        self._expect_more()

    def finish(self) -> None:
        self._expect_no_more()
        REQUEST.set(self._connection.id)
        if self._next is not None:
            self._next.finish()
        elif self._answer is not None:
            self._say(self._answer)

    def on_connection_close(self) -> None:
        self._expect_no_more()
        self._gate.admission.end(self._connection)
        if self._next is not None:
            self._next.on_connection_close()

    def _expect_more(self) -> None:
        self._expect_no_more()
        self._patience = IOLoop.current().call_later(
            STALL_SECONDS, self._connection.close
        )

    def _expect_no_more(self) -> None:
        if self._patience is not None:
            IOLoop.current().remove_timeout(self._patience)
            self._patience = None

    def _say(self, answer: Answer) -> None:
        body = b"" if self._method == "HEAD" else answer.body
        self._connection.write_headers(
            ResponseStartLine("HTTP/1.1", answer.status, answer.reason),
            answer.headers,
            body,
        )
        self._connection.finish()
