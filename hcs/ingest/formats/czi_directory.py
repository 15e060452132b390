"""Zeiss CZI: a directory of planes in one file, found without reading any of them.

A file is a chain of segments (``ZISRAW...``). Its head says where two of them lie: the
directory, an entry for each plane ("subblock") with its place along every dimension,
and the metadata, which are XML. Smaller copies of planes, for display, are passed over.
"""

from __future__ import annotations

import io
import math
import struct
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hcs.errors import SourceError
from hcs.ingest.formats import markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO
    from xml.etree.ElementTree import Element

    from hcs.ingest.formats.image_file import Limits, Opener

MAGIC: Final = b"ZISRAWFILE"

_SEGMENT = struct.Struct("<16sqq")
"""Name, bytes that were reserved, bytes that are used."""

_FILE = struct.Struct("<iiii16s16siqqi")
"""Version (2), nothing (2), id of the first file and of this one, number of the part,
places of directory and metadata, and whether an update is under way."""

_ENTRY = struct.Struct("<2siqiiB5xi")
"""Schema, type of pixels, place of the subblock, part, compression, kind of copy, and
how many dimensions follow."""

_DIMENSION = struct.Struct("<4siifi")
"""Name, start, size, coordinate, and the size that is stored."""

_SUBBLOCK = struct.Struct("<iiq")
"""Bytes of its metadata, of its attachment, and of its pixels."""

_DIRECTORY_HEAD, _METADATA_HEAD = 128, 256
_SUBBLOCK_HEAD = 256
"""Bytes before the parts of a segment, at least."""

_MAX_PLANES: Final = 2_000_000
_MAX_DIRECTORY: Final = 512 << 20
"""Bytes; 1,536 wells of 9 fields, 5 channels and 10 planes have some 150 MB."""

_IN_MEMORY: Final = 256 << 20
"""A file of a zip is decompressed anew when it is opened; a larger one is refused."""

TYPES: Final = {0: "<u1", 1: "<u2", 2: "<f4", 12: "<i4"}
_COLOURS: Final = frozenset({3, 4, 8, 9})
_SINGLE: Final = {"R": "rotations", "I": "illuminations", "B": "blocks", "V": "views"}
"""Dimensions of which a plate has one."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CziPlane:
    """One plane of a file, and where its bytes lie."""

    scene: int
    tile: int
    t: int
    channel: int
    z: int
    origin: tuple[int, int]
    """First pixel along y and x, on the grid of the whole file."""

    size: tuple[int, int]
    pixel_type: int
    compression: int
    position: int
    """Place of the subblock in the file."""

    @property
    def kind(self) -> tuple[tuple[int, int], int]:
        """What all planes of a plate must share."""
        return self.size, self.pixel_type


@dataclass(frozen=True, slots=True, kw_only=True)
class CziContents:
    """What a file holds, from its directory and metadata alone."""

    planes: tuple[CziPlane, ...]
    """Those of the most common size and type, sorted; they are the pages of the image
    that `hcs.ingest.formats.czi.read_czi` gives."""

    others: tuple[CziPlane, ...]
    identity: str
    """The file's own id."""

    metadata: Element | None

    @property
    def sizes(self) -> dict[str, int]:
        """How many there are along t, c and z."""
        axes = {"t": "t", "c": "channel", "z": "z"}
        return {
            axis: len({getattr(plane, name) for plane in self.planes})
            for axis, name in axes.items()
        }

    @property
    def is_field(self) -> bool:
        """Whether it is one field, of which every plane is there."""
        fields = {(plane.scene, plane.tile) for plane in self.planes}
        whole = len(self.planes) == math.prod(self.sizes.values())
        return len(fields) == 1 and whole and not self.others


def read_contents(opener: Opener, name: str, limits: Limits) -> CziContents:
    """Return what a file holds.

    Raises
    ------
    SourceError
        If it is no CZI, is damaged or was not closed, is one part of several, or
        exceeds a limit.
    """
    try:
        with opener() as stream:
            _check_memory(stream, name)
            head = _FILE.unpack(_segment(stream, 0, MAGIC, _FILE.size, name))
            part, directory_at, metadata_at = head[6:9]
            if part != 0 or head[4] != head[5]:
                raise SourceError(f"{name} is one part of a CZI of several files.")
            planes = list(_planes(stream, directory_at, name))
            metadata = _metadata(stream, metadata_at, name)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error}.") from error
    if not planes:
        raise SourceError(f"{name} holds no image.")
    kind, _ = Counter(plane.kind for plane in planes).most_common(1)[0]
    _check_kind(kind, name, limits)
    return CziContents(
        planes=tuple(sorted(plane for plane in planes if plane.kind == kind)),
        others=tuple(sorted(plane for plane in planes if plane.kind != kind)),
        identity=head[5].hex(),
        metadata=metadata,
    )


def _check_memory(stream: BinaryIO, name: str) -> None:
    if isinstance(stream, io.BytesIO) and stream.getbuffer().nbytes > _IN_MEMORY:
        raise SourceError(
            f"{name} lies in a zip and has over {_IN_MEMORY >> 20} MiB, which would be "
            f"decompressed for every field; unpack the zip."
        )


def _segment(
    stream: BinaryIO, position: int, name: bytes, size: int, where: str
) -> bytes:
    """Return the first `size` bytes of a segment, which must be there."""
    if position < 0:
        raise SourceError(f"{where} is damaged: a segment lies before its start.")
    stream.seek(position)
    head = stream.read(_SEGMENT.size)
    if len(head) < _SEGMENT.size or head[:16].rstrip(b"\0") != name:
        text = name.decode().removeprefix("ZISRAW").lower()
        raise SourceError(
            f"{where} has no {text} where its head says; it is damaged, or was not "
            f"closed."
        )
    data = stream.read(size)
    if len(data) < size:
        raise SourceError(f"{where} is not whole: it ends at byte {stream.tell():,}.")
    return data


def _bytes_after(stream: BinaryIO) -> int:
    """Return how many bytes follow: a read of more would set memory aside for them."""
    here = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(here)
    return max(0, end - here)


def _planes(stream: BinaryIO, position: int, name: str) -> Iterator[CziPlane]:
    head = _segment(stream, position, b"ZISRAWDIRECTORY", _DIRECTORY_HEAD, name)
    (count,) = struct.unpack("<i", head[:4])
    if not 0 <= count <= _MAX_PLANES:
        raise SourceError(
            f"{name} would hold {count:,} planes; up to {_MAX_PLANES:,} are read."
        )
    data = stream.read(min(_MAX_DIRECTORY, _bytes_after(stream)))
    starts: dict[str, set[int]] = {key: set() for key in _SINGLE}
    at = 0
    for _ in range(count):
        if len(data) < at + _ENTRY.size:
            raise SourceError(f"{name} is not whole: its directory is cut.")
        schema, pixel_type, place, part, compression, _copy, ndim = _ENTRY.unpack_from(
            data, at
        )
        at += _ENTRY.size
        if schema != b"DV" or not 0 < ndim <= 40 or part != 0:
            raise SourceError(f"{name} is damaged: its directory cannot be read.")
        if len(data) < at + ndim * _DIMENSION.size:
            raise SourceError(f"{name} is not whole: its directory is cut.")
        axes = {}
        reduced = False
        for key, start, size, _, stored in _DIMENSION.iter_unpack(
            data[at : at + ndim * _DIMENSION.size]
        ):
            axis = key.rstrip(b"\0 ").decode("ascii", "replace")
            axes[axis] = start, size
            reduced |= axis in ("X", "Y") and stored != size
        at += ndim * _DIMENSION.size
        if reduced:
            continue
        for axis, seen in starts.items():
            seen.add(axes.get(axis, (0, 1))[0])
        yield _plane(axes, pixel_type, compression, place, name)
    for axis, seen in starts.items():
        if len(seen) > 1:
            raise SourceError(
                f"{name} holds {len(seen)} {_SINGLE[axis]}; a plate has planes along "
                f"channel, z and time alone."
            )


def _plane(
    axes: dict[str, tuple[int, int]],
    pixel_type: int,
    compression: int,
    place: int,
    name: str,
) -> CziPlane:
    (x, width), (y, height) = axes.get("X", (0, 0)), axes.get("Y", (0, 0))
    if width < 1 or height < 1 or any(axes.get(a, (0, 1))[1] > 1 for a in "SMTCZ"):
        raise SourceError(f"{name} is damaged: its directory cannot be read.")
    scene, tile, t, channel, z = (axes.get(axis, (0, 1))[0] for axis in "SMTCZ")
    return CziPlane(
        scene=scene,
        tile=tile,
        t=t,
        channel=channel,
        z=z,
        origin=(y, x),
        size=(height, width),
        pixel_type=pixel_type,
        compression=compression,
        position=place,
    )


def _check_kind(kind: tuple[tuple[int, int], int], name: str, limits: Limits) -> None:
    (height, width), pixel_type = kind
    if pixel_type in _COLOURS:
        raise SourceError(f"{name} holds colour pictures (RGB), not intensities.")
    if pixel_type not in TYPES:
        raise SourceError(
            f"{name} holds pixels of type {pixel_type}, which is not read."
        )
    nbytes = height * width * np.dtype(TYPES[pixel_type]).itemsize
    if nbytes > limits.plane_bytes:
        raise SourceError(
            f"{name} would take {nbytes:,} bytes a plane; "
            f"at most {limits.plane_bytes:,} are read."
        )


def _metadata(stream: BinaryIO, position: int, name: str) -> Element | None:
    if position <= 0:
        return None
    head = _segment(stream, position, b"ZISRAWMETADATA", _METADATA_HEAD, name)
    (size,) = struct.unpack("<i", head[:4])
    if not 0 <= size <= markup.MAX_BYTES:
        raise SourceError(
            f"The XML of {name} is larger than {markup.MAX_BYTES >> 20} MiB."
        )
    data = stream.read(min(size, _bytes_after(stream)))
    return markup.parse(data, name) if data.strip() else None


def read_packed(
    stream: BinaryIO, plane: CziPlane, dtype: np.dtype[Any], where: str
) -> bytes:
    """Return the bytes of a plane's pixels, as they are stored."""
    needed = _SUBBLOCK.size + _ENTRY.size
    head = _segment(stream, plane.position, b"ZISRAWSUBBLOCK", needed, where)
    metadata, _, size = _SUBBLOCK.unpack_from(head)
    ndim = _ENTRY.unpack_from(head, _SUBBLOCK.size)[-1]
    most = 2 * plane.size[0] * plane.size[1] * dtype.itemsize + (1 << 20)
    if not (0 <= metadata <= 1 << 30 and 0 <= size <= most and 0 < ndim <= 40):
        raise SourceError(f"{where} is damaged: a plane of {size:,} bytes.")
    entry = needed + ndim * _DIMENSION.size
    at = plane.position + _SEGMENT.size + max(_SUBBLOCK_HEAD, entry) + metadata
    stream.seek(at)
    data = stream.read(min(size, _bytes_after(stream)))
    if len(data) < size:
        raise SourceError(f"{where} is not whole: a plane is cut.")
    return data
