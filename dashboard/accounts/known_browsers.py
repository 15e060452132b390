"""Browsers that somebody has signed in from before.

Whoever guesses at a name makes its next try wait, and behind a proxy everybody's. So
that nobody is kept out by that, a browser that a person came in from has counts of its
own: it has a cookie that only this process can have made, for that name.
"""

from __future__ import annotations

import hmac
import secrets

DAYS_180 = 180 * 24 * 3600.0

_LONGEST = 200


class KnownBrowsers:
    """Makes and knows the cookies; they let nobody in.

    A server that starts anew knows none of those that an earlier one made.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def new(self, name: str) -> str:
        """Return the value for a browser that somebody of this name signed in from."""
        browser = secrets.token_urlsafe(16)
        return f"{browser}.{self._signature(browser, name)}"

    def browser(self, value: str, name: str) -> str:
        """Return which browser a value stands for, "" where not for this name."""
        browser, _, signature = value.rpartition(".")
        if not browser or len(value) > _LONGEST:
            return ""
        good = hmac.compare_digest(
            signature.encode(), self._signature(browser, name).encode()
        )
        return browser if good else ""

    def _signature(self, browser: str, name: str) -> str:
        text = f"{browser}.{name.strip().casefold()}"
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()
