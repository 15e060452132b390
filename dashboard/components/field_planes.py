"""Planes of an image for a component: as many pixels as a message should hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.pictures.rendering import little_endian
from hcs.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs import Multiscales, NgffImage

MOST_CHANNELS = 8
MOST_BYTES = 16 * 2**20
"""Of all planes together: a notebook keeps each message in memory several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlanes:
    """One plane of each channel of an image.

    Attributes
    ----------
    planes
        One a channel, ``y x``, all of one shape and dtype.
    size
        Width and height at full size.
    level
        Whose pixels they are; 0 is full size.
    step
        Each so many-th pixel of the level along y and x; 1 where all are there.
    """

    planes: tuple[NDArray[Any], ...]
    size: tuple[int, int]
    level: int
    step: int

    def encoded(self) -> tuple[list[bytes], str]:
        """Return the planes as the browser reads them, with the name of their dtype."""
        plane = little_endian(np.stack(self.planes))
        data, dtype = plane
        plane_bytes = len(data) // len(self.planes)
        parts = [data[at : at + plane_bytes] for at in range(0, len(data), plane_bytes)]
        return parts, dtype


def sizes_of(image: Multiscales) -> dict[str, int]:
    """Return how many pixels an image has along each axis."""
    level = image.images[0]
    return dict(zip(level.dims, level.data.shape, strict=True))


def read_planes(image: Multiscales, z: int, t: int, side: int) -> FieldPlanes:
    """Return the planes of the finest level that a message can hold.

    Parameters
    ----------
    image
        With axes y and x.
    z, t
        Which plane; axes that the image lacks are not looked at.
    side
        Most pixels along y and along x.

    Raises
    ------
    ArgumentError
        If the plane lies outside of the image.
    ShapeError
        If it has no axes y and x, or no pixels.
    HCSError
        If pixels cannot be read.
    """
    sizes = sizes_of(image)
    if not {"y", "x"} <= set(sizes) or not all(sizes.values()):
        raise ShapeError(f"{image!r} is no picture: its sizes are {sizes}.")
    for dim, index in (("z", z), ("t", t)):
        if not 0 <= index < sizes.get(dim, 1):
            raise ArgumentError(
                f"{dim} is {index}; {image!r} has {sizes.get(dim, 1)} along {dim}."
            )
    channels = min(sizes.get("c", 1), MOST_CHANNELS)
    itemsize = min(4, np.dtype(image.images[0].data.dtype).itemsize)
    most = min(side, int(math.sqrt(MOST_BYTES / (channels * itemsize))))
    number, level = _level(image, most)
    step = max(1, math.ceil(max(_sides(level)) / most))
    planes = tuple(
        _plane(level, {"c": channel, "z": z, "t": t}, step)
        for channel in range(channels)
    )
    return FieldPlanes(
        planes=planes, size=(sizes["x"], sizes["y"]), level=number, step=step
    )


def _sides(level: NgffImage) -> tuple[int, int]:
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    return sizes["y"], sizes["x"]


def _level(image: Multiscales, most: int) -> tuple[int, NgffImage]:
    for number, level in enumerate(image.images):
        if max(_sides(level)) <= most:
            return number, level
    return len(image) - 1, image.images[-1]


def _plane(level: NgffImage, place: dict[str, int], step: int) -> NDArray[Any]:
    key = tuple(slice(None) if dim in "yx" else place.get(dim, 0) for dim in level.dims)
    plane = np.asarray(level.data[key])
    dims = [dim for dim in level.dims if dim in "yx"]
    thinned = (plane if dims == ["y", "x"] else plane.T)[::step, ::step]
    if thinned.dtype.str[1:] != "f8":
        return thinned
    # Browsers have no larger numbers to draw with; what is beyond them is infinite.
    with np.errstate(over="ignore"):
        return thinned.astype(np.float32)
