"""Wells to hold beside a field: controls, by chance, the plate's best and worst."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.display import drawn
from dashboard.views.field_viewer import spoken_plane
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dashboard.addresses import Urls
    from dashboard.plates.values import FieldView, PlateOverview, WellView
    from dashboard.projects.roles import RolesView
    from dashboard.quality.values import MetricValues
    from dashboard.state import ViewState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A field to look at."""

    well: str
    """Label."""

    field: FieldView
    digest: str = ""
    """Of the well that it was taken from, see `WellView.digest`."""

    note: str = ""
    """Why it was taken: ``"negative"``, ``"worst of 96"``."""

    value: float | None = None
    """Of the chosen metric, where the sample was taken by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A well to be shown, and which of its fields."""

    well: str
    note: str = ""
    field: str = ""
    """Name or label; the first readable one where it is empty or not there."""

    value: float | None = None


def controls(overview: PlateOverview, roles: RolesView, each: int = 3) -> list[Wish]:
    """Return control wells of each role, spread over the plate."""
    found: dict[str, list[str]] = {}
    for well in overview.wells:
        role = roles.wells.get(well.label)
        name = role.role if role else None
        if well.state == "present" and name and roles.letter(well.label):
            found.setdefault(name, []).append(well.label)
    return [
        Wish(well=label, note=name)
        for name, labels in found.items()
        for label in _spread(labels, each)
    ]


def by_chance(
    overview: PlateOverview,
    count: int,
    among: Iterable[str] | None = None,
    *,
    seed: int | None = None,
) -> list[Wish]:
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
    return [Wish(well=label) for label in labels if label in chosen]


def extremes(values: MetricValues | None, each: int = 2) -> list[Wish]:
    """Return the best and the worst wells of a metric, by its bad side.

    A metric that is bad on both sides, or on none, is best at its median.
    """
    if values is None:
        return []
    known = [
        (label, one) for label, one in values.wells.items() if one.value is not None
    ]
    numbers = sorted(one.value for _, one in known if one.value is not None)
    if not numbers:
        return []
    way = values.metric.direction
    middle = numbers[len(numbers) // 2]

    def badness(value: float) -> float:
        if way in ("low", "high"):
            return value if way == "high" else -value
        return abs(value - middle)

    known.sort(key=lambda pair: badness(pair[1].value or 0.0))
    each = min(each, len(known) // 2)
    picked = [("best", pair) for pair in known[:each]]
    picked += [("worst", pair) for pair in reversed(known[len(known) - each :])]
    return [
        Wish(well=label, note=word, field=one.field or "", value=one.value)
        for word, (label, one) in picked
    ]


def fulfil(
    wishes: Sequence[Wish], read: Callable[[str], WellView], like: str = ""
) -> tuple[Sample, ...]:
    """Return the fields of the wells that can be shown.

    Parameters
    ----------
    wishes
        Which wells.
    read
        Gives a well by its label; may take time.
    like
        Name of the field to take of each well, where it has such a one.
    """
    found = []
    for wish in wishes:
        try:
            view = read(wish.well)
        except HCSError:
            continue
        field = _field(view, wish.field, like)
        if field is not None:
            found.append(
                Sample(
                    well=wish.well,
                    field=field,
                    digest=view.digest,
                    note=wish.note,
                    value=wish.value,
                )
            )
    return tuple(found)


def pictures(
    samples: Iterable[Sample],
    urls: Urls,
    overview: PlateOverview,
    state: ViewState,
    size: int,
) -> list[dict[str, Any]]:
    """Return the samples as a page shows them: with the contrast of everything else."""
    found = []
    for one in samples:
        z, t = spoken_plane(one.field, state)
        found.append(
            {
                "well": one.well,
                "digest": one.digest,
                "field": one.field.name,
                "label": plain_text(one.field.label, 40),
                "note": one.note,
                "value": one.value,
                "thumb": urls.thumb(
                    overview.key,
                    one.well,
                    one.field.name,
                    one.field.version,
                    size=size,
                    channels=drawn(overview.channels, state),
                    z=z,
                    t=t,
                ),
            }
        )
    return found


def _field(view: WellView, wanted: str, like: str) -> FieldView | None:
    readable = [one for one in view.fields if one.error is None]
    for name in (wanted, like):
        for one in readable:
            if name and name in (one.name, one.label):
                return one
    return readable[0] if readable else None


def _spread(labels: list[str], count: int) -> list[str]:
    if len(labels) <= count:
        return labels
    step = (len(labels) - 1) / max(1, count - 1)
    return [labels[round(at * step)] for at in range(count)]
