"""Which pages are open."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from dashboard.accounts import LOCAL
from dashboard.errors import RefusedError
from dashboard.pulse import Pulse
from dashboard.turns import PutOff

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from dashboard.corrections.desk import CorrectionDesk
    from dashboard.presence.presence import Presence


class Sessions:
    """The tokens of open pages, and what ends with a page.

    Parameters
    ----------
    corrections
        Holds what a page uploaded and did not commit.
    presence
        Shows a page's person to others.
    submit
        Does work for a page in a thread.
    """

    def __init__(
        self,
        corrections: CorrectionDesk,
        presence: Presence,
        submit: Callable[[Callable[[], None]], Future[None]],
    ) -> None:
        self._submit = submit
        self._corrections = corrections
        self._presence = presence
        self.put_off = PutOff()
        self.pulse = Pulse(self.put_off.gives_way)
        self._plates: dict[str, str] = {}
        """Key of the plate that a page looks at, by the page's token."""

        self.ending = False
        """Whether the server ends, which pages ask twice a second."""

        self._connected: dict[str, Callable[[], bool]] = {}
        """Whether a browser is at the other end of a page, by its token."""

        self._owners: dict[str, str] = {}
        """Subject of the visitor whose a page is, by the page's token."""

    def __len__(self) -> int:
        """Return how many pages are open."""
        return len(self._plates)

    def end(self) -> bool:
        """Have all pages say that the server ends; return whether there are any."""
        self.ending = True
        return bool(self._plates)

    def pages(self) -> list[tuple[str, bool]]:
        """Return of each page whose it is, and whether a browser is connected."""
        return [
            (self._owners[token], connected())
            for token, connected in self._connected.items()
        ]

    def open(
        self, owner: str = LOCAL.subject, connected: Callable[[], bool] = lambda: True
    ) -> str:
        """Return the token of a visitor's new page: unguessable, good while it lives.

        Parameters
        ----------
        owner
            The visitor's subject, whose all is that comes with the token.
        connected
            Says whether a browser is at the other end.
        """
        token = secrets.token_urlsafe(32)
        self._plates[token] = ""
        self._owners[token] = owner
        self._connected[token] = connected
        self._corrections.open(token, owner)
        return token

    def is_of(self, token: str, owner: str) -> bool:
        """Whether a page is open, and a visitor's (fast)."""
        return self._owners.get(token) == owner

    def look_at(self, token: str, plate: str) -> None:
        """Note which plate a page looks at now, by its key (fast)."""
        if token in self._plates:
            self._plates[token] = plate

    def plate(self, token: str) -> str:
        """Return the key of the plate that a page looks at, "" where it is none."""
        return self._plates.get(token, "")

    def close(self, token: str) -> Future[None]:
        """Forget a page (fast); what it uploaded and did not commit is removed later.

        Its own commit goes on, and its files may be many.
        """
        self._plates.pop(token, None)
        self._owners.pop(token, None)
        self._connected.pop(token, None)
        self.pulse.leave(token)
        self._presence.session_ended(token)
        return self._submit(lambda: self._corrections.close(token))

    def close_all(self) -> None:
        """Forget every page, and wait for that: at the end there are no threads."""
        for token in list(self._plates):
            self._plates.pop(token, None)
            self._owners.pop(token, None)
            self.pulse.leave(token)
            self._presence.session_ended(token)
            self._corrections.close(token)

    def leave(self, token: str) -> None:
        """Let a page be present no more whose browser has closed it (fast).

        Raises
        ------
        RefusedError
            If there is no such page.
        """
        if token not in self._plates:
            raise RefusedError("There is no such page.")
        self._presence.browser_closed(token)
