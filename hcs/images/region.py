"""Keys of numpy as regions: what must be read, and what is picked out of it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        As numpy does; also for True and False, with which numpy adds an axis, and for
        indices outside the array which numpy takes where they choose no pixel.
    """
    parts = [_plain(part) for part in (key if isinstance(key, tuple) else (key,))]
    taken = sum(map(_axes_taken, parts))
    ellipses = sum(part is Ellipsis for part in parts)
    if taken > len(shape) or ellipses > 1:
        raise IndexError(f"{len(parts)} indices for an array of {len(shape)} axes")
    region: list[slice] = []
    after: list[Any] = []
    for part in parts if ellipses else (*parts, Ellipsis):
        if part is None:
            after.append(None)
        elif part is Ellipsis:
            sizes = shape[len(region) : len(region) + len(shape) - taken]
            region += [slice(0, size) for size in sizes]
            # One that was written stays, also for no axis at all: arrays of indices on
            # both sides of it are apart, and their axes come first.
            after += [Ellipsis] if ellipses else [slice(None)] * len(sizes)
        else:
            axis = len(region)
            here, then = _split_part(part, shape[axis : axis + _axes_taken(part)], axis)
            region += here
            after.append(then)
    return tuple(region), tuple(after)


def _plain(part: Any) -> Any:
    """Return lists, tuples and lazy arrays as arrays, all else as it is."""
    if isinstance(part, bool | np.bool_):
        raise IndexError(f"{part!r} is no index of an array; give a mask of its shape")
    if isinstance(part, list | tuple | range) or (
        hasattr(part, "__array__") and getattr(part, "ndim", 0) > 0
    ):
        part = np.asarray(part)
        # numpy, too, takes an empty list for indices, though it makes floats of it.
        return part.astype(np.intp) if part.size == 0 and part.dtype == float else part
    return part


def _axes_taken(part: Any) -> int:
    """Return how many axes of the array a part of a key is about."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def _split_part(
    part: Any, sizes: tuple[int, ...], axis: int
) -> tuple[Sequence[slice], Any]:
    if isinstance(part, np.ndarray) and part.ndim:
        if part.dtype == bool:
            return _split_mask(part, sizes, axis)
        return _split_indices(part, sizes[0], axis)
    if isinstance(part, slice):
        return _split_slice(part, sizes[0])
    try:
        index = operator.index(part)
    except TypeError:
        raise IndexError(f"{part!r} is no index of an array") from None
    index = _wrapped(index, sizes[0], axis)
    return [slice(index, index + 1)], 0


def _split_slice(part: slice, size: int) -> tuple[Sequence[slice], slice]:
    indices = range(size)[part]
    if not indices:
        return [slice(0, 0)], slice(None)
    low, high = min(indices[0], indices[-1]), max(indices[0], indices[-1])
    # The region ends at both of its extremes, so that a step in either direction
    # starts at the first index.
    return [slice(low, high + 1)], slice(None, None, indices.step)


def _split_mask(
    mask: NDArray[np.bool_], sizes: tuple[int, ...], axis: int
) -> tuple[Sequence[slice], NDArray[np.bool_]]:
    """Return what lies around the pixels of a mask, and the mask in there."""
    if mask.shape != sizes:
        raise IndexError(
            f"a mask of the shape {mask.shape} for {sizes} pixels from axis {axis} on "
            f"does not fit"
        )
    region = []
    for position in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != position)
        places = np.flatnonzero(mask.any(axis=others))
        low, high = (places[0], places[-1] + 1) if places.size else (0, 0)
        region.append(slice(int(low), int(high)))
    return region, mask[tuple(region)]


def _split_indices(
    part: NDArray[Any], size: int, axis: int
) -> tuple[Sequence[slice], NDArray[Any]]:
    if part.dtype.kind not in "iu":
        raise IndexError(f"indices of type {part.dtype} on axis {axis}")
    if not part.size:
        return [slice(0, 0)], part
    low, high = int(part.min()), int(part.max())
    _wrapped(low, size, axis)
    _wrapped(high, size, axis)
    wrapped = np.where(part < 0, part.astype(np.intp) + size, part.astype(np.intp))
    low = int(wrapped.min())
    return [slice(low, int(wrapped.max()) + 1)], wrapped - low


def _wrapped(index: int, size: int, axis: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is outside axis {axis} of {size}")
    return index + size if index < 0 else index


def extent(part: slice) -> int:
    """Return the number of pixels of a slice of step 1."""
    return int(part.stop - part.start)
