"""Lazy arrays: shape and type at once, pixels when they are needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from hcs.axes import inverse
from hcs.errors import MetadataError, UnsafeDataError
from hcs.images.blocks import blocks
from hcs.images.operators import Operators
from hcs.images.pixels import CHUNKS_LIMIT, check_region, decode, read_spec
from hcs.images.reductions import Reductions
from hcs.images.region import split_key
from hcs.stores.array import ArraySpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from hcs.images.blocks import Axes
    from hcs.images.image_group import ImageGroup


class LazyArray(Operators, Reductions):
    """An array in a store, used as one of numpy's.

    Slicing reads the chunks of the region and no more; whatever numpy takes between
    the brackets is understood, and gives the same. `astype`, `transpose` and `squeeze`
    read nothing and return another lazy array. `sum`, `mean`, `std`, `var`, `min`,
    `max`, `any` and `all` of arrays above 64 MiB hold a part of them at a time. All
    other operators and functions of numpy read the array whole, up to
    ``config.max_read_bytes``, and return arrays of numpy. Nothing can be written:
    ``data += 1`` makes `data` an array of numpy.

    After each read it is checked that the image is still of the same version.

    Parameters
    ----------
    group, path
        The image, and where the array is below it.
    ndim
        Number of axes that the image has.
    stored
        For each axis of the array on disk its place among those of the image; () where
        they are in the same order.
    """

    __slots__ = ("_axes", "_group", "_ndim", "_path", "_spec", "_types")

    def __init__(
        self, group: ImageGroup, path: str, ndim: int, stored: tuple[int, ...] = ()
    ) -> None:
        self._group = group
        self._path = path
        self._ndim = ndim
        self._axes = inverse(stored) if stored else tuple(range(ndim))
        """For each axis of this array its place on disk; squeezed ones have none."""
        self._types: tuple[np.dtype[Any], ...] = ()
        """What pixels are converted to, one after the other."""
        self._spec: ArraySpec | None = None

    # --- what the document says ---------------------------------------------------

    @property
    def spec(self) -> ArraySpec:
        """What the array document says, read when first needed.

        Raises
        ------
        NotFoundError
            If there is no array.
        MetadataError, UnsafeDataError
            If it cannot or must not be read, or has not one dimension for each axis.
        """
        if self._spec is None:
            spec = self._group.run(self._read_spec)
            if len(spec.shape) != self._ndim:
                raise MetadataError(
                    f"The array at {self._group.where(self._path)} has the shape "
                    f"{spec.shape}, but the image has {self._ndim} axes."
                )
            self._spec = spec
        return self._spec

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return tuple(self.spec.shape[axis] for axis in self._axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one pixel."""
        return self._types[-1] if self._types else np.dtype(self.spec.dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._axes)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return math.prod(self.spec.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one pixel, decoded."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels, decoded."""
        return self.size * self.itemsize

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Shape of the largest of the parts that are decoded as a whole."""
        parts = self.spec.read_chunks
        return tuple(
            min(parts[axis], size)
            for axis, size in zip(self._axes, self.shape, strict=True)
        )

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of all these parts along each axis, as dask gives them.

        Raises
        ------
        UnsafeDataError
            If there are more than a read may touch.
        """
        sizes = tuple(zip(self.shape, self.chunksize, strict=True))
        counts = [-(-size // max(part, 1)) for size, part in sizes]
        if max(counts, default=0) > CHUNKS_LIMIT:
            raise UnsafeDataError(
                f"{self._group.where(self._path)} has {counts} chunks along its axes; "
                f"at most {CHUNKS_LIMIT} are listed."
            )
        return tuple(
            tuple(min(part, size - start) for start in range(0, size, part))
            if size
            else (0,)
            for size, part in sizes
        )

    @property
    def path(self) -> str:
        """Path of the array below the root of its store."""
        return f"{self._group.path}/{self._path}".lstrip("/")

    # --- pixels -------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        region, after = split_key(key, self.shape)
        stored = [slice(0, 1)] * self._ndim
        for axis, part in zip(self._axes, region, strict=True):
            stored[axis] = part
        data = self._group.run(
            lambda path: self._read(path, tuple(stored)), pixels=True
        )
        for dtype in self._types:
            data = data.astype(dtype, copy=False)
        squeezed = [axis for axis in range(self._ndim) if axis not in self._axes]
        data = data.transpose(*self._axes, *squeezed)
        return data.reshape(data.shape[: self.ndim])[after]

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Pixels in a store cannot be had without copying them.")
        data: NDArray[Any] = self[...]
        return data if dtype is None else data.astype(dtype, copy=False)

    def compute(self, **_options: Any) -> NDArray[Any]:
        """Return all pixels, as code written for dask asks for them.

        Parameters
        ----------
        **_options
            Those of dask's method, such as ``scheduler``; they change nothing here.

        Returns
        -------
            An array of `shape` and `dtype`, axes in this array's order.

        Raises
        ------
        UnsafeDataError
            If it would take more than ``config.max_read_bytes``.
        CorruptDataError
            If a chunk cannot be decoded.
        """
        return np.asarray(self)

    def to_dask(self, chunks: Any = None) -> Any:
        """Return a dask array over the same pixels.

        Parameters
        ----------
        chunks
            As dask takes them; by default those of the store.

        Returns
        -------
            An array of dask with the same axes, shape and type; no pixels are read.

        Raises
        ------
        MissingExtraError
            If dask is not installed.
        """
        from hcs.images.data_array import dask_array

        return dask_array(self, self.chunks if chunks is None else chunks)

    # --- the same pixels otherwise --------------------------------------------------

    def astype(
        self,
        dtype: DTypeLike,
        order: str = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> LazyArray:
        """Return the same pixels as another type, converted when they are read.

        The arguments are those of numpy's method.

        Parameters
        ----------
        dtype
            A type of truth values, integers, floats or complex numbers.
        order, subok, copy
            As numpy takes them; they change nothing here.
        casting
            Which conversions are allowed: ``"no"``, ``"equiv"``, ``"safe"``,
            ``"same_kind"`` or ``"unsafe"``.

        Returns
        -------
            An array of the same shape, which reads nothing yet.

        Raises
        ------
        TypeError
            If `casting` forbids it, or the type is none of numbers.
        """
        wanted = np.dtype(dtype)
        if wanted.kind not in "biufc":
            raise TypeError(
                f"Pixels are converted to types of numbers, not to {wanted}; read them "
                f"first: np.asarray(data).astype({wanted})."
            )
        if not np.can_cast(self.dtype, wanted, casting):
            raise TypeError(
                f"Cannot cast array data from {self.dtype!r} to {wanted!r} according "
                f"to the rule {casting!r}"
            )
        return self._view(self._axes, (*self._types, wanted))

    @property
    def T(self) -> LazyArray:
        """The same pixels with the axes reversed."""
        return self._view(self._axes[::-1], self._types)

    def transpose(self, *axes: Any) -> LazyArray:
        """Return the same pixels with their axes in another order.

        Parameters
        ----------
        *axes
            Places of the axes, or one tuple of them; by default they are reversed.

        Raises
        ------
        ValueError
            If they are not all axes, each once.
        """
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        if order is None or len(order) == 0:
            return self.T
        places = [_axis(place, self.ndim) for place in order]
        if sorted(places) != list(range(self.ndim)):
            raise ValueError(f"the axes {order} do not match the {self.ndim} there are")
        return self._view(tuple(self._axes[place] for place in places), self._types)

    def squeeze(self, axis: Axes = None) -> LazyArray:
        """Return the same pixels without axes of length 1, by default all of these.

        Parameters
        ----------
        axis
            Place of an axis, or a tuple of places, from 0; negative ones count from the
            end. None takes every axis of length 1.

        Raises
        ------
        ValueError
            If one that is named is longer, or there is no such axis.
        """
        shape = self.shape
        if axis is None:
            dropped = {place for place, size in enumerate(shape) if size == 1}
        else:
            several = axis if isinstance(axis, tuple) else (axis,)
            dropped = {_axis(place, self.ndim) for place in several}
        if any(shape[place] != 1 for place in dropped):
            raise ValueError(
                f"cannot squeeze axis {axis} of the shape {shape}: its length is not 1"
            )
        axes = (own for place, own in enumerate(self._axes) if place not in dropped)
        return self._view(tuple(axes), self._types)

    # --- as a container -------------------------------------------------------------

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __contains__(self, value: object) -> bool:
        if np.ndim(value) > 0:  # type: ignore[arg-type]  # compared by its own shape
            return value in np.asarray(self)
        return any((self[block] == value).any() for block in blocks(self))

    def __repr__(self) -> str:
        if self._spec is None:
            return f"LazyArray({self._group.where(self._path)})"
        return (
            f"LazyArray({self._group.where(self._path)}, shape={self.shape}, "
            f"dtype={self.dtype})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = self._group, self._path, self._ndim, self._axes, self._types
        return _viewed, arguments

    if not TYPE_CHECKING:  # else any attribute would be one to a type checker

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"A LazyArray has no {name!r}. Read the pixels, as in "
                f"np.asarray(data), or take a dask array of them: to_dask()."
            )

    # --- inside -----------------------------------------------------------------------

    def _view(
        self, axes: tuple[int, ...], types: tuple[np.dtype[Any], ...]
    ) -> LazyArray:
        view = _viewed(self._group, self._path, self._ndim, axes, types)
        view._spec = self._spec
        return view

    def _read_spec(self, image_path: str) -> ArraySpec:
        key = f"{image_path}/{self._path}/{self._group.array_document}".lstrip("/")
        known = (self._group.consolidated or {}).get(self._path)
        if isinstance(known, dict):
            return ArraySpec.from_document(known, self._group.store.where(key))
        return read_spec(self._group.store, key)

    def _read(self, image_path: str, region: tuple[slice, ...]) -> NDArray[Any]:
        spec = self.spec
        path = f"{image_path}/{self._path}".lstrip("/")
        where = self._group.store.where(path)
        largest = max((dtype.itemsize for dtype in self._types), default=0)
        check_region(spec, region, where, largest)
        return decode(self._group.store, path, spec, region)


def _viewed(
    group: ImageGroup,
    path: str,
    ndim: int,
    axes: tuple[int, ...],
    types: tuple[np.dtype[Any], ...],
) -> LazyArray:
    array = LazyArray(group, path, ndim)
    array._axes, array._types = axes, types
    return array


def _axis(place: SupportsIndex, ndim: int) -> int:
    """Return a place counted from 0; numpy's error if there is no such axis."""
    number = place.__index__()
    if not -ndim <= number < ndim:
        raise np.exceptions.AxisError(number, ndim)
    return number % ndim
