"""Where this server is reached, and where what is sent to it may come from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.httputil import HTTPServerRequest

LOOPBACK = ("127.0.0.1", "localhost")

_ASKING = ("GET", "HEAD", "OPTIONS")
_DEFAULT_PORTS = ("", ":80", ":443")


class Origins:
    """The names that this server is reached by.

    Parameters
    ----------
    port
        That it listens on.
    others
        ``host:port`` of proxies and tunnels, with ``https://`` before it or not.

    Raises
    ------
    DashboardError
        If one of the others is no host.
    """

    def __init__(self, port: int, others: Sequence[str] = ()) -> None:
        names = [f"{host}:{port}" for host in LOOPBACK]
        names += [_host(other) for other in others]
        self.hosts = frozenset(
            name for address in names for name in _spellings(address)
        )
        self._said = ", ".join(dict.fromkeys(names))

    def reason_against_host(self, host: str) -> str:
        """Return why a request for a host is not for this server, "" where it is."""
        if host.lower() in self.hosts:
            return ""
        return (
            f"This server is {self._said}, not {host[:200]!r}. If people reach it by "
            f"that address (through a tunnel or a proxy), start it with "
            f"--origin {host[:200]} ; if they reach it by another, a proxy replaces "
            f"the name and must pass it on (nginx: proxy_set_header Host $http_host)."
        )

    def reason_against_sender(self, request: HTTPServerRequest) -> str:
        """Return why a request must not come from where it does, "" where it may.

        What acts, and a websocket, must come from a page of this server, by what the
        browser says of it. Another port of this host is another site's. What is only
        looked at may also be followed to from elsewhere, as a page of its own.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if request.method in _ASKING and "Upgrade" not in request.headers:
            if site in (None, "same-origin", "none") or _is_page(request):
                return ""
            return "What this server shows can be opened, but not be put into pages."
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_ours(origin):
            return (
                f"Only this server's own pages may send anything, and {origin[:200]!r} "
                f"is none of {self._said}. If people reach this server by that "
                f"address, start it with --origin {_host_or_all(origin)}"
            )
        if site == "same-origin" or (site is None and origin is not None):
            return ""
        return (
            "Only this server's own pages may send anything: the request says neither "
            "'Sec-Fetch-Site: same-origin' nor an 'Origin' of this server."
        )

    def _is_ours(self, origin: str) -> bool:
        try:
            parts = urlsplit(origin.lower())
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or "@" in parts.netloc:
            return False
        return parts.netloc in self.hosts and origin.lower() == (
            f"{parts.scheme}://{parts.netloc}"
        )


def _is_page(request: HTTPServerRequest) -> bool:
    """Whether a browser opens what it asks for as a page of its own, in no frame."""
    return (
        request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


def _host(other: str) -> str:
    """Return ``host`` or ``host:port`` of a proxy, in small letters."""
    text = other.strip().lower()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
    if "*" in text:
        raise DashboardError(
            f"--origin {other!r}: every address that people reach this server by must "
            f"be named, for a page of any other could act in their name. Write it as "
            f"host:port."
        )
    if (
        not named
        or parts.scheme not in ("", "http", "https")
        or parts.path not in ("", "/")
        or parts.query
        or "@" in parts.netloc
        or any(letter.isspace() for letter in text)
    ):
        raise DashboardError(
            f"--origin {other!r} is no address of a server. Write it as host:port, "
            f"such as lab.example:443."
        )
    return parts.netloc


def _host_or_all(origin: str) -> str:
    return (origin.partition("://")[2] or origin)[:200]


def _spellings(host: str) -> tuple[str, ...]:
    """Return how browsers write a host: without the port that the scheme has anyway."""
    bare = host.removesuffix(":80").removesuffix(":443")
    if bare == host and _has_port(host):
        return (host,)
    return tuple(f"{bare}{port}" for port in _DEFAULT_PORTS)


def _has_port(host: str) -> bool:
    return urlsplit(f"//{host}").port is not None
