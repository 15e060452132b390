"""Sums, means and extremes of arrays that need not fit into memory.

A small array is read whole and left to numpy. Of a large one blocks of chunks are
reduced one after the other: integers to the same values, in numpy's types and with its
wrapping; floats are added up in float64, so to numpy's values but for rounding, and
for sums that are too large for a small type halfway only.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any, cast

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


class Reductions:
    """The methods of `LazyArray` that numpy's arrays have under the same names."""

    __slots__ = ()

    def sum(
        self,
        axis: Axes = None,
        dtype: DTypeLike | None = None,
        out: NDArray[Any] | None = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return the sum over axes, as ``numpy.ndarray.sum`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        dtype
            Type of the sum and of the adding; numpy's choice by default.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``initial``, ``where``; all pixels are
            read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("sum", axis, dtype, out, keepdims, options)

    def mean(
        self,
        axis: Axes = None,
        dtype: DTypeLike | None = None,
        out: NDArray[Any] | None = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return the mean over axes, as ``numpy.ndarray.mean`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        dtype
            Type of the result; numpy's choice by default: float64 for integers.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``where``; all are read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("mean", axis, dtype, out, keepdims, options)

    def std(
        self,
        axis: Axes = None,
        dtype: DTypeLike | None = None,
        out: NDArray[Any] | None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return the standard deviation, as ``numpy.ndarray.std`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        dtype
            Type of the result; numpy's choice by default: float64 for integers.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        ddof
            Subtracted from the number of pixels that is divided by: 1 for a sample.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``where``; all are read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("std", axis, dtype, out, keepdims, options, ddof)

    def var(
        self,
        axis: Axes = None,
        dtype: DTypeLike | None = None,
        out: NDArray[Any] | None = None,
        ddof: float = 0,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return the variance over axes, as ``numpy.ndarray.var`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        dtype
            Type of the result; numpy's choice by default: float64 for integers.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        ddof
            Subtracted from the number of pixels that is divided by: 1 for a sample.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``where``; all are read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("var", axis, dtype, out, keepdims, options, ddof)

    def min(
        self,
        axis: Axes = None,
        out: NDArray[Any] | None = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return the least pixel over axes, as ``numpy.ndarray.min`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``initial``, ``where``; all pixels are
            read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        ValueError
            If there is no pixel along an axis that is reduced.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("min", axis, None, out, keepdims, options)

    def max(
        self,
        axis: Axes = None,
        out: NDArray[Any] | None = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return the largest pixel over axes, as ``numpy.ndarray.max`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``initial``, ``where``; all pixels are
            read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        ValueError
            If there is no pixel along an axis that is reduced.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("max", axis, None, out, keepdims, options)

    def any(
        self,
        axis: Axes = None,
        out: NDArray[Any] | None = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return whether any pixel is not 0, as ``numpy.ndarray.any`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``where``; all are read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("any", axis, None, out, keepdims, options)

    def all(
        self,
        axis: Axes = None,
        out: NDArray[Any] | None = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        """Return whether no pixel is 0, as ``numpy.ndarray.all`` does.

        Parameters
        ----------
        axis
            Place of the axis to reduce, or a tuple of places, from 0, negative ones
            from the end; None reduces all of them.
        out
            Array that gets the result, of its shape; all pixels are read at once then.
        keepdims
            Whether the axes that were reduced stay, with length 1.
        **options
            Further ones of numpy's method, as ``where``; all are read at once then.

        Raises
        ------
        numpy.exceptions.AxisError
            If there is no such axis.
        UnsafeDataError
            If pixels that are read at once take more than ``config.max_read_bytes``.
        """
        return self._reduced("all", axis, None, out, keepdims, options)

    def _reduced(
        self,
        name: str,
        axis: Axes,
        dtype: DTypeLike | None,
        out: NDArray[Any] | None,
        keepdims: bool,
        options: dict[str, Any],
        ddof: float | None = None,
    ) -> Any:
        array = cast("LazyArray", self)
        plain = out is None and not options and keepdims in (True, False)
        if dtype is not None:
            plain = plain and (name == "sum" or np.dtype(dtype).kind == "f")
        if plain and array.dtype.kind != "c" and array.nbytes > AT_ONCE:
            if ddof is not None:
                return spread(array, name, axis, dtype, ddof, keepdims)
            return reduce(array, name, axis, dtype, keepdims)
        given = {"dtype": dtype, "ddof": ddof}
        options |= {key: value for key, value in given.items() if value is not None}
        method = getattr(np.asarray(array), name)
        return method(axis, out=out, keepdims=keepdims, **options)


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
        here = _kept(block, axes)
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
        here = _kept(block, axes)
        if all(block[axis].start == 0 for axis in axes):
            result[here] = part
        else:
            result[here] = _JOINED[name](result[here], part)
    return result


def _kept(block: tuple[slice, ...], axes: tuple[int, ...]) -> tuple[slice, ...]:
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
