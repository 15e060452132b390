"""Corrections of a plate that cannot be written, beside what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.plates.labels import find_label
from dashboard.text import plain_text
from dashboard.views.answers import Answers
from dashboard.views.display import drawn
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.writes import GuardedWrites

if TYPE_CHECKING:
    from dashboard.corrections.pending import PendingCorrection
    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_THUMB = 224
"""Pixels; twice what a row shows, for screens with fine pixels."""

_MOST = 200
"""Corrections that are listed; the others are counted."""


class PendingIsland(Island):
    """See ``assets/panels/pending.js``."""

    module = "panels/pending.js"
    rare = True


class Pending(Part):
    """Lists what waits for the plate, and how it leaves as a file."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, PendingIsland())
        self._writes = GuardedWrites(session, self._redraw)
        self._read: tuple[str, int] = ("", -1)
        """Plate and revision that `_corrections` is, or is being read, of."""

        self._corrections: tuple[PendingCorrection, ...] = ()
        self._reading = Answers()
        self.component.on("discard", self._discard, asks=Act.STAGE)
        self.component.on("show", self._show, asks=Act.LOOK)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was discarded."""
        del message
        self._writes.refuse(reason)

    def _discard(self, message: Message) -> None:
        service, key = self._session.service, self._session.state.plate
        pending = text_of(message, "pending", 100)
        self._writes.make(lambda: service.pending.discard(key, pending))

    def _show(self, message: Message) -> None:
        """Go to the field that a correction is for."""
        overview = self._now.overview if self._now else None
        labels = [well.label for well in overview.wells] if overview else []
        well = find_label(text_of(message, "well", 20), labels)
        if well:
            self._session.state.update(
                well=well, field=text_of(message, "field", 200), task=""
            )

    def draw(self, now: Snapshot) -> None:
        """Show what waits for the plate, that of the open well first."""
        self._now = now
        overview = now.overview
        if overview is not None:
            self._read_anew(overview.key)
        pending = self._corrections
        if overview is None or not pending or self._read[0] != overview.key:
            self.component.put({"shown": False})
            return
        listed = sorted(pending, key=lambda each: each.well != now.state.well)
        self.component.put(
            {
                "shown": True,
                "export": self._session.urls.export(overview.key, "pending.zip"),
                "barred": self.barred(),
                "refused": self._writes.content(),
                "more": max(0, len(pending) - _MOST),
                "list": [
                    self._entry(correction, overview, now)
                    for correction in listed[:_MOST]
                ],
            }
        )

    def _read_anew(self, key: str) -> None:
        """Read what waits, in a thread, where something has changed since."""
        service = self._session.service
        now = (key, service.plates.revision(key))
        if now == self._read:
            return
        if key != self._read[0]:
            self._corrections = ()
        self._read = now
        answered = self._reading.ask()
        self._session.run(
            lambda: service.pending.of_plate(key),
            answered(lambda corrections: self._take(key, corrections)),
            failed=answered(lambda _: self._missed(key)),
        )

    def _take(self, key: str, corrections: tuple[PendingCorrection, ...]) -> None:
        if key == self._read[0] and corrections != self._corrections:
            self._corrections = corrections
            self._redraw()

    def _missed(self, key: str) -> None:
        """Show nothing; whatever is drawn next has it read again."""
        if key == self._read[0]:
            self._read = (key, -1)
            self._take(key, ())

    def _entry(
        self, pending: PendingCorrection, overview: PlateOverview, now: Snapshot
    ) -> dict[str, Any]:
        look = drawn(overview.channels, now.state)
        urls = self._session.urls
        present = ""
        if pending.base is not None:
            present = urls.thumb(
                overview.key,
                pending.well,
                pending.field,
                pending.base,
                size=_THUMB,
                channels=look,
            )
        return {
            "id": pending.id,
            "well": plain_text(pending.well, 20),
            "field": pending.field,
            "action": plain_text(pending.action, 200),
            "who": plain_text(pending.who, 80),
            "when": pending.when,
            "why": plain_text(pending.why, 500),
            "source": plain_text(", ".join(pending.sources), 300),
            "picture": urls.pending_thumb(
                overview.key, pending.id, size=_THUMB, channels=look
            ),
            "present": present,
            "outdated": pending.outdated,
        }
