"""Plates into one file and back: ``.ozx`` archives as RFC-9 of NGFF describes them.

An archive is written beside its place under another name, read back, and put there in
one step, so that the old one stays whole until the new one is.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

from hcs.errors import (
    CorruptDataError,
    PlateNotFoundError,
    StoreError,
    UnsupportedVersionError,
)
from hcs.ngff import spec
from hcs.writing.copying.zipfile64 import COPY_BYTES, Zip64Writer
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.folder import DirectoryTarget
from hcs.writing.targets.locations import BYSTANDERS, beside, is_archive, local_path
from hcs.writing.targets.lock import locked
from hcs.writing.targets.target import PART, store_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Progress = Callable[[int, int | None], None]

_DOCUMENT = "zarr.json"
_FIELD_DEPTH = 2


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
        there = "a file" if target.root.exists() else "nothing"
        raise PlateNotFoundError(
            f"No plate at {target.root}: {there} is there; packed are folders."
        )
    state = hierarchy.read_plate_state(target)
    if state.version == "0.4":
        raise UnsupportedVersionError(
            f"{target.location} is NGFF 0.4 (Zarr v2); archives hold 0.5 or later. "
            f"Convert it first: hcs convert."
        )
    from hcs.writing.targets.archive import DRAFT, packed_beside

    with target.lock():
        packed = packed_beside(target.root, final)
        if packed:
            hierarchy.merge(target, {DRAFT: None})
        sources = packed | directory_sources(target.root)
        write_archive(sources, final, state.version, progress, verify=verify)


def directory_sources(root: Path) -> dict[str, Callable[[], Iterable[bytes]]]:
    """Return, for the key of each file of a hierarchy, what yields its bytes.

    Leftovers, bystanders and groups that are being staged are no part of it.
    """
    return {key: _reader(root / key) for key in _keys(root)}


def write_archive(
    sources: Mapping[str, Callable[[], Iterable[bytes]]],
    final: Path,
    version: str,
    progress: Progress | None = None,
    *,
    locked_already: bool = False,
    verify: bool = True,
) -> None:
    """Write entries into an archive and put it in its place in one step.

    Parameters
    ----------
    sources
        For each key, a function that yields its bytes.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(f".{final.name}.{uuid.uuid4().hex}{PART}")
    with store_errors(f"Could not write {final}"):
        try:
            with part.open("xb") as stream:
                step.reached("pack")
                _write_entries(Zip64Writer(stream), sources, version, progress)
                stream.flush()
                step.reached("pack sync")
                os.fsync(stream.fileno())
            step.reached("pack verify")
            if verify:
                _check_archive(part)
            _put(part, final, locked_already)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _write_entries(
    writer: Zip64Writer,
    sources: Mapping[str, Callable[[], Iterable[bytes]]],
    version: str,
    progress: Progress | None,
) -> None:
    for done, key in enumerate(sorted(sources, key=_order), start=1):
        writer.add(key, sources[key]())
        if progress is not None:
            progress(done, len(sources))
    comment = {
        "ome": {
            "version": version,
            "zipFile": {"centralDirectory": {"jsonFirst": True}},
        }
    }
    writer.finish(json.dumps(comment, separators=(",", ":")).encode())


def _order(key: str) -> tuple[bool, int, str]:
    # RFC-9: the root document first, then the others breadth first, then the rest, so
    # that one request for the head of an archive finds every document.
    document = key == _DOCUMENT or key.endswith(f"/{_DOCUMENT}")
    return (not document, key.count("/") if document else 0, key)


def _put(part: Path, final: Path, locked_already: bool) -> None:
    step.reached("pack replace")
    if final.exists() and not locked_already:
        with locked(final):
            part.replace(final)
    else:
        part.replace(final)
    step.reached("pack replaced")
    descriptor = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_archive(path: Path) -> None:
    # The standard library's reader, as a second opinion on what was written.
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except zipfile.BadZipFile as error:
        raise CorruptDataError(f"{path} does not read back: {error}.") from error
    if broken is not None:
        raise CorruptDataError(f"{path} does not read back: {broken} is damaged.")


def _keys(root: Path) -> Iterator[str]:
    """Yield the keys of all files of a hierarchy but leftovers and bystanders."""
    folders = [""]
    while folders:
        prefix = folders.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                name = entry.name
                key = f"{prefix}/{name}" if prefix else name
                if entry.is_dir(follow_symlinks=False):
                    # Only image groups, two below the root's, are ever being staged.
                    if key.count("/") != _FIELD_DEPTH or not _is_staging(root / key):
                        folders.append(key)
                elif name not in BYSTANDERS and not name.endswith(PART):
                    yield key


def _is_staging(folder: Path) -> bool:
    try:
        data = (folder / _DOCUMENT).read_bytes()
    except OSError:
        return False
    if group.STAGING.encode() not in data:
        return False
    attributes = spec.attributes(spec.parse_json(data, str(folder)), _DOCUMENT)
    return spec.extension(attributes).get("state") == group.STAGING


def _reader(path: Path) -> Callable[[], Iterable[bytes]]:
    def blocks() -> Iterator[bytes]:
        # A link could lead out of the plate.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as stream:
            while block := stream.read(COPY_BYTES):
                yield block

    return blocks


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
    target = DirectoryTarget(beside(final))
    target.make_root()
    try:
        with open_store(local_path(archive)) as store:
            keys = sorted(store_keys(store))
            for done, key in enumerate(keys, start=1):
                with target.create(key) as stream:
                    for block in store_blocks(store, key)():
                        stream.write(block)
                if progress is not None:
                    progress(done, len(keys))
        hierarchy.read_plate_state(target)
        target.sync("")
        with store_errors(f"Could not make {final}"):
            step.reached("unpack rename")
            if final.exists():
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
