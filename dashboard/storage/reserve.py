"""What is kept free on the disk of the workspace: verdicts come before pictures.

Previews and plate pictures, uploads, what is staged of them and the files of the log
end where the reserve begins. Only the database may write into it, and where even that
is full, the pictures make room.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG = logging.getLogger(__name__)

MOST_BYTES = 512 << 20
SHARE = 0.05


def reserve_of(total: int) -> int:
    """Return how many bytes of a disk stay free.

    512 MB or 5 %, the smaller of them: years of verdicts fit into 512 MB, so that 5 %
    of a large disk would only keep pictures from being shown at once; and on a small
    disk, 512 MB would leave no room for any.

    >>> reserve_of(10 << 40) == MOST_BYTES, reserve_of(12_000_000)
    (True, 600000)
    """
    return min(MOST_BYTES, round(SHARE * total))


def free_beyond_reserve(folder: Path) -> int:
    """Return how many bytes may be written to the disk of a folder; may be below 0.

    The folder may have been removed meanwhile: that above it lies on the same disk.
    """
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.free - reserve_of(usage.total)


class Reserve:
    """The reserve of one disk, and the caches that make room on it.

    Parameters
    ----------
    folder
        A folder of the disk.

    Notes
    -----
    Thread safety: one at a time makes room.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._caches: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def add_cache(self, prune: Callable[[], object]) -> None:
        """Add what empties a cache, when the database has no room."""
        self._caches.append(prune)

    def room(self) -> int:
        """Return how many bytes may still be written by all but the database."""
        with contextlib.suppress(OSError):  # a disk that cannot be asked is not filled
            return free_beyond_reserve(self._folder)
        return 0

    def make_room(self) -> None:
        """Empty the caches, for the database could not write."""
        with self._lock:
            _LOG.warning("The disk of the workspace is full: pictures make room.")
            for prune in self._caches:
                try:
                    prune()
                except OSError as error:
                    _LOG.warning("A cache could not be emptied: %s", error)
