"""What the headers of compressed chunks promise, checked before they are believed.

A decoder allocates what a header tells it to. So the size in the header must not pass
what the array document says a chunk decodes to, and where there is no size in it, a
bound is counted.
"""

from __future__ import annotations

import bz2
import lzma
import math
import struct
import zlib
from typing import TYPE_CHECKING

from hcs.errors import CorruptDataError, UnsafeDataError
from hcs.stores.codecs import CHECKSUMS, COMPRESSORS, FILTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcs.stores.array import ArraySpec

_EMPTY = (1 << 64) - 1
"""Offset and size, in the index of a shard, of a chunk that is not there (Zarr v3)."""

_SLACK = 64
"""Bytes that filters and checksums may add to a chunk."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_BLOCK = 128 << 10
"""Most bytes that one compressed zstd block decodes to."""

_DEFLATE_RATIO = 1032
"""Most bytes that one byte of deflate decodes to: a match of 258 bytes takes 2 bits."""

_TRUSTED = 64 << 20
"""Below this, a chunk is decoded without counting first, whatever it claims."""


def check_chunk(
    spec: ArraySpec, data: bytes, where: str, start: int, length: int | None
) -> None:
    """Check the bytes of a chunk, or of a part of a shard.

    Raises
    ------
    UnsafeDataError
        If they would decode to more than the array document says.
    CorruptDataError
        If they cannot be what the array document says.
    """
    if spec.inner_chunks is None:
        if start == 0 and length is None:
            _check_chunk_header(spec, data, where)
        return
    if start == 0 and length is None:
        for offset, size in _shard_entries(spec, data, where):
            _check_chunk_header(spec, data[offset : offset + size], where)
    # What is read from the end, or from a start that has the index, is no chunk.
    elif start > 0 or (start == 0 and not spec.index_at_start):
        _check_chunk_header(spec, data, where)


def _shard_entries(spec: ArraySpec, data: bytes, where: str) -> list[tuple[int, int]]:
    assert spec.inner_chunks is not None  # noqa: S101  (for the type checker)
    count = math.prod(
        outer // inner
        for outer, inner in zip(spec.chunks, spec.inner_chunks, strict=True)
    )
    if len(data) < spec.index_bytes:
        raise CorruptDataError(
            f"{where} has {len(data)} bytes; the index of a shard alone has "
            f"{spec.index_bytes}. The file is cut off."
        )
    at = 0 if spec.index_at_start else len(data) - spec.index_bytes
    numbers = struct.unpack_from(f"<{2 * count}Q", data, at)
    entries = [
        (offset, size)
        for offset, size in zip(numbers[::2], numbers[1::2], strict=True)
        if (offset, size) != (_EMPTY, _EMPTY)
    ]
    for offset, size in entries:
        if offset + size > len(data):
            raise CorruptDataError(
                f"{where} has a chunk at byte {offset} of {size} bytes, but only "
                f"{len(data)} bytes in all. The file is cut off or damaged."
            )
    return entries


def _check_chunk_header(spec: ArraySpec, data: bytes, where: str) -> None:
    expected = math.prod(spec.read_chunks) * spec.itemsize
    exact = not any(name in FILTERS or name in CHECKSUMS for name in spec.codecs)
    # Filters may store wider numbers than they give back: eight bytes for one at most.
    limit = expected if exact else 8 * expected + _SLACK
    compressor = next((name for name in spec.codecs if name in COMPRESSORS), None)
    if compressor is None:
        if exact and len(data) != expected:
            raise CorruptDataError(
                f"{where} has {len(data)} bytes, expected {expected}. The chunk is cut "
                f"off or belongs to another array."
            )
        return
    try:
        promised = _SIZES[compressor](data, limit)
    except (struct.error, IndexError, ValueError) as error:
        raise CorruptDataError(
            f"{where} has {len(data)} bytes that are not {compressor}: "
            f"{str(error) or 'they end too soon'}."
        ) from error
    if promised > limit:
        raise UnsafeDataError(
            f"{where} would decode to {promised} bytes, but a chunk of this array has "
            f"{expected}. It is refused."
        )


def refuse_size(compressor: str, data: bytes, limit: int, where: str) -> None:
    """Raise where bytes would decode to more than a limit.

    Raises
    ------
    UnsafeDataError
        If they would.
    CorruptDataError
        If they are not of this compressor.
    """
    try:
        promised = _SIZES[compressor](data, limit)
    except (struct.error, IndexError, ValueError) as error:
        raise CorruptDataError(
            f"{where} has {len(data)} bytes that are not {compressor}: "
            f"{str(error) or 'they end too soon'}."
        ) from error
    if promised > limit:
        raise UnsafeDataError(
            f"{where} would decode to {promised} bytes; up to {limit} are decoded. It "
            f"is refused."
        )


# Each returns a bound of the decoded size; exact where the format states it.


def _blosc(data: bytes, limit: int) -> int:
    # After four bytes of versions and flags: nbytes, blocksize, cbytes (Blosc 1).
    size, block, stored = struct.unpack_from("<III", data, 4)
    if stored > len(data):
        raise ValueError(f"the header says {stored} bytes")
    # Decoders allocate a few blocks for each thread.
    return max(int(size), int(block) if block > 1 << 16 else 0)


def _zstd(data: bytes, limit: int) -> int:
    if data[:4] != _ZSTD_MAGIC:
        raise ValueError("the magic number is missing")
    known, _ = _zstd_header(data, 4)
    if known is not None:
        return known
    return _zstd_bound(data, limit)


def _zstd_header(data: bytes, at: int) -> tuple[int | None, int]:
    """Return the content size of a frame, if given, and where its blocks start."""
    # RFC 8878, 3.1.1.1: which fields follow the descriptor, and how wide they are.
    descriptor = data[at]
    single = bool(descriptor & 0x20)
    at += 1 if single else 2
    at += (0, 1, 2, 4)[descriptor & 3]
    width = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    if not width:
        return None, at
    if at + width > len(data):
        raise ValueError("the header is cut off")
    size = int.from_bytes(data[at : at + width], "little")
    # Two bytes count from 256, as one byte says what is smaller.
    return size + (256 if width == 2 else 0), at + width


def _zstd_bound(data: bytes, limit: int) -> int:
    # Frames written as a stream hold no size; their blocks are counted instead.
    total, at = 0, 0
    while at < len(data):
        if data[at : at + 4] != _ZSTD_MAGIC:
            raise ValueError("a frame does not start with the magic number")
        checksum = bool(data[at + 4] & 4)
        _, at = _zstd_header(data, at + 4)
        last = False
        while not last:
            header = int.from_bytes(data[at : at + 3], "little")
            if at + 3 > len(data):
                raise ValueError("a block is cut off")
            last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
            # RFC 8878, 3.1.1.2: of a compressed block (2) the size is that of its
            # bytes, of a raw (0) or repeated one (1, of one byte) that of its content.
            total += _ZSTD_BLOCK if kind == 2 else size
            at += 3 + (1 if kind == 1 else size)
        at += 4 if checksum else 0
    # The last block of a frame is rarely full, and small chunks have only that one.
    return min(total, limit) if total <= limit + _ZSTD_BLOCK else total


def _deflate(window: int) -> Callable[[bytes, int], int]:
    def bound(data: bytes, limit: int) -> int:
        if not data:
            raise ValueError("there are no bytes")
        if len(data) * _DEFLATE_RATIO <= max(limit, _TRUSTED):
            return min(len(data) * _DEFLATE_RATIO, limit)
        total, remaining = 0, data
        while remaining and total <= limit:
            decoder = zlib.decompressobj(window)
            total += _count(decoder.decompress, decoder, remaining, limit - total + 1)
            remaining = decoder.unused_data
        return total

    return bound


def _count(
    decompress: Callable[[bytes, int], bytes],
    decoder: object,
    data: bytes,
    limit: int,
) -> int:
    total = 0
    while total < limit:
        step = len(decompress(data, min(limit - total, 1 << 20)))
        total += step
        data = getattr(decoder, "unconsumed_tail", b"")
        if not step or getattr(decoder, "eof", False):
            break
    return total


def _lz4(data: bytes, limit: int) -> int:
    # numcodecs puts the size before the block; the block itself has none.
    return int(struct.unpack_from("<I", data)[0])


def _bz2(data: bytes, limit: int) -> int:
    decoder = bz2.BZ2Decompressor()
    try:
        return _count(decoder.decompress, decoder, data, limit + 1)
    except OSError as error:
        raise ValueError(str(error)) from error


def _lzma(data: bytes, limit: int) -> int:
    # The largest preset of xz needs 65 MiB to decode.
    decoder = lzma.LZMADecompressor(memlimit=256 << 20)
    try:
        return _count(decoder.decompress, decoder, data, limit + 1)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error


_SIZES: dict[str, Callable[[bytes, int], int]] = {
    "blosc": _blosc,
    "zstd": _zstd,
    # Window bits of zlib: 15 with its own header, 16 more with that of gzip.
    "gzip": _deflate(31),
    "zlib": _deflate(15),
    "lz4": _lz4,
    "bz2": _bz2,
    "lzma": _lzma,
}
