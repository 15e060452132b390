"""Measurements made by other programs, as metrics like our own.

Any table with a column that names wells will do: CellProfiler, Harmony, a spreadsheet.
Nothing is taken before a person saw the preview.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import InvalidPathError, MissingExtraError, SourceError
from hcs.layout import parse_well
from hcs.tables.table import Table, normalised, read_table, typed_column
from hcs.tables.well_columns import WellColumns, find_wells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.layout import PlateFormat, Position

_FIELD_COLUMNS = frozenset(
    {"field", "site", "fov", "fieldofview", "fieldindex", "fieldid", "imagesite",
     "metadatasite", "metadatafield", "metadatafov", "imagemetadatasite"}
)  # fmt: skip

_MOST_CELLS = 1 << 22
_MOST_BYTES = 64 << 20
"""Parquet may be a thousandth of what it unpacks to."""

_SHOWN = 8
"""Problems of one kind that are listed one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedColumn:
    """One column of numbers."""

    name: str
    values: int
    """Rows that have a number."""

    low: float
    high: float


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
    source: Path | str | bytes,
    *,
    name: str | None = None,
    format: PlateFormat | None = None,
    plate: str | None = None,
) -> ImportedTable:
    """Read a CSV, TSV or Parquet file of measurements by well.

    Parameters
    ----------
    source
        A path, or the bytes themselves.
    name
        Name to use in messages; the file's own where not given.
    format
        The plate, so that wells outside of it are reported.
    plate
        Only rows of this plate or barcode, where the table has such a column.

    Raises
    ------
    SourceError
        If it is no table, no column names wells, or none holds numbers.
    MissingExtraError
        If it is Parquet, and pyarrow is not installed.
    """
    table = _read(source, name)
    found = find_wells(table, numbers=format is not None)
    if found is None:
        raise SourceError(
            f"No column of {table.name} names wells; its first row is "
            f"{list(table.rows[0])[:_SHOWN]!r}. Name a column 'well' (A01, A02, ...)."
        )
    headers = found.headers(table)
    body = table.rows[found.header + 1 :]
    lines = table.lines[found.header + 1 :]
    reader = _Reader(table, found, headers, format, plate)
    for row, line in zip(body, lines, strict=True):
        reader.add(row, line)
    return reader.finish()


def _read(source: Path | str | bytes, name: str | None) -> Table:
    """Return the cells of a delimited text or of a Parquet file."""
    if isinstance(source, bytes):
        start = source[:4]
    else:
        try:
            with Path(source).open("rb") as stream:
                start = stream.read(4)
        except OSError as error:
            raise SourceError(f"{source} cannot be read: {error}.") from error
    return (
        _read_parquet(source, name)
        if start == b"PAR1"
        else read_table(source, name=name)
    )


def _read_parquet(source: Path | str | bytes, name: str | None) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "Parquet files need pyarrow; install hcs-dashboard[parquet]."
        ) from error
    shown = name or (str(source) if not isinstance(source, bytes) else "table")
    try:
        data = pyarrow.BufferReader(source) if isinstance(source, bytes) else source
        with parquet.ParquetFile(data) as file:
            _refuse_large(shown, *_unpacked(file.metadata))
            # Texts that repeat stay where they are until it is known how long they are.
            texts = [
                one.name
                for one in file.schema_arrow
                if pyarrow.types.is_string(one.type)
                or pyarrow.types.is_binary(one.type)
            ]
        if isinstance(source, bytes):
            data = pyarrow.BufferReader(source)
        found = parquet.read_table(data, read_dictionary=texts)
        _refuse_large(shown, found.num_rows * found.num_columns, _text_bytes(found))
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{shown} cannot be read as Parquet: {error}.") from error
    columns = [[_cell_text(v) for v in column.to_pylist()] for column in found.columns]
    rows = (tuple(found.column_names), *zip(*columns, strict=True))
    return Table(
        rows=rows,
        lines=tuple(range(1, len(rows) + 1)),
        name=shown,
        encoding="parquet",
        assumed=False,
        delimiter=",",
    )


def _unpacked(metadata: Any) -> tuple[int, int]:
    """Return how many values a Parquet file says that it has, and their bytes."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    values = sum(
        group.column(at).num_values
        for group in groups
        for at in range(group.num_columns)
    )
    cells = max(values, metadata.num_rows * metadata.num_columns)
    return cells, sum(group.total_byte_size for group in groups)


def _text_bytes(table: Any) -> int:
    """Return the bytes of all texts, each counted as often as it stands there."""
    from pyarrow import compute, types

    total = 0
    for column in table.columns:
        for chunk in column.chunks if types.is_dictionary(column.type) else ():
            lengths = compute.binary_length(chunk.dictionary)
            total += compute.sum(lengths.take(chunk.indices)).as_py() or 0
    return total


def _refuse_large(name: str, cells: int, size: int) -> None:
    if cells > _MOST_CELLS or size > _MOST_BYTES:
        raise SourceError(
            f"{name} unpacks to {cells:,} cells and {size >> 20:,} MiB; a table of "
            f"measurements has up to {_MOST_CELLS:,} cells and {_MOST_BYTES >> 20} "
            f"MiB. Leave out columns that are not needed, or cut it by plate."
        )


def _cell_text(value: object) -> str:
    return "" if value is None else str(value)


class _Reader:
    """Collects the rows of one table."""

    def __init__(
        self,
        table: Table,
        found: WellColumns,
        headers: Sequence[str],
        format: PlateFormat | None,
        plate: str | None,
    ) -> None:
        self.name, self.found, self.headers = table.name, found, headers
        self.format, self.plate = format, plate
        body = table.rows[found.header + 1 :]
        self.columns = {
            header: typed_column([_at(row, i) for row in body], table.delimiter)
            for i, header in enumerate(headers)
            if i not in found.used and i != found.plate
        }
        self.field = next(
            (i for i, h in enumerate(headers) if normalised(h) in _FIELD_COLUMNS), None
        )
        # Once: a column of text is looked through to its end.
        self.numbers = self._numbers()
        self.rows: dict[tuple[Position, str | None], dict[str, float]] = {}
        self.problems: dict[str, list[str]] = defaultdict(list)
        self.index = -1

    def add(self, row: Sequence[str], line: int) -> None:
        """Take one row, or note why it cannot be used."""
        self.index += 1
        barcode = None if self.found.plate is None else _at(row, self.found.plate)
        if self.plate is not None and barcode not in (None, self.plate):
            return
        text = self.found.well(row)
        try:
            well = parse_well(text, self.format)
        except InvalidPathError:
            self.problems["no well of this plate"].append(f"line {line} ({text!r})")
            return
        field = None if self.field is None else _at(row, self.field)
        if (well, field) in self.rows:
            self.problems["the same well and field again"].append(
                f"line {line} ({text!r})"
            )
            return
        self.rows[well, field] = {
            header: float(value)
            for header in self.numbers
            if isinstance(value := self.columns[header][self.index], int | float)
        }

    def _numbers(self) -> list[str]:
        """The columns whose values are numbers, without the one of the fields."""
        field = None if self.field is None else self.headers[self.field]
        return [
            header
            for header, values in self.columns.items()
            if header != field and any(isinstance(v, int | float) for v in values)
        ]

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
                    )
                )
        if not columns:
            raise SourceError(f"{self.name} has no column of numbers beside its wells.")
        taken = {column.name for column in columns}
        return ImportedTable(
            name=self.name,
            columns=tuple(columns),
            field_column=None if self.field is None else self.headers[self.field],
            rows=self.rows,
            left_out=tuple(h for h in self.headers if h not in taken),
            problems=tuple(_told(why, rows) for why, rows in self.problems.items()),
        )


def _told(why: str, rows: Sequence[str]) -> str:
    shown = ", ".join(rows[:_SHOWN])
    rest = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"{why}: {shown}{rest}"


def _at(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""
