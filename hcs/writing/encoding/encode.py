"""Arrays into bytes: levels, chunks and shards of one image, in one pass over planes.

This is the seam behind which pixels are encoded (zarr-python reads them back). A plane
is compressed once and appended; memory holds one plane and its levels, whatever the
size of the stack. A Zarr v3 level is two files, its document and one shard, unless
more shards are asked for; a Zarr v2 level has one file a plane.
"""

from __future__ import annotations

import hashlib
import math
import struct
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, product
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from hcs.errors import ShapeError
from hcs.images.pyramid import Kind, levels_of
from hcs.writing.encoding.array_layout import ArrayLayout, array_documents
from hcs.writing.encoding.codec import crc32c

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

SAMPLED_PLANES = 256
"""About how many planes of the last level are kept to choose display windows."""


class Sink(Protocol):
    """A place that takes the files of one image group; keys are relative to it."""

    def create(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Return a new file to write to; it is complete when the context ends."""

    def put(self, key: str, data: bytes) -> None:
        """Write one whole file."""


class ArrayEncoder:
    """Takes the planes of one array in C order and writes its files."""

    def __init__(self, layout: ArrayLayout, sink: Sink) -> None:
        self.layout, self._sink = layout, sink
        self.digest = hashlib.sha256()
        self.stored = 0
        """Bytes of chunks and shard index so far."""

        self.sampled: dict[int, NDArray[Any]] | None = None
        """Some planes by their number, for display windows; None collects none."""

        self._shards: dict[tuple[int, ...], _Shard] = {}
        self._open = ExitStack()
        # Asked for each chunk, and counted anew by the layout each time.
        self._grid = layout.grid
        self._shard_grid = layout.on_disk(layout.shard_grid)
        self._planes = int(np.prod(self._grid[:-2], dtype=np.int64))
        self._stride = _stride(self._planes)
        self._done = 0

    def __enter__(self) -> ArrayEncoder:
        for key, data in array_documents(self.layout).items():
            self._sink.put(key, data)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._open.__exit__(kind, error, trace)
        if kind is None and self._done != self._planes:
            raise ShapeError(
                f"Level {self.layout.path!r} got {self._done} planes; expected "
                f"{self._planes}."
            )

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
        *leading, rows, columns = self._grid
        lead = np.unravel_index(self._done, leading) if leading else ()
        for row in range(rows):
            for column in range(columns):
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
        layout = self.layout
        if layout.sharded:
            key, inner = zip(*map(divmod, position, self._shard_grid), strict=True)
            shard = self._shards.get(key) or self._new_shard(key)
            self.stored += shard.add(inner, data)
            if shard.is_full:
                self.stored += shard.finish()
            return
        prefix = f"{layout.path}/c" if layout.zarr_format == 3 else layout.path
        self._sink.put("/".join((prefix, *map(str, position))), data)
        self.stored += len(data)

    def _new_shard(self, key: tuple[int, ...]) -> _Shard:
        layout = self.layout
        grid, count = layout.on_disk(self._grid), self._shard_grid
        path = "/".join((layout.path, "c", *map(str, key)))
        # At the far edges of the array a shard has fewer chunks than room for them.
        chunks = [min(c, g - k * c) for c, g, k in zip(count, grid, key, strict=True)]
        context = self._sink.create(path)
        file = context.__enter__()
        shard = self._shards[key] = _Shard(file, context, count, math.prod(chunks))
        self._open.push(shard)
        return shard


class _Shard:
    """One file of chunks with their index at its end."""

    def __init__(
        self,
        file: BinaryIO,
        context: AbstractContextManager[BinaryIO],
        grid: tuple[int, ...],
        chunks: int,
    ) -> None:
        self._file: BinaryIO | None = file
        self._context = context
        self._grid, self._chunks = grid, chunks
        self._index: dict[tuple[int, ...], tuple[int, int]] = {}
        self._size = 0

    @property
    def is_full(self) -> bool:
        """Whether all chunks are there."""
        return len(self._index) == self._chunks

    def add(self, position: tuple[int, ...], data: bytes) -> int:
        """Append a chunk; return the bytes that it took."""
        assert self._file is not None  # noqa: S101  (it is not full yet)
        self._index[position] = (self._size, len(data))
        self._file.write(data)
        self._size += len(data)
        return len(data)

    def finish(self) -> int:
        """Write the index and close the file; return the bytes that the index took."""
        assert self._file is not None  # noqa: S101  (it is full once)
        index = self._packed()
        self._file.write(index)
        self._file = None
        self._context.__exit__(None, None, None)
        return len(index)

    def _packed(self) -> bytes:
        # Offset and length of each chunk, then a checksum: the sharding codec's index,
        # in C order of the array, which need not be that of the planes.
        positions = product(*map(range, self._grid))
        places = [self._index.get(position, _NO_CHUNK) for position in positions]
        index = struct.pack(f"<{2 * len(places)}Q", *chain.from_iterable(places))
        return index + struct.pack("<I", crc32c(index))

    def __enter__(self) -> _Shard:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._file is not None:  # what failed before it was full is given up
            self._file = None
            self._context.__exit__(kind, error, trace)


_NO_CHUNK = (2**64 - 1, 2**64 - 1)
"""What the index says of a chunk that lies beyond the array."""


def _stride(planes: int) -> int:
    """Return which planes to look at: a prime, so that every channel is among them."""
    if planes <= SAMPLED_PLANES:
        return 1
    smallest = max(11, planes // SAMPLED_PLANES)
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
