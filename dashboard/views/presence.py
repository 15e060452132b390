"""Who else looks at the plate: asked twice a second, drawn where it changes."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dashboard import session as session_module
from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part

if TYPE_CHECKING:
    from dashboard.presence.values import Present
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

AFAR_SECONDS = 3.0
"""How often a page is told, at most, that others have gone from one well to another
where this page's person is at neither: with many on a plate somebody always does."""

_MOST = 20
_MOST_PEOPLE = 1000


class PresenceIsland(Island):
    """See ``assets/review/presence.js``."""

    module = "review/presence.js"


class PresencePart(Part):
    """Says where this page is and shows where others are."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, PresenceIsland())
        self._deciding = False
        self._connected = True
        self._reported: tuple[object, ...] | None = None
        self._shown: tuple[int, str, str] | None = None
        """Of which number of the service, and with which plate and well open."""

        self._shown_at = 0.0
        self._near: tuple[object, ...] = ()
        """What was shown of others that concerns this page's person soon."""

        self.component.on("deciding", self._decide, asks=Act.JUDGE)
        self.component.on("again", self._come, asks=Act.LOOK)
        self._leave = {"leave": session.urls.leave(), "page": session.token}
        session.each_poll(self._look)
        session.each_poll(self._notice)

    def _decide(self, message: Message) -> None:
        self._deciding = message.get("on") is True
        self._report()

    def _come(self, message: Message) -> None:
        """The browser shows the page again that it had put aside."""
        del message
        self._session.service.presence.shown(self._session.token)
        self._reported = None
        self._report()

    def _notice(self) -> None:
        """A browser that was killed says no good-bye."""
        connected = self._session.connected
        if connected != self._connected:
            self._connected = connected
            presence = self._session.service.presence
            act = presence.shown if connected else presence.browser_closed
            act(self._session.token)
            self._reported = None

    def draw(self, now: Snapshot) -> None:
        """Say where this page is now."""
        previous, self._now = self._now, now
        if previous is not None and previous.state.well != now.state.well:
            self._deciding = False
        self._report()
        self._look()

    def _report(self) -> None:
        now = self._now
        if now is None:
            return
        session, state = self._session, now.state
        plate = now.overview.id if now.overview else ""
        place = (plate, session.who(), state.well, state.field, self._deciding)
        if place == self._reported:
            return
        self._reported = place
        session.service.presence.touch(
            session.token,
            plate,
            session.who(),
            well=state.well,
            field=state.field,
            deciding=self._deciding,
        )

    def _look(self) -> None:
        now = self._now
        if now is None or now.overview is None:
            self.component.put({"others": [], **self._leave})
            self._shown = None
            return
        session, presence = self._session, self._session.service.presence
        self._report()
        plate, well = now.overview.id, now.state.well
        # Each plate counts for itself, so that two may have come equally far.
        shown = (presence.look(session.token, plate), plate, well)
        if shown == self._shown:
            return  # mostly: nobody has moved since half a second ago
        elsewhere = self._shown is None or self._shown[1:] != (plate, well)
        since = time.monotonic() - self._shown_at
        if not elsewhere and shown[0] and since < session_module.OTHERS_SECONDS:
            return
        near = presence.near(session.token, plate, well)
        if not elsewhere and near == self._near and since < AFAR_SECONDS:
            return
        others = presence.others(session.token, plate)
        self._shown, self._near, self._shown_at = shown, near, time.monotonic()
        self.component.put(
            {
                "well": plain_text(well, 20),
                "others": [_person(person) for person in others[:_MOST]],
                "more": max(0, len(others) - _MOST),
                **self._leave,
            }
        )


@lru_cache(_MOST_PEOPLE)
def _person(person: Present) -> dict[str, Any]:
    """Return what is shown of somebody, made once for all pages; changed by none."""
    return {
        "who": plain_text(person.who, 60),
        "well": plain_text(person.well, 20),
        "deciding": person.deciding,
    }
