"""The plate as pictures: one canvas from the whole plate to single pixels."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.addresses import SPRITE_CELL, encode_channels
from dashboard.plates.plate_text import STATES, heads
from dashboard.text import plain_text
from dashboard.views.display import drawn, shown
from dashboard.views.island import Island, Message, Part, index_of, text_of

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_SPRITE_SIDE = 1536
"""Longest side of the plate's picture in pixels: sharp on a wide screen, 0.8 MB."""

_CELL = (16, 128)
"""Smallest and largest side of a well in it."""


class PlateCanvasIsland(Island):
    """See ``assets/plate/canvas/canvas.js``."""

    names = ("content", "look")

    module = "plate/canvas/canvas.js"


class PlateCanvas(Part):
    """Shows a picture of every well, and of all its fields where one zooms in."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, PlateCanvasIsland())
        self.component.on("select", self._select, asks=Act.LOOK)
        self.component.on("open", self._open, asks=Act.LOOK)
        self.component.on("switch", lambda _: self.switch(), asks=Act.LOOK)
        self.component.on("previews", self._previews, asks=Act.PICTURES)

    def _known(self, label: str) -> bool:
        overview = self._now.overview if self._now else None
        return overview is not None and overview.well(label) is not None

    def _select(self, message: Message) -> None:
        label = text_of(message, "well", 20)
        if self._known(label):
            # The canvas stays: a click into it chooses, a second one opens.
            self._session.state.update(well=label, field="", look="pictures")

    def _open(self, message: Message) -> None:
        label = text_of(message, "well", 20)
        if not self._known(label):
            return
        field = text_of(message, "field", 200)
        changes: dict[str, Any] = {"well": label, "field": field}
        if field:
            acquisition = index_of(message, "acquisition")
            if self._session.state.acquisition is not None:
                changes["acquisition"] = acquisition
        else:
            changes["look"] = ""
        self._session.state.update(**changes)

    def switch(self) -> None:
        """Show the plate's pictures where a well is open, or the well again."""
        state = self._session.state
        look = "" if state.look and not state.field else "pictures"
        state.update(look=look, field="" if look else state.field)

    def _previews(self, message: Message) -> None:
        key = self._session.state.plate
        if text_of(message, "plate") != key:
            return  # it was asked of the plate before
        if text_of(message, "act", 20) == "stop":
            self._session.service.previews.stop(key)
        else:
            self._session.service.previews.resume(key)

    def draw(self, now: Snapshot) -> None:
        """Show the plate, as far as it has changed and is in sight."""
        self._now = now
        self.component.put(
            {"well": plain_text(now.state.well, 20), "shown": now.stage == "canvas"},
            "look",
        )
        # What nobody sees is drawn when somebody looks at it.
        if now.overview is None or now.stage != "canvas":
            return
        self.component.put(self._content(now, now.overview))

    def first_picture(self, now: Snapshot) -> str:
        """Return the picture of the plate that the browser may fetch ahead, or ""."""
        overview = now.overview
        if overview is None or now.stage != "canvas" or not overview.surveyed:
            return ""
        return self._sprite(now, overview, _cell(overview), soon=True)

    def _content(self, now: Snapshot, overview: PlateOverview) -> dict[str, Any]:
        count = len(overview.columns)
        wells = overview.wells
        state = now.state
        cell = _cell(overview)
        urls = self._session.urls
        return {
            "key": overview.key,
            "about": "First field of every well.",
            "rows": heads(wells, count, rows=True),
            "columns": heads(wells, count, rows=False),
            "labels": [well.label for well in wells],
            "states": [STATES[well.state] for well in wells],
            "errors": {
                str(at): plain_text(well.error, 300)
                for at, well in enumerate(wells)
                if well.error and well.state == "unreadable"
            },
            "digest": overview.digest,
            "surveyed": overview.surveyed,
            "cell": cell,
            "sprite_cell": SPRITE_CELL,
            "sprite": self._sprite(now, overview, cell),
            "wells": urls.wells(overview.key),
            "previews": urls.previews(overview.key),
            "barred": self.barred(),
            "channels": encode_channels(drawn(overview.channels, state)),
            "settings": [
                {**asdict(setting), "name": plain_text(channel.name, 40), "active": on}
                for channel, (setting, on) in zip(
                    overview.channels, shown(overview.channels, state), strict=True
                )
            ],
            "acquisition": state.acquisition,
            "z": state.z,
            "t": state.t,
            "projection": state.projection,
        }

    def _sprite(
        self, now: Snapshot, overview: PlateOverview, cell: int, *, soon: bool = False
    ) -> str:
        # Before the survey has met the channels, an address would not hold for long.
        if not overview.channels or not overview.digest:
            return ""
        return self._session.urls.plate_sprite(
            overview.key,
            overview.digest,
            size=cell,
            channels=drawn(overview.channels, now.state),
            acquisition=now.state.acquisition,
            z=now.state.z,
            t=now.state.t,
            projection=now.state.projection,
            soon=soon,
        )


def _cell(overview: PlateOverview) -> int:
    side = _SPRITE_SIDE // max(len(overview.columns), len(overview.rows), 1)
    return min(_CELL[1], max(_CELL[0], side))
