"""Removing old versions for good: an explicit act that first lists what goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hcs.metadata import FieldVersion
from hcs.ngff.envelope import extension, with_extension
from hcs.ngff.history import FieldRecord, now, write_records
from hcs.ngff.names import well_of
from hcs.writing.person import login_name
from hcs.writing.targets import group, hierarchy, step
from hcs.writing.targets.shelf import clear_shelf
from hcs.writing.versions.moves import finish_moves
from hcs.writing.versions.opening import opened
from hcs.writing.versions.recovery import orphans as find_orphans

if TYPE_CHECKING:
    from hcs.metadata import Who
    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """One image group that goes, or would go."""

    key: str
    """Its path below the plate."""

    well: str
    field: str | None
    """Name of the field; None for a group that no history knows."""

    version: str | None
    size: int
    """Bytes on disk."""


def purge(
    store: Any,
    *,
    originals: bool = False,
    orphans: bool = False,
    yes: bool = False,
    who: Who | None = None,
    reason: str | None = None,
) -> tuple[Purged, ...]:
    """Remove the pixels of versions that are not live.

    The first version of each field stays unless `originals`. The history keeps the
    entries and gets one for each purge.

    Parameters
    ----------
    store
        A plate, by its place or open.
    originals
        Remove first versions too.
    orphans
        Remove complete groups of ours that no history knows, as crashes leave them.
    yes
        Do it; otherwise only what would go is returned.
    who, reason
        For the history; by default the login name.

    Returns
    -------
        What went, or would go.
    """
    with opened(store) as target:
        if not yes:
            return _look(target, originals, orphans)
        with target.changing():
            return _purge(target, originals, orphans, who or login_name(), reason)


def _look(target: Target, originals: bool, orphans: bool) -> tuple[Purged, ...]:
    state = hierarchy.read_plate_document(target)
    groups: list[Purged] = []
    for entry in state.plate.wells:
        well = hierarchy.read_well_document(target, state.version, entry.path)
        groups += _candidates(target, well, originals)
    if orphans:
        groups += _purge_orphans(target, state, yes=False)
    return tuple(groups)


def _purge(
    target: Target,
    originals: bool,
    orphans: bool,
    who: Who,
    reason: str | None,
) -> tuple[Purged, ...]:
    state = hierarchy.read_plate_document(target)
    groups: list[Purged] = []
    for entry in state.plate.wells:
        groups += target.transact(
            partial(_purge_well, target, state, entry.path, originals, who, reason)
        )
    if orphans:
        groups += _purge_orphans(target, state, yes=True)
    return tuple(groups)


def _candidates(target: Target, well: WellDocument, originals: bool) -> list[Purged]:
    listed = {image.path for image in well.well.images}
    groups = []
    for record in well.records.values():
        first = record.versions[0].id if record.versions else None
        groups += [
            Purged(
                key=f"{well.path}/{version.path}",
                well=well.path,
                field=record.name,
                version=version.id,
                size=target.size(f"{well.path}/{version.path}"),
            )
            for version in record.versions_with_pixels()
            if version.id != record.live
            and version.path not in listed
            and (originals or version.id != first)
        ]
    return groups


def _purge_well(
    target: Target,
    state: PlateDocument,
    path: str,
    originals: bool,
    who: Who,
    reason: str | None,
) -> list[Purged]:
    well = finish_moves(target, state, path)
    groups = _candidates(target, well, originals)
    if not groups:
        return []
    records = dict(well.records)
    spares = []
    for purged in groups:
        record = records[str(purged.field)]
        records[record.name] = _purged(record, str(purged.version), who, reason)
        spares += [
            f"{path}/{alias['path']}"
            for alias in (record.settling or {}).get("aliases", ())
            if alias.get("version") == purged.version
        ]
    content = write_records(extension(well.attributes), records.values())
    attributes = with_extension(well.attributes, content)
    # The entry first: what it calls purged is removed by recovery if we do not get to.
    step.reached("purge entry")
    group.write_group(target, path, state.version, attributes)
    for key in [purged.key for purged in groups] + spares:
        step.reached("purge group")
        group.remove_group(target, state.version, key)
    clear_shelf(target, state.version, path)
    return groups


def _purged(
    record: FieldRecord, version: str, who: Who, reason: str | None
) -> FieldRecord:
    old = record.find(version)
    event = FieldVersion(
        id=version,
        path=record.path if old is None else old.path,
        action="purge",
        who=who.name,
        known=who.known,
        when=now(),
        why=reason,
    )
    aliases = [
        alias
        for alias in (record.settling or {}).get("aliases", ())
        if alias.get("version") != version
    ]
    return replace(
        record,
        versions=(*record.versions, event),
        settling={"aliases": aliases} if aliases else None,
    )


def _purge_orphans(target: Target, state: PlateDocument, yes: bool) -> list[Purged]:
    groups = []
    with target.lock():
        for key in find_orphans(target):
            well = well_of(key)
            hold = target.hold(key)
            if hold is None:
                continue  # staged, and about to be committed
            try:
                version = group.version_at(target, state.version, key)
                groups.append(
                    Purged(
                        key=key,
                        well=well,
                        field=None,
                        version=version,
                        size=target.size(key),
                    )
                )
                if yes:
                    step.reached("purge orphan")
                    group.remove_group(target, state.version, key)
                    clear_shelf(target, state.version, well)
            finally:
                hold.release()
    return groups
