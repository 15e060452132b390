"""Arrays in blocks of chunks, one after the other: sums, means and extremes of them.

Integers come to the same values as in numpy, in its types and with its wrapping; floats
are added up in float64, so to numpy's values but for rounding, and for sums that are
too large for a small type halfway only.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from hcs.images.lazy_array import LazyArray

    Axes = int | tuple[int, ...] | None

AT_ONCE = 64 << 20
"""Bytes: a smaller array is read whole, a larger one in blocks of at most as much, or
of one chunk."""

_JOINED: dict[str, np.ufunc] = {
    "sum": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "any": np.logical_or,
    "all": np.logical_and,
}
"""How the results of two blocks become that of both."""


def reduce(
    array: LazyArray, name: str, axis: Axes, dtype: DTypeLike | None, keepdims: bool
) -> Any:
    """Return what a method of numpy's arrays comes to, reading a block at a time.

    Parameters
    ----------
    array
        Of a plain type, and not empty.
    name
        ``"sum"``, ``"mean"``, ``"min"``, ``"max"``, ``"any"`` or ``"all"``.
    axis, dtype, keepdims
        As numpy's method takes them; `dtype` for sums and means alone, of means a type
        of floats.
    """
    example = _example(array, name, axis, dtype, keepdims)
    axes = _axes(axis, array.ndim)
    if name == "mean":
        total = _joined(array, "sum", axes, np.dtype("f8"))
        return _shaped(total / _count(array, axes), example, axes, keepdims)
    working = example.dtype
    if name == "sum" and working.kind == "f":
        working = np.dtype("f8")
    return _shaped(_joined(array, name, axes, working), example, axes, keepdims)


def spread(
    array: LazyArray,
    name: str,
    axis: Axes,
    dtype: DTypeLike | None,
    ddof: float,
    keepdims: bool,
) -> Any:
    """Return ``"std"`` or ``"var"``: one pass for means, one for squared deviations.

    Parameters as in `reduce`; `ddof` is subtracted from the number of pixels.
    """
    example = _example(array, name, axis, dtype, keepdims)
    axes = _axes(axis, array.ndim)
    count = _count(array, axes)
    means = _joined(array, "sum", axes, np.dtype("f8")) / count
    squares = np.zeros_like(means)
    for block in blocks(array, itemsize=8):
        here = _reduced(block, axes)
        deviation = array[block].astype("f8")
        deviation -= means[here]
        squares[here] += np.square(deviation, out=deviation).sum(axes, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = squares / max(count - ddof, 0)
    return _shaped(
        np.sqrt(values) if name == "std" else values, example, axes, keepdims
    )


def blocks(array: LazyArray, itemsize: int = 0) -> Iterator[tuple[slice, ...]]:
    """Yield regions that make up an array, of whole chunks, in C order.

    Each has at most `AT_ONCE` bytes, or is one chunk; `itemsize` is what a pixel takes
    in what is made of them, where that is more.
    """
    sides = list(array.chunksize)
    for axis in reversed(range(array.ndim)):
        # As many chunks along the last axis as fit, then along the one before.
        nbytes = math.prod(sides) * max(array.itemsize, itemsize)
        fitting = max(AT_ONCE // max(nbytes, 1), 1)
        sides[axis] = min(sides[axis] * fitting, max(array.shape[axis], 1))
        if sides[axis] < array.shape[axis]:
            break
    starts = (
        range(0, size, max(side, 1))
        for size, side in zip(array.shape, sides, strict=True)
    )
    for corner in product(*starts):
        yield tuple(
            slice(start, min(start + side, size))
            for start, side, size in zip(corner, sides, array.shape, strict=True)
        )


def _joined(
    array: LazyArray, name: str, axes: tuple[int, ...], working: np.dtype[Any]
) -> NDArray[Any]:
    """Return a result of all blocks; the axes that were reduced have length 1."""
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(array.shape))
    result = np.empty(shape, working)
    options: dict[str, Any] = {"dtype": working} if name == "sum" else {}
    for block in blocks(array):
        part = getattr(array[block], name)(axes, keepdims=True, **options)
        here = _reduced(block, axes)
        if all(block[axis].start == 0 for axis in axes):
            result[here] = part
        else:
            result[here] = _JOINED[name](result[here], part)
    return result


def _reduced(block: tuple[slice, ...], axes: tuple[int, ...]) -> tuple[slice, ...]:
    """Return where the result of a block is."""
    return tuple(
        slice(0, 1) if axis in axes else part for axis, part in enumerate(block)
    )


def _example(
    array: LazyArray, name: str, axis: Axes, dtype: DTypeLike | None, keepdims: bool
) -> Any:
    """Return numpy's result for one pixel: its type, and its errors of arguments."""
    options: dict[str, Any] = {} if dtype is None else {"dtype": dtype}
    pixel = np.zeros((1,) * array.ndim, array.dtype)
    return getattr(pixel, name)(axis, keepdims=keepdims, **options)


def _axes(axis: Axes, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    several = axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(position % ndim for position in several))


def _count(array: LazyArray, axes: tuple[int, ...]) -> int:
    return math.prod(array.shape[axis] for axis in axes)


def _shaped(
    values: NDArray[Any], example: Any, axes: tuple[int, ...], keepdims: bool
) -> Any:
    """Return values in the type and form that numpy gives them."""
    with np.errstate(over="ignore"):
        values = values.astype(example.dtype, copy=False)
    return values if keepdims else values.squeeze(axes)[()]
