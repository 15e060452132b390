"""Thermo Cellomics .C01: a bitmap without a palette, packed by zlib.

Four bytes that hold 16 (big-endian) come before the stream. In it stand a bitmap header
of 40 bytes, three masks of 4 bytes, and the pixels row by row, little-endian.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hcs.errors import SourceError
from hcs.ingest.formats.image_file import ImageFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hcs.ingest.formats.image_file import Limits, Opener

MAGIC: Final = b"\0\0\0\x10"

_HEADER = struct.Struct("<IiiHHIIii")
"""Size of the header, width, height, planes, bits, compression, bytes of the image, and
pixels a metre along x and y."""

_PIXELS_AT = 52
_HEAD_BYTES = 4096
"""Packed bytes that surely give the header."""

_FINEST, _COARSEST = 0.01, 100.0
"""Micrometres a pixel; what lies beyond is no lens, such as the 72 dpi of a screen."""


def read_c01(opener: Opener, name: str, limits: Limits) -> ImageFile:
    """Return what a .C01 holds; see `hcs.ingest.formats.images.read_image_file`."""
    with opener() as stream:
        head = _unpacked(stream.read(_HEAD_BYTES)[4:], _PIXELS_AT, name)
    if len(head) < _PIXELS_AT:
        raise SourceError(f"{name} is not whole: its stream ends within the header.")
    size, width, height, planes, bits, packing, _, across, down = _HEADER.unpack(
        head[: _HEADER.size]
    )
    if size != 40 or planes != 1 or packing or bits not in (8, 16):
        raise SourceError(
            f"{name} is no .C01 that can be read: {planes} planes of {bits} bits, "
            f"compression {packing}; one plane of 8 or 16 bits is."
        )
    if width < 1 or height < 1:
        raise SourceError(f"{name} is damaged: {width} x {height} pixels.")
    nbytes = width * height * bits // 8
    if nbytes > limits.plane_bytes:
        raise SourceError(
            f"{name} would take {nbytes:,} bytes a plane; "
            f"at most {limits.plane_bytes:,} are read."
        )
    dtype = np.dtype(np.uint16 if bits == 16 else np.uint8)
    y, x = _micrometres(down), _micrometres(across)
    return ImageFile(
        name=name,
        kind="C01",
        axes=("y", "x"),
        shape=(height, width),
        dtype=dtype,
        reader=_C01Plane(opener, name, (height, width), dtype),
        pixel_size=None if y is None or x is None else (y, x),
    )


def _unpacked(data: bytes, most: int, name: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error as error:
        raise SourceError(f"{name} cannot be decoded: {error}.") from error


def _micrometres(per_metre: int) -> float | None:
    if per_metre <= 0:
        return None
    size = float(f"{1e6 / per_metre:.6g}")
    return size if _FINEST <= size <= _COARSEST else None


class _C01Plane:
    """Decodes the plane when it is asked."""

    def __init__(
        self, opener: Opener, name: str, shape: tuple[int, int], dtype: np.dtype[Any]
    ) -> None:
        self._opener, self._name = opener, name
        self._shape, self._dtype = shape, dtype

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane."""
        height, width = self._shape
        needed = _PIXELS_AT + height * width * self._dtype.itemsize
        try:
            with self._opener() as stream:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                # Bytes that cannot be packed take a little more room than they have.
                packed = stream.read(min(size, 2 * needed + _HEAD_BYTES))[4:]
        except OSError as error:
            raise SourceError(f"{self._name} cannot be read: {error}.") from error
        stream_end = zlib.decompressobj()
        try:
            data = stream_end.decompress(packed, needed + 1)
        except zlib.error as error:
            raise SourceError(f"{self._name} cannot be decoded: {error}.") from error
        if len(data) != needed or not stream_end.eof:
            raise SourceError(
                f"{self._name} cannot be decoded: it holds {len(data):,} bytes where "
                f"{needed:,} were to be."
            )
        pixels = np.frombuffer(data, self._dtype.newbyteorder("<"), offset=_PIXELS_AT)
        return pixels.reshape(self._shape).astype(self._dtype)

    def close(self) -> None:
        """Nothing stays open."""
