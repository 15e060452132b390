"""Files that only the server's owner may read: people's passwords, secrets."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 16 * 1024 * 1024


def read_private(path: Path, what: str) -> str:
    """Return the text of a file that nobody else can read.

    Parameters
    ----------
    path
        Of the file.
    what
        What it is, for errors: ``"users file"``.

    Raises
    ------
    DashboardError
        If it cannot be read, is no UTF-8 text, is of somebody else, or can be read or
        written by others.
    """
    try:
        # Without waiting for whoever writes into it, where it is a pipe.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            _refuse_shared(path, what, os.fstat(descriptor))
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise DashboardError(
            f"The {what} {path} cannot be read: {_reason(error)}."
        ) from error
    if len(data) > _LARGEST:
        raise DashboardError(f"The {what} {path} is larger than {_LARGEST} bytes.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DashboardError(f"The {what} {path} is no UTF-8 text: {error}.") from error


def _refuse_shared(path: Path, what: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DashboardError(f"The {what} {path} is not an ordinary file.")
    if os.name != "posix":
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise DashboardError(
            f"The {what} {path} belongs to another account (user id {status.st_uid}): "
            f"it must be of the one that runs the server, or of root."
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise DashboardError(
            f"The {what} {path} has mode {mode:03o}, so others can read or change it. "
            f"Close it to all but its owner: chmod 600 {path}"
        )


def write_private(path: Path, text: str, what: str) -> None:
    """Replace a file by another one that nobody else can read, in one step.

    Raises
    ------
    DashboardError
        If it cannot be written; what was there stays then.
    """
    temporary = ""
    try:
        place = path.resolve()
        descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".hcs-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(place)
    except (OSError, ValueError) as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise DashboardError(
            f"The {what} {path} cannot be written: {_reason(error)}. Nothing was "
            f"changed."
        ) from error


@contextlib.contextmanager
def alone_with(path: Path, what: str) -> Iterator[None]:
    """Change a file while nobody else does, in any process of this machine.

    Raises
    ------
    DashboardError
        If its folder cannot be opened.
    """
    if os.name != "posix":  # pragma: no cover - Windows opens no folder
        yield
        return
    import fcntl

    try:
        # The folder, for the file itself is replaced.
        descriptor = os.open(path.resolve().parent, os.O_RDONLY)
    except (OSError, ValueError) as error:
        raise DashboardError(
            f"The folder of the {what} {path} cannot be opened: {_reason(error)}."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
