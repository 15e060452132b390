"""Locations that can be written: which kind of place each is, and what is there now."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from hcs.errors import PlateNotFoundError, StoreError
from hcs.target import DirectoryTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

BYSTANDERS = frozenset((".DS_Store", "Thumbs.db", "desktop.ini", ".directory"))
"""Files that file managers leave in any folder; nobody misses them."""

ASIDE = ".hcs-new"
"""Ends the name of a plate that is being built beside its place."""

TRASH = ".hcs-trash"
"""Ends the name of what was replaced and is being removed."""

_DOCUMENTS = frozenset(("zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata"))


def is_archive(location: object) -> bool:
    """Whether a location names an ``.ozx`` archive, in any case of letters."""
    return isinstance(location, str | Path) and str(location).lower().endswith(".ozx")


def local_path(store: Any) -> Path:
    """Return the local path that a location stands for.

    Raises
    ------
    StoreError
        If it is no local path.
    """
    if isinstance(store, DirectoryTarget):
        return store.root
    root = getattr(store, "root", None)  # zarr's LocalStore
    if isinstance(root, Path):
        return root
    if isinstance(store, str) and "://" in store:
        parts = urlsplit(store)
        if parts.scheme != "file":
            raise StoreError(
                f"{parts.scheme}:// locations cannot be written here; expected a "
                f"local path."
            )
        return Path(unquote(parts.path))
    if isinstance(store, str | os.PathLike) and str(store):
        return Path(store)
    raise StoreError(
        f"{type(store).__name__} {store!r} is no place to write to; expected a path."
    )


def open_target(store: Any, *, durable: bool = True) -> DirectoryTarget:
    """Return the place of a plate that exists, open for writing.

    Raises
    ------
    PlateNotFoundError
        If nothing is there.
    """
    if isinstance(store, DirectoryTarget):
        return store
    path = local_path(store)
    if is_archive(path) and path.is_file():
        from hcs.overlay import OverlayTarget

        archive = OverlayTarget(path.absolute())
        archive.load()
        return archive
    if not path.is_dir():
        found = "a file" if path.exists() else "nothing"
        raise PlateNotFoundError(f"No plate at {path}: {found} is there.")
    return DirectoryTarget(path, durable=durable)


@contextlib.contextmanager
def opened(store: Any) -> Iterator[DirectoryTarget]:
    """Open a place for the length of a body; what that needed is put away after it."""
    target = open_target(store)
    try:
        yield target
    finally:
        if target is not store:
            target.discard()


def beside(final: Path) -> Path:
    """Return a free name beside a place, for what is built to go there."""
    return final.with_name(f".{final.name}.{uuid.uuid4().hex[:12]}{ASIDE}")


def foreign_file(path: Path) -> Path | None:
    """Return something below a folder that belongs to no Zarr hierarchy, or None.

    Groups may hold anything that Zarr knows, ours or not; arrays may hold what they
    like. A document that somebody keeps between them is neither.
    """
    folders = [path]
    while folders:
        folder = folders.pop()
        names = [inside.name for inside in folder.iterdir()]
        if ".zarray" in names or _is_array(folder / "zarr.json"):
            continue
        for name in names:
            inside = folder / name
            if name in _DOCUMENTS or name in BYSTANDERS or _is_part(name):
                continue
            if inside.is_symlink() or not inside.is_dir():
                if name == "METADATA.ome.xml" and folder.name == "OME":
                    continue
                return inside
            folders.append(inside)
    return None


def _is_part(name: str) -> bool:
    return name.endswith(".hcs-part") or name.startswith((".zarr.json.", ".zattrs."))


def _is_array(document: Path) -> bool:
    try:
        return b'"array"' in document.read_bytes()
    except OSError:
        return False
