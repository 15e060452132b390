"""A stack of focal planes as one plane: its brightest pixels, or its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dashboard.pictures import cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

Projection = Literal["", "max", "mean"]
PROJECTIONS: tuple[Projection, ...] = ("", "max", "mean")
"""Ways to show a stack: one plane of it, or all of them as one."""

_BLOCK_BYTES = 64 << 20
"""Planes that are read at a time: chunks may hold several."""


def project(
    read: Callable[[slice], NDArray[Any]],
    count: int,
    plane_bytes: int,
    how: Projection,
) -> NDArray[Any]:
    """Return the projection of a stack, in the dtype of its pixels.

    Parameters
    ----------
    read
        Returns some planes ``(z, y, x)``.
    count
        Planes there are.
    plane_bytes
        Of one of them; so few are held at a time.
    how
        ``"max"`` or ``"mean"``. The mean of integers is rounded to the nearest, halves
        to even; NaN counts as no pixel where others are there.
    """
    step = max(1, _BLOCK_BYTES // max(plane_bytes, 1))
    blocks = _blocks(read, count, step)
    return _maximum(blocks) if how == "max" else _mean(blocks, count)


def _blocks(
    read: Callable[[slice], NDArray[Any]], count: int, step: int
) -> Iterator[NDArray[Any]]:
    for at in range(0, count, step):
        # A deep stack takes seconds, and who has asked may turn to another field.
        cancellation.check()
        yield read(slice(at, min(at + step, count)))


def _maximum(blocks: Iterable[NDArray[Any]]) -> NDArray[Any]:
    brightest: NDArray[Any] | None = None
    for block in blocks:
        # Left to right, for `fmax` skips NaN where `max` would keep it.
        highest = np.fmax.reduce(block, axis=0)
        brightest = highest if brightest is None else np.fmax(brightest, highest)
    assert brightest is not None  # noqa: S101 - a stack has a plane
    return brightest


def _mean(blocks: Iterable[NDArray[Any]], count: int) -> NDArray[Any]:
    total: NDArray[np.float64] | None = None
    counted: NDArray[Any] | int = 0
    kind = np.dtype(np.float32)
    # Sums of the largest float64 would overflow; a power of two costs no digit.
    share = 0.5 ** count.bit_length()
    for block in blocks:
        kind = block.dtype
        there = np.isfinite(block) if kind.kind == "f" else None
        numbers = block if there is None else np.where(there, block, 0)
        if kind.str[1:] == "f8":
            numbers *= share
        summed = numbers.sum(axis=0, dtype=np.float64)
        total = summed if total is None else total + summed
        counted = counted + (len(block) if there is None else there.sum(axis=0))
    assert total is not None  # noqa: S101 - a stack has a plane
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / counted
    if kind.str[1:] == "f8":
        mean /= share
    if kind.kind == "f":
        return mean.astype(kind)
    if kind.kind == "b":
        return mean >= 0.5
    rounded = np.rint(mean)
    if kind.itemsize == 8:
        # The largest integer is no float: rounded up it would become the least.
        end = 2.0 ** (64 if kind.kind == "u" else 63)
        np.minimum(rounded, np.nextafter(end, 0), out=rounded)
    return rounded.astype(kind)
