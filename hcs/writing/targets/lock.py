"""Locks that change no byte of a plate and vanish with their process.

A plate is locked by the kernel (``flock``) on a descriptor of its own directory or
archive, opened for reading. Where the file system refuses that, as network shares may,
a lock file beside the plate is used instead. A kernel lock needs no clock and no clean
up: it ends when the process does, also when it is killed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from hcs.errors import ConflictError, ReadOnlyError, StoreError
from hcs.writing.targets.hidden import hidden_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60.0
"""Seconds to wait for a lock; a commit holds it for milliseconds, a pack for longer."""

_POLL = 0.002
"""Seconds between two tries; a held commit takes about as long."""

LOCK_FILE = ".hcs-lock"
"""Ends the names of lock files. They stay, as removing one would let two in."""

_UNSUPPORTED = {
    errno.EBADF,  # NFS: an exclusive lock wants a descriptor opened for writing
    errno.EINVAL,
    errno.ENOLCK,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
}

_HELD = {errno.EACCES, errno.EAGAIN}
"""How a system says that another holds a lock file."""

_taken_here: set[str] = set()
"""Lock files that this process holds. The kernel gives such a lock to a process and not
to a thread, and takes it away when any descriptor of the file is closed: so a thread
must not even open one that another holds."""

_guard = threading.RLock()
"""Of `_taken_here`; nobody waits while holding it. A `Hold` may be collected, and so
released, in a thread that holds it."""


class Hold:
    """A lock that is held until `release`, or until the process ends."""

    def __init__(self, descriptor: int | None, lock_file: str | None = None) -> None:
        self._descriptor = descriptor
        self._lock_file = lock_file

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._lock_file is not None:
            # After the file is closed, or that would end the next thread's lock.
            with _guard:
                _taken_here.discard(self._lock_file)
            self._lock_file = None

    def __del__(self) -> None:
        self.release()


@contextlib.contextmanager
def locked(path: Path, patience: float | None = None) -> Iterator[None]:
    """Hold the lock of the plate at `path`, a directory or an archive that exists.

    Threads of one process exclude each other as processes do.

    Parameters
    ----------
    path
        Of the plate.
    patience
        Seconds to wait for who holds it.

    Raises
    ------
    ConflictError
        If somebody else kept it for longer than `patience` seconds (`PATIENCE`).
    StoreError
        If the path cannot be opened.
    """
    hold = wait_for(path, PATIENCE if patience is None else patience)
    try:
        yield
    finally:
        hold.release()


def wait_for(path: Path, patience: float) -> Hold:
    """Return the lock of `path` as soon as it is free, see `locked`."""
    end = time.monotonic() + patience
    while True:
        hold = try_hold(path)
        if hold is not None:
            return hold
        if time.monotonic() > end:
            raise ConflictError(
                f"{path} has been locked by another writer for {patience:g} s. Wait "
                f"for it to finish, or end it; the lock goes with its process."
            )
        time.sleep(_POLL)


def try_hold(path: Path, lock_path: Path | None = None) -> Hold | None:
    """Return the lock of `path`, or None where somebody holds it or the path moved.

    Parameters
    ----------
    lock_path
        The lock file to use where the file system takes no lock on `path` itself;
        by default one next to it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as error:
        raise StoreError(f"{path} is gone and cannot be locked.") from error
    except PermissionError as error:
        # Windows opens no directory as a file, whoever asks.
        if os.name != "nt":
            raise ReadOnlyError(f"{path} may not be read: {error.strerror}.") from error
        return _hold_lock_file(path, lock_path)
    try:
        taken = _flock(descriptor)
    except OSError as error:
        os.close(descriptor)
        if error.errno in _UNSUPPORTED:
            return _hold_lock_file(path, lock_path)
        raise StoreError(f"{path} cannot be locked: {error.strerror}.") from error
    # Who waited while it was swapped has the lock of the one that went.
    if taken and _is_still(path, descriptor):
        return Hold(descriptor)
    os.close(descriptor)
    return None


def _flock(descriptor: int) -> bool:
    try:
        # Not on Windows: there `_hold_lock_file` takes over.
        import fcntl
    except ImportError:
        raise OSError(errno.ENOSYS, "no flock") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether `path` is what was locked: a swap puts another directory there."""
    try:
        present = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(present, os.fstat(descriptor))


def _hold_lock_file(path: Path, lock_path: Path | None) -> Hold | None:
    """Hold a lock file, for this thread alone."""
    lock_path = lock_path or path.with_name(f"{hidden_prefix(path)}{LOCK_FILE[1:]}")
    lock_file = str(lock_path.parent.resolve() / lock_path.name)
    # A lock of a process keeps none of its own threads out.
    with _guard:
        if lock_file in _taken_here:
            return None
        _taken_here.add(lock_file)
    descriptor = None
    try:
        descriptor = _locked_file(path, lock_path)
    finally:
        if descriptor is None:
            with _guard:
                _taken_here.discard(lock_file)
    return None if descriptor is None else Hold(descriptor, lock_file)


def _locked_file(path: Path, lock_path: Path) -> int | None:
    try:
        # Others who write here must be able to open it; their umask decides.
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be locked: its file system takes no lock on it, and "
            f"{lock_path} cannot be made ({error.strerror})."
        ) from error
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            # NFS takes these also where it refuses flock.
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in _HELD:
            return None
        raise StoreError(
            f"{path} cannot be locked: its file system takes no lock on it, nor on "
            f"{lock_path} ({error.strerror}). Have locks allowed where it is mounted, "
            f"or write to a copy elsewhere."
        ) from error
    return descriptor
