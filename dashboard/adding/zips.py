"""Uploaded zips while they are imported: each in a folder of its own job.

An upload belongs to its person and goes when it is left for too long; an import may
wait for days, and other servers of the workspace may take it. So the zip moves out of
the uploads when its import begins, and goes when that has ended.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError
from dashboard.inbox.places import file_name
from dashboard.inbox.values import LIVE, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dashboard.inbox.values import ImportJob

_LOG = logging.getLogger(__name__)

KEEP_SECONDS = 7 * 24 * 3600.0
"""How long the zip of an import is kept that failed or was stopped."""

_ORPHAN_SECONDS = 3600.0
"""After so long a zip without an import goes: a server ended between two steps."""

_ENDED = (JobState.DONE, JobState.IGNORED)


class UploadedZips:
    """The zips of a workspace whose imports have not ended.

    Parameters
    ----------
    root
        The workspace's folder for them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def take(self, content: Path, name: str) -> Path:
        """Move a zip into a folder of its own; return where it is now.

        Parameters
        ----------
        content
            Where it is, on the disk of the workspace.
        name
            What people call it.

        Raises
        ------
        DashboardError
            If it cannot be moved.
        """
        folder = self._root / secrets.token_hex(12)
        path = folder / zip_name(name)
        try:
            folder.mkdir(mode=0o700, parents=True)
            return content.rename(path)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise DashboardError(
                f"{name} cannot be taken from the uploads ({error.strerror}): it may "
                f"be imported already, or was discarded."
            ) from error

    def drop(self, path: Path) -> None:
        """Remove a zip that nothing imports."""
        shutil.rmtree(path.parent, ignore_errors=True)

    def sweep(
        self, jobs: Iterable[ImportJob], ignore: Callable[[str], object]
    ) -> tuple[str, ...]:
        """Remove the zips whose imports have ended; return their names.

        Parameters
        ----------
        jobs
            All imports.
        ignore
            Called with the id of each that was left for too long and cannot be gone on
            with any more.
        """
        by_folder: dict[str, list[ImportJob]] = {}
        for job in jobs:
            by_folder.setdefault(str(Path(job.source).parent), []).append(job)
        removed = []
        try:
            folders = list(os.scandir(self._root))
        except OSError:
            return ()
        for folder in folders:
            own = by_folder.get(folder.path, [])
            if not _is_over(own, folder):
                continue
            for job in own:
                if job.state not in _ENDED:
                    ignore(job.id)
            removed.append(folder.name)
            shutil.rmtree(folder.path, ignore_errors=True)
            _LOG.info("Removed the uploaded export in %s.", folder.path)
        return tuple(removed)


def zip_name(name: str) -> str:
    """Return the name of a zip's file: people may call it anything.

    >>> zip_name("../Screen 1: P/7.ZIP")
    '_Screen 1_ P_7.zip'
    """
    stem = name[:-4] if name.lower().endswith(".zip") else name
    return f"{file_name(stem)}.zip"


def _is_over(jobs: list[ImportJob], folder: os.DirEntry[str]) -> bool:
    if not jobs:
        try:
            age = time.time() - folder.stat(follow_symlinks=False).st_mtime
        except OSError:
            return False
        return age > _ORPHAN_SECONDS
    if any(job.state in LIVE for job in jobs):
        return False
    return all(job.state in _ENDED or _age(job) > KEEP_SECONDS for job in jobs)


def _age(job: ImportJob) -> float:
    """Return the seconds since a job last became another."""
    return time.time() - datetime.fromisoformat(job.changed).timestamp()
