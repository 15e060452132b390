"""The cells of a plate map, gathered by well from either of its two shapes.

One row a well, or grids in the shape of the plate. What cannot be used is listed with
its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from hcs.deadline import go_on
from hcs.errors import InvalidPathError, SourceError
from hcs.layout import MAX_SIDE, parse_well, row_letters, well_label
from hcs.tables.table import check_names, unique_names
from hcs.tables.well_columns import cell_at, find_wells, no_wells, well_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hcs.layout import PlateFormat, Position
    from hcs.tables.table import Table
    from hcs.tables.well_columns import WellColumns

MAX_MAP_COLUMNS: Final = 500
"""Conditions that a plate may have: more cannot be chosen from a list."""

_MOST_PROBLEMS = 1000
"""Problems that are listed one by one."""


@dataclass(frozen=True, slots=True)
class MapProblem:
    """Something in a map that was not used, or not as it stands."""

    kind: str
    """``"not-a-well"``, ``"outside"``, ``"duplicate"``, ``"conflict"``, ``"encoding"``,
    ``"counted"`` (wells are given by number alone), ``"disagree"`` (two columns name
    different wells), ``"joined"`` (what was made of the file), ``"numbers"`` (a column
    begins decimals with commas and points), or ``"more"`` (how many others there
    are)."""

    message: str
    """A sentence for people."""

    line: int | None = None
    """Line of the file, counted from 1."""


class MapEntries:
    """Collects the cells of wells and what is wrong with them."""

    def __init__(self, name: str, grid: PlateFormat | None) -> None:
        self.name, self.grid = name, grid
        self.headers: dict[str, None] = {}
        self.cells: dict[Position, dict[str, str]] = {}
        self.first_line: dict[Position, int] = {}
        self.problems: list[MapProblem] = []
        self.unlisted = 0

    def report(self, kind: str, message: str, line: int | None = None) -> None:
        """List a problem, or count it where very many are listed."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(MapProblem(kind, message, line))
        else:
            self.unlisted += 1

    def add_title(self, title: str) -> None:
        """Take a further column.

        Raises
        ------
        SourceError
            If a plate map has no so many, or no so long a name.
        """
        self.headers[title] = None
        check_names(self.name, [title])
        if len(self.headers) > MAX_MAP_COLUMNS:
            raise SourceError(
                f"{self.name} has more than {MAX_MAP_COLUMNS} columns besides its "
                f"wells, too many for a plate map; leave out those that are not needed."
            )

    def position(
        self, well: Callable[[PlateFormat | None], Position], line: int
    ) -> Position | None:
        """Return the well that a line names, or report why there is none."""
        go_on()
        try:
            return well(self.grid)
        except InvalidPathError as error:
            kind = "outside"
            try:
                well(None)
            except InvalidPathError:
                kind = "not-a-well"
            self.report(kind, f"Line {line} of {self.name}: {error}", line)
        return None

    def add_row(self, position: Position, cells: dict[str, str], line: int) -> None:
        """Take what a line says of a well, or report that it was said before."""
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

    def add_texts(self, title: str, texts: Mapping[Position, str]) -> None:
        """Take a column of texts by well."""
        self.add_title(title)
        for position, text in sorted(texts.items()):
            well = f"{self.name}, {title!r}: well {_label(position)}"
            if not self._holds(position):
                self.report("outside", f"{well} is not on the plate.")
                continue
            present = self.cells.setdefault(position, {}).setdefault(title, text)
            if present != text:
                self.report(
                    "conflict",
                    f"{well} is both {present!r} and {text!r}; the first is used.",
                )

    def _holds(self, position: Position) -> bool:
        row, column = position
        if self.grid is not None:
            return self.grid.holds(position)
        return 0 <= row < MAX_SIDE and 0 <= column < MAX_SIDE

    def add_layer(self, title: str, table: Table, first: int, last: int) -> None:
        """Take a grid in the shape of the plate as a column."""
        title = title or "value"
        if title in self.headers:
            title = unique_names((*self.headers, title))[-1]
        self.add_title(title)
        for row, line in zip(
            table.rows[first:last], table.lines[first:last], strict=True
        ):
            for column, cell in enumerate(row[1:]):
                if not cell:
                    continue
                well = partial(parse_well, f"{row[0]}{column + 1}")
                if (position := self.position(well, line)) is not None:
                    self.cells.setdefault(position, {})[title] = cell


def _label(position: Position) -> str:
    row, column = position
    if 0 <= row < MAX_SIDE and 0 <= column < MAX_SIDE:
        return well_label(row, column)
    return f"in row {row + 1}, column {column + 1}"


def read_rows(table: Table, plate: str | None, entries: MapEntries) -> None:
    """Take the rows of a plate from a map with one row a well.

    Raises
    ------
    SourceError
        If no column names wells, or several plates are there and `plate` is none of
        them.
    """
    columns = find_wells(table, numbers=entries.grid is not None)
    if columns is None:
        raise SourceError(
            f"{no_wells(table)}, or lay the map out as the plate is."
            if well_header(table) is None
            else no_wells(table)
        )
    headers = columns.headers(table)
    value_columns = [
        index for index in range(len(headers)) if index not in columns.used
    ]
    for index in value_columns:
        entries.add_title(headers[index])
    for kind, message, line in columns.remarks(table, entries.grid):
        entries.report(kind, message, line)
    chosen_plate = _plate_rows(table, columns, plate)
    start = columns.header + 1
    for row, line in zip(table.rows[start:], table.lines[start:], strict=True):
        if chosen_plate is not None and columns.barcode(row) != chosen_plate:
            continue
        position = entries.position(partial(columns.position, row), line)
        if position is not None:
            cells = {headers[index]: cell_at(row, index) for index in value_columns}
            entries.add_row(position, cells, line)


def _plate_rows(table: Table, columns: WellColumns, plate: str | None) -> str | None:
    """Return the plate whose rows are meant, or None where all rows are."""
    if columns.plate is None:
        return None
    plates = dict.fromkeys(map(columns.barcode, table.rows[columns.header + 1 :]))
    if len(plates) == 1:
        return None
    if plate is not None and plate in plates:
        return plate
    shown = ", ".join(map(repr, list(plates)[:8]))
    raise SourceError(
        f"The plate map {table.name} is of {len(plates)} plates ({shown}), "
        f"and {'none was chosen' if plate is None else f'{plate!r} is none of them'}."
    )


def grids_of(table: Table) -> list[tuple[str, int, int]]:
    """Return the grids of a plate-shaped map: title, first row, row after the last."""
    layers: list[tuple[str, int, int]] = []
    index, title = 0, ""
    while index < len(table.rows):
        go_on()
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
    return expected < MAX_SIDE and letters.upper() == row_letters(expected)
