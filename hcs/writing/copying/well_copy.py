"""Copying one well while others may correct and settle its fields.

A copy keeps nobody from writing to its source, so what a document names may have moved
before it is read. Groups are therefore copied by the ids of their versions, and looked
at before and after: where one is not what it was, the well is begun again, and what was
copied whole is kept.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hcs.errors import ConflictError, HCSError
from hcs.images.image import Multiscales
from hcs.metadata import FieldVersion, Well, WellImage
from hcs.ngff.document import group_document
from hcs.ngff.envelope import envelope, extension, with_extension
from hcs.ngff.history import FieldRecord, now, record_of, write_records
from hcs.ngff.names import SHELF, on_shelf
from hcs.ngff.well import write_well
from hcs.writing.copying.tree import (
    Transfer,
    copy_content,
    copy_other,
    group_files,
)
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.locations import DOCUMENTS, SYSTEM_FILES
from hcs.writing.targets.shelf import clear_shelf, make_shelf
from hcs.writing.versions.unsettled import aliases_of, move_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hcs.metadata import PlateWell
    from hcs.writing.targets.hierarchy import WellDocument

ATTEMPTS = 12
"""How often a well is begun again. People correct fields, so that once is rare already;
more is a program that does nothing else."""

_PAUSE = 0.01
"""Seconds before that; a field is brought home in less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One image group to copy."""

    path: str
    """Where it is, below the well."""

    new_path: str
    identifier: str
    """Id of the version in the copy."""


class _ChangedError(Exception):
    """The well is no longer what its document said when it was read."""


def well_state(transfer: Transfer, path: str) -> WellDocument:
    """Return a well of the source as it is now."""
    return hierarchy.read_well_document(transfer.store, transfer.old, path)


def copy_others(transfer: Transfer, key: str, taken: Collection[str]) -> None:
    """Copy what other programs keep beside rows, wells or fields, such as tables.

    What bears a version's id but is not listed stays: it is staged, or on its way to
    another path, or what a crash left, which `recover` reports.
    """
    for name in transfer.children(key):
        new_key = f"{key}/{name}" if key else name
        if name in taken or name in SYSTEM_FILES or transfer.target.exists(new_key):
            continue
        if _is_version(transfer, new_key):
            continue
        copy_other(transfer, new_key, new_key)
        # Claimed, and only now marked as a version; or it was one, and is gone.
        passing = _is_version(transfer, new_key) or _is_gone(transfer, new_key)
        if passing and transfer.target.exists(new_key):
            transfer.target.remove(new_key)


def copy_row_content(transfer: Transfer, row: str, wells: Iterable[PlateWell]) -> None:
    """Copy what other programs keep in the group of a row.

    A well that no document lists is being written, or is what a crash left.
    """
    taken = {listed.path for listed in wells}
    keys = [f"{row}/{name}" for name in transfer.children(row)]
    names = {key.rpartition("/")[2] for key in keys if key in taken}
    unlisted = {
        key.rpartition("/")[2]
        for key in keys
        if key not in taken and _is_unlisted_well(transfer, key)
    }
    if len(keys) > len(names | unlisted):
        _copy_row(transfer, row)
        copy_others(transfer, row, names | unlisted)


def _is_unlisted_well(transfer: Transfer, key: str) -> bool:
    try:
        if transfer.array_document(key) is not None:
            return False
        attributes = transfer.attributes(key)
    except HCSError:
        return False  # broken, and so none of ours
    return attributes is None or "well" in envelope(attributes)


def _is_version(transfer: Transfer, key: str) -> bool:
    try:
        attributes = transfer.attributes(key)
    except HCSError:
        return False  # broken, and so none of ours
    return attributes is not None and group.stated_id(attributes) is not None


def _is_gone(transfer: Transfer, key: str) -> bool:
    return not transfer.names(key) and not transfer.is_file(key)


def copy_well(transfer: Transfer, path: str, history: bool) -> Iterator[str]:
    """Copy a well and yield the name of each field that is done.

    Raises
    ------
    ConflictError
        If the well did not stay as it was for long enough.
    """
    well = well_state(transfer, path)
    if hierarchy.read_well_document(transfer.target, transfer.new, path).exists:
        yield from (well.name_of(image) for image in well.well.images)
        return
    _copy_row(transfer, path.split("/")[0])
    yielded = 0
    copied_paths = _made_before(transfer, path)
    for _ in range(ATTEMPTS):
        try:
            for done, name in enumerate(
                _copy_fields(transfer, well, history, copied_paths)
            ):
                # What an earlier attempt has reported is not reported again.
                if done >= yielded:
                    yielded += 1
                    yield name
        except _ChangedError:
            time.sleep(_PAUSE)
            well = well_state(transfer, path)
        else:
            return
    raise ConflictError(
        f"{transfer.store.where(path)} was changed {ATTEMPTS} times while it was "
        f"copied. Copy again once nobody writes to it."
    )


def _copy_row(transfer: Transfer, row: str) -> None:
    attributes = transfer.attributes(row) or {}
    if not transfer.target.exists(f"{row}/{group_document(transfer.new)}"):
        for name, data in group_files(transfer, row, attributes).items():
            transfer.target.replace(f"{row}/{name}", data)


def _made_before(transfer: Transfer, well: str) -> set[str]:
    """Return the paths of the groups that an interrupted copy of a well left."""
    target = transfer.target
    shelf = [f"{SHELF}/{name}" for name in target.children(f"{well}/{SHELF}")]
    return {
        name
        for name in (*target.children(well), *shelf)
        if group.stated_id(
            group.read_group_attributes(target, transfer.new, f"{well}/{name}") or {}
        )
        is not None
    }


def _copy_fields(
    transfer: Transfer, well: WellDocument, history: bool, copied_paths: set[str]
) -> Iterator[str]:
    """Copy what a well document names; add the paths of what was copied to `made`."""
    images: list[WellImage] = []
    records: list[FieldRecord] = []
    planned: set[str] = set()
    for listed in well.well.images:
        image, record, groups = _plan(transfer, well, listed, history)
        for copied in groups:
            copied_paths.add(copied.new_path)
            _copy_group(transfer, well, copied)
        planned |= {copied.new_path for copied in groups}
        images.append(image)
        records.append(record)
        yield record.name
    for stale in copied_paths - planned:
        # Copied before the well changed: it is at another path now, or purged.
        key = f"{well.path}/{stale}"
        if transfer.target.exists(key):
            group.remove_group(transfer.target, transfer.new, key)
    clear_shelf(transfer.target, transfer.new, well.path)
    copy_others(transfer, well.path, _named(well))
    _write_well(transfer, well, images, records)


def _named(well: WellDocument) -> set[str]:
    """Return the paths that a well document names, now or in the past."""
    named = {SHELF, *(image.path for image in well.well.images)}
    for record in well.records.values():
        named |= {version.path for version in record.versions}
        named |= {str(alias.get("path")) for alias in aliases_of(record)}
    return named


def _plan(
    transfer: Transfer, well: WellDocument, image: WellImage, history: bool
) -> tuple[WellImage, FieldRecord, list[Copied]]:
    """Return what a field becomes: its entry, its record, and the groups to copy."""
    live = _version_of(transfer, well, image)
    record = record_of(well.records, image)
    if history and record is not None:
        record = replace(record, settling=None)
        groups = [
            Copied(path=version.path, new_path=version.path, identifier=version.id)
            for version in record.versions_with_pixels()
        ]
        if image.path not in [copied.path for copied in groups]:
            groups.append(Copied(path=image.path, new_path=image.path, identifier=live))
        return image, record, groups
    name = image.path if record is None else record.name
    new = FieldRecord(
        name=name,
        path=name,
        live=live,
        label=None if record is None else record.label,
        acquisition=image.acquisition,
        versions=(FieldVersion(id=live, path=name, action="write", when=now()),),
    )
    copied = Copied(path=image.path, new_path=name, identifier=live)
    return replace(image, path=name), new, [copied]


def _version_of(transfer: Transfer, well: WellDocument, image: WellImage) -> str:
    key = f"{well.path}/{image.path}"
    try:
        identifier = Multiscales.open(transfer.store, key, transfer.old).version
    except HCSError:
        # A well that was changed explains it, and is copied again.
        _check_unchanged(transfer, well)
        raise
    return identifier or uuid.uuid4().hex


def _copy_group(transfer: Transfer, well: WellDocument, copied: Copied) -> None:
    """Copy an image group as a field is staged: marked first, its document last."""
    target, version = transfer.target, transfer.new
    key = f"{well.path}/{copied.new_path}"
    if target.exists(key):
        if group.version_at(target, version, key) == copied.identifier:
            return
        group.remove_group(target, version, key)
    old_key, seen = _place_of(transfer, well, copied)
    if on_shelf(copied.new_path):
        make_shelf(target, version, well.path)
    mark = group.mark_files(version, copied.identifier, group.STAGING)
    hold = target.claim(key, mark)
    if hold is None:
        raise ConflictError(f"{target.location}/{key} is being written elsewhere.")
    try:
        _fill_group(transfer, well, (old_key, seen), key, copied.identifier)
    finally:
        hold.release()


def _place_of(
    transfer: Transfer, well: WellDocument, copied: Copied
) -> tuple[str, str | None]:
    """Return where the version to copy is now, and the id of what is there.

    A move that was left unfinished is looked through.

    One that is nowhere, in a well that nobody changes, was changed by another tool; it
    is copied as it is.
    """
    names: list[str] = [copied.path]
    moves = [move for move in map(move_of, well.records.values()) if move is not None]
    for move in moves:
        names += [str(move[key]) for key in ("from", "to", "new", "aside")]
    for name in names:
        if _version_at(transfer, f"{well.path}/{name}") == copied.identifier:
            return f"{well.path}/{name}", copied.identifier
    _check_unchanged(transfer, well)
    if moves and any(version.id == copied.identifier for version in _versions(well)):
        raise _ChangedError
    key = f"{well.path}/{copied.path}"
    return key, _version_at(transfer, key)


def _versions(well: WellDocument) -> Iterator[FieldVersion]:
    for record in well.records.values():
        yield from record.versions_with_pixels()


def _version_at(transfer: Transfer, key: str) -> str | None:
    try:
        return Multiscales.open(transfer.store, key, transfer.old).version
    except HCSError:
        return None


def _check_unchanged(transfer: Transfer, well: WellDocument) -> None:
    if well_state(transfer, well.path) != well:
        raise _ChangedError


def _fill_group(
    transfer: Transfer,
    well: WellDocument,
    place: tuple[str, str | None],
    key: str,
    identifier: str,
) -> None:
    target = transfer.target
    old_key, before = place
    attributes = dict(transfer.attributes(old_key) or {})
    try:
        copy_content(transfer, old_key, key)
    except HCSError:
        # As above: a move or purge meanwhile takes the files away.
        _check_unchanged(transfer, well)
        raise
    if _version_at(transfer, old_key) != before:
        raise _ChangedError
    content = {**extension(attributes), "version": identifier}
    step.reached("copied")
    files = group_files(transfer, old_key, with_extension(attributes, content))
    for name, data in files.items():
        if name not in (".zgroup",) and name in DOCUMENTS:
            target.replace(f"{key}/{name}", data, durable=False)
    target.sync(key)


def _write_well(
    transfer: Transfer,
    well: WellDocument,
    images: list[WellImage],
    records: list[FieldRecord],
) -> None:
    attributes: Mapping[str, Any] = well.attributes
    for old, new in zip(well.well.images, images, strict=True):
        attributes = hierarchy.repathed(attributes, old.path, new.path)
    written = write_well(Well(images), transfer.new, attributes)
    content = write_records({**extension(well.attributes), "fields": {}}, records)
    group.write_group(
        transfer.target,
        well.path,
        transfer.new,
        with_extension(written, content),
    )
