"""Plates into one file and back: ``.ozx`` archives as RFC-9 of NGFF describes them.

An archive is written beside its place under another name, read back, and put there in
one step, so that the old one stays whole until the new one is.
"""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Any

from hcs.errors import (
    PlateNotFoundError,
    StoreError,
    UnsupportedVersionError,
)
from hcs.work import Work
from hcs.writing.targets import hierarchy, step
from hcs.writing.targets.archive import DRAFT, packed_entries
from hcs.writing.targets.archive_file import directory_sources, write_archive
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.locations import is_archive, local_path
from hcs.writing.targets.siblings import sibling_path
from hcs.writing.targets.target import store_errors
from hcs.writing.targets.zipfile64 import COPY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    Progress = Callable[[int, int | None], None]

_log = logging.getLogger(__name__)


def pack(
    plate: Any,
    archive: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    verify: bool = True,
) -> None:
    """Write a plate directory into an archive.

    Nobody can commit to the plate meanwhile. The bytes depend on the plate alone.

    Parameters
    ----------
    plate
        A directory with a plate of NGFF 0.5 or later.
    archive
        Path of the new file; its name must end with ``.ozx``.
    overwrite
        Whether an archive that is there is replaced.
    progress
        Called with the number of files packed and the number there are.
    verify
        Whether to read the archive back before it takes its place.

    Raises
    ------
    PlateNotFoundError
        If `plate` is no directory with a plate.
    StoreError
        If the archive exists and `overwrite` is false, or the disk fails.
    UnsupportedVersionError
        If the plate is of NGFF 0.4, whose Zarr format archives do not hold.
    CorruptDataError
        If the archive does not read back.
    """
    target, final = DirectoryTarget(local_path(plate)), local_path(archive)
    if not is_archive(final):
        raise StoreError(f"{final} must be called something.ozx.")
    if final.exists() and not overwrite:
        raise StoreError(
            f"{final} exists; choose another name, or replace it (overwrite=True; "
            f"hcs pack --overwrite)."
        )
    if not target.root.is_dir():
        present = "a file" if target.root.exists() else "nothing"
        raise PlateNotFoundError(
            f"No plate at {target.root}: {present} is there; packed are folders."
        )
    state = hierarchy.read_plate_document(target)
    if state.version == "0.4":
        raise UnsupportedVersionError(
            f"{target.location} is NGFF 0.4 (Zarr v2); archives hold 0.5 or later. "
            f"Convert it first: hcs convert."
        )
    name = f"Packing {target.location} into {final}"
    with Work(_log, name, progress) as work, target.lock():
        packed = packed_entries(target.root, final)
        if packed:
            hierarchy.merge(target, {DRAFT: None})
        sources = packed | directory_sources(target.root)
        write_archive(sources, final, state.version, work, verify=verify)


def unpack(
    archive: str | Path, plate: str | Path, *, progress: Progress | None = None
) -> None:
    """Write the plate of an archive into a new directory.

    Parameters
    ----------
    archive
        An ``.ozx`` file.
    plate
        Path of the directory; must not exist, or be empty.
    progress
        As for `pack`.

    Raises
    ------
    StoreError
        If the directory holds something.
    """
    from hcs.stores.location import open_store

    final = local_path(plate)
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise StoreError(f"{final} exists; unpack to a path where nothing is.")
    target = DirectoryTarget(sibling_path(final))
    target.make_root()
    try:
        name = f"Unpacking {archive} into {final}"
        with (
            open_store(local_path(archive)) as store,
            Work(_log, name, progress) as work,
        ):
            keys = sorted(store_keys(store))
            for done, key in enumerate(keys, start=1):
                with target.create(key) as stream:
                    for block in store_blocks(store, key)():
                        stream.write(block)
                work(done, len(keys))
        hierarchy.read_plate_document(target)
        target.sync("")
        with store_errors(f"Could not make {final}", final):
            step.reached("unpack rename")
            if final.exists():
                # Only an empty one goes: anything in it makes this fail.
                final.rmdir()
            target.root.rename(final)
    except BaseException:
        shutil.rmtree(target.root, ignore_errors=True)
        raise


def store_keys(store: Any, prefix: str = "") -> Iterator[str]:
    """Yield the keys of all objects of a `PlateStore`."""
    for name in sorted(store.children(prefix)):
        key = f"{prefix}/{name}" if prefix else name
        if store.stamp(key) is not None and not any(True for _ in store.children(key)):
            yield key
        else:
            yield from store_keys(store, key)


def store_blocks(store: Any, key: str) -> Callable[[], Iterable[bytes]]:
    """Return a function that yields the bytes of one object, a bounded part a time."""

    def blocks() -> Iterator[bytes]:
        start = 0
        while block := store.fetch(key, start, COPY_BYTES):
            yield block
            start += len(block)
            if len(block) < COPY_BYTES:
                return

    return blocks
