"""Medians of plates over time, and whether they drift; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 5
"""Plates from which on one can stand apart from the others."""

LEAST_CHANGE = 3
"""Plates from which on a change has an interval."""

_FAR = 3.5
"""Robust z from which on a plate stands apart from the others."""

_SURE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateMedian:
    """The median of a metric over the wells of one plate."""

    key: str
    when: float
    """Seconds of the Unix clock."""

    median: float
    n: int
    """Wells with a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How far a metric moves along the Theil-Sen line of its plates, in its unit."""

    size: float
    low: float
    high: float
    """Ends of the 95 % interval, of Kendall's statistic (Sen 1968)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A metric over plates, the oldest first."""

    medians: tuple[PlateMedian, ...] = ()
    apart: tuple[str, ...] = ()
    """Keys of the plates that stand apart from the others."""

    change: Change | None = None
    """From the first plate to the last; None below `LEAST_CHANGE` plates."""

    drift: float | None = None
    """The change where it is more than chance (Kendall's test, p < 0.01); None where it
    is not, or cannot be told of so few plates."""

    p: float | None = None
    needed: int = 0
    """Plates that it takes to tell any drift from chance."""


def plate_median(key: str, when: float, values: Sequence[float]) -> PlateMedian | None:
    """Return the median of the finite values, None without any."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return None
    return PlateMedian(key=key, when=when, median=float(np.median(known)), n=len(known))


def trend(medians: Sequence[PlateMedian]) -> Trend:
    """Return how plates differ from each other, and whether they change with time.

    Plates are taken in their order, not by their distance in time: a week without an
    experiment is no drift.
    """
    ordered = tuple(sorted(medians, key=lambda median: (median.when, median.key)))
    values = np.array([median.median for median in ordered])
    needed = plates_needed()
    if len(values) < LEAST_CHANGE:
        return Trend(medians=ordered, needed=needed)
    # Loaded here: it takes a second, and lists without a trend need none of it.
    from scipy import stats

    order = np.arange(len(values))
    p = float(stats.kendalltau(order, values).pvalue)
    if not math.isfinite(p):  # all are equal
        return Trend(medians=ordered, needed=needed)
    line = stats.theilslopes(values, order)
    steps = len(values) - 1
    slopes = (line.slope, line.low_slope, line.high_slope)
    size, low, high = (float(slope) * steps for slope in slopes)
    return Trend(
        medians=ordered,
        apart=_apart(ordered) if len(values) >= LEAST else (),
        change=Change(size=size, low=low, high=high),
        drift=size if p < _SURE else None,
        p=p,
        needed=needed,
    )


def plates_needed() -> int:
    """Return how many plates can show a drift at all.

    Plates that only rise are one of n! orders, and those that only fall another: the
    smallest p of Kendall's test of n plates is 2 / n!.
    """
    count = 2
    while 2 / math.factorial(count) >= _SURE:
        count += 1
    return count


def _apart(ordered: Sequence[PlateMedian]) -> tuple[str, ...]:
    """Return the keys of plates whose median lies far from those of the others."""
    values = np.array([plate.median for plate in ordered])
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    return tuple(
        plate.key
        for plate in ordered
        if spread > 0 and abs(plate.median - middle) > _FAR * spread
    )
