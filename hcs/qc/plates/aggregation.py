"""From planes to fields to wells: one number a well, and how it came about."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

import numpy as np

from hcs.qc.plates.screen import median_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.qc.definitions import Definition, Direction
    from hcs.qc.results import PlaneResult

How = Literal["median", "worst", "mean", "min", "max", "sd", "cv"]
"""A way of `WAYS`, for annotations."""

WAYS: tuple[How, ...] = ("median", "worst", "mean", "min", "max", "sd", "cv")
"""How fields become one number a well."""

_FOCUS = "power_log_log_slope"
"""What the best plane of a z stack is chosen by: the largest."""


def default_way(entry: Definition) -> How:
    """Return how a metric is brought to wells unless somebody chooses otherwise.

    A median hides one blurred field of nine, so technical metrics show the worst.

    Parameters
    ----------
    entry
        The metric.
    """
    return "worst" if entry.kind == "technical" and entry.bad != "none" else "median"


def best_plane(planes: Iterable[PlaneResult]) -> int:
    """Return the z with the sharpest picture, judged by the focus metric.

    Parameters
    ----------
    planes
        Results of one field at one time; channels at one z count together.
    """
    focus: dict[int, list[float]] = defaultdict(list)
    for plane in planes:
        focus[plane.z].append(plane.values.get(_FOCUS, math.nan))
    scores = {z: median_of(values) for z, values in focus.items()}
    known = {z: score for z, score in scores.items() if not math.isnan(score)}
    return max(known, key=lambda z: known[z]) if known else min(scores, default=0)


def planes_in_focus(
    planes: Iterable[PlaneResult], channel: str, *, z: int | None = None
) -> list[PlaneResult]:
    """Return a channel's planes at one z, the sharpest where not given, over time."""
    own = [plane for plane in planes if plane.channel == channel]
    if z is None and len(own) == 1:
        return own  # mostly; finding the sharpest of one takes a hundred times longer
    chosen = best_plane(own) if z is None else z
    return [plane for plane in own if plane.z == chosen]


def aggregate(
    values: Sequence[float], way: How, *, bad: Direction, middle: float
) -> float:
    """Return what the fields of one well become, NaN where there are too few.

    Parameters
    ----------
    values
        Those of the fields: at least one, none of them NaN.
    way
        One of `hcs.qc.WAYS`.
    bad
        The metric's bad side, which decides what is worst.
    middle
        What is usual on the plate; worst is the furthest from it where no one side is
        bad.
    """
    if way == "worst":
        return _worst(values, bad, middle)
    # A well has few fields: numpy takes ten times as long to begin.
    if way == "median":
        return float(statistics.median(values))
    if way in ("min", "max"):
        return float(min(values) if way == "min" else max(values))
    mean = float(np.mean(values))
    if way == "mean":
        return mean
    if len(values) < 2 or (way == "cv" and mean == 0):
        return math.nan
    sd = float(np.std(values, ddof=1))
    return sd if way == "sd" else 100 * sd / mean


def _worst(values: Sequence[float], bad: Direction, middle: float) -> float:
    """Return the value furthest on the bad side; without one, furthest from usual."""
    if bad == "low":
        return float(min(values))
    if bad == "high":
        return float(max(values))
    return float(max(values, key=lambda value: abs(value - middle)))
