"""Some pictures of the plate at one look: random ones, or its controls."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.state import MONTAGES
from dashboard.views.field_picture import extent
from dashboard.views.island import Island, Message, Part, index_of, text_of
from dashboard.views.samples import (
    NO_CONTROLS,
    Sample,
    control_wells,
    pictures,
    random_wells,
    read_samples,
)
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.plates.values import PlateOverview, WellView
    from dashboard.session import Session
    from dashboard.views.samples import SampleRequest
    from dashboard.views.snapshot import Snapshot

_SIZE = 256
_RANDOM = 24
_CONTROLS = 12
"""Of each role."""


class MontageIsland(Island):
    """See ``assets/pixels/montage.js``."""

    module = "pixels/montage.js"


class Montage(Part):
    """Shows labelled fields from all over the plate."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, MontageIsland())
        self._of: tuple[str, str] = ("", "")
        """The plate and the kind that the samples are of."""
        self._inputs: tuple[object, ...] = ()
        self._samples: tuple[Sample, ...] = ()
        self._loading = False
        self.component.on("montage", self._montage, asks=Act.LOOK)

    def _montage(self, message: Message) -> None:
        kind = text_of(message, "kind", 20)
        if kind in MONTAGES:
            seed = index_of(message, "seed") or 0
            self._session.state.update(
                montage=kind, seed=seed, well="", field="", look=""
            )

    def draw(self, now: Snapshot) -> None:
        """Show the montage, or say why there is none."""
        self._now = now
        overview = now.overview
        if overview is None:
            self.component.put(_blank())
            return
        if not now.state.montage:
            self.component.put(_blank())
            return
        if self._of != (overview.key, now.state.montage):
            self._of = (overview.key, now.state.montage)
            self._inputs, self._samples = (), ()
        if now.stage == "plate":
            self._read(now, overview)
        items = pictures(self._samples, self._session.urls, overview, now.state, _SIZE)
        across, unit = next(
            (extent(sample.field) for sample in self._samples), (0.0, "")
        )
        self.component.put(
            {
                **_blank(),
                "kind": now.state.montage,
                "seed": now.state.seed,
                "items": items,
                "across": across,
                "unit": unit,
                "empty": "" if items else self._empty(now),
            }
        )

    def _read(self, now: Snapshot, overview: PlateOverview) -> None:
        state = now.state
        inputs = (overview.key, overview.digest, state.montage, state.seed, now.roles)
        # Without channels an address would not hold for long.
        if inputs == self._inputs or not overview.channels:
            return
        self._inputs = inputs
        self._loading = True
        self._session.run(
            self._work(now, overview),
            self._take,
            failed=lambda _: self._take(()),
            of=lambda: self._inputs,
        )

    def _work(
        self, now: Snapshot, overview: PlateOverview
    ) -> Callable[[], tuple[Sample, ...]]:
        service, key, seed = self._session.service, overview.key, now.state.seed

        def read(label: str) -> WellView:
            return service.plates.well(key, label)

        if now.state.montage == "controls":
            requests = control_wells(overview, now.roles, each=_CONTROLS)
            return lambda: read_samples(requests, read)
        chosen = random_wells(overview, _RANDOM, seed=seed)
        return lambda: any_fields(chosen, read, seed)

    def _take(self, samples: tuple[Sample, ...]) -> None:
        self._samples = samples
        self._loading = False
        self._redraw()

    def _empty(self, now: Snapshot) -> str:
        if self._loading or (now.overview and not now.overview.channels):
            return "Reading…"
        if now.state.montage == "controls":
            return NO_CONTROLS
        return "There are no pictures on this plate."


def any_fields(
    requests: Sequence[SampleRequest], read: Callable[[str], WellView], seed: int
) -> tuple[Sample, ...]:
    """Return a field of each well, by chance: the first ones may all be at the rim.

    Parameters
    ----------
    requests
        Which wells.
    read
        Gives a well by its label.
    seed
        The same seed takes the same fields.
    """
    samples = []
    for request in requests:
        try:
            view = read(request.well)
        except HCSError:
            continue
        fields = [field for field in view.fields if field.error is None]
        if fields:
            draw = random.Random(f"{seed} {request.well}")  # noqa: S311 - no secret
            samples.append(
                Sample(well=request.well, field=draw.choice(fields), digest=view.digest)
            )
    return tuple(samples)


def _blank() -> dict[str, Any]:
    return {
        "kind": "",
        "seed": 0,
        "items": [],
        "across": 0.0,
        "unit": "",
        "empty": "",
        "error": "",
    }
