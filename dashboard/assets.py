"""Where the scripts and styles of the page are, and which they are now."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def assets_folder() -> Path:
    """Return the folder with scripts and styles: in the wheel, else in the checkout."""
    inside = Path(__file__).with_name("assets")
    return inside if inside.is_dir() else Path(__file__).parent.parent / "assets"


def assets_version(folder: Path) -> str:
    """Return a name for what is in the folder now; it changes with any of its files."""
    files = sorted(
        (file.path, stat.st_size, stat.st_mtime_ns)
        for file in _files(folder)
        for stat in (file.stat(),)
    )
    return "v" + hashlib.sha256(repr(files).encode()).hexdigest()[:12]


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    # Asked with each request for a script: `Path.rglob` takes five times as long.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                yield entry
