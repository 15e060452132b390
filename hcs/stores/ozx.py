"""Plates in one file: reading ``.ozx`` archives (RFC-9), local and remote.

The directory at the end is read once; after that each key is a range of bytes. zarr's
own ZipStore cannot read a remote file, and reads whole entries where a part is asked
for, so that a chunk of a shard would cost the shard.
"""

from __future__ import annotations

import os
import stat
import zlib
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from hcs.errors import (
    CorruptDataError,
    HCSError,
    PlateNotFoundError,
    StoreError,
    UnsafeDataError,
)
from hcs.stores.directory import open_flags
from hcs.stores.store import (
    CHUNK_LIMIT,
    PlateStore,
    check_key,
    resolve_range,
    too_large,
)
from hcs.stores.zip_directory import (
    DEFLATED,
    LOCAL_BYTES,
    STORED,
    ZipDirectory,
    ZipEntry,
    data_offset,
    read_directory,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

_DEFLATE_RATIO = 1032
"""Most bytes that one byte of deflate decodes to."""

_SPARE = 64
"""Extra bytes requested with a small entry, as its local header may hold more fields
than the directory says; ZIP64 needs 20."""


class ByteSource(Protocol):
    """One file, read by byte ranges."""

    size: int

    @property
    def stamp(self) -> Hashable:
        """Changes when the file is replaced."""

    def read_at(self, start: int, length: int) -> bytes:
        """Return bytes of the file; fewer only at its end."""

    def close(self) -> None:
        """Release the file."""


class FileSource:
    """A local file: one descriptor, from which all threads read without a lock."""

    def __init__(self, path: str) -> None:
        self._descriptor = -1
        try:
            self._descriptor = os.open(path, open_flags())
            status = os.fstat(self._descriptor)
        except OSError as error:
            raise StoreError(f"Cannot open {path}: {error.strerror}.") from error
        if not stat.S_ISREG(status.st_mode):
            raise PlateNotFoundError(f"No plate at {path}: it is not a plain file.")
        self.path = path
        self.size = status.st_size
        self.stamp = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
        self._lock = Lock()

    def read_at(self, start: int, length: int) -> bytes:
        """Return bytes of the file; fewer only at its end."""
        parts: list[bytes] = []
        try:
            while length > 0:
                part = self._read_some(start, length)
                if not part:
                    break
                parts.append(part)
                start, length = start + len(part), length - len(part)
        except OSError as error:
            raise StoreError(f"Cannot read {self.path}: {error.strerror}.") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_some(self, start: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, length, start)
        with self._lock:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            return os.read(self._descriptor, length)

    def close(self) -> None:
        """Give the descriptor back; who still reads gets an error."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


class _Archive:
    """One state of an archive; replaced as a whole where the file is replaced."""

    __slots__ = ("directory", "index", "offsets", "repeated", "source", "tree")

    def __init__(self, source: ByteSource, where: str) -> None:
        self.source = source
        self.directory = read_directory(source.size, source.read_at, where)
        self.index = {entry.name: entry for entry in self.directory.entries}
        self.repeated: frozenset[str] = frozenset()
        if len(self.index) < len(self.directory.entries):
            self.repeated = _repeated(self.directory.entries)
        self.offsets: dict[str, int] = {}
        self.tree: dict[str, dict[str, None]] | None = None


class ArchiveStore(PlateStore):
    """A plate in an ``.ozx`` archive.

    Parameters
    ----------
    path
        A local file; a relative path is resolved now, so that it survives a ``chdir``.
    source
        Instead of a path, a file that is read in another way.
    location
        What to call it, if there is a source.

    Notes
    -----
    A local archive that is replaced while it is open is read to the end as it was;
    `refresh` opens the new one.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        source: ByteSource | None = None,
        location: str = "",
    ) -> None:
        self._path = None if path is None else os.path.realpath(os.fspath(path))
        self.location = location if self._path is None else self._path
        self.is_remote = self._path is None
        self.kind = "remote archive" if self.is_remote else "archive"
        if self._path is not None:
            source = FileSource(self._path)
        assert source is not None  # noqa: S101  (a path or a source is passed)
        self._archive: _Archive | None = _Archive(source, self.location)

    def __fspath__(self) -> str:
        if self._path is None:
            raise StoreError(f"{self.location} is no local file, so it has no path.")
        return self._path

    @property
    def zip_directory(self) -> ZipDirectory:
        """How the file is laid out."""
        return self._opened().directory

    @property
    def entries(self) -> Sequence[ZipEntry]:
        """The entries in the order of the directory."""
        return self.zip_directory.entries

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        """Return bytes of an entry; see `PlateStore.fetch`."""
        check_key(key, self.location)
        archive = self._opened()
        entry = archive.index.get(key)
        if entry is None:
            return None
        where = self.where(key)
        self._check(archive, entry, where)
        start, length = resolve_range(start, length, entry.size)
        if length > limit:
            raise too_large(where, length, limit)
        if entry.method == DEFLATED:
            if entry.size > limit:
                raise too_large(where, entry.size, limit)
            return _inflate(self._stored(archive, entry), entry, where)[
                start : start + length
            ]
        if start == 0 and length == entry.size:
            return _checked(self._stored(archive, entry), entry, where)
        at = self._data_offset(archive, entry)
        data = archive.source.read_at(at + start, length)
        if len(data) != length:
            raise _cut_off(where, len(data), length)
        return data

    def stamp(self, key: str) -> Hashable | None:
        """Return the archive's own stamp: what is open does not change."""
        archive = self._opened()
        entry = archive.index.get(key)
        return None if entry is None else (archive.source.stamp, entry.offset)

    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield the names directly below a prefix."""
        archive = self._opened()
        if archive.tree is None:
            archive.tree = _tree(archive.index)
        return iter(list(archive.tree.get(prefix.strip("/"), ())))

    def refresh(self) -> None:
        """Open the file that is there now, if it is another one."""
        if self._path is None:
            return
        try:
            status = os.stat(self._path)  # noqa: PTH116
        except OSError as error:
            raise PlateNotFoundError(
                f"The archive {self._path} is gone: {error.strerror}."
            ) from error
        stamp = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
        if self._archive is None or self._archive.source.stamp != stamp:
            # The old file is closed when the last thread that reads it has let go.
            self._archive = _Archive(FileSource(self._path), self.location)

    def close(self) -> None:
        """Give the descriptor back; reading afterwards is a `StoreError`."""
        archive, self._archive = self._archive, None
        if archive is not None:
            archive.source.close()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._path is not None:
            return _in_another_process, (type(self), self._path)
        return _from_source, (self._opened().source, self.location)

    def _opened(self) -> _Archive:
        archive = self._archive
        if archive is None:
            raise StoreError(
                f"{self.location} was closed, or could not be opened; open it again."
            )
        return archive

    def _check(self, archive: _Archive, entry: ZipEntry, where: str) -> None:
        if entry.name in archive.repeated:
            raise UnsafeDataError(
                f"{where} stands in the archive more than once, so it is not known "
                f"which is meant. Pack the plate again."
            )
        if entry.encrypted or entry.method not in (STORED, DEFLATED):
            how = "encrypted" if entry.encrypted else f"compressed by {entry.method}"
            raise UnsafeDataError(
                f"{where} is {how}; read are stored and deflated entries."
            )
        if entry.method == STORED and entry.stored_size != entry.size:
            raise CorruptDataError(
                f"{where} is stored in {entry.stored_size} bytes, but should have "
                f"{entry.size}. The archive is damaged."
            )
        if entry.offset + LOCAL_BYTES + entry.stored_size > archive.directory.start:
            raise _cut_off(where, archive.directory.start, entry.stored_size)

    def _stored(self, archive: _Archive, entry: ZipEntry) -> bytes:
        """Return the bytes of an entry as they are stored, by one read if possible."""
        data_start = archive.offsets.get(entry.name)
        if data_start is not None:
            return self._whole(archive, entry, data_start, b"")
        head = LOCAL_BYTES + entry.name_bytes + max(entry.extra_bytes, _SPARE)
        length = min(head + entry.stored_size, archive.directory.start - entry.offset)
        data = archive.source.read_at(entry.offset, length)
        start = data_offset(entry, data, self.location)
        archive.offsets[entry.name] = start
        return self._whole(archive, entry, start, data[start - entry.offset :])

    def _whole(self, archive: _Archive, entry: ZipEntry, at: int, data: bytes) -> bytes:
        missing = entry.stored_size - len(data)
        if missing > 0:
            data += archive.source.read_at(at + len(data), missing)
        return data[: entry.stored_size]

    def _data_offset(self, archive: _Archive, entry: ZipEntry) -> int:
        at = archive.offsets.get(entry.name)
        if at is None:
            header = archive.source.read_at(entry.offset, LOCAL_BYTES)
            at = data_offset(entry, header, self.location)
            archive.offsets[entry.name] = at
        return at


def _from_source(source: ByteSource, location: str) -> ArchiveStore:
    return ArchiveStore(source=source, location=location)


def _repeated(entries: Sequence[ZipEntry]) -> frozenset[str]:
    seen: set[str] = set()
    repeated: set[str] = set()
    for entry in entries:
        (repeated if entry.name in seen else seen).add(entry.name)
    return frozenset(repeated)


def _tree(names: dict[str, ZipEntry]) -> dict[str, dict[str, None]]:
    tree: dict[str, dict[str, None]] = {}
    for name in names:
        child = name
        while True:
            folder, _, last = child.rpartition("/")
            known = folder in tree
            tree.setdefault(folder, {})[last] = None
            if not folder or known:
                break
            child = folder
    return tree


def _inflate(data: bytes, entry: ZipEntry, where: str) -> bytes:
    if entry.size > entry.stored_size * _DEFLATE_RATIO + _SPARE:
        raise CorruptDataError(
            f"{where} cannot inflate from {entry.stored_size} to {entry.size} bytes."
        )
    try:
        # One byte more than there should be, so that an entry that is longer shows.
        # Minus: entries of a zip are deflated without the header of zlib.
        content = zlib.decompressobj(-15).decompress(data, entry.size + 1)
    except zlib.error as error:
        raise CorruptDataError(f"{where} cannot be inflated: {error}.") from error
    return _checked(content, entry, where)


def _checked(data: bytes, entry: ZipEntry, where: str) -> bytes:
    if len(data) != entry.size:
        raise _cut_off(where, len(data), entry.size)
    if zlib.crc32(data) != entry.crc:
        raise CorruptDataError(
            f"{where} does not match its checksum; the archive is damaged there."
        )
    return data


def _cut_off(where: str, present: int, expected: int) -> CorruptDataError:
    return CorruptDataError(
        f"{where} should have {expected} bytes, but the archive ends after {present}. "
        f"It is cut off or damaged."
    )


def _in_another_process(kind: type[ArchiveStore], path: str) -> ArchiveStore:
    """Return a store as it was sent; an archive that has gone is an error of reading.

    An error here would end the whole process that gets it, with a traceback.
    """
    try:
        return kind(path)
    except HCSError:
        store = kind.__new__(kind)
        store._path = store.location = path
        store.is_remote, store._archive = False, None
        return store
