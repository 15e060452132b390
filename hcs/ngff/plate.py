"""Plate documents <-> `Plate`, for each version that is read and written here."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hcs.errors import InvalidPathError, MetadataError
from hcs.metadata import Plate, PlateAcquisition, PlateColumn, PlateRow, PlateWell
from hcs.ngff.entries import (
    check_unique,
    merged_entries,
    optional_value,
    required_list,
    type_name,
    with_unknown_keys,
)
from hcs.ngff.envelope import envelope, stated_version, with_block
from hcs.ngff.names import check_well_path, is_safe_name
from hcs.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ACQUISITION_KEYS = {
    "name": str,
    "maximumfieldcount": int,
    "description": str,
    "starttime": int,
    "endtime": int,
}

_PATH_OF = itemgetter("path")

_GRID_LIMIT = 1 << 13
"""Most wells of a grid whose places are kept, four grids at a time; the largest plates
have 3456, and a document may claim rows and columns by the hundred thousand."""


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
    plate = envelope(attributes).get("plate")
    if not isinstance(plate, dict):
        kind = "no plate" if plate is None else f"a plate of type {type_name(plate)}"
        raise MetadataError(
            f"{where} is not a plate: it has {kind}; "
            f"expected an object with columns, rows and wells."
        )
    version = stated_version(attributes, where)
    rows = _read_names(plate, "rows", where)
    columns = _read_names(plate, "columns", where)
    return Plate(
        columns=[PlateColumn(name) for name in columns],
        rows=[PlateRow(name) for name in rows],
        wells=_read_wells(required_list(plate, "wells", where), rows, columns, where),
        version=version,
        acquisitions=_read_acquisitions(plate, where),
        field_count=optional_value(plate, "field_count", int, f"{where}: plate"),
        name=optional_value(plate, "name", str, f"{where}: plate"),
    )


def _read_names(plate: Mapping[str, Any], key: str, where: str) -> list[str]:
    names = []
    for position, entry in enumerate(required_list(plate, key, where)):
        name = entry.get("name") if isinstance(entry, dict) else entry
        if not isinstance(entry, dict) or not isinstance(name, str):
            raise MetadataError(
                f"{where}: {key}[{position}] is {excerpt(entry)}; expected an object "
                f"whose name is a string."
            )
        if not is_safe_name(name):
            raise InvalidPathError(
                f"{where}: {key}[{position}] is named {excerpt(name)}; expected "
                f"letters and digits, as the name becomes a folder."
            )
        names.append(name)
    check_unique(names, f"name in {key}", where)
    return names


def _read_wells(
    entries: list[Any], rows: Sequence[str], columns: Sequence[str], where: str
) -> list[PlateWell]:
    # One pass at less than the cost of the JSON parser. What it cannot vouch for goes
    # to the careful one, which finds the words.
    small = len(rows) * len(columns) <= _GRID_LIMIT
    places = _places(tuple(rows), tuple(columns)) if small else {}
    take = places.copy().pop  # each place once: what is listed twice raises KeyError
    # Not by __init__, which takes longer than all else that is done to a well here.
    wells = list(map(object.__new__, repeat(PlateWell, len(entries))))
    try:
        stated = map(take, map(_PATH_OF, entries))
        for well, entry, (path, row, column) in zip(
            wells, entries, stated, strict=False
        ):
            # Small integers are the same objects everywhere; True and 1.0 are others.
            if entry["rowIndex"] is not row or entry["columnIndex"] is not column:
                break
            well.path, well.rowIndex, well.columnIndex = path, row, column
        else:
            return wells
    except (KeyError, TypeError):
        pass
    careful = [
        _read_well(entry, rows, columns, f"{where}: wells[{position}]")
        for position, entry in enumerate(entries)
    ]
    check_unique([well.path for well in careful], "well path", where)
    return careful


@lru_cache(maxsize=4)
def _places(
    rows: tuple[str, ...], columns: tuple[str, ...]
) -> dict[str, tuple[str, int, int]]:
    """Return what a well of each path of a grid states: the path and its indices."""
    stated = (
        (f"{row}/{column}", row_index, column_index)
        for row_index, row in enumerate(rows)
        for column_index, column in enumerate(columns)
    )
    return {place[0]: place for place in stated}


def _read_well(
    entry: object, rows: Sequence[str], columns: Sequence[str], where: str
) -> PlateWell:
    if not isinstance(entry, dict):
        raise MetadataError(
            f"{where} is of type {type_name(entry)}, expected an object."
        )
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
                f"{where} has {key} {excerpt(index)}; expected an integer from 0 to "
                f"{count - 1}."
            )
    return PlateWell(path, *expected)


def _read_acquisitions(
    plate: Mapping[str, Any], where: str
) -> list[PlateAcquisition] | None:
    if plate.get("acquisitions") is None:
        return None
    acquisitions = []
    for position, entry in enumerate(required_list(plate, "acquisitions", where)):
        location = f"{where}: acquisitions[{position}]"
        if not isinstance(entry, dict):
            raise MetadataError(f"{location} is {excerpt(entry)}, expected an object.")
        identifier = entry.get("id")
        if type(identifier) is not int or identifier < 0:
            raise MetadataError(
                f"{location} has the id {excerpt(identifier)}; expected an "
                f"integer >= 0."
            )
        details = {
            key: optional_value(entry, key, kind, location)
            for key, kind in _ACQUISITION_KEYS.items()
        }
        acquisitions.append(PlateAcquisition(id=identifier, **details))
    check_unique((run.id for run in acquisitions), "acquisition id", where)
    return acquisitions


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
        "columns": merged_entries(old, "columns", plate.columns, "name"),
        "rows": merged_entries(old, "rows", plate.rows, "name"),
        "wells": merged_entries(old, "wells", plate.wells, "path"),
        "acquisitions": merged_entries(
            old, "acquisitions", plate.acquisitions or (), "id"
        )
        or None,
        "field_count": plate.field_count,
        "name": plate.name,
        # The prose of 0.5 wants it here too; 0.6 took it out.
        "version": None if version == "0.6" else version,
    }
    return with_block(attributes, version, {"plate": with_unknown_keys(old, new)})
