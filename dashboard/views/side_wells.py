"""Pictures of other wells: controls, neighbours, random ones, the best and worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part, index_of, text_of
from dashboard.views.samples import (
    NO_CONTROLS,
    Sample,
    SampleRequest,
    control_wells,
    extreme_wells,
    neighbour_wells,
    pictures,
    random_wells,
    read_samples,
)

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

KINDS = ("controls", "neighbours", "random", "extremes")

_TITLES = {
    "controls": "Controls",
    "neighbours": "Neighbours",
    "random": "Random wells",
}

_SIZE = 256
_RANDOM = 6


class SideWellsIsland(Island):
    """See ``assets/pixels/side_wells.js``."""

    module = "pixels/side_wells.js"


class SideWells(Part):
    """Shows other wells of the plate in the contrast of the present one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, SideWellsIsland())
        self._kind = ""
        self._seed = 0
        self._of: tuple[str, str] = ("", "")
        """The plate and the kind that the samples are of."""
        self._inputs: tuple[object, ...] = ()
        self._samples: tuple[Sample, ...] = ()
        self._loading = False
        self.component.on("kind", self._choose, asks=Act.LOOK)

    def _choose(self, message: Message) -> None:
        kind = text_of(message, "kind", 20)
        self._kind = kind if kind in KINDS else ""
        self._seed = index_of(message, "seed") or 0
        self._redraw()

    def draw(self, now: Snapshot) -> None:
        """Show what was asked for; it is read once, and drawn with each contrast."""
        self._now = now
        overview = now.overview
        if overview is None or not self._kind:
            self.component.put({"kind": ""})
            return
        if self._of != (overview.key, self._kind):
            self._of, self._samples = (overview.key, self._kind), ()
        self._read(now, overview)
        self.component.put(
            {
                "kind": self._kind,
                "title": self._title(now),
                "loading": self._loading,
                "empty": "" if self._samples else self._empty(),
                "items": pictures(
                    self._samples, self._session.urls, overview, now.state, _SIZE
                ),
                "metric": plain_text(now.values.metric.title, 80)
                if now.values and self._kind == "extremes"
                else "",
            }
        )

    def _read(self, now: Snapshot, overview: PlateOverview) -> None:
        # The field with the same name is what compares: the same place in the well.
        like = now.state.field
        metric = now.state.metric if self._kind == "extremes" else ""
        inputs = (
            overview.key,
            overview.digest,
            self._kind,
            self._seed,
            metric,
            like,
            now.state.well if self._kind == "neighbours" else "",
            len(now.values.wells) if now.values and metric else 0,
        )
        if inputs == self._inputs:
            return
        self._inputs = inputs
        requests = self._requests(now, overview)
        self._loading = True
        service, key = self._session.service, overview.key
        self._session.run(
            lambda: read_samples(
                requests, lambda label: service.plates.well(key, label), like
            ),
            self._take,
            failed=lambda _: self._take(()),
            of=lambda: self._inputs,
        )

    def _requests(self, now: Snapshot, overview: PlateOverview) -> list[SampleRequest]:
        if self._kind == "controls":
            return control_wells(overview, now.roles)
        if self._kind == "neighbours":
            return neighbour_wells(overview, now.state.well)
        if self._kind == "random":
            return random_wells(overview, _RANDOM, seed=self._seed)
        return extreme_wells(now.values)

    def _take(self, samples: tuple[Sample, ...]) -> None:
        self._samples = samples
        self._loading = False
        self._redraw()

    def _title(self, now: Snapshot) -> str:
        if self._kind == "extremes" and now.values is not None:
            return f"Best and worst: {plain_text(now.values.metric.title, 60)}"
        return _TITLES.get(self._kind, "")

    def _empty(self) -> str:
        if self._loading:
            return "Reading…"
        if self._kind == "controls":
            return NO_CONTROLS
        if self._kind == "extremes":
            return "This metric has no values yet."
        return "No well can be shown."
