"""Who else looks at the plate: sent twice a second, drawn where it changes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part

if TYPE_CHECKING:
    from dashboard.presence.values import Present
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

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
        self._shown: tuple[str, tuple[Present, ...]] | None = None
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
        self._report()

    def _notice(self) -> None:
        """A browser that was killed says no good-bye."""
        connected = self._session.connected
        if connected != self._connected:
            self._connected = connected
            presence = self._session.service.presence
            act = presence.shown if connected else presence.browser_closed
            act(self._session.token)

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
        session = self._session
        session.service.presence.touch(
            session.token,
            now.overview.id if now.overview else "",
            session.who(),
            well=now.state.well,
            field=now.state.field,
            deciding=self._deciding,
        )

    def _look(self) -> None:
        now = self._now
        if now is None or now.overview is None:
            self.component.put({"others": [], **self._leave})
            self._shown = None
            return
        session = self._session
        self._report()
        others = session.service.presence.others(session.token, now.overview.id)
        shown = (now.state.well, others)
        if shown == self._shown:
            return  # mostly: nobody has moved since half a second ago
        self._shown = shown
        self.component.put(
            {
                "well": plain_text(now.state.well, 20),
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
