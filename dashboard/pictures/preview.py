"""The preview of a field version: its planes, small, before any contrast.

It is made once and serves every contrast, colour and choice of channels, because it
holds pixel values. Three sizes lie in it: for a well among hundreds, for a field among
dozens, and for a thumbnail.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs.blosc import Blosc

from dashboard.pictures import rendering
from hcs.errors import CorruptDataError, UnsafeDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hcs.images.image import Multiscales
    from hcs.images.ngff_image import NgffImage

SIDES = (64, 128, 256)
"""Pixels that the longer side has at least; below twice as many. See `rendering`."""

MAX_CHANNELS = 16
"""Further channels are drawn from the image itself."""

_MAGIC = b"hcs preview 2\n"
_WHOLE_BYTES = 64 << 20
"""A plane that is larger is read in bands."""

_MOST_BYTES = 16 << 30
"""A plane that is larger than this would keep a disk busy for minutes."""

_CODEC = Blosc(cname="lz4", clevel=5, shuffle=Blosc.BITSHUFFLE)


@dataclass(frozen=True, slots=True)
class Preview:
    """What `make` has made, decoded plane by plane when they are asked for."""

    channels: int
    """Of the image; `planes` may hold fewer."""

    dtype: np.dtype[Any]
    shapes: tuple[tuple[int, int], ...]
    """Of each size, smallest first."""

    parts: tuple[tuple[memoryview, ...], ...]
    """Packed planes by size and channel."""

    def plane(self, channel: int, size: int) -> NDArray[Any]:
        """Return a channel's plane, the smallest with `size` pixels a longer side."""
        at = next(
            (i for i, shape in enumerate(self.shapes) if max(shape) >= size),
            len(self.shapes) - 1,
        )
        raw = _CODEC.decode(self.parts[at][channel])
        return np.frombuffer(raw, self.dtype).reshape(self.shapes[at])

    def holds(self, channels: Sequence[int], size: int) -> bool:
        """Whether these channels can be drawn from it at this size."""
        stored = len(self.parts[0])
        return size <= SIDES[-1] and all(
            index < stored or index >= self.channels for index in channels
        )


def make(image: Multiscales) -> bytes:
    """Return the preview of an image: middle z, first t, all channels.

    Raises
    ------
    HCSError
        If a plane cannot be read.
    """
    levels = image.images
    level = levels[
        rendering.level_for([_plane_shape(one) for one in levels], SIDES[-1])
    ]
    count = _sizes(level).get("c", 1)
    large = _read(level, min(count, MAX_CHANNELS))
    middle = [rendering.shrink(plane, SIDES[1]) for plane in large]
    sizes = [[rendering.shrink(plane, SIDES[0]) for plane in middle], middle, large]
    packed = [[_pack(plane) for plane in planes] for planes in sizes]
    about = {
        "channels": count,
        "dtype": large[0].dtype.newbyteorder("<").str,
        "shapes": [planes[0].shape for planes in sizes],
        "lengths": [[len(part) for part in parts] for parts in packed],
    }
    head = json.dumps(about).encode() + b"\n"
    return b"".join((_MAGIC, head, *(part for parts in packed for part in parts)))


def parse(data: bytes) -> Preview:
    """Read what `make` wrote.

    Raises
    ------
    CorruptDataError
        If it is something else, or cut off.
    """
    try:
        end = data.index(b"\n", len(_MAGIC))
        if not data.startswith(_MAGIC):
            raise ValueError("another kind of file")
        about = json.loads(data[len(_MAGIC) : end])
        view, at = memoryview(data), end + 1
        parts = []
        for lengths in about["lengths"]:
            row = []
            for length in lengths:
                row.append(view[at : at + length])
                at += length
            parts.append(tuple(row))
        if at != len(data):
            raise ValueError("its length is wrong")
        return Preview(
            channels=about["channels"],
            dtype=np.dtype(about["dtype"]),
            shapes=tuple((shape[0], shape[1]) for shape in about["shapes"]),
            parts=tuple(parts),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise CorruptDataError(
            f"A preview in the workspace cannot be read ({error}); it is made anew."
        ) from error


def address_of(plate: str, well: str, field: str, version: str) -> str:
    """Return the address of a field version's preview in the store of pictures."""
    return "\n".join(("preview", plate, well, field, version))


def _read(level: NgffImage, channels: int) -> list[NDArray[Any]]:
    """Return the reduced planes of the first channels; large ones are read in bands."""
    sizes = _sizes(level)
    rows, columns = sizes["y"], sizes["x"]
    factor = rendering.shrink_factor((rows, columns), SIDES[-1])
    nbytes = rows * columns * np.dtype(level.data.dtype).itemsize
    if nbytes * channels <= _WHOLE_BYTES or factor == 1:
        # One read for all channels: each costs as much as decoding a small plane.
        found = _region(level, {"c": slice(0, channels)})
        return [rendering.shrink_by(plane, factor) for plane in found]
    if nbytes > _MOST_BYTES:
        raise UnsafeDataError(
            f"The coarsest level has {columns} x {rows} pixels, {nbytes} bytes a "
            f"plane; previews are made of at most {_MOST_BYTES}. Add coarser levels."
        )
    chunks = dict(zip(level.dims, level.data.chunks, strict=True))
    least = max(int(chunks["y"]), rows * _WHOLE_BYTES // nbytes)
    band = math.ceil(least / factor) * factor
    starts = range(0, rows - factor + 1, band)
    planes = []
    for channel in range(channels):
        here = slice(channel, channel + 1)
        bands = [
            rendering.shrink_by(
                _region(level, {"c": here, "y": slice(at, min(at + band, rows))})[0],
                factor,
            )
            for at in starts
        ]
        planes.append(np.concatenate(bands))
    return planes


def _region(level: NgffImage, place: dict[str, slice]) -> NDArray[Any]:
    """Return part of the middle z and first t as ``(c, y, x)``."""
    sizes = _sizes(level)
    wanted: dict[str, Any] = {"z": sizes.get("z", 1) // 2, "t": 0, **place}
    found = np.asarray(
        level.data[tuple(wanted.get(axis, slice(None)) for axis in level.dims)]
    )
    left = [axis for axis in level.dims if axis in "cyx"]
    if "c" not in left:
        found, left = found[np.newaxis], ["c", *left]
    return found.transpose([left.index(axis) for axis in "cyx"])


def _pack(plane: NDArray[Any]) -> bytes:
    little = np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("<"))
    # Blosc takes no item of more than 255 bytes, and no empty buffer.
    return bytes(_CODEC.encode(little))


def _sizes(level: NgffImage) -> dict[str, int]:
    return dict(zip(level.dims, level.data.shape, strict=True))


def _plane_shape(level: NgffImage) -> tuple[int, int]:
    sizes = _sizes(level)
    return int(sizes["y"]), int(sizes["x"])
