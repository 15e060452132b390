"""How CZI packs the pixels of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPRESSIONS: Final = {"none": 0, "JPEG": 1, "JPEG XR": 4, "zstd 0": 5, "zstd 1": 6}
"""Those that are read, by the number in the directory."""


def decode(
    data: bytes, compression: int, size: tuple[int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return a plane, shape ``(y, x)``.

    Nothing larger than the plane is made, whatever the data ask for.

    Raises
    ------
    ValueError
        If the data give no plane of this size and type, or are packed in another way.
    """
    if compression in (COMPRESSIONS["JPEG"], COMPRESSIONS["JPEG XR"]):
        return _picture(data, compression, size, dtype)
    nbytes = size[0] * size[1] * dtype.itemsize
    halves = False
    if compression == COMPRESSIONS["zstd 1"]:
        data, halves = _without_head(data)
    if compression in (COMPRESSIONS["zstd 0"], COMPRESSIONS["zstd 1"]):
        data = _zstd(data, nbytes)
    elif compression != COMPRESSIONS["none"]:
        raise ValueError(
            f"it is packed in a way that is not read ({compression}); "
            f"{', '.join(COMPRESSIONS)} are"
        )
    if len(data) != nbytes:
        raise ValueError(f"it holds {len(data):,} bytes where {nbytes:,} were to be")
    values = np.frombuffer(data, np.uint8)
    if halves:
        # Low bytes of all pixels stand before their high bytes.
        values = np.ascontiguousarray(values.reshape(dtype.itemsize, -1).T).reshape(-1)
    return values.view(dtype.newbyteorder("<")).reshape(size).astype(dtype)


def _without_head(data: bytes) -> tuple[bytes, bool]:
    """Return the stream behind its head, and whether bytes were parted before it."""
    head = data[:3]
    if head[:1] == b"\1":
        return data[1:], False
    if len(head) == 3 and head[0] == 3 and head[1] == 1:
        return data[3:], bool(head[2] & 1)
    raise ValueError("its head is none that is known")


def _zstd(data: bytes, nbytes: int) -> bytes:
    import imagecodecs

    try:
        # One more byte than is needed shows a stream that goes on.
        return bytes(imagecodecs.zstd_decode(data, out=bytearray(nbytes)))
    except (RuntimeError, ValueError) as error:
        raise ValueError(str(error)) from error


def _picture(
    data: bytes, compression: int, size: tuple[int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    import imagecodecs

    plane = np.empty(size, dtype)
    lossy = compression == COMPRESSIONS["JPEG"]
    unpack = imagecodecs.jpeg_decode if lossy else imagecodecs.jpegxr_decode
    try:
        pixels: NDArray[Any] = unpack(data, out=plane)
    except (RuntimeError, ValueError) as error:
        raise ValueError(str(error)) from error
    if pixels.shape != size or pixels.dtype != dtype:
        raise ValueError(f"it is a picture of {pixels.shape} {pixels.dtype}")
    return pixels
