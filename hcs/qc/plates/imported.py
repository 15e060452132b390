"""Measurements made by other programs, as metrics like our own.

Any table with a column that names wells will do: CellProfiler, Harmony, a spreadsheet.
Nothing is taken before a person saw the preview.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, SourceError
from hcs.tables.joining import Sources, measurements_table
from hcs.tables.numbers import NumberColumn, column_mark, decimal_mark, number_column
from hcs.tables.table import Table, normalised
from hcs.tables.well_columns import (
    FIELD_NAMES,
    WellColumns,
    cell_at,
    find_wells,
    no_wells,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hcs.layout import PlateFormat, Position

_SHOWN = 8
"""Problems of one kind that are listed one by one."""

_SHOWN_CELL = 20
"""Characters of a cell that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedColumn:
    """One column of numbers."""

    name: str
    values: int
    """Rows that have a number."""

    low: float
    high: float
    not_numbers: int = 0
    """Cells that hold something else, such as ``<0.1`` or ``OVRFLW``: missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTable:
    """What a table of measurements holds, before it is taken."""

    name: str
    columns: tuple[ImportedColumn, ...]
    """What would become metrics."""

    field_column: str | None
    """The column that tells the fields of a well apart."""

    rows: Mapping[tuple[Position, str | None], Mapping[str, float]]
    """Numbers by column, for each well (and field as the table names it)."""

    left_out: tuple[str, ...]
    """Columns that hold text, or name the well."""

    problems: tuple[str, ...]
    """Rows that cannot be used, and why."""


def read_measurements(
    source: Sources,
    *,
    name: str | None = None,
    part: str | None = None,
    format: PlateFormat | None = None,
    plate: str | None = None,
) -> ImportedTable:
    """Read measurements by well: CSV, TSV, Parquet, a workbook, or an SQLite file.

    Rows of objects become their number and the median of each column by field; tables
    of objects that name images are joined to that of images by ``ImageNumber``.

    Parameters
    ----------
    source
        A path, or the bytes themselves; or several of one run.
    name
        Name to use in messages; the file's own where not given.
    part
        Name of the sheet, or of the database's table, that names wells; the first that
        does where None.
    format
        The plate, so that wells outside of it are reported.
    plate
        Only rows of this plate or barcode, where the table has such a column.

    Raises
    ------
    SourceError
        If it is no table, no column names wells, or none holds numbers.
    MissingExtraError
        If it needs a package that is not installed.
    """
    table = measurements_table(source, name=name, part=part)
    wells = find_wells(table, numbers=format is not None)
    if wells is None:
        raise SourceError(f"{no_wells(table).removesuffix('.')}.")
    headers = wells.headers(table)
    body = table.rows[wells.header + 1 :]
    lines = table.lines[wells.header + 1 :]
    reader = _RowCollector(table, wells, headers, format, plate)
    for row, line in zip(body, lines, strict=True):
        reader.add(row, line)
    return reader.finish()


class _Occurrences:
    """Where in a table something was met: how often, and the first few places."""

    def __init__(self) -> None:
        self.count, self.first = 0, list[str]()

    def add(self, place: str) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(place)

    def __str__(self) -> str:
        rest = self.count - len(self.first)
        return ", ".join(self.first) + (f" and {rest:,} more" if rest else "")


class _RowCollector:
    """Collects the rows of one table."""

    def __init__(
        self,
        table: Table,
        wells: WellColumns,
        headers: Sequence[str],
        format: PlateFormat | None,
        plate: str | None,
    ) -> None:
        self.name, self.wells, self.headers = table.name, wells, headers
        self.format, self.plate = format, plate
        self.field = next(
            (i for i, h in enumerate(headers) if normalised(h) in FIELD_NAMES), None
        )
        self.problems: dict[str, _Occurrences] = defaultdict(_Occurrences)
        self.remarks = [
            *table.notes,
            *(text for _, text, _ in wells.remarks(table, format)),
        ]
        self.numbers = self._numbers(table)
        self.rows: dict[tuple[Position, str | None], dict[str, float]] = {}
        self.strange: dict[str, _Occurrences] = defaultdict(_Occurrences)
        self.index = -1

    def add(self, row: Sequence[str], line: int) -> None:
        """Take one row, or note why it cannot be used."""
        self.index += 1
        barcode = None if self.wells.plate is None else cell_at(row, self.wells.plate)
        if self.plate is not None and barcode not in (None, self.plate):
            return
        place = f"line {line} ({self.wells.well(row)[:_SHOWN_CELL]!r})"
        try:
            well = self.wells.position(row, self.format)
        except InvalidPathError:
            self.problems["no well of this plate"].add(place)
            return
        field = None if self.field is None else cell_at(row, self.field)
        if (well, field) in self.rows:
            self.problems["the same well and field again"].add(place)
            return
        values = self.rows[well, field] = {}
        for header, column in self.numbers.items():
            value = column.values[self.index]
            if value is not None:
                values[header] = float(value)
            elif self.index in column.strange:
                cell = cell_at(row, self.places[header])
                self.strange[header].add(f"{cell[:_SHOWN_CELL]!r} in line {line}")

    def _numbers(self, table: Table) -> dict[str, NumberColumn]:
        """Return the columns whose values are numbers, without the one of fields."""
        used = (*self.wells.used, self.wells.plate, self.field)
        self.places = {h: i for i, h in enumerate(self.headers) if i not in used}
        body = table.rows[self.wells.header + 1 :]
        cells = (cell_at(row, i) for row in body for i in self.places.values())
        mark = decimal_mark(cells, table.delimiter)
        columns = {}
        for header, index in self.places.items():
            texts = [cell_at(row, index) for row in body]
            own = column_mark(texts, table.delimiter, mark)
            if own == "both":
                self.problems["decimals after commas and after points"].add(header)
            elif (column := number_column(texts, own)) is not None:
                columns[header] = column
        return columns

    def finish(self) -> ImportedTable:
        """Return what was found."""
        columns = []
        for header in self.numbers:
            values = [row[header] for row in self.rows.values() if header in row]
            if values:
                columns.append(
                    ImportedColumn(
                        name=header,
                        values=len(values),
                        low=min(values),
                        high=max(values),
                        not_numbers=self.strange[header].count,
                    )
                )
        if not columns:
            raise SourceError(
                f"{self.name} has no column of numbers besides its wells."
            )
        taken = {column.name for column in columns}
        return ImportedTable(
            name=self.name,
            columns=tuple(columns),
            field_column=None if self.field is None else self.headers[self.field],
            rows=self.rows,
            left_out=tuple(h for h in self.headers if h not in taken),
            problems=(
                *self.remarks,
                *(f"{why}: {places}" for why, places in self.problems.items()),
                *self._not_numbers(),
            ),
        )

    def _not_numbers(self) -> Iterator[str]:
        """Yield which cells are missing because they are no numbers."""
        columns = [each for each in self.strange.items() if each[1].count]
        for header, cells in columns[:_SHOWN]:
            count = f"{cells.count:,} cells are" if cells.count > 1 else "1 cell is"
            yield f"{header}: {count} no number and taken as missing: {cells}"
        if len(columns) > _SHOWN:
            rest = len(columns) - _SHOWN
            yield f"{rest:,} more columns have cells that are taken as missing"
