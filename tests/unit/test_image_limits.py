"""What is refused before a pixel is decoded or allocated."""

from __future__ import annotations

import gzip
import json
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import hcs
from hcs.errors import (
    CorruptDataError,
    HCSError,
    MetadataError,
    UnsafeDataError,
)
from hcs.stores.array import ArraySpec
from tests import strategies

if TYPE_CHECKING:
    from collections.abc import Callable

V2: dict[str, Any] = {
    "zarr_format": 2,
    "shape": [8, 8],
    "chunks": [4, 4],
    "dtype": "<u2",
    "compressor": None,
    "filters": None,
    "fill_value": 0,
    "order": "C",
}
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
V3: dict[str, Any] = {
    "zarr_format": 3,
    "node_type": "array",
    "shape": [8, 8],
    "data_type": "uint16",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 4]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": 0,
    "codecs": [BYTES],
    "attributes": {},
}


def sharded(
    codecs: Any = None, inner: Any = None, index: Any = None, **rest: Any
) -> dict[str, Any]:
    configuration = {
        "chunk_shape": inner or [2, 2],
        "codecs": codecs or [BYTES],
        "index_codecs": index or [BYTES, {"name": "crc32c"}],
        "index_location": "end",
        **rest,
    }
    return {
        **V3,
        "codecs": [{"name": "sharding_indexed", "configuration": configuration}],
    }


@pytest.mark.parametrize(
    "dtype",
    [
        "|O",
        "<U4",
        "|S8",
        "<M8[s]",
        "<c8",
        "|V4",
        "<f16",
        "<u3",
        [["a", "<u2"]],
        None,
        2,
    ],
)
def test_types_that_are_no_plain_numbers_are_refused(dtype: Any) -> None:
    with pytest.raises(UnsafeDataError, match=r"p/\.zarray has the data type"):
        ArraySpec.from_document({**V2, "dtype": dtype}, "p/.zarray")
    with pytest.raises(UnsafeDataError, match="data type"):
        ArraySpec.from_document({**V3, "data_type": dtype}, "p/zarr.json")


@pytest.mark.parametrize("codec", ["pickle", "vlen-utf8", "json2", "my_codec", None, 3])
def test_case_15_codecs_that_are_not_known_are_refused_by_name(codec: Any) -> None:
    for part in ({"compressor": {"id": codec}}, {"filters": [{"id": codec}]}):
        with pytest.raises(UnsafeDataError, match=f"codec {codec!r}"):
            ArraySpec.from_document({**V2, **part}, "here")
    if isinstance(codec, str):
        for name in (codec, f"numcodecs.{codec}"):
            steps = [BYTES, {"name": name}]
            for document in ({**V3, "codecs": steps}, sharded(steps)):
                with pytest.raises(UnsafeDataError, match=f"codec '{name}'"):
                    ArraySpec.from_document(document, "here")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param({**V2, "chunks": [2**40, 2**40]}, "bytes each", id="v2 chunk"),
        pytest.param(
            {**V2, "compressor": {"id": "zstd"}, "filters": [{"id": "zlib"}]},
            "compresses twice",
            id="twice",
        ),
        pytest.param(
            {**V3, "codecs": [BYTES, {"name": "zstd"}, {"name": "gzip"}]},
            "compresses twice",
            id="v3 twice",
        ),
        pytest.param(
            {
                **sharded(inner=[1, 1]),
                "chunk_grid": {
                    "name": "regular",
                    "configuration": {"chunk_shape": [2**20, 2**20]},
                },
            },
            "chunks in a shard",
            id="index",
        ),
        pytest.param(
            sharded(index=[BYTES, {"name": "gzip"}]), "index codecs", id="index codec"
        ),
        pytest.param(
            {**V3, "codecs": [*sharded()["codecs"], {"name": "gzip"}]},
            "around its shards",
            id="around shards",
        ),
    ],
)
def test_what_would_take_all_memory_is_refused(
    document: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnsafeDataError, match=message):
        ArraySpec.from_document(document, "here")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**V2, "zarr_format": 4}, id="format"),
        pytest.param({**V2, "shape": None}, id="no shape"),
        pytest.param({**V2, "shape": [8, -1]}, id="negative"),
        pytest.param({**V2, "shape": [8, True]}, id="boolean"),
        pytest.param({**V2, "shape": [8, 10**30]}, id="beyond 64 bits"),
        pytest.param({**V2, "chunks": [4, 0]}, id="empty chunk"),
        pytest.param({**V2, "chunks": [4]}, id="fewer chunk axes"),
        pytest.param({**V2, "shape": [1] * 99, "chunks": [1] * 99}, id="99 axes"),
        pytest.param({**V2, "filters": "delta"}, id="filters text"),
        pytest.param({**V3, "node_type": "group"}, id="a group"),
        pytest.param({**V3, "codecs": []}, id="no codecs"),
        pytest.param({**V3, "codecs": [{}]}, id="codec without name"),
        pytest.param({**V3, "chunk_grid": {"name": "odd"}}, id="grid"),
        pytest.param(sharded(inner=[3, 2]), id="parts of chunks in shards"),
    ],
)
def test_what_cannot_be_an_array_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(MetadataError, match="here"):
        ArraySpec.from_document(document, "here")


@settings(max_examples=300)
@given(st.sampled_from([V2, V3, sharded()]).flatmap(strategies.mutated))
def test_a_mutated_array_document_gives_a_value_or_our_error(document: Any) -> None:
    if not isinstance(document, dict):
        return
    try:
        spec = ArraySpec.from_document(document, "here")
    except HCSError:
        return
    assert spec.nbytes >= 0


@settings(max_examples=200)
@given(st.sampled_from([V2, V3, sharded()]).flatmap(strategies.mutated))
def test_reading_a_mutated_array_gives_pixels_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    if not isinstance(document, dict) or document.get("zarr_format") not in (2, 3):
        return
    path = tmp_path_factory.mktemp("mutated")
    try:
        data = image(path / "p", document)
        assert np.asarray(data).shape == data.shape
    except HCSError:
        pass


# --- whole arrays --------------------------------------------------------------------


def image(path: Path, document: dict[str, Any], chunk: bytes | None = None) -> Any:
    """Return the array of an image whose document and first chunk are given."""
    old = document["zarr_format"] == 2
    shape = document.get("shape")
    count = len(shape) if isinstance(shape, list) and len(shape) in range(2, 6) else 2
    scale = {"type": "scale", "scale": [1.0] * count}
    multiscale = {
        "axes": [{"name": name} for name in "tczyx"[5 - count :]],
        "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
    }
    (path / "0").mkdir(parents=True)
    if old:
        (path / ".zgroup").write_text('{"zarr_format": 2}')
        (path / ".zattrs").write_text(json.dumps({"multiscales": [multiscale]}))
        (path / "0" / ".zarray").write_text(json.dumps(document))
    else:
        group = {"version": "0.5", "multiscales": [multiscale]}
        (path / "zarr.json").write_text(
            json.dumps(
                {
                    "zarr_format": 3,
                    "node_type": "group",
                    "attributes": {"ome": group},
                }
            )
        )
        (path / "0" / "zarr.json").write_text(json.dumps(document))
    if chunk is not None:
        place = path / "0" / ("0.0" if old else "c/0/0")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(chunk)
    return hcs.from_ome_zarr(path).images[0].data


def test_case_16_an_absurd_shape_is_refused_before_memory_is_taken(
    tmp_path: Path,
) -> None:
    data = image(tmp_path / "p", {**V2, "shape": [10**9, 10**9]})
    assert data.shape == (10**9, 10**9)
    tracemalloc.start()
    with pytest.raises(UnsafeDataError, match="at most 4294967296 are read at once"):
        np.asarray(data)
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()
    assert data[10**8, 10**8] == 0, "a part of it can be read"


def test_more_chunks_than_can_be_read_are_refused(tmp_path: Path) -> None:
    data = image(tmp_path / "p", {**V2, "shape": [2000, 2000], "chunks": [1, 1]})
    with pytest.raises(UnsafeDataError, match="4000000 chunks"):
        data[...]


def test_the_limit_of_a_read_can_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = image(tmp_path / "p", V2)
    monkeypatch.setattr(hcs.config, "max_read_bytes", 100)
    with pytest.raises(UnsafeDataError, match=r"config\.max_read_bytes"):
        data[...]
    assert data[:4, :4].shape == (4, 4)


def test_case_14_a_pickle_codec_runs_nothing(tmp_path: Path) -> None:
    evil = b"cos\nmkdir\n(S'" + str(tmp_path / "ran").encode() + b"'\ntR."
    document = {
        **V2,
        "dtype": "|O",
        "filters": [{"id": "vlen-utf8"}, {"id": "pickle"}],
        "fill_value": "",
    }
    data = image(tmp_path / "p", document, evil)
    with pytest.raises(UnsafeDataError, match=r"\|O"):
        data[...]
    assert not (tmp_path / "ran").exists()


def test_zarr_itself_gets_no_unsafe_array_from_our_store(tmp_path: Path) -> None:
    path = tmp_path / "p"
    image(path, {**V2, "dtype": "|O", "filters": [{"id": "pickle"}]}, b"x")
    store = hcs.open_store(path).zarr_store()
    with pytest.raises(UnsafeDataError, match="data type"):
        zarr.open_array(store, path="0", mode="r")


PIXELS = np.arange(16, dtype="u2").reshape(4, 4)
BOMB = bytes(300 << 20)


def _blosc(size: int, block: int = 32) -> bytes:
    data = bytearray(numcodecs.Blosc().encode(PIXELS))
    struct.pack_into("<II", data, 4, size, block)
    return bytes(data)


def _zstd_stream(count: int) -> bytes:
    """Return a frame without a content size: `count` blocks of 128 KiB of zeros."""
    block = ((128 << 10) << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (1 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd" + b"\x00\x58" + block * count + last


@pytest.mark.parametrize(
    ("compressor", "chunk"),
    [
        pytest.param({"id": "blosc"}, lambda: _blosc(2**31), id="blosc size"),
        pytest.param({"id": "blosc"}, lambda: _blosc(32, 2**30), id="blosc block"),
        pytest.param(
            {"id": "zstd"}, lambda: numcodecs.Zstd().encode(BOMB), id="zstd bomb"
        ),
        pytest.param({"id": "zstd"}, lambda: _zstd_stream(3000), id="zstd stream"),
        pytest.param({"id": "gzip"}, lambda: gzip.compress(BOMB, 1), id="gzip bomb"),
        pytest.param(
            {"id": "gzip"},
            lambda: gzip.compress(b"a") + gzip.compress(BOMB, 1),
            id="gzip of two members",
        ),
        pytest.param({"id": "zlib"}, lambda: zlib.compress(BOMB, 1), id="zlib bomb"),
        pytest.param(
            {"id": "lz4"}, lambda: struct.pack("<I", 2**31 - 1) + b"x", id="lz4 size"
        ),
        pytest.param(
            {"id": "bz2"}, lambda: numcodecs.BZ2(1).encode(BOMB[: 50 << 20]), id="bz2"
        ),
        pytest.param(
            {"id": "lzma"},
            lambda: numcodecs.LZMA(preset=0).encode(BOMB[: 50 << 20]),
            id="lzma",
        ),
    ],
)
def test_case_17_a_chunk_that_would_decode_to_more_than_its_array_says_is_refused(
    tmp_path: Path, compressor: dict[str, str], chunk: Callable[[], bytes]
) -> None:
    data = image(tmp_path / "p", {**V2, "compressor": compressor}, chunk())
    assert data.shape == (8, 8)
    tracemalloc.start()
    with pytest.raises(UnsafeDataError, match="would decode to"):
        data[...]
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()
    assert (data[4:, 4:] == 0).all(), "the other chunks can be read"


@pytest.mark.parametrize(
    "compressor",
    [
        None,
        {"id": "blosc"},
        {"id": "zstd"},
        {"id": "gzip"},
        {"id": "zlib"},
        {"id": "lz4"},
        {"id": "bz2"},
        {"id": "lzma"},
    ],
    ids=lambda config: config["id"] if config else "none",
)
@pytest.mark.parametrize("damage", ["empty", "cut off", "garbage", "whole"])
def test_case_18_a_damaged_chunk_is_an_error_of_its_own_field(
    tmp_path: Path, compressor: dict[str, str] | None, damage: str
) -> None:
    codec = numcodecs.get_codec(compressor) if compressor else None
    whole = bytes(codec.encode(PIXELS)) if codec else PIXELS.tobytes()
    chunk = {
        "empty": b"",
        "cut off": whole[: len(whole) // 2],
        "garbage": bytes(range(7, 47)),
        "whole": whole,
    }[damage]
    data = image(tmp_path / "p", {**V2, "compressor": compressor}, chunk)
    if damage == "whole":
        assert (data[:4, :4] == PIXELS).all()
        return
    with pytest.raises((CorruptDataError, UnsafeDataError), match="p/0"):
        data[...]


def test_a_frame_of_unknown_size_is_read(tmp_path: Path) -> None:
    """Streaming encoders leave the content size out; zarr-python reads such chunks."""
    raw = PIXELS.tobytes()
    block = (len(raw) << 3 | 1).to_bytes(3, "little") + raw
    frame = b"\x28\xb5\x2f\xfd" + b"\x00\x58" + block
    document = {**V2, "compressor": {"id": "zstd", "level": 1}}
    assert (image(tmp_path / "p", document, frame)[:4, :4] == PIXELS).all()


def _shard(chunks: dict[int, bytes], index: bytes | None = None) -> bytes:
    """Return a shard of 2 x 2 chunks without checksum of its index."""
    body, entries = b"", []
    for number in range(4):
        part = chunks.get(number)
        entries += [len(body), len(part)] if part is not None else [2**64 - 1] * 2
        body += part or b""
    return body + (struct.pack("<8Q", *entries) if index is None else index)


ZSTD = [BYTES, {"name": "zstd", "configuration": {"level": 1, "checksum": False}}]


@pytest.mark.parametrize(
    ("shard", "message"),
    [
        pytest.param(
            lambda: _shard({0: numcodecs.Zstd().encode(BOMB[: 100 << 20])}),
            "would decode to 104857600",
            id="bomb",
        ),
        pytest.param(lambda: b"short", "p/0", id="no index"),
        pytest.param(
            lambda: _shard({0: b"x" * 8}, struct.pack("<8Q", *[2**40, 8] * 4)),
            "p/0",
            id="index beyond the end",
        ),
        pytest.param(lambda: _shard({0: b"x" * 8}), "not zstd", id="garbage"),
    ],
)
@pytest.mark.parametrize("region", ["all", "one"])
def test_a_shard_is_checked_as_its_chunks_are(
    tmp_path: Path, shard: Callable[[], bytes], message: str, region: str
) -> None:
    document = sharded(ZSTD, index=[BYTES])
    data = image(tmp_path / "p", document, shard())
    with pytest.raises((CorruptDataError, UnsafeDataError), match=message):
        data[...] if region == "all" else data[:2, :2]


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards_are_read_whole_and_in_part(tmp_path: Path, location: str) -> None:
    path = tmp_path / "p"
    pixels = np.arange(64, dtype="u2").reshape(8, 8)
    image(path, {**V3})
    array = zarr.create_array(
        path / "0",
        shape=(8, 8),
        dtype="u2",
        chunks=(2, 2),
        shards={"shape": (4, 4), "index_location": location},
        overwrite=True,
    )
    array[:] = pixels
    data = hcs.from_ome_zarr(path).images[0].data
    assert (data[...] == pixels).all()
    assert (data[1:3, 5:7] == pixels[1:3, 5:7]).all()
    assert data.chunksize == (2, 2)
