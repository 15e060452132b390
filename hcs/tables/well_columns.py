"""Where a table names the wells that its rows are about.

Any table with a column of wells can be joined to a plate: a plate map, or measurements
by another program. Headers are tried first; a column without a telling header counts
where most of its cells are wells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError
from hcs.layout import parse_well
from hcs.tables.table import Table, normalised, unique_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WELL_NAMES = frozenset(
    {
        "assaywell",
        "coordinate",
        "destinationwell",
        "destwell",
        "pos",
        "position",
        "well",
        "wellcoordinate",
        "wellid",
        "welllabel",
        "wellname",
        "wellnumber",
        "wellpos",
        "wellposition",
        "wells",
    }
)
_ROW_NAMES = frozenset({"row", "rowid", "rowname", "rownumber", "wellrow"})
_COLUMN_NAMES = frozenset(
    {
        "col",
        "colname",
        "column",
        "columnid",
        "columnname",
        "columnnumber",
        "wellcol",
        "wellcolumn",
    }
)
_PLATE_NAMES = frozenset(
    {
        "assayplate",
        "assayplatebarcode",
        "barcode",
        "plate",
        "platebarcode",
        "plateid",
        "platename",
    }
)
_HEADER_ROWS = 20
"""Rows searched for the header; exports put a title and a date above it."""

_SHARE = 0.5
"""Share of a column's cells that must be wells for the column to name the wells."""


@dataclass(frozen=True, slots=True)
class WellColumns:
    """Where a table with one row a well, or several, names the wells."""

    header: int
    """Index of the header among the table's rows; -1 where there is none."""

    used: tuple[int, ...]
    """The column of well names, or those of rows and of columns."""

    plate: int | None = None
    """The column of plates or barcodes, where there is one."""

    def headers(self, table: Table) -> tuple[str, ...]:
        """Return a unique name for every column of `table`."""
        width = max(map(len, table.rows))
        cells = table.rows[self.header] if self.header >= 0 else ()
        padded = (*cells, *[""] * (width - len(cells)))
        while padded and not padded[-1] and not _used(table, len(padded) - 1):
            padded = padded[:-1]
        return unique_names(padded)

    def well(self, row: Sequence[str]) -> str:
        """Return the name of a row's well as text, ``""`` where it has none."""
        cells = [row[index] if index < len(row) else "" for index in self.used]
        if len(cells) == 1 or not all(cells):
            return "".join(cells)
        letters, number = cells
        if letters.isascii() and letters.isdigit():
            return f"r{letters}c{number}"
        return f"{letters}{number}"


def _used(table: Table, column: int) -> bool:
    return any(len(row) > column and row[column] for row in table.rows)


def find_wells(table: Table, *, numbers: bool = False) -> WellColumns | None:
    """Return where `table` names wells, or None where nothing does.

    Parameters
    ----------
    table
        A table with its header, if it has one, among its first rows.
    numbers
        Whether a column with a telling header may hold numbers counted row by row.
    """
    for header, row in enumerate(table.rows[:_HEADER_ROWS]):
        names = [normalised(cell) for cell in row]
        plate = next((i for i, name in enumerate(names) if name in _PLATE_NAMES), None)
        for used in _named(names):
            found = WellColumns(header, used, plate)
            if _share_of_wells(found, table, numbers=numbers) >= _SHARE:
                return found
    for index in range(max(map(len, table.rows))):
        header = -1 if _is_well(_cell(table.rows[0], index)) else 0
        found = WellColumns(header, (index,))
        if _share_of_wells(found, table, numbers=False) >= _SHARE:
            return found
    return None


def _cell(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _named(names: Sequence[str]) -> Iterator[tuple[int, ...]]:
    yield from ((i,) for i, name in enumerate(names) if name in _WELL_NAMES)
    rows = [i for i, name in enumerate(names) if name in _ROW_NAMES]
    columns = [i for i, name in enumerate(names) if name in _COLUMN_NAMES]
    yield from ((row, column) for row in rows for column in columns)


def _share_of_wells(columns: WellColumns, table: Table, *, numbers: bool) -> float:
    rows = table.rows[columns.header + 1 :]
    texts = [text for text in map(columns.well, rows) if text]
    named = sum(_is_well(text, numbers=numbers) for text in texts)
    return named / len(texts) if texts else 0.0


def _is_well(text: str, *, numbers: bool = False) -> bool:
    if text.isascii() and text.isdigit():
        return numbers
    try:
        parse_well(text)
    except InvalidPathError:
        return False
    return True
