"""Arrays into bytes: levels, chunks and shards of one image, in one pass over planes.

This is the seam behind which pixels are encoded (zarr-python reads them back). A plane
is compressed once and appended; memory holds one plane and its levels, whatever the
size of the stack. A Zarr v3 level is two files, its document and one shard; a Zarr v2
level has one file a plane.
"""

from __future__ import annotations

import hashlib
import json
import struct
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

import numpy as np

from hcs.errors import ShapeError
from hcs.images.pyramid import Kind, levels_of
from hcs.writing.encoding.codec import ChunkCodec, crc32c

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

T = TypeVar("T")

LARGEST_CHUNK = 2048
"""Pixels a side: a larger plane is cut, so that a region costs no whole slide."""

CUT_CHUNK = 1024
"""Pixels a side, at most, of the chunks of a plane that is cut."""


KEPT_PLANES = 256
"""About how many planes of the last level are kept to choose display windows."""


class Sink(Protocol):
    """A place that takes the files of one image group; keys are relative to it."""

    def create(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Return a new file to write to; it is complete when the context ends."""

    def put(self, key: str, data: bytes) -> None:
        """Write one whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayLayout:
    """What one array looks like before its pixels are known.

    Shapes and chunks are in the order in which planes come, y and x last; `on_disk`
    brings them into that of the array.
    """

    path: str
    shape: tuple[int, ...]
    names: tuple[str, ...]
    """What the document calls the axes, in the order of `shape`."""

    dtype: np.dtype[Any]
    """Little-endian."""

    chunk: tuple[int, int]
    """Pixels of one chunk along y and x; along the other axes a chunk has 1."""

    codec: ChunkCodec
    zarr_format: int
    sharded: bool
    stored: tuple[int, ...] = ()
    """For each axis of the array its place in `shape`; () where they are equal."""

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """Shape of a chunk over all axes."""
        return (1,) * (len(self.shape) - 2) + self.chunk

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of chunks along each axis."""
        return tuple(
            -(-size // chunk)
            for size, chunk in zip(self.shape, self.chunk_shape, strict=True)
        )

    def on_disk(self, values: Sequence[T]) -> tuple[T, ...]:
        """Return one value an axis in the order of the array."""
        return tuple(values[axis] for axis in self.stored or range(len(values)))

    @property
    def turned(self) -> bool:
        """Whether x comes before y in the array, so that planes are transposed."""
        last = len(self.shape) - 1
        return bool(self.stored) and self.stored.index(last) < self.stored.index(
            last - 1
        )


def choose_chunk(
    shape: Sequence[int], chunks: object = None, *, whole: bool = False
) -> tuple[int, int]:
    """Return the ``(y, x)`` chunk for a level of `shape`.

    Parameters
    ----------
    chunks
        None for the default (the plane, or equal parts of at most 1024 where a side is
        longer than 2048), one number, ``(y, x)``, one number an axis, or a mapping of
        axis names. A chunk never spans two channels, planes or times.
    whole
        By default never cut a plane.

    Raises
    ------
    ShapeError
        If `chunks` is none of these.
    """
    y, x = int(shape[-2]), int(shape[-1])
    if chunks is None:
        cut = max(y, x) > LARGEST_CHUNK and not whole
        return (_equal_part(y), _equal_part(x)) if cut else (y, x)
    if isinstance(chunks, dict):
        chunks = (chunks.get("y", y), chunks.get("x", x))
    sizes = (chunks, chunks) if isinstance(chunks, int) else chunks
    if (
        not isinstance(sizes, list | tuple)
        or len(sizes) not in (2, len(shape))
        or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in sizes)
        or any(n != 1 for n in sizes[:-2])
    ):
        raise ShapeError(
            f"chunks is {chunks!r}; expected a number of pixels, (y, x), or one number "
            f"for each of {len(shape)} axes with 1 before y and x."
        )
    return min(sizes[-2], y), min(sizes[-1], x)


def _equal_part(size: int) -> int:
    parts = -(-size // CUT_CHUNK)
    return -(-size // parts)


def array_documents(layout: ArrayLayout) -> dict[str, bytes]:
    """Return the metadata files of an array, by key below the image group."""
    if layout.zarr_format == 2:
        return {f"{layout.path}/.zarray": _dump(_v2_document(layout))}
    return {f"{layout.path}/zarr.json": _dump(_v3_document(layout))}


def _v2_document(layout: ArrayLayout) -> dict[str, Any]:
    return {
        "chunks": list(layout.on_disk(layout.chunk_shape)),
        "compressor": layout.codec.v2_document(),
        "dimension_separator": "/",
        "dtype": layout.dtype.str,
        "fill_value": _fill_value(layout.dtype),
        "filters": None,
        "order": "C",
        "shape": list(layout.on_disk(layout.shape)),
        "zarr_format": 2,
    }


def _v3_document(layout: ArrayLayout) -> dict[str, Any]:
    chunk_shape, codecs = layout.chunk_shape, _v3_codecs(layout)
    if layout.sharded:
        inner = {
            "chunk_shape": list(layout.on_disk(chunk_shape)),
            "codecs": codecs,
            "index_codecs": [_bytes_codec(), {"name": "crc32c"}],
            "index_location": "end",
        }
        codecs = [{"name": "sharding_indexed", "configuration": inner}]
        # One shard a level, in whole chunks as the codec demands.
        chunk_shape = tuple(
            size * count for size, count in zip(chunk_shape, layout.grid, strict=True)
        )
    return {
        "shape": list(layout.on_disk(layout.shape)),
        "data_type": layout.dtype.name,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": list(layout.on_disk(chunk_shape))},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": _fill_value(layout.dtype),
        "codecs": codecs,
        "attributes": {},
        "dimension_names": list(layout.on_disk(layout.names)),
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def _v3_codecs(layout: ArrayLayout) -> list[dict[str, Any]]:
    size = layout.dtype.itemsize
    first = _bytes_codec() if size > 1 else {"name": "bytes"}
    return [first, *layout.codec.v3_documents(size)]


def _bytes_codec() -> dict[str, Any]:
    return {"name": "bytes", "configuration": {"endian": "little"}}


def _fill_value(dtype: np.dtype[Any]) -> bool | int | float:
    return False if dtype.kind == "b" else 0.0 if dtype.kind == "f" else 0


def _dump(document: dict[str, Any]) -> bytes:
    # Without indentation json runs in C, and nobody reads these by eye.
    return json.dumps(document, allow_nan=False).encode()


class ArrayEncoder:
    """Takes the planes of one array in C order and writes its files."""

    def __init__(self, layout: ArrayLayout, sink: Sink) -> None:
        self.layout, self._sink = layout, sink
        self.digest = hashlib.sha256()
        self.stored = 0
        """Bytes of chunks and shard index so far."""

        self.sampled: dict[int, NDArray[Any]] | None = None
        """Where to keep some planes by their number, None where nobody asked."""

        self._index: list[tuple[tuple[int, ...], int, int]] = []
        self._planes = int(np.prod(layout.grid[:-2], dtype=np.int64))
        self._stride = _stride(self._planes)
        self._done = 0
        self._shard: BinaryIO | None = None
        self._context: AbstractContextManager[BinaryIO] | None = None

    def __enter__(self) -> ArrayEncoder:
        for key, data in array_documents(self.layout).items():
            self._sink.put(key, data)
        if self.layout.sharded:
            zeros = "/".join("0" * len(self.layout.shape))
            self._context = self._sink.create(f"{self.layout.path}/c/{zeros}")
            self._shard = self._context.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None and self._done != self._planes:
            raise ShapeError(
                f"Level {self.layout.path!r} got {self._done} planes; expected "
                f"{self._planes}."
            )
        if self._context is None or self._shard is None:
            return
        if kind is None:
            self._shard.write(self._shard_index())
        self._context.__exit__(kind, error, trace)

    def add(self, plane: NDArray[Any]) -> None:
        """Encode the next plane, shape ``(y, x)`` of the array."""
        layout = self.layout
        plane = np.ascontiguousarray(plane, layout.dtype)
        if plane.shape != layout.shape[-2:]:
            raise ShapeError(
                f"A plane of level {layout.path!r} has shape {plane.shape}; expected "
                f"{layout.shape[-2:]}."
            )
        self.digest.update(plane.reshape(-1).view(np.uint8).data)
        if self.sampled is not None and self._done % self._stride == 0:
            self.sampled[self._done] = plane
        leading = layout.grid[:-2]
        lead = np.unravel_index(self._done, leading) if leading else ()
        for row in range(layout.grid[-2]):
            for column in range(layout.grid[-1]):
                chunk = _chunk(plane, layout.chunk, row, column)
                # The other axes have one pixel a chunk, so that their order is no
                # matter for its bytes.
                data = layout.codec.encode(
                    np.ascontiguousarray(chunk.T) if layout.turned else chunk
                )
                position = (*(int(n) for n in lead), row, column)
                self._store(layout.on_disk(position), data)
        self._done += 1

    def _store(self, position: tuple[int, ...], data: bytes) -> None:
        if self._shard is not None:
            self._index.append((position, self.stored, len(data)))
            self._shard.write(data)
        else:
            path = self.layout.path
            prefix = f"{path}/c" if self.layout.zarr_format == 3 else path
            self._sink.put("/".join((prefix, *map(str, position))), data)
        self.stored += len(data)

    def _shard_index(self) -> bytes:
        # In C order of the array, which need not be that of the planes.
        index = b"".join(struct.pack("<QQ", *at) for _, *at in sorted(self._index))
        index += struct.pack("<I", crc32c(index))
        self.stored += len(index)
        return index


def _stride(planes: int) -> int:
    """Return which planes to look at: a prime, so that every channel is among them."""
    if planes <= KEPT_PLANES:
        return 1
    smallest = max(11, planes // KEPT_PLANES)
    return next(
        n for n in range(smallest, 2 * smallest) if all(n % k for k in range(2, n))
    )


def _chunk(
    plane: NDArray[Any], chunk: tuple[int, int], row: int, column: int
) -> NDArray[Any]:
    if plane.shape == chunk:
        return plane
    y, x = row * chunk[0], column * chunk[1]
    part = plane[y : y + chunk[0], x : x + chunk[1]]
    if part.shape == chunk:
        return np.ascontiguousarray(part)
    # Zarr stores edge chunks whole; what lies beyond the array is the fill value.
    padded = np.zeros(chunk, plane.dtype)
    padded[: part.shape[0], : part.shape[1]] = part
    return padded


@dataclass(frozen=True, slots=True)
class Encoded:
    """What was written of one image."""

    digests: tuple[str, ...]
    """``sha256:<hex>`` of each level's pixels: little-endian, C order."""

    size: int
    """Bytes of all chunks and shards."""

    coarsest: Mapping[int, NDArray[Any]] = field(default_factory=dict)
    """Planes of the last level by their number in C order: all, or of a large stack
    some that are spread over it."""


def encode_levels(
    planes: Iterable[NDArray[Any]],
    layouts: Sequence[ArrayLayout],
    sink: Sink,
    kind: Kind = "intensity",
) -> Encoded:
    """Write the full size planes and the levels made from them.

    Parameters
    ----------
    planes
        Planes ``(y, x)`` of the full size image in C order of the other axes.
    layouts
        One a level, full size first, each half of the one before.
    """
    with ExitStack() as stack:
        encoders = [
            stack.enter_context(ArrayEncoder(layout, sink)) for layout in layouts
        ]
        encoders[-1].sampled = {}
        for plane in planes:
            for encoder, level in zip(
                encoders, levels_of(plane, len(layouts), kind), strict=True
            ):
                encoder.add(level)
    return _encoded(encoders)


def encode_given(
    levels: Sequence[Iterable[NDArray[Any]]],
    layouts: Sequence[ArrayLayout],
    sink: Sink,
) -> Encoded:
    """Write levels that were made elsewhere, each from its own planes."""
    encoders = []
    for planes, layout in zip(levels, layouts, strict=True):
        with ArrayEncoder(layout, sink) as encoder:
            encoder.sampled = {} if layout is layouts[-1] else None
            for plane in planes:
                encoder.add(plane)
        encoders.append(encoder)
    return _encoded(encoders)


def _encoded(encoders: Sequence[ArrayEncoder]) -> Encoded:
    return Encoded(
        tuple(f"sha256:{encoder.digest.hexdigest()}" for encoder in encoders),
        sum(encoder.stored for encoder in encoders),
        encoders[-1].sampled or {},
    )
