"""Arrays of text, as tables have them, from one Zarr format into the other.

Their chunks hold the same bytes in both formats, so nothing is decoded: zarr's way for
them in Zarr v2 are Python objects, which are never made here.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from hcs.errors import UnsafeDataError
from hcs.ngff import spec
from hcs.ngff.document import to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hcs.stores.store import PlateStore

_SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")


def is_text(document: Mapping[str, Any]) -> bool:
    """Whether an array document is one of text, and of nothing else."""
    if document.get("zarr_format") == 2:
        filters = document.get("filters")
        return document.get("dtype") == "|O" and filters == [{"id": "vlen-utf8"}]
    name = document.get("data_type")
    return (name.get("name") if isinstance(name, dict) else name) == "string"


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
    if document.get("zarr_format") == 2:
        yield from _to_v3(store, key, document, where)
    else:
        yield from _to_v2(store, key, document, where)


def _to_v3(
    store: PlateStore, key: str, document: Mapping[str, Any], where: str
) -> Iterator[tuple[str, bytes]]:
    data = store.read(f"{key}/.zattrs")
    attributes = spec.parse_json(data, where) if data else {}
    dims = attributes.pop("_ARRAY_DIMENSIONS", None)
    new: dict[str, Any] = {
        "shape": document["shape"],
        "data_type": "string",
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": document["chunks"]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "",
        "codecs": [
            {"name": "vlen-utf8"},
            *_v3_compressor(document.get("compressor"), where),
        ],
        "attributes": attributes,
        "zarr_format": 3,
        "node_type": "array",
    }
    if dims:
        new["dimension_names"] = dims
    separator = document.get("dimension_separator", ".")
    for place in _grid(document["shape"], document["chunks"]):
        found = store.fetch(f"{key}/{separator.join(place) or '0'}")
        if found is not None:
            yield "/".join(("c", *place)), found
    yield "zarr.json", to_bytes(new)


def _to_v2(
    store: PlateStore, key: str, document: Mapping[str, Any], where: str
) -> Iterator[tuple[str, bytes]]:
    codecs = [one for one in document["codecs"] if one.get("name") != "vlen-utf8"]
    chunks = document["chunk_grid"]["configuration"]["chunk_shape"]
    attributes = dict(document.get("attributes") or {})
    if any(document.get("dimension_names") or ()):
        attributes["_ARRAY_DIMENSIONS"] = document["dimension_names"]
    new = {
        "chunks": chunks,
        "compressor": _v2_compressor(codecs, where),
        "dimension_separator": "/",
        "dtype": "|O",
        "fill_value": "",
        "filters": [{"id": "vlen-utf8"}],
        "order": "C",
        "shape": document["shape"],
        "zarr_format": 2,
    }
    for place in _grid(document["shape"], chunks):
        found = store.fetch("/".join((key, "c", *place)))
        if found is not None:
            yield "/".join(place) or "0", found
    yield ".zattrs", to_bytes(attributes)
    yield ".zarray", to_bytes(new)


def _grid(shape: list[int], chunks: list[int]) -> Iterator[tuple[str, ...]]:
    counts = [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]
    for place in product(*map(range, counts)):
        yield tuple(map(str, place))


def _v3_compressor(found: Any, where: str) -> list[dict[str, Any]]:
    if found is None:
        return []
    kind = found.get("id") if isinstance(found, dict) else found
    if kind == "blosc":
        return [
            {
                "name": "blosc",
                "configuration": {
                    "typesize": 1,
                    "cname": found["cname"],
                    "clevel": found["clevel"],
                    "shuffle": _SHUFFLES[max(int(found.get("shuffle", 1)), 0)],
                    "blocksize": found.get("blocksize", 0),
                },
            }
        ]
    if kind == "zstd":
        level = {"level": found.get("level", 0), "checksum": False}
        return [{"name": "zstd", "configuration": level}]
    if kind == "gzip":
        return [{"name": "gzip", "configuration": {"level": found.get("level", 1)}}]
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
