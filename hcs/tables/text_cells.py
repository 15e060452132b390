"""Arrays of text inside tables, decoded here: zarr's way may make any Python object.

Text of any length has a layout of its own (vlen-utf8): how many texts a chunk has, then
each with its length before it, all in 32 bits. Fixed lengths are numpy's.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.errors import CorruptDataError, UnsafeDataError
from hcs.stores.chunk import refuse_size
from hcs.tables.table import MAX_CELLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.stores.store import PlateStore

_MOST_BYTES = 64 << 20
_EMPTY = (1 << 64) - 1
"""Offset and size of a chunk that is not there, in the index of a shard."""

_COMPRESSORS = ("blosc", "zstd", "gzip", "zlib", "lz4")


def read_text(store: PlateStore, key: str, document: Mapping[str, Any]) -> list[str]:
    """Return the texts of an array with one axis.

    Parameters
    ----------
    store, key
        Where the array is.
    document
        Its document, which `hcs.images.text_array.is_text` takes for one of text.

    Raises
    ------
    UnsafeDataError
        If it has several axes, is too large, or compressed in an unknown way.
    CorruptDataError
        If a chunk does not hold what it should.
    """
    where = store.where(key)
    old = document.get("zarr_format") == 2
    shape, chunks = document.get("shape"), _chunks(document)
    if not isinstance(shape, list) or len(shape) != 1 or len(chunks) != 1:
        raise UnsafeDataError(
            f"{where} is text of the shape {shape}; a column has one axis."
        )
    (size,), (step,) = shape, chunks
    codecs, kind = _codecs(document), _length(document)
    texts: list[str] = []
    for place in range(math.ceil(size / step)):
        name = f"{key}/{place}" if old else _chunk_key(key, document, place)
        data = store.fetch(name, limit=_MOST_BYTES)
        texts += (
            [""] * step if data is None else _chunk(data, codecs, kind, step, where)
        )
    return texts[:size]


def _chunks(document: Mapping[str, Any]) -> list[int]:
    if document.get("zarr_format") == 2:
        return list(document["chunks"])
    return list(document["chunk_grid"]["configuration"]["chunk_shape"])


def _chunk_key(key: str, document: Mapping[str, Any], place: int) -> str:
    encoding = document.get("chunk_key_encoding") or {}
    if encoding.get("name") == "v2":
        return f"{key}/{place}"
    separator = (encoding.get("configuration") or {}).get("separator", "/")
    return f"{key}/c{separator}{place}"


def _codecs(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the codecs of a text array as Zarr v3 spells them."""
    if document.get("zarr_format") != 2:
        return list(document["codecs"])
    dtype, compressor = document["dtype"], document.get("compressor")
    order = "big" if dtype.startswith(">") else "little"
    first = {"name": "vlen-utf8" if dtype == "|O" else "bytes"}
    first["configuration"] = {"endian": order}  # type: ignore[assignment]
    return [first, *([{"name": compressor.get("id")}] if compressor else [])]


def _length(document: Mapping[str, Any]) -> tuple[str, int]:
    """Return ``"U"`` or ``"S"`` and the bytes of texts of a fixed length."""
    kind = document.get("data_type")
    if isinstance(kind, dict):
        is_bytes = kind["name"] == "null_terminated_bytes"
        return "S" if is_bytes else "U", int(kind["configuration"]["length_bytes"])
    dtype = np.dtype(str(document.get("dtype", "|S1")).replace("|O", "|S1"))
    return dtype.kind, dtype.itemsize


def _chunk(
    data: bytes,
    codecs: Sequence[Mapping[str, Any]],
    kind: tuple[str, int],
    step: int,
    where: str,
) -> list[str]:
    """Return the texts of one chunk, which may be a shard of smaller ones."""
    import numcodecs

    first, *others = codecs
    if first["name"] == "sharding_indexed":
        return _shard(data, first["configuration"], kind, step, where)
    for codec in reversed(others):
        name = codec["name"]
        if name not in _COMPRESSORS:
            raise UnsafeDataError(
                f"{where} is text packed by {name!r}; read are "
                f"{', '.join(_COMPRESSORS)}."
            )
        refuse_size(name, data, _MOST_BYTES, where)
        data = bytes(numcodecs.get_codec({"id": name}).decode(data))
    if first["name"] == "vlen-utf8":
        return _variable(data, where)
    endian = (first.get("configuration") or {}).get("endian")
    return _fixed(data, kind, ">" if endian == "big" else "<", step, where)


def _shard(
    data: bytes,
    shard: Mapping[str, Any],
    kind: tuple[str, int],
    step: int,
    where: str,
) -> list[str]:
    (inner,) = shard["chunk_shape"]
    count = step // inner
    checks = sum(codec["name"] == "crc32c" for codec in shard["index_codecs"])
    length = 16 * count + 4 * checks
    at = 0 if shard.get("index_location") == "start" else len(data) - length
    if at < 0 or count > MAX_CELLS:
        raise CorruptDataError(f"A shard of {where} has {len(data)} bytes: too few.")
    numbers = struct.unpack_from(f"<{2 * count}Q", data, at)
    texts: list[str] = []
    for start, size in zip(numbers[::2], numbers[1::2], strict=True):
        if start == size == _EMPTY:
            texts += [""] * inner
        else:
            part = data[start : start + size]
            texts += _chunk(part, shard["codecs"], kind, inner, where)
    return texts


def _fixed(
    data: bytes, kind: tuple[str, int], order: str, step: int, where: str
) -> list[str]:
    letter, length = kind
    dtype = np.dtype(f"{order}U{length // 4}" if letter == "U" else f"|S{length}")
    if len(data) != step * dtype.itemsize:
        raise CorruptDataError(
            f"A chunk of {where} has {len(data)} bytes, expected "
            f"{step * dtype.itemsize}."
        )
    return [
        text.decode(errors="replace") if isinstance(text, bytes) else text
        for text in np.frombuffer(data, dtype).tolist()
    ]


def _variable(data: bytes, where: str) -> list[str]:
    try:
        (count,) = struct.unpack_from("<I", data)
        texts, at = [], 4
        for _ in range(count):
            (length,) = struct.unpack_from("<I", data, at)
            at += 4 + length
            if at > len(data):
                raise ValueError("a text is cut off")
            texts.append(data[at - length : at].decode())
    except (struct.error, ValueError) as error:
        raise CorruptDataError(f"A chunk of {where} is no text: {error}.") from error
    return texts
