"""After a crash: finishing what was announced, removing what was never complete.

Only groups that bear our mark of being incomplete are removed, and only where no living
process holds them. Complete groups that no document names are reported and kept:
somebody acquired them. A second run finds nothing left to do.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hcs.errors import MetadataError
from hcs.images.companions import LABELS, TABLES
from hcs.ngff.names import SHELF
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.shelf import clear_shelf
from hcs.writing.targets.siblings import Finding
from hcs.writing.targets.target import PART
from hcs.writing.versions.moves import finish_moves
from hcs.writing.versions.opening import open_target, target_at
from hcs.writing.versions.unsettled import aliases_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcs.writing.targets.hierarchy import PlateDocument
    from hcs.writing.targets.target import Target


def recover(store: Any) -> tuple[Finding, ...]:
    """Bring a plate to rest after a crash; harmless on one that is.

    Parameters
    ----------
    store
        A plate, or the path where one belongs.

    Returns
    -------
        What was finished and removed, and what was found and kept.
    """
    target = target_at(store)
    findings = target.recover_siblings()
    if target.may_hold_leftovers():
        findings += target.transact(partial(_recover_plate, target))
    return tuple(findings)


def _recover_plate(target: Target) -> list[Finding]:
    findings: list[Finding] = []
    state = hierarchy.read_plate_document(target)
    findings += _parts(target, "")
    columns = {column.name for column in state.plate.columns}
    for row in state.plate.rows:
        findings += _parts(target, row.name)
        for name in target.children(row.name):
            if name not in columns:
                continue
            well = f"{row.name}/{name}"
            try:
                findings += _recover_well(target, state, well)
            except MetadataError as error:
                # Nothing is known of such a well, so nothing in it is touched.
                findings.append(Finding("kept", well, str(error)))
        target.remove_empty(row.name)
        if target.exists(row.name):
            group.make_row(target, state.version, row.name)
    return findings


def orphans(store: Any) -> tuple[str, ...]:
    """Return the keys of complete image groups of ours that no history knows."""
    target = open_target(store)
    state = hierarchy.read_plate_document(target)
    keys: list[str] = []
    for row in state.plate.rows:
        for column in state.plate.columns:
            well = f"{row.name}/{column.name}"
            keys += [
                key
                for key, purged in _unnamed(target, state, well)
                if _kind(target, state, key, purged) == "complete"
            ]
    return tuple(keys)


def _recover_well(target: Target, state: PlateDocument, well: str) -> Iterator[Finding]:
    yield from _parts(target, well)
    before = hierarchy.read_well_document(target, state.version, well)
    pending = [
        name
        for name, record in before.records.items()
        if (record.settling or {}).get("move")
    ]
    finish_moves(target, state, well)
    for name in pending:
        yield Finding(
            "finished",
            f"{well}/{name}",
            "its move to the original location was continued",
        )
    unnamed = dict(_unnamed(target, state, well))
    for name in _groups_of(target, well):
        key = f"{well}/{name}"
        if key in unnamed:
            yield from _recover_group(target, state, key, unnamed[key])
        elif target.is_group(key):
            yield from _recover_companions(target, state, key)
    clear_shelf(target, state.version, well)
    target.remove_empty(well)


def _recover_companions(
    target: Target, state: PlateDocument, image: str
) -> Iterator[Finding]:
    """Remove label images and tables that were being added to a field."""
    names = target.children(image)
    yield from _parts(target, image, names)
    for collection in (LABELS, TABLES):
        if collection not in names:
            continue
        parent = f"{image}/{collection}"
        yield from _parts(target, parent)
        for name in target.children(parent):
            key = f"{parent}/{name}"
            if not target.is_group(key):
                continue
            yield from _parts(target, key)
            if _is_incomplete(target, state, key):
                yield from _recover_group(target, state, key, frozenset())
            else:
                target.remove_empty(key)
        target.remove_empty(parent)


def _groups_of(target: Target, well: str) -> list[str]:
    """Return the names below a well, and the paths of what lies on its shelf."""
    shelf = [f"{SHELF}/{name}" for name in target.children(f"{well}/{SHELF}")]
    return [*target.children(well), *shelf]


def _recover_group(
    target: Target, state: PlateDocument, key: str, purged: frozenset[str]
) -> Iterator[Finding]:
    hold = target.hold(key)
    if hold is None:
        yield Finding("in use", key, "it is being written at this moment")
        return
    try:
        yield from _parts(target, key)
        kind = _kind(target, state, key, purged)
        if kind == "foreign":
            yield Finding("kept", key, "not listed, and not made by this library")
        elif kind == "complete":
            yield Finding(
                "kept",
                key,
                "a complete field that no document names; see hcs purge --orphans",
            )
        else:
            step.reached("recover sweep")
            group.remove_group(target, state.version, key)
            if kind == "purged":
                yield Finding("finished", key, "a purged version was removed")
            else:
                yield Finding("removed", key, "it was never complete")
    finally:
        hold.release()


def _unnamed(
    target: Target, state: PlateDocument, path: str
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what no document of a well names, with the ids that were purged there."""
    well = hierarchy.read_well_document(target, state.version, path)
    named = {image.path for image in well.well.images}
    purged: set[str] = set()
    for record in well.records.values():
        named |= {
            str(alias["path"])
            for alias in aliases_of(record)
            if not _is_incomplete(target, state, f"{path}/{alias['path']}")
        }
        remaining = record.versions_with_pixels()
        named |= {version.path for version in remaining}
        purged |= {
            version.id for version in record.versions if version.action == "purge"
        }
    for name in _groups_of(target, path):
        key = f"{path}/{name}"
        if name not in (*named, SHELF) and target.is_group(key):
            yield key, frozenset(purged)


def _is_incomplete(target: Target, state: PlateDocument, key: str) -> bool:
    attributes = group.read_group_attributes(target, state.version, key)
    return attributes is not None and group.is_incomplete(attributes)


def _kind(
    target: Target, state: PlateDocument, key: str, purged: frozenset[str]
) -> str:
    attributes = group.read_group_attributes(target, state.version, key)
    if attributes is None:
        return "foreign" if target.children(key) else "incomplete"
    if group.is_incomplete(attributes):
        return "incomplete"
    # By its id: another version may have got the path of a purged one.
    if group.version_at(target, state.version, key) in purged:
        return "purged"
    return "foreign" if group.stated_id(attributes) is None else "complete"


def _parts(
    target: Target, prefix: str, names: list[str] | None = None
) -> Iterator[Finding]:
    """Remove documents that were being replaced; the lock says that nobody is at it."""
    for name in target.children(prefix) if names is None else names:
        key = f"{prefix}/{name}" if prefix else name
        if name.endswith(PART):
            target.remove(key)
            yield Finding("removed", key, "a document that was never put in place")
