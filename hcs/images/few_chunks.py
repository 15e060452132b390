"""Regions of a few chunks, decoded in the thread that asks.

The engine reads chunks from an event loop and decodes them in threads, which for a
small plane takes several times as long as its pixels. What is ordinary and small is
therefore decoded here, by the same codecs; all else is left to the engine.
"""

from __future__ import annotations

import itertools
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.images.region import extent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from hcs.stores.array import ArraySpec
    from hcs.stores.store import PlateStore

    Decoder = Callable[[bytes], Any]
    Box = tuple[slice, ...]

BYTES_LIMIT = 4 << 20
"""Of the decoded chunks; more are worth the engine's threads."""

CHUNKS_LIMIT = 64

_DECODED = frozenset(("blosc", "zstd", "gzip"))
_ABSENT = (1 << 64) - 1


class _NotOrdinaryError(Exception):
    """Something is not ordinary: a chunk that is not there, and has the fill value."""


def read_few(
    store: PlateStore,
    path: str,
    spec: ArraySpec,
    region: Box,
    key_of: Callable[[tuple[int, ...]], str],
) -> NDArray[Any] | None:
    """Return the pixels of a region, or None where they are left to the engine.

    Parameters
    ----------
    store, path
        Where the array is; of a remote one the engine asks for all chunks at once.
    spec
        What its document says.
    region
        One slice of step 1 for each axis, inside the array.
    key_of
        Returns the key of a chunk, or of a shard, below the array.

    Raises
    ------
    HCSError
        If bytes must not be decoded, or cannot be read.
    Exception
        Whatever a codec raises at damaged bytes.
    """
    if store.is_remote or not _is_small(spec, region):
        return None
    decoder = _decoder(spec)
    if decoder is None:
        return None
    out = np.empty([extent(part) for part in region], np.dtype(spec.dtype))
    try:
        for position in itertools.product(*_touched(region, spec.chunks)):
            key = f"{path}/{key_of(position)}"
            for first, data in _chunks(store, key, spec, position, region):
                _copy_region(out, region, first, _decoded(spec, decoder, data))
    except _NotOrdinaryError:
        return None
    return out


def _is_small(spec: ArraySpec, region: Box) -> bool:
    count = math.prod(map(len, _touched(region, spec.read_chunks)))
    nbytes = count * math.prod(spec.read_chunks) * spec.itemsize
    return 0 < count <= CHUNKS_LIMIT and nbytes <= BYTES_LIMIT


def _touched(region: Box, chunks: tuple[int, ...]) -> list[range]:
    """Return along each axis the numbers of the chunks that a region meets."""
    return [
        range(part.start // size, -(-part.stop // size) if extent(part) else 0)
        for part, size in zip(region, chunks, strict=True)
    ]


# --- which arrays are ordinary -------------------------------------------------------


def _decoder(spec: ArraySpec) -> Decoder | None:
    name = _compressor_v2(spec) if spec.zarr_format == 2 else _compressor_v3(spec)
    if name == "":
        return bytes
    if name not in _DECODED:
        return None
    from numcodecs import get_codec

    decode: Decoder = get_codec({"id": name}).decode
    return decode


def _compressor_v2(spec: ArraySpec) -> str | None:
    """Return the name of the only codec, "" for none; None where it is not ordinary."""
    plain = spec.document.get("order") == "C" and not spec.document.get("filters")
    if not plain or spec.dtype[0] == ">" or len(spec.codecs) > 1:
        return None
    return spec.codecs[0] if spec.codecs else ""


def _compressor_v3(spec: ArraySpec) -> str | None:
    """Return as `_compressor_v2`."""
    steps = spec.document["codecs"]
    if spec.inner_chunks is not None:
        sharding = steps[0]["configuration"]
        if not _is_ordinary_index(sharding["index_codecs"]):
            return None
        steps = sharding["codecs"]
    if not 1 <= len(steps) <= 2 or not _is_little(steps[0], spec.itemsize):
        return None
    return _name(steps[1]) if len(steps) == 2 else ""


def _is_ordinary_index(steps: list[Any]) -> bool:
    names = [_name(step) for step in steps]
    return names in (["bytes"], ["bytes", "crc32c"]) and _is_little(steps[0], 8)


def _is_little(step: Any, itemsize: int) -> bool:
    if _name(step) != "bytes":
        return False
    configuration: Mapping[str, Any] = (
        step.get("configuration") or {} if isinstance(step, dict) else {}
    )
    return itemsize == 1 or configuration.get("endian") == "little"


def _name(step: Any) -> str:
    name = step.get("name") if isinstance(step, dict) else step
    return name if isinstance(name, str) else ""


# --- bytes of chunks -----------------------------------------------------------------


def _chunks(
    store: PlateStore,
    key: str,
    spec: ArraySpec,
    position: tuple[int, ...],
    region: Box,
) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """Yield the chunks of a key that a region meets: first pixel, and checked bytes."""
    where = store.where(key)
    inner = spec.inner_chunks
    if inner is None:
        data = _present(store.fetch(key))
        spec.check_chunk(data, where)
        yield tuple(map(_start_of, position, spec.chunks)), data
        return
    counts = tuple(
        outer // part for outer, part in zip(spec.chunks, inner, strict=True)
    )
    first = tuple(map(_start_of, position, counts))
    inner_chunks = list(
        itertools.product(*_inside(_touched(region, inner), first, counts))
    )
    whole = len(inner_chunks) == math.prod(counts)
    if whole:
        data = _present(store.fetch(key))
        spec.check_chunk(data, where)
        size = spec.index_bytes
        index = data[:size] if spec.index_at_start else data[len(data) - size :]
    else:
        index = _index(store, key, spec)
    entries = _entries(spec, index, math.prod(counts))
    for chunk in inner_chunks:
        index_in_shard = 0
        for axis, count in enumerate(counts):
            index_in_shard = index_in_shard * count + chunk[axis] - first[axis]
        offset, size = entries[2 * index_in_shard], entries[2 * index_in_shard + 1]
        if offset == size == _ABSENT:
            raise _NotOrdinaryError
        if whole:
            part = data[offset : offset + size]
        else:
            part = _present(store.fetch(key, offset, size))
            spec.check_chunk(part, where, offset, size)
        yield tuple(map(_start_of, chunk, inner)), part


def _start_of(number: int, size: int) -> int:
    return number * size


def _inside(
    touched: list[range], first: tuple[int, ...], counts: tuple[int, ...]
) -> list[range]:
    return [
        range(max(part.start, start), min(part.stop, start + count))
        for part, start, count in zip(touched, first, counts, strict=True)
    ]


def _index(store: PlateStore, key: str, spec: ArraySpec) -> bytes:
    start = 0 if spec.index_at_start else -spec.index_bytes
    index = _present(store.fetch(key, start, spec.index_bytes))
    spec.check_chunk(index, store.where(key), start, spec.index_bytes)
    return index


def _entries(spec: ArraySpec, index: bytes, count: int) -> tuple[int, ...]:
    """Return offset and size of each chunk of a shard, from its index."""
    numbers = index[: 16 * count]
    if len(index) != spec.index_bytes:
        raise ValueError("its index is cut off")
    if len(index) > len(numbers) and _crc32c(numbers) != index[len(numbers) :]:
        raise ValueError("its index has a wrong checksum")
    return struct.unpack(f"<{2 * count}Q", numbers)


def _crc32c(data: bytes) -> bytes:
    try:
        import google_crc32c
    except ImportError:  # the engine has another one
        raise _NotOrdinaryError from None
    return int(google_crc32c.value(data)).to_bytes(4, "little")


def _present(data: bytes | None) -> bytes:
    if data is None:
        raise _NotOrdinaryError
    return data


# --- pixels --------------------------------------------------------------------------


def _decoded(spec: ArraySpec, decoder: Decoder, data: bytes) -> NDArray[Any]:
    pixels = np.frombuffer(decoder(data), np.dtype(spec.dtype))
    return pixels.reshape(spec.read_chunks)


def _copy_region(
    out: NDArray[Any], region: Box, first: tuple[int, ...], chunk: NDArray[Any]
) -> None:
    """Copy the part of a chunk that lies in a region to its place."""
    target, source = [], []
    for part, start, size in zip(region, first, chunk.shape, strict=True):
        low, high = max(part.start, start), min(part.stop, start + size)
        target.append(slice(low - part.start, high - part.start))
        source.append(slice(low - start, high - start))
    out[tuple(target)] = chunk[tuple(source)]
