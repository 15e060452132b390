"""Metrics that need only how often each value occurs in a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hcs.qc.fields.plane import NotComputableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Distribution, Plane

_OTSU_STEPS = 256
"""Ranks of the sorted pixels at which CellProfiler tries a threshold."""


def mean(plane: Plane) -> float:
    """Return the mean, in counts."""
    return plane.distribution.mean


def percentile_99(plane: Plane) -> float:
    """Return the value below which 99 % of the pixels lie, in counts."""
    return plane.distribution.percentile(99)


def total_intensity(plane: Plane) -> float:
    """Return the sum, as a fraction of full scale."""
    return plane.distribution.mean * plane.distribution.total / plane.full_scale


def mean_intensity(plane: Plane) -> float:
    """Return the mean, as a fraction of full scale."""
    return plane.distribution.mean / plane.full_scale


def median_intensity(plane: Plane) -> float:
    """Return the median, as a fraction of full scale."""
    return plane.distribution.median / plane.full_scale


def std_intensity(plane: Plane) -> float:
    """Return the population standard deviation, as a fraction of full scale."""
    return float(np.sqrt(plane.distribution.variance)) / plane.full_scale


def mad_intensity(plane: Plane) -> float:
    """Return the unscaled median absolute deviation, as a fraction of full scale."""
    return plane.distribution.mad / plane.full_scale


def min_intensity(plane: Plane) -> float:
    """Return the least value, as a fraction of full scale."""
    return float(plane.distribution.values[0]) / plane.full_scale


def max_intensity(plane: Plane) -> float:
    """Return the greatest value, as a fraction of full scale."""
    return float(plane.distribution.values[-1]) / plane.full_scale


def total_area(plane: Plane) -> float:
    """Return the number of pixels."""
    return float(plane.distribution.total)


def scaling(plane: Plane) -> float:
    """Return what the fractions of full scale were divided by, in counts."""
    return float(plane.full_scale)


def percent_maximal(plane: Plane) -> float:
    """Return the share of pixels that equal the plane's own maximum, in percent."""
    return 100 * float(plane.distribution.counts[-1]) / plane.distribution.total


def percent_minimal(plane: Plane) -> float:
    """Return the share of pixels that equal the plane's own minimum, in percent."""
    return 100 * float(plane.distribution.counts[0]) / plane.distribution.total


def percent_saturated(plane: Plane) -> float:
    """Return the share of pixels at or above the camera's clip level, in percent."""
    if plane.clip is None:
        raise NotComputableError(
            plane.clip_source or "the camera's clip level is not known"
        )
    spread = plane.distribution
    first = np.searchsorted(spread.values, plane.clip, side="left")
    return 100 * float(spread.counts[first:].sum()) / spread.total


def otsu(spread: Distribution) -> float:
    """Return the level that separates two classes best, in counts.

    Otsu's criterion at every value that occurs; pixels above it are foreground.
    """
    if len(spread.values) == 1:
        raise NotComputableError("all pixels are equal")
    below = spread.upto[:-1].astype(np.float64)
    above = spread.total - below
    lower = np.cumsum(spread.values * spread.counts)
    apart = lower[:-1] / below - (lower[-1] - lower[:-1]) / above
    return float(spread.values[np.argmax(below * above * apart**2)])


def threshold_otsu(plane: Plane) -> float:
    """Return CellProfiler's two-class Otsu threshold, as a fraction of full scale.

    CellProfiler works on logarithms stretched to 0..1, tries a threshold at 256 ranks
    of the sorted pixels and takes the middle of the two beside the best.
    """
    spread = plane.distribution
    scaled = spread.values / plane.full_scale
    positive = scaled >= 0
    scaled, counts = scaled[positive], spread.counts[positive]
    if len(scaled) < 2:
        raise NotComputableError("all pixels are equal")
    floor = scaled[0] + (scaled[-1] - scaled[0]) / 256 + np.finfo(np.float32).eps
    logs = np.log(np.maximum(scaled, floor))
    low, high = logs[0], logs[-1]
    if high <= low:
        raise NotComputableError("the levels are too close together")
    best = _best_rank_threshold((logs - low) / (high - low), counts)
    return float(np.exp(low + best * (high - low)))


def _best_rank_threshold(
    levels: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> float:
    """Return the level at the rank that leaves least variance on both sides."""
    upto = np.cumsum(counts)
    total = int(upto[-1])
    step = total // min(_OTSU_STEPS, total)
    ranks = np.arange(1, total, step)
    sums = np.stack((levels * counts, levels**2 * counts)).cumsum(axis=1)

    def head(rank: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sums of the first `rank` pixels and of their squares."""
        at = np.searchsorted(upto, rank, side="left")
        missing = upto[at] - rank
        level = levels[at]
        return np.asarray(sums[:, at] - missing * np.stack((level, level**2)))

    # One pixel more than the weight says: this is how CellProfiler counts.
    low = head(ranks)
    high = sums[:, -1:] - low
    inside = _spread_times(low, ranks, ranks - 1) + _spread_times(
        high, total - ranks, total - ranks
    )
    levels_tried = levels[np.searchsorted(upto, ranks, side="right")]
    best = int(np.argmin(inside))
    left, right = max(best - 1, 0), min(best + 1, len(ranks) - 1)
    return float((levels_tried[left] + levels_tried[right]) / 2)


def _spread_times(
    sums: NDArray[np.float64],
    number: NDArray[np.int64],
    weight: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the unbiased variance of `number` pixels, times `weight`."""
    squares = sums[1] - sums[0] ** 2 / number
    return np.asarray(np.maximum(squares, 0) / np.maximum(number - 1, 1) * weight)
