"""How people come in at a server: what the gate asks, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.accounts.visitor import Identify, Visitor, everybody_is_local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.httputil import HTTPServerRequest
    from tornado.web import RequestHandler

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
    """Handlers of the pages of people: of signing in and out, of administration."""


def first_of(*ways: Identify) -> Identify:
    """Return what asks one way after the other until one knows who it is."""

    def identify(request: HTTPServerRequest) -> Visitor | None:
        for way in ways:
            visitor = way(request)
            if visitor is not None:
                return visitor
        return None

    return identify
