"""A connection to PostgreSQL that does not wait for ever.

A server that was stopped, or a network that swallows packets, answers nothing: the
connection stays open, and libpq waits. Threads that wait so are lost to everybody.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator

SILENT_SECONDS = 30.0
"""A server that says nothing for so long during one statement is taken for away."""

LOCK_SECONDS = 5
"""How long a statement waits for a lock of another one; see `patiently`."""

_CONNECT_SECONDS = 10


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose every wait for the server has an end."""

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """Wait for the server as psycopg does, and not longer than `SILENT_SECONDS`.

        Raises
        ------
        psycopg.OperationalError
            If it said nothing; the connection is closed then.
        """
        end = time.monotonic() + SILENT_SECONDS
        return super().wait(self._until(gen, end), *arguments, **named)

    def _until(self, gen: Any, end: float) -> Generator[Any, Any, Any]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(
                        f"no answer within {SILENT_SECONDS:g} s"
                    )
                wanted = gen.send(ready)
        except StopIteration as ended:
            return ended.value


def connect(
    dialect: object, record: object, arguments: Any, named: dict[str, Any]
) -> PatientConnection:
    """Return a connection, for SQLAlchemy's event ``do_connect``."""
    del dialect, record
    named.setdefault("connect_timeout", _CONNECT_SECONDS)
    connection = PatientConnection.connect(*arguments, **named)
    connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    connection.commit()
    return connection
