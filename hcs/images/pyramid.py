"""Resolution levels: their shapes, and the 2x2 step from one to the next.

Only the last two axes, ``y`` and ``x``, get smaller. An odd size rounds up, the last
row or column being averaged with itself, so that no pixel is lost and a level covers
the same ground as the one before. Pure numpy, no I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hcs.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Kind = Literal["intensity", "labels"]

SMALLEST = 256
"""Pixels: halving stops where neither side is longer, about one thumbnail."""

MEAN = "mean"
"""Name of the method for intensities, as image documents state it."""

METHODS = {
    MEAN: "Means of 2x2 pixels, each level of the one before.",
    "nearest": "Every second pixel, each level of the one before.",
}
"""What each method does, by its name."""

_WIDER = {1: np.uint16, 2: np.uint32, 4: np.uint64}
_WIDER_SIGNED = {1: np.int16, 2: np.int32, 4: np.int64}


def level_shapes(
    shape: Sequence[int], levels: int | None = None, *, smallest: int = SMALLEST
) -> tuple[tuple[int, ...], ...]:
    """Return the shape of every level, full size first.

    Parameters
    ----------
    shape
        Shape of the full size image; ``y`` and ``x`` are its last two axes.
    levels
        Number of levels, >= 1; by default as many as bring both ``y`` and ``x`` down
        to `smallest` or less.
    smallest
        Pixels, see `levels`.

    Raises
    ------
    ShapeError
        If there are fewer than two axes, an axis is empty or `levels` is below 1.

    Examples
    --------
    >>> level_shapes((2, 1081, 700))
    ((2, 1081, 700), (2, 541, 350), (2, 271, 175), (2, 136, 88))
    """
    if len(shape) < 2 or min(shape) < 1:
        raise ShapeError(
            f"Levels of shape {tuple(shape)} cannot be made; expected at least the "
            f"axes y and x, and no axis of size 0."
        )
    if levels is not None and levels < 1:
        raise ShapeError(f"levels is {levels}; expected 1 or more.")
    shapes = [tuple(int(size) for size in shape)]
    while max(shapes[-1][-2:]) > smallest if levels is None else len(shapes) < levels:
        *leading, y, x = shapes[-1]
        shapes.append((*leading, -(-y // 2), -(-x // 2)))
    return tuple(shapes)


def level_factors(shapes: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """Return by how much ``(y, x)`` of each level is coarser than full size.

    An axis of one pixel cannot be halved: its factor stays.

    Parameters
    ----------
    shapes
        Of each level, full size first; y and x are the last two axes.

    Examples
    --------
    >>> level_factors([(4, 2), (2, 1), (1, 1)])
    ((1, 1), (2, 2), (4, 2))
    """
    factors = [(1, 1)]
    for finer in shapes[:-1]:
        y, x = factors[-1]
        factors.append((y * 2 if finer[-2] > 1 else y, x * 2 if finer[-1] > 1 else x))
    return tuple(factors)


def downsample(planes: NDArray[Any], kind: Kind = "intensity") -> NDArray[Any]:
    """Return `planes` at half the resolution in ``y`` and ``x``.

    Parameters
    ----------
    planes
        Shape ``(..., y, x)``, bool, integer or float.
    kind
        ``"intensity"`` takes the mean of 2x2 pixels; means of integers are rounded to
        the nearest, halves upwards. ``"labels"`` takes the first of the four, so that
        no label is made up; so does bool.

    Returns
    -------
        Shape ``(..., ceil(y / 2), ceil(x / 2))``, same dtype. NaN spreads to its pixel,
        and so does an infinity; no mean of finite pixels is infinite.

    Raises
    ------
    ShapeError
        If there are fewer than two axes or the dtype has no mean.

    Examples
    --------
    >>> downsample(np.array([[1, 2, 7], [3, 4, 8]], dtype="u1"))
    array([[3, 8]], dtype=uint8)
    """
    if planes.ndim < 2:
        raise ShapeError(f"Shape {planes.shape} has no axes y and x.")
    if kind == "labels" or planes.dtype.kind == "b":
        return np.ascontiguousarray(planes[..., ::2, ::2])
    if planes.dtype.kind == "f":
        return _float_mean(planes)
    if planes.dtype.kind not in "ui":
        raise ShapeError(f"dtype {planes.dtype} has no mean; expected a real number.")
    if planes.dtype.itemsize == 8:
        return _long_mean(planes)
    widths = _WIDER if planes.dtype.kind == "u" else _WIDER_SIGNED
    total = _sum_columns(_sum_rows(planes, np.dtype(widths[planes.dtype.itemsize])))
    # Four pixels fit into the next wider type; half of four rounds halves upwards.
    total += 2
    total >>= 2
    return total.astype(planes.dtype)


def levels_of(
    plane: NDArray[Any], count: int, kind: Kind = "intensity"
) -> Iterator[NDArray[Any]]:
    """Yield `plane` and its `count` - 1 coarser levels, each made from the one before.

    Parameters
    ----------
    plane
        Of shape ``(..., y, x)``.
    count
        How many levels to yield, `plane` among them.
    kind
        ``"intensity"`` takes means of 2 x 2 pixels, ``"labels"`` one of their numbers.
    """
    yield plane
    for _ in range(count - 1):
        plane = downsample(plane, kind)
        yield plane


def _sum_rows(planes: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    height = planes.shape[-2]
    upper, lower = planes[..., : height - 1 : 2, :], planes[..., 1::2, :]
    if height % 2 == 0:
        return np.asarray(np.add(upper, lower, dtype=dtype))
    shape = (*planes.shape[:-2], height // 2 + 1, planes.shape[-1])
    total = np.empty(shape, dtype)
    np.add(upper, lower, out=total[..., :-1, :], dtype=dtype)
    np.add(planes[..., -1, :], planes[..., -1, :], out=total[..., -1, :], dtype=dtype)
    return total


def _sum_columns(rows: NDArray[Any]) -> NDArray[Any]:
    width = rows.shape[-1]
    left, right = rows[..., : width - 1 : 2], rows[..., 1::2]
    if width % 2 == 0:
        return np.asarray(np.add(left, right))
    total = np.empty((*rows.shape[:-1], width // 2 + 1), rows.dtype)
    np.add(left, right, out=total[..., :-1])
    np.add(rows[..., -1], rows[..., -1], out=total[..., -1])
    return total


def _float_mean(planes: NDArray[Any]) -> NDArray[Any]:
    # Half floats would overflow from 16384 on.
    dtype = np.dtype(np.float32) if planes.dtype.itemsize == 2 else planes.dtype
    dtype, quarter = dtype.newbyteorder("="), dtype.type(0.25)
    # Opposite infinities have no mean, which is NaN and no fault of ours.
    with np.errstate(over="ignore", invalid="ignore"):
        total = _sum_columns(_sum_rows(planes, dtype))
        if np.isfinite(total).all():
            total *= quarter
        else:
            # Four of the largest numbers overflow, their quarters do not; a power of
            # two costs no digit, so that the means of the others stay the same.
            total = _sum_columns(_sum_rows(planes * quarter, dtype))
    return total.astype(planes.dtype, copy=False)


def _long_mean(planes: NDArray[Any]) -> NDArray[Any]:
    # No wider integer exists: quarters and remainders are added apart.
    quarters = _sum_columns(_sum_rows(planes >> 2, planes.dtype))
    remainders = _sum_columns(_sum_rows(planes & 3, planes.dtype))
    return np.asarray(quarters + ((remainders + 2) >> 2))
