"""Metrics of sharpness and texture."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

from hcs.qc.fields.plane import SCALE, STRIPE, NotComputableError, median

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Plane

_GREY_LEVELS = 8
"""Levels to which CellProfiler reduces a plane before it counts neighbours."""

_EXACT = 1 << 24
"""Integers up to here are exact in float32."""

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
    middle = median(scores)
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
    total = np.zeros(6)
    for rows, grey in _grey_levels(plane):
        left, right = grey[:, :-scale], grey[:, scale:]
        pairs = left.size
        if plane.mask is not None:
            both = plane.mask[rows, :-scale] & plane.mask[rows, scale:]
            left, right, pairs = left * both, right * both, int(both.sum())
        total += (
            pairs,
            np.einsum("ij->", left),
            np.einsum("ij->", right),
            np.einsum("ij,ij->", left, left),
            np.einsum("ij,ij->", right, right),
            np.einsum("ij,ij->", left, right),
        )
    number, first, second, squares, other_squares, products = (int(n) for n in total)
    spread = number * squares - first**2
    other_spread = number * other_squares - second**2
    if spread <= 0 or other_spread <= 0:
        raise NotComputableError("one side of the plane is constant")
    return (number * products - first * second) / math.sqrt(spread * other_spread)


def _grey_levels(plane: Plane) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield stripes of the plane, stretched between its extremes, as levels 1 to 8.

    Stripes are so small that sums of products of levels are exact.
    """
    values = plane.distribution.values
    low, high = values[0], values[-1]
    if high == low:
        raise NotComputableError("all pixels are equal")
    parts = np.floor((values - low) / (high - low) * _GREY_LEVELS)
    first = np.searchsorted(parts, np.arange(1, _GREY_LEVELS))
    narrow = plane.pixels.dtype.kind in "ui" and plane.pixels.dtype.itemsize <= 2
    kind = plane.pixels.dtype if narrow else np.dtype(np.float64)
    height, width = plane.pixels.shape
    step = max(1, min(STRIPE, _EXACT // (_GREY_LEVELS**2 * width)))
    for start in range(0, height, step):
        rows = slice(start, start + step)
        pixels = plane.pixels[rows].astype(kind, copy=False)
        grey = np.ones(pixels.shape, np.uint8)
        for bound in values[first].astype(kind):
            grey += (pixels >= bound).view(np.uint8)
        yield rows, grey.astype(np.float32)


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
    # Rounding to integers leaves noise in every ring, 1e-10 of the power at least,
    # which single precision tells. It would lose the steepest slopes of smooth
    # pixels, whose outer rings hold 1e-12.
    narrow = plane.pixels.dtype.kind in "ui" and plane.pixels.dtype.itemsize <= 2
    half = np.empty((height, outer), np.complex64 if narrow else np.complex128)
    for start in range(0, height, STRIPE):
        rows = slice(start, start + STRIPE)
        pixels = plane.pixels[rows].astype(half.real.dtype)
        pixels -= half.real.dtype.type(mean)
        if plane.mask is not None:
            pixels[~plane.mask[rows]] = 0
        half[rows] = scipy.fft.rfft(pixels, axis=1, overwrite_x=True)[:, :outer]
    low = scipy.fft.fft(half, axis=0, overwrite_x=True)
    near, ring = _rings(height, outer)
    both = _power(low[near, : outer - 1]) + _power(low[-near % height, 1:outer])
    sums = np.bincount(ring.ravel(), both.ravel(), minlength=outer + 1)
    return np.asarray(sums[2:outer], np.float64)


def _power(spectrum: NDArray[np.complexfloating]) -> NDArray[np.float64]:
    power = np.square(spectrum.real, dtype=np.float64)
    power += np.square(spectrum.imag, dtype=np.float64)
    return np.asarray(power)


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
        edge, middle = part[:-2] + part[2:], part[1:-1]
        edge[:, 1:] += middle[:, :-1]
        edge[:, :-1] += middle[:, 1:]
        middle *= 4
        edge -= middle
        # A plane has no neighbours beyond its sides.
        edge[:, 0] = edge[:, -1] = 0
        total += float(edge.sum())
        squares += float(np.einsum("ij,ij->i", edge, edge).sum(dtype=np.float64))
    number = (height - 2) * (width - 2)
    variance: float = squares / number - (total / number) ** 2
    return max(variance, 0.0)
