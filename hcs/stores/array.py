"""What an array document says, checked before a byte of the array is decoded.

Only plain numbers and known codecs pass, in chunks that fit into memory. The headers of
compressed chunks are in `hcs.stores.chunk`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import MetadataError, UnsafeDataError
from hcs.stores.codecs import CHECKSUMS, COMPRESSORS, FILTERS
from hcs.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

CHUNK_BYTES_LIMIT = 1 << 30
"""Largest decoded chunk in bytes; a camera's whole frame has some 10 MB."""

SHARD_CHUNKS_LIMIT = 1 << 22
"""Most chunks in one shard; its index then has 64 MiB."""

DIMENSIONS_LIMIT = 32
"""numpy 1 ends here; images have 2 to 5."""

_V2_DTYPE = re.compile(r"[<>|=]?(?:(b)(1)|([iu])([1248])|(f)([248]))")
_V3_DTYPES = {
    "bool": "|b1",
    **{f"int{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"uint{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    **{f"float{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}


@dataclass(frozen=True, slots=True, eq=False)
class ArraySpec:
    """One array: shape, type, chunks and codecs."""

    zarr_format: int
    shape: tuple[int, ...]
    dtype: str
    """As numpy spells it, for example ``"<u2"``."""

    chunks: tuple[int, ...]
    """Shape of what one key holds: a chunk, or a shard of chunks."""

    inner_chunks: tuple[int, ...] | None
    """Shape of the chunks inside a shard; None where there are no shards."""

    index_at_start: bool
    index_bytes: int
    """Size of the index of a shard, 0 without shards."""

    codecs: tuple[str, ...]
    """Names of the codecs of one (inner) chunk, in the order of encoding."""

    document: Mapping[str, Any]
    """The document itself, for the engine that decodes."""

    @property
    def itemsize(self) -> int:
        """Bytes of one pixel."""
        return int(self.dtype[2:])

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array, decoded."""
        return math.prod(self.shape) * self.itemsize

    @property
    def read_chunks(self) -> tuple[int, ...]:
        """Shape of the smallest part that can be decoded."""
        return self.chunks if self.inner_chunks is None else self.inner_chunks

    @classmethod
    def from_document(cls, document: Mapping[str, Any], where: str) -> ArraySpec:
        """Return the checked content of ``.zarray`` or of an array's ``zarr.json``.

        Raises
        ------
        UnsafeDataError
            If the type is not a plain number, a codec is not known to be harmless, or
            a chunk is too large.
        MetadataError
            If something is missing or of a wrong type.
        """
        zarr_format = document.get("zarr_format")
        if zarr_format == 2:
            return _from_v2(document, where)
        if zarr_format == 3:
            return _from_v3(document, where)
        raise MetadataError(
            f"{where} has zarr_format {zarr_format!r}; expected 2 or 3."
        )

    def check_chunk(
        self, data: bytes, where: str, start: int = 0, length: int | None = None
    ) -> None:
        """Check bytes of a key before they are decoded."""
        # Loads a decoder of each kind, which what only looks at documents need not pay.
        from hcs.stores.chunk import check_chunk

        check_chunk(self, data, where, start, length)


# --- Zarr v2 -------------------------------------------------------------------------


def _from_v2(document: Mapping[str, Any], where: str) -> ArraySpec:
    dtype = document.get("dtype")
    match = _V2_DTYPE.fullmatch(dtype) if isinstance(dtype, str) else None
    if match is None or not isinstance(dtype, str):
        raise _dtype_error(dtype, where)
    kind, size = (part for part in match.groups() if part)
    order = "|" if size == "1" else ("<" if dtype[0] not in "<>" else dtype[0])
    filters = document.get("filters") or []
    if not isinstance(filters, list):
        raise MetadataError(f"{where} has filters {excerpt(filters)}; expected a list.")
    compressor = document.get("compressor")
    steps = [*filters, *([] if compressor is None else [compressor])]
    codecs = tuple(
        _codec_name(step.get("id") if isinstance(step, dict) else step, where)
        for step in steps
    )
    shape, chunks = _shapes(document.get("shape"), document.get("chunks"), where)
    spec = ArraySpec(
        zarr_format=2,
        shape=shape,
        dtype=f"{order}{kind}{size}",
        chunks=chunks,
        inner_chunks=None,
        index_at_start=False,
        index_bytes=0,
        codecs=codecs,
        document=document,
    )
    return _checked(spec, where)


# --- Zarr v3 -------------------------------------------------------------------------


def _from_v3(document: Mapping[str, Any], where: str) -> ArraySpec:
    if document.get("node_type") != "array":
        raise MetadataError(
            f"{where} is a {document.get('node_type')!r}; a level must be an array."
        )
    data_type = document.get("data_type")
    dtype = _V3_DTYPES.get(data_type) if isinstance(data_type, str) else None
    if dtype is None:
        raise _dtype_error(data_type, where)
    grid = document.get("chunk_grid")
    if not isinstance(grid, dict) or grid.get("name") != "regular":
        raise MetadataError(
            f"{where} has the chunk grid {excerpt(grid)}; expected regular."
        )
    shape, chunks = _shapes(
        document.get("shape"), _configuration(grid).get("chunk_shape"), where
    )
    steps = _steps(document.get("codecs"), where)
    inner, index_at_start, index_bytes = None, False, 0
    if any(name == "sharding_indexed" for name, _ in steps):
        if len(steps) != 1:
            raise UnsafeDataError(
                f"{where} has codecs around its shards; only whole shards are read."
            )
        sharding = steps[0][1]
        _, inner = _shapes(shape, sharding.get("chunk_shape"), where)
        index_at_start = sharding.get("index_location") == "start"
        index_bytes = _index_bytes(chunks, inner, sharding, where)
        steps = _steps(sharding.get("codecs"), where)
    spec = ArraySpec(
        zarr_format=3,
        shape=shape,
        dtype=f"|{dtype[1:]}" if dtype.endswith("1") else dtype,
        chunks=chunks,
        inner_chunks=inner,
        index_at_start=index_at_start,
        index_bytes=index_bytes,
        codecs=tuple(
            _codec_name(name, where) for name, _ in steps if name not in _PLAIN
        ),
        document=document,
    )
    return _checked(spec, where)


_PLAIN = ("bytes", "transpose")
"""Codecs of Zarr v3 that neither change sizes nor values."""


def _steps(codecs: object, where: str) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(codecs, list) or not codecs:
        raise MetadataError(f"{where} has codecs {excerpt(codecs)}; expected a list.")
    steps = []
    for step in codecs:
        name = step.get("name") if isinstance(step, dict) else step
        if not isinstance(name, str):
            raise MetadataError(
                f"{where} has the codec {excerpt(step)} without a name."
            )
        steps.append((name, _configuration(step) if isinstance(step, dict) else {}))
    return steps


def _configuration(step: Mapping[str, Any]) -> Mapping[str, Any]:
    configuration = step.get("configuration")
    return configuration if isinstance(configuration, dict) else {}


def _index_bytes(
    chunks: tuple[int, ...],
    inner: tuple[int, ...],
    sharding: Mapping[str, Any],
    where: str,
) -> int:
    if any(outer % part for outer, part in zip(chunks, inner, strict=True)):
        raise MetadataError(
            f"{where} has shards of {chunks} with chunks of {inner}; shards must hold "
            f"whole chunks."
        )
    count = math.prod(outer // part for outer, part in zip(chunks, inner, strict=True))
    if count > SHARD_CHUNKS_LIMIT:
        raise UnsafeDataError(
            f"{where} has {count} chunks in a shard; at most {SHARD_CHUNKS_LIMIT} are "
            f"read."
        )
    names = [name for name, _ in _steps(sharding.get("index_codecs"), where)]
    if not set(names) <= {"bytes", "crc32c"}:
        raise UnsafeDataError(
            f"{where} has the index codecs {names}; read are bytes and crc32c."
        )
    return 16 * count + 4 * names.count("crc32c")


# --- both ----------------------------------------------------------------------------


def _shapes(
    shape: object, chunks: object, where: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    for what, sizes, least in (("shape", shape, 0), ("chunk shape", chunks, 1)):
        if not isinstance(sizes, list | tuple) or not all(
            type(size) is int and least <= size < 1 << 63 for size in sizes
        ):
            raise MetadataError(
                f"{where} has the {what} {excerpt(sizes)}; expected integers "
                f">= {least}."
            )
    assert isinstance(shape, list | tuple)  # noqa: S101  (for the type checker)
    assert isinstance(chunks, list | tuple)  # noqa: S101
    if len(shape) != len(chunks) or len(shape) > DIMENSIONS_LIMIT:
        raise MetadataError(
            f"{where} has the shape {excerpt(shape)} with chunks of {excerpt(chunks)}; "
            f"expected the same number of dimensions, at most {DIMENSIONS_LIMIT}."
        )
    return tuple(shape), tuple(chunks)


def _codec_name(codec: object, where: str) -> str:
    name = codec.removeprefix("numcodecs.") if isinstance(codec, str) else ""
    if name in COMPRESSORS or name in CHECKSUMS or name in FILTERS:
        return name
    raise UnsafeDataError(
        f"{where} uses the codec {codec!r}, which is not decoded here; known are "
        f"{', '.join(sorted(COMPRESSORS | CHECKSUMS | FILTERS))}."
    )


def _checked(spec: ArraySpec, where: str) -> ArraySpec:
    size = math.prod(spec.read_chunks) * spec.itemsize
    if size > CHUNK_BYTES_LIMIT:
        raise UnsafeDataError(
            f"{where} has chunks of {spec.read_chunks}, {size} bytes each; at most "
            f"{CHUNK_BYTES_LIMIT} are decoded. Store the array in smaller chunks."
        )
    if sum(name in COMPRESSORS for name in spec.codecs) > 1:
        raise UnsafeDataError(
            f"{where} compresses twice ({', '.join(spec.codecs)}); that is not decoded."
        )
    return spec


def _dtype_error(dtype: object, where: str) -> UnsafeDataError:
    return UnsafeDataError(
        f"{where} has the data type {excerpt(dtype)}; only booleans, integers of 8 to "
        f"64 and floats of 16 to 64 bits are decoded."
    )
