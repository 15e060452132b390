"""Locations that can be written: which kind of place each is, and what is there now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hcs.errors import ReadOnlyError, StoreError
from hcs.stores.address import REMOTE_SCHEMES, split_address
from hcs.stores.location import open_store, possible_path
from hcs.writing.targets.target import PART

if TYPE_CHECKING:
    from hcs.writing.targets.objects import ObjectTarget

SYSTEM_FILES = frozenset((".DS_Store", "Thumbs.db", "desktop.ini", ".directory"))
"""Files that file managers leave in any folder: no part of a plate, never copied."""

DOCUMENTS = frozenset(("zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata"))


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
    root = getattr(store, "root", None)  # a `DirectoryTarget`, or zarr's LocalStore
    if isinstance(root, Path):
        return root
    if isinstance(store, str) and "://" in store:
        parts = split_address(store)
        if parts.scheme != "file":
            raise StoreError(
                f"{parts.scheme}:// locations cannot be written here; expected a "
                f"local path."
            )
        return possible_path(unquote(parts.path))
    if isinstance(store, str | os.PathLike) and str(store):
        return possible_path(store)
    raise StoreError(
        f"{type(store).__name__} {store!r} is no place to write to; expected a path."
    )


def object_target(store: Any) -> ObjectTarget | None:
    """Return the target of what is neither a folder nor an archive, else None.

    Raises
    ------
    StoreError
        If it is remote, and cannot be written by a conditional put.
    MissingExtraError
        If it is remote and obstore is not installed.
    """
    if isinstance(store, Path) or getattr(store, "root", None) is not None:
        return None
    if isinstance(store, str):
        scheme = store.partition("://")[0].lower() if "://" in store else "file"
        if scheme in ("http", "https"):
            raise ReadOnlyError(
                f"{scheme} addresses can be read but not written; use the address of "
                f"the object store itself, such as s3://bucket/plate.zarr."
            )
        if scheme not in REMOTE_SCHEMES:
            return None
    elif isinstance(store, os.PathLike):
        return None
    opened = open_store(store)
    if opened.root is not None:
        return None
    bucket = opened.bucket()
    if bucket is None:
        raise ReadOnlyError(f"{opened.location} cannot be written.")
    from hcs.writing.targets.objects import ObjectTarget, check_conditional

    target = ObjectTarget(bucket, opened)
    check_conditional(target)
    return target


def foreign_file(path: Path) -> Path | None:
    """Return something below a folder that belongs to no Zarr hierarchy, or None.

    Groups may hold anything that Zarr knows, ours or not; arrays may hold what they
    like. A document that somebody keeps between them is neither.
    """
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            names = [inside.name for inside in folder.iterdir()]
        except FileNotFoundError:
            continue  # settled or purged since it was listed
        if ".zarray" in names or _is_array(folder / "zarr.json"):
            continue
        for name in names:
            inside = folder / name
            if name in DOCUMENTS or name in SYSTEM_FILES or is_part(name):
                continue
            if inside.is_symlink() or not inside.is_dir():
                if not os.path.lexists(inside):
                    continue
                if name == "METADATA.ome.xml" and folder.name == "OME":
                    continue
                return inside
            folders.append(inside)
    return None


def is_part(name: str) -> bool:
    """Whether a file is a document that is being replaced."""
    return name.endswith(PART) or name.startswith((".zarr.json.", ".zattrs."))


def _is_array(document: Path) -> bool:
    try:
        return b'"array"' in document.read_bytes()
    except OSError:
        return False
