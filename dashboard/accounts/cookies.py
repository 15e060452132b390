"""Who has come in: what a server keeps of each, and the cookie that stands for it.

The value of a cookie is random and known to the browser alone; kept is its digest, with
who came in, until when, and by what. So whoever reads what is kept cannot come in.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.accounts.visitor import Role, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tornado.httputil import HTTPServerRequest

DAYS_30 = 30 * 24 * 3600.0

_MOST = 10_000
"""Sign-ins that are kept; the oldest go first."""

_FOR_PEOPLE = 12
"""Digits of a digest that name a sign-in: enough to tell them apart, too few to find
the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody who has come in."""

    id: str
    """Names it for people and stands in `Visitor.session`; not secret."""

    by: str
    """How: ``"token"`` at the local start, else what the sign-in calls itself."""

    visitor: Visitor
    """As they were when they came in."""

    since: float
    until: float
    """Seconds since 1970."""


class Cookies:
    """The sign-ins of one server, by the digest of their cookies.

    Thread safety: all methods may be called from any thread; `signed_in` only reads
    memory.

    Parameters
    ----------
    server
        Id of the server; a value that another server made is of no use here.
    port
        That people reach the server at. Browsers send a cookie to every port of a host,
        so that two servers of a machine must use two names.
    path
        Below which browsers send it; the server's prefix.
    secure
        Whether browsers send it over TLS only.
    kept
        What an earlier server's `kept` returned; nobody is signed out by a start.
    changed
        Called when `kept` has changed (on the event loop, too).
    """

    def __init__(
        self,
        server: str,
        port: int,
        *,
        path: str = "/",
        secure: bool = False,
        kept: Any = None,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self.name = f"hcs-{port}-{server}"
        self._server = server
        self._path = path or "/"
        self._secure = secure
        self._on_change = changed
        self._lock = threading.Lock()
        self._signed_in: dict[str, SignedIn] = _read(kept)

    def open(self, visitor: Visitor, by: str, seconds: float = DAYS_30) -> str:
        """Let somebody in; return the value that their cookie must have.

        Parameters
        ----------
        visitor
            Who it is; `Visitor.session` is filled in.
        by
            How they came in, see `SignedIn.by`.
        seconds
            Until they must come in again.
        """
        value = secrets.token_urlsafe(32)
        digest = self._digest(value)
        now = time.time()
        session = digest[:_FOR_PEOPLE]
        signed_in = SignedIn(
            id=session,
            by=by,
            visitor=replace(visitor, session=session),
            since=now,
            until=now + seconds,
        )
        with self._lock:
            self._drop(lambda browser: browser.until <= now)
            while len(self._signed_in) >= _MOST:
                self._signed_in.pop(next(iter(self._signed_in)))
            self._signed_in[digest] = signed_in
            self._changed()
        return value

    def signed_in(self, request: HTTPServerRequest) -> SignedIn | None:
        """Return who a request comes from by its cookie, None where nobody is known."""
        cookie = request.cookies.get(self.name)
        if cookie is None or len(cookie.value) > 100:
            return None
        signed_in = self._signed_in.get(self._digest(cookie.value))
        if signed_in is None or signed_in.until <= time.time():
            return None
        return signed_in

    def all(self) -> tuple[SignedIn, ...]:
        """Return everybody who is in, who came first first."""
        now = time.time()
        with self._lock:
            return tuple(
                browser for browser in self._signed_in.values() if browser.until > now
            )

    def find(self, session: str) -> SignedIn | None:
        """Return a sign-in by its id, None where it holds no more (fast)."""
        return next((browser for browser in self.all() if browser.id == session), None)

    def close(self, session: str) -> None:
        """Sign somebody out, by the id of the sign-in."""
        with self._lock:
            if self._drop(lambda signed_in: signed_in.id == session):
                self._changed()

    def _drop(self, which: Callable[[SignedIn], bool]) -> int:
        gone = [digest for digest, browser in self._signed_in.items() if which(browser)]
        for digest in gone:
            del self._signed_in[digest]
        return len(gone)

    def _changed(self) -> None:
        self._on_change()

    def kept(self) -> dict[str, Any]:
        """Return what is to be kept, as JSON; no value can be found out from it."""
        with self._lock:
            return _written(self._signed_in)

    def header(self, value: str, seconds: float = DAYS_30) -> str:
        """Return ``Set-Cookie`` for a value of `open`."""
        return self._header(value, round(seconds))

    def header_gone(self) -> str:
        """Return ``Set-Cookie`` that removes the cookie."""
        return self._header("", 0)

    def _header(self, value: str, seconds: int) -> str:
        text = (
            f"{self.name}={value}; Path={self._path}; Max-Age={seconds}; HttpOnly; "
            f"SameSite=Strict"
        )
        return f"{text}; Secure" if self._secure else text

    def _digest(self, value: str) -> str:
        return hashlib.sha256(f"{self._server}:{value}".encode()).hexdigest()


def _written(signed_in: Mapping[str, SignedIn]) -> dict[str, Any]:
    return {
        digest: {
            "by": browser.by,
            "subject": browser.visitor.subject,
            "name": browser.visitor.name,
            "known": browser.visitor.known,
            "role": browser.visitor.role.label,
            "project_roles": {
                project: role.label
                for project, role in browser.visitor.project_roles.items()
            },
            "since": browser.since,
            "until": browser.until,
        }
        for digest, browser in signed_in.items()
    }


def _read(kept: Any) -> dict[str, SignedIn]:
    """Return what `_written` wrote; what is not of its form is as good as nothing."""
    now = time.time()
    signed_in = {}
    for digest, row in kept.items() if isinstance(kept, dict) else ():
        try:
            session = digest[:_FOR_PEOPLE]
            visitor = Visitor(
                subject=row["subject"],
                name=row["name"],
                known=row["known"],
                role=Role.named(row["role"]) or Role.VIEWER,
                project_roles={
                    project: Role.named(role) or Role.VIEWER
                    for project, role in row["project_roles"].items()
                },
                session=session,
            )
            since, until = float(row["since"]), float(row["until"])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        if until > now:
            signed_in[digest] = SignedIn(
                id=session, by=str(row["by"]), visitor=visitor, since=since, until=until
            )
    return signed_in
