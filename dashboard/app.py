"""The composition root: settings, service, handlers and the page become one server."""

from __future__ import annotations

import asyncio
import secrets
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import panel as pn
from panel.io.resources import LOCAL_DIST
from panel.io.server import DocHandler, WSHandler, get_server
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from dashboard.accounts import Entrance
from dashboard.addresses import Urls
from dashboard.assets import assets_folder
from dashboard.errors import DashboardError, RefusedError
from dashboard.monitoring import Monitoring
from dashboard.session import ASK_AGAIN_SECONDS, Session
from dashboard.web.admission import IDLE_SECONDS, Admission, Capacity
from dashboard.web.gate import BODY_BYTES, Gate
from dashboard.web.origins import LOOPBACK, Origins
from dashboard.web.page_html import PageHandler
from dashboard.web.passed_connection import PassedConnection
from dashboard.web.routes import routes
from dashboard.web.websocket import PageSocket
from dashboard.web.websocket_log import keep_websocket_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from bokeh.document import Document

    from dashboard.service import Service
    from dashboard.web.unix_socket import UnixSocket

_WEBSOCKET_BYTES = 20 * 1024 * 1024
"""Of one message of a page: a table of 8 MB that was chosen there, spelled as JSON."""

_GONE = ("MetadataHandler", "AutoloadJsHandler")
"""Handlers of Bokeh for other sites that would embed the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the server is reached."""

    port: int = 5006
    """0 takes a free one."""

    address: str = "127.0.0.1"
    prefix: str = ""
    """``""`` or ``"/hcs"``: the path below which everything is served."""

    unused_seconds: float = 60.0
    """How long a page may take between its HTML and its websocket, and how long a
    closed one is kept. When the session is gone by then, Bokeh builds a second one."""

    ask_again_seconds: float = ASK_AGAIN_SECONDS
    """How often a page asks whether its visitor is still who they were."""

    ping_seconds: float = 15.0
    """Between two signs of life on a websocket: nginx ends those that say nothing for
    60 s, other proxies sooner."""

    socket: UnixSocket | None = None
    """Where a proxy on this machine comes instead; no port is listened at then."""

    origins: tuple[str, ...] = ()
    """Further ``host:port`` that pages may come from, such as a proxy's."""

    metrics: tuple[str, int] | None = None
    """Address and port at which counts are answered to whoever asks."""

    capacity: Capacity = field(default_factory=Capacity)
    """How many pages and connections there may be."""

    design: bool = False
    """Whether ``/design`` shows every component of the page, for who develops it."""


def make_server(
    service: Service, settings: ServerSettings, entrance: Entrance | None = None
) -> Any:
    """Return a Bokeh server for the service, bound but not started.

    Parameters
    ----------
    service
        What is served.
    settings
        How the server is reached.
    entrance
        How people come in; without one everybody is the local visitor.

    Raises
    ------
    DashboardError
        If the address is not of this machine while there is no sign-in, an origin is
        none, or the port cannot be had.
    """
    entrance = entrance or Entrance()
    refuse_open_address(settings.address, signs_in=entrance.signs_in)
    prefix = normal_prefix(settings.prefix)
    port = 0 if settings.socket else free_port(settings.address, settings.port)
    origins = Origins(port or settings.port, settings.origins)
    ask_again = settings.ask_again_seconds
    monitoring = Monitoring(service)
    if settings.metrics is not None:
        monitoring.listen(*settings.metrics)
    pn.extension(notifications=False)
    keep_websocket_log()
    try:
        server: Any = get_server(
            {"/": page_factory(service, Urls(prefix), entrance, ask_again)},
            port=port,
            address=settings.address,
            prefix=prefix,
            # The gate asks before Bokeh does, by a list of ours.
            websocket_origin=[name for name in origins.hosts if "[" not in name],
            title="hcs dashboard",
            show=False,
            start=False,
            verbose=False,
            location=True,
            extra_patterns=[
                *routes(
                    service,
                    entrance,
                    assets=assets_folder(),
                    monitoring=monitoring,
                    prefix=prefix,
                    design=settings.design,
                )
            ],
            unused_session_lifetime_milliseconds=round(1000 * settings.unused_seconds),
            check_unused_sessions_milliseconds=round(250 * settings.unused_seconds),
            keep_alive_milliseconds=round(1000 * settings.ping_seconds),
            websocket_max_message_size=_WEBSOCKET_BYTES,
            http_server_kwargs={
                "max_body_size": BODY_BYTES,
                "idle_connection_timeout": IDLE_SECONDS,
            },
            # A page's id cannot be made by anybody else.
            sign_sessions=True,
            secret_key=secrets.token_bytes(32),
            # Else the page's HTML would hold what no script may read.
            include_headers=[],
            include_cookies=[],
        )
    except OSError as error:
        raise _no_port(settings.address, port, error) from error
    _answer_pages(server)
    if settings.socket is not None:
        settings.socket.listen(server._http)
    admission = Admission(settings.capacity, service.sessions.pages)
    admission.guard(server._http)
    routed = server._tornado.default_router.find_handler
    server._http.request_callback = Gate(
        server._tornado,
        origins,
        entrance,
        prefix,
        monitoring,
        is_routed=lambda request: routed(request) is not None,
        admission=admission,
    )
    monitoring.follow(server.io_loop)
    return server


def _answer_pages(server: Any) -> None:
    """Answer by our handler who opens a page, and nobody who would embed one."""
    router = server._tornado.wildcard_router
    router.rules = [
        rule
        for rule in router.rules
        if getattr(rule.target, "__name__", "") not in _GONE
    ]
    for rule in router.rules:
        if rule.target is DocHandler:
            rule.target = PageHandler
        elif rule.target is WSHandler:
            rule.target = PageSocket


def page_factory(
    service: Service, urls: Urls, entrance: Entrance, ask_again_seconds: float
) -> Callable[[], Any]:
    """Return the function that builds one visitor's page.

    A closure and not a partial: Panel does not run the body of a partial.
    """

    def page() -> Any:
        # Imported here, so that a broken view is an error of the page and not of the
        # server, and so that the service can be tested without views.
        from dashboard.views.page import build

        document = pn.state.curdoc
        assert document is not None  # noqa: S101 - Panel calls this inside a session
        keep_styles_local(document)
        passed = _passed(document)
        visitor = passed.visitor
        if visitor is None:
            raise RefusedError("Nobody is signed in.")
        session = Session(
            service,
            urls,
            document,
            visitor,
            lambda: entrance.still(visitor, passed.request),
            ask_again_seconds,
        )
        document.template_variables["nonce"] = passed.nonce

        def ended(context: Any) -> None:
            session.close()
            forget_document(context._document)

        pn.state.on_session_destroyed(ended)
        session.start()
        # Reading the address made Panel's Location name the styles anew, as if there
        # were no prefix.
        keep_styles_local(document)
        return build(session)

    return page


def _passed(document: Document) -> PassedConnection:
    """Return what the gate knows of the request that a page is built for.

    Either of the page, or of the websocket where the page's session had ended. Bokeh
    hands out a stand-in for the request, without what the page's HTML must not hold.
    """
    context: Any = document.session_context
    passed = context.request.connection
    assert isinstance(passed, PassedConnection)  # noqa: S101 - all requests pass
    return passed


def keep_styles_local(document: Document) -> None:
    """Make components load their styles from this server, whoever builds the page.

    Panel only sets this while it renders HTML; a session that is rebuilt for a
    websocket would otherwise ask Panel's own host.
    """
    path = pn.state.rel_path
    start = f"{path}/" if path else ""
    document.template_variables["dist_url"] = f"{start}{LOCAL_DIST}"


def forget_document(document: Document) -> None:
    """Drop Panel's process-wide views of a document that has ended.

    The notification area of a session is registered there and never removed, and
    with it all that hangs on the document (`tests/integration/test_sessions.py`).
    """
    views = pn.state._views
    for key in [key for key, view in views.items() if view[2] is document]:
        del views[key]


def normal_prefix(prefix: str) -> str:
    """Return ``""`` or ``"/a/b"`` for any spelling of a prefix.

    >>> normal_prefix("hcs/"), normal_prefix("/"), normal_prefix("/a/b")
    ('/hcs', '', '/a/b')

    Raises
    ------
    DashboardError
        If it holds anything but letters, digits, ``-``, ``_``, ``.`` and ``/``.
    """
    parts = [part for part in prefix.split("/") if part]
    for part in parts:
        if part in (".", "..") or not all(
            letter.isascii() and (letter.isalnum() or letter in "-_.")
            for letter in part
        ):
            raise DashboardError(
                f"--prefix {prefix!r} cannot be a path: use letters, digits, '-', '_' "
                f"and '.' between slashes, such as /hcs."
            )
    return "".join(f"/{part}" for part in parts)


def new_loop() -> Any:
    """Return a fresh event loop, made current for the thread.

    Tornado asks for the current one in a way that newer Pythons deprecate when there
    is none.
    """
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_log_unless_left)
    asyncio.set_event_loop(loop)
    return IOLoop.current()


def _log_unless_left(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what no task has taken, which is not that a browser has left."""
    # Panel does not wait for what it sends, so a page that closes meanwhile ends here.
    if not isinstance(
        context.get("exception"), StreamClosedError | WebSocketClosedError
    ):
        loop.default_exception_handler(context)


def refuse_open_address(address: str, *, signs_in: bool) -> None:
    """Raise `DashboardError` where others than this machine's users reach an address.

    Unless there is a sign-in, which tells them apart.
    """
    if address not in LOOPBACK and not signs_in:
        raise DashboardError(
            f"Will not listen on {address!r}: there is no sign-in, so anybody who "
            f"reaches the port could write to the plates. Let people sign in by "
            f"--users FILE, --oidc-issuer URL or --user-header NAME; or listen on "
            f"127.0.0.1 and reach it through an SSH tunnel."
        )


def free_port(address: str, port: int) -> int:
    """Return the port, or any free one for 0, after having held it for a moment.

    Bokeh leaves a socket behind where it cannot bind, and says less.

    Raises
    ------
    DashboardError
        If it cannot be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as error:
            raise _no_port(address, port, error) from error
        return int(probe.getsockname()[1])


def _no_port(address: str, port: int, error: Exception) -> DashboardError:
    reason = getattr(error, "strerror", None) or error
    return DashboardError(
        f"Port {port} of {address} cannot be had: {reason}. Is the dashboard running "
        f"already? Else choose another with --port."
    )
