"""The methods of arrays that reduce: numpy's, for arrays that need not fit into memory.

A small array is read whole and left to numpy, a large one is reduced by `blocks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hcs.images import blocks

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from hcs.images.blocks import Axes
    from hcs.images.lazy_array import LazyArray


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
        if plain and array.dtype.kind != "c" and array.nbytes > blocks.AT_ONCE:
            if ddof is not None:
                return blocks.spread(array, name, axis, dtype, ddof, keepdims)
            return blocks.reduce(array, name, axis, dtype, keepdims)
        given = {"dtype": dtype, "ddof": ddof}
        options |= {key: value for key, value in given.items() if value is not None}
        method = getattr(np.asarray(array), name)
        return method(axis, out=out, keepdims=keepdims, **options)
