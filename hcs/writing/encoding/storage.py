"""How the arrays of a field are stored: what was asked for, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from hcs.errors import ArgumentError, MetadataError
from hcs.images.image import Multiscales
from hcs.images.pyramid import level_shapes
from hcs.writing.encoding.array_layout import (
    ArrayLayout,
    choose_chunk,
    choose_shard,
)
from hcs.writing.encoding.codec import choose_codec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.writing.encoding.field_input import FieldInput


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayStorage:
    """How the arrays of a field are stored; None is the default of each."""

    chunks: object = None
    """See `hcs.writing.encoding.array_layout.choose_chunk`."""

    shards: bool | None = None
    """True for one shard a level, the default where the format has them."""

    chunks_per_shard: object = None
    """Chunks of a shard, where a level shall be several: see
    `hcs.writing.encoding.array_layout.choose_shard`."""

    codec: str | None = None
    """One of `hcs.writing.encoding.codec.CODECS`."""

    levels: int | None = None
    """Number of levels, made from full size; by default those that were given, or
    as many as bring the last below `hcs.images.pyramid.SMALLEST`."""

    verify: bool = True
    """Whether to read everything back before it is named."""

    def with_chunks_of(self, multiscales: object) -> ArrayStorage:
        """Return this with the chunks that `to_multiscales` was given, if any."""
        if self.chunks is not None or not isinstance(multiscales, Multiscales):
            return self
        chunks = multiscales.chunks
        return self if chunks is None else replace(self, chunks=chunks)


def array_storage(options: Mapping[str, Any]) -> ArrayStorage:
    """Return how to store arrays, from the keywords that a caller gave.

    Raises
    ------
    ArgumentError
        If one is not known.
    """
    known = [option.name for option in fields(ArrayStorage)]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ArgumentError(
            f"Unknown keyword {', '.join(map(repr, unknown))}; arrays are stored by "
            f"{', '.join(known)}."
        )
    return ArrayStorage(**options)


def array_layouts(
    version: str, source: FieldInput, storage: ArrayStorage
) -> list[ArrayLayout]:
    """Return what the array of each level will look like.

    Raises
    ------
    MetadataError
        If shards are asked for in a version that has none.
    ShapeError, InvalidPathError
        If chunks, levels or codec make no sense.
    """
    codec = choose_codec(storage.codec, source.dtype)
    zarr_format = 2 if version == "0.4" else 3
    sharded = storage.shards or storage.chunks_per_shard is not None
    if sharded and zarr_format == 2:
        raise MetadataError("NGFF 0.4 has no shards; leave them out or write 0.5.")
    shapes: Sequence[tuple[int, ...]] = [level.shape for level in source.levels]
    if len(shapes) == 1:
        shapes = level_shapes(source.shape, storage.levels)
    return [
        ArrayLayout(
            path=str(number),
            shape=tuple(shape),
            names=tuple(axis.name for axis in source.metadata.axes),
            stored=source.metadata.stored,
            dtype=source.dtype,
            chunk=choose_chunk(shape, storage.chunks, whole=zarr_format == 2),
            codec=codec,
            zarr_format=zarr_format,
            sharded=zarr_format == 3 and storage.shards is not False,
            per_shard=choose_shard(source.dims, storage.chunks_per_shard),
        )
        for number, shape in enumerate(shapes)
    ]
