"""The workspace is its owner's alone: notes, verdicts and uploads are in it."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_OTHERS = 0o077
_OTHERS_WRITE = 0o022


def close_to_others(folder: Path, database: Path, ours: Sequence[str]) -> str:
    """Let nobody but its owner read a workspace that is there.

    One that others may write, too, was opened to them on purpose and stays as it is.
    A folder that holds more than what is ours is not closed, only the database in it.

    Parameters
    ----------
    folder, database
        The workspace and its database; that is made where it is absent, so that it is
        never open. Its journal gets the same rights from SQLite.
    ours
        Names, or beginnings of names, of all that this program keeps in a workspace.

    Returns
    -------
    :
        What was closed, as a sentence for who starts the server; "" where nothing was.
    """
    if os.name != "posix":
        return ""
    mode = _mode(folder)
    if mode & _OTHERS_WRITE:
        return ""
    closed = []
    only_ours = all(entry.startswith(tuple(ours)) for entry in os.listdir(folder))  # noqa: PTH208
    if only_ours and mode & _OTHERS and _close(folder, 0o700):
        closed.append(f"the workspace (it had mode {mode:03o})")
    # Another program of the workspace was first.
    with contextlib.suppress(FileExistsError):
        database.touch(mode=0o600, exist_ok=False)
    for file in sorted(folder.glob(f"{database.name}*")):
        mode = _mode(file)
        if mode & _OTHERS and not mode & _OTHERS_WRITE and _close(file, 0o600):
            closed.append(f"{file.name} (it had mode {mode:03o})")
    if not closed:
        return ""
    return (
        f"others on this machine could read {', '.join(closed)}; now only you can. To "
        f"share a workspace, let a group write it: chmod g+rwxs {folder}"
    )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _close(path: Path, mode: int) -> bool:
    """Whether the rights of a file were set; only its owner can do that."""
    try:
        path.chmod(mode)
    except OSError:
        return False
    return True
