"""Pictures beside the present ones: controls, random wells, the plate's extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.text import plain_text
from dashboard.views.island import Island, Message, index_of, text_of
from dashboard.views.samples import (
    Sample,
    Wish,
    by_chance,
    controls,
    extremes,
    fulfil,
    pictures,
)

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

KINDS = ("controls", "random", "extremes")

_SIZE = 256
_RANDOM = 6


class BesideIsland(Island):
    """See ``assets/pixels/side_wells.js``."""

    module = "pixels/side_wells.js"


class Beside:
    """Shows other wells of the plate in the contrast of the present one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._now: Snapshot | None = None
        self._kind = ""
        self._seed = 0
        self._asked: tuple[object, ...] = ()
        self._samples: tuple[Sample, ...] = ()
        self._loading = False
        self.component = BesideIsland()
        self.component.on("kind", self._choose)

    def _choose(self, message: Message) -> None:
        kind = text_of(message, "kind", 20)
        self._kind = kind if kind in KINDS else ""
        self._seed = index_of(message, "seed") or 0
        if self._now is not None:
            self.draw(self._now)

    def draw(self, now: Snapshot) -> None:
        """Show what was asked for; it is read once, and drawn with each contrast."""
        self._now = now
        overview = now.overview
        if overview is None or not self._kind:
            self.component.put({"kind": ""})
            return
        self._read(now, overview)
        self.component.put(
            {
                "kind": self._kind,
                "title": self._title(now),
                "loading": self._loading,
                "empty": "" if self._samples else self._empty(now),
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
        asked = (
            overview.key,
            overview.digest,
            self._kind,
            self._seed,
            metric,
            like,
            len(now.values.wells) if now.values and metric else 0,
        )
        if asked == self._asked:
            return
        self._asked = asked
        wishes = self._wishes(now, overview)
        self._loading = True
        service, key = self._session.service, overview.key
        self._session.run(
            lambda: fulfil(wishes, lambda label: service.plates.well(key, label), like),
            self._take,
            failed=lambda _: self._take(()),
            of=lambda: self._asked,
        )

    def _wishes(self, now: Snapshot, overview: PlateOverview) -> list[Wish]:
        if self._kind == "controls":
            return controls(overview, now.roles)
        if self._kind == "random":
            return by_chance(overview, _RANDOM, seed=self._seed)
        return extremes(now.values)

    def _take(self, samples: tuple[Sample, ...]) -> None:
        self._samples = samples
        self._loading = False
        if self._now is not None:
            self.draw(self._now)

    def _title(self, now: Snapshot) -> str:
        if self._kind == "extremes" and now.values is not None:
            return f"Best and worst: {plain_text(now.values.metric.title, 60)}"
        return {"controls": "Controls", "random": "By chance"}.get(self._kind, "")

    def _empty(self, now: Snapshot) -> str:
        if self._loading:
            return "Reading…"
        if self._kind == "controls":
            return "No control wells are known: say in Statistics which values are."
        if self._kind == "extremes":
            return "This metric has no values yet."
        return "No well can be shown."
