"""The history of fields: what the well document keeps under our key, as values.

::

    {
        "fields": {
            "<name>": {
                "label": "s1",
                "acquisition": 0,
                "path": "0",
                "live": "<version id>",
                "settling": {...},
                "versions": [{"id", "path", "action", "who", ...}],
            }
        }
    }

An entry is an event. A revert repeats the id of the version that it brings back, as
its pixels are the same; ``path`` tells where a version's pixels lie now.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hcs.metadata import FieldVersion, WellImage
from hcs.ngff.names import is_version_path, on_shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VERSION_KEYS = tuple(part.name for part in dataclasses.fields(FieldVersion))
_RECORD_KEYS = ("label", "acquisition", "path", "live", "settling", "versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRecord:
    """What is known of one field of a well."""

    name: str
    """Its first path; never changes."""

    path: str
    """Where its live pixels belong at rest: the name, on plates of ours."""

    live: str
    """Id of the live version."""

    versions: tuple[FieldVersion, ...] = ()
    """Every event, oldest first."""

    acquisition: int | None = None
    label: str | None = None
    settling: Mapping[str, Any] | None = None
    """What `hcs.settle` announced and has not finished."""

    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Keys that a later version of this library may have put there."""

    def find(self, identifier: str) -> FieldVersion | None:
        """Return the first event of a version, None where it is unknown.

        Parameters
        ----------
        identifier
            `FieldVersion.id`.
        """
        return next(
            (version for version in self.versions if version.id == identifier), None
        )

    def versions_with_pixels(self) -> tuple[FieldVersion, ...]:
        """Return the versions whose pixels are still there, oldest first."""
        purged = {event.id for event in self.versions if event.action == "purge"}
        versions = {
            event.id: event
            for event in reversed(self.versions)
            if event.id not in purged and event.action in ("write", "correct")
        }
        return tuple(reversed(versions.values()))

    def superseded_among_fields(self) -> tuple[FieldVersion, ...]:
        """Return the versions that are not live and that lists of groups still show."""
        return tuple(
            version
            for version in self.versions_with_pixels()
            if version.id != self.live and not on_shelf(version.path)
        )

    def is_settled(self, path: str) -> bool:
        """Whether nothing is left to do for a field whose live pixels are at `path`.

        Parameters
        ----------
        path
            Where the well lists the field now, below the well.
        """
        return (
            path == self.path
            and not self.settling
            and not self.superseded_among_fields()
        )

    def moved(self, identifier: str, path: str) -> FieldRecord:
        """Return the record with the pixels of a version at another path.

        Parameters
        ----------
        identifier
            `FieldVersion.id`; one that is unknown changes nothing.
        path
            Where they are then, below the well.
        """
        versions = tuple(
            replace(version, path=path) if version.id == identifier else version
            for version in self.versions
        )
        return replace(self, versions=versions)


def read_records(content: Mapping[str, Any]) -> dict[str, FieldRecord]:
    """Return the records in our key of a well document, by field name.

    What another tool bent out of shape is left out: pixels never depend on it.

    Parameters
    ----------
    content
        What our own key of the well document holds.
    """
    fields = content.get("fields")
    records = {}
    for name, entry in fields.items() if isinstance(fields, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("live"), str):
            records[name] = _read_record(name, entry)
    return records


def _read_record(name: str, entry: Mapping[str, Any]) -> FieldRecord:
    versions = entry.get("versions")
    settling = entry.get("settling")
    acquisition = entry.get("acquisition")
    return FieldRecord(
        name=name,
        path=_text(entry.get("path")) or name,
        live=entry["live"],
        versions=tuple(
            _read_version(event)
            for event in (versions if isinstance(versions, list) else ())
            if isinstance(event, dict)
            and isinstance(event.get("id"), str)
            and is_version_path(event.get("path"))
        ),
        acquisition=acquisition if type(acquisition) is int else None,
        label=_text(entry.get("label")),
        settling=settling if isinstance(settling, dict) else None,
        unknown={key: value for key, value in entry.items() if key not in _RECORD_KEYS},
    )


def _read_version(entry: Mapping[str, Any]) -> FieldVersion:
    size = entry.get("size")
    texts = {key: _text(entry.get(key)) for key in _VERSION_KEYS if key != "size"}
    return FieldVersion(
        **{
            **texts,
            "action": texts["action"] or "write",
            "size": size if type(size) is int else None,
        }  # type: ignore[arg-type]
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def write_records(
    content: Mapping[str, Any], records: Iterable[FieldRecord]
) -> dict[str, Any]:
    """Return our key of a well document with `records` in it, other keys kept."""
    fields = content.get("fields")
    new = dict(fields) if isinstance(fields, dict) else {}
    for record in records:
        new[record.name] = _write_record(record)
    return {**content, "fields": new}


def _write_record(record: FieldRecord) -> dict[str, Any]:
    versions = [
        {
            key: value
            for key, value in dataclasses.asdict(event).items()
            if value is not None
        }
        for event in record.versions
    ]
    own = {
        "label": record.label,
        "acquisition": record.acquisition,
        "path": record.path,
        "live": record.live,
        "versions": versions,
        "settling": dict(record.settling) if record.settling else None,
    }
    return {key: value for key, value in own.items() if value is not None} | dict(
        record.unknown
    )


def record_of(
    records: Mapping[str, FieldRecord], image: WellImage
) -> FieldRecord | None:
    """Return the record of a listed image: the field one of whose paths it has."""
    for record in records.values():
        if record.acquisition not in (None, image.acquisition):
            continue
        if image.path == record.path or any(
            version.path == image.path for version in record.versions
        ):
            return record
    return None


def now() -> str:
    """Return the present time as the history writes it."""
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6]}Z"
