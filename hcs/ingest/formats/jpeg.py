"""JPEG: read because people send it, and called what it is, as it changes values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import SourceError
from hcs.extras import extra
from hcs.ingest.formats.image_file import RGB, Fact, ImageFile

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray
    from PIL.JpegImagePlugin import JpegImageFile

    from hcs.ingest.formats.image_file import Limits, Opener

_DAMAGE = (OSError, ValueError, SyntaxError, EOFError)

_LOSSY = Fact(
    "lossy",
    "It is a JPEG, which changes intensities: its values are not those that were "
    "measured.",
)


def read_jpeg(opener: Opener, name: str, limits: Limits) -> ImageFile:
    """Return what a JPEG holds; see `hcs.ingest.formats.images.read_image_file`."""
    reader = _JpegReader(opener, name)
    width, height, mode = reader.head()
    if width * height * (1 if mode == "L" else 3) > limits.plane_bytes:
        raise SourceError(f"{name} has {width} x {height} pixels, which is too many.")
    if mode not in ("L", "RGB"):
        raise SourceError(
            f"{name} holds colours of kind {mode}, not intensities; export the image "
            f"as greyscale TIFF."
        )
    grey = mode == "L"
    return ImageFile(
        name=name,
        kind="JPEG",
        axes=("y", "x") if grey else ("c", "y", "x"),
        shape=(height, width) if grey else (3, height, width),
        dtype=np.dtype(np.uint8),
        reader=reader,
        facts=(_LOSSY,) if grey else (_LOSSY, RGB),
    )


class _JpegReader:
    def __init__(self, opener: Opener, name: str) -> None:
        self._opener, self._name = opener, name

    def head(self) -> tuple[int, int, str]:
        """Return width, height and mode, from the header alone."""
        try:
            with self._opener() as stream, self._jpeg(stream) as jpeg:
                return *jpeg.size, jpeg.mode
        except _DAMAGE as error:
            raise SourceError(f"{self._name} is not a whole JPEG: {error}.") from error

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane, or that of red, green or blue."""
        try:
            with self._opener() as stream, self._jpeg(stream) as jpeg:
                pixels = np.asarray(jpeg)
        except _DAMAGE as error:
            raise SourceError(f"{self._name} cannot be decoded: {error}.") from error
        return np.ascontiguousarray(pixels[..., position[0]] if position else pixels)

    def _jpeg(self, stream: BinaryIO) -> JpegImageFile:
        with extra("importing", f"Reading {self._name}, a JPEG,"):
            from PIL.JpegImagePlugin import JpegImageFile
        return JpegImageFile(stream)

    def close(self) -> None:
        """Nothing stays open."""
