"""Metrics of the background, of empty parts and of dirt.

They work on means of about 10 x 10 pixels (`Plane.coarse`), where the pixel noise
hardly counts.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import scipy

from hcs.qc.fields.intensity import otsu
from hcs.qc.fields.plane import SCALE, Distribution, NotComputableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.qc.fields.plane import Plane

TILES = 8
"""Tiles a side for the share of empty tiles."""

_PATCHES = 5
"""Tiles a side for unevenness: larger, so that each has a spot without cells."""

_LOW = 3
"""Percentile of the blocks of a tile that is taken for its background."""

_SIGNAL = 6.0
"""How many standard deviations of a block's noise something stands out."""

_LEAST_CONTRAST = 0.02
"""Share of the local level that something stands out at least."""

_CELLS_SHARE = 0.04
"""Share of the plane from which on what is bright is taken for cells."""

_CELLS_NUMBER = 10
"""Number of things from which on they are taken for cells."""

_THING = 10
"""Pixels of every other row and column that make a thing."""

_DEBRIS = 3.0
"""How many times brighter than cells dirt is, both above background."""


def background_level(plane: Plane) -> float:
    """Return the 10th percentile of the block means, in counts."""
    return float(np.percentile(plane.coarse, 10))


def background_unevenness(plane: Plane) -> float:
    """Return how much a smooth surface under the plane varies, in percent.

    A quadratic surface through the background of the tiles: largest minus smallest
    value, over the plane's mean.
    """
    if plane.distribution.mean <= 0:
        raise NotComputableError("the mean is not above zero")
    level, y, x = _tile_backgrounds(plane)
    surface = _lower_surface(level, y, x)
    return 100 * float(surface.max() - surface.min()) / plane.distribution.mean


def _tiles(plane: Plane, number: int) -> list[tuple[slice, slice]]:
    """Return the windows of the tiles in the coarse plane."""
    height, width = plane.coarse.shape
    rows = np.linspace(0, height, min(number, height // 2) + 1).astype(int)
    columns = np.linspace(0, width, min(number, width // 2) + 1).astype(int)
    return [
        (slice(top, bottom), slice(left, right))
        for top, bottom in itertools.pairwise(rows)
        for left, right in itertools.pairwise(columns)
    ]


def _tile_backgrounds(
    plane: Plane,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return background level and centre (y, x from -1 to 1) of each tile."""
    coarse = plane.coarse
    tiles = _tiles(plane, _PATCHES)
    ranked = [np.sort(coarse[tile], axis=None) for tile in tiles]
    level = np.array([tile[(tile.size - 1) * _LOW // 100] for tile in ranked])
    centre = np.array([[(s.start + s.stop) / 2 for s in tile] for tile in tiles])
    y, x = (2 * centre / coarse.shape - 1).T
    return level, y, x


def _lower_surface(
    level: NDArray[np.float64], y: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit a quadratic surface; tiles full of cells lie above it and count little."""
    terms = np.stack((np.ones_like(x), x, y, x * y, x**2, y**2), axis=1)
    weight = np.ones_like(level)
    for _ in range(6):
        root = np.sqrt(weight)[:, np.newaxis]
        solution, *_rest = np.linalg.lstsq(terms * root, level * root[:, 0], rcond=None)
        above = level - terms @ solution
        scale = 1.4826 * float(np.median(np.abs(above))) + 1e-12
        weight = 1 / (1 + np.maximum(above / scale, 0) ** 2)
    return np.asarray(terms @ solution)


def signal_to_background(plane: Plane) -> float:
    """Return the mean of the Otsu foreground over the background level."""
    level = background_level(plane)
    if level <= 0:
        raise NotComputableError("the background is not above zero")
    spread = plane.distribution
    above = spread.values > otsu(spread)
    mean = spread.values[above] @ spread.counts[above] / spread.counts[above].sum()
    return float(mean) / level


def empty_tiles(plane: Plane) -> float:
    """Return the share of tiles in which nothing stands out, in percent."""
    if plane.constant:
        return 100.0
    coarse = plane.coarse
    noise = plane.noise / SCALE
    tiles = [np.sort(coarse[tile], axis=None) for tile in _tiles(plane, TILES)]
    local = np.array([tile[(tile.size - 1) // 4] for tile in tiles])
    above = np.array([tile[-1] for tile in tiles]) - local
    least = np.maximum(_SIGNAL * noise, _LEAST_CONTRAST * np.abs(local))
    return 100 * float(np.count_nonzero(above < least)) / len(tiles)


def bright_debris(plane: Plane) -> float:
    """Return the share of the plane covered by things far brighter than cells, in %.

    Three times as bright, above background, as the cells typically are, and at least
    some pixels across.
    """
    if plane.constant:
        raise NotComputableError("all pixels are equal")
    background = background_level(plane)
    limit = background + _DEBRIS * (_cell_level(plane) - background)
    if plane.distribution.values[-1] <= limit:
        return 0.0
    bright = plane.pixels > limit
    rows, columns = (np.flatnonzero(bright.any(axis=axis)) for axis in (1, 0))
    window = bright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return 100 * float(np.count_nonzero(_solid(window))) / plane.pixels.size


def _solid(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what squares of 3 x 3 cover that lie within a mask: an opening."""
    rows = mask[:-2] & mask[1:-1] & mask[2:]
    centres = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
    solid = np.zeros_like(mask)
    for y in range(3):
        for x in range(3):
            height, width = centres.shape
            solid[y : y + height, x : x + width] |= centres
    return solid


def _cell_level(plane: Plane) -> float:
    """Return how bright cells typically are, in counts.

    Otsu's foreground is cells if it is many things or a large share of the plane. If
    it is only a few small things, those may be dirt that outshines the cells; then
    the cells are looked for among the rest.
    """
    spread = plane.distribution
    for _ in range(2):
        threshold = otsu(spread)
        above = spread.values > threshold
        foreground = Distribution(spread.values[above], spread.counts[above])
        if foreground.median - _median_below(spread, above) < _SIGNAL * plane.noise:
            break
        many = foreground.total >= _CELLS_SHARE * plane.pixels.size
        if many or _number_of_things(plane.pixels > threshold) >= _CELLS_NUMBER:
            return foreground.median
        spread = Distribution(spread.values[~above], spread.counts[~above])
    raise NotComputableError("nothing in view looks like cells")


def _median_below(spread: Distribution, above: NDArray[np.bool_]) -> float:
    return Distribution(spread.values[~above], spread.counts[~above]).median


def _number_of_things(mask: NDArray[np.bool_]) -> int:
    """Return how many separate things a mask has, specks left out."""
    # Every other pixel tells as much, in a quarter of the time.
    labels, number = scipy.ndimage.label(mask[::2, ::2])
    sizes = np.bincount(labels.ravel(), minlength=number + 1)[1:]
    return int(np.count_nonzero(sizes >= _THING))
