"""Looking at the history of fields, and going back in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hcs.errors import ConflictError, NotFoundError
from hcs.ngff.names import check_well_path
from hcs.stores.location import opened_store
from hcs.writing.targets import hierarchy
from hcs.writing.versions.commit import FieldChange, commit_change
from hcs.writing.versions.opening import opened

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
        A plate.
    well
        Path of one well, such as ``"A/1"``; by default all of them.

    Returns
    -------
        By well path and field name. A field that was never changed here, on a plate of
        other software, has no entry.
    """
    histories: dict[tuple[str, str], tuple[FieldVersion, ...]] = {}
    with opened_store(store) as documents:
        state = hierarchy.read_plate_document(documents)
        wells = [listed.path for listed in state.plate.wells]
        for path in wells if well is None else [well]:
            check_well_path(path, documents.location)
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
    who: Who,
    reason: str | None,
    base: str | None = None,
) -> FieldVersion:
    """Make an earlier version of a field its live one again.

    The version that was live is kept, so that another revert brings it back.

    Parameters
    ----------
    well, field
        Path of the well and name of the field.
    version
        Id of the version to show.
    base
        Id of the version that the person looked at; by default the live one.

    Returns
    -------
        The event: it has the id of the version that it brings back.

    Raises
    ------
    NotFoundError
        If the field or the version is unknown, or its pixels were purged.
    ConflictError
        If the field does not show `base`, or shows `version` already.
    """
    with opened(store) as target, target.changing():
        change = _change_back(target, (well, field), version, who, reason, base)
        return commit_change(target, change)


def _change_back(
    target: Target,
    field_address: tuple[str, str],
    version: str,
    who: Who,
    reason: str | None,
    base: str | None,
) -> FieldChange:
    well, field = field_address
    state = hierarchy.read_plate_document(target)
    check_well_path(well, target.location)
    well_state = hierarchy.read_well_document(target, state.version, well)
    record = well_state.records.get(field)
    if record is None:
        raise NotFoundError(
            f"Well {well} has no field {field!r} with a history; it has "
            f"{', '.join(well_state.records) or 'none'}."
        )
    if record.live == version:
        raise ConflictError(
            f"Field {field!r} of well {well} shows version {version[:8]} already."
        )
    event = replace(
        _kept_version(well_state, field, version),
        action="revert",
        who=who.name,
        known=who.known,
        why=reason or None,
        supersedes=record.live,
    )
    return FieldChange(
        well=well,
        name=field,
        acquisition=record.acquisition,
        base=record.live if base is None else base,
        version=event,
    )


def _kept_version(well: WellDocument, field: str, version: str) -> FieldVersion:
    record = well.records[field]
    versions = {entry.id: entry for entry in record.versions_with_pixels()}
    if version not in versions:
        known = "was purged" if record.find(version) else "is unknown"
        raise NotFoundError(
            f"Version {version[:8]} of field {field!r} of well {well.path} {known}; "
            f"kept are {', '.join(entry[:8] for entry in versions) or 'none'}."
        )
    return versions[version]
