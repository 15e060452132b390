"""Who has come in: what a server keeps of each, and the cookie that stands for it.

The value of a cookie is random and known to the browser alone; kept is its digest, with
who came in, until when, and by what. So whoever reads what is kept cannot come in.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.accounts.visitor import Role, Visitor
from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tornado.httputil import HTTPServerRequest

DAYS_30 = 30 * 24 * 3600.0

_MOST = 10_000
"""Sign-ins that are kept; the oldest go first."""

_MISS_SECONDS = 0.2
"""Between two readings for cookies that nobody knows: anybody can send such."""

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


class SignInBook:
    """Where sign-ins are kept: here as long as the process lives."""

    def __init__(self) -> None:
        self._content: Any = None

    def read(self) -> Any:
        """Return what is kept, as JSON; the same object while it is the same (fast)."""
        return self._content

    def read_anew(self) -> None:
        """Have what other processes have changed since be in the next `read`."""

    def renewed(self) -> Future[None]:
        """Return what is done once the next `read` has all that is kept now."""
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def change(
        self, make: Callable[[Any], Any], changed: Callable[[], object]
    ) -> Future[None]:
        """Keep what `make` returns for what is kept, soon; then call `changed`.

        `make` may be called again. Returns what is done once it is kept.
        """
        done: Future[None] = Future()
        self._content = make(self._content)
        changed()
        done.set_result(None)
        return done


class Cookies:
    """The sign-ins of one server, by the digest of their cookies.

    Several processes may be one server: who came in at one of them is let in by all,
    and who was signed out by none.

    Thread safety: all methods may be called from any thread.

    Parameters
    ----------
    server
        Id of the server; a value that another server made is of no use here.
    port
        That people reach the server at. Browsers send a cookie to every port of a host,
        so that two servers of a machine must use two names. None where several ports
        are one server.
    path
        Below which browsers send it; the server's prefix.
    secure
        Whether browsers send it over TLS only.
    book
        Where sign-ins are kept beyond this process.
    """

    def __init__(
        self,
        server: str,
        port: int | None,
        *,
        path: str = "/",
        secure: bool = False,
        book: SignInBook | None = None,
    ) -> None:
        self.name = f"hcs-{server}" if port is None else f"hcs-{port}-{server}"
        self._server = server
        self._path = path or "/"
        self._secure = secure
        self._book = book or SignInBook()
        self._lock = threading.Lock()
        self._book_content: Any = None
        """What the book had last, and who that is."""

        self._of_book: dict[str, SignedIn] = {}
        self._opened: dict[str, SignedIn] = {}
        """Of this process, until the book has them."""

        self._closed: set[str] = set()
        self._missed_at = -_MISS_SECONDS
        self.written: Future[None] = Future()
        """Done once the book has what was changed here last."""

        self.written.set_result(None)

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
            self._opened[digest] = signed_in
        self._keep()
        return value

    def signed_in(self, request: HTTPServerRequest) -> SignedIn | None:
        """Return who a request comes from by its cookie, None where nobody is known."""
        cookie = request.cookies.get(self.name)
        if cookie is None or len(cookie.value) > 100:
            return None
        digest = self._digest(cookie.value)
        signed_in = self._known().get(digest)
        if signed_in is None and self._may_ask_again():
            # They came in at another process a moment ago.
            self._book.read_anew()
            signed_in = self._known().get(digest)
        if signed_in is None or signed_in.until <= time.time():
            return None
        return signed_in

    async def wait_for_others(self, request: HTTPServerRequest, seconds: float) -> None:
        """Wait until all are known who came in anywhere, where a cookie is not known.

        `signed_in` waits for no database, and looks again for a few cookies only.
        """
        if self.name in request.cookies and self.signed_in(request) is None:
            renewed = asyncio.wrap_future(self._book.renewed())
            with suppress(DashboardError, TimeoutError):
                await asyncio.wait_for(renewed, seconds)

    def all(self) -> tuple[SignedIn, ...]:
        """Return everybody who is in, who came first first."""
        now = time.time()
        return tuple(
            browser for browser in self._known().values() if browser.until > now
        )

    def find(self, session: str) -> SignedIn | None:
        """Return a sign-in by its id, None where it holds no more (fast)."""
        return next((browser for browser in self.all() if browser.id == session), None)

    def close(self, session: str) -> None:
        """Sign somebody out, by the id of the sign-in."""
        known = self._known()
        digests = [digest for digest, browser in known.items() if browser.id == session]
        with self._lock:
            self._closed.update(digests)
            for digest in digests:
                self._opened.pop(digest, None)
        if digests:
            self._keep()

    def _known(self) -> dict[str, SignedIn]:
        """Return who is in by what the book had last, and by what is not in it yet."""
        content = self._book.read()
        with self._lock:
            if content is not self._book_content:
                self._book_content, self._of_book = content, _read(content)
            if not self._opened and not self._closed:
                return self._of_book
            known = self._of_book | self._opened
            return {
                digest: signed_in
                for digest, signed_in in known.items()
                if digest not in self._closed
            }

    def _may_ask_again(self) -> bool:
        """Whether the book is read for an unknown cookie: not for every one."""
        moment = time.monotonic()
        with self._lock:
            if moment - self._missed_at < _MISS_SECONDS:
                return False
            self._missed_at = moment
        return True

    def _keep(self) -> None:
        """Have the book take what has changed here."""
        with self._lock:
            opened, closed = dict(self._opened), set(self._closed)

        def change(content: Any) -> dict[str, Any]:
            now = time.time()
            signed_in = {
                digest: browser
                for digest, browser in (_read(content) | opened).items()
                if digest not in closed and browser.until > now
            }
            newest = list(signed_in)[-_MOST:]
            return _written({digest: signed_in[digest] for digest in newest})

        def forget_changes() -> None:
            with self._lock:
                for digest in opened:
                    self._opened.pop(digest, None)
                self._closed -= closed

        self.written = self._book.change(change, forget_changes)

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


def _read(document: Any) -> dict[str, SignedIn]:
    """Return what `_written` wrote; what is not of its form is as good as nothing."""
    now = time.time()
    signed_in = {}
    for digest, row in document.items() if isinstance(document, dict) else ():
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
