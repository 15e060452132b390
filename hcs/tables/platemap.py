"""Plate maps: tables that say what is in each well.

A map is read from a CSV or TSV, with one row a well or in the shape of the plate, in
whatever encoding and with whatever delimiter a spreadsheet left it, or is typed as
patterns of wells. What cannot be used is listed with its line, never dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hcs.errors import InvalidPathError, SourceError
from hcs.layout import (
    PlateFormat,
    Position,
    parse_well,
    plate_format,
    row_letters,
    select_wells,
    well_label,
)
from hcs.lines import physical_plate
from hcs.tables.table import Table, Value, read_table, typed_column, unique_names
from hcs.tables.well_columns import WellColumns, find_wells

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

Format = PlateFormat | int | str


@dataclass(frozen=True, slots=True)
class MapProblem:
    """Something in a map that was not used, or not as it stands."""

    kind: str
    """``"not-a-well"``, ``"outside"``, ``"duplicate"``, ``"conflict"``, ``"encoding"``
    or ``"layer"``."""

    message: str
    """A sentence for people."""

    line: int | None = None
    """Line of the file, counted from 1."""


@dataclass(frozen=True, slots=True)
class PlateMap:
    """What each well holds: named columns of values by well."""

    columns: tuple[str, ...]
    """Names of the columns, unique, as the file spells them."""

    wells: Mapping[Position, tuple[Value, ...]]
    """One value a column for each zero-based ``(row, column)``, in row-major order."""

    problems: tuple[MapProblem, ...] = ()
    name: str = ""
    """Name of the file."""

    shape: str = "long"
    """``"long"`` (a row a well), ``"plate"`` (a grid a column) or ``"typed"``."""

    encoding: str = "utf-8"
    delimiter: str = ","

    def column(self, name: str) -> dict[Position, Value]:
        """Return one column by well.

        Raises
        ------
        SourceError
            If the map has no such column.
        """
        if name not in self.columns:
            raise SourceError(
                f"The plate map {self.name} has no column {name!r}; "
                f"it has {', '.join(map(repr, self.columns))}."
            )
        index = self.columns.index(name)
        return {well: values[index] for well, values in self.wells.items()}

    def missing_from(self, wells: Collection[Position]) -> tuple[Position, ...]:
        """Return the wells that the map lists and `wells` does not hold."""
        return tuple(sorted(set(self.wells) - set(wells)))

    def not_listing(self, wells: Collection[Position]) -> tuple[Position, ...]:
        """Return those of `wells` that the map does not list."""
        return tuple(sorted(set(wells) - set(self.wells)))

    def conditions(self, rows: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
        """Return the map as the plate document keeps it.

        Parameters
        ----------
        rows, columns
            The plate's own names of its rows and columns, in any order; wells that
            it does not have are left out.

        Returns
        -------
            ``{"columns": [name, ...], "wells": {"A/1": [value, ...]}}``
        """
        physical = physical_plate(rows, columns)
        row_names = dict(zip(physical.rows, rows, strict=True))
        column_names = dict(zip(physical.columns, columns, strict=True))
        return {
            "columns": list(self.columns),
            "wells": {
                f"{row_names[row]}/{column_names[column]}": list(values)
                for (row, column), values in self.wells.items()
                if row in row_names and column in column_names
            },
        }


def read_plate_map(
    source: Path | str | bytes,
    *,
    format: Format | None = None,
    plate: str | None = None,
    name: str | None = None,
) -> PlateMap:
    """Return the plate map of a CSV or TSV.

    Parameters
    ----------
    source
        A path, or the bytes of the file. Either one row a well, with a column of well
        names or columns of rows and columns, or grids in the shape of the plate, one
        below the other, each with its title in the corner or above.
    format
        The plate; wells outside of it are listed as problems. Needed where wells are
        given by number.
    plate
        Which plate's rows to take where the map has a column of plates (or barcodes).
    name
        Name to use in messages.

    Raises
    ------
    SourceError
        If the file cannot be read, names no wells, or is a map of several plates and
        `plate` is none of them.
    """
    table = read_table(source, name=name)
    grid = None if format is None else plate_format(format)
    entries = _Entries(table.name, grid)
    layers = _layers(table)
    if layers:
        for title, first, last in layers:
            entries.add_layer(title, table, first, last)
    else:
        _read_long(table, plate, entries)
    if table.assumed:
        entries.report(
            "encoding",
            f"{table.name} is not UTF-8; its letters were read as {table.encoding}.",
        )
    if not entries.cells:
        raise SourceError(
            f"The plate map {table.name} names no well"
            + (f" of a {grid}." if grid else ".")
        )
    return entries.plate_map("plate" if layers else "long", table)


def map_plates(
    source: Path | str | bytes, *, name: str | None = None
) -> tuple[str, ...]:
    """Return the plates or barcodes that a map speaks of; none where it names none.

    Parameters
    ----------
    source
        A path, or the bytes of the file.
    name
        Name to use in messages.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    table = read_table(source, name=name)
    found = find_wells(table)
    if found is None or found.plate is None:
        return ()
    rows = table.rows[found.header + 1 :]
    return tuple(dict.fromkeys(filter(None, (_cell(row, found.plate) for row in rows))))


def typed_roles(patterns: Mapping[str, str], format: Format) -> PlateMap:
    """Return a map with one column ``role`` from typed patterns of wells.

    Parameters
    ----------
    patterns
        A pattern (see `hcs.layout.select_wells`) for each role, for example
        ``{"positive": "A-D:12, E-H:1", "negative": "col:2"}``.
    format
        The plate.

    Raises
    ------
    InvalidPathError
        If a pattern cannot be read or leaves the plate.
    SourceError
        If a well would have two roles.
    """
    grid = plate_format(format)
    roles: dict[Position, tuple[Value, ...]] = {}
    for role, pattern in patterns.items():
        for well in select_wells(pattern, grid):
            if roles.setdefault(well, (role,)) != (role,):
                raise SourceError(
                    f"Well {grid.label(well)} cannot be both {roles[well][0]!r} and "
                    f"{role!r}; change one of the patterns."
                )
    return PlateMap(
        columns=("role",),
        wells=MappingProxyType(dict(sorted(roles.items()))),
        shape="typed",
    )


class _Entries:
    """Collects the cells of wells and what is wrong with them."""

    def __init__(self, name: str, grid: PlateFormat | None) -> None:
        self.name, self.grid = name, grid
        self.headers: tuple[str, ...] = ()
        self.cells: dict[Position, dict[str, str]] = {}
        self.first_line: dict[Position, int] = {}
        self.problems: list[MapProblem] = []

    def report(self, kind: str, message: str, line: int | None = None) -> None:
        self.problems.append(MapProblem(kind, message, line))

    def position(self, text: str, line: int) -> Position | None:
        """Return the well that `text` names, or report why there is none."""
        try:
            position = parse_well(text, self.grid)
        except InvalidPathError as error:
            try:
                parse_well(text)
            except InvalidPathError:
                kind = "not-a-well"
            else:
                kind = "outside"
            self.report(kind, f"Line {line} of {self.name}: {error}", line)
            return None
        return position

    def add_row(self, position: Position, cells: dict[str, str], line: int) -> None:
        present = self.cells.get(position)
        if present is None:
            self.cells[position] = cells
            self.first_line[position] = line
            return
        well = well_label(*position, self.grid.columns if self.grid else None)
        where = f"{self.name} lists well {well} on lines {self.first_line[position]}"
        if present == cells:
            self.report("duplicate", f"{where} and {line}, with equal values.", line)
        else:
            self.report(
                "conflict",
                f"{where} and {line}, with different values; the first is used.",
                line,
            )

    def add_layer(self, title: str, table: Table, first: int, last: int) -> None:
        title = title or "value"
        if title in self.headers:
            title = unique_names((*self.headers, title))[-1]
        self.headers = (*self.headers, title)
        for row, line in zip(
            table.rows[first:last], table.lines[first:last], strict=True
        ):
            for column, cell in enumerate(row[1:]):
                if not cell:
                    continue
                text = f"{row[0]}{column + 1}"
                if (position := self.position(text, line)) is not None:
                    self.cells.setdefault(position, {})[title] = cell

    def plate_map(self, shape: str, table: Table) -> PlateMap:
        order = sorted(self.cells)
        columns = [
            typed_column(
                [self.cells[well].get(header, "") for well in order], table.delimiter
            )
            for header in self.headers
        ]
        values = zip(*columns, strict=True) if columns else (() for _ in order)
        return PlateMap(
            columns=self.headers,
            wells=MappingProxyType(dict(zip(order, values, strict=True))),
            problems=tuple(self.problems),
            name=table.name,
            shape=shape,
            encoding=table.encoding,
            delimiter=table.delimiter,
        )


# One row a well


def _read_long(table: Table, plate: str | None, entries: _Entries) -> None:
    columns = find_wells(table, numbers=entries.grid is not None)
    if columns is None:
        raise SourceError(
            f"No column of the plate map {table.name} names wells; its first row is "
            f"{list(table.rows[0])!r}. Name a column 'well' (A01, A02, ...), or two "
            f"columns 'row' and 'column', or lay the map out as the plate is."
        )
    headers = columns.headers(table)
    kept = [index for index in range(len(headers)) if index not in columns.used]
    entries.headers = tuple(headers[index] for index in kept)
    wanted = _plate_rows(table, columns, plate)
    start = columns.header + 1
    for row, line in zip(table.rows[start:], table.lines[start:], strict=True):
        if wanted is not None and _cell(row, columns.plate) != wanted:
            continue
        position = entries.position(columns.well(row), line)
        if position is not None:
            cells = {headers[index]: _cell(row, index) for index in kept}
            entries.add_row(position, cells, line)


def _cell(row: Sequence[str], index: int | None) -> str:
    return row[index] if index is not None and index < len(row) else ""


def _plate_rows(table: Table, columns: WellColumns, plate: str | None) -> str | None:
    """Return the plate whose rows are meant, or None where all rows are."""
    if columns.plate is None:
        return None
    rows = table.rows[columns.header + 1 :]
    plates = dict.fromkeys(_cell(row, columns.plate) for row in rows)
    if len(plates) == 1:
        return None
    if plate is not None and plate in plates:
        return plate
    shown = ", ".join(map(repr, list(plates)[:8]))
    raise SourceError(
        f"The plate map {table.name} is of {len(plates)} plates ({shown}), "
        f"and {'none was chosen' if plate is None else f'{plate!r} is none of them'}."
    )


# In the shape of the plate


def _layers(table: Table) -> list[tuple[str, int, int]]:
    """Return the grids of a plate-shaped map: title, first row, row after the last."""
    layers: list[tuple[str, int, int]] = []
    index, title = 0, ""
    while index < len(table.rows):
        last = _end_of_grid(table, index)
        if last is None:
            title = table.rows[index][0]
            index += 1
            continue
        corner = table.rows[index][0]
        layers.append((corner or title, index + 1, last))
        index, title = last, ""
    return layers


def _end_of_grid(table: Table, index: int) -> int | None:
    """Return the row after the grid whose header is row `index`, if it is one."""
    header = list(table.rows[index][1:])
    while header and not header[-1]:
        header.pop()
    numbers = [re.sub(r"^0+", "", cell) for cell in header]
    if len(numbers) < 2 or numbers != [str(i + 1) for i in range(len(numbers))]:
        return None
    last = index + 1
    while last < len(table.rows) and _is_row(table.rows[last][0], last - index - 1):
        last += 1
    return last if last > index + 1 else None


def _is_row(letters: str, expected: int) -> bool:
    return letters.upper() == row_letters(expected)
