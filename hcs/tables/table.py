"""A table: cells as texts, whatever file they were in, and what is too large for one.

What was assumed (the encoding where nothing in the file says it) is kept beside the
cells, so that a preview can show it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hcs.deadline import go_on
from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

MAX_BYTES: Final = 16 << 20
"""A map of all wells of hundreds of plates is smaller than this."""

MAX_COLUMNS: Final = 16_384
"""A spreadsheet has no more."""

MAX_ROWS: Final = 1 << 20
"""A spreadsheet has no more; each costs memory, however few cells it has."""

MAX_CELLS: Final = 1 << 22
"""Rows times columns of the widest row; ten times a plate of 3456 wells with a hundred
columns."""

MAX_LETTERS: Final = 64 << 20
"""Of all cells of a file, those of equal texts counted each."""

MAX_NAME: Final = 250
"""Characters of a column's name."""

TYPED_DELIMITER: Final = "\t"
"""Stands for the delimiter of tables whose cells lie apart: a comma is none there."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a table, stripped, without empty rows."""

    rows: tuple[tuple[str, ...], ...]
    """Every row as it stands, the header among them; lengths may differ."""

    lines: tuple[int, ...]
    """Line of the file (or row of the sheet) on which each row ends, from 1."""

    name: str
    """Name of the file, and of the sheet where there are any, for messages."""

    encoding: str
    """Name of the encoding that was used, or of the file's format."""

    assumed: bool
    """Whether the encoding is a guess, because the bytes are no valid UTF-8."""

    delimiter: str
    """One of comma, semicolon, tab and bar."""

    part: str = ""
    """Its sheet, or the table of a database (``"sheet Plate"``); "" where a file is one
    table."""

    notes: tuple[str, ...] = ()
    """Sentences on what was made of the file."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file of tables that is in memory."""

    name: str
    data: bytes


TableSource = Path | str | bytes | TableFile | Table


def typed_table(
    rows: Iterable[tuple[int, Sequence[str]]], name: str, part: str, format: str
) -> Table:
    """Return the table of cells that a file keeps apart, without empty rows.

    Parameters
    ----------
    rows
        Number of each row, from 1, and its cells.
    name
        Of the file.
    part
        Of the sheet or table in it.
    format
        Of the file, in place of an encoding.

    Raises
    ------
    SourceError
        If there are too many columns or cells.
    """
    title = f"{name}, {part}" if part else name
    filled: list[tuple[str, ...]] = []
    lines = []
    width = 0
    for line, cells in rows:
        go_on()
        row = tuple(cell.strip() for cell in cells)
        while row and not row[-1]:
            row = row[:-1]
        if not row or row[0].startswith("#"):
            continue
        filled.append(row)
        lines.append(line)
        width = max(width, len(row))
        refuse_large(title, len(filled), width)
    return Table(
        rows=tuple(filled),
        lines=tuple(lines),
        name=title,
        encoding=format,
        assumed=False,
        delimiter=TYPED_DELIMITER,
        part=part,
    )


def refuse_large(name: str, rows: int, columns: int) -> None:
    """Refuse a table of more rows and columns than any table of wells has.

    Raises
    ------
    SourceError
        If it has more than `MAX_COLUMNS`, `MAX_ROWS`, or `MAX_CELLS` altogether.
    """
    if rows > MAX_ROWS:
        raise SourceError(
            f"{name} has over {MAX_ROWS:,} rows, more than a spreadsheet. Cut it by "
            f"plate."
        )
    if columns > MAX_COLUMNS:
        raise SourceError(
            f"{name} has {columns:,} columns; a table has up to {MAX_COLUMNS:,}. "
            f"Leave out those that are not needed."
        )
    if rows * columns > MAX_CELLS:
        raise SourceError(
            f"{name} has over {MAX_CELLS:,} cells ({rows:,} rows of up to {columns:,} "
            f"columns). Leave out columns that are not needed, or cut it by plate."
        )


class Budget:
    """What all tables of a file may hold together in memory.

    Parameters
    ----------
    name
        Of the file.

    Notes
    -----
    A file says a text once that stands in each row, or a number of rows and no more.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._cells = 0
        self._letters = 0

    def spend(self, cells: Collection[str]) -> None:
        """Count a row.

        Raises
        ------
        SourceError
            If it is beyond `MAX_CELLS` or `MAX_LETTERS`.
        """
        self._cells += len(cells)
        self._letters += sum(map(len, cells))
        if self._cells > MAX_CELLS or self._letters > MAX_LETTERS:
            raise SourceError(
                f"{self._name} unpacks to over {MAX_CELLS:,} cells, or to texts of "
                f"over {MAX_LETTERS >> 20} MiB. Leave out tables and columns that are "
                f"not needed."
            )


def check_names(name: str, headers: Iterable[str]) -> None:
    """Refuse names of columns that are none.

    Raises
    ------
    SourceError
        If one is longer than `MAX_NAME` characters.
    """
    for header in headers:
        if len(header) > MAX_NAME:
            raise SourceError(
                f"{name} has a column whose name has {len(header):,} characters "
                f"({header[:40]!r}...); up to {MAX_NAME} are allowed."
            )


def normalised(header: str) -> str:
    """Return a column's name as it is compared: small letters and digits only."""
    name = re.sub(r"[^a-z0-9]", "", header.lower())
    for prefix in ("imagemetadata", "metadata"):
        if name != prefix:
            name = name.removeprefix(prefix)
    return name


def unique_names(headers: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns, with empty and repeated ones made distinct."""
    taken: dict[str, None] = {}
    repeats: Counter[str] = Counter()
    for index, header in enumerate(headers):
        header = header or f"column {index + 1}"
        name = header
        while name in taken:
            repeats[header] += 1
            name = f"{header} ({repeats[header] + 1})"
        taken[name] = None
    return tuple(taken)
