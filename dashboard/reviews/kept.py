"""Values of wells without the fields that people failed; pure."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from dashboard.quality.wells import FIELD, how
from hcs.qc import aggregate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dashboard.plates.values import (
        MetricInfo,
        MetricValue,
        MetricValues,
        PlateOverview,
    )
    from dashboard.reviews.values import PlateReview

Numbers = dict[str, dict[str, float]]
"""Values of fields by label of the well and name of the field."""


def failed_fields(
    overview: PlateOverview, review: PlateReview
) -> dict[str, frozenset[str]]:
    """Return the names of the fields that were failed, by label of the well."""
    found: dict[str, set[str]] = {}
    for subject, held in review.standings.items():
        if subject.field and held.act.verdict == "fail":
            found.setdefault(subject.well, set()).add(subject.field)
    return {
        well.label: frozenset(found[well.path])
        for well in overview.wells
        if well.path in found
    }


def kept_values(
    values: MetricValues,
    failed: Mapping[str, Collection[str]],
    numbers: Callable[[], Numbers],
    minimum: int,
    way: str = "",
) -> MetricValues:
    """Return a metric of wells over the fields that did not fail.

    Parameters
    ----------
    values
        The metric over all fields.
    failed
        Names of failed fields by label of the well.
    numbers
        Returns the values of all fields; only asked where a field failed.
    minimum
        A well that is left with fewer fields has no value.
    way
        How fields become wells; "" is the metric's own way.
    """
    few = {
        label
        for label, one in values.wells.items()
        if one.n is not None and 0 < one.n < minimum and not way.startswith(FIELD)
    }
    touched = {label for label in failed if label in values.wells}
    touched = {label for label in touched if values.wells[label].n is not None}
    if not few and not touched:
        return values
    known = numbers() if touched else {}
    every = [one for fields in known.values() for one in fields.values()]
    middle = float(np.median(every)) if every else math.nan
    wells = dict(values.wells)
    for label in touched | few:
        fields = known.get(label)
        old = wells[label]
        if fields is not None:
            old = _without(
                old, fields, failed.get(label, ()), values.metric, way, middle
            )
        wells[label] = _enough(old, minimum, way)
    return dataclasses.replace(values, wells=wells)


def _without(
    old: MetricValue,
    fields: Mapping[str, float],
    failed: Collection[str],
    info: MetricInfo,
    way: str,
    middle: float,
) -> MetricValue:
    chosen = way.removeprefix(FIELD) if way.startswith(FIELD) else ""
    wanted = {n: v for n, v in fields.items() if not chosen or n == chosen}
    kept = {name: value for name, value in wanted.items() if name not in failed}
    if len(kept) == len(wanted):
        return old
    of = old.of if old.of is not None else len(wanted)
    note = f"{len(kept)} of {of} fields; {len(wanted) - len(kept)} failed"
    if not kept:
        return dataclasses.replace(old, value=None, field=None, reason=note, n=0, of=of)
    names, numbers = list(kept), np.array(list(kept.values()))
    by = how(info, "median" if chosen else way)
    value = aggregate(numbers, by, bad=info.direction, middle=middle)
    if math.isnan(value):
        note += "; needs two"
    single = by in ("worst", "min", "max")
    at = 0 if math.isnan(value) else int(np.argmin(np.abs(numbers - value)))
    return dataclasses.replace(
        old,
        value=None if math.isnan(value) else value,
        reason=note,
        field=names[at] if single and not math.isnan(value) else None,
        n=len(kept),
        of=of,
    )


def _enough(one: MetricValue, minimum: int, way: str) -> MetricValue:
    if way.startswith(FIELD) or not one.n or one.n >= minimum:
        return one
    note = f"{one.n} of {one.of} fields, fewer than the project's minimum of {minimum}"
    return dataclasses.replace(one, value=None, field=None, reason=note)
