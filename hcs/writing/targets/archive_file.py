"""Writing one ``.ozx`` archive (RFC-9 of NGFF): entries in order, verified, then there.

The bytes depend on the entries alone.
"""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from typing import TYPE_CHECKING

from hcs.errors import (
    CorruptDataError,
)
from hcs.ngff import names
from hcs.ngff.document import document_attributes, parse_json
from hcs.ngff.envelope import extension
from hcs.writing.targets import group, step
from hcs.writing.targets.hidden import hidden_prefix
from hcs.writing.targets.locations import SYSTEM_FILES
from hcs.writing.targets.lock import locked
from hcs.writing.targets.target import PART, store_errors
from hcs.writing.targets.zipfile64 import COPY_BYTES, Zip64Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Progress = Callable[[int, int | None], None]

_DOCUMENT = "zarr.json"


def directory_sources(root: Path) -> dict[str, Callable[[], Iterable[bytes]]]:
    """Return, for the key of each file of a hierarchy, what yields its bytes.

    Leftovers, files of file managers and groups that are being staged are no part of
    it.
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
    part = final.with_name(f"{hidden_prefix(final)}{uuid.uuid4().hex}{PART}")
    with store_errors(f"Could not write {final}", final):
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
    """Yield the keys of all files of a hierarchy but leftovers and system files."""
    folders = [""]
    while folders:
        prefix = folders.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                name = entry.name
                key = f"{prefix}/{name}" if prefix else name
                if entry.is_dir(follow_symlinks=False):
                    if not (_may_be_staged(key) and _is_staging(root / key)):
                        folders.append(key)
                elif name not in SYSTEM_FILES and not name.endswith(PART):
                    yield key


def _may_be_staged(key: str) -> bool:
    """Whether a group is where versions, and what is added to them, are written."""
    match key.split("/"):
        case [_, _, _] | [_, _, names.SHELF, _]:
            return True
        case [_, _, _, "labels" | "tables", _]:
            return True
    return False


def _is_staging(folder: Path) -> bool:
    try:
        data = (folder / _DOCUMENT).read_bytes()
    except OSError:
        return False
    if group.STAGING.encode() not in data:
        return False
    attributes = document_attributes(parse_json(data, str(folder)), _DOCUMENT)
    return extension(attributes).get("state") == group.STAGING


def _reader(path: Path) -> Callable[[], Iterable[bytes]]:
    def blocks() -> Iterator[bytes]:
        # A link could lead out of the plate.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as stream:
            while block := stream.read(COPY_BYTES):
                yield block

    return blocks
