"""Where a plate's bytes are: one hierarchy, read by key.

A key is a path below the root of the hierarchy, such as ``A/1/zarr.json``. A folder is
here; archives are in `hcs.stores.ozx`, addresses in `hcs.stores.remote`, stores of
zarr in `hcs.stores.foreign`. Bytes are bounded and links are followed only inside the
plate.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hcs.errors import (
    InvalidPathError,
    PlateNotFoundError,
    StoreError,
    UnsafeDataError,
)
from hcs.ngff.document import DOCUMENT_LIMIT
from hcs.settings import config

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from zarr.abc.store import Store

REMOTE_SCHEMES = ("http", "https", "s3", "gs", "az")

CHUNK_LIMIT = 2 << 30
"""Largest object in bytes that is read as a whole; blosc cannot make larger ones."""


class PlateStore(ABC):
    """The bytes of one hierarchy.

    Attributes
    ----------
    location
        Where it is, fit to be shown: it holds no credentials.
    writable
        Whether its documents can be replaced.
    is_remote
        Whether each read is a request, so that several should go out together.

    Notes
    -----
    Thread safety: all reading methods may be called from several threads at once.
    Stores are context managers and can be pickled where their place has an address.
    """

    location: str
    writable: bool = False
    is_remote: bool = False

    likely_field: str = "0"
    """Path of the first field of the well that was read last: a guess at the next."""

    likely_level: str = "0"
    """Path of the finest level of the image that was read last."""

    @abstractmethod
    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        """Return bytes of an object, None where there is no such object.

        Parameters
        ----------
        key
            Path below the root.
        start
            First byte; a negative one counts from the end.
        length
            How many bytes at most; None reads to the end.
        limit
            Most bytes that may be read.

        Raises
        ------
        UnsafeDataError
            If more than `limit` bytes would be read, or what is there is not a plain
            file inside the plate.
        InvalidPathError
            If the key climbs out of the root.
        StoreError
            If reading fails.
        """

    @abstractmethod
    def stamp(self, key: str) -> Hashable | None:
        """Return a cheap mark that changes with the object; None where it is absent."""

    @abstractmethod
    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield the names directly below a prefix, in no particular order."""

    def read(self, key: str, limit: int = DOCUMENT_LIMIT) -> bytes | None:
        """Return one document, None where it is absent; errors as for `fetch`."""
        return self.fetch(key, limit=limit)

    def read_stamped(self, key: str) -> tuple[bytes | None, Hashable | None]:
        """Return a document and a stamp that is not newer than it."""
        stamp = self.stamp(key)
        return self.read(key), stamp

    def documents(self, keys: Iterable[str]) -> dict[str, bytes | None]:
        """Return several documents; a remote store asks for all of them at once."""
        return {key: self.read(key) for key in keys}

    def prefetch(self, keys: Iterable[str]) -> None:  # noqa: B027  (local: nothing)
        """Ask for documents that will be read soon; only remote stores act on it."""

    async def fetch_async(
        self, key: str, start: int = 0, length: int | None = None
    ) -> bytes | None:
        """`fetch` for an event loop, which must not wait for a disk."""
        import asyncio

        return await asyncio.to_thread(self.fetch, key, start, length)

    def zarr_store(self) -> Store:
        """Return a read-only zarr store over these bytes, with the same limits."""
        from hcs.stores.guard import GuardedStore

        return GuardedStore(self)

    def refresh(self) -> None:  # noqa: B027  (most stores hold nothing back)
        """Look at the place again, where the store keeps something of it."""

    def close(self) -> None:  # noqa: B027  (most stores hold nothing open)
        """Release what is held open; reading afterwards is an error or reopens."""

    def where(self, key: str) -> str:
        """Return the location of an object, for messages."""
        return f"{self.location}/{key}" if key else self.location

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location!r})"


class DirectoryStore(PlateStore):
    """A plate in a folder.

    Parameters
    ----------
    path
        The folder; a relative path is resolved now, so that it survives a ``chdir``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.root = os.path.realpath(os.fspath(path))
        if not os.path.isdir(self.root):  # noqa: PTH112  (str throughout: speed)
            raise PlateNotFoundError(f"No folder at {self.root}.")
        self.location = self.root
        self._inside = self.root.rstrip(os.sep) + os.sep

    @property
    def writable(self) -> bool:  # type: ignore[override]
        """Whether files can be made in the folder."""
        return os.access(self.root, os.W_OK)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.root,)

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
        data, found = self._fetch(key, 0, None, DOCUMENT_LIMIT)
        return data, None if found is None else _stamp(found)

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
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                self._no_file(found, key)
                return None, None
            self._check_inside(descriptor, key)
            start, length = resolve_range(start, length, found.st_size)
            if length > limit:
                raise too_large(self.where(key), length, limit)
            return _read_at(descriptor, start, length), found
        except OSError as error:
            self._absent_or_raise(error, key)
            return None, None
        finally:
            os.close(descriptor)

    def stamp(self, key: str) -> Hashable | None:
        """Return inode, time of change and size of a file."""
        try:
            found = os.stat(self._inside + key)  # noqa: PTH116
        except OSError:
            return None
        return _stamp(found)

    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield names below a folder; nothing where there is none."""
        check_key(prefix, self.location)
        path = os.path.realpath(self._inside + prefix)
        if path != self.root and not self._is_inside(path):
            raise self._leaves(prefix)
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
        # On Linux the kernel tells where an open file is: one call, and no race.
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
        except OSError:
            path = os.path.realpath(self._inside + key)
        if not self._is_inside(path):
            raise self._leaves(key)

    def _is_inside(self, path: str) -> bool:
        return path.startswith(self._inside) or config.follow_links

    def _leaves(self, key: str) -> UnsafeDataError:
        return UnsafeDataError(
            f"{self.where(key)} is a link that leads out of the plate; it is not "
            f"followed. Copy what it points to into the plate, or set "
            f"config.follow_links if you trust the plate."
        )

    def _no_file(self, found: os.stat_result, key: str) -> None:
        if stat.S_ISDIR(found.st_mode):
            return
        raise UnsafeDataError(
            f"{self.where(key)} is not a plain file ({stat.filemode(found.st_mode)}); "
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


def _stamp(found: os.stat_result) -> Hashable:
    return (found.st_ino, found.st_mtime_ns, found.st_size)


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


def resolve_range(start: int, length: int | None, size: int) -> tuple[int, int]:
    """Return first byte and count within an object of `size` bytes."""
    first = min(start, size) if start >= 0 else max(size + start, 0)
    rest = size - first
    return first, rest if length is None else min(length, rest)


def check_key(key: str, where: str) -> None:
    """Check that a key stays below the root.

    Raises
    ------
    InvalidPathError
        If it is absolute, climbs, or holds what no name may hold.
    """
    if (
        ".." in key
        or key[:1] == "/"
        or "\\" in key
        or "\0" in key
        or (os.name == "nt" and ":" in key)
    ) and (
        key[:1] == "/"
        or "\\" in key
        or "\0" in key
        or os.name == "nt"
        or ".." in key.split("/")
    ):
        raise InvalidPathError(f"{where}: {key!r} does not stay inside the plate.")


def too_large(where: str, length: int, limit: int) -> UnsafeDataError:
    """Return the error for an object that is too large to be read."""
    return UnsafeDataError(
        f"{where} has {length} bytes; at most {limit} are read. It is refused."
    )


def open_store(location: Any) -> PlateStore:
    """Return the store at a location.

    Parameters
    ----------
    location
        A path of a folder or of an ``.ozx`` archive; a ``file``, ``http``, ``https``,
        ``s3``, ``gs`` or ``az`` URL of either; a zarr ``Store`` or ``Group``; a dict of
        keys and bytes; a store of obstore; or a `PlateStore`, returned as it is.

    Raises
    ------
    PlateNotFoundError
        If nothing is at the path.
    StoreError
        If the location is of a kind that cannot be read.
    MissingExtraError
        If it is remote and obstore is not installed.
    """
    if isinstance(location, PlateStore):
        return location
    if isinstance(location, str):
        scheme, _, rest = location.partition("://")
        if rest:
            return _open_url(location, scheme.lower())
    if isinstance(location, str | os.PathLike):
        return _open_path(os.fspath(location))
    return _open_object(location)


def _open_url(url: str, scheme: str) -> PlateStore:
    if scheme == "file":
        # Brings the standard library's HTTP client along, which takes 20 ms to load.
        from urllib.request import url2pathname

        return _open_path(url2pathname(urlsplit(url).path))
    if scheme in REMOTE_SCHEMES:
        from hcs.stores.remote import open_url

        return open_url(url)
    raise StoreError(
        f"The address starts with {scheme!r}, which is not read here; known are paths, "
        f"file and {', '.join(REMOTE_SCHEMES)}. Pass a zarr store for anything else."
    )


def _open_path(path: str) -> PlateStore:
    if not path:
        raise PlateNotFoundError("The path of the plate is empty.")
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = Path(path).absolute() if "\0" not in path else repr(path)
        raise PlateNotFoundError(f"No plate at {shown}: {reason}.") from error
    if stat.S_ISDIR(found.st_mode):
        return DirectoryStore(path)
    if stat.S_ISREG(found.st_mode):
        from hcs.stores.ozx import ArchiveStore

        return ArchiveStore(path)
    raise PlateNotFoundError(f"No plate at {path}: it is neither a folder nor a file.")


def _open_object(location: Any) -> PlateStore:
    if type(location).__module__.partition(".")[0] == "obstore" or any(
        one.__module__.partition(".")[0] == "obstore" for one in type(location).__mro__
    ):
        from hcs.stores.remote import RemoteStore

        return RemoteStore(location)
    # A zarr object can only be there once zarr is imported; do not import it to ask.
    if "zarr" in sys.modules or isinstance(location, dict):
        from hcs.stores.foreign import open_zarr

        store = open_zarr(location)
        if store is not None:
            return store
    raise StoreError(
        f"Cannot read a plate from {type(location).__name__}; expected a path, an "
        f"address, a zarr Store or Group, or a dict."
    )
