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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_KEYS = tuple(part.name for part in dataclasses.fields(FieldVersion))
_OWN = ("label", "acquisition", "path", "live", "settling", "versions")


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

    rest: Mapping[str, Any] = field(default_factory=dict)
    """Keys that a later version of this library may have put there."""

    def find(self, identifier: str) -> FieldVersion | None:
        """Return the first event of a version, None where it is unknown."""
        return next((one for one in self.versions if one.id == identifier), None)

    def kept(self) -> tuple[FieldVersion, ...]:
        """Return the versions whose pixels are still there, oldest first."""
        purged = {one.id for one in self.versions if one.action == "purge"}
        found = {
            one.id: one
            for one in reversed(self.versions)
            if one.id not in purged and one.action in ("write", "correct")
        }
        return tuple(reversed(found.values()))

    def moved(self, identifier: str, path: str) -> FieldRecord:
        """Return the record with the pixels of a version at another path."""
        versions = tuple(
            replace(one, path=path) if one.id == identifier else one
            for one in self.versions
        )
        return replace(self, versions=versions)


def read_records(content: Mapping[str, Any]) -> dict[str, FieldRecord]:
    """Return the records in our key of a well document, by field name.

    What another tool bent out of shape is left out: pixels never depend on it.
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
            _read_version(one)
            for one in (versions if isinstance(versions, list) else ())
            if isinstance(one, dict)
            and isinstance(one.get("id"), str)
            and isinstance(one.get("path"), str)
        ),
        acquisition=acquisition if type(acquisition) is int else None,
        label=_text(entry.get("label")),
        settling=settling if isinstance(settling, dict) else None,
        rest={key: value for key, value in entry.items() if key not in _OWN},
    )


def _read_version(entry: Mapping[str, Any]) -> FieldVersion:
    size = entry.get("size")
    texts = {key: _text(entry.get(key)) for key in _KEYS if key != "size"}
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
            for key, value in dataclasses.asdict(one).items()
            if value is not None
        }
        for one in record.versions
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
        record.rest
    )


def record_of(
    records: Mapping[str, FieldRecord], image: WellImage
) -> FieldRecord | None:
    """Return the record of a listed image: the field one of whose paths it has."""
    for record in records.values():
        if record.acquisition not in (None, image.acquisition):
            continue
        if image.path == record.path or any(
            one.path == image.path for one in record.versions
        ):
            return record
    return None


def now() -> str:
    """Return the present time as the history writes it."""
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6]}Z"
