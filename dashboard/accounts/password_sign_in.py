"""Signing in with a name and a password of the users file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.accounts.guesses import Guesses
from dashboard.accounts.known_browsers import KnownBrowsers

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts.cookies import Cookies, SignedIn
    from dashboard.accounts.users import User, Users
    from dashboard.accounts.visitor import Visitor

BY_PASSWORD = "password"  # noqa: S105 - says how somebody came in
"""`SignedIn.by` of who came in with a password."""

SECONDS = 12 * 3600.0
"""How long a sign-in is good for: a day at work."""

_WAITING = 30
"""Tries that wait for their turn; more are asked to come again."""


class PasswordSignIn:
    """Lets people of a users file in, and asks it again with each request.

    Parameters
    ----------
    users
        The users file.
    cookies
        Keeps who has come in.
    """

    def __init__(self, users: Users, cookies: Cookies) -> None:
        self.users = users
        self.guesses = Guesses()
        self.browsers = KnownBrowsers()
        self._cookies = cookies
        # A thread of its own: a hundred guesses must not hold up what people wait for.
        self._thread = ThreadPoolExecutor(1, "password")
        self._pending = 0

    def close(self) -> None:
        """Finish the try that has begun."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    @property
    def busy(self) -> bool:
        """Whether so many tries wait that no other one is taken."""
        return self._pending >= _WAITING

    def check(self, name: str, password: str) -> Future[User | None]:
        """Find out, in a thread, who has this name and password; on the loop only."""
        self._pending += 1
        try:
            return self._thread.submit(self.users.sign_in, name, password)
        except RuntimeError:
            self._pending -= 1
            raise

    def checked(self) -> None:
        """Say that an answer of `check` has come."""
        self._pending -= 1

    def identify(self, request: HTTPServerRequest) -> Visitor | None:
        """Return who a request comes from, as the users file has them now."""
        signed_in = self._cookies.signed_in(request)
        return None if signed_in is None else self.visitor(signed_in)

    def visitor(self, signed_in: SignedIn) -> Visitor | None:
        """Return who signed in, None where they were removed or sign in anew."""
        if signed_in.by != BY_PASSWORD:
            return None
        user = self.users.current().get(signed_in.visitor.name)
        if user is None or user.since > signed_in.since:
            return None
        return replace(user.visitor, session=signed_in.id)
