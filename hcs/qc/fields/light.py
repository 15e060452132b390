"""How light lies over a field: small grids of planes, and their mean over a plate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hcs.errors import ShapeError
from hcs.qc.fields.plane import NotComputableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Plane

SIDE = 32
"""Cells of a light grid along each side."""


@dataclass(frozen=True, slots=True)
class Light:
    """How bright the parts of one plane are."""

    mean: float
    """Of the plane, in counts."""

    shares: bytes
    """Means of 32 x 32 even cells over `mean`, row after row, as little-endian
    float16: 2 KB a plane, true to 0.05 %."""

    @property
    def values(self) -> NDArray[np.float64]:
        """Means of the cells, in counts, shape ``(32, 32)``."""
        shares = np.frombuffer(self.shares, "<f2").astype(np.float64)
        return self.mean * shares.reshape(SIDE, SIDE)


@dataclass(frozen=True, slots=True, eq=False)
class MeanField:
    """The mean of a channel's fields: what is left of the cells is the light.

    Misleads where few fields were measured or where cells lie in the same place in
    many of them, as near the wall of a well.
    """

    values: NDArray[np.float64]
    """Counts, shape ``(32, 32)``; ``[0, 0]`` is the top left of a field."""

    fields: int
    """How many it is the mean of."""

    @property
    def rows(self) -> NDArray[np.float64]:
        """Mean of each line of cells from top to bottom, in counts, shape ``(32,)``."""
        return np.asarray(self.values.mean(axis=1))

    @property
    def columns(self) -> NDArray[np.float64]:
        """Mean of each column of cells, left to right, in counts, shape ``(32,)``."""
        return np.asarray(self.values.mean(axis=0))

    @property
    def range_percent(self) -> float:
        """Brightest less darkest cell over the mean, in %; NaN where it is not > 0."""
        mean = float(self.values.mean())
        return 100 * float(np.ptp(self.values)) / mean if mean > 0 else float("nan")

    def without(self, part: MeanField) -> MeanField | None:
        """Return the mean of the other fields; None where there are none.

        Parameters
        ----------
        part
            The mean of some of the fields that this one is the mean of, of the same
            channel.
        """
        fields = self.fields - part.fields
        if fields < 1:
            return None
        total = self.values * self.fields - part.values * part.fields
        return MeanField(total / fields, fields)

    def divided(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a grid with its light evened out: a preview, not a correction.

        Parameters
        ----------
        values
            Counts, shape ``(32, 32)``; see `Light.values`. Cells where the mean field
            is not above zero stay.

        Returns
        -------
            Counts, shape ``(32, 32)``.

        Raises
        ------
        ShapeError
            If `values` is no such grid.
        """
        if values.shape != self.values.shape:
            raise ShapeError(
                f"A light grid has shape {self.values.shape}; got {values.shape}."
            )
        share = np.where(self.values > 0, self.values / self.values.mean(), 1.0)
        return np.asarray(values / share)


def light_of(plane: Plane) -> Light | None:
    """Return how bright the parts of a plane are; None where that is not known.

    That is under a mask, with pixels that are no numbers, or of fewer than 32 pixels.
    """
    try:
        values = small(plane, SIDE)
    except NotComputableError:
        return None
    mean = float(values.mean())
    if not 0 < mean < np.inf:
        return None
    shares = np.clip(values / mean, -_MOST, _MOST)
    return Light(mean, shares.astype("<f2").tobytes())


_MOST = float(np.finfo(np.float16).max)


def mean_field(lights: Iterable[Light]) -> MeanField | None:
    """Return the mean of some fields of one channel; None where there are none.

    Parameters
    ----------
    lights
        Of fields of one channel, see `PlaneResult.light`.
    """
    total, number = np.zeros((SIDE, SIDE)), 0
    for light in lights:
        total += light.values
        number += 1
    return MeanField(total / number, number) if number else None


def small(plane: Plane, side: int) -> NDArray[np.float64]:
    """Return the means of `side` x `side` even cells of a plane.

    Of a large plane they are made of the block sums that other metrics need as well.

    Raises
    ------
    NotComputableError
        If the plane has a mask, pixels that are no numbers, or too few of them.
    """
    if plane.mask is not None or min(plane.pixels.shape) < side:
        raise NotComputableError(f"this needs {side} pixels in both directions")
    plane.check()
    sums, _, number = plane.blocks()
    means = sums / number
    if min(means.shape) < 1.5 * side:
        means = plane.pixels.astype(np.float64)
    y, x = (_shares(length, side) for length in means.shape)
    return np.asarray(np.einsum("ij,jk,lk->il", y, means, x, optimize=True))


@lru_cache(maxsize=8)
def _shares(length: int, side: int) -> NDArray[np.float64]:
    """Return how much of each of `length` pixels lies in each of `side` cells."""
    ends = np.linspace(0, length, side + 1)[:, np.newaxis]
    place = np.arange(length)
    inside = np.minimum(ends[1:], place + 1) - np.maximum(ends[:-1], place)
    return np.asarray(np.maximum(inside, 0) * side / length)
