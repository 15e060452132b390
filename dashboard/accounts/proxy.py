"""People whom a proxy in front has signed in, and names in a header."""

from __future__ import annotations

import contextlib
import hmac
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboard.accounts.role_text import read_roles
from dashboard.accounts.visitor import Visitor
from dashboard.errors import DashboardError
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_HEADER = "X-Hcs-Proxy-Secret"  # noqa: S105 - the name of a header

SEEN_SECONDS = 45.0
"""How long a page may be silent: it asks for itself through the proxy every 15 s."""

_LONGEST = 200
_SHORTEST_SECRET = 16
_SEEN = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """What a proxy tells, and why it is believed."""

    user_header: str
    role_header: str = ""
    """Roles, separated by commas, see `read_roles`; "" where it tells none."""

    secret: str = field(default="", repr=False)
    """That each request over TCP must bear; "" where none is believed there."""

    secret_header: str = SECRET_HEADER
    unix_socket: bool = False
    """Whether the proxy comes over the Unix socket, which only it can open."""

    roles: Mapping[str, str] | None = None
    """What groups of the role header stand for."""

    def check(self) -> None:
        """Raise `DashboardError` where anybody could say who they are."""
        if self.secret and len(self.secret) < _SHORTEST_SECRET:
            raise DashboardError(
                f"The proxy's secret has {len(self.secret)} characters, and needs at "
                f"least {_SHORTEST_SECRET} that nobody can guess."
            )
        if not self.secret and not self.unix_socket:
            raise DashboardError(
                f"--user-header {self.user_header} alone would believe everybody who "
                f"reaches the port, on this machine too. Give the proxy a secret to "
                f"send as {self.secret_header} (`secret` of [proxy] in the settings "
                f"file, or HCS_PROXY_SECRET), or let it come over a Unix socket by "
                f"--socket PATH."
            )
        names = [self.user_header, self.secret_header, self.role_header]
        named = [name.lower() for name in names if name]
        if (
            len(set(named)) < len(named)
            or not all(map(_is_header, named))
            or not self.user_header
        ):
            raise DashboardError(
                f"--user-header, --role-header and the secret's header must be three "
                f"names of headers (letters, digits and '-'), not {', '.join(names)}."
            )


class ProxySignIn:
    """Believes a proxy, and nobody else, who somebody is.

    Notes
    -----
    Thread safety: one lock guards who was seen.
    """

    def __init__(self, settings: ProxySettings) -> None:
        settings.check()
        self._settings = settings
        self._lock = threading.Lock()
        self._seen: LRUCache[str, tuple[float, Visitor]] = LRUCache(_SEEN)

    def identify(self, request: Any) -> Visitor | None:
        """Return who the proxy says a request comes from.

        None where the request is not the proxy's, or a header is there twice or empty.
        """
        settings = self._settings
        if not self._is_proxys(request):
            return None
        name = _only(request, settings.user_header)
        if not name:
            return None
        words: list[str] = []
        if settings.role_header in request.headers:
            text = _only(request, settings.role_header)
            if not text:
                return None
            words = text.split(",")
        role, project_roles = read_roles(words, settings.roles)
        visitor = Visitor(
            subject=f"proxy:{name}",
            name=name,
            known="proxy",
            role=role,
            project_roles=project_roles,
        )
        self._seen.set(visitor.subject, (time.monotonic(), visitor))
        return visitor

    def still(self, visitor: Visitor) -> Visitor | None:
        """Return a page's visitor as the proxy named them last.

        None where it has let nothing of them through for a while: then it has signed
        them out, for each open page asks for itself again and again.
        """
        seen, latest = self._seen.get(visitor.subject) or (0.0, visitor)
        return latest if time.monotonic() - seen <= SEEN_SECONDS else None

    def _is_proxys(self, request: Any) -> bool:
        settings = self._settings
        if settings.unix_socket and comes_by_unix_socket(request):
            return True
        if not settings.secret:
            return False
        given = request.headers.get_list(settings.secret_header)
        return len(given) == 1 and hmac.compare_digest(
            given[0].encode("utf-8", "replace"), settings.secret.encode()
        )


def comes_by_unix_socket(request: Any) -> bool:
    """Whether a request came over the Unix socket."""
    context = getattr(request.connection, "context", None)
    family = getattr(context, "address_family", None)
    return family == getattr(socket, "AF_UNIX", object())


def _only(request: Any, header: str) -> str:
    """Return the value of a header that is there once, "" for others."""
    values = request.headers.get_list(header)
    if len(values) != 1:
        return ""
    text = str(values[0])
    with contextlib.suppress(UnicodeError):
        # Servers take headers for Latin-1; proxies write UTF-8.
        text = text.encode("latin-1").decode()
    text = text.strip()
    return text if text.isprintable() and len(text) <= _LONGEST else ""


def _is_header(name: str) -> bool:
    return name.isascii() and all(letter.isalnum() or letter == "-" for letter in name)
