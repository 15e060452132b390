"""Planes that are read when they are asked for, seen as one array."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    ReadPlane = Callable[[tuple[int, ...]], NDArray[Any]]
    """From the index along the leading axes to the plane, shape ``(y, x)``."""


class PlaneArray:
    """An array of two-dimensional planes of which only those asked for are read.

    The last two axes are y and x. Indexing takes integers and slices and gives numpy
    arrays; nothing is kept.

    Thread safety: as that of the function that reads a plane.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: DTypeLike, read: ReadPlane
    ) -> None:
        self.shape = shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._read = read

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def chunksize(self) -> tuple[int, ...]:
        """What is read at once: one plane."""
        return (*(1 for _ in self.shape[:-2]), *self.shape[-2:])

    @property
    def nbytes(self) -> int:
        """Bytes that the pixels take in memory."""
        return self.size * self.dtype.itemsize

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = _complete(key, self.ndim)
        leading = [
            _indices(part, size)
            for part, size in zip(keys[:-2], self.shape[:-2], strict=True)
        ]
        counts = tuple(len(positions) for positions in leading)
        planes = [self._read(position)[keys[-2:]] for position in product(*leading)]
        sliced_counts = tuple(
            count
            for part, count in zip(keys[:-2], counts, strict=True)
            if isinstance(part, slice)
        )
        if not planes:
            inner = np.empty(self.shape[-2:], dtype=self.dtype)[keys[-2:]].shape
            return np.empty((*sliced_counts, *inner), dtype=self.dtype)
        return np.stack(planes).reshape((*sliced_counts, *planes[0].shape))

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        array = self[...]
        return array if dtype is None else array.astype(dtype)

    def compute(self) -> NDArray[Any]:
        """Return all planes as one numpy array."""
        return self[...]

    def __repr__(self) -> str:
        return f"PlaneArray(shape={self.shape}, dtype={self.dtype})"


def _complete(key: Any, ndim: int) -> tuple[Any, ...]:
    keys = key if isinstance(key, tuple) else (key,)
    whole = slice(None)
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        fill = ndim - len(keys) + 1
        keys = (*keys[:at], *[whole] * fill, *keys[at + 1 :])
    if len(keys) > ndim:
        raise IndexError(f"{len(keys)} indices for an array of {ndim} axes.")
    return (*keys, *[whole] * (ndim - len(keys)))


def _indices(key: Any, size: int) -> range:
    if isinstance(key, slice):
        return range(*key.indices(size))
    index = int(key)
    if not -size <= index < size:
        raise IndexError(f"Index {index} for an axis of {size}.")
    index %= size
    return range(index, index + 1)
