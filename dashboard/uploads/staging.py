"""The part of a workspace's staging folder that one server uses alone.

Two servers may run on one workspace, and one of them may be killed. So each has a
folder of its own there, and holds the lock of a file beside it as long as it lives.
What lies in a folder whose lock nobody holds belongs to the first who takes the lock.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOCK = ".lock"

UNLOCKED_SECONDS = 24 * 3600
"""After so long without a change goes what has no lock: left by earlier versions, or
lying where a system cannot lock."""


class Staging:
    """The folder of one server, made when it is first needed.

    Parameters
    ----------
    root
        The workspace's staging folder, of all its servers.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder: Path | None = None
        self._held: int | None = None
        self._making = threading.Lock()

    def folder(self) -> Path:
        """Return the folder that this server alone writes to.

        It is made again where somebody has removed it, with the lock that goes with it.
        """
        with self._making:
            if self._folder is not None and not self._folder.is_dir():
                self._give_up()
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            while self._folder is None:
                name = secrets.token_hex(8)
                self._held = _hold(self._lock_of(name), new=True)
                if self._held is not None:
                    folder = self._root / name
                    folder.mkdir(mode=0o700)
                    self._folder = folder
            return self._folder

    def take_over(self, move: Callable[[Path], object]) -> int:
        """Clear the folders of servers that have ended; return how many.

        Parameters
        ----------
        move
            Called with each thing in them, and may move it elsewhere; what it leaves is
            removed.
        """
        removed = 0
        if not self._root.is_dir():  # somebody has removed it, and all that was there
            return 0
        for entry in list(os.scandir(self._root)):
            path = Path(entry.path)
            if path in (self._folder, self._own_lock):
                continue
            # Another server may clear the same folder; what stays is found next time.
            with contextlib.suppress(OSError):
                if not self._is_abandoned(path):
                    continue
                with self._abandoned(path) as mine:
                    if mine:
                        _clear(path, move)
                        removed += 1
        return removed

    def stay(self) -> None:
        """Say that this server is there, to those that cannot ask for its lock."""
        lock = self._own_lock
        if lock is not None:
            with contextlib.suppress(OSError):
                lock.touch()

    def close(self) -> None:
        """Give the folder up; what is in it can be taken over from now on."""
        with self._making:
            folder = self._folder
            if folder is None:
                return
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()
                self._lock_of(folder.name).unlink(missing_ok=True)
            self._give_up()

    def _give_up(self) -> None:
        held, self._folder, self._held = self._held, None, None
        if held is not None:
            os.close(held)

    @property
    def _own_lock(self) -> Path | None:
        return self._folder and self._lock_of(self._folder.name)

    def _lock_of(self, name: str) -> Path:
        return self._root / f"{name}{_LOCK}"

    def _is_abandoned(self, path: Path) -> bool:
        """Whether it may be looked into; a folder that is locked is asked later."""
        if path.name.endswith(_LOCK):
            # Of a server that is about to make its folder, or that did not come to it.
            return not path.with_suffix("").exists() and _is_old(path)
        return self._lock_of(path.name).exists() or _is_old(path)

    @contextlib.contextmanager
    def _abandoned(self, path: Path) -> Iterator[bool]:
        """Yield whether a folder's lock could be taken, and hold it meanwhile."""
        lock = self._lock_of(path.name)
        if not lock.exists():
            yield True
            return
        held = _hold(lock)
        try:
            yield held is not None and path.exists()
            if held is not None and not path.exists():
                lock.unlink(missing_ok=True)
        finally:
            if held is not None:
                os.close(held)


def _hold(path: Path, *, new: bool = False) -> int | None:
    """Return a descriptor that holds a file's lock; None where another does.

    Where a system cannot lock, a new file counts as held, and one that no server has
    touched for long as nobody's.
    """
    exclusive = os.O_CREAT | os.O_EXCL if new else 0
    try:
        descriptor = os.open(path, os.O_RDWR | exclusive, 0o600)
    except OSError:
        return None
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it last may have removed it just now.
        if _is_at(descriptor, path):
            return descriptor
    except BlockingIOError:
        pass
    except (ImportError, OSError):
        if new or _is_old(path):
            return descriptor
    os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _is_old(path: Path) -> bool:
    return path.stat(follow_symlinks=False).st_mtime < time.time() - UNLOCKED_SECONDS


def _clear(path: Path, move: Callable[[Path], object]) -> None:
    if not path.is_dir() or path.is_symlink():
        path.unlink()
        return
    for entry in list(path.iterdir()):
        move(entry)
    shutil.rmtree(path)
