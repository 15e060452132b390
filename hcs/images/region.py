"""Keys of numpy as regions: what must be read, and what is picked out of it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def split_key(
    key: Any, shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[Any, ...]]:
    """Split a numpy key into a region to read and a key for what was read.

    Parameters
    ----------
    key
        What stands between the brackets.
    shape
        Shape of the array.

    Returns
    -------
        One slice of step 1 for each axis, and the key that turns the region into what
        numpy would return.

    Raises
    ------
    IndexError
        As numpy does.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    taken = sum(part is not None and part is not Ellipsis for part in parts)
    ellipses = sum(part is Ellipsis for part in parts)
    if taken > len(shape) or ellipses > 1:
        raise IndexError(f"{len(parts)} indices for an array of {len(shape)} axes")
    if not ellipses:
        parts.append(Ellipsis)
    region: list[slice] = []
    after: list[Any] = []
    for part in parts:
        if part is None:
            after.append(None)
        elif part is Ellipsis:
            for size in shape[len(region) : len(region) + len(shape) - taken]:
                region.append(slice(0, size))
                after.append(slice(None))
        else:
            here, then = _split_axis(part, shape[len(region)], len(region))
            region.append(here)
            after.append(then)
    return tuple(region), tuple(after)


def _split_axis(part: Any, size: int, axis: int) -> tuple[slice, Any]:
    if isinstance(part, slice):
        indices = range(size)[part]
        if not indices:
            return slice(0, 0), slice(None)
        low, high = min(indices[0], indices[-1]), max(indices[0], indices[-1])
        # The region ends at both of its extremes, so that a step in either direction
        # starts at the first index.
        return slice(low, high + 1), slice(None, None, indices.step)
    if isinstance(part, list | tuple | range | np.ndarray) and np.ndim(part) == 1:
        return _split_list(np.asarray(part), size, axis)
    try:
        index = operator.index(part)
    except TypeError:
        raise IndexError(f"{part!r} is no index of an array") from None
    index = _wrapped(index, size, axis)
    return slice(index, index + 1), 0


def _split_list(part: NDArray[Any], size: int, axis: int) -> tuple[slice, Any]:
    if part.dtype == bool:
        if len(part) != size:
            raise IndexError(
                f"a mask of {len(part)} for axis {axis} of {size} does not fit"
            )
        part = np.flatnonzero(part)
    if not part.size:
        return slice(0, 0), slice(None)
    if part.dtype.kind not in "iu":
        raise IndexError(f"indices of type {part.dtype} on axis {axis}")
    wrapped = np.array([_wrapped(int(index), size, axis) for index in part])
    low = int(wrapped.min())
    return slice(low, int(wrapped.max()) + 1), wrapped - low


def _wrapped(index: int, size: int, axis: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is outside axis {axis} of {size}")
    return index + size if index < 0 else index


def extent(part: slice) -> int:
    """Return the number of pixels of a slice of step 1."""
    return int(part.stop - part.start)
