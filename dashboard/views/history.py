"""The versions of the open field, each with its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import NOT_WRITABLE, Act
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.display import drawn
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.corrections.values import VersionView
    from dashboard.plates.values import FieldState
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


_THUMB = 96
"""Pixels; twice what a row shows, for screens with fine pixels."""


class HistoryIsland(Island):
    """See ``assets/review/history.js``."""

    module = "review/history.js"


class History(Part):
    """Lists versions, newest first; each older one can be made live again."""

    def __init__(self, session: Session, *, on_change: Callable[[], object]) -> None:
        super().__init__(session, HistoryIsland())
        self._on_change = on_change
        self._busy = False
        self._error = ""
        self._place: tuple[str, str, str] = ("", "", "")
        self.component.on("revert", self._revert, asks=Act.REVERT)

    def _revert(self, message: Message) -> None:
        now, who = self._now, self._session.who()
        key, well, field = (text_of(message, n) for n in ("plate", "well", "field"))
        version = text_of(message, "version", 200)
        reason = text_of(message, "reason", 1000).strip()
        if now is None or (key, well, field) != _place_of(now):
            return self.refuse(message, "Open that field first: nothing was reverted.")
        if self._busy:
            return self.refuse(message, "Wait until the revert before is done.")
        if version not in {entry.id for entry in now.history}:
            return self.refuse(message, "That version is not there any more.")
        if who is None:
            return self.refuse(message, "Enter your name at the top first.")
        if not reason:
            words = "A revert needs a reason: why is the older version right?"
            return self.refuse(message, words)
        self._busy, self._error = True, ""
        self.draw(now)
        return self._session.run(
            lambda: self._session.service.corrections.revert(
                key, well, field, version, who, reason
            ),
            lambda _: self._done(""),
            failed=lambda error: self._done(failure(error, "It could not be reverted")),
            pool=Pool.CHANGES,
        )

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was reverted."""
        del message
        self._error = reason
        self._redraw()

    def _done(self, error: str) -> None:
        self._busy, self._error = False, error
        self._on_change()

    def draw(self, now: Snapshot) -> None:
        """Show the versions of the open field."""
        self._now = now
        field = now.field
        place = (now.state.plate, now.state.well, now.state.field)
        if place != self._place:
            self._place, self._error = place, ""
        if field is None:
            self.component.put({"field": ""})
            return
        barred = self.barred()
        if now.overview is None or not now.overview.writable:
            barred.setdefault("revert", NOT_WRITABLE)
        self.component.put(
            {
                "plate": now.state.plate,
                "well": plain_text(now.state.well, 20),
                "field": field.name,
                "label": plain_text(field.words, 60),
                "loading": now.history_of != place,
                "busy": self._busy,
                "error": self._error or now.history_problem,
                "barred": barred,
                "versions": [
                    self._version(now, field, version) for version in now.history
                ],
            }
        )

    def _version(
        self, now: Snapshot, field: FieldState, version: VersionView
    ) -> dict[str, Any]:
        return {
            "id": version.id,
            "action": plain_text(version.action, 40),
            "who": plain_text(version.who, 80),
            "known": plain_text(version.known, 20),
            "when": version.when,
            "why": plain_text(version.why, 500),
            "source": plain_text(version.source, 300),
            "digest": plain_text(version.digest, 200),
            "thumb": self._thumb(now, field, version) if version.available else "",
            "live": version.live,
            "available": version.available,
        }

    def _thumb(self, now: Snapshot, field: FieldState, version: VersionView) -> str:
        """Return the address of a version's picture, in the contrast of the page."""
        overview = now.overview
        channels = drawn(overview.channels, now.state) if overview else ()
        if not channels or (version.live and field.error):
            return ""
        return self._session.urls.thumb(
            now.state.plate,
            now.state.well,
            field.name,
            version.id,
            size=_THUMB,
            channels=channels,
        )


def _place_of(now: Snapshot) -> tuple[str, str, str]:
    """Return plate, well and field that are open; the last is "" where none is."""
    field = "" if now.field is None else now.field.name
    return now.state.plate, now.state.well, field
