"""Plates at an address: http(s), S3 and other object stores, through obstore.

What is needed next is asked for at once; parts of archives and shards are asked for by
range, and a server that ignores ranges is an error rather than a whole download.
"""

from __future__ import annotations

import os
import time
from base64 import b64encode
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlunsplit

from hcs.cache import LRUCache
from hcs.errors import (
    HCSError,
    PlateNotFoundError,
    StoreError,
)
from hcs.ngff.document import DOCUMENT_LIMIT
from hcs.settings import config
from hcs.stores.address import split_address
from hcs.stores.request import (
    check_size,
    get_part,
    get_tail,
    obstore_module,
    options_of,
    requesting,
    stamp_of,
)
from hcs.stores.store import CHUNK_LIMIT, PlateStore, check_key, too_large

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from hcs.stores.bucket import Bucket
    from hcs.stores.ozx import ArchiveStore

_CONCURRENCY = 16
"""Requests that one store has under way; HTTP/1.1 servers take some 6 to 100."""

_PREFETCH_SECONDS = 5.0
"""A prefetched document counts as just read for this long."""

_PREFETCH_LIMIT = 256

_TAIL_BYTES = 32 << 10
"""Bytes that are requested with the index of a shard: of a coarse level that is the
whole shard, which saves a round."""

_AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def open_url(url: str) -> PlateStore:
    """Return the store at an address.

    Parameters
    ----------
    url
        Of a plate, or of an ``.ozx`` archive. User and password in it are sent as the
        credentials of HTTP; S3, GCS and Azure take theirs from the environment.

    Raises
    ------
    MissingExtraError
        If obstore is not installed.
    StoreError
        If the address cannot be understood, or its server not be reached.
    """
    parts = split_address(url)
    shown = _shown(url)
    if parts.query or parts.fragment:
        raise StoreError(
            f"The address {shown} has a query, which would have to be repeated for "
            f"every file of the plate; pass a store of obstore with it instead."
        )
    path = parts.path.rstrip("/")
    if path.lower().endswith(".ozx"):
        folder, _, name = path.rpartition("/")
        root = _make_store(urlunsplit((*parts[:2], folder, "", "")), shown)
        return open_archive(root, unquote(name), shown)
    return RemoteStore(
        _make_store(urlunsplit((*parts[:2], path, "", "")), shown), shown
    )


def open_archive(store: Any, key: str, location: str) -> ArchiveStore:
    """Return the archive that one object of a store of obstore is."""
    from hcs.stores.ozx import ArchiveStore

    return ArchiveStore(source=RemoteSource(store, key, location), location=location)


class RemoteStore(PlateStore):
    """A plate in an object store or on a web server.

    Parameters
    ----------
    store
        A store of obstore, whose root is that of the plate.
    location
        What to call it; must hold no credentials.

    Notes
    -----
    Thread safety: requests run on threads of the store's own; `_lock` guards what was
    asked for ahead, and nothing is requested while it is held.
    """

    is_remote = True
    kind = "remote"

    def __init__(self, store: Any, location: str | None = None) -> None:
        obstore_module()
        self.store = store
        self.address = location  # None of a store that was passed without one
        self.location = location or f"{type(store).__name__} of obstore"
        self._lock = Lock()
        self._ahead: dict[str, tuple[float, Future[Any]]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._tails: LRUCache[str, tuple[float, int, bytes]] = LRUCache(
            64, 64 * _TAIL_BYTES, lambda tail: len(tail[2])
        )

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        """Return bytes of an object; see `PlateStore.fetch`."""
        check_key(key, self.location)
        if start == 0 and length is None:
            document = self._get(key, limit)
            return None if document is None else document[0]
        if length is not None and length > limit:
            raise too_large(self.where(key), length, limit)
        return get_part(self.store, key, start, length, self.where(key), limit)

    async def fetch_async(
        self, key: str, start: int = 0, length: int | None = None
    ) -> bytes | None:
        """`fetch` on an event loop, without a thread."""
        check_key(key, self.location)
        where = self.where(key)
        tail = self._from_tail(key, start, length)
        if tail is not None:
            return tail
        first, start = start, min(start, -_TAIL_BYTES) if start < 0 else start
        try:
            with requesting(where):
                result = await obstore_module().get_async(
                    self.store, key, options=options_of(start, length)
                )
                check_size(result, where, CHUNK_LIMIT)
                data = bytes(await result.bytes_async())
        except FileNotFoundError:
            # What was never written has no object: it holds the fill value.
            return None
        if first >= 0:
            return data
        self._tails.set(key, (time.monotonic(), result.range[0], data))
        return data[first:]

    def _from_tail(self, key: str, start: int, length: int | None) -> bytes | None:
        """Return a part of an object whose end was just read with a shard's index."""
        if start < 0 or length is None:
            return None
        read_time, first, data = self._tails.get(key) or (0.0, 0, b"")
        if start < first or start + length > first + len(data):
            return None
        if time.monotonic() - read_time > _PREFETCH_SECONDS:
            return None
        return data[start - first : start - first + length]

    def read(self, key: str, limit: int = DOCUMENT_LIMIT) -> bytes | None:
        """Return one document, None where it is absent."""
        return self.read_stamped(key, limit)[0]

    def read_stamped(
        self, key: str, limit: int = DOCUMENT_LIMIT
    ) -> tuple[bytes | None, Hashable | None]:
        """Return a document and the stamp that came with it, by one request."""
        check_key(key, self.location)
        with self._lock:
            pending = self._ahead.pop(key, None)
        if pending is not None and time.monotonic() - pending[0] < _PREFETCH_SECONDS:
            # A prefetch is a guess; what failed there is requested again in earnest.
            with suppress(HCSError, CancelledError):
                document = pending[1].result()
                return (None, None) if document is None else document
        document = self._get(key, limit)
        return (None, None) if document is None else document

    def documents(self, keys: Iterable[str]) -> dict[str, bytes | None]:
        """Return several documents, requested at once."""
        keys = list(keys)
        self.prefetch(keys)
        return {key: self.read(key) for key in keys}

    def prefetch(self, keys: Iterable[str]) -> None:
        """Ask for documents that will be read within seconds."""
        now = time.monotonic()
        with self._lock:
            old = [
                key
                for key, (request_time, _) in self._ahead.items()
                if now - request_time > _PREFETCH_SECONDS
            ]
            for key in old:
                del self._ahead[key]
            missing = [key for key in keys if key not in self._ahead]
            room = _PREFETCH_LIMIT - len(self._ahead)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_CONCURRENCY, "hcs-remote")
            for key in missing[:room]:
                future = self._pool.submit(self._get, key, DOCUMENT_LIMIT)
                self._ahead[key] = now, future

    def stamp(self, key: str) -> Hashable | None:
        """Return entity tag or time of change, and size."""
        try:
            with requesting(self.where(key)):
                return stamp_of(obstore_module().head(self.store, key))
        except FileNotFoundError:
            return None

    def children(self, prefix: str = "") -> Iterator[str]:
        """Yield the names below a prefix; plain web servers cannot list them."""
        prefix = prefix.strip("/")
        with requesting(self.where(prefix), "Cannot list (web servers do not tell)"):
            listing = obstore_module().list_with_delimiter(self.store, prefix or None)
        folders, objects = listing["common_prefixes"], listing["objects"]
        for path in (*folders, *(entry["path"] for entry in objects)):
            yield path.rstrip("/").rpartition("/")[2]

    def refresh(self) -> None:
        """Forget prefetched documents."""
        with self._lock:
            self._ahead.clear()

    def close(self) -> None:
        """Stop the threads; requests under way are dropped."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._ahead.clear()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def bucket(self) -> Bucket:
        """Return its objects for writing."""
        from hcs.stores.bucket import ObstoreBucket

        return ObstoreBucket(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.store, self.address)

    def _get(self, key: str, limit: int) -> tuple[bytes, Hashable] | None:
        try:
            with requesting(self.where(key)):
                result = obstore_module().get(self.store, key)
                check_size(result, self.where(key), limit)
                return bytes(result.bytes()), stamp_of(result.meta)
        except FileNotFoundError:
            return None


class RemoteSource:
    """One remote file, read by ranges; its end is read when it is opened.

    A file that is replaced meanwhile is an error rather than a mix, where the server
    tells by entity tags.
    """

    def __init__(self, store: Any, key: str, location: str) -> None:
        from hcs.stores.zip_directory import TAIL_BYTES

        self._store, self._key, self.location = store, key, location
        try:
            meta, self._tail = get_tail(store, key, TAIL_BYTES, location)
        except FileNotFoundError:
            raise PlateNotFoundError(f"No plate at {location}.") from None
        self.size = int(meta["size"])
        self.stamp = stamp_of(meta)
        self._tag: str | None = meta.get("e_tag")

    def read_at(self, start: int, length: int) -> bytes:
        """Return bytes of the file; fewer only at its end."""
        length = min(length, self.size - start)
        if length <= 0:
            return b""
        tail = self.size - len(self._tail)
        if start >= tail:
            return self._tail[start - tail : start - tail + length]
        data = get_part(
            self._store, self._key, start, length, self.location, CHUNK_LIMIT, self._tag
        )
        if data is None:
            raise StoreError(f"{self.location} is no longer there.")
        return data

    def close(self) -> None:
        """Forget what was read; connections belong to obstore."""
        self._tail = b""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._store, self._key, self.location)


def _make_store(url: str, shown: str) -> Any:
    obstore_module()
    from datetime import timedelta

    from obstore.store import from_url

    parts = split_address(url)
    options: dict[str, Any] = {
        "allow_http": True,
        "timeout": f"{config.request_timeout}s",
        "connect_timeout": f"{min(config.request_timeout, 10.0)}s",
    }
    extra: dict[str, Any] = {}
    if parts.scheme in ("http", "https") and parts.username is not None:
        # In the address they would turn up in errors, and obstore does not send them.
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        token = b64encode(login.encode()).decode()
        options["default_headers"] = {"Authorization": f"Basic {token}"}
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    if parts.scheme == "s3" and not any(map(os.environ.get, _AWS_CREDENTIALS)):
        extra["skip_signature"] = True  # a public bucket; else it asks for a role
    retry = {
        "max_retries": 2,
        "retry_timeout": timedelta(seconds=2 * config.request_timeout),
    }
    make: Any = from_url  # its types list every setting of every cloud
    with requesting(shown, "Cannot understand the address"):
        return make(url, client_options=options, retry_config=retry, **extra)


def _shown(url: str) -> str:
    """Return an address without user, password, query and fragment."""
    parts = split_address(url)
    return urlunsplit(
        (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")
    )
