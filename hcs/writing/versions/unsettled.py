"""What of a plate is not settled, and how long it has to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hcs.errors import MetadataError
from hcs.ngff.names import is_version_path
from hcs.writing.targets import group, hierarchy
from hcs.writing.targets.shelf import shelf_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.metadata import FieldVersion
    from hcs.ngff.history import FieldRecord
    from hcs.writing.targets.hierarchy import PlateDocument, WellDocument
    from hcs.writing.targets.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A field that is not yet, or not only, at its first path."""

    well: str
    field: str
    path: str
    """Where its live pixels are."""

    home: str
    """Where they belong."""

    aliases: tuple[str, ...]
    """Second names that go after a grace time."""

    superseded: tuple[str, ...]
    """Paths of earlier versions that those who list groups take for fields."""

    seconds: float
    """Until the next step may be taken; 0 where it may be taken now."""

    problem: str = ""
    """Why it cannot be settled, where something stands in the way."""


@dataclass(frozen=True, slots=True)
class Grace:
    """How long readers may hold on to the path of a corrected field."""

    seconds: float
    unseen: frozenset[tuple[str, str]] = frozenset()
    """Well path and name of fields that nobody can have looked up."""

    def of(self, well: str, field: str) -> float:
        """Return the seconds of one field."""
        return 0.0 if (well, field) in self.unseen else self.seconds


def unsettled_fields(
    target: Target,
    state: PlateDocument,
    grace: Grace,
    wells: tuple[str, ...] | None = None,
) -> tuple[Unsettled, ...]:
    """Return the fields of an open plate that still have to be settled."""
    fields = []
    for path in wells or tuple(entry.path for entry in state.plate.wells):
        try:
            well = hierarchy.read_well_document(target, state.version, path)
        except MetadataError:
            continue  # one broken well must not keep the others unsettled
        for record in well.records.values():
            seconds = grace.of(path, record.name)
            entry = _unsettled(target, state, well, record, seconds)
            if entry is not None:
                fields.append(entry)
    return tuple(fields)


def _unsettled(
    target: Target,
    state: PlateDocument,
    well: WellDocument,
    record: FieldRecord,
    grace: float,
) -> Unsettled | None:
    image = well.image_of(record.name, record.acquisition)
    if image is None or record.is_settled(image.path):
        return None
    aliases = aliases_of(record)
    away = image.path != record.path
    superseded = strays(target, state, well, record)
    if not away and not aliases and not superseded and not move_of(record):
        return None
    waits = [remaining(alias.get("since"), grace) for alias in aliases]
    problem = ""
    if away or superseded:
        waits.append(remaining(live_since(record), grace))
    if away and not move_of(record):
        problem = obstacle(target, state, well, record)
    elif superseded:
        problem = shelf_problem(target, state.version, well.path)
    return Unsettled(
        well=well.path,
        field=record.name,
        path=image.path,
        home=record.path,
        aliases=tuple(str(alias["path"]) for alias in aliases),
        superseded=tuple(version.path for version in superseded),
        seconds=0.0 if move_of(record) else min(waits, default=0.0),
        problem=problem,
    )


def strays(
    target: Target, state: PlateDocument, well: WellDocument, record: FieldRecord
) -> tuple[FieldVersion, ...]:
    """Return the versions of a field that are to be put away.

    Not what is at the first path while the live version is not: these change places.
    Not what somebody else put in the place of a version, or lists as a field.
    """
    image = well.image_of(record.name, record.acquisition)
    away = image is not None and image.path != record.path
    taken = {image.path for image in well.well.images}
    if away:
        taken.add(record.path)
    return tuple(
        version
        for version in record.superseded_among_fields()
        if version.path not in taken
        and _is_there_or_gone(target, state, f"{well.path}/{version.path}", version.id)
    )


def _is_there_or_gone(
    target: Target, state: PlateDocument, key: str, identifier: str
) -> bool:
    present = group.version_at(target, state.version, key)
    return present == identifier or (present is None and not target.exists(key))


def is_due(record: FieldRecord, grace: float) -> bool:
    """Whether a field's live version has been that for the grace time."""
    return remaining(live_since(record), grace) <= 0


def obstacle(
    target: Target, state: PlateDocument, well: WellDocument, record: FieldRecord
) -> str:
    """Return what keeps a field from its first path, "" where nothing does."""
    home = f"{well.path}/{record.path}"
    problem = shelf_problem(target, state.version, well.path)
    if problem or not target.exists(home):
        return problem
    present = group.version_at(target, state.version, home)
    listed = {image.path for image in well.well.images}
    if record.path in listed:
        return f"{home} is listed as another field"
    if present is None or record.find(present) is None:
        return f"{home} holds something that this field's history does not know"
    return ""


def move_of(record: FieldRecord) -> Mapping[str, Any] | None:
    """Return the move that was announced and not finished, None where none was."""
    move = (record.settling or {}).get("move")
    keys = ("version", "from", "to", "new", "aside")
    if isinstance(move, dict) and all(is_version_path(move.get(key)) for key in keys):
        return move
    return None


def aliases_of(record: FieldRecord) -> list[Mapping[str, Any]]:
    """Return the second names of a field's versions, with their ids and times."""
    aliases = (record.settling or {}).get("aliases")
    return [
        alias
        for alias in (aliases if isinstance(aliases, list) else ())
        if isinstance(alias, dict) and is_version_path(alias.get("path"))
    ]


def live_since(record: FieldRecord) -> str | None:
    """Return when the live version became that."""
    events = [event.when for event in record.versions if event.id == record.live]
    return events[-1] if events else None


def remaining(since: object, grace: float) -> float:
    """Return the seconds of a grace time that are left.

    A time that lies further ahead than the grace is a clock that was set back: no
    reason to wait for it.
    """
    try:
        start = datetime.fromisoformat(str(since))
    except ValueError:
        return 0.0
    if start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    elapsed = (datetime.now(UTC) - start).total_seconds()
    return max(0.0, grace - elapsed) if -grace <= elapsed else 0.0
