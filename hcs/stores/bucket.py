"""Objects by key, as object stores and stores of zarr have them: read and written."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from hcs.errors import ConflictError, HCSError, ReadOnlyError, StoreError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Hashable, Iterator

    from hcs.stores.foreign import ZarrStore
    from hcs.stores.remote import RemoteStore


class MovedOnError(ConflictError):
    """A document was replaced by somebody else since it was read; read it again."""


@dataclass(frozen=True, slots=True)
class ExpectedTag:
    """What must be at a key for it to be replaced."""

    tag: Hashable | None
    """The tag from `Bucket.get`; None where no object may be there yet."""


class Bucket(Protocol):
    """The few things that every object store can do; keys are below the plate."""

    conditional: bool
    """Whether `put` can be held to an `ExpectedTag`, also against other processes."""

    place: Hashable
    """Equal for all of one place in this process, whose threads share a lock."""

    def get(self, key: str) -> tuple[bytes, Hashable] | None:
        """Return an object and a tag that changes with it."""

    def put(self, key: str, data: Any, expected: ExpectedTag | None = None) -> Hashable:
        """Write an object, bytes or a stream, and return its tag.

        Raises
        ------
        MovedOnError
            If the object is not `expected`; it then stays as it is.
        """

    def copy(self, old: str, new: str) -> None:
        """Copy one object."""

    def delete(self, key: str) -> None:
        """Remove one object; nothing happens where it is not."""

    def keys(self, prefix: str) -> list[tuple[str, int]]:
        """Return key and size of every object whose key begins with `prefix`."""

    def names(self, prefix: str) -> list[str]:
        """Return the names below a folder, ``""`` for all."""

    def age(self, key: str) -> float | None:
        """Return the seconds since an object was written, None where unknown."""


class ObstoreBucket:
    """A store of obstore: S3, GCS, Azure, memory.

    Parameters
    ----------
    store
        The place as it is read.
    """

    conditional = True

    def __init__(self, store: RemoteStore) -> None:
        import obstore

        self._obstore: Any = obstore
        self._store, self.location = store.store, store.location
        # Stores of one address are one place; a store without any is its own.
        self.place: Hashable = store.address or id(store.store)

    def get(self, key: str) -> tuple[bytes, Hashable] | None:
        """Return an object and its entity tag."""
        try:
            with self._errors("read", key):
                result = self._obstore.get(self._store, key)
                return bytes(result.bytes()), result.meta.get("e_tag")
        except FileNotFoundError:
            return None

    def put(self, key: str, data: Any, expected: ExpectedTag | None = None) -> Hashable:
        """Write an object; see `Bucket.put`."""
        options: dict[str, Any] = {}
        if expected is not None:
            # One request, not several parts: only that can be conditional.
            options["mode"] = (
                "create" if expected.tag is None else {"e_tag": expected.tag}
            )
        with self._errors("write", key):
            result = self._obstore.put(self._store, key, data, **options)
        tag: Hashable = result.get("e_tag")
        return tag

    def copy(self, old: str, new: str) -> None:
        """Copy one object inside the store."""
        with self._errors("copy", old):
            self._obstore.copy(self._store, old, new)

    def delete(self, key: str) -> None:
        """Remove one object."""
        try:
            with self._errors("remove", key):
                self._obstore.delete(self._store, key)
        except FileNotFoundError:
            # Gone already, as was wanted.
            return

    def keys(self, prefix: str) -> list[tuple[str, int]]:
        """Return key and size of every object below a prefix that ends with ``/``."""
        with self._errors("list", prefix):
            pages = self._obstore.list(self._store, prefix.rstrip("/") or None)
            return [(entry["path"], entry["size"]) for page in pages for entry in page]

    def names(self, prefix: str) -> list[str]:
        """Return the names below a folder."""
        with self._errors("list", prefix):
            listing = self._obstore.list_with_delimiter(self._store, prefix or None)
        paths = (
            *listing["common_prefixes"],
            *(entry["path"] for entry in listing["objects"]),
        )
        return [path.rstrip("/").rpartition("/")[2] for path in paths]

    def age(self, key: str) -> float | None:
        """Return the seconds since an object was written."""
        try:
            with self._errors("look at", key):
                written = self._obstore.head(self._store, key)["last_modified"]
        except FileNotFoundError:
            return None
        return float((datetime.now(UTC) - written).total_seconds())

    @contextmanager
    def _errors(self, verb: str, key: str) -> Iterator[None]:
        sentence = f"Could not {verb} {key or 'objects'} in {self.location}"
        try:
            yield
        except (FileNotFoundError, HCSError):
            raise
        except Exception as error:  # noqa: BLE001  obstore has many
            name = type(error).__name__
            if name in ("AlreadyExistsError", "PreconditionError"):
                raise MovedOnError(
                    f"{sentence}: somebody else has changed it meanwhile."
                ) from None
            # Not chained: theirs may show the whole address, with what was in it.
            if "PermissionDenied" in name or "Unauthenticated" in name:
                raise ReadOnlyError(f"{sentence}: access is denied.") from None
            reason = str(error).partition("\n")[0]
            raise StoreError(f"{sentence}: {name}: {reason:.200}.") from None


class ZarrBucket:
    """A store of zarr-python, such as memory.

    Its stores know no conditions, so only threads of one process may write at once.
    """

    conditional = False

    def __init__(self, store: ZarrStore) -> None:
        self._store, self._prefix = store.store, store.prefix
        self.location = store.location
        self.place: Hashable = id(store.store), store.prefix

    def get(self, key: str) -> tuple[bytes, Hashable] | None:
        """Return an object and a digest of it."""
        from zarr.core.buffer import default_buffer_prototype

        buffer = self._run(
            self._store.get(self._prefix + key, default_buffer_prototype())
        )
        if buffer is None:
            return None
        data: bytes = buffer.to_bytes()
        return data, hashlib.sha256(data).digest()

    def put(self, key: str, data: Any, expected: ExpectedTag | None = None) -> Hashable:
        """Write an object; see `Bucket.put`."""
        from zarr.core.buffer import default_buffer_prototype

        if expected is not None:
            present = self.get(key)
            if (None if present is None else present[1]) != expected.tag:
                raise MovedOnError(f"{self.location}/{key} was changed meanwhile.")
        content = data if isinstance(data, bytes) else data.read()
        buffer = default_buffer_prototype().buffer.from_bytes(content)
        self._run(self._store.set(self._prefix + key, buffer))
        return hashlib.sha256(content).digest()

    def copy(self, old: str, new: str) -> None:
        """Copy one object."""
        present = self.get(old)
        if present is not None:
            self.put(new, present[0])

    def delete(self, key: str) -> None:
        """Remove one object."""
        self._run(self._store.delete(self._prefix + key))

    def keys(self, prefix: str) -> list[tuple[str, int]]:
        """Return key and size of every object below a prefix."""

        async def list_keys() -> list[tuple[str, int]]:
            start = len(self._prefix)
            return [
                (key[start:], await self._store.getsize(key))
                async for key in self._store.list_prefix(self._prefix + prefix)
            ]

        return list(self._run(list_keys()))

    def names(self, prefix: str) -> list[str]:
        """Return the names below a folder."""

        async def list_names() -> list[str]:
            path = f"{self._prefix}{prefix}".rstrip("/")
            return [name async for name in self._store.list_dir(path)]

        return list(self._run(list_names()))

    def age(self, key: str) -> float | None:
        """Return None: these stores do not tell, and no other process writes them."""
        return None

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        from zarr.core.sync import sync

        try:
            return sync(coroutine)
        except HCSError:
            raise
        except Exception as error:
            name = type(error).__name__
            raise StoreError(f"{self.location} failed: {name}: {error}.") from error
