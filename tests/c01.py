"""Images of a CellInsight, made as its program packs them."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def c01(pixels: NDArray[np.generic], *, per_metre: int = 0, **header: int) -> bytes:
    """Return the bytes of a .C01; `header` puts other numbers into its header."""
    given = {
        "size": 40,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "planes": 1,
        "bits": 8 * pixels.dtype.itemsize,
        "compression": 0,
    } | header
    head = struct.pack("<IiiHHIIii", *given.values(), 0, per_metre, per_metre)
    return b"\0\0\0\x10" + zlib.compress(head.ljust(52, b"\0") + pixels.tobytes())
