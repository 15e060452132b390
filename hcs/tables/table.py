"""Tables as spreadsheets leave them: any encoding, delimiter and number format.

Read whole and small: a plate map or a list of measurements by well. What was assumed
(the encoding where nothing in the file says it) is kept beside the cells, so that a
preview can show it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_BYTES: Final = 16 << 20
"""A map of all wells of hundreds of plates is smaller than this."""

MAX_COLUMNS: Final = 16_384
"""A spreadsheet has no more."""

MAX_CELLS: Final = 1 << 22
"""Rows times columns of the widest row; ten times a plate of 3456 wells with a hundred
columns."""

MAX_NAME: Final = 250
"""Characters of a column's name."""

_DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_ROWS = 200
"""Rows looked at to find the delimiter."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a delimited text, stripped, without empty rows."""

    rows: tuple[tuple[str, ...], ...]
    """Every row as it stands, the header among them; lengths may differ."""

    lines: tuple[int, ...]
    """Line of the file on which each row ends, counted from 1."""

    name: str
    """Name of the file, for messages."""

    encoding: str
    """Name of the encoding that was used."""

    assumed: bool
    """Whether the encoding is a guess, because the bytes are no valid UTF-8."""

    delimiter: str
    """One of comma, semicolon, tab and bar."""


def read_table(source: Path | str | bytes, *, name: str | None = None) -> Table:
    """Return the cells of a delimited text.

    Parameters
    ----------
    source
        A path, or the bytes themselves.
    name
        Name to use in messages; the file's own where None.

    Raises
    ------
    SourceError
        If it cannot be read, is no text, holds no row, or is larger than 16 MiB, than
        16,384 columns or than four million cells.
    """
    if isinstance(source, bytes):
        data, name = source, name or "table"
    else:
        path = Path(source)
        data, name = _bytes_of(path), name or path.name
    if len(data) > MAX_BYTES:
        raise SourceError(
            f"{name} is larger than {MAX_BYTES >> 20} MiB, too large for a table."
        )
    text, encoding, assumed = _decoded(data, name)
    text, delimiter = _delimited(text)
    try:
        numbered = _bounded(_rows(text, delimiter), name)
    except csv.Error as error:
        raise SourceError(f"{name} cannot be read as a table: {error}.") from error
    if not numbered:
        raise SourceError(f"{name} holds no rows.")
    return Table(
        rows=tuple(row for row, _ in numbered),
        lines=tuple(line for _, line in numbered),
        name=name,
        encoding=encoding,
        assumed=assumed,
        delimiter=delimiter,
    )


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(
            f"The table {path.name} cannot be read: {error.strerror or error}."
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
    if said := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
        return text[said.end() :], said[1]
    return text, max(_DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    """Return how many rows have the usual width, if any is cut, and that width."""
    widths: Counter[int] = Counter()
    try:
        for row, _ in _rows(text, delimiter):
            widths[len(row)] += 1
            if widths.total() >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return 0, 0
    cut = [(count, width) for width, count in widths.items() if width > 1]
    return max(cut, default=(0, 0))


def _rows(text: str, delimiter: str) -> Iterator[tuple[tuple[str, ...], int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for cells in reader:
        row = tuple(_bare(cell.strip()) for cell in cells)
        if any(row) and not row[0].startswith("#"):
            yield row, reader.line_num


def _bare(cell: str) -> str:
    """Return a cell without the quotes that keep a spreadsheet from counting it."""
    if len(cell) > 2 and cell.endswith('"') and cell.startswith(('"', '="')):
        return cell[cell.index('"') + 1 : -1].strip()
    return cell


def _bounded(
    rows: Iterable[tuple[tuple[str, ...], int]], name: str
) -> list[tuple[tuple[str, ...], int]]:
    numbered = []
    width = 0
    for row, line in rows:
        width = max(width, len(row))
        numbered.append((row, line))
        refuse_large(name, len(numbered), width)
    return numbered


def refuse_large(name: str, rows: int, columns: int) -> None:
    """Refuse a table of more rows and columns than any table of wells has.

    Raises
    ------
    SourceError
        If it has more than `MAX_COLUMNS`, or more than `MAX_CELLS` altogether.
    """
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
