"""In which order a well's fields are shown and stepped through."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dashboard.pictures.mosaic import arrange
from dashboard.quality.scores import SUSPICION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import FieldState
    from dashboard.views.snapshot import Snapshot

_SPARSEST = 2
"""Places of a grid for each field, at most: a circle in a square has fewer."""


@dataclass(frozen=True, slots=True)
class FieldOrder:
    """The fields of a well as they are shown."""

    fields: list[FieldState] = dataclasses.field(default_factory=list)
    places: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    """Row and column of each on the stage; empty where not known, or else sorted."""

    basis: Literal["stage", "acquired", "worst"] = "acquired"
    """Why so: by the stage's positions, as the source lists them, or by a metric."""


def shown_fields(now: Snapshot) -> FieldOrder:
    """Return the fields of the chosen well and acquisition in their order."""
    if now.well is None:
        return FieldOrder()
    acquisition = now.state.acquisition
    fields = [
        field
        for field in now.well.fields
        if acquisition is None or field.acquisition in (None, acquisition)
    ]
    if now.state.order == "worst":
        worst = sorted(fields, key=lambda field: _badness(now, field))
        return FieldOrder(worst, basis="worst")
    return by_position(fields)


def field_value(now: Snapshot, field: FieldState) -> float | None:
    """Return the chosen metric's value of a field, None where it has none."""
    for measured in now.field_values:
        same = (measured.field, measured.version) == (field.name, field.version)
        if same and measured.acquisition == field.acquisition:
            return measured.values.get(now.state.metric)
    return None


def by_position(fields: Sequence[FieldState]) -> FieldOrder:
    """Return fields as they lie in the well, row by row.

    Fields whose place is not recorded stay in the order in which the source lists them,
    which is that of the acquisition, never that of their names. Where the stage went
    to so few places of a grid that most of it would be empty, they have no places.
    """
    mosaic = arrange(fields) if fields else None
    if mosaic is None or not mosaic.staged:
        return FieldOrder(list(fields))
    lefts = _lines([box[0] for box in mosaic.boxes], [box[2] for box in mosaic.boxes])
    tops = _lines([box[1] for box in mosaic.boxes], [box[3] for box in mosaic.boxes])
    order = sorted(range(len(fields)), key=lambda at: (tops[at], lefts[at]))
    places = [(tops[at], lefts[at]) for at in order]
    size = (max(lefts) + 1) * (max(tops) + 1)
    plain = len(set(places)) == len(fields) and size <= _SPARSEST * len(fields)
    return FieldOrder([fields[at] for at in order], places if plain else [], "stage")


def _lines(places: Sequence[float], sizes: Sequence[float]) -> list[int]:
    """Return the line of each place: places nearer than half a field share one."""
    apart = min(sizes) / 2
    starts: list[float] = []
    for place in sorted(places):
        if not starts or place - starts[-1] > apart:
            starts.append(place)
    return [
        max(at for at, start in enumerate(starts) if start <= place) for place in places
    ]


def _badness(now: Snapshot, field: FieldState) -> tuple[int, float]:
    """Return a key: unreadable fields, the worst of the metric ... those without it."""
    if field.error is not None:
        return 0, 0.0
    if now.state.metric == SUSPICION:
        suspect = now.judgement.by_well.get(now.state.well)
        worst = suspect is not None and suspect.field in (field.name, field.label)
        return (1 if worst else 2), 0.0
    value = field_value(now, field)
    if value is None or now.values is None:
        return 3, 0.0
    bad_side = now.values.metric.direction
    if bad_side in ("low", "high"):
        return 2, value if bad_side == "low" else -value
    numbers = sorted(
        well_value.value
        for well_value in now.values.wells.values()
        if well_value.value is not None
    )
    middle = numbers[len(numbers) // 2] if numbers else 0.0
    return 2, -abs(value - middle)
