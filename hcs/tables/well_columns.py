"""Where a table names the wells that its rows are about.

Any table with a column of wells can be joined to a plate: a plate map, or measurements
by another program. Headers are tried first; a column without a telling header counts
where most of its cells are wells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from hcs.deadline import go_on
from hcs.errors import InvalidPathError
from hcs.layout import parse_well, well_label
from hcs.spellings import is_spelled_apart, named_well, plain_names
from hcs.tables.table import MAX_NAME, Table, check_names, normalised, unique_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hcs.layout import PlateFormat, Position

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
FIELD_NAMES: Final = frozenset(
    {"field", "site", "fov", "fieldofview", "fieldindex", "fieldid", "imagesite",
     "imagefieldid"}
)  # fmt: skip
"""Normalised names of a column that tells the fields of a well apart."""

_SOURCE_WORDS = ("source", "src", "origin", "mother", "library", "stock")
"""What begins the name of a column of wells of another plate, as a picking list has."""

_CONDITION_WORDS = (
    "compound",
    "concentration",
    "conc",
    "dose",
    "drug",
    "gene",
    "reagent",
    "sgrna",
    "sirna",
    "treatment",
)
"""What begins the name of a column that says what is in a well: its values may look
like wells (compounds C1, C2 ...), and never are."""

_WHOLE_NUMBER = re.compile(r"([0-9]{1,9})(?:[.,]0+)?")
"""A number as it is, or as spreadsheets write it that keep decimals: ``12.0``."""

_HEADER_ROWS = 20
"""Rows searched for the header; exports put a title and a date above it."""

_SHARE = 0.5
"""Share of a column's cells that must be wells for the column to name the wells."""

_SAMPLE = 1000
"""Cells of a column that are looked at for that."""

_MOST_NAMED = 8
"""Columns of one kind of name, such as "row", that are tried."""

_MOST_SEARCHED = 512
"""Columns that are searched for wells where no header names them."""


@dataclass(frozen=True, slots=True)
class WellColumns:
    """Where a table with one row a well, or several, names the wells."""

    header: int
    """Index of the header among the table's rows; -1 where there is none."""

    used: tuple[int, ...]
    """The column of well names, or those of rows and of columns."""

    plate: int | None = None
    """The column of plates or barcodes, where there is one."""

    counted: bool = False
    """Whether wells are given by number, which is counted row by row."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    """Plain names of wells that are spelled in a way of their own (``Aa01``)."""

    note: str = ""
    """How such names were understood."""

    others: tuple[WellColumns, ...] = ()
    """Further columns that say which well a row is about, and are not used."""

    def headers(self, table: Table) -> tuple[str, ...]:
        """Return a unique name for every column of `table`.

        Raises
        ------
        SourceError
            If a name is too long to be one.
        """
        cells = table.rows[self.header] if self.header >= 0 else ()
        width = max(map(_filled, table.rows))
        padded = (*cells[:width], *[""] * (width - len(cells)))
        check_names(table.name, padded)
        return unique_names(padded)

    def well(self, row: Sequence[str]) -> str:
        """Return the name of a row's well as text, ``""`` where it has none."""
        go_on()
        cells = [cell_at(row, index) for index in self.used]
        if self.counted and (whole := _WHOLE_NUMBER.fullmatch(cells[0])):
            return whole[1]
        if len(cells) == 1 or not all(cells):
            text = "".join(cells)
        elif cells[0].isascii() and cells[0].isdigit():
            text = f"r{cells[0]}c{cells[1]}"
        else:
            text = f"{cells[0]}{cells[1]}"
        return self.aliases.get(text, text)

    def barcode(self, row: Sequence[str]) -> str:
        """Return the plate that a row is about, ``""`` where it does not say."""
        return "" if self.plate is None else cell_at(row, self.plate)

    def position(self, row: Sequence[str], format: PlateFormat | None) -> Position:
        """Return the well that a row is about.

        Raises
        ------
        InvalidPathError
            If it names none, or none of `format`.
        """
        text = self.well(row)
        if not self.counted and text.isdecimal():
            return parse_well(text)  # refused: a number among names is no well
        return parse_well(text, format)

    def title(self, table: Table) -> str:
        """Return the names of the columns, for messages."""
        headers = table.rows[self.header] if self.header >= 0 else ()
        names = [
            cell_at(headers, index) or f"column {index + 1}" for index in self.used
        ]
        return " and ".join(repr(name[:MAX_NAME]) for name in names)

    def remarks(
        self, table: Table, format: PlateFormat | None
    ) -> Iterator[tuple[str, str, int | None]]:
        """Yield what a person should know of how wells are named.

        Yields
        ------
            Kind, sentence and line: ``"counted"`` where numbers alone give the wells,
            ``"spelled"`` where names were understood together, ``"disagree"`` where
            two columns name different wells.
        """
        if self.counted and format is not None:
            second = format.label(divmod(1, format.columns))
            yield (
                "counted",
                f"{table.name} gives wells by number alone ({self.title(table)}); they "
                f"were counted row by row on a {format}: 2 is {second}.",
                None,
            )
        if self.note:
            yield "spelled", f"{table.name}: {self.note}", None
        for other in self.others:
            if (disagreement := self._disagreement(other, table, format)) is not None:
                yield disagreement

    def _disagreement(
        self, other: WellColumns, table: Table, format: PlateFormat | None
    ) -> tuple[str, str, int] | None:
        start = self.header + 1
        for row, line in zip(table.rows[start:], table.lines[start:], strict=True):
            try:
                well, place = (
                    columns.position(row, format) for columns in (self, other)
                )
            except InvalidPathError:
                continue
            if well != place:
                count = ", counted row by row," if other.counted else ""
                verb = "is" if len(self.used) == 1 else "are"
                return (
                    "disagree",
                    f"Line {line} of {table.name} says {self.well(row)} under "
                    f"{self.title(table)}, but {other.well(row)} under "
                    f"{other.title(table)}, which{count} is {well_label(*place)}. "
                    f"{self.title(table)} {verb} used.",
                    line,
                )
        return None


def find_wells(table: Table, *, numbers: bool = False) -> WellColumns | None:
    """Return where `table` names wells, or None where nothing does.

    A column that spells wells goes before one that numbers them, wherever they stand.

    Parameters
    ----------
    table
        A table with its header, if it has one, among its first rows.
    numbers
        Whether a column with a telling header may hold numbers counted row by row.
    """
    named = [
        WellColumns(header, used, plate)
        for header, row in enumerate(table.rows[:_HEADER_ROWS])
        for plate, used in _named([normalised(cell) for cell in row])
    ]
    spelled = [
        columns for columns in named if _share_of_wells(columns, table) >= _SHARE
    ]
    counted = [
        columns
        for columns in (replace(columns, counted=True) for columns in named if numbers)
        if replace(columns, counted=False) not in spelled
        and len(columns.used) == 1
        and _share_of_wells(columns, table, numbers=True) >= _SHARE
    ]
    columns = next(iter(spelled), None) or _unnamed(table) or next(iter(counted), None)
    if columns is None:
        return None
    others = [
        other
        for other in (*spelled, *counted)
        if other.header == columns.header and other.used != columns.used
    ]
    return _spelled(replace(columns, others=tuple(others)), table)


def _spelled(columns: WellColumns, table: Table) -> WellColumns:
    """Return the columns with plain names for wells that are spelled apart."""
    if columns.counted:
        return columns
    texts = {columns.well(row) for row in table.rows[columns.header + 1 :]}
    aliases, note = plain_names(texts)
    return replace(columns, aliases=aliases, note=note)


def no_wells(table: Table) -> str:
    """Return that a table names no wells, and what would help, for messages."""
    header = well_header(table)
    if header is not None:
        row, rest = table.rows[header], len(table.rows) - header - 1
        if find_wells(table, numbers=True) is not None:
            return (
                f"{table.name} gives wells by number alone under {list(row[:8])!r}; "
                f"give the plate's format, such as 96, or name them A01, A02, ..."
            )
        what = f"{rest:,} rows without a name of a well" if rest else "no rows"
        return (
            f"{table.name} has a header for wells ({list(row[:8])!r}) and {what}. Fill "
            f"in names of wells: A01, A02, ..."
        )
    return (
        f"No column of {table.name} names wells; its first row is "
        f"{list(table.rows[0][:8])!r}. Name a column 'well' (A01, A02, ...), or two "
        f"columns 'row' and 'column'"
    )


def well_header(table: Table) -> int | None:
    """Return the row that names a column of wells, whatever stands below it."""
    for index, row in enumerate(table.rows[:_HEADER_ROWS]):
        if next(_named([normalised(cell) for cell in row]), None) is not None:
            return index
    return None


def _unnamed(table: Table) -> WellColumns | None:
    """Return the first column of wells whose header does not name them."""
    width = min(max(map(len, table.rows)), _MOST_SEARCHED)
    headers = [normalised(cell) for cell in table.rows[0]]
    for index in range(width):
        title = cell_at(table.rows[0], index)
        if normalised(title).startswith((*_SOURCE_WORDS, *_CONDITION_WORDS)):
            continue
        columns = WellColumns(-1, (index,))
        if not _is_well(title):
            plate = next((p for p, _ in _named([*headers, "well"])), None)
            columns = WellColumns(0, (index,), plate)
        if _share_of_wells(columns, table) >= _SHARE:
            return columns
    return None


def cell_at(row: Sequence[str], index: int) -> str:
    """Return a cell of a row, which may be shorter than others: ``""`` beyond."""
    return row[index] if index < len(row) else ""


def _filled(row: Sequence[str]) -> int:
    """Return the width of a row without the empty cells at its end."""
    width = len(row)
    while width and not row[width - 1]:
        width -= 1
    return width


def _named(names: Sequence[str]) -> Iterator[tuple[int | None, tuple[int, ...]]]:
    """Yield the column of plates, and columns whose names say that they name wells."""

    def indices(words: Collection[str]) -> list[int]:
        return [i for i, name in enumerate(names) if name in words][:_MOST_NAMED]

    plate = next(iter(indices(_PLATE_NAMES)), None)
    yield from ((plate, (i,)) for i in indices(_WELL_NAMES))
    rows, columns = indices(_ROW_NAMES), indices(_COLUMN_NAMES)
    yield from ((plate, (row, column)) for row in rows for column in columns)


def _share_of_wells(
    columns: WellColumns, table: Table, *, numbers: bool = False
) -> float:
    rows = islice(table.rows, columns.header + 1, None)
    texts = list(islice(filter(None, map(columns.well, rows)), _SAMPLE))
    named = sum(_is_well(text, numbers=numbers) for text in texts)
    return named / len(texts) if texts else 0.0


def _is_well(text: str, *, numbers: bool = False) -> bool:
    if text.isascii() and text.isdigit():
        return numbers
    return named_well(text) is not None or is_spelled_apart(text)
