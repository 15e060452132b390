"""What can still be read of a damaged database, as a new one.

SQLite's own tool for this is a part that some systems build without. Rows are read in
their order; where a page cannot be read, the next readable row is sought.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dashboard.errors import DashboardError
from dashboard.storage.backup import put_aside, scratch_folder, to_disk, why
from dashboard.storage.database import SCHEMA, metadata
from dashboard.storage.database_file import damage, open_file
from dashboard.storage.engine import open_database
from dashboard.storage.faults import PATIENCE_SECONDS, Fault, fault_of, fault_of_file
from dashboard.storage.occupied import alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Table

_LAST: Final = 2**62
_HALF: Final = 1 << 40
"""A step beyond which no row is sought any more."""


_PASSING: Final = (Fault.BUSY, Fault.FULL)
"""What says nothing of a row: it can be read at another time."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came of a damaged database."""

    rows: Mapping[str, int]
    """How many were read, by table."""

    gaps: tuple[str, ...]
    """Tables of which rows could not be read."""

    former: Path
    """Where the damaged database is now."""


def salvage(database: Path, seconds: float = PATIENCE_SECONDS) -> Salvaged:
    """Put what can be read of a damaged database in its place, and keep it.

    Parameters
    ----------
    database
        Its file.
    seconds
        How long another program may hold it.

    Raises
    ------
    DashboardError
        If it is not damaged, nothing can be read, another version of the program wrote
        it, another program holds it or is at work in its folder, or the disk is full.
        Nothing is changed then.
    """
    if not database.is_file():
        raise DashboardError(f"No database is at {database}: nothing to salvage.")
    if not damage(database, seconds=seconds):
        raise DashboardError(f"The database {database} is not damaged; it stays.")
    try:
        with alone(database.parent), scratch_folder(database) as folder:
            copy = folder / database.name
            open_database(f"sqlite:///{copy.as_posix()}").dispose()
            rows, gaps = _copy(database, copy, seconds)
            copy.chmod(0o600)
            # On the disk before it takes the place of the other.
            to_disk(copy)
            former = put_aside(database)
            copy.replace(database)
            to_disk(database.parent)
    except OSError as error:
        raise DashboardError(
            f"The database {database} was left as it is: {why(error, database.parent)}."
        ) from error
    except sqlite3.Error as error:
        fault = fault_of_file(error, database)
        if fault.fault in _PASSING:
            raise DashboardError(
                f"The database {database} was left as it is. {fault}"
            ) from error
        raise DashboardError(
            f"Nothing can be read of {database} ({error}); it was left as it is. Bring "
            f"back a backup: `hcs-dashboard restore FILE`."
        ) from error
    assert former is not None  # noqa: S101 - it was there, and nobody else is
    return Salvaged(rows, gaps, former)


def _copy(
    database: Path, copy: Path, seconds: float
) -> tuple[dict[str, int], tuple[str, ...]]:
    rows, gaps = {}, []
    with (
        contextlib.closing(open_file(database, seconds)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        _refuse_other_schema(source, database)
        for table in metadata.sorted_tables:
            reading = _Reading(source, table)
            names = ", ".join(column.name for column in table.columns)
            marks = ", ".join("?" for _ in table.columns)
            target.executemany(
                f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608 - names are ours
                reading.rows(),
            )
            rows[table.name] = reading.count
            if reading.gaps:
                gaps.append(table.name)
        target.commit()
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows, tuple(gaps)


def _refuse_other_schema(source: sqlite3.Connection, database: Path) -> None:
    # Where that cannot be read, the columns say whether they are there.
    with contextlib.suppress(sqlite3.DatabaseError):
        query = "SELECT value FROM settings WHERE name = 'schema'"
        for (schema,) in source.execute(query):
            if int(schema) != SCHEMA:
                raise DashboardError(
                    f"The database {database} has schema {schema}, this program "
                    f"salvages {SCHEMA}. Use the program that wrote it."
                )


class _Reading:
    """Reads the rows of a table in their order, over what cannot be read."""

    def __init__(self, source: sqlite3.Connection, table: Table) -> None:
        names = ", ".join(column.name for column in table.columns)
        self._query = (
            f"SELECT rowid, {names} FROM {table.name} WHERE rowid > ? ORDER BY rowid"  # noqa: S608 - names are ours
        )
        self._source = source
        self.count = 0
        self.gaps = 0

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Return the rows, without SQLite's own number."""
        place: int | None = -_LAST
        while place is not None:
            try:
                for number, *row in self._source.execute(self._query, (place,)):
                    place = number
                    self.count += 1
                    yield tuple(row)
                return
            except sqlite3.DatabaseError as error:
                if fault_of(error) in _PASSING:
                    raise
                self.gaps += 1
                # A damaged page takes its rows with it; others lie beyond.
                place = self._beyond(max(place, 0))

    def _beyond(self, place: int) -> int | None:
        """Return the lowest place from where the next row can be read."""
        step = 1
        while not self._reads(place + step):
            step *= 2
            if step > _HALF:
                return None
        low, high = step // 2, step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._reads(place + middle) else (middle, high)
        return place + high

    def _reads(self, place: int) -> bool:
        try:
            self._source.execute(f"{self._query} LIMIT 1", (place,)).fetchall()
        except sqlite3.DatabaseError as error:
            if fault_of(error) in _PASSING:
                raise
            return False
        return True
