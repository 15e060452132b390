"""Small pictures of an image: one a channel, with the contrast that it is drawn in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.contrast import FIELD, least_width, limits, sample, sane
from hcs.errors import ShapeError, UnsafeDataError
from hcs.images.png import png

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hcs.images.image import Multiscales
    from hcs.images.ngff_image import NgffImage
    from hcs.metadata import Channel

SIDE = 160
"""Pixels along the longer side, at most."""

MOST_CHANNELS = 6
MOST_BYTES = 64 * 2**20
"""Of a plane that is read for a thumbnail, where no coarser level is there."""

_WHITE = "ffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """One channel of an image, small."""

    name: str
    """The channel's."""

    color: str
    """Six hexadecimal digits; white where the document gives none."""

    picture: bytes
    """As PNG, its longer side at most `SIDE` pixels."""

    low: float
    """Grey value that is drawn black."""

    high: float
    """Grey value that is drawn in the full colour."""

    stored: bool
    """Whether the contrast is the document's, else it is this plane's own."""


def thumbnails(image: Multiscales) -> Iterator[Thumbnail]:
    """Yield a thumbnail of each channel, at most `MOST_CHANNELS`.

    The first time point and the middle focal plane, of the coarsest level that is not
    smaller than `SIDE`; the contrast is the document's where that says something of
    the pixels (`hcs.contrast.sane`), else 0.1 to 99.9 % of the plane.

    Raises
    ------
    HCSError
        If the pixels cannot be read, have no axes y and x, or there is no level small
        enough to be read for a thumbnail.
    """
    level = _level(image)
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    if not {"y", "x"} <= set(sizes):
        raise ShapeError(
            f"{image!r} has the axes {' '.join(level.dims)}; a thumbnail needs y and x."
        )
    nbytes = sizes["y"] * sizes["x"] * np.dtype(level.data.dtype).itemsize
    if nbytes > MOST_BYTES:
        raise UnsafeDataError(
            f"The coarsest level of {image!r} has planes of {nbytes} bytes; at most "
            f"{MOST_BYTES} are read for a thumbnail."
        )
    channels = zip(image.channels, image.channel_names, strict=True)
    for index, (channel, name) in enumerate(channels):
        if index < min(sizes.get("c", 1), MOST_CHANNELS):
            dtype = np.dtype(level.data.dtype)
            yield _thumbnail(_plane(level, index), dtype, channel, name)


def place(image: Multiscales) -> dict[str, tuple[int, int]]:
    """Return which plane thumbnails show, and of how many, along z and t."""
    sizes = dict(zip(image.dims, image.images[0].data.shape, strict=True))
    return {dim: (_index(dim, sizes[dim]), sizes[dim]) for dim in "tz" if dim in sizes}


def _level(image: Multiscales) -> NgffImage:
    for level in reversed(image.images):
        if max(level.data.shape[-2:], default=0) >= SIDE:
            return level
    return image.images[0]


def _index(dim: str, size: int) -> int:
    return size // 2 if dim == "z" else 0


def _plane(level: NgffImage, channel: int) -> NDArray[Any]:
    key = tuple(
        slice(None) if dim in "yx" else channel if dim == "c" else _index(dim, size)
        for dim, size in zip(level.dims, level.data.shape, strict=True)
    )
    plane = np.asarray(level.data[key])
    across = [dim for dim in level.dims if dim in "yx"] == ["x", "y"]
    return _shrunk(plane.T if across else plane)


def _shrunk(plane: NDArray[Any]) -> NDArray[np.float64]:
    """Return means of square blocks, so many that `SIDE` holds them."""
    height, width = plane.shape
    step = max(1, math.ceil(max(height, width) / SIDE))
    # A plane that is narrower than a block stays as narrow as it is.
    down, right = min(step, height), min(step, width)
    whole = plane[: height // down * down, : width // right * right]
    blocks = whole.reshape(height // down, down, width // right, right)
    with np.errstate(all="ignore"):  # of what is no number, nothing can be said
        return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))


def _thumbnail(
    plane: NDArray[np.float64], dtype: np.dtype[Any], channel: Channel, name: str
) -> Thumbnail:
    pixels = sample([plane])
    window = channel.window
    least = least_width([plane], dtype)
    stored = window is not None and sane(window, pixels, dtype, least)
    if window is not None and stored:
        low, high = float(window.start), float(window.end)
    else:
        measured = limits(pixels, FIELD, least)
        low, high = (measured.low, measured.high) if measured else (0.0, 1.0)
    color = _color(channel)
    inside = np.clip(np.nan_to_num(plane, nan=low), low, high)
    part = (inside - low) / (high - low)
    shades = np.frombuffer(bytes.fromhex(color), np.uint8)
    return Thumbnail(
        name=name,
        color=color,
        picture=png(np.rint(part[:, :, None] * shades).astype(np.uint8)),
        low=low,
        high=high,
        stored=stored,
    )


def _color(channel: Channel) -> str:
    color = channel.color or _WHITE
    try:
        bytes.fromhex(color)
    except (TypeError, ValueError):  # documents may say anything
        return _WHITE
    # Black is what writers put where they know no colour.
    return color if len(color) == 6 and color != "000000" else _WHITE
