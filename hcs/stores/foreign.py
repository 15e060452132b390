"""Stores of zarr-python as the place of a plate: memory, fsspec, ZIP, and groups."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, StoreError
from hcs.stores.directory import DirectoryStore
from hcs.stores.store import (
    CHUNK_LIMIT,
    PlateStore,
    check_key,
    too_large,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Hashable, Iterator

    from zarr.abc.store import Store

    from hcs.stores.bucket import Bucket


def open_zarr(location: Any) -> PlateStore | None:
    """Return the store that an object of zarr stands for, None if it is none.

    Parameters
    ----------
    location
        A ``Store``, ``StorePath``, ``Group``, ``AsyncGroup``, or a dict of keys and
        bytes as zarr's ``MemoryStore`` takes it.
    """
    from zarr.abc.store import Store
    from zarr.storage import LocalStore, MemoryStore, StorePath

    from hcs.stores.guard import GuardedStore

    if isinstance(location, dict):
        location = MemoryStore(_as_buffers(location))
    place: Any = getattr(location, "store_path", location)  # of a Group
    prefix = ""
    if isinstance(place, StorePath):
        place, prefix = place.store, place.path
    if not isinstance(place, Store):
        return None
    if isinstance(place, GuardedStore) and not prefix:
        return place.source
    if isinstance(place, LocalStore):
        return DirectoryStore(place.root / prefix)
    return ZarrStore(place, prefix)


class ZarrStore(PlateStore):
    """A plate in any store of zarr-python.

    Parameters
    ----------
    store
        The store.
    prefix
        Path of the plate in it.
    """

    def __init__(self, store: Store, prefix: str = "") -> None:
        self.store = store
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        name = type(store).__name__
        self.location = f"{name}{f' {self.prefix[:-1]}' if self.prefix else ''}"

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        """Return bytes of an object; see `PlateStore.fetch`."""
        data: bytes | None = self._run(self._get(key, start, length), key)
        if data is not None and len(data) > limit:
            raise too_large(self.where(key), len(data), limit)
        return data

    async def fetch_async(
        self, key: str, start: int = 0, length: int | None = None
    ) -> bytes | None:
        """`fetch` on zarr's own event loop."""
        try:
            return await self._get(key, start, length)
        except HCSError:
            raise
        except Exception as error:  # each store has its own
            raise self._error(key, error) from error

    def stamp(self, key: str) -> Hashable | None:
        """Return a digest of the object: these stores have nothing cheaper."""
        data = self.fetch(key)
        return None if data is None else hashlib.sha256(data).digest()

    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield the names directly below a prefix."""
        check_key(prefix, self.location)

        async def names() -> list[str]:
            path = f"{self.prefix}{prefix}".rstrip("/")
            return [name async for name in self.store.list_dir(path)]

        return iter(self._run(names(), prefix))

    def bucket(self) -> Bucket:
        """Return its objects for writing."""
        from hcs.stores.bucket import ZarrBucket

        return ZarrBucket(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.store, self.prefix)

    async def _get(self, key: str, start: int, length: int | None) -> bytes | None:
        from zarr.abc.store import (
            ByteRequest,
            OffsetByteRequest,
            RangeByteRequest,
            SuffixByteRequest,
        )
        from zarr.core.buffer import default_buffer_prototype

        check_key(key, self.location)
        await self.store._ensure_open()  # some only open when zarr opens a group
        part: ByteRequest | None = None
        if start < 0:
            part = SuffixByteRequest(-start)
        elif length is not None:
            part = RangeByteRequest(start, start + length)
        elif start:
            part = OffsetByteRequest(start)
        buffer = await self.store.get(
            self.prefix + key, default_buffer_prototype(), part
        )
        return None if buffer is None else buffer.to_bytes()

    def _run(self, coroutine: Coroutine[Any, Any, Any], key: str) -> Any:
        from zarr.core.sync import sync

        try:
            return sync(coroutine)
        except HCSError:
            raise
        except Exception as error:  # each store has its own
            raise self._error(key, error) from error

    def _error(self, key: str, error: Exception) -> StoreError:
        return StoreError(
            f"Cannot read {self.where(key)}: {type(error).__name__}: {error}."
        )


def _as_buffers(files: dict[Any, Any]) -> dict[str, Any]:
    from zarr.core.buffer import default_buffer_prototype

    make = default_buffer_prototype().buffer.from_bytes
    return {
        str(key): make(value) if isinstance(value, bytes | bytearray) else value
        for key, value in files.items()
    }
