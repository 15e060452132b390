"""The bytes of a ZIP64 archive of stored entries: the same input, the same bytes.

The standard library adds ZIP64 records only where sizes ask for it and stamps the
time; RFC-9 of NGFF asks for ZIP64 always, and equal plates should give equal archives.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERSION = 45
"""ZIP specification 4.5, the first with ZIP64."""

_MADE_BY = 3 << 8 | _VERSION
"""Unix, so that the mode below is read as one."""

_MODE = 0o100644 << 16
"""A regular file that everybody may read, in the upper half as Unix stores it."""

_UTF8 = 1 << 11
"""Bit 11 of the flags: names are UTF-8 (APPNOTE 4.4.4)."""

_DATE, _TIME = 0x21, 0
"""1980-01-01 00:00, the earliest there is."""

_LARGE = 0xFFFFFFFF
_MANY = 0xFFFF
"""Sizes and counts that send readers to the ZIP64 record (APPNOTE 4.4.8)."""

COPY_BYTES = 1 << 20
"""Bytes copied at a time; bounds memory, as one shard can hold a whole stack."""


class Zip64Writer:
    """Appends entries to a seekable stream, then closes with the directory.

    Parameters
    ----------
    stream
        Empty, seekable, opened for writing bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._directory: list[bytes] = []

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        """Append one entry, stored as it is."""
        start = self._stream.tell()
        encoded = name.encode()
        self._stream.write(_local_header(encoded, 0, 0))
        checksum = size = 0
        for block in blocks:
            checksum = zlib.crc32(block, checksum)
            size += len(block)
            self._stream.write(block)
        end = self._stream.tell()
        # Sizes and checksum are known now; before the data is where readers want them.
        self._stream.seek(start)
        self._stream.write(_local_header(encoded, checksum, size))
        self._stream.seek(end)
        self._directory.append(_directory_entry(encoded, checksum, size, start))

    def finish(self, comment: bytes) -> None:
        """Write the central directory and the archive's comment."""
        start = self._stream.tell()
        for entry in self._directory:
            self._stream.write(entry)
        end = self._stream.tell()
        count, size = len(self._directory), end - start
        # The ZIP64 end record (APPNOTE 4.3.14); 44 bytes of it follow that number.
        self._stream.write(
            struct.pack(
                "<4sQHHIIQQQQ",
                b"PK\x06\x06",
                44,
                _MADE_BY,
                _VERSION,
                0,
                0,
                count,
                count,
                size,
                start,
            )
        )
        # Its locator (4.3.15), then the old end record (4.3.16), which has no numbers.
        self._stream.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1))
        self._stream.write(
            struct.pack(
                "<4sHHHHIIH",
                b"PK\x05\x06",
                0,
                0,
                _MANY,
                _MANY,
                _LARGE,
                _LARGE,
                len(comment),
            )
        )
        self._stream.write(comment)


def _local_header(name: bytes, checksum: int, size: int) -> bytes:
    # APPNOTE 4.3.7; the sizes stand in the ZIP64 extra field behind the name (4.5.3).
    fixed = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\x03\x04",
        _VERSION,
        _UTF8,
        0,
        _TIME,
        _DATE,
        checksum,
        _LARGE,
        _LARGE,
        len(name),
        20,
    )
    return fixed + name + struct.pack("<HHQQ", 1, 16, size, size)


def _directory_entry(name: bytes, checksum: int, size: int, offset: int) -> bytes:
    # APPNOTE 4.3.12; the ZIP64 extra field has the sizes and the offset (4.5.3).
    fixed = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\x01\x02",
        _MADE_BY,
        _VERSION,
        _UTF8,
        0,
        _TIME,
        _DATE,
        checksum,
        _LARGE,
        _LARGE,
        len(name),
        28,
        0,
        0,
        0,
        _MODE,
        _LARGE,
    )
    return fixed + name + struct.pack("<HHQQQ", 1, 24, size, size, offset)
