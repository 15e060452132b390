"""The preview of a field version: its planes, small, before any contrast.

It is made once and serves every contrast, colour and choice of channels, because it
holds pixel values. Three sizes lie in it: for a well among hundreds, for a field among
dozens, and for a thumbnail.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs.blosc import Blosc

from dashboard.pictures import shrinking
from dashboard.pictures.coarse import SIDES, Coarse, has_planes, read_coarse
from hcs.errors import CorruptDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hcs import Multiscales

_MAGIC = b"hcs preview 2\n"
_CODEC = Blosc(cname="lz4", clevel=5, shuffle=Blosc.BITSHUFFLE)


@dataclass(frozen=True, slots=True)
class Preview:
    """What `pack` has made, decoded plane by plane when they are asked for."""

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
        stored = len(self.parts[-1]), *self.shapes[-1]
        return has_planes(channels, size, stored, self.channels)


def make(image: Multiscales) -> bytes:
    """Return the preview of an image.

    Raises
    ------
    HCSError
        If a plane cannot be read.
    """
    return pack(read_coarse(image))


def pack(coarse: Coarse) -> bytes:
    """Return coarse planes as the bytes of a preview."""
    large = list(coarse.planes)
    middle = [shrinking.shrink(plane, SIDES[1]) for plane in large]
    sizes = [[shrinking.shrink(plane, SIDES[0]) for plane in middle], middle, large]
    packed = [[_pack(plane) for plane in planes] for planes in sizes]
    about = {
        "channels": coarse.channels,
        "dtype": large[0].dtype.newbyteorder("<").str,
        "shapes": [planes[0].shape for planes in sizes],
        "lengths": [[len(part) for part in parts] for parts in packed],
    }
    head = json.dumps(about).encode() + b"\n"
    return b"".join((_MAGIC, head, *(part for parts in packed for part in parts)))


def parse(data: bytes) -> Preview:
    """Read what `pack` wrote.

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


def _pack(plane: NDArray[Any]) -> bytes:
    little = np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("<"))
    # Blosc takes no item of more than 255 bytes, and no empty buffer.
    return bytes(_CODEC.encode(little))
