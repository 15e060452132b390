"""The file of an SQLite database itself: whether it is whole, and copies of it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from typing import TYPE_CHECKING

from dashboard.storage.database import BUSY_SECONDS
from dashboard.storage.faults import (
    PATIENCE_SECONDS,
    DatabaseFault,
    Fault,
    fault_of_file,
    patiently,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG = logging.getLogger(__name__)


def damage(
    path: Path,
    make_room: Callable[[], object] = lambda: None,
    seconds: float = PATIENCE_SECONDS,
) -> str:
    """Return what is wrong with the file of a database, "" where nothing is (slow).

    Parameters
    ----------
    path
        The file.
    make_room
        Called where its disk is full, before it is looked at once more.
    seconds
        How long another program may hold it.

    Raises
    ------
    DatabaseFault
        If that cannot be known now: it is held, its disk is full, nobody may read it.
    """
    said: set[Fault] = set()

    def check() -> str:
        try:
            with contextlib.closing(open_file(path, seconds)) as connection:
                query = "PRAGMA quick_check(1)"
                ((answer,),) = connection.execute(query).fetchall()
        except sqlite3.Error as error:
            fault = fault_of_file(error, path)
            if fault.fault is Fault.DAMAGED:
                return str(error)
            if fault.fault not in said:
                _LOG.warning("%s: %s", path, fault)
            said.add(fault.fault)
            if fault.fault is Fault.FULL:
                make_room()
            raise fault from error
        return "" if answer == "ok" else str(answer).splitlines()[-1]

    return patiently(check, seconds)


def copy_database(
    source: Path, target: Path, seconds: float = PATIENCE_SECONDS
) -> None:
    """Copy a database, which may be in use meanwhile.

    What its log holds, and the file not yet, is copied too.

    Parameters
    ----------
    source, target
        Files; the second is made, and may be there in part after an error.
    seconds
        How long another program may hold it.

    Raises
    ------
    DatabaseFault
        If it is held for longer, cannot be read, or the disk of `target` is full.
    """
    end = time.monotonic() + seconds

    def wait(status: int, *_: int) -> None:
        # Python tries again for ever.
        is_held = status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if is_held and time.monotonic() > end:
            raise DatabaseFault(Fault.BUSY, f"for {seconds:g} seconds")

    try:
        with (
            contextlib.closing(open_file(source, seconds)) as connection,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            connection.backup(copy, progress=wait)
    except sqlite3.Error as error:
        # Only what is written can be full; what it reads may want for a log's index.
        is_full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise fault_of_file(error, target if is_full else source) from error


def open_file(path: Path, seconds: float = PATIENCE_SECONDS) -> sqlite3.Connection:
    """Return a connection that reads a file; each statement waits so long for it.

    A journal beside it is that of a program that writes, or was killed while it did:
    SQLite takes back what that left half written, which only who may write can.
    """
    journal = path.with_name(f"{path.name}-journal")
    mode = "rw" if journal.exists() else "ro"
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=min(seconds, BUSY_SECONDS))
