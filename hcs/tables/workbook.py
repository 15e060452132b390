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
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from hcs.errors import SourceError
from hcs.extras import extra
from hcs.tables.hollow_cells import hollow_cells
from hcs.tables.numbers import float_text
from hcs.tables.table import Table, typed_table

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_PARTS = 1000
_MOST_BYTES = 64 << 20
"""Of all parts unpacked; those of most tables have a hundredth of it."""

_MOST_RATIO = 200
_SMALL = 1 << 20
"""Parts up to this size may shrink as much as they like."""

_MOST_SHEETS = 100
_MOST_ROWS = 1 << 20
"""Of a sheet; no spreadsheet has more."""


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
        import openpyxl
    _check_parts(data, name)
    try:
        with warnings.catch_warnings(action="ignore"):
            # Of styles and extensions that it passes over, which nobody asked for.
            workbook = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            # What is hidden is what somebody has put away: it is meant last.
            sheets = sorted(workbook.worksheets, key=_is_hidden)[:_MOST_SHEETS]
            tables = [_sheet(sheet, data, name) for sheet in sheets]
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
        if number > _MOST_ROWS:
            raise ValueError(f"it has a cell below row {_MOST_ROWS:,}")
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
