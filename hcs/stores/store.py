"""Where a plate's bytes are: one hierarchy, read by key.

A key is a path below the root of the hierarchy, such as ``A/1/zarr.json``. Folders are
in `hcs.stores.directory`, archives in `hcs.stores.ozx`, addresses in
`hcs.stores.remote`, stores of zarr in `hcs.stores.foreign`; `hcs.stores.location` picks
one. Bytes are bounded.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, UnsafeDataError
from hcs.ngff.document import DOCUMENT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from typing import Self

    from zarr.abc.store import Store

    from hcs.stores.bucket import Bucket
    from hcs.stores.zip_directory import ZipDirectory

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
    kind
        What people call a place of its kind.
    root
        The folder on this machine that it is, None where it is anything else.

    Notes
    -----
    Thread safety: all reading methods may be called from several threads at once.
    Stores are context managers and can be pickled where their place has an address.
    """

    location: str
    writable: bool = False
    is_remote: bool = False
    kind: str = "zarr store"
    root: str | None = None

    likely_field: str = "0"
    """Path of the first field of the well that was read last: a guess at the next."""

    likely_level: str = "0"
    """Path of the finest level of the image that was read last."""

    @property
    def zip_directory(self) -> ZipDirectory | None:
        """How its file is laid out where it is one archive, else None."""
        return None

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
        """Return a cheap mark that changes with the object; None where it is absent.

        Parameters
        ----------
        key
            Path below the root.

        Raises
        ------
        StoreError
            If a remote store cannot be asked.
        """

    @abstractmethod
    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield the names directly below a prefix, in no particular order.

        Parameters
        ----------
        prefix
            Path of a folder below the root; the root itself where empty.

        Raises
        ------
        InvalidPathError
            If the prefix climbs out of the root.
        StoreError
            If the names cannot be listed, as plain web servers do not.
        """

    def read(self, key: str, limit: int = DOCUMENT_LIMIT) -> bytes | None:
        """Return one document, None where it is absent.

        Parameters
        ----------
        key
            Path below the root.
        limit
            Most bytes that may be read.

        Raises
        ------
        UnsafeDataError, InvalidPathError, StoreError
            As `fetch` raises them.
        """
        return self.fetch(key, limit=limit)

    def read_stamped(self, key: str) -> tuple[bytes | None, Hashable | None]:
        """Return a document and a stamp that is not newer than it.

        Parameters
        ----------
        key
            Path below the root.

        Returns
        -------
            The bytes, None where there is no such object, and what `stamp` gave before.

        Raises
        ------
        UnsafeDataError, InvalidPathError, StoreError
            As `fetch` raises them.
        """
        stamp = self.stamp(key)
        return self.read(key), stamp

    def documents(self, keys: Iterable[str]) -> dict[str, bytes | None]:
        """Return several documents; a remote store asks for all of them at once.

        Parameters
        ----------
        keys
            Paths below the root.

        Returns
        -------
            By key the bytes, None where there is no such object.

        Raises
        ------
        UnsafeDataError, InvalidPathError, StoreError
            As `fetch` raises them.
        """
        return {key: self.read(key) for key in keys}

    def prefetch(self, keys: Iterable[str]) -> None:  # noqa: B027  (local: nothing)
        """Ask for documents that will be read soon; only remote stores act on it.

        Parameters
        ----------
        keys
            Paths below the root; more than a store holds back are left to be read
            later.
        """

    async def fetch_async(
        self, key: str, start: int = 0, length: int | None = None
    ) -> bytes | None:
        """`fetch` for an event loop, which must not wait for a disk.

        Parameters
        ----------
        key
            Path below the root.
        start
            First byte; a negative one counts from the end.
        length
            How many bytes at most; None reads to the end.

        Raises
        ------
        UnsafeDataError, InvalidPathError, StoreError
            As `fetch` raises them.
        """
        import asyncio

        return await asyncio.to_thread(self.fetch, key, start, length)

    def zarr_store(self) -> Store:
        """Return a read-only zarr store over these bytes, with the same limits."""
        from hcs.stores.guard import GuardedStore

        return GuardedStore(self)

    def bucket(self) -> Bucket | None:
        """Return its objects for writing, None where it is not written by object."""
        return None

    def refresh(self) -> None:  # noqa: B027  (most stores hold nothing back)
        """Look at the place again, where the store keeps something of it."""

    def close(self) -> None:  # noqa: B027  (most stores hold nothing open)
        """Release what is open; reading afterwards is an error or reopens."""

    def where(self, key: str) -> str:
        """Return the location of an object, for messages; it holds no credentials.

        Parameters
        ----------
        key
            Path below the root; the root itself where empty.
        """
        return f"{self.location}/{key}" if key else self.location

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location!r})"


def resolve_range(start: int, length: int | None, size: int) -> tuple[int, int]:
    """Return first byte and count within an object of `size` bytes."""
    first = min(start, size) if start >= 0 else max(size + start, 0)
    remaining = size - first
    return first, remaining if length is None else min(length, remaining)


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
