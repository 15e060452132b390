"""Medians of plates over time, and whether they drift; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 5
"""Plates from which on a drift can be told from chance."""

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
class Trend:
    """A metric over plates, the oldest first."""

    medians: tuple[PlateMedian, ...] = ()
    apart: tuple[str, ...] = ()
    """Keys of the plates that stand apart from the others."""

    drift: float | None = None
    """Change from the first plate to the last along the Theil-Sen line, where it is
    more than chance (Kendall's test, p < 0.01); None where it is not, or not known."""

    p: float | None = None


def plate_median(key: str, when: float, values: Sequence[float]) -> PlateMedian | None:
    """Return the median of the finite values, None without any."""
    known = [one for one in values if math.isfinite(one)]
    if not known:
        return None
    return PlateMedian(key=key, when=when, median=float(np.median(known)), n=len(known))


def trend(medians: Sequence[PlateMedian]) -> Trend:
    """Return how plates differ from each other, and whether they change with time.

    Plates are taken in their order, not by their distance in time: a week without an
    experiment is no drift.
    """
    ordered = tuple(sorted(medians, key=lambda one: (one.when, one.key)))
    values = np.array([one.median for one in ordered])
    if len(values) < LEAST:
        return Trend(medians=ordered)
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    apart = tuple(
        one.key
        for one in ordered
        if spread > 0 and abs(one.median - middle) > _FAR * spread
    )
    # Loaded here: it takes a second, and lists without a trend need none of it.
    from scipy import stats

    order = np.arange(len(values))
    p = float(stats.kendalltau(order, values).pvalue)
    if not math.isfinite(p):  # all are equal
        return Trend(medians=ordered, apart=apart)
    slope = float(stats.theilslopes(values, order).slope)
    drift = slope * (len(values) - 1) if p < _SURE else None
    return Trend(medians=ordered, apart=apart, drift=drift, p=p)
