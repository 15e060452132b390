"""Looking at the history of fields, and going back in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs.errors import ConflictError, NotFoundError
from hcs.stores.location import opened_store
from hcs.writing.person import as_who, checked_reason
from hcs.writing.targets import hierarchy
from hcs.writing.versions.addresses import present_field, well_path
from hcs.writing.versions.commit import FieldChange, commit_change
from hcs.writing.versions.opening import opened, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.metadata import FieldVersion, Who
    from hcs.writing.targets.hierarchy import WellDocument
    from hcs.writing.targets.target import Target


def history(
    store: Any, well: str | None = None
) -> Mapping[tuple[str, str], tuple[FieldVersion, ...]]:
    """Return every event of every field, oldest first.

    Parameters
    ----------
    store
        A plate, by its place or open.
    well
        One well, ``"A/1"`` or ``"A01"``; by default all of them.

    Returns
    -------
        By well path and field name. A field that was never changed here, on a plate of
        other software, has no entry.
    """
    histories: dict[tuple[str, str], tuple[FieldVersion, ...]] = {}
    with opened_store(place_of(store)) as documents:
        state = hierarchy.read_plate_document(documents)
        wells = [listed.path for listed in state.plate.wells]
        for path in wells if well is None else [well_path(state, well)]:
            records = hierarchy.read_well_document(
                documents, state.version, path
            ).records
            histories |= {(path, name): rec.versions for name, rec in records.items()}
    return histories


def revert(
    store: Any,
    well: str,
    field: str,
    version: str,
    *,
    who: Who | str,
    reason: str,
    base: str | None = None,
    acquisition: int | None = None,
) -> FieldVersion:
    """Make an earlier version of a field its live one again.

    The version that was live is kept, so that another revert brings it back.

    Parameters
    ----------
    store
        A plate, by its place or open.
    well, field, acquisition
        Of the field, in any spelling that `stage_field` takes.
    version
        Id of the version to show, or its beginning.
    who, reason
        For the history; a text is a name that was typed.
    base
        Id of the version that the person looked at; by default the live one.

    Returns
    -------
        The event: it has the id of the version that it brings back.

    Raises
    ------
    ArgumentError
        If nobody is named, or no reason is given.
    NotFoundError
        If the field or the version is unknown, or its pixels were purged.
    ConflictError
        If the field does not show `base`, or shows `version` already.
    """
    person, why = as_who(who), checked_reason(reason)
    with opened(store) as target, target.changing():
        address = well, field, acquisition
        change = _change_back(target, address, version, person, why, base)
        return commit_change(target, change)


def _change_back(
    target: Target,
    address: tuple[str, str, int | None],
    version: str,
    who: Who,
    reason: str,
    base: str | None,
) -> FieldChange:
    spelling, field, acquisition = address
    state = hierarchy.read_plate_document(target)
    well = well_path(state, spelling)
    well_state = hierarchy.read_well_document(target, state.version, well)
    identity = present_field(well_state, field, acquisition)
    field = field if identity is None else identity[0]
    record = well_state.records.get(field)
    if record is None:
        raise NotFoundError(
            f"Well {well} has no field {field!r} with a history; it has "
            f"{', '.join(well_state.records) or 'none'}."
        )
    earlier = _version_with_pixels(well_state, field, version)
    if record.live == earlier.id:
        raise ConflictError(
            f"Field {field!r} of well {well} shows version {earlier.id[:8]} already."
        )
    event = replace(
        earlier,
        action="revert",
        who=who.name,
        known=who.known,
        why=reason,
        supersedes=record.live,
    )
    return FieldChange(
        well=well,
        name=field,
        acquisition=record.acquisition,
        base=record.live if base is None else base,
        version=event,
    )


def _version_with_pixels(well: WellDocument, field: str, version: str) -> FieldVersion:
    record = well.records[field]
    versions = {entry.id: entry for entry in record.versions_with_pixels()}
    matches = [identifier for identifier in versions if identifier.startswith(version)]
    if version and len(matches) == 1:
        return versions[matches[0]]
    known = "was purged" if record.find(version) else "is unknown"
    if matches:
        known = f"could be {len(matches)}"
    raise NotFoundError(
        f"Version {version[:8]} of field {field!r} of well {well.path} {known}; "
        f"kept are {', '.join(entry[:8] for entry in versions) or 'none'}."
    )
