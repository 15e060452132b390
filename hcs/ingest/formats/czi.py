"""Zeiss CZI as an image: one field, or all planes of a plate as its pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import SourceError
from hcs.extras import extra
from hcs.ingest.formats.czi_codecs import COMPRESSIONS, decode
from hcs.ingest.formats.czi_directory import TYPES, read_contents, read_packed
from hcs.ingest.formats.czi_metadata import (
    read_channels,
    read_distance,
    read_pixel_size,
    read_scenes,
)
from hcs.ingest.formats.image_file import Fact, ImageFile, pages_fact
from hcs.ingest.formats.place import ImagePlace

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from hcs.ingest.formats.czi_directory import CziContents, CziPlane
    from hcs.ingest.formats.image_file import Limits, Opener


def read_czi(opener: Opener, name: str, limits: Limits) -> ImageFile:
    """Return the planes of a CZI as one image: of one field, or as pages.

    What a page is of, its scene and its place along t, c and z, `read_contents` says.
    """
    contents = read_contents(opener, name, limits)
    planes, root = contents.planes, contents.metadata
    if any(plane.compression != COMPRESSIONS["none"] for plane in planes):
        with extra("importing", f"Reading {name}, a CZI whose pixels are packed,"):
            import imagecodecs  # noqa: F401 - before anything is written
    sizes = {"z": len(planes)}
    if contents.is_field:
        sizes = contents.sizes
    leading = {axis: size for axis, size in sizes.items() if size > 1}
    dtype = np.dtype(TYPES[planes[0].pixel_type]).newbyteorder("=")
    unsaid = len(planes) > 1 and not contents.is_field
    facts = [pages_fact(len(planes), "z")] if unsaid else []
    if any(plane.compression == COMPRESSIONS["JPEG"] for plane in planes):
        facts.append(Fact("lossy", "It was compressed with loss (JPEG)."))
    channels = read_channels(root) if contents.is_field else ()
    bits = {channel.bits for channel in channels}
    return ImageFile(
        name=name,
        kind="CZI",
        axes=(*leading, "y", "x"),
        shape=(*leading.values(), *planes[0].size),
        dtype=dtype,
        reader=_CziPlanes(opener, name, planes, tuple(leading.values()), dtype),
        bits=next(iter(bits)) if len(bits) == 1 else None,
        channel_names=tuple(channel.name for channel in channels),
        wavelengths=tuple(channel.emission for channel in channels),
        pixel_size=read_pixel_size(root),
        z_step=read_distance(root, "Z"),
        facts=tuple(facts),
        place=_place(contents),
    )


def _place(contents: CziContents) -> ImagePlace | None:
    """Return the well of a file that is one field, where it names one."""
    scene = read_scenes(contents.metadata).get(contents.planes[0].scene)
    if not contents.is_field or scene is None or scene.well is None:
        return None
    return ImagePlace(well=scene.well, said_by="its metadata")


class _CziPlanes:
    """Decodes the planes of one file.

    Thread safety: a lock guards the open stream; decoding goes on beside it.
    """

    def __init__(
        self,
        opener: Opener,
        name: str,
        planes: tuple[CziPlane, ...],
        counts: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> None:
        self._opener, self._name = opener, name
        self._planes, self._dtype = planes, dtype
        self._counts = counts
        self._lock = threading.Lock()
        self._stream: BinaryIO | None = None

    def read(self, position: tuple[int, ...]) -> NDArray[Any]:
        """Return the plane at an index along the axes before y and x."""
        page = int(np.ravel_multi_index(position, self._counts)) if position else 0
        plane = self._planes[page]
        try:
            with self._lock:
                if self._stream is None:
                    self._stream = self._opener()
                data = read_packed(self._stream, plane, self._dtype, self._name)
        except OSError as error:
            raise SourceError(f"{self._name} cannot be read: {error}.") from error
        try:
            return decode(data, plane.compression, plane.size, self._dtype)
        except ValueError as error:
            raise SourceError(
                f"{self._name} cannot be decoded at page {page + 1}: {error}."
            ) from error

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
