"""Memory that arrays have left: kept for the next ones while a task runs."""

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

_KEPT = 1 << 30

_lock = threading.Lock()
_tasks = 0


@contextlib.contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory for as long as this lasts, and give it back then.

    Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_=65536``, so that each plane
    that is let go returns to the system and the next one costs page faults: measuring
    takes 1.5 times as long. Where no such limit is set, or the C library is not glibc,
    nothing is changed.
    """
    limit = os.environ.get("MALLOC_TRIM_THRESHOLD_", "")
    library = _glibc() if limit.isdecimal() and int(limit) < _KEPT else None
    if library is None:
        yield
        return
    _count(library, 1, int(limit))
    try:
        yield
    finally:
        _count(library, -1, int(limit))


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    known = all(hasattr(library, name) for name in ("mallopt", "malloc_trim"))
    return library if known else None


def _count(library: ctypes.CDLL, change: int, limit: int) -> None:
    """Change the thresholds with the first task of the process, and after the last."""
    global _tasks
    with _lock:
        before, _tasks = _tasks, _tasks + change
        if not before:
            library.mallopt(_TRIM_THRESHOLD, _KEPT)
            library.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP)
        elif not _tasks:
            library.mallopt(_TRIM_THRESHOLD, limit)
            library.mallopt(_MMAP_THRESHOLD, _DEFAULT_MMAP)
            library.malloc_trim(0)
