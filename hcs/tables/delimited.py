"""Delimited text as spreadsheets leave it, in any encoding and with any delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING

from hcs.deadline import go_on
from hcs.errors import SourceError
from hcs.tables.table import MAX_ROWS, Table, refuse_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EMPTY = ("\n", "\r\n", "\r")

_SAMPLE_ROWS = 200
"""Rows looked at to find the delimiter."""

_SAMPLE_LETTERS = 1 << 18
"""Of the text, in which these rows are looked for."""

_MOST_LINES = 2 * MAX_ROWS
"""Of a text, also empty ones: those of 16 MiB would be a minute's work for no row."""

_MOST_DELIMITERS = 1 << 17
"""Of a row, those inside of its quotes among them: a cell has up to as many letters."""

_MOST_SHARED = 1 << 16
"""Different cells that are known again: wells, roles and compounds repeat."""


def read_text(data: bytes, name: str) -> Table:
    """Return the cells of a delimited text.

    Raises
    ------
    SourceError
        If it is no text, holds no row, or has too many columns or cells.
    """
    text, encoding, assumed = _decoded(data, name)
    # Windows ends a line with both.
    if max(text.count("\n"), text.count("\r")) > _MOST_LINES:
        raise SourceError(
            f"{name} has over {_MOST_LINES:,} lines, more than any table. Cut it by "
            f"plate, or take out what is empty."
        )
    text, delimiter = _delimited(text)
    try:
        rows, lines = _bounded(_rows(text, delimiter, name), name)
    except csv.Error as error:
        raise SourceError(f"{name} cannot be read as a table: {error}.") from error
    _check_quotes(text, delimiter, rows, name)
    if not rows:
        raise SourceError(f"{name} holds no rows.")
    return Table(
        rows=tuple(rows),
        lines=tuple(lines),
        name=name,
        encoding=encoding,
        assumed=assumed,
        delimiter=delimiter,
    )


def _check_quotes(
    text: str, delimiter: str, rows: Iterable[tuple[str, ...]], name: str
) -> None:
    """Refuse a text with cells of several lines, if one of them has no right end.

    A quote that is not closed takes the lines below it for its cell, to the end or to
    the next quote, and their wells would be lost without a word.
    """
    if not any("\n" in cell or "\r" in cell for row in rows for cell in row):
        return
    strict = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for _ in strict:
            go_on()
            line = strict.line_num + 1
    except csv.Error as error:
        raise SourceError(
            f"{name} has a quote on line {line} that is not closed there, so that "
            f"lines below it would be one cell. Close it, or take it out."
        ) from error


def _decoded(data: bytes, name: str) -> tuple[str, str, bool]:
    marked = next(
        (encoding for mark, encoding in _MARKS if data.startswith(mark)), None
    )
    encoding = marked or _unmarked(data)
    try:
        text, assumed = data.decode(encoding), False
    except UnicodeDecodeError as error:
        if marked:
            raise SourceError(
                f"{name} says that it is {encoding}, but it is not: {error.reason} "
                f"at byte {error.start}."
            ) from error
        # Latin-1 takes any byte: nothing fails, and the guess is reported.
        encoding, assumed = "latin-1", True
        text = data.decode(encoding)
    if "\0" in text:
        raise SourceError(f"{name} is not a text: it holds bytes that are zero.")
    return text, encoding.removesuffix("-sig"), assumed


def _unmarked(data: bytes) -> str:
    # UTF-16 of western letters has a zero in every second byte, UTF-8 has none.
    head = data[:1024]
    if head.count(0) * 3 > len(head):
        return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return "utf-8"


def _delimited(text: str) -> tuple[str, str]:
    # Spreadsheets may say the delimiter on a first line "sep=;".
    if separator := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
        return text[separator.end() :], separator[1]
    there = [delimiter for delimiter in _DELIMITERS if delimiter in text]
    if len(there) < 2:
        return text, (there or _DELIMITERS)[0]
    start = text[:_SAMPLE_LETTERS]
    return text, max(there, key=lambda delimiter: _evenness(start, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    """Return how many rows have the usual width, if any is cut, and that width."""
    widths: Counter[int] = Counter()
    try:
        for row, _ in _rows(text, delimiter, ""):
            widths[len(row)] += 1
            if widths.total() >= _SAMPLE_ROWS:
                break
    except (csv.Error, SourceError):
        return 0, 0
    cut = [(count, width) for width, count in widths.items() if width > 1]
    return max(cut, default=(0, 0))


def _rows(
    text: str, delimiter: str, name: str
) -> Iterator[tuple[tuple[str, ...], int]]:
    lines = _RowLines(text, delimiter, name)
    texts: dict[str, str] = {}
    reader = csv.reader(lines, delimiter=delimiter)
    for cells in reader:
        go_on()
        lines.begin_row()
        row = tuple(_shared(_bare(cell.strip()), texts) for cell in cells)
        if any(row) and not row[0].startswith("#"):
            yield row, lines.number


class _RowLines:
    """The lines of a text, empty ones within a cell alone.

    Of one row they have no more delimiters than any has: a row of millions of cells
    would be there before its cells are counted.
    """

    def __init__(self, text: str, delimiter: str, name: str) -> None:
        self._lines = enumerate(io.StringIO(text, newline=""), 1)
        self._delimiter = delimiter
        self._name = name
        self._delimiters = 0
        self._is_within = False
        self.number = 0
        """Of the last line, from 1."""

    def begin_row(self) -> None:
        """Hear that the row of the last line is complete."""
        self._delimiters, self._is_within = 0, False

    def __iter__(self) -> _RowLines:
        return self

    def __next__(self) -> str:
        for self.number, line in self._lines:  # noqa: B020
            if self._is_within or line not in _EMPTY:
                break
        else:
            raise StopIteration
        self._is_within = True
        self._delimiters += line.count(self._delimiter)
        if self._delimiters > _MOST_DELIMITERS:
            refuse_large(self._name, 1, self._delimiters + 1)
        return line


def _shared(cell: str, texts: dict[str, str]) -> str:
    """Return a cell, or one that was there before and says the same."""
    if len(texts) < _MOST_SHARED:
        return texts.setdefault(cell, cell)
    return texts.get(cell, cell)


def _bare(cell: str) -> str:
    """Return a cell without the quotes that keep a spreadsheet from counting it."""
    if len(cell) > 2 and cell.endswith('"') and cell.startswith(('"', '="')):
        return cell[cell.index('"') + 1 : -1].strip()
    return cell


def _bounded(
    numbered: Iterable[tuple[tuple[str, ...], int]], name: str
) -> tuple[list[tuple[str, ...]], list[int]]:
    rows, lines = [], []
    width = 0
    for row, line in numbered:
        width = max(width, len(row))
        rows.append(row)
        lines.append(line)
        refuse_large(name, len(rows), width)
    return rows, lines
