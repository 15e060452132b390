"""The central directory of a ZIP file: what is in it, and where.

Parsed by ourselves, because it must come from byte ranges as well as from files, with
bounds before memory is taken, and hold little for each of many thousand entries.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from hcs.errors import CorruptDataError, UnsafeDataError

if TYPE_CHECKING:
    from collections.abc import Callable

TAIL_BYTES = 22 + 65535
"""The end record and the longest comment: what is read first."""

DIRECTORY_LIMIT = 256 << 20
"""Largest central directory in bytes, some two million entries."""

STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
LOCAL_BYTES = _LOCAL.size

_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED, _UTF8 = 1, 1 << 11


class ZipEntry(NamedTuple):
    """One entry of the directory."""

    name: str
    offset: int
    """Where its local header starts, in bytes from the start of the file."""

    method: int
    stored_size: int
    size: int
    crc: int
    flags: int
    name_bytes: int
    extra_bytes: int

    @property
    def encrypted(self) -> bool:
        """Whether its bytes need a password."""
        return bool(self.flags & _ENCRYPTED)


class ZipDirectory(NamedTuple):
    """What the end of a ZIP file says."""

    entries: tuple[ZipEntry, ...]
    """In the order of the directory; folders are left out."""

    start: int
    """Where the directory starts; all data lies before."""

    comment: bytes
    zip64: bool
    disks: int


def read_directory(
    size: int, read: Callable[[int, int], bytes], where: str
) -> ZipDirectory:
    """Return the directory of a file.

    Parameters
    ----------
    size
        Bytes of the file.
    read
        Returns bytes from a position, as many as requested.
    where
        Location for error messages.

    Raises
    ------
    CorruptDataError
        If the file is no ZIP file, or is cut off or damaged at its end.
    UnsafeDataError
        If the directory is absurdly large.
    """
    tail_start = max(size - TAIL_BYTES, 0)
    tail = read(tail_start, size - tail_start)
    at = _find_end(tail, where)
    _, disk, _, _, count, length, start, comment_bytes = _END.unpack_from(tail, at)
    comment = tail[at + _END.size : at + _END.size + comment_bytes]
    end, disks, zip64 = tail_start + at, disk + 1, False
    locator = at - _LOCATOR64.size
    if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        _, _, end, disks = _LOCATOR64.unpack_from(tail, locator)
        count, length, start = _end64(end, tail, tail_start, read, size, where)
        zip64 = True
    if length > DIRECTORY_LIMIT:
        raise UnsafeDataError(
            f"{where} has a directory of {length} bytes; at most {DIRECTORY_LIMIT} are "
            f"read."
        )
    if start + length != end or count * _ENTRY.size > length:
        raise CorruptDataError(
            f"{where} is damaged: its directory of {count} entries should lie at bytes "
            f"{start} to {start + length}, but ends at {end}. It may be cut off."
        )
    data = (
        tail[start - tail_start : start - tail_start + length]
        if start >= tail_start
        else read(start, length)
    )
    if len(data) != length:
        raise CorruptDataError(f"{where} is cut off within its directory.")
    return ZipDirectory(_entries(data, count, where), start, comment, zip64, disks)


def _find_end(tail: bytes, where: str) -> int:
    # A comment may hold the signature too: it is the one whose comment ends the file.
    at = len(tail)
    while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
        if at + _END.size <= len(tail):
            comment_bytes = int.from_bytes(tail[at + 20 : at + 22], "little")
            if at + _END.size + comment_bytes == len(tail):
                return at
    raise CorruptDataError(
        f"{where} is not a ZIP file, or its end is missing: no directory was found."
    )


def _end64(
    at: int,
    tail: bytes,
    tail_start: int,
    read: Callable[[int, int], bytes],
    size: int,
    where: str,
) -> tuple[int, int, int]:
    data = b""
    if tail_start <= at:
        data = tail[at - tail_start : at - tail_start + _END64.size]
    elif at + _END64.size <= size:
        data = read(at, _END64.size)
    if len(data) != _END64.size or data[:4] != b"PK\x06\x06":
        raise CorruptDataError(f"{where} is damaged: its ZIP64 end record is missing.")
    *_, count, length, start = _END64.unpack(data)
    return count, length, start


def _entries(data: bytes, count: int, where: str) -> tuple[ZipEntry, ...]:
    entries = []
    at = 0
    try:
        for _ in range(count):
            (
                magic,
                _,
                _,
                flags,
                method,
                _,
                _,
                crc,
                stored_size,
                size,
                name_bytes,
                extra_bytes,
                comment_bytes,
                _,
                _,
                _,
                offset,
            ) = _ENTRY.unpack_from(data, at)
            at += _ENTRY.size
            raw = data[at : at + name_bytes]
            if magic != b"PK\x01\x02" or len(raw) != name_bytes:
                raise ValueError("an entry does not start where it should")
            if _FULL_32 in (size, stored_size, offset):
                extra = data[at + name_bytes : at + name_bytes + extra_bytes]
                size, stored_size, offset = _wide(extra, size, stored_size, offset)
            at += name_bytes + extra_bytes + comment_bytes
            # APPNOTE, appendix D: without the flag names are in the code page of DOS.
            name = raw.decode("utf-8" if flags & _UTF8 else "cp437")
            if name.endswith("/") and not size:
                continue
            entries.append(
                ZipEntry(
                    name,
                    offset,
                    method,
                    stored_size,
                    size,
                    crc,
                    flags,
                    name_bytes,
                    extra_bytes,
                )
            )
    except (struct.error, ValueError) as error:
        raise CorruptDataError(
            f"{where} has a damaged directory after {len(entries)} entries: {error}."
        ) from error
    return tuple(entries)


def _wide(
    extra: bytes, size: int, stored_size: int, offset: int
) -> tuple[int, int, int]:
    """Return sizes and offset, from the ZIP64 field where they do not fit."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            # APPNOTE 4.5.3: in this order, and only those that are full above.
            numbers = iter(
                struct.unpack_from(f"<{min(length // 8, 3)}Q", extra, at + 4)
            )
            try:
                size = next(numbers) if size == _FULL_32 else size
                stored_size = next(numbers) if stored_size == _FULL_32 else stored_size
                offset = next(numbers) if offset == _FULL_32 else offset
            except StopIteration:
                raise ValueError("a ZIP64 field is too short") from None
            return size, stored_size, offset
        at += 4 + length
    return size, stored_size, offset


def data_offset(entry: ZipEntry, header: bytes, where: str) -> int:
    """Return where the bytes of an entry start, from its local header.

    Parameters
    ----------
    header
        At least `LOCAL_BYTES` bytes from ``entry.offset``.

    Raises
    ------
    CorruptDataError
        If there is no header of this entry.
    """
    if len(header) >= LOCAL_BYTES:
        magic, *_, name_bytes, extra_bytes = _LOCAL.unpack_from(header)
        # Its extra field may be longer than the directory's, and its sizes may be zero.
        if magic == b"PK\x03\x04" and name_bytes == entry.name_bytes:
            return entry.offset + LOCAL_BYTES + int(name_bytes) + int(extra_bytes)
    raise CorruptDataError(
        f"{where} is damaged: there is no entry {entry.name!r} at byte {entry.offset}."
    )
