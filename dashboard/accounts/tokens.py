"""One-time tokens: whoever started the server comes in with one, and gets a cookie."""

from __future__ import annotations

import hmac
import math
import secrets
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.accounts.visitor import LOCAL, Visitor

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts.cookies import Cookies

BY_TOKEN = "token"  # noqa: S105 - says how somebody came in
"""`SignedIn.by` of who came in with a one-time token."""

LINK_SECONDS = 3600.0
"""How long a line of ``hcs-dashboard link`` is good for."""


class Tokens:
    """Makes tokens that let somebody in once.

    A token says until when it is good and is signed, so that another process that was
    given the secret can make one.

    Parameters
    ----------
    secret
        Of the server; fresh where none is given.
    """

    def __init__(self, secret: str = "") -> None:
        self.secret = secret or secrets.token_urlsafe(32)
        self._spent: dict[str, float] = {}
        self._lock = threading.Lock()

    def new(self, seconds: float = math.inf) -> str:
        """Return a token that is good for so long, or as long as the server runs."""
        until = 0 if math.isinf(seconds) else math.ceil(time.time() + seconds)
        text = f"{until}.{secrets.token_urlsafe(16)}"
        return f"{text}.{self._signature(text)}"

    def spend(self, token: str) -> bool:
        """Whether a token lets somebody in; it never does so again."""
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return False
        until = int(text.partition(".")[0])
        now = time.time()
        with self._lock:
            if text in self._spent or 0 < until <= now:
                return False
            self._spent = {
                spent: end for spent, end in self._spent.items() if not 0 < end <= now
            }
            self._spent[text] = until
        return True

    def _signature(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), "sha256").hexdigest()


class LocalStart:
    """Lets whoever started the server in, by a token and then a cookie."""

    def __init__(self, tokens: Tokens, cookies: Cookies) -> None:
        self.tokens = tokens
        self._cookies = cookies

    def identify(self, request: HTTPServerRequest) -> Visitor | None:
        """Return the local visitor where the request has their cookie."""
        signed_in = self._cookies.signed_in(request)
        if signed_in is None or signed_in.by != BY_TOKEN:
            return None
        return replace(LOCAL, session=signed_in.id)

    def let_in(self, token: str) -> str | None:
        """Spend a token; return ``Set-Cookie``, None where it lets nobody in."""
        if not self.tokens.spend(token):
            return None
        return self._cookies.header(self._cookies.open(LOCAL, BY_TOKEN))
