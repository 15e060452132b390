"""Wells to compare with: controls, neighbours, random ones, the best and the worst."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.display import drawn
from dashboard.views.field_picture import address_plane
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dashboard.addresses import Urls
    from dashboard.plates.values import FieldState, PlateOverview, WellView
    from dashboard.projects.roles import RolesView
    from dashboard.quality.values import MetricValues
    from dashboard.state import ViewState

NO_CONTROLS = "No control wells are known: set the roles in Statistics."

_ROLES = ("negative", "untreated", "positive")
"""In the order in which controls are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A field to look at."""

    well: str
    """Label."""

    field: FieldState
    digest: str = ""
    """Of the well that it was taken from, see `WellView.digest`."""

    note: str = ""
    """Why it was taken: ``"negative"``, ``"worst of 96"``."""

    value: float | None = None
    """Of the chosen metric, where the sample was taken by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A well to be shown, and which of its fields."""

    well: str
    note: str = ""
    field: str = ""
    """Name or label; the first readable one where it is empty or not there."""

    value: float | None = None


def control_wells(
    overview: PlateOverview, roles: RolesView, each: int = 3
) -> list[SampleRequest]:
    """Return control wells of each role, spread over the plate."""
    labels_by_role: dict[str, list[str]] = {}
    for well in overview.wells:
        role = roles.wells.get(well.label)
        name = role.role if role else None
        if well.state == "present" and name and roles.letter(well.label):
            labels_by_role.setdefault(name, []).append(well.label)
    return [
        SampleRequest(well=label, note=name)
        for name, labels in labels_by_role.items()
        for label in _spread(labels, each)
    ]


def nearest_controls(
    overview: PlateOverview, roles: RolesView, label: str
) -> list[tuple[str, str]]:
    """Return the other control wells and their roles, the best to compare with first.

    Negative controls come before untreated and positive ones, and of each role the
    nearest: what drifts over a plate differs least between neighbours.
    """
    well = overview.well(label)
    ranked = []
    for control in overview.wells:
        role = roles.wells.get(control.label)
        name = role.role if role else None
        if control.state != "present" or control.label == label or name not in _ROLES:
            continue
        apart = (
            (control.row - well.row) ** 2 + (control.column - well.column) ** 2
            if well
            else 0
        )
        ranked.append((_ROLES.index(name), apart, control.row, control.column, control))
    return [
        (control.label, _ROLES[rank])
        for rank, *_, control in sorted(ranked, key=_first)
    ]


def neighbour_wells(overview: PlateOverview, label: str) -> list[SampleRequest]:
    """Return the up to eight wells around a well, in the order of the plate."""
    well = overview.well(label)
    return [
        SampleRequest(well=other.label)
        for other in overview.wells
        if well is not None
        and other.state == "present"
        and other.label != label
        and abs(other.row - well.row) <= 1
        and abs(other.column - well.column) <= 1
    ]


def random_wells(
    overview: PlateOverview,
    count: int,
    among: Iterable[str] | None = None,
    *,
    seed: int | None = None,
) -> list[SampleRequest]:
    """Return wells drawn at random, in the order of the plate.

    Parameters
    ----------
    among
        Labels to draw from; all that are there where None.
    seed
        The same seed draws the same wells.
    """
    allowed = None if among is None else set(among)
    labels = [
        well.label
        for well in overview.wells
        if well.state == "present" and (allowed is None or well.label in allowed)
    ]
    draw = random.Random(seed)  # noqa: S311 - nobody gains by guessing it
    chosen = set(draw.sample(labels, min(count, len(labels))))
    return [SampleRequest(well=label) for label in labels if label in chosen]


def extreme_wells(values: MetricValues | None, each: int = 2) -> list[SampleRequest]:
    """Return the best and the worst wells of a metric, by its bad side.

    A metric that is bad on both sides, or on none, is best at its median.
    """
    if values is None:
        return []
    measured = [
        (label, well_value)
        for label, well_value in values.wells.items()
        if well_value.value is not None
    ]
    numbers = sorted(
        well_value.value for _, well_value in measured if well_value.value is not None
    )
    if not numbers:
        return []
    bad_side = values.metric.direction
    middle = numbers[len(numbers) // 2]

    def badness(value: float) -> float:
        if bad_side in ("low", "high"):
            return value if bad_side == "high" else -value
        return abs(value - middle)

    measured.sort(key=lambda pair: badness(pair[1].value or 0.0))
    each = min(each, len(measured) // 2)
    picked = [("best", pair) for pair in measured[:each]]
    picked += [("worst", pair) for pair in reversed(measured[len(measured) - each :])]
    return [
        SampleRequest(
            well=label, note=word, field=well_value.field or "", value=well_value.value
        )
        for word, (label, well_value) in picked
    ]


def read_samples(
    requests: Sequence[SampleRequest], read: Callable[[str], WellView], like: str = ""
) -> tuple[Sample, ...]:
    """Return the fields of the wells that can be shown.

    Parameters
    ----------
    requests
        Which wells.
    read
        Gives a well by its label; may take time.
    like
        Name of the field to take of each well, where it has such a one.
    """
    samples = []
    for request in requests:
        try:
            view = read(request.well)
        except HCSError:
            continue
        field = _field(view, request.field, like)
        if field is not None:
            samples.append(
                Sample(
                    well=request.well,
                    field=field,
                    digest=view.digest,
                    note=request.note,
                    value=request.value,
                )
            )
    return tuple(samples)


def pictures(
    samples: Iterable[Sample],
    urls: Urls,
    overview: PlateOverview,
    state: ViewState,
    size: int,
) -> list[dict[str, Any]]:
    """Return the samples as a page shows them: with the contrast of everything else."""
    items = []
    for sample in samples:
        z, t = address_plane(sample.field, state)
        items.append(
            {
                "well": sample.well,
                "digest": sample.digest,
                "field": sample.field.name,
                "label": plain_text(sample.field.words, 40),
                "note": sample.note,
                "value": sample.value,
                "thumb": urls.thumb(
                    overview.key,
                    sample.well,
                    sample.field.name,
                    sample.field.version,
                    size=size,
                    channels=drawn(overview.channels, state),
                    z=z,
                    t=t,
                ),
            }
        )
    return items


def _field(view: WellView, preferred: str, like: str) -> FieldState | None:
    readable = [field for field in view.fields if field.error is None]
    for name in (preferred, like):
        for field in readable:
            if name and name in (field.name, field.label):
                return field
    return readable[0] if readable else None


def _first(ranked: tuple[Any, ...]) -> tuple[Any, ...]:
    return ranked[:-1]


def _spread(labels: list[str], count: int) -> list[str]:
    if len(labels) <= count:
        return labels
    step = (len(labels) - 1) / max(1, count - 1)
    return [labels[round(at * step)] for at in range(count)]
