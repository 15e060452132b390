"""A bounded, thread-safe cache that knows no domain."""

from __future__ import annotations

from collections import OrderedDict
from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")

_ABSENT = object()


class LRUCache(Generic[K, V]):
    """Keep the values that were used last, within a count and a number of bytes.

    Parameters
    ----------
    max_size
        Largest number of entries; 0 keeps nothing, None sets no bound.
    max_bytes
        Largest sum of the sizes of the values; None sets no bound. A single value
        that is larger is not kept.
    size_of
        Returns the bytes of a value; ``value.nbytes`` or ``len(value)`` if not given.

    Attributes
    ----------
    hits, misses
        How often a look-up did or did not find its key (membership does not count).
    nbytes
        Sum of the sizes of what is kept.

    Notes
    -----
    Thread safety: one lock guards entries and counters, and `size_of` may run under
    it. The values themselves are shared between threads.

    Examples
    --------
    >>> cache = LRUCache(max_size=2)
    >>> for key in ("a", "b", "c"):
    ...     cache.set(key, key.upper().encode())
    >>> cache.get("a") is None, cache.get("c"), "b" in cache
    (True, b'C', True)
    >>> cache.clear()
    >>> "c" in cache
    False
    """

    def __init__(
        self,
        max_size: int | None = 100,
        max_bytes: int | None = None,
        size_of: Callable[[V], int] | None = None,
    ) -> None:
        for name, bound in (("max_size", max_size), ("max_bytes", max_bytes)):
            if bound is not None and (isinstance(bound, bool) or bound < 0):
                raise ValueError(f"{name} is {bound!r}; expected None or at least 0.")
        self.max_size = max_size
        self.max_bytes = max_bytes
        self.cache: OrderedDict[K, V] = OrderedDict()
        self.hits = 0
        self.misses = 0
        self.nbytes = 0
        self._size_of = size_of
        self._sizes: dict[K, int] = {}
        # Taken twice by one thread: `setdefault` sets, and measuring may ask the cache.
        self._lock = RLock()

    def get(self, key: K, default: V | None = None) -> V | None:
        """Return the value and mark it as used, or `default` where it is absent.

        Parameters
        ----------
        key
            What the value was kept under.
        default
            What is returned where it is absent.
        """
        value = self._look_up(key)
        return default if value is _ABSENT else value  # type: ignore[return-value]

    def set(self, key: K, value: V) -> None:
        """Keep the value, and drop those unused for longest beyond the bounds.

        Parameters
        ----------
        key
            What to keep it under.
        value
            What is kept; what was there before goes.
        """
        size = self._measure(value)
        with self._lock:
            # Also where the new value is too large: the old one is wrong from now on.
            self._drop(key)
            if self.max_size == 0 or _exceeds(size, self.max_bytes):
                return
            self.cache[key] = value
            self._sizes[key] = size
            self.nbytes += size
            while _exceeds(len(self.cache), self.max_size) or _exceeds(
                self.nbytes, self.max_bytes
            ):
                self._drop(next(iter(self.cache)))

    def resize(self, key: K) -> None:
        """Measure a value again that has grown or shrunk since it was set.

        Those unused for longest go where all together are beyond `max_bytes` then.

        Parameters
        ----------
        key
            What the value was kept under; nothing happens where it is absent.
        """
        with self._lock:
            value = self.cache.get(key, _ABSENT)
            if value is _ABSENT:
                return
            size = self._measure(value)  # type: ignore[arg-type]
            self.nbytes += size - self._sizes[key]
            self._sizes[key] = size
            while _exceeds(self.nbytes, self.max_bytes):
                self._drop(next(iter(self.cache)))

    def setdefault(self, key: K, value: V) -> V:
        """Return the value that is kept, keeping `value` where there is none.

        Two threads that made the same thing at once thus go on with one of them.

        Parameters
        ----------
        key
            What to keep it under.
        value
            What is kept where nothing is there yet.
        """
        with self._lock:
            cached = self.cache.get(key, _ABSENT)
            if cached is not _ABSENT:
                return cached  # type: ignore[return-value]
            self.set(key, value)
            return value

    def discard(self, key: K) -> None:
        """Forget a key, whether or not it is there.

        Parameters
        ----------
        key
            What the value was kept under; nothing happens where it is absent.
        """
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget everything; the counters stay."""
        with self._lock:
            self.cache.clear()
            self._sizes.clear()
            self.nbytes = 0

    def items(self) -> list[tuple[K, V]]:
        """Return a copy of the entries, the one unused for longest first."""
        with self._lock:
            return list(self.cache.items())

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self.cache

    def __getitem__(self, key: K) -> V:
        value = self._look_up(key)
        if value is _ABSENT:
            raise KeyError(key)
        return value  # type: ignore[return-value]

    def __setitem__(self, key: K, value: V) -> None:
        self.set(key, value)

    def __delitem__(self, key: K) -> None:
        with self._lock:
            if key not in self.cache:
                raise KeyError(key)
            self._drop(key)

    def __iter__(self) -> Iterator[K]:
        with self._lock:
            return iter(list(self.cache))

    def __len__(self) -> int:
        with self._lock:
            return len(self.cache)

    def __repr__(self) -> str:
        return (
            f"LRUCache({len(self)} of {self.max_size} entries, "
            f"{self.nbytes} of {self.max_bytes} bytes, "
            f"{self.hits} hits, {self.misses} misses)"
        )

    def _look_up(self, key: K) -> object:
        with self._lock:
            value = self.cache.get(key, _ABSENT)
            if value is _ABSENT:
                self.misses += 1
            else:
                self.hits += 1
                self.cache.move_to_end(key)
            return value

    def _drop(self, key: K) -> None:
        if self.cache.pop(key, _ABSENT) is not _ABSENT:
            self.nbytes -= self._sizes.pop(key)

    def _measure(self, value: V) -> int:
        if self.max_bytes is None and self._size_of is None:
            return 0
        if self._size_of is not None:
            return self._size_of(value)
        size = getattr(value, "nbytes", None)
        return int(size) if size is not None else len(value)  # type: ignore[arg-type]


def _exceeds(amount: int, bound: int | None) -> bool:
    return bound is not None and amount > bound
