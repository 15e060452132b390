"""Arrays of text, as tables have them, from one Zarr format into the other.

Text of any length, and text or bytes of a fixed one (``<U4``, as spatialdata writes).
Their chunks hold the same bytes in both formats, so nothing is decoded: zarr's way for
the first in Zarr v2 are Python objects, which are never made here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from hcs.errors import UnsafeDataError
from hcs.ngff.document import parse_json, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hcs.stores.store import PlateStore

_SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")


_FIXED = re.compile(r"([<>])U([1-9]\d{0,6})|\|S([1-9]\d{0,6})")
_UTF32, _BYTES = "fixed_length_utf32", "null_terminated_bytes"
_ENDIAN = {"<": "little", ">": "big"}


@dataclass(frozen=True, slots=True)
class _TextType:
    """How both formats spell one type of text."""

    dtype: str
    data_type: Any
    filters: list[dict[str, Any]] | None
    """Of Zarr v2."""

    codec: dict[str, Any]
    """The first one of Zarr v3."""


_ANY_LENGTH = _TextType("|O", "string", [{"id": "vlen-utf8"}], {"name": "vlen-utf8"})


def _fixed(order: str, characters: int) -> _TextType:
    """Return text of so many characters; bytes where there is no order of them."""
    if not order:
        length = characters
        codec: dict[str, Any] = {"name": "bytes"}
        dtype, name = f"|S{characters}", _BYTES
    else:
        length = 4 * characters
        codec = {"name": "bytes", "configuration": {"endian": _ENDIAN[order]}}
        dtype, name = f"{order}U{characters}", _UTF32
    kind = {"name": name, "configuration": {"length_bytes": length}}
    return _TextType(dtype, kind, None, codec)


def is_text(document: Mapping[str, Any]) -> bool:
    """Whether an array document is one of text, and of nothing else."""
    return _text_type(document) is not None


def _text_type(document: Mapping[str, Any]) -> _TextType | None:
    if document.get("zarr_format") == 2:
        dtype, filters = document.get("dtype"), document.get("filters")
        if dtype == "|O" and filters == _ANY_LENGTH.filters:
            return _ANY_LENGTH
        match = _FIXED.fullmatch(dtype) if isinstance(dtype, str) else None
        if match is None or filters or document.get("order") != "C":
            return None
        return _fixed(match[1] or "", int(match[2] or match[3]))
    kind = document.get("data_type")
    name = kind.get("name") if isinstance(kind, dict) else kind
    if name == "string":
        return _ANY_LENGTH
    configuration = kind.get("configuration") if isinstance(kind, dict) else None
    length = (configuration or {}).get("length_bytes")
    if name not in (_UTF32, _BYTES) or type(length) is not int or length < 1:
        return None
    orders = [""] if name == _BYTES else list(_ENDIAN)
    types = [_fixed(order, length // (4 if order else 1)) for order in orders]
    codecs = document.get("codecs")
    first = codecs[0] if isinstance(codecs, list) and codecs else None
    return next((text for text in types if text.codec == first), None)


def convert_text(
    store: PlateStore, key: str, document: Mapping[str, Any]
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a text array in the other Zarr format, by key below it.

    Raises
    ------
    UnsafeDataError
        If it is compressed in a way that the other format does not know.
    """
    where = store.where(key)
    text = _text_type(document)
    assert text is not None  # noqa: S101  (`is_text` looked)
    if document.get("zarr_format") == 2:
        yield from _to_v3(store, key, document, text, where)
    else:
        yield from _to_v2(store, key, document, text, where)


def _to_v3(
    store: PlateStore,
    key: str,
    document: Mapping[str, Any],
    text: _TextType,
    where: str,
) -> Iterator[tuple[str, bytes]]:
    data = store.read(f"{key}/.zattrs")
    attributes = parse_json(data, where) if data else {}
    dims = attributes.pop("_ARRAY_DIMENSIONS", None)
    new: dict[str, Any] = {
        "shape": document["shape"],
        "data_type": text.data_type,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": document["chunks"]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": document.get("fill_value") or "",
        "codecs": [
            text.codec,
            *_v3_compressor(document.get("compressor"), where),
        ],
        "attributes": attributes,
        "zarr_format": 3,
        "node_type": "array",
    }
    if dims:
        new["dimension_names"] = dims
    separator = document.get("dimension_separator", ".")
    for position in _grid(document["shape"], document["chunks"]):
        chunk = store.fetch(f"{key}/{separator.join(position) or '0'}")
        if chunk is not None:
            yield "/".join(("c", *position)), chunk
    yield "zarr.json", to_bytes(new)


def _to_v2(
    store: PlateStore,
    key: str,
    document: Mapping[str, Any],
    text: _TextType,
    where: str,
) -> Iterator[tuple[str, bytes]]:
    codecs = [codec for codec in document["codecs"] if codec != text.codec]
    chunks = document["chunk_grid"]["configuration"]["chunk_shape"]
    attributes = dict(document.get("attributes") or {})
    if any(document.get("dimension_names") or ()):
        attributes["_ARRAY_DIMENSIONS"] = document["dimension_names"]
    new = {
        "chunks": chunks,
        "compressor": _v2_compressor(codecs, where),
        "dimension_separator": "/",
        "dtype": text.dtype,
        "fill_value": document.get("fill_value") or "",
        "filters": text.filters,
        "order": "C",
        "shape": document["shape"],
        "zarr_format": 2,
    }
    for position in _grid(document["shape"], chunks):
        chunk = store.fetch("/".join((key, "c", *position)))
        if chunk is not None:
            yield "/".join(position) or "0", chunk
    yield ".zattrs", to_bytes(attributes)
    yield ".zarray", to_bytes(new)


def _grid(shape: list[int], chunks: list[int]) -> Iterator[tuple[str, ...]]:
    counts = [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]
    for position in product(*map(range, counts)):
        yield tuple(map(str, position))


def _v3_compressor(compressor: Any, where: str) -> list[dict[str, Any]]:
    if compressor is None:
        return []
    kind = compressor.get("id") if isinstance(compressor, dict) else compressor
    if kind == "blosc":
        return [
            {
                "name": "blosc",
                "configuration": {
                    "typesize": 1,
                    "cname": compressor["cname"],
                    "clevel": compressor["clevel"],
                    "shuffle": _SHUFFLES[max(int(compressor.get("shuffle", 1)), 0)],
                    "blocksize": compressor.get("blocksize", 0),
                },
            }
        ]
    if kind == "zstd":
        level = {"level": compressor.get("level", 0), "checksum": False}
        return [{"name": "zstd", "configuration": level}]
    if kind == "gzip":
        return [
            {"name": "gzip", "configuration": {"level": compressor.get("level", 1)}}
        ]
    raise _unknown(kind, where)


def _v2_compressor(codecs: list[Any], where: str) -> dict[str, Any] | None:
    if not codecs:
        return None
    kind = codecs[0].get("name") if isinstance(codecs[0], dict) else codecs[0]
    if len(codecs) > 1 or kind not in ("blosc", "zstd", "gzip"):
        raise _unknown(kind, where)
    options = codecs[0].get("configuration", {})
    if kind != "blosc":
        return {"id": kind, "level": options.get("level", 1)}
    return {
        "id": "blosc",
        "cname": options["cname"],
        "clevel": options["clevel"],
        "shuffle": _SHUFFLES.index(options.get("shuffle", "noshuffle")),
        "blocksize": options.get("blocksize", 0),
    }


def _unknown(kind: object, where: str) -> UnsafeDataError:
    return UnsafeDataError(
        f"{where} is text compressed by {kind!r}; converted are blosc, zstd and gzip."
    )
