"""The whole plate as pictures, shown while no well is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.display import drawn
from dashboard.views.island import Island, script, text_of
from dashboard.views.plate_map import _heads

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_SPRITE_SIDE = 1536
"""Longest side of the sprite in pixels: sharp on a wide screen, some 300 kB."""

_CELL = (16, 128)
"""Smallest and largest side of a well in the sprite, in pixels."""


class MontageIsland(Island):
    """See ``assets/montage.js``."""

    _esm = script("montage.js")


class Montage:
    """Shows a picture of every well, or the plates there are to choose from."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.component = MontageIsland()
        self.component.on(
            "plate", lambda message: self._choose(text_of(message, "plate"))
        )

    def _choose(self, key: str) -> None:
        if any(plate.key == key for plate in self._session.service.plates()):
            self._session.state.update(plate=key)

    def draw(self, now: Snapshot) -> None:
        """Show the plate's pictures, or say why there are none."""
        overview = now.overview
        if overview is None:
            self.component.put(_without_plate(now))
            return
        if now.stage == "canvas":
            return  # which shows all wells, and more
        count = len(overview.columns)
        self.component.put(
            {
                "title": plain_text(overview.name, 80) or overview.key,
                "about": "First field of every well. Choose a well here or on the map.",
                "rows": _heads(overview.wells, count, rows=True),
                "columns": _heads(overview.wells, count, rows=False),
                "labels": [well.label for well in overview.wells],
                "gone": [
                    (at, well.state)
                    for at, well in enumerate(overview.wells)
                    if well.state != "present"
                ],
                "sprite": self._sprite(now, overview),
                "empty": "Looking at the plate…"
                if not overview.surveyed
                else "There are no pictures on this plate.",
                "error": "",
                "choices": [],
            }
        )

    def _sprite(self, now: Snapshot, overview: PlateOverview) -> str:
        # Before the survey has met the channels, an address would not hold for long.
        if not overview.channels or not overview.digest:
            return ""
        side = _SPRITE_SIDE // max(len(overview.columns), len(overview.rows))
        return self._session.urls.plate_sprite(
            overview.key,
            overview.digest,
            size=min(_CELL[1], max(_CELL[0], side)),
            channels=drawn(overview.channels, now.state),
            acquisition=now.state.acquisition,
        )


def _without_plate(now: Snapshot) -> dict[str, Any]:
    if now.problem:
        title, text = "This plate cannot be shown", now.problem
    elif now.plates:
        title, text = "Plates", ""
    else:
        title = "No plate"
        text = (
            "There is no plate where this server was told to look. Start it with the "
            "path of a plate or of a folder of plates."
        )
    return {
        "title": title,
        "about": "",
        "rows": [],
        "columns": [],
        "labels": [],
        "gone": [],
        "sprite": "",
        "empty": text,
        "error": now.problem,
        "choices": [
            {
                "key": plate.key,
                "name": plain_text(plate.name, 120) or plate.key,
                "location": plain_text(plate.location, 300),
                "error": plain_text(plate.error) if plate.error else "",
            }
            for plate in now.plates
        ],
    }
