"""Who works in a workspace: any number of programs, or one that has it alone.

A lock of the kernel on a file in it, which goes with the process that holds it, however
that ends.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = "in-use"


class Occupied:
    """A place in a workspace, beside those of other programs.

    Parameters
    ----------
    workspace
        The folder.

    Raises
    ------
    DashboardError
        If a program has the workspace alone, as a restore does.
    """

    def __init__(self, workspace: Path) -> None:
        self._file: int | None = None
        if os.name != "posix":  # pragma: no cover - where there is no such lock
            return
        import fcntl

        descriptor = _opened(workspace)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise DashboardError(
                f"The workspace {workspace} is being restored; try again when that "
                f"has ended."
            ) from error
        except OSError:
            # A network folder without locks: nobody knows whether others are there.
            os.close(descriptor)
            return
        self._file = descriptor

    def close(self) -> None:
        """Give the place up."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextlib.contextmanager
def alone(workspace: Path) -> Iterator[None]:
    """Have a workspace alone.

    Raises
    ------
    DashboardError
        If another program is at work in it, or that cannot be told.
    """
    if os.name != "posix":  # pragma: no cover - where there is no such lock
        yield
        return
    import fcntl

    descriptor = _opened(workspace)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DashboardError(
                f"A server or another command is at work in the workspace {workspace}; "
                f"nothing was changed. Stop it first."
            ) from error
        except OSError as error:
            raise DashboardError(
                f"Whether a server is at work in {workspace} cannot be told, as its "
                f"folder knows no locks ({error.strerror}); nothing was changed. Copy "
                f"the workspace to a local disk, restore there, and copy it back."
            ) from error
        yield
    finally:
        os.close(descriptor)


def _opened(workspace: Path) -> int:
    try:
        return os.open(workspace / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DashboardError(
            f"The workspace {workspace} cannot be written: {error.strerror}."
        ) from error
