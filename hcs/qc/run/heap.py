"""Memory that arrays have left: kept for the next ones while tasks run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's ``mallopt``."""

_DEFAULT_MMAP = 128 << 10
_LARGEST_MMAP = 32 << 20
"""More is not accepted; arrays above it come from the system each time."""

_TRIM_BYTES = 1 << 30

_IDLE_SECONDS = 1.0
"""After a task; the next one mostly comes sooner."""


@contextlib.contextmanager
def held_memory() -> Iterator[None]:
    """Keep freed memory for as long as this lasts, and give it back a second later.

    Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_=65536``, so that each plane
    that is let go returns to the system and the next one costs page faults: measuring
    takes 1.6 times as long. Where no such limit is set, or the C library is not glibc,
    nothing is changed.
    """
    limit = os.environ.get("MALLOC_TRIM_THRESHOLD_", "")
    library = _glibc() if limit.isdecimal() and int(limit) < _TRIM_BYTES else None
    if library is None:
        yield
        return
    _HEAP.enter(library)
    try:
        yield
    finally:
        _HEAP.leave(library, int(limit))


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    known = all(hasattr(library, name) for name in ("mallopt", "malloc_trim"))
    return library if known else None


class _Heap:
    """The thresholds of this process, and how many tasks need them.

    They are changed with the first task, and back some time after the last.

    Thread safety: one lock; the time between tasks is waited for by a timer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks = 0
        self._holding = False
        self._timer: threading.Timer | None = None

    def enter(self, library: ctypes.CDLL) -> None:
        with self._lock:
            self._tasks += 1
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not self._holding:
                library.mallopt(_TRIM_THRESHOLD, _TRIM_BYTES)
                library.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP)
                self._holding = True

    def leave(self, library: ctypes.CDLL, limit: int) -> None:
        with self._lock:
            self._tasks -= 1
            if self._tasks:
                return
            timer = threading.Timer(_IDLE_SECONDS, self._give_back, (library, limit))
            timer.daemon = True
            # A process that ends starts no thread any more, and keeps no memory.
            with contextlib.suppress(RuntimeError):
                timer.start()
                self._timer = timer

    def _give_back(self, library: ctypes.CDLL, limit: int) -> None:
        with self._lock:
            if self._holding and not self._tasks:
                library.mallopt(_TRIM_THRESHOLD, limit)
                library.mallopt(_MMAP_THRESHOLD, _DEFAULT_MMAP)
                library.malloc_trim(0)
                self._holding = False


_HEAP = _Heap()
