"""The scripts and styles of the page: where they are, and which styles a part needs."""

from __future__ import annotations

import functools
import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERYWHERE = "core/parts.css"


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


def recent_version(folder: Path) -> str:
    """Return what `assets_version` returns, looked for once a second.

    A page that names a version of before gets the scripts of now all the same; its
    browser keeps them for no other page.
    """
    return _version_in(folder, int(time.monotonic()))


@functools.lru_cache(maxsize=4)
def _version_in(folder: Path, second: int) -> str:
    del second
    return assets_version(folder)


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    # Asked with each request for a script: `Path.rglob` takes five times as long.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                yield entry


@functools.cache
def styles(folder: Path, *modules: str) -> tuple[str, ...]:
    """Return the style sheets of modules; a part's bears its script's name."""
    own = (name.removesuffix(".js") + ".css" for name in modules)
    return (_EVERYWHERE, *(name for name in own if (folder / name).is_file()))
