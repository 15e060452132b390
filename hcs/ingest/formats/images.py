"""Image files as they come: TIFF of every kind, PNG, JPEG, C01, CZI: by content.

`read_image_file` reads the header alone and describes what the pixels are; planes are
decoded when they are asked for. Whether an RGB picture or a float stack fits is for the
caller to say: here it is a fact, with a sentence for people. What can never be
intensities is refused.
"""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hcs.errors import SourceError
from hcs.ingest.formats.image_file import Limits

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from hcs.ingest.formats.image_file import ImageFile, Opener


SUFFIXES: Final = (".tif", ".tiff", ".png", ".c01")
"""Ends of names of files that are read here; what they are, their content decides."""


def read_image_file(
    source: Path | str | bytes | Opener,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    series: int = 0,
) -> ImageFile:
    """Return what an image file holds, from its header alone.

    Parameters
    ----------
    source
        A path, the bytes, or a function that opens them.
    name
        Name to use in messages; the path's own where None. Neither it nor its
        extension decides how the file is read: the content does.
    limits
        What the file may ask for; generous where None.
    series
        Which image of a TIFF that holds several, counted from 0; see
        `ImageFile.series`.

    Raises
    ------
    SourceError
        If it is none of TIFF, PNG, JPEG, C01 and CZI, is damaged, exceeds a limit, or
        holds what can not be intensities: CMYK, complex numbers.
    """
    from hcs.ingest.formats import c01, czi, czi_directory
    from hcs.ingest.formats.jpeg import read_jpeg
    from hcs.ingest.formats.png import read_png
    from hcs.ingest.formats.tiff import read_tiff

    opener, own_name = _opener(source)
    name, limits = name or own_name, limits or Limits()
    with _opened(opener, name) as stream:
        head = stream.read(16)
        size = stream.seek(0, io.SEEK_END)
    if size > limits.file_bytes:
        raise SourceError(
            f"{name} has {size:,} bytes; at most {limits.file_bytes:,} are read."
        )
    if head[:4] in _TIFF:
        return read_tiff(opener, name, limits, series)
    if head[:8] == _PNG:
        return read_png(opener, name, limits)
    if head[:4] == c01.MAGIC:
        return c01.read_c01(opener, name, limits)
    if head.startswith(czi_directory.MAGIC):
        return czi.read_czi(opener, name, limits)
    if head[:3] == _JPEG:
        return read_jpeg(opener, name, limits)
    raise SourceError(f"{name} is not an image that can be read: {_content(head)}.")


_TIFF = frozenset({b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"})
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_OTHERS = (
    (b"", "it is empty"),
    (b"PK", "it is a zip archive"),
    (b"MZ", "it is a program"),
    (b"\x7fELF", "it is a program"),
    (b"BM", "it is a BMP"),
    (b"GIF8", "it is a GIF"),
    (b"%PDF", "it is a PDF"),
    (b"\x89HDF", "it is an HDF5 file"),
)


def _content(head: bytes) -> str:
    for start, sentence in _OTHERS:
        if (head.startswith(start) and start) or (not head and not start):
            return f"{sentence}; TIFF, PNG, JPEG and C01 are read"
    return "its content is neither TIFF, PNG, JPEG nor C01"


def _opener(source: Path | str | bytes | Opener) -> tuple[Opener, str]:
    if isinstance(source, bytes):
        return partial(io.BytesIO, source), "image"
    if callable(source):
        return source, "image"
    path = Path(source)
    return partial(path.open, "rb"), path.name or str(path)  # type: ignore[return-value]


def _opened(opener: Opener, name: str) -> BinaryIO:
    try:
        return opener()
    except OSError as error:
        raise SourceError(
            f"{name} cannot be opened: {error.strerror or error}."
        ) from error


def not_finite(plane: NDArray[Any]) -> tuple[int, int]:
    """Return how many pixels are NaN and how many are infinite.

    Parameters
    ----------
    plane
        Pixels, of any shape.
    """
    if plane.dtype.kind != "f":
        return 0, 0
    return int(np.isnan(plane).sum()), int(np.isinf(plane).sum())
