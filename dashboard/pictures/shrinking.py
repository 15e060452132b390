"""Planes get smaller by means of whole blocks; no sum of a block overflows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[Any]


def shrink(plane: Plane, size: int) -> Plane:
    """Average whole blocks until the longer side is below twice `size`.

    Parameters
    ----------
    plane
        Shape ``(y, x)``. Rows and columns that fill no block are left out: at most
        one thumbnail pixel's worth.
    size
        Pixels that the longer side should have at least.

    Returns
    -------
        The plane itself where it is small enough, else the same dtype, smaller.
    """
    return shrink_by(plane, shrink_factor(plane.shape, size))


def shrink_factor(shape: tuple[int, ...], size: int) -> int:
    """Return the side of the blocks that `shrink` averages."""
    return max(1, max(shape) // max(size, 1))


def shrink_by(plane: Plane, factor: int) -> Plane:
    """Average blocks of ``factor`` x ``factor`` pixels; no sum overflows."""
    if factor == 1:
        return plane
    rows, columns = plane.shape
    across, down = min(factor, columns), min(factor, rows)
    count = across * down
    wide = _sum_dtype(plane.dtype, count)
    if plane.dtype.kind in "iu" and plane.dtype.itemsize == 8:
        # No wider integer exists: quotients and remainders are added apart.
        quotients, remainders = np.divmod(plane, wide.type(count))
        total = _block_sums(quotients, down, across, wide)
        total += _block_sums(remainders, down, across, wide) // wide.type(count)
    else:
        if plane.dtype.kind == "f":
            return _float_means(plane, down, across, wide)
        total = _block_sums(plane, down, across, wide)
        if plane.dtype.kind == "b":
            return np.asarray(total * 2 >= count)
        total //= wide.type(count)
    smaller: Plane = total.astype(plane.dtype)
    return smaller


def _float_means(plane: Plane, down: int, across: int, wide: np.dtype[Any]) -> Plane:
    count = down * across
    # Opposite infinities have no mean, which is NaN.
    with np.errstate(over="ignore", invalid="ignore"):
        total = _block_sums(plane, down, across, wide)
        if np.isfinite(total).all():
            means = total / wide.type(count)
        else:
            # Sums of the largest numbers overflow; a power of two costs no digit.
            share = wide.type(0.5 ** count.bit_length())
            total = _block_sums(plane * share, down, across, wide)
            means = total / (wide.type(count) * share)
    return np.asarray(means, plane.dtype)


def _block_sums(plane: Plane, down: int, across: int, wide: np.dtype[Any]) -> Plane:
    height, width = plane.shape[0] // down, plane.shape[1] // across
    # Row sums first: they run along memory.
    summed = plane[0 : height * down : down].astype(wide)
    for row in range(1, down):
        summed += plane[row : height * down : down]
    total: Plane = summed[:, 0 : width * across : across].copy()
    for column in range(1, across):
        total += summed[:, column : width * across : across]
    return total


def _sum_dtype(dtype: np.dtype[Any], count: int) -> np.dtype[Any]:
    """Return what holds the sum of so many pixels of a type."""
    if dtype.kind == "f":
        return np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)
    if dtype.kind == "u" and dtype.itemsize == 8:
        return np.dtype(np.uint64)
    small = dtype.kind == "u" and count * np.iinfo(dtype).max < 1 << 32
    return np.dtype(np.uint32 if small else np.int64)
