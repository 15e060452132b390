"""Plates in folders; links are followed only inside the plate."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any

from hcs.errors import PlateNotFoundError, StoreError, UnsafeDataError
from hcs.ngff.document import DOCUMENT_LIMIT
from hcs.settings import config
from hcs.stores.store import (
    CHUNK_LIMIT,
    PlateStore,
    check_key,
    resolve_range,
    too_large,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Self


class DirectoryStore(PlateStore, str):
    """A plate in a folder, and the path of the folder.

    It is text so that it stands wherever a path does: libraries, zarr among them, take
    paths by what they are and not by what they can do.

    Parameters
    ----------
    path
        The folder; a relative path is resolved now, so that it survives a ``chdir``.
    """

    kind = "directory"
    root: str

    def __new__(cls, path: str | os.PathLike[str], *_: Any, **__: Any) -> Self:
        """Make the text, which is the path with its links followed."""
        return str.__new__(cls, os.path.realpath(os.fspath(path)))

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not os.path.isdir(self):  # noqa: PTH112  (str throughout: speed)
            raise PlateNotFoundError(f"No folder at {self!s}.")
        self._stand_at(str(self))

    def _stand_at(self, root: str) -> None:
        self.root = self.location = root
        self._inside = root.rstrip(os.sep) + os.sep

    @property
    def writable(self) -> bool:  # type: ignore[override]
        """Whether files can be made in the folder."""
        return os.access(self.root, os.W_OK)

    def __reduce__(self) -> tuple[Any, ...]:
        return _in_another_process, (type(self), self.root)

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        """Return bytes of a file; see `PlateStore.fetch`."""
        return self._fetch(key, start, length, limit)[0]

    def read_stamped(self, key: str) -> tuple[bytes | None, Hashable | None]:
        """Return a document and its stamp, from one descriptor."""
        data, status = self._fetch(key, 0, None, DOCUMENT_LIMIT)
        return data, None if status is None else _stamp(status)

    def _fetch(
        self, key: str, start: int, length: int | None, limit: int
    ) -> tuple[bytes | None, os.stat_result | None]:
        check_key(key, self.location)
        try:
            descriptor = os.open(self._inside + key, _OPEN_FLAGS)
        except OSError as error:
            self._absent_or_raise(error, key)
            return None, None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self._refuse_unless_folder(status, key)
                return None, None
            self._check_inside(descriptor, key)
            start, length = resolve_range(start, length, status.st_size)
            if length > limit:
                raise too_large(self.where(key), length, limit)
            return _read_at(descriptor, start, length), status
        except OSError as error:
            self._absent_or_raise(error, key)
            return None, None
        finally:
            os.close(descriptor)

    def stamp(self, key: str) -> Hashable | None:
        """Return inode, time of change and size of a file."""
        try:
            status = os.stat(self._inside + key)  # noqa: PTH116
        except OSError:
            return None
        return _stamp(status)

    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield names below a folder; nothing where there is none."""
        check_key(prefix, self.location)
        path = os.path.realpath(self._inside + prefix)
        if path != self.root and not self._is_inside(path):
            raise self._leaves_error(prefix)
        try:
            with os.scandir(path) as entries:
                yield from [entry.name for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise StoreError(
                f"Cannot list {self.where(prefix)}: {error.strerror}."
            ) from error

    def _check_inside(self, descriptor: int, key: str) -> None:
        # Linux gives the path of an open file: one call, and nobody can swap the
        # file between the check and the read.
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
        except OSError:
            # Only Linux has /proc.
            path = os.path.realpath(self._inside + key)
        if not self._is_inside(path):
            raise self._leaves_error(key)

    def _is_inside(self, path: str) -> bool:
        return path.startswith(self._inside) or config.follow_links

    def _leaves_error(self, key: str) -> UnsafeDataError:
        return UnsafeDataError(
            f"{self.where(key)} is a link that leads out of the plate; it is not "
            f"followed. Copy what it points to into the plate, or set "
            f"config.follow_links if you trust the plate."
        )

    def _refuse_unless_folder(self, status: os.stat_result, key: str) -> None:
        if stat.S_ISDIR(status.st_mode):
            return
        raise UnsafeDataError(
            f"{self.where(key)} is not a plain file ({stat.filemode(status.st_mode)}); "
            f"it is not read."
        )

    def _absent_or_raise(self, error: OSError, key: str) -> None:
        if isinstance(error, StoreError):
            raise error
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
            return
        if error.errno == errno.ELOOP:
            raise UnsafeDataError(f"{self.where(key)} is a loop of links.") from error
        if error.errno == errno.ENXIO:
            raise UnsafeDataError(f"{self.where(key)} is not a plain file.") from error
        raise StoreError(f"Cannot read {self.where(key)}: {error.strerror}.") from error


def open_flags() -> int:
    """Return how to open a file that should be a plain one."""
    # O_NONBLOCK: opening a FIFO that somebody called zarr.json must not wait.
    names = ("O_CLOEXEC", "O_NONBLOCK", "O_BINARY")
    return os.O_RDONLY | sum(getattr(os, name, 0) for name in names)


_OPEN_FLAGS = open_flags()


def _stamp(status: os.stat_result) -> Hashable:
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _read_at(descriptor: int, start: int, length: int) -> bytes:
    if start:
        os.lseek(descriptor, start, os.SEEK_SET)
    data = os.read(descriptor, length)
    if len(data) == length:
        return data
    parts = [data]
    while data and (length := length - len(data)) > 0:
        data = os.read(descriptor, length)
        parts.append(data)
    return b"".join(parts)


def _in_another_process(kind: type[DirectoryStore], root: str) -> DirectoryStore:
    """Return a store as it was sent; a folder that has gone is an error of reading.

    An error here would end the whole process that gets it, with a traceback.
    """
    store = kind.__new__(kind, root)
    store._stand_at(root)
    return store
