"""Encoded pictures: in memory, on disk in the workspace, or made once."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.pictures.cache_fill import CacheFill
from dashboard.pictures.cancellation import LeftError
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)

MEMORY_BYTES = 64 << 20
DISK_BYTES = 2 << 30
_PRUNE_TO = 0.8
"""Share of the disk limit that stays when it is passed, so that pruning is rare."""


class Previews:
    """A cache of bytes by address, bounded in memory and on disk.

    Parameters
    ----------
    folder
        Where files go; may be emptied at any time, also by others.
    memory_bytes, disk_bytes
        Bounds; 0 keeps nothing there.
    room
        Returns how many bytes the disk has for pictures.

    Notes
    -----
    Thread safety: one lock guards who makes what. Two requests for one address wait
    for one making; nothing is made or read under the lock. Another guards what is on
    disk: files get their names and are counted together, so that none is missed.
    """

    def __init__(
        self,
        folder: Path,
        memory_bytes: int = MEMORY_BYTES,
        disk_bytes: int = DISK_BYTES,
        room: Callable[[], int] = lambda: sys.maxsize,
    ) -> None:
        self._folder = folder
        self._memory: LRUCache[str, bytes] = LRUCache(None, memory_bytes, len)
        self._disk_bytes = disk_bytes
        self._room = room
        self._disk_used = -1
        self._disk_entries = 0
        self._lock = threading.Lock()
        self._disk_lock = threading.Lock()
        self._making: dict[str, Future[bytes]] = {}

    def get(
        self,
        address: str,
        make: Callable[[], bytes],
        *,
        keep: bool = True,
    ) -> bytes:
        """Return the bytes of an address, made where they are not there.

        Parameters
        ----------
        address
            Holds all that decides the bytes, version ids included.
        make
            Called at most once at a time for an address; its error reaches all who
            wait, and is not kept.
        keep
            False keeps it in memory only.
        """
        key = _key(address)
        in_memory = self._memory.get(key)
        if in_memory is not None:
            return in_memory
        with self._lock:
            waiting = self._making.get(key)
            if waiting is None:
                promise = self._making[key] = Future()
        if waiting is not None:
            try:
                return waiting.result()
            except LeftError:
                # Who made it has left; this one still waits.
                return self.get(address, make, keep=keep)
        try:
            data = self._read(key) if keep else None
            if data is None:
                data = make()
                if keep:
                    self._write(key, data)
            self._memory.set(key, data)
            promise.set_result(data)
        except BaseException as error:
            promise.set_exception(error)
            raise
        finally:
            with self._lock:
                self._making.pop(key, None)
        return data

    def peek(self, address: str) -> bytes | None:
        """Return the bytes of an address where they are there already."""
        key = _key(address)
        data = self._memory.get(key)
        if data is None and (data := self._read(key)) is not None:
            self._memory.set(key, data)
        return data

    def load(self, address: str) -> bytes | None:
        """Return the bytes of an address from disk, and keep them nowhere else.

        The system has what was read last in memory anyway.
        """
        return self._read(_key(address))

    def has(self, address: str) -> bool:
        """Whether the bytes of an address are on disk."""
        return self.path(address).exists()

    def path(self, address: str) -> Path:
        """Return the file of an address, which may not be there."""
        return self._path(_key(address))

    def put(self, address: str, data: bytes) -> None:
        """Keep bytes on disk that were made elsewhere."""
        if not self.has(address):
            self._write(_key(address), data)

    def discard(self, address: str) -> None:
        """Forget bytes that turned out to be broken."""
        key = _key(address)
        self._memory.discard(key)
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    @property
    def disk_bytes(self) -> int:
        """The bound of the disk."""
        return self._disk_bytes

    def fill(self) -> tuple[CacheFill, CacheFill]:
        """Return how full memory and disk are."""
        self._measure()
        return (
            CacheFill(
                name="pictures in memory",
                entries=len(self._memory),
                nbytes=self._memory.nbytes,
                max_bytes=self._memory.max_bytes,
            ),
            CacheFill(
                name="pictures on disk",
                entries=self._disk_entries,
                nbytes=max(self._disk_used, 0),
                max_bytes=self._disk_bytes,
            ),
        )

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]

    def _read(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes() or None
        except OSError:
            return None

    def _write(self, key: str, data: bytes) -> None:
        if len(data) > self._disk_bytes:
            return
        self._measure()
        if self._room() < len(data):
            # Others filled the disk: what was used longest ago goes, if that helps.
            self._prune(self._disk_used * _PRUNE_TO)
            if self._room() < len(data):
                return
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                full = self._place(Path(name), path, len(data))
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            # A full disk must not keep anybody from looking at a plate.
            _LOG.warning("A preview could not be kept: %s", error)
            return
        if full:
            self._prune(self._disk_bytes * _PRUNE_TO)

    def _place(self, part: Path, path: Path, size: int) -> bool:
        """Name a file that is written; return whether the disk has too much now."""
        with self._disk_lock:
            part.replace(path)
            self._disk_used += size
            self._disk_entries += 1
            return self._disk_used > self._disk_bytes

    def empty(self) -> None:
        """Remove all pictures from the disk: something else needs it more."""
        self._measure()
        self._prune(0)

    def _measure(self) -> None:
        if self._disk_used >= 0:
            return  # without the lock: who asks need not wait while files are removed
        with self._disk_lock:
            if self._disk_used < 0:
                sizes = [size for _, size, _ in self._files()]
                self._disk_used, self._disk_entries = sum(sizes), len(sizes)

    def _prune(self, keep: float) -> None:
        with self._disk_lock:
            files = sorted(self._files())
            used = sum(size for _, size, _ in files)
            entries = len(files)
            for _, size, path in files:
                if used <= keep:
                    break
                with contextlib.suppress(OSError):  # it is open on Windows, or gone
                    Path(path).unlink()
                    used -= size
                    entries -= 1
            self._disk_used, self._disk_entries = used, entries

    def _files(self) -> list[tuple[float, int, str]]:
        """Return time of last use, size and path of every file."""
        files = []
        for folder in _entries(self._folder):
            for entry in _entries(folder.path):
                # Another server clears the same folder.
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    last = max(status.st_atime, status.st_mtime)
                    files.append((last, status.st_size, entry.path))
        return files


def _key(address: str) -> str:
    """Return the name of a file, which says what kind of bytes it holds."""
    kind = "planes" if address.startswith("preview\n") else "jpg"
    return f"{hashlib.sha256(address.encode()).hexdigest()}.{kind}"


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
