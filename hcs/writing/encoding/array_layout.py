"""The layout of one array: its shape, chunks and shards, and its metadata documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import mul
from typing import TYPE_CHECKING, Any, TypeVar

from hcs.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from hcs.writing.encoding.codec import ChunkCodec

T = TypeVar("T")

LARGEST_CHUNK = 2048
"""Pixels a side: a larger plane is cut, so that a region costs no whole slide."""

CUT_CHUNK = 1024
"""Pixels a side, at most, of the chunks of a plane that is cut."""


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
    per_shard: tuple[int, ...] | None = None
    """Chunks of a shard along each axis; None for all, so that a level is one shard."""

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

    @property
    def shard_grid(self) -> tuple[int, ...]:
        """Number of chunks of a shard along each axis."""
        if self.per_shard is None:
            return self.grid
        return tuple(map(min, self.per_shard, self.grid))

    def on_disk(self, values: Sequence[T]) -> tuple[T, ...]:
        """Return one value an axis in the order of the array."""
        # Asked for each chunk, and most arrays have the planes' own order.
        return tuple([values[axis] for axis in self.stored] or values)

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


def choose_shard(
    names: Sequence[str], chunks_per_shard: object = None
) -> tuple[int, ...] | None:
    """Return how many chunks a shard has along each axis, None for all there are.

    Parameters
    ----------
    names
        The axes of the array.
    chunks_per_shard
        None, one number for every axis, one number an axis, or a mapping of axis names
        where 1 is left out.

    Raises
    ------
    ShapeError
        If it is none of these.
    """
    if chunks_per_shard is None:
        return None
    numbers = chunks_per_shard
    if isinstance(numbers, dict) and set(numbers) <= set(names):
        numbers = [numbers.get(name, 1) for name in names]
    if isinstance(numbers, int):
        numbers = (numbers,) * len(names)
    if (
        not isinstance(numbers, list | tuple)
        or len(numbers) != len(names)
        or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in numbers)
    ):
        raise ShapeError(
            f"chunks_per_shard is {chunks_per_shard!r}; expected a number, one for "
            f"each of the axes {', '.join(names)}, or a mapping of these."
        )
    return tuple(numbers)


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
        # In whole chunks, as the codec demands.
        chunk_shape = tuple(map(mul, chunk_shape, layout.shard_grid))
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
    # The specification leaves the order of bytes out where there is one byte only.
    first = _bytes_codec() if size > 1 else {"name": "bytes"}
    return [first, *layout.codec.v3_documents(size)]


def _bytes_codec() -> dict[str, Any]:
    return {"name": "bytes", "configuration": {"endian": "little"}}


def _fill_value(dtype: np.dtype[Any]) -> bool | int | float:
    return False if dtype.kind == "b" else 0.0 if dtype.kind == "f" else 0


def _dump(document: dict[str, Any]) -> bytes:
    # Without indentation json runs in C, and nobody reads these by eye.
    return json.dumps(document, allow_nan=False).encode()
