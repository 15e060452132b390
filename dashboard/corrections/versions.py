"""The history of a field as pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.corrections.values import VersionView
from dashboard.plates.fields import records_of

if TYPE_CHECKING:
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import FieldState
    from hcs.metadata import FieldVersion
    from hcs.ngff import FieldRecord


def field_history(plate: ServedPlate, well: str, field: str) -> tuple[VersionView, ...]:
    """Return the events of a field, newest first; a foreign field has one.

    Raises
    ------
    NotServedError
        If there is no such field.
    """
    present = plate.field(well, field)
    record = records_of(plate.open_well(well)).get(field)
    if record is None or not record.versions:
        return (_first_version(present),)
    available = {event.id for event in record.versions_with_pixels()}
    available.add(record.versions[-1].id)
    return tuple(
        version_view(
            event,
            # A revert repeats an id: only the last event of it is the live one.
            live=record.live if event is _last_of(record, event.id) else None,
            available=event.id in available,
        )
        for event in reversed(record.versions)
    )


def _last_of(record: FieldRecord, identifier: str) -> FieldVersion:
    return next(event for event in reversed(record.versions) if event.id == identifier)


def version_view(
    version: FieldVersion, *, live: str | None, available: bool = True
) -> VersionView:
    """Return an event; `live` is the id of the version that the field shows."""
    return VersionView(
        id=version.id,
        action=version.action,
        who=version.who or "",
        known=version.known or "",
        when=version.when or "",
        why=version.why or "",
        source=version.source or "",
        digest=version.digest or "",
        live=version.id == live,
        available=available,
    )


def _first_version(field: FieldState) -> VersionView:
    return VersionView(
        id=field.version,
        action="write",
        who="",
        known="",
        when="",
        why="",
        source="",
        live=True,
    )
