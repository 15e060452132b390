"""Our encoder against zarr-python, which reads it and writes the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zarr.storage import LocalStore

from hcs.errors import InvalidPathError, ShapeError
from hcs.images.pyramid import level_shapes
from hcs.writing.encoding.array_layout import (
    ArrayLayout,
    choose_chunk,
    choose_shard,
)
from hcs.writing.encoding.codec import CODECS, choose_codec, crc32c
from hcs.writing.encoding.encode import encode_given, encode_levels
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.target import GroupSink

DTYPES = ["bool", "u1", "i1", "<u2", ">u2", "<i4", "<u8", "<f2", "<f4", ">f8"]


def _layout(
    pixels: np.ndarray,
    *,
    zarr_format: int = 3,
    sharded: bool = True,
    per_shard: object = None,
    chunk: tuple[int, int] | None = None,
    codec: str | None = None,
) -> ArrayLayout:
    dtype = pixels.dtype.newbyteorder("<")
    names = ("t", "c", "z", "y", "x")[-pixels.ndim :]
    return ArrayLayout(
        path="0",
        shape=pixels.shape,
        names=names,
        dtype=dtype,
        chunk=chunk or pixels.shape[-2:],
        codec=choose_codec(codec, dtype),
        zarr_format=zarr_format,
        sharded=sharded and zarr_format == 3,
        per_shard=choose_shard(names, per_shard),
    )


def _planes(pixels: np.ndarray) -> Any:
    return pixels.reshape(-1, *pixels.shape[-2:])


def _encode(path: Path, pixels: np.ndarray, layout: ArrayLayout) -> Any:
    target = DirectoryTarget(path, durable=False)
    target.make_root()
    return encode_given([_planes(pixels)], [layout], GroupSink(target, "image"))


def _read(path: Path, layout: ArrayLayout) -> np.ndarray:
    array = zarr.open_array(
        LocalStore(path, read_only=True),
        path="image/0",
        mode="r",
        zarr_format=layout.zarr_format,
    )
    return np.asarray(array[...])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_zarr_reads_every_array_back(
    data: st.DataObject, tmp_path_factory: Any
) -> None:
    shape = data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple))
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    pixels = (np.arange(np.prod(shape)).reshape(shape) % 200).astype(dtype)
    chunk = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    layout = _layout(
        pixels,
        zarr_format=data.draw(st.sampled_from([2, 3])),
        sharded=data.draw(st.booleans()),
        per_shard=data.draw(st.none() | st.integers(1, 4)),
        chunk=(min(chunk[0], shape[-2]), min(chunk[1], shape[-1])),
        codec=data.draw(st.sampled_from([None, *CODECS])),
    )
    path = tmp_path_factory.mktemp("array")
    _encode(path, pixels, layout)
    np.testing.assert_array_equal(_read(path, layout), pixels)


@pytest.mark.parametrize("codec", ["blosc-lz4", "zstd"])
@pytest.mark.parametrize(
    ("shape", "chunk"),
    [((3, 40, 50), (40, 50)), ((2, 40, 50), (40, 50)), ((100, 40), (30, 40))],
)
def test_shards_are_byte_for_byte_those_of_zarr(
    tmp_path: Path, codec: str, shape: tuple[int, ...], chunk: tuple[int, int]
) -> None:
    """Where one axis has several chunks; zarr-python orders others along a Z curve."""
    pixels = np.random.default_rng(0).integers(0, 999, shape).astype("u2")
    layout = _layout(pixels, chunk=chunk, codec=codec)
    _encode(tmp_path / "ours", pixels, layout)
    inner = (1,) * (len(shape) - 2) + chunk
    compressor = {
        "blosc-lz4": zarr.codecs.BloscCodec(
            typesize=2, cname="lz4", clevel=5, shuffle="bitshuffle"
        ),
        "zstd": zarr.codecs.ZstdCodec(level=3),
    }[codec]
    theirs = zarr.create_array(
        LocalStore(tmp_path / "theirs"),
        name="image/0",
        shape=shape,
        dtype="u2",
        chunks=inner,
        shards=tuple(
            -(-size // part) * part for size, part in zip(shape, inner, strict=True)
        ),
        compressors=compressor,
        dimension_names=layout.names,
        fill_value=0,
    )
    theirs[...] = pixels
    key = "image/0/c/" + "/".join("0" * len(shape))
    assert (tmp_path / "ours" / key).read_bytes() == (
        tmp_path / "theirs" / key
    ).read_bytes()
    ours, other = (
        json.loads((tmp_path / side / "image/0/zarr.json").read_bytes())
        for side in ("ours", "theirs")
    )
    assert ours == {**other, "attributes": {}, "storage_transformers": []}


def test_several_shards_are_byte_for_byte_those_of_zarr(tmp_path: Path) -> None:
    """Also those at the edges, which have room for more chunks than there are."""
    pixels = np.random.default_rng(0).integers(0, 999, (5, 8, 6)).astype("u2")
    layout = _layout(pixels, codec="zstd", per_shard={"z": 2})
    _encode(tmp_path / "ours", pixels, layout)
    theirs = zarr.create_array(
        LocalStore(tmp_path / "theirs"),
        name="image/0",
        shape=pixels.shape,
        dtype="u2",
        chunks=(1, 8, 6),
        shards=(2, 8, 6),
        compressors=zarr.codecs.ZstdCodec(level=3),
        dimension_names=layout.names,
        fill_value=0,
    )
    theirs[...] = pixels
    for number in range(3):
        key = f"image/0/c/{number}/0/0"
        ours, other = (
            (tmp_path / side / key).read_bytes() for side in ("ours", "theirs")
        )
        assert ours == other
    ours, other = (
        json.loads((tmp_path / side / "image/0/zarr.json").read_bytes())
        for side in ("ours", "theirs")
    )
    assert ours["chunk_grid"] == other["chunk_grid"]
    assert ours["codecs"] == other["codecs"]


@pytest.mark.parametrize(
    ("chunks_per_shard", "expected"),
    [
        (None, None),
        (3, (3, 3, 3)),
        ((1, 2, 3), (1, 2, 3)),
        ({"c": 2, "x": 4}, (2, 1, 4)),
    ],
)
def test_chunks_of_a_shard_are_given_as_ngff_zarr_takes_them(
    chunks_per_shard: object, expected: tuple[int, ...] | None
) -> None:
    assert choose_shard(("c", "y", "x"), chunks_per_shard) == expected


@pytest.mark.parametrize("chunks_per_shard", [0, True, (1, 2), {"q": 2}, "many", 1.5])
def test_shards_that_make_no_sense_are_refused(chunks_per_shard: object) -> None:
    with pytest.raises(ShapeError, match="one for each of the axes c, y, x"):
        choose_shard(("c", "y", "x"), chunks_per_shard)


def test_a_level_of_zarr_v3_is_two_files(tmp_path: Path) -> None:
    pixels = np.ones((2, 3, 600, 700), "u2")
    target = DirectoryTarget(tmp_path, durable=False)
    layouts = [
        ArrayLayout(
            path=str(number),
            shape=shape,
            names=("c", "z", "y", "x"),
            dtype=np.dtype("u2"),
            chunk=shape[-2:],
            codec=choose_codec(None, "u2"),
            zarr_format=3,
            sharded=True,
        )
        for number, shape in enumerate(level_shapes(pixels.shape))
    ]
    encoded = encode_levels(_planes(pixels), layouts, GroupSink(target, "image"))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2 * len(layouts) == 2 * len(encoded.digests)


@pytest.mark.parametrize(
    "shape", [(700, 3, 1), (2, 5, 100), (1, 11, 300), (1, 1, 5000)]
)
def test_of_a_large_stack_some_planes_of_every_channel_are_kept(
    tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    """Memory must not grow with the stack."""
    pixels = np.zeros((*shape, 2, 2), "u1")
    pixels[:] = np.arange(shape[1]).reshape(1, -1, 1, 1, 1)
    layout = _layout(pixels)
    encoded = _encode(tmp_path, pixels, layout)
    assert len(encoded.coarsest) <= 512
    seen = {int(plane[0, 0]) for plane in encoded.coarsest.values()}
    assert seen == set(range(shape[1]))


def test_too_few_planes_are_an_error(tmp_path: Path) -> None:
    pixels = np.ones((3, 4, 4), "u2")
    target = DirectoryTarget(tmp_path, durable=False)
    with pytest.raises(ShapeError, match="got 2 planes; expected 3"):
        encode_given([pixels[:2]], [_layout(pixels)], GroupSink(target, "image"))


@pytest.mark.parametrize(
    ("shape", "chunks", "expected"),
    [
        ((2, 1080, 1080), None, (1080, 1080)),
        ((2160, 2560), None, (720, 854)),
        ((2, 100, 80), 64, (64, 64)),
        ((2, 100, 80), (50, 40), (50, 40)),
        ((2, 100, 80), (1, 50, 400), (50, 80)),
        ((2, 100, 80), {"y": 30}, (30, 80)),
    ],
)
def test_chunks_are_whole_planes_or_equal_parts(
    shape: tuple[int, ...], chunks: object, expected: tuple[int, int]
) -> None:
    assert choose_chunk(shape, chunks) == expected


@pytest.mark.parametrize("chunks", [0, -1, True, "x", (1, 2, 3, 4), (2, 5, 5), 1.5])
def test_chunks_that_make_no_sense_are_refused(chunks: object) -> None:
    with pytest.raises(ShapeError, match="chunks is"):
        choose_chunk((2, 10, 10), chunks)


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(InvalidPathError, match=r"No codec is called 'lzma'.*zstd"):
        choose_codec("lzma", "u2")


def test_the_default_codec_depends_on_the_width_of_pixels() -> None:
    assert choose_codec(None, "u2").cname == "lz4"
    assert choose_codec(None, "u1").cname == "zstd"


@given(st.binary(max_size=200))
def test_the_checksum_is_that_of_zarr(data: bytes) -> None:
    google_crc32c = pytest.importorskip("google_crc32c")
    assert crc32c(data) == google_crc32c.value(data)
