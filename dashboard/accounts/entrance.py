"""How people come in at a server: what the gate asks, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.accounts.visitor import Identify, Visitor, everybody_is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tornado.httputil import HTTPServerRequest
    from tornado.web import RequestHandler

    from dashboard.accounts.cookies import Cookies
    from dashboard.accounts.proxy import ProxySignIn
    from dashboard.accounts.tokens import LocalStart


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """How people come in."""

    identify: Identify = everybody_is_local
    """Tells who a request comes from."""

    local: LocalStart | None = None
    """Lets whoever has a one-time token in; None where there is no local start."""

    sign_in: str = ""
    """Path, without prefix, of the page to sign in at; "" where there is none."""

    open: frozenset[str] = frozenset()
    """Paths, without prefix, that are answered to those whom nobody knows."""

    routes: Sequence[tuple[str, type[RequestHandler], dict[str, Any]]] = ()
    """Handlers of the pages to sign in and out."""

    signs_in: bool = False
    """Whether it tells people apart, so that others than this machine may come."""

    cookies: Cookies | None = None
    """Who has come in; None where no cookie lets in."""

    proxy: ProxySignIn | None = None
    """Believes a proxy who somebody is; None where there is none."""

    people: Callable[[], Iterable[Visitor]] = tuple
    """Returns whom it lets in, as far as that is known before they come."""

    def still(self, visitor: Visitor, request: HTTPServerRequest) -> Visitor | None:
        """Return who a page's visitor is now, None where nobody lets them in any more.

        Parameters
        ----------
        visitor
            Who they were when the page was opened.
        request
            That the page was opened by: it has their cookie.
        """
        if self.proxy is not None and visitor.known == "proxy":
            return self.proxy.still(visitor)
        return self.identify(request)


def first_of(*ways: Identify) -> Identify:
    """Return what asks one way after the other until one knows who it is."""

    def identify(request: HTTPServerRequest) -> Visitor | None:
        for way in ways:
            visitor = way(request)
            if visitor is not None:
                return visitor
        return None

    return identify
