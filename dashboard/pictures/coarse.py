"""The coarse planes of a field: small, of all channels, before any contrast.

Thumbnails are drawn from them, and previews are made of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.pictures import rendering, shrinking
from dashboard.pictures.planes import plane_shape, sizes_of
from hcs.errors import UnsafeDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hcs import Multiscales, NgffImage

SIDES = (64, 128, 256)
"""Pixels that the longer side has at least; below twice as many. See `rendering`."""

MAX_CHANNELS = 16
"""Further channels are drawn from the image itself."""

_WHOLE_BYTES = 64 << 20
"""A plane that is larger is read in bands."""

_MOST_BYTES = 16 << 30
"""A plane that is larger than this would keep a disk busy for minutes."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """The largest of `SIDES`; the smaller ones are made of it when asked for."""

    channels: int
    """Of the image; `planes` may hold fewer."""

    planes: NDArray[Any]
    """Shape ``(c, y, x)``."""

    @property
    def nbytes(self) -> int:
        """Bytes of the planes."""
        return int(self.planes.nbytes)

    def plane(self, channel: int, size: int) -> NDArray[Any]:
        """Return a channel's plane, the smallest with `size` pixels a longer side."""
        plane: NDArray[Any] = self.planes[channel]
        for side in SIDES[-2::-1]:
            factor = shrinking.shrink_factor(plane.shape, side)
            if max(plane.shape) // factor < size:
                break
            plane = shrinking.shrink_by(plane, factor)
        return plane

    def holds(self, channels: Sequence[int], size: int) -> bool:
        """Whether these channels can be drawn from it at this size."""
        return has_planes(channels, size, self.planes.shape, self.channels)


def has_planes(
    channels: Sequence[int], size: int, stored: tuple[int, ...], count: int
) -> bool:
    """Whether pictures of a size need no other planes than those of shape `stored`.

    That shape is ``(c, y, x)``; `count` is the number of channels in the image.
    """
    return size <= max(SIDES[-1], *stored[1:]) and all(
        index < stored[0] or index >= count for index in channels
    )


def stored_side(longest: int) -> int:
    """Return the pixels of a stored plane's longer side, from those of the image.

    Where levels of the image are no whole fractions of it, more may be stored.
    """
    return longest // shrinking.shrink_factor((longest,), SIDES[-1])


def read_coarse(image: Multiscales) -> Coarse:
    """Return the coarse planes of an image: middle z, first t, all channels.

    Raises
    ------
    HCSError
        If a plane cannot be read.
    """
    levels = image.images
    shapes = [plane_shape(level) for level in levels]
    level = levels[rendering.level_for(shapes, SIDES[-1])]
    count = sizes_of(level).get("c", 1)
    return Coarse(count, _read(level, min(count, MAX_CHANNELS)))


def _read(level: NgffImage, channels: int) -> NDArray[Any]:
    """Return the reduced planes of the first channels; large ones are read in bands."""
    sizes = sizes_of(level)
    rows, columns = sizes["y"], sizes["x"]
    factor = shrinking.shrink_factor((rows, columns), SIDES[-1])
    nbytes = rows * columns * np.dtype(level.data.dtype).itemsize
    if nbytes * channels <= _WHOLE_BYTES or factor == 1:
        # One read for all channels: each costs as much as decoding a small plane.
        region = _region(level, {"c": slice(0, channels)})
        if factor == 1:
            return region
        return np.stack([shrinking.shrink_by(plane, factor) for plane in region])
    if nbytes > _MOST_BYTES:
        raise UnsafeDataError(
            f"The coarsest level has {columns} x {rows} pixels, {nbytes} bytes a "
            f"plane; previews are made of at most {_MOST_BYTES}. Add coarser levels."
        )
    chunk = getattr(level.data, "chunksize", level.shape)
    least = max(chunk[level.dims.index("y")], rows * _WHOLE_BYTES // nbytes)
    band = math.ceil(least / factor) * factor
    starts = range(0, rows - factor + 1, band)
    planes = []
    for channel in range(channels):
        here = slice(channel, channel + 1)
        bands = [
            shrinking.shrink_by(
                _region(level, {"c": here, "y": slice(at, min(at + band, rows))})[0],
                factor,
            )
            for at in starts
        ]
        planes.append(np.concatenate(bands))
    return np.stack(planes)


def _region(level: NgffImage, place: dict[str, slice]) -> NDArray[Any]:
    """Return part of the middle z and first t as ``(c, y, x)``."""
    sizes = sizes_of(level)
    index: dict[str, Any] = {"z": sizes.get("z", 1) // 2, "t": 0, **place}
    region = np.asarray(
        level.data[tuple(index.get(axis, slice(None)) for axis in level.dims)]
    )
    left = [axis for axis in level.dims if axis in "cyx"]
    if "c" not in left:
        region, left = region[np.newaxis], ["c", *left]
    return region.transpose([left.index(axis) for axis in "cyx"])
