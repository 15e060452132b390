"""Plates in object stores and in stores of zarr, open for writing.

There are no folders, links and locks. A name is claimed by writing its mark where
nothing is; a document is replaced on the condition that it still is what was read. Who
loses that race reads again and tries anew.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import uuid
from typing import TYPE_CHECKING, BinaryIO
from weakref import WeakValueDictionary

from hcs.errors import StoreError
from hcs.stores.bucket import ExpectedTag, MovedOnError
from hcs.writing.targets import step
from hcs.writing.targets.lock import Hold
from hcs.writing.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from zarr.abc.store import Store

    from hcs.stores.bucket import Bucket
    from hcs.stores.store import PlateStore

ABANDONED = 3600.0
"""Seconds after which a group that is still incomplete counts as left by a crash: no
lock tells whether somebody is at work on it."""

_IN_MEMORY = 64 << 20
"""Bytes of one file that are kept in memory until they are sent."""

_DOCUMENTS = ("zarr.json", ".zgroup", ".zattrs")
"""Those of a group in the order in which they are written: the last says whose it is.
"""


class SharedPlace:
    """What the threads of this process share about one place."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.held: set[str] = set()
        """Groups that are being staged here; guarded by `lock`."""


_shared_places: WeakValueDictionary[object, SharedPlace] = WeakValueDictionary()
_shared_guard = threading.Lock()


def _shared_place(key: Hashable) -> SharedPlace:
    with _shared_guard:
        return _shared_places.setdefault(key, SharedPlace())


class ObjectHold(Hold):
    """A group that this process is staging."""

    def __init__(self, shared: SharedPlace, prefix: str) -> None:
        super().__init__(None)
        self._shared, self._prefix = shared, prefix
        with shared.lock:
            shared.held.add(prefix)

    def release(self) -> None:
        """Give the group back; a second call does nothing."""
        with self._shared.lock:
            self._shared.held.discard(self._prefix)


class ObjectTarget(Target):
    """A plate in an object store or in a store of zarr.

    Parameters
    ----------
    bucket
        The objects.
    store
        The same place for reading.

    Notes
    -----
    Thread safety: threads of one process exclude each other by a lock of the place;
    what was read inside it is remembered there, for this thread.
    """

    settles = False
    renames = False

    def __init__(self, bucket: Bucket, store: PlateStore) -> None:
        self.bucket, self._store = bucket, store
        self._shared = _shared_place(bucket.place)
        self.location = store.location
        self._read = threading.local()

    def is_taken(self) -> bool:
        """Whether any object is there."""
        return bool(self.bucket.names(""))

    # --- looking ---------------------------------------------------------------------

    def read(self, key: str) -> bytes | None:
        """Return one document, None where there is none."""
        tagged = self.bucket.get(key)
        tags = self._tags()
        if tags is not None:
            tags[key] = None if tagged is None else tagged[1]
        return None if tagged is None else tagged[0]

    def reader(self) -> PlateStore:
        """Return the place as those who read plates see it."""
        return self._store

    def zarr_store(self) -> Store:
        """Return the place as zarr sees it."""
        return self._store.zarr_store()

    def exists(self, key: str) -> bool:
        """Whether an object has that key, or lies below it."""
        return bool(self.bucket.names(key)) or self.bucket.get(key) is not None

    def is_group(self, key: str) -> bool:
        """Whether an object lies below a key."""
        return bool(self.bucket.names(key))

    def children(self, prefix: str) -> list[str]:
        """Return the names directly below `prefix`, sorted."""
        return sorted(self.bucket.names(prefix))

    def size(self, key: str) -> int:
        """Return the bytes of all objects below a key."""
        return sum(size for _, size in self.bucket.keys(f"{key}/"))

    # --- writing ---------------------------------------------------------------------

    def make_root(self) -> bool:
        """Say whether nothing is there: a prefix needs no making."""
        return not self.is_taken()

    def claim(self, prefix: str, mark: Mapping[str, bytes]) -> Hold | None:
        """Write the mark of a group where nothing is; see `Target.claim`."""
        step.reached(f"claim {prefix}")
        if self.bucket.names(prefix):
            return None
        for name, data in mark.items():
            try:
                self.bucket.put(f"{prefix}/{name}", data, ExpectedTag(None))
            except MovedOnError:
                # Another writer has put its mark there since the look above.
                return None
        return ObjectHold(self._shared, prefix)

    @contextlib.contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        """Write a new object; it is sent when the context ends well."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stream:
            yield stream  # type: ignore[misc]
            step.reached(f"put {key}")
            stream.seek(0)
            self.bucket.put(key, stream)

    def replace(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Replace a document if it is what this thread read inside the lock."""
        step.reached(f"replace {key}")
        tags = self._tags()
        expected = ExpectedTag(tags[key]) if tags is not None and key in tags else None
        try:
            tag = self.bucket.put(key, data, expected)
        except MovedOnError:
            raise
        except StoreError:
            # Whether an unanswered request came to pass, only a look can tell.
            present = self.bucket.get(key)
            if present is None or present[0] != data:
                raise
            tag = present[1]
        if tags is not None:
            tags[key] = tag
        step.reached(f"replaced {key}")

    def sync(self, prefix: str) -> None:
        """Do nothing: an object store answers when it has the object."""

    def rename(self, old: str, new: str) -> None:
        """Copy a group object by object, then remove it under its old name."""
        self.link_tree(old, new)
        self.remove(old)

    def exchange(self, first: str, second: str) -> bool:
        """Return False: no object store can."""
        return False

    def link_tree(self, old: str, new: str) -> None:
        """Copy a group, its own documents last, and compare every object of it.

        Raises
        ------
        StoreError
            If an object does not read back as what it is a copy of.
        """
        keys = {key: new + key[len(old) :] for key in self._files(old)}
        for key, copy in keys.items():
            step.reached(f"copy {key} {new}")
            self.bucket.copy(key, copy)
        step.reached(f"compare {new}")
        for key, copy in keys.items():
            content = self._content(key)
            if content is None or content != self._content(copy):
                raise StoreError(
                    f"{self.location}/{copy} does not read back as {key}, of which it "
                    f"is a copy; nothing was removed."
                )

    def _content(self, key: str) -> bytes | None:
        tagged = self.bucket.get(key)
        return None if tagged is None else tagged[0]

    def remove(self, prefix: str) -> None:
        """Remove an object, and all that is below it."""
        step.reached(f"remove {prefix}")
        for key in self._files(prefix):
            self.bucket.delete(key)
        self.bucket.delete(prefix)

    def free_suffix(self) -> str:
        """Return six random letters: a name that is free cannot be held otherwise."""
        return uuid.uuid4().hex[:6]

    def _files(self, prefix: str) -> list[str]:
        keys = [key for key, _ in self.bucket.keys(f"{prefix}/")]
        own = {f"{prefix}/{name}": rank for rank, name in enumerate(_DOCUMENTS, 1)}
        return sorted(keys, key=lambda key: (own.get(key, 0), key))

    # --- exclusion -------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Exclude threads, and remember what is read; see `Target.lock`."""
        with self._shared.lock:
            outer = self._tags()
            if outer is None:
                self._read.tags = {}
            try:
                yield
            finally:
                self._read.tags = outer

    def _tags(self) -> dict[str, Hashable | None] | None:
        """Return the tags of what this thread has read inside the lock."""
        return getattr(self._read, "tags", None)

    def hold(self, prefix: str) -> Hold | None:
        """Return a hold of a group that nobody here stages, and nobody elsewhere.

        Of other processes only the age of the group's mark tells.
        """
        if prefix in self._shared.held:
            return None
        ages = [self.bucket.age(f"{prefix}/{name}") for name in _DOCUMENTS]
        known_ages = [age for age in ages if age is not None]
        if self.bucket.conditional and (not known_ages or min(known_ages) < ABANDONED):
            return None
        return ObjectHold(self._shared, prefix)


_conditional: set[str] = set()
"""Places that were seen to honour conditions; a server does not lose the ability."""


def check_conditional(target: ObjectTarget) -> None:
    """Check that a store that takes conditions refuses a put where one does not hold.

    Raises
    ------
    StoreError
        If it takes it: two writers would then overwrite each other without a word.
    """
    if not target.bucket.conditional or target.location in _conditional:
        return
    key = f".hcs-probe-{uuid.uuid4().hex}"
    try:
        target.bucket.put(key, b"1", ExpectedTag(None))
        # What a bucket has to say to the second of two who create.
        with contextlib.suppress(MovedOnError):
            target.bucket.put(key, b"2", ExpectedTag(None))
            raise StoreError(
                f"{target.location} does not honour conditional puts (If-None-Match), "
                f"so that concurrent writers would lose fields; nothing is written."
            )
    finally:
        target.bucket.delete(key)
    _conditional.add(target.location)
