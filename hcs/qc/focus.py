"""Metrics of sharpness and texture."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import fft

from hcs.qc.plane import SCALE, STRIPE, NotComputableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.qc.plane import Plane

_GREY_LEVELS = 8
"""Levels to which CellProfiler reduces a plane before it counts neighbours."""

_LEAST_RINGS = 2
"""Rings of the power spectrum that a slope needs."""


def focus_score(plane: Plane) -> float:
    """Return variance over mean, as a fraction of full scale."""
    spread = plane.distribution
    if spread.mean <= 0:
        raise NotComputableError("the mean is not above zero")
    return spread.variance / spread.mean / plane.full_scale


def local_focus_score(plane: Plane, scale: int = SCALE) -> float:
    """Return how much variance over mean varies between blocks of about `scale`.

    Population variance over the blocks, divided by their median: as CellProfiler
    computes it, not as its manual says (the mean).
    """
    sums, squares, number = plane.blocks(scale)
    used = (number > 0) & (sums != 0)
    if not used.any():
        raise NotComputableError("the mean of every block is zero")
    sums, squares, number = sums[used], squares[used], number[used]
    scores = (squares - sums**2 / number) / sums / plane.full_scale
    middle = float(np.median(scores))
    if not np.isfinite(middle) or middle <= 0:
        raise NotComputableError("more than half of the blocks are constant")
    return float(np.var(scores)) / middle


def correlation(plane: Plane, scale: int = SCALE) -> float:
    """Return Haralick's correlation of pixels `scale` columns apart, -1 to 1."""
    if plane.pixels.shape[1] <= scale:
        raise NotComputableError(
            f"the plane is {plane.pixels.shape[1]} pixels wide; "
            f"this needs more than {scale}"
        )
    grey = _grey_levels(plane)
    left, right = grey[:, :-scale], grey[:, scale:]
    pairs = left * np.uint8(_GREY_LEVELS) + right
    if plane.mask is not None:
        pairs = pairs[plane.mask[:, :-scale] & plane.mask[:, scale:]]
    counts = np.bincount(pairs.ravel(), minlength=_GREY_LEVELS**2)
    table = counts.reshape(_GREY_LEVELS, _GREY_LEVELS) / max(pairs.size, 1)
    return _table_correlation(table)


def _grey_levels(plane: Plane) -> NDArray[np.uint8]:
    """Return the plane stretched between its extremes and cut into 8 levels."""
    values = plane.distribution.values
    low, high = values[0], values[-1]
    if high == low:
        raise NotComputableError("all pixels are equal")

    def level(value: NDArray[Any]) -> NDArray[np.uint8]:
        part = (value - low) / (high - low) * _GREY_LEVELS
        return np.asarray(np.clip(part, 0, _GREY_LEVELS - 1), np.uint8)

    if plane.pixels.dtype.kind == "u" and plane.pixels.dtype.itemsize <= 2:
        # Each level is computed once, and looked up for the pixels.
        table = level(np.arange(int(high) + 1, dtype=np.float64))
        # Pixels outside a mask can lie above.
        return np.asarray(table[np.minimum(plane.pixels, int(high))])
    return level(plane.pixels.astype(np.float64))


def _table_correlation(table: NDArray[np.float64]) -> float:
    """Return the correlation of two levels, from how often each pair occurs."""
    level = np.arange(1, _GREY_LEVELS + 1)
    first, second = table.sum(axis=1), table.sum(axis=0)
    means = first @ level, second @ level
    deviations = np.sqrt(
        (first @ level**2 - means[0] ** 2) * (second @ level**2 - means[1] ** 2)
    )
    if not deviations > 0:
        raise NotComputableError("one side of the plane is constant")
    return float((level @ table @ level - means[0] * means[1]) / deviations)


def power_log_log_slope(plane: Plane) -> float:
    """Return the slope of log power over log spatial frequency.

    As CellProfiler: power summed over rings of the spectrum, from radius 2 to an
    eighth of the shorter side. White noise gives about +1; the more negative, the
    blurrier.
    """
    height, width = plane.pixels.shape
    outer = min(height, width) // 8
    if outer - _LEAST_RINGS < _LEAST_RINGS:
        raise NotComputableError(
            f"the plane is {height} x {width} pixels; this needs 32 in both directions"
        )
    if plane.constant:
        raise NotComputableError("all pixels are equal")
    power = _ring_power(plane, outer)
    rings = np.arange(2, outer)
    present = power > 0
    if np.count_nonzero(present) < _LEAST_RINGS:
        raise NotComputableError("fewer than two rings of the spectrum have power")
    x, y = np.log(rings[present]), np.log(power[present])
    x = x - x.mean()
    return float(x @ y / (x @ x))


def _ring_power(plane: Plane, outer: int) -> NDArray[np.float64]:
    """Return the power in each ring of radius 2 to ``outer - 1``.

    Only low frequencies are in these rings, so only their columns are transformed a
    second time; and the plane is real, so that column -k is the conjugate of k.
    """
    height, _ = plane.pixels.shape
    mean = plane.distribution.mean
    half = np.empty((height, outer), np.complex128)
    for start in range(0, height, STRIPE):
        rows = slice(start, start + STRIPE)
        # Single precision would lose the steepest slopes, whose outer rings hold
        # 1e-12 of the power.
        pixels = plane.pixels[rows].astype(np.float64)
        pixels -= mean
        if plane.mask is not None:
            pixels[~plane.mask[rows]] = 0
        half[rows] = fft.rfft(pixels, axis=1, overwrite_x=True)[:, :outer]
    low = fft.fft(half, axis=0, overwrite_x=True)
    power = low.real**2 + low.imag**2
    near, ring = _rings(height, outer)
    both = power[near, : outer - 1] + power[-near % height, 1:outer]
    sums = np.bincount(ring.ravel(), both.ravel(), minlength=outer + 1)
    return np.asarray(sums[2:outer], np.float64)


@lru_cache(maxsize=8)
def _rings(height: int, outer: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of low frequency, and the ring of each of their pixels.

    Distances are mirrored as CellProfiler does: index 0 and the last one are both at
    distance 0, which is one off the true frequency. Rings out of use are 0.
    """
    near = np.arange(outer - 1)
    rows = np.concatenate((near, height - 1 - near))
    distance = np.minimum(rows, height - 1 - rows)
    ring = np.floor(np.hypot(distance[:, np.newaxis], near)).astype(np.intp) + 1
    ring[ring >= outer] = 0
    return rows, ring


def laplacian_variance(plane: Plane) -> float:
    """Return the variance of the five-point Laplacian, in squared counts."""
    height, width = plane.pixels.shape
    if min(height, width) < 3:
        raise NotComputableError("the plane has no pixel with four neighbours")
    total = squares = 0.0
    for part in plane.stripes(overlap=2):
        if part.shape[0] < 3:
            continue
        edge = part[:-2, 1:-1] + part[2:, 1:-1]
        edge += part[1:-1, :-2]
        edge += part[1:-1, 2:]
        edge -= 4 * part[1:-1, 1:-1]
        total += float(edge.sum(dtype=np.float64))
        squares += float(np.vdot(edge, edge))
    number = (height - 2) * (width - 2)
    variance: float = squares / number - (total / number) ** 2
    return max(variance, 0.0)
