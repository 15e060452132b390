"""NGFF documents <-> values, for each version that is read and written here.

Reading is strict where a mistake would lose wells or mix them up, and lenient where
only style is broken; `hcs.validate` reports the rest. Writing keeps every key that it
does not know. Images are in `hcs.ngff.multiscale`, the place of the keys in
`hcs.ngff.envelope`.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from hcs.errors import InvalidPathError, MetadataError
from hcs.metadata import (
    Plate,
    PlateAcquisition,
    PlateColumn,
    PlateRow,
    PlateWell,
    Well,
    WellImage,
)
from hcs.ngff.document import (
    array_document,
    attributes,
    canonical,
    group_document,
    group_json,
    parse_json,
    to_bytes,
)
from hcs.ngff.envelope import (
    EXTENSION,
    VERSIONS,
    detect_version,
    envelope,
    extension,
    stated_version,
    with_block,
    with_extension,
)
from hcs.ngff.multiscale import read_image, write_image
from hcs.ngff.names import check_image_path, check_name, check_well_path, is_safe_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "EXTENSION",
    "VERSIONS",
    "array_document",
    "attributes",
    "canonical",
    "check_image_path",
    "check_name",
    "check_well_path",
    "detect_version",
    "envelope",
    "extension",
    "group_document",
    "group_json",
    "parse_json",
    "read_image",
    "read_plate",
    "read_well",
    "to_bytes",
    "with_extension",
    "write_image",
    "write_plate",
    "write_well",
]

_ACQUISITION_KEYS = {
    "name": str,
    "maximumfieldcount": int,
    "description": str,
    "starttime": int,
    "endtime": int,
}


class _PlateWell:
    """A `PlateWell` while it is made: the same slots, not frozen yet."""

    __slots__ = ("columnIndex", "path", "rowIndex")

    path: str
    rowIndex: int
    columnIndex: int


# --- reading -------------------------------------------------------------------------


def read_plate(attributes: Mapping[str, Any], where: str) -> Plate:
    """Return the plate that the attributes of a plate group describe.

    Raises
    ------
    MetadataError
        If there is no plate, or a row, column, well or acquisition is missing, of a
        wrong type, or given twice.
    InvalidPathError
        If a name or a well path could lead out of the plate.
    UnsupportedVersionError
        If it states a version that is not supported.
    """
    found = envelope(attributes).get("plate")
    if not isinstance(found, dict):
        raise MetadataError(
            f"{where} is not a plate: it has "
            f"{'no plate' if found is None else f'a plate of type {_kind(found)}'}; "
            f"expected an object with columns, rows and wells."
        )
    version = stated_version(attributes, where)
    rows = _read_names(found, "rows", where)
    columns = _read_names(found, "columns", where)
    return Plate(
        columns=tuple([PlateColumn(name) for name in columns]),
        rows=tuple([PlateRow(name) for name in rows]),
        wells=_read_wells(_list(found, "wells", where), rows, columns, where),
        version=version,
        acquisitions=_read_acquisitions(found, where),
        field_count=_optional(found, "field_count", int, f"{where}: plate"),
        name=_optional(found, "name", str, f"{where}: plate"),
    )


def read_well(attributes: Mapping[str, Any], where: str) -> Well:
    """Return the well that the attributes of a well group describe.

    Raises
    ------
    MetadataError
        If there is no well, or an image is of a wrong type or given twice.
    InvalidPathError
        If an image path could lead out of the well.
    UnsupportedVersionError
        If it states a version that is not supported.
    """
    found = envelope(attributes).get("well")
    if not isinstance(found, dict):
        raise MetadataError(
            f"{where} is not a well: it has "
            f"{'no well' if found is None else f'a well of type {_kind(found)}'}; "
            f"expected an object with images."
        )
    images = [
        _read_well_image(entry, f"{where}: image {position}")
        for position, entry in enumerate(_list(found, "images", where))
    ]
    check_unique((image.path for image in images), "image path", where)
    return Well(images=tuple(images), version=stated_version(attributes, where))


def _read_well_image(entry: object, where: str) -> WellImage:
    if not isinstance(entry, dict):
        raise MetadataError(f"{where} is of type {_kind(entry)}, expected an object.")
    return WellImage(
        check_image_path(entry.get("path"), where),
        _optional(entry, "acquisition", int, where),
    )


def _read_names(found: Mapping[str, Any], key: str, where: str) -> list[str]:
    names = []
    for position, entry in enumerate(_list(found, key, where)):
        name = entry.get("name") if isinstance(entry, dict) else entry
        if not isinstance(entry, dict) or not isinstance(name, str):
            raise MetadataError(
                f"{where}: {key}[{position}] is {_short(entry)}; expected an object "
                f"whose name is a string."
            )
        if not is_safe_name(name):
            raise InvalidPathError(
                f"{where}: {key}[{position}] is named {_short(name)}; expected letters "
                f"and digits, as the name becomes a folder."
            )
        names.append(name)
    check_unique(names, f"name in {key}", where)
    return names


@lru_cache(maxsize=8)
def _known_wells(
    rows: tuple[str, ...], columns: tuple[str, ...]
) -> dict[str, PlateWell]:
    """Return the wells that plates of a grid listed so far, by path; it may grow."""
    del rows, columns
    return {}


def _read_wells(
    entries: list[Any], rows: Sequence[str], columns: Sequence[str], where: str
) -> tuple[PlateWell, ...]:
    # One pass at less than the cost of the JSON parser. Plates of one format share
    # their wells, so that a second one makes none. What this pass cannot vouch for goes
    # to the careful one, which finds the words.
    known = _known_wells(tuple(rows), tuple(columns))
    row_of = {index: f"{name}/" for index, name in enumerate(rows)}
    column_of = dict(enumerate(columns))
    wells: list[PlateWell] = []
    try:
        for entry in entries:
            path, row, column = entry["path"], entry["rowIndex"], entry["columnIndex"]
            if row.__class__ is not int or column.__class__ is not int:
                break
            well: Any = known.get(path)
            if well is None:
                if path != row_of[row] + column_of[column]:
                    break
                # The __init__ of a frozen dataclass would take four times as long.
                well = _PlateWell()
                well.path, well.rowIndex, well.columnIndex = path, row, column
                well.__class__ = PlateWell
                known[path] = well
            elif well.rowIndex != row or well.columnIndex != column:
                break
            wells.append(well)
    except (KeyError, TypeError):
        pass
    if len(wells) != len(entries):
        wells = [
            _read_plate_well(entry, rows, columns, f"{where}: wells[{position}]")
            for position, entry in enumerate(entries)
        ]
    if len({well.path for well in wells}) < len(wells):
        check_unique([well.path for well in wells], "well path", where)
    return tuple(wells)


def _read_plate_well(
    entry: object, rows: Sequence[str], columns: Sequence[str], where: str
) -> PlateWell:
    if not isinstance(entry, dict):
        raise MetadataError(f"{where} is of type {_kind(entry)}, expected an object.")
    path = check_well_path(entry.get("path"), where)
    row_name, column_name = path.split("/")
    if row_name not in rows or column_name not in columns:
        raise MetadataError(
            f"{where} has the path {path!r}, but the plate has no row {row_name!r} "
            f"with a column {column_name!r}."
        )
    expected = rows.index(row_name), columns.index(column_name)
    # Neither index is how plates before 0.4 look; the path alone says enough.
    if "rowIndex" not in entry and "columnIndex" not in entry:
        return PlateWell(path, *expected)
    # Indices that point elsewhere are for `validate` to report: published plates have
    # them swapped, and the path is what leads to the pixels.
    for key, count in (("rowIndex", len(rows)), ("columnIndex", len(columns))):
        index = entry.get(key)
        if type(index) is not int or not 0 <= index < count:
            raise MetadataError(
                f"{where} has {key} {_short(index)}; expected an integer from 0 to "
                f"{count - 1}."
            )
    return PlateWell(path, *expected)


def _read_acquisitions(
    found: Mapping[str, Any], where: str
) -> tuple[PlateAcquisition, ...] | None:
    if found.get("acquisitions") is None:
        return None
    acquisitions = []
    for position, entry in enumerate(_list(found, "acquisitions", where)):
        place = f"{where}: acquisitions[{position}]"
        if not isinstance(entry, dict):
            raise MetadataError(f"{place} is {_short(entry)}, expected an object.")
        identifier = entry.get("id")
        if type(identifier) is not int or identifier < 0:
            raise MetadataError(
                f"{place} has the id {_short(identifier)}; expected an integer >= 0."
            )
        rest = {
            key: _optional(entry, key, kind, place)
            for key, kind in _ACQUISITION_KEYS.items()
        }
        acquisitions.append(PlateAcquisition(id=identifier, **rest))
    check_unique((one.id for one in acquisitions), "acquisition id", where)
    return tuple(acquisitions)


# --- writing -------------------------------------------------------------------------


def write_plate(
    plate: Plate, version: str, attributes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the attributes of a plate group.

    Parameters
    ----------
    plate
        What the group describes; its own `version` is not looked at.
    version
        NGFF version to write.
    attributes
        Attributes that the group has so far, of any version. Keys that are not ours to
        set survive, also those of rows, columns, wells and acquisitions.
    """
    attributes = attributes or {}
    old = envelope(attributes).get("plate")
    old = old if isinstance(old, dict) else {}
    new: dict[str, Any] = {
        "columns": _merged(old, "columns", plate.columns, "name"),
        "rows": _merged(old, "rows", plate.rows, "name"),
        "wells": _merged(old, "wells", plate.wells, "path"),
        "acquisitions": _merged(old, "acquisitions", plate.acquisitions or (), "id")
        or None,
        "field_count": plate.field_count,
        "name": plate.name,
        # The prose of 0.5 wants it here too; 0.6 took it out.
        "version": None if version == "0.6" else version,
    }
    return with_block(attributes, version, {"plate": _replaced(old, new)})


def write_well(
    well: Well, version: str, attributes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the attributes of a well group; parameters as for `write_plate`."""
    attributes = attributes or {}
    old = envelope(attributes).get("well")
    old = old if isinstance(old, dict) else {}
    new: dict[str, Any] = {
        "images": _merged(old, "images", well.images, "path"),
        "version": None if version == "0.6" else version,
    }
    return with_block(attributes, version, {"well": _replaced(old, new)})


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in old.items() if key not in new}
    return {key: value for key, value in new.items() if value is not None} | kept


def _merged(
    old: Mapping[str, Any], key: str, values: Iterable[Any], name: str
) -> list[dict[str, Any]]:
    """Return the entries of `values`, each with the unknown keys of its old entry."""
    values = list(values)
    if not values:
        return []
    entries = old.get(key)
    known = _entries_by(name, entries if isinstance(entries, list) else [])
    slots = values[0].__slots__
    given_of, entry_of = attrgetter(*slots), itemgetter(*slots)
    found = []
    for value in values:
        entry = known.get(getattr(value, name), {})
        given = given_of(value)
        try:
            same = entry_of(entry) == given
        except KeyError:
            same = False
        # Most entries of a large plate stay as they are.
        if not same:
            new = dict(zip(slots, given if len(slots) > 1 else (given,), strict=True))
            entry = _replaced(entry, new)
        found.append(entry)
    return found


def _entries_by(name: str, entries: list[Any]) -> dict[Any, dict[str, Any]]:
    """Return entries of a list by their name, without those that have none."""
    return {
        entry[name]: entry
        for entry in entries
        if entry.__class__ is dict and entry.get(name).__class__ in (str, int)
    }


# --- parts ---------------------------------------------------------------------------


def _list(found: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = found.get(key)
    if not isinstance(value, list):
        raise MetadataError(
            f"{where}: {key!r} is {'absent' if value is None else _short(value)}; "
            f"expected a list."
        )
    return value


def _optional(found: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = found.get(key)
    if value is None or type(value) is kind:
        return value
    # Writers in languages with one number type say 2.0 where 2 is meant.
    if kind is int and type(value) is float and value.is_integer():
        return int(value)
    expected = "an integer" if kind is int else "a string"
    raise MetadataError(f"{where} has {key} {_short(value)}; expected {expected}.")


def check_unique(values: Iterable[Any], what: str, where: str) -> None:
    """Raise `MetadataError` where a value is given twice."""
    seen: set[Any] = set()
    values = list(values)
    if len(set(values)) == len(values):
        return
    for value in values:
        if value in seen:
            raise MetadataError(f"{where} gives the {what} {value!r} twice.")
        seen.add(value)


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
