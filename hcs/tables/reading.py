"""From files to tables: what kind a file is, its parts, and the one that is meant."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.tables import database
from hcs.tables.delimited import read_text
from hcs.tables.headers import with_joined_header
from hcs.tables.map_entries import grids_of
from hcs.tables.table import MAX_BYTES, Table, TableFile, TableSource
from hcs.tables.well_columns import find_wells, well_header
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".parquet", ".sqlite", ".db")
"""Ends of names of files that people keep tables in; what one is, its bytes decide."""

_HEAD = 16
_UNREAD = {
    b"\xd0\xcf\x11\xe0": "an Excel file of before 2007; save it as .xlsx or CSV",
    b"\x80\x02": "a Python pickle, which is never read; save it as CSV or Parquet",
    b"\x80\x03": "a Python pickle, which is never read; save it as CSV or Parquet",
    b"\x80\x04": "a Python pickle, which is never read; save it as CSV or Parquet",
    b"\x80\x05": "a Python pickle, which is never read; save it as CSV or Parquet",
    b"\x93NUMPY": "a NumPy array, which names no wells; save it as CSV or Parquet",
    b"\x89HDF": "an HDF5 file; save its table as CSV or Parquet",
    b"%PDF": "a PDF; save its table as CSV",
}
"""How files begin that people take for tables, and what they are."""


def read_table(
    source: TableSource, *, name: str | None = None, part: str | None = None
) -> Table:
    """Return the cells of a file of one table, or of the part of it that is meant.

    Parameters
    ----------
    source
        A path, the bytes themselves, or a file in memory: delimited text, a workbook
        (``.xlsx``), an SQLite database, Parquet, or one of these packed by gzip.
    name
        Name to use in messages; the file's own where None.
    part
        Name of the sheet or of the database's table. Where None, the first that names
        wells, else the first.

    Raises
    ------
    SourceError
        If it cannot be read, is no table, holds no row, has no part of that name, or
        is larger than 16 MiB, than 16,384 columns, a million rows or four million
        cells.
    MissingExtraError
        If it needs a package that is not installed.
    """
    return chosen_part(read_parts(source, name=name), part)


def read_parts(source: TableSource, *, name: str | None = None) -> tuple[Table, ...]:
    """Return the tables of a file: one, or the sheets or tables that hold anything.

    Parameters
    ----------
    source
        A path, or the bytes of a file.
    name
        Name to use in messages.

    Raises
    ------
    SourceError, MissingExtraError
        See `read_table`.
    """
    if isinstance(source, Table):
        return (source,)
    if isinstance(source, TableFile):
        name = name or source.name
        source = source.data
    if isinstance(source, bytes):
        data, path, name = source, None, name or "table"
    else:
        path = Path(source)
        data, name = _start_of(path), name or path.name
    tables = _read(data, path, name)
    return tuple(with_joined_header(table) for table in tables)


def chosen_part(tables: Sequence[Table], part: str | None) -> Table:
    """Return the table that is meant, see `read_table`.

    Raises
    ------
    SourceError
        If none has that name.
    """
    if part is None:
        named = list(filter(names_wells, tables))
        if not named:
            headed = (table for table in tables if well_header(table) is not None)
            return next(headed, tables[0])
        if len(named) == 1 or not all(table.part for table in named):
            return named[0]
        others = some([table.part for table in named[1:]], 4)
        note = f"{named[0].name} is used; wells are named by {others} too."
        return replace(named[0], notes=(*named[0].notes, note))
    for table in tables:
        if table.part.partition(" ")[2].casefold() == part.strip().casefold():
            return table
    names = some([table.part.partition(" ")[2] for table in tables], 8)
    name = tables[0].name.partition(f", {tables[0].part}")[0]
    has = "is one table" if not tables[0].part else f"has {names}"
    raise SourceError(f"{name} has no sheet or table {part!r}; it {has}.")


def names_wells(table: Table) -> bool:
    """Return whether a table can be joined to a plate as it stands.

    Parameters
    ----------
    table
        A table as it was read.
    """
    return bool(grids_of(table)) or find_wells(table, numbers=True) is not None


def _start_of(path: Path) -> bytes:
    """Return the bytes of a file, of a database only as many as tell that it is one."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEAD)
            if start == database.MAGIC or start.startswith(b"PAR1"):
                return start
            return start + stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        # A zero in a path is a ValueError, and no OSError.
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"The table {path.name} cannot be read: {reason}.") from error


def _read(data: bytes, path: Path | None, name: str) -> tuple[Table, ...]:
    if data.startswith(database.MAGIC):
        return database.read_database(path or data, name)
    if data.startswith(b"PAR1"):
        from hcs.tables.parquet import read_parquet

        return (read_parquet(path or data, name),)
    if len(data) > MAX_BYTES:
        raise SourceError(
            f"{name} is larger than {MAX_BYTES >> 20} MiB, too large for a table."
        )
    if data.startswith(b"\x1f\x8b"):
        return _read(_unpacked(data, name), None, name.removesuffix(".gz"))
    if data.startswith(b"PK"):
        return _read_zip(data, name)
    for start, kind in _UNREAD.items():
        if data.startswith(start):
            raise SourceError(f"{name} is {kind}.")
    return (read_text(data, name),)


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            unpacked = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name} cannot be unpacked: {error}.") from error
    if len(unpacked) > MAX_BYTES:
        raise SourceError(
            f"{name} is larger than {MAX_BYTES >> 20} MiB unpacked, too large for a "
            f"table."
        )
    if unpacked.startswith(b"\x1f\x8b"):
        raise SourceError(f"{name} is packed twice; unpack it first.")
    return unpacked


def _read_zip(data: bytes, name: str) -> tuple[Table, ...]:
    """Return the sheets of a workbook, or say which other kind of zip it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError(f"{name} is damaged: {error}.") from error
    if "xl/workbook.xml" in members:
        from hcs.tables.workbook import read_workbook

        return read_workbook(data, name)
    if any(member.endswith(".npy") for member in members):
        kind = (
            "a file of NumPy arrays, which name no wells and may hold pickles that "
            "are never read; save the numbers as CSV or Parquet"
        )
    elif "xl/workbook.bin" in members:
        kind = "a binary Excel workbook; save it as .xlsx or CSV"
    elif "content.xml" in members:
        kind = "an OpenDocument spreadsheet; save it as .xlsx or CSV"
    else:
        kind = "a zip; unpack it and give the table in it"
    raise SourceError(f"{name} is {kind}.")
