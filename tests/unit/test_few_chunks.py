"""A few chunks decoded here are the pixels that the engine decodes."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

from hcs.errors import CorruptDataError
from hcs.images import few_chunks
from hcs.images.few_chunks import read_few
from hcs.images.pixels import _zarr_metadata, decode, read_spec
from hcs.stores.directory import DirectoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hcs.stores.array import ArraySpec

DTYPES = ("bool", "uint8", "int16", "uint16", "int32", "float32", "float64")
COMPRESSORS = (None, BloscCodec(cname="lz4"), ZstdCodec(), GzipCodec())
SHAPE = (3, 20, 14)


def region(data: st.DataObject, shape: tuple[int, ...]) -> tuple[slice, ...]:
    parts = []
    for size in shape:
        start = data.draw(st.integers(0, size - 1))
        parts.append(slice(start, data.draw(st.integers(start + 1, size))))
    return tuple(parts)


def write(
    folder: str | Path, pixels: NDArray[Any], **how: Any
) -> tuple[DirectoryStore, ArraySpec]:
    array = zarr.create_array(
        f"{folder}/a", shape=pixels.shape, dtype=pixels.dtype, fill_value=0, **how
    )
    array[...] = pixels
    store = DirectoryStore(folder)
    name = ".zarray" if how.get("zarr_format") == 2 else "zarr.json"
    return store, read_spec(store, f"a/{name}")


def few(store: DirectoryStore, spec: ArraySpec, part: tuple[slice, ...]) -> Any:
    return read_few(store, "a", spec, part, _zarr_metadata(spec, "a").encode_chunk_key)


def pixels_of(dtype: str) -> NDArray[Any]:
    # No chunk is all zeros: such a one is not written, and left to the engine.
    return np.random.default_rng(5).integers(1, 120, SHAPE).astype(dtype)


@given(
    dtype=st.sampled_from(DTYPES),
    compressor=st.sampled_from(COMPRESSORS),
    shards=st.sampled_from([None, (1, 16, 16), (3, 24, 8), (2, 8, 16)]),
    separator=st.sampled_from([".", "/"]),
    data=st.data(),
)
def test_a_region_of_any_ordinary_array_is_what_was_written(
    dtype: str,
    compressor: Any,
    shards: tuple[int, ...] | None,
    separator: str,
    data: st.DataObject,
) -> None:
    pixels = pixels_of(dtype)
    with tempfile.TemporaryDirectory() as folder:
        store, spec = write(
            folder,
            pixels,
            chunks=(1, 8, 8),
            shards=shards,
            compressors=compressor,
            chunk_key_encoding={"name": "default", "separator": separator},
        )
        part = region(data, SHAPE)
        pixels_read = few(store, spec, part)
    assert pixels_read is not None
    assert pixels_read.dtype == pixels.dtype
    assert pixels_read.flags.writeable
    assert np.array_equal(pixels_read, pixels[part])


@pytest.mark.parametrize("name", [None, "blosc", "zstd", "gzip"])
@pytest.mark.parametrize("location", ["start", "end"])
def test_version_2_and_indices_at_either_end_are_ordinary(
    tmp_path: Path, name: str | None, location: Any
) -> None:
    import numcodecs

    pixels = pixels_of("uint16")
    part = (slice(1, 3), slice(5, 20), slice(0, 9))
    old = None if name is None else numcodecs.get_codec({"id": name})
    (tmp_path / "old").mkdir()
    store, spec = write(
        tmp_path / "old", pixels, chunks=(1, 8, 8), zarr_format=2, compressors=old
    )
    assert np.array_equal(few(store, spec, part), pixels[part])
    array = zarr.create_array(
        tmp_path / "new" / "a",
        shape=SHAPE,
        dtype="uint16",
        chunks=(3, 24, 16),
        compressors=None,
        serializer=zarr.codecs.ShardingCodec(
            chunk_shape=(1, 8, 8), index_location=location
        ),
    )
    array[...] = pixels
    store = DirectoryStore(tmp_path / "new")
    spec = read_spec(store, "a/zarr.json")
    assert np.array_equal(few(store, spec, part), pixels[part])


def test_what_is_not_ordinary_is_left_to_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = pixels_of("uint16")
    whole = tuple(slice(0, size) for size in SHAPE)
    ways: dict[str, dict[str, Any]] = {
        "big": {"serializer": zarr.codecs.BytesCodec(endian="big")},
        "turned": {"filters": [zarr.codecs.TransposeCodec(order=(2, 1, 0))]},
        "columns": {"zarr_format": 2, "order": "F"},
        "checked": {"compressors": zarr.codecs.Crc32cCodec()},
    }
    for name, how in ways.items():
        (tmp_path / name).mkdir()
        store, spec = write(tmp_path / name, pixels, chunks=(1, 8, 8), **how)
        assert few(store, spec, whole) is None, name
        assert np.array_equal(decode(store, "a", spec, whole), pixels), name
    store, spec = write(tmp_path, pixels, chunks=(1, 8, 8))
    assert few(store, spec, whole) is not None
    (tmp_path / "a" / "c" / "1" / "0" / "0").unlink()
    assert few(store, spec, whole) is None  # its fill value is the engine's matter
    assert not decode(store, "a", spec, whole)[1, :8, :8].any()
    monkeypatch.setattr(few_chunks, "BYTES_LIMIT", 100)
    assert few(store, spec, tuple(slice(0, 1) for _ in SHAPE)) is None


@pytest.mark.parametrize("whole", [True, False])
def test_a_damaged_shard_is_an_error_and_no_pixels(tmp_path: Path, whole: bool) -> None:
    pixels = pixels_of("uint16")
    store, spec = write(tmp_path, pixels, chunks=(1, 8, 8), shards=(3, 24, 16))
    file = tmp_path / "a" / "c" / "0" / "0" / "0"
    good = file.read_bytes()
    part = tuple(slice(0, size if whole else 1) for size in SHAPE)
    for at in (len(good) - 1, len(good) - spec.index_bytes, 3):
        file.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        with pytest.raises(CorruptDataError):
            decode(store, "a", spec, part)
    file.write_bytes(good[: spec.index_bytes - 1])
    with pytest.raises(CorruptDataError):
        decode(store, "a", spec, part)
