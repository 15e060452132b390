"""SQLite files, such as CellProfiler writes: their tables, read and never written.

A file from elsewhere is untrusted: views, triggers, virtual tables and functions of it
are not run, and no statement but the reading of a table is allowed.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

from hcs.errors import HCSError, SourceError
from hcs.tables.numbers import float_text
from hcs.tables.table import MAX_COLUMNS, Budget, Table, refuse_large, typed_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAGIC: Final = b"SQLite format 3\0"

_MOST_TABLES = 100
_MOST_SECONDS = 60.0
"""For all statements; a damaged file can lead around in circles."""

_STEPS = 10_000
"""Of SQLite's machine between two looks at the clock."""

_WRITE_VERSION = 18
"""Place of the two bytes that say whether a log lies beside the file."""

_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_PRAGMA,
}


def read_database(source: Path | bytes, name: str) -> tuple[Table, ...]:
    """Return the tables of an SQLite file that hold rows.

    Raises
    ------
    SourceError
        If it is damaged, a table has too many columns or cells, or all of them are
        too much for memory: a row need not hold what it has by default.
    """
    try:
        with closing(_opened(source)) as connection:
            deadline = time.monotonic() + _MOST_SECONDS
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            connection.set_authorizer(_authorize)
            names = _tables(connection)
            budget = Budget(name)
            tables = tuple(_read(connection, table, name, budget) for table in names)
    except HCSError:
        raise  # that its time is over is an OSError, too
    except (sqlite3.Error, OSError, OverflowError, UnicodeError) as error:
        raise SourceError(
            f"{name} cannot be read as an SQLite database: {error}."
        ) from error
    filled = tuple(table for table in tables if len(table.rows) > 1)
    if not filled:
        raise SourceError(f"{name} is a database without a table that holds rows.")
    return filled


def _authorize(action: int, _: str | None, name: str | None, *__: object) -> int:
    allowed = action in _ALLOWED
    counts = action == sqlite3.SQLITE_FUNCTION and name == "count"
    return sqlite3.SQLITE_OK if allowed or counts else sqlite3.SQLITE_DENY


def _opened(source: Path | bytes) -> sqlite3.Connection:
    if isinstance(source, bytes):
        connection = sqlite3.connect(":memory:")
        # In memory no log can lie beside it; SQLite opens none that says so.
        head = source[:_WRITE_VERSION] + b"\1\1" + source[_WRITE_VERSION + 2 :]
        try:
            connection.deserialize(head)
        except BaseException:
            connection.close()
            raise
    else:
        _check_logs(source)
        # `immutable`: nothing is locked or made beside a file that is not ours.
        uri = f"{source.resolve().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True)
    try:
        connection.text_factory = lambda text: text.decode(errors="replace")
        for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 20)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_logs(path: Path) -> None:
    """Refuse a database with a log beside it, which holds rows that would be lost."""
    for suffix in ("-wal", "-journal"):
        log = path.with_name(path.name + suffix)
        if log.is_file() and log.stat().st_size:
            raise SourceError(
                f"{path.name} is still open, or was left by a program that stopped: "
                f"rows may stand in {log.name} beside it, which is not read. Close the "
                f"program that wrote it, or export the table as CSV."
            )


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Return the names of real tables: a view or a virtual table would run code."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    ).fetchmany(_MOST_TABLES)
    return [
        name
        for name, sql in rows
        if not name.startswith("sqlite_") and " VIRTUAL " not in f" {sql} ".upper()[:40]
    ]


def _read(
    connection: sqlite3.Connection, table: str, name: str, budget: Budget
) -> Table:
    quoted = _quoted(table)
    # Not those that are computed, which table_info leaves out.
    info = connection.execute(f"PRAGMA table_info({quoted})").fetchmany(MAX_COLUMNS + 1)
    columns = [column[1] for column in info]
    title = f"{name}, table {table}"
    refuse_large(title, 1, len(columns))
    (count,) = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608
    refuse_large(title, count + 1, len(columns))
    chosen = ", ".join(map(_quoted, columns))
    cursor = connection.execute(f"SELECT {chosen} FROM {quoted}")  # noqa: S608
    rows = _numbered(columns, cursor, budget)
    return typed_table(rows, name, f"table {table}", "sqlite")


def _numbered(
    columns: Sequence[str], cursor: sqlite3.Cursor, budget: Budget
) -> Iterator[tuple[int, list[str]]]:
    yield 1, list(columns)
    for number, row in enumerate(cursor, 2):
        cells = [_text(value) for value in row]
        budget.spend(cells)
        yield number, cells


def _text(value: object) -> str:
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, float):
        return float_text(value)
    return str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
