"""A look at an export without opening a file: whether it is there and has changed.

Folders tell by their own times that a file came or went, which costs one call a folder.
What grows or is replaced inside a file they do not tell, nor do shares whose times are
coarse; for that each file is asked.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_FILES = 2_000_000
_MOST_DEPTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an export looked like at a moment."""

    stamp: str = ""
    """By which the same names, sizes and times are known again."""

    files: int = 0
    bytes: int = 0
    newest: float = 0.0
    """When a file of it was last written, by the clock of its disk."""

    folders: Mapping[str, int] = field(default_factory=dict)
    """Times of its folders, nanoseconds."""

    problem: str = ""
    """Why it could not be looked at, or not all of it."""


def look(path: str) -> Look:
    """Return what a folder or a file looks like now; links are not followed."""
    walk = _FolderCount()
    try:
        status = os.lstat(path)
    except OSError as error:
        return Look(problem=f"cannot be looked at ({error.strerror})")
    if stat.S_ISDIR(status.st_mode):
        walk.folder(path, "", 0)
    else:
        walk.note("", [("", status.st_size, status.st_mtime_ns)])
    return Look(
        stamp=f"{walk.files}:{walk.bytes}:{walk.digest.hexdigest()}",
        files=walk.files,
        bytes=walk.bytes,
        newest=walk.newest / 1e9,
        folders=walk.folders,
        problem=walk.problem,
    )


def folders_changed(before: Look) -> bool:
    """Whether a folder has got or lost an entry since a look, or went."""
    try:
        return any(
            os.lstat(folder).st_mtime_ns != moment
            for folder, moment in before.folders.items()
        )
    except OSError:
        return True


class _FolderCount:
    """What is counted while the folders of an export are gone through."""

    def __init__(self) -> None:
        self.files = self.bytes = self.newest = 0
        self.folders: dict[str, int] = {}
        self.problem = ""
        self.digest = hashlib.blake2b(digest_size=16)

    def note(self, name: str, files: list[tuple[str, int, int]]) -> None:
        """Count the files of a folder."""
        files.sort()
        self.files += len(files)
        self.bytes += sum(size for _, size, _ in files)
        self.newest = max(self.newest, *(moment for _, _, moment in files), 0)
        self.digest.update(repr((name, files)).encode("utf-8", "surrogateescape"))

    def folder(self, path: str, name: str, depth: int) -> None:
        """Go through a folder and what is in it."""
        if depth > _MOST_DEPTH or self.files > _MOST_FILES:
            self.problem = f"holds more than is looked through ({name or path})"
            return
        files, folders = [], []
        try:
            # Before its entries: what comes meanwhile is then seen the next time.
            self.folders[path] = os.lstat(path).st_mtime_ns
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    files.append((entry.name, status.st_size, status.st_mtime_ns))
        except FileNotFoundError:
            # It went while it was looked at: so it has changed.
            self.problem = f"changes while it is looked at ({name or path})"
        except OSError as error:
            self.problem = f"cannot be listed ({error.strerror}: {name or path})"
        self.note(name, files)
        for entry in sorted(folders, key=lambda folder: folder.name):
            self.folder(entry.path, f"{name}/{entry.name}", depth + 1)
