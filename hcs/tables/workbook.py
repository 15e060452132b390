"""Workbooks (``.xlsx``): the values of their cells, and nothing else of them.

Formulas give the value that was saved with them; links, macros and pictures are not
looked at. The parts of the file are counted before any is read.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree.ElementTree import ParseError

from hcs.deadline import go_on
from hcs.errors import HCSError, SourceError
from hcs.extras import extra
from hcs.tables.hollow_cells import hollow_cells
from hcs.tables.numbers import float_text
from hcs.tables.table import MAX_ROWS, Table, typed_table

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_PARTS = 1000
_MOST_BYTES = 64 << 20
"""Of all parts unpacked; those of most tables have a hundredth of it."""

_MOST_RATIO = 200
_SMALL = 1 << 20
"""Parts up to this size may shrink as much as they like."""

_MOST_SHEETS = 100

_STYLES = "xl/styles.xml"
_MOST_FORMAT = 1000
"""Characters of a format of numbers; Excel takes 255."""

_MOST_PART_BYTES = 16 << 20
_MOST_TAGS = 400_000
"""Of a part that is read as a whole; Excel takes some 64,000 styles."""


def read_workbook(data: bytes, name: str) -> tuple[Table, ...]:
    """Return the sheets of a workbook that hold anything.

    Raises
    ------
    SourceError
        If it is no workbook, damaged, protected, or too large.
    MissingExtraError
        If openpyxl and defusedxml are not installed.
    """
    with extra("excel", f"{name}, an Excel workbook,", instead="or save it as CSV"):
        # openpyxl parses with defusedxml where that is there, which refuses entities.
        import defusedxml
        import openpyxl  # noqa: F401
    _check_parts(data, name)
    try:
        with warnings.catch_warnings(action="ignore"):
            # Of styles and extensions that it passes over, which nobody asked for.
            workbook = _opened(data, name)
            # What is hidden is what somebody has put away: it is meant last.
            sheets = sorted(workbook.worksheets, key=_is_hidden)[:_MOST_SHEETS]
            tables = [_sheet(sheet, data, name) for sheet in sheets]
    except HCSError:
        raise
    except (
        defusedxml.DefusedXmlException,
        zipfile.BadZipFile,
        zlib.error,
        ParseError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
    ) as error:
        go_on()  # what a zip cannot read because its time is over, it calls damaged
        if isinstance(error.__cause__, SourceError):
            raise error.__cause__ from None
        # What openpyxl raises for a damaged part is whatever its code met there.
        why = (str(error).splitlines() or [""])[0].rstrip(".")
        raise SourceError(
            f"{name} cannot be read as an Excel workbook ({type(error).__name__}: "
            f"{why}). Open it in a spreadsheet and save it again, or as CSV."
        ) from error
    filled = tuple(table for table in tables if table.rows)
    if not filled:
        raise SourceError(f"{name} is a workbook whose sheets are all empty.")
    return filled


def _check_parts(data: bytes, name: str) -> None:
    """Refuse a file that unpacks to more than a workbook of tables does."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise SourceError(f"{name} is damaged: {error}.") from error
    size = sum(part.file_size for part in parts)
    bomb = any(
        part.file_size > max(_SMALL, _MOST_RATIO * part.compress_size) for part in parts
    )
    if len(parts) > _MOST_PARTS or size > _MOST_BYTES or bomb:
        raise SourceError(
            f"{name} has {len(parts):,} parts and unpacks to {size >> 20:,} MiB; a "
            f"workbook has up to {_MOST_PARTS:,} parts and {_MOST_BYTES >> 20} MiB, "
            f"none {_MOST_RATIO} times as large as it is packed. Save the sheet that "
            f"is needed as CSV."
        )


def _opened(data: bytes, name: str) -> Any:
    """Return a workbook whose sheets are still to be read."""
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    reader.archive = _Parts(data, name)
    # No cells are in a chart that has a sheet of its own.
    reader.read_chartsheet = lambda *_: None
    reader.read()
    return reader.wb


class _Packed(io.BytesIO):
    """The bytes of a workbook, which nobody reads on whose time is over."""

    def read(self, size: int | None = -1) -> bytes:
        go_on()
        return super().read(size)


class _Parts(zipfile.ZipFile):
    """Refuses a part that is read as a whole, and is larger than such parts are.

    Cells and their texts are read one by one. Of the others each tag becomes objects of
    a kilobyte, and each style is looked at for what its format means.
    """

    def __init__(self, data: bytes, title: str) -> None:
        super().__init__(_Packed(data))
        self._title = title

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        if self.getinfo(name).file_size > _MOST_PART_BYTES:
            self._refuse(f"{name} of over {_MOST_PART_BYTES >> 20} MiB")
        part = super().read(name, pwd)
        if part.count(b"<") > _MOST_TAGS:
            self._refuse(f"{name} with over {_MOST_TAGS:,} tags")
        if name == _STYLES and _longest_value(part) > _MOST_FORMAT:
            self._refuse(f"a format of numbers with over {_MOST_FORMAT:,} characters")
        return part

    def _refuse(self, what: str) -> NoReturn:
        raise SourceError(
            f"{self._title} has {what}, as no spreadsheet writes. Save the sheet that "
            f"is needed as CSV."
        )


def _longest_value(styles: bytes) -> int:
    """Return the length of the longest attribute.

    openpyxl looks for dates in formats of numbers in a time that grows with the square
    of their length, and in which no other thread runs.
    """
    from defusedxml.ElementTree import fromstring

    elements = fromstring(styles).iter()
    return max(
        (len(text) for element in elements for text in element.attrib.values()),
        default=0,
    )


def _is_hidden(sheet: Any) -> bool:
    return bool(sheet.sheet_state != "visible")


def _sheet(sheet: Any, data: bytes, name: str) -> Table:
    """Return the cells of a sheet, with notes on those that seem empty and are not."""
    # Else rows are padded to the size that is stated, which a stray cell makes huge.
    sheet.reset_dimensions()
    table = typed_table(_rows(sheet), name, f"sheet {sheet.title}", "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        notes = hollow_cells(archive.read(sheet._worksheet_path), table.lines)
    return replace(table, notes=tuple(f"{table.name}: {note}" for note in notes))


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MAX_ROWS:
            raise ValueError(f"it has a cell below row {MAX_ROWS:,}")
        yield number, [_text(cell) for cell in cells]


def _text(value: object) -> str:
    """Return a cell as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return (value.date() if midnight else value).isoformat(*() if midnight else " ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
