"""What is wrong with the database, in words, and what is done about it.

Every error of a driver becomes a `DatabaseFault` where it is met, so that whoever asked
says the same of it; but for a row that is there already, which is an answer.
"""

from __future__ import annotations

import enum
import logging
import math
import shutil
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from dashboard.errors import DashboardError
from dashboard.off_loop import on_event_loop
from hcs.deadline import is_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_LOG = logging.getLogger(__name__)

_Result = TypeVar("_Result")

PATIENCE_SECONDS = 60.0
"""So long an act waits for a database that another program holds."""

_REST_SECONDS = 0.2

_LOG_SECONDS = 60.0
"""Between two lines of the log that say the same of a database."""

_LEAST_FREE = 1 << 20
"""With less than that, an error of the disk is taken for want of room."""

_BACK = (
    "Stop the server and bring back a backup (`hcs-dashboard restore FILE`, which "
    "keeps the damaged one), or what can still be read of it "
    "(`hcs-dashboard salvage`), see docs/deploying.md."
)


class Fault(enum.Enum):
    """What is wrong with a database."""

    BUSY = "The database is busy: another program holds it"
    FULL = "The disk of the database is full: free some space on it"
    READ_ONLY = "The database cannot be written"
    DAMAGED = "The database is damaged"
    SILENT = "The database does not answer. Is it running?"
    OTHER = "The database cannot be used now"


_SQLITE = {
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.DAMAGED,
}

_POSTGRESQL = {
    "55P03": Fault.BUSY,  # lock_not_available
    "57014": Fault.BUSY,  # query_canceled, as by statement_timeout
    "40P01": Fault.BUSY,  # deadlock_detected
    "40001": Fault.BUSY,  # serialization_failure
    "53100": Fault.FULL,  # disk_full
    "25006": Fault.READ_ONLY,  # read_only_sql_transaction
    "XX001": Fault.DAMAGED,  # data_corrupted
    "XX002": Fault.DAMAGED,  # index_corrupted
}


class DatabaseFault(DashboardError, SQLAlchemyError):
    """The database could not do what it was asked; nothing of that was kept.

    Parameters
    ----------
    fault
        What is wrong with it.
    reason
        What its driver said.
    folder
        On the disk that is full, where that may be named.
    """

    def __init__(self, fault: Fault, reason: str, folder: Path | None = None) -> None:
        self.fault = fault
        self.folder = folder if fault is Fault.FULL else None
        words = fault.value
        if self.folder is not None:
            words = words.replace("the database", str(folder))
        way_back = f" {_BACK}" if fault is Fault.DAMAGED else ""
        super().__init__(f"{words} ({reason}).{way_back}")


def fault_of(error: BaseException, *, disconnected: bool = False) -> Fault:
    """Return what an error of a driver says of its database."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        # The lower byte; the others say where it was met.
        return _SQLITE.get(code & 0xFF, Fault.OTHER)
    if isinstance(error, sqlite3.DatabaseError):
        return Fault.OTHER
    state = getattr(error, "sqlstate", None)
    if state is None or disconnected:
        return Fault.SILENT
    return _POSTGRESQL.get(state, Fault.OTHER)


def fault_of_file(error: sqlite3.Error, path: Path) -> DatabaseFault:
    """Return what an error of SQLite says of the file of a database, or of its disk."""
    fault = fault_of(error)
    if fault is Fault.OTHER and _has_no_room(path, error):
        fault = Fault.FULL
    return DatabaseFault(fault, str(error), path.parent)


def say_faults(engine: Engine, make_room: Callable[[], object]) -> None:
    """Have every error of an engine's driver become a `DatabaseFault`.

    Parameters
    ----------
    engine
        The engine.
    make_room
        Called where its disk is full, before that is said: `patiently` tries again.
    """
    logged_at: dict[Fault, float] = {}

    def explain(context: Any) -> DatabaseFault | None:
        error = context.original_exception
        if isinstance(context.sqlalchemy_exception, IntegrityError):
            return None
        fault = fault_of(error, disconnected=bool(context.is_disconnect))
        path = Path(engine.url.database or "")
        if fault is Fault.OTHER and _has_no_room(path, error):
            fault = Fault.FULL
        if fault is Fault.FULL:
            make_room()
        lines = str(error).strip().splitlines() or [type(error).__name__]
        said = DatabaseFault(fault, lines[0])
        # Everything that looks now and then meets the same: one line tells of all.
        moment = time.monotonic()
        if moment - logged_at.get(fault, -math.inf) > _LOG_SECONDS:
            logged_at[fault] = moment
            _LOG.warning("%s", said)
        return said

    event.listen(engine, "handle_error", explain, retval=True)


def _has_no_room(path: Path, error: BaseException) -> bool:
    """Whether SQLite failed at its files because their disk is full."""
    if (getattr(error, "sqlite_errorcode", 0) & 0xFF) != sqlite3.SQLITE_IOERR:
        return False
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE
    except OSError:
        # Who cannot look cannot say that it is full.
        return False


def patiently(
    work: Callable[[], _Result], seconds: float = PATIENCE_SECONDS
) -> _Result:
    """Do work, and again while the database is busy, or once if it failed otherwise.

    Raises
    ------
    DatabaseFault
        If it was busy for all that time, or failed twice; of a damaged one at once.
    """
    # Whoever is on an event loop keeps all others from theirs.
    end = time.monotonic() + (0.0 if on_event_loop() else seconds)
    failed = False
    while True:
        try:
            return work()
        except DatabaseFault as error:
            busy = error.fault is Fault.BUSY
            if error.fault in (Fault.DAMAGED, Fault.READ_ONLY):
                raise
            if time.monotonic() > end if busy else failed:
                raise
            if is_over():  # the server ends
                raise
            failed = failed or not busy
        time.sleep(_REST_SECONDS)
