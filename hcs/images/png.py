"""Small pictures as PNG, by zlib alone: a thumbnail loads no imaging library."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = 2  # PNG specification (third edition), table 8: truecolour


def png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as PNG.

    Parameters
    ----------
    picture
        Red, green and blue of each pixel: ``uint8``, of shape ``(height, width, 3)``.
    """
    height, width, _ = picture.shape
    # Each row begins with the number of its filter, 0 being none.
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows, 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)
