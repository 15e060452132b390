"""What the tables inside a plate say of its wells and fields."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import HCSError, InvalidPathError, NotFoundError
from hcs.plates.well_names import WellNames
from hcs.stores.store import PlateStore
from hcs.tables.results import ResultTable, result_table
from hcs.tables.stored import OURS, StoredTables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hcs.metadata import Plate
    from hcs.plates.field import Field
    from hcs.plates.plate import HCSPlate
    from hcs.tables.results import Cell
    from hcs.tables.stored import StoredTable

FEATURES, CONDITIONS, REGIONS = "feature_table", "condition_table", "roi_table"

_PLACES = ("row", "column", "well", "path_in_well", "acquisition")
"""Columns of a condition table that say of which well and image a row is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region of interest, such as a field of view within a well's image."""

    name: str
    corner: tuple[float, float]
    """Of its first pixel in the image, along y and x, in micrometres."""

    size: tuple[float, float]
    """Along y and x, in micrometres."""

    stage: tuple[float, float] | None
    """Where the stage was, along y and x, in micrometres; None where unsaid."""


def plate_tables(plate: HCSPlate) -> StoredTables:
    """Return the tables of a plate, by name; each is read when it is asked for.

    Parameters
    ----------
    plate
        An open plate.

    Raises
    ------
    NotFoundError
        If the plate is not in a store yet.
    """
    store = plate.store
    if not isinstance(store, PlateStore):
        raise NotFoundError(f"{plate!r} is in no store, so it has no tables.")
    return StoredTables(store, "", plate.version or "")


def field_tables(field: Field) -> StoredTables:
    """Return the tables of a field's live image, by name.

    Parameters
    ----------
    field
        A field of an open plate.
    """
    well = field.owner
    path = f"{well.path}/{field.path}"
    return StoredTables(well.store, path, well.format_version)


def stored_conditions(
    store: PlateStore, plate: Plate, version: str
) -> dict[str, dict[str, Cell]]:
    """Return what condition tables of a plate say, by path of the well.

    Where rows of one well differ, such as those of several acquisitions, their values
    stand after each other. A table that cannot be read is passed over.
    """
    conditions: dict[str, dict[str, Cell]] = {}
    names = WellNames(plate)
    tables = StoredTables(store, "", version)
    for name in tables:
        if tables.kind(name) != CONDITIONS:
            continue
        try:
            table = tables[name]
        except HCSError:
            continue
        if table.attributes.get(OURS) is not True:
            _add_conditions(conditions, table, names)
    return conditions


def _add_conditions(
    conditions: dict[str, dict[str, Cell]], table: StoredTable, names: WellNames
) -> None:
    columns = [c for c in table.columns if c not in (*_PLACES, table.index)]
    for row in table.rows():
        well = _well(row, table.index, names)
        if well is None:
            continue
        own = conditions.setdefault(well, {})
        for column in columns:
            value, before = row[column], own.get(column)
            if before is None or value is None or value == before:
                own[column] = before if value is None else value
            elif str(value) not in str(before).split("; "):
                own[column] = f"{before}; {value}"


def _well(row: Mapping[str, Cell], index: str, names: WellNames) -> str | None:
    """Return the path of the well that a row is of, None where it names none."""
    if "row" in row and "column" in row:
        column = row["column"]
        number = int(column) if isinstance(column, float) else column
        name = f"{row['row']}/{number}"
    else:
        name = str(row.get("well", row.get(index, "")))
    try:
        well = names.find(name)
    except InvalidPathError:
        return None
    return None if well is None else well.path


def feature_tables(plate: HCSPlate) -> tuple[str, ...]:
    """Return the names of the tables of features that the first fields have.

    Parameters
    ----------
    plate
        An open plate.
    """
    for field in plate.fields(errors=[]):
        tables = field_tables(field)
        if len(tables):
            return tuple(name for name in tables if tables.kind(name) == FEATURES)
    return ()


def field_features(plate: HCSPlate, name: str) -> ResultTable:
    """Return a table of features of all fields, a row a field.

    Its columns are ``<table>_count``, the number of objects, and
    ``<table>_<feature>``, the median over them.

    Parameters
    ----------
    plate
        The plate.
    name
        Of the table, as `field_tables` has it. Fields without it are left out.
    """
    return result_table(_feature_rows(plate, name))


def _feature_rows(plate: HCSPlate, name: str) -> Iterator[dict[str, Cell]]:
    for field in plate.fields(errors=[]):
        try:
            table = field_tables(field)[name]
        except HCSError:
            continue
        row: dict[str, Cell] = {
            "Metadata_Well": plate.label(field.well),
            "Metadata_Site": field.label,
            f"{name}_count": len(table),
        }
        for column, cells in table.columns.items():
            numbers = [cell for cell in cells if isinstance(cell, int | float)]
            if column != table.index and numbers:
                row[f"{name}_{column}"] = statistics.median(numbers)
        yield row


def field_regions(field: Field, name: str = "FOV_ROI_table") -> tuple[Region, ...]:
    """Return the regions of interest of a field's image.

    Parameters
    ----------
    field
        As its well lists it.
    name
        Of the table; by default that of the fields of view, which Fractal's tools put
        together into one image a well.

    Raises
    ------
    NotFoundError
        If it has no such table.
    HCSError
        If the table cannot be read.
    """
    table = field_tables(field)[name]
    return tuple(
        region for row in table.rows() if (region := _region(row, table.index))
    )


def _region(row: Mapping[str, Cell], index: str) -> Region | None:
    corner = _pair(row, "{}_micrometer")
    size = _pair(row, "len_{}_micrometer")
    if corner is None or size is None:
        return None
    return Region(
        name=str(row.get(index, "")),
        corner=corner,
        size=size,
        stage=_pair(row, "{}_micrometer_original"),
    )


def _pair(row: Mapping[str, Cell], form: str) -> tuple[float, float] | None:
    y, x = (row.get(form.format(axis)) for axis in "yx")
    known = isinstance(y, int | float) and isinstance(x, int | float)
    return (float(y), float(x)) if known else None  # type: ignore[arg-type]


def stage_position(field: Field) -> dict[str, float] | None:
    """Return where a field lies by its table of fields of view, None if unsaid.

    Only where the image is one field of view: of a well that was put together, none of
    its parts' places is the image's.

    Parameters
    ----------
    field
        A field of an open plate.
    """
    try:
        regions = field_regions(field)
    except HCSError:
        return None
    if len(regions) != 1:
        return None
    (region,) = regions
    place = region.corner if region.stage is None else region.stage
    return dict(zip("yx", place, strict=True))
