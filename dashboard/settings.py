"""Settings that people made, kept in the workspace: of a project or of a plate.

A project is a folder of plates, until somebody says otherwise: plates of one folder
share what a column of their plate maps means.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import math
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DashboardError
from dashboard.off_loop import SOON, OffLoop, on_event_loop
from dashboard.storage.database import (
    SIGNING,
    also_alone,
    begin_alone,
    settings,
)
from dashboard.storage.faults import DatabaseFault, patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine

_LOG = logging.getLogger(__name__)

_CHANGING = 0x68637365
"""PostgreSQL's advisory lock while a value becomes another one."""

_FRESH_SECONDS = 2.0
"""Pages ask with each revision; another server's change may take so long to show.

After half of it they have all that is in use read again, in one statement: whoever
judges meanwhile need not wait for any of it."""

_IN_USE_SECONDS = 30.0
"""After a setting was asked for last."""

_MOST_AT_ONCE = 100
"""That one statement reads."""

_READ = select(settings.c.name, settings.c.value).where(
    settings.c.name.in_(bindparam("names", expanding=True))
)

_MOST_NAMES = 4096
"""Of settings, that are remembered: pages ask for the same some hundred times with
each verdict."""

_WORKSPACE_ID = "workspace-id"


class Settings:
    """Named JSON values in the workspace's database.

    Event loops read memory: `get` hands out what was read last, and has it read again
    in a thread. Only what nobody has read yet, or what was just changed here, is
    waited for, and for a moment only.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._fresh: dict[str, tuple[float, Any]] = {}
        self._last_read: dict[str, tuple[str | None, Any]] = {}
        """What was read, as it is spelled, too; also where it has changed since."""

        self._asked: dict[str, float] = {}
        """When each was asked for last."""

        self._changes = 0
        self._differences = 0
        """How often something else was read than the last time."""

        self._reader = OffLoop()
        self._of_thread = threading.local()

    @contextlib.contextmanager
    def together(self, locks: Sequence[tuple[int, str]] = ()) -> Iterator[Connection]:
        """Keep all that this thread keeps in the block, or none of it where it raises.

        Nobody signs a plate off meanwhile, in any process that has this database; what
        is read in the block is what is kept at that moment. Yields the transaction.

        Parameters
        ----------
        locks
            What else it is alone in, see `also_alone`; in the order of the names.

        Raises
        ------
        DashboardError
            If the database is busy for too long or cannot be written.
        """
        try:
            with patiently(lambda: self._alone(locks)) as connection:
                self._of_thread.connection = connection
                yield connection
                connection.commit()
        except DatabaseFault as error:
            raise DashboardError(
                f"It was not kept. {error} Try again in a moment."
            ) from error
        finally:
            self._of_thread.connection = None
            self._changed()

    def workspace_id(self) -> str:
        """Return `Service.workspace_id`, which who asks first decides."""
        if self.fresh(_WORKSPACE_ID) is None:
            proposed = secrets.token_hex(16)
            self.change(lambda known: known or proposed, _WORKSPACE_ID)
        return str(self.fresh(_WORKSPACE_ID))

    @property
    def stamp(self) -> int | None:
        """What grows with each change that was kept here, or read (fast).

        None in the transaction of a thread, which sees what nobody else does yet.
        """
        return None if self._transaction else self._changes + self._differences

    def read_anew(self) -> None:
        """Have all read anew: what is read next is what is kept then."""
        self._changed()

    def _alone(self, locks: Sequence[tuple[int, str]]) -> Connection:
        connection = self._engine.connect()
        try:
            for lock, name in locks:
                also_alone(connection, lock, name)
            begin_alone(connection, SIGNING)
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def _transaction(self) -> Connection | None:
        """The transaction of this thread, where it has one."""
        return getattr(self._of_thread, "connection", None)

    def get(self, kind: str, *whose: str) -> Any:
        """Return what was kept, None where nothing was; seconds old at most."""
        name = _name(kind, whose)
        if self._transaction is not None:
            return _value(self._texts(name)[name])
        moment = self._asked[name] = time.monotonic()
        read, value = self._fresh.get(name, (-math.inf, None))
        if moment - read <= _FRESH_SECONDS / 2:
            return value
        if not on_event_loop():
            return self._renew(name) if moment - read > _FRESH_SECONDS else value
        known = name in self._fresh
        # With the count, for a reading that began before a change is of no use after.
        key = "" if known else name, self._changes
        patience = 0.0 if known else SOON
        try:
            self._reader.run(key, lambda: self._renew(name), _nothing, patience)
        except DashboardError as error:
            if name not in self._last_read:
                raise
            _LOG.warning("What was read last is used on: %s", error)
        return self._last_read.get(name, (None, None))[1]

    def _renew(self, name: str) -> Any:
        """Read a value, with all in use that are old; equal ones stay one object."""
        changes, values = self._changes, {}
        for key, text in self._texts(name, *self._due()).items():
            spelled, before = self._last_read.get(key, ("", None))
            # Most are as they were, and some are large.
            value = before if spelled == text else _value(text)
            if before == value:
                value = before
            else:
                self._differences += 1
            if changes == self._changes:
                self._last_read[key] = text, value
                self._fresh[key] = time.monotonic(), value
            values[key] = value
        return values[name]

    def _due(self) -> list[str]:
        """Return what is in use and was not read for a while."""
        moment, due = time.monotonic(), []
        for name, asked in tuple(self._asked.items()):
            if moment - asked > _IN_USE_SECONDS:
                self._asked.pop(name, None)
            elif moment - self._fresh.get(name, (-math.inf,))[0] > _FRESH_SECONDS / 2:
                due.append(name)
        return due[:_MOST_AT_ONCE]

    def _changed(self, *names: str) -> None:
        """Have settings read anew, all where none is named."""
        self._changes += 1
        for name in names or tuple(self._fresh):
            self._fresh.pop(name, None)

    def close(self) -> None:
        """Finish what is being read."""
        self._reader.close()

    def forget(self, kind: str, *whose: str) -> None:
        """Have a value read anew that another process may have changed."""
        self._changed(_name(kind, whose))

    def fresh(self, kind: str, *whose: str) -> Any:
        """Return what is kept now, and remember nothing: for what is large."""
        name = _name(kind, whose)
        return _value(self._texts(name)[name])

    def _texts(self, *names: str) -> dict[str, str | None]:
        """Return what is kept now, as it is spelled, by name."""
        asked = {"names": names}
        try:
            if self._transaction is not None:
                rows = self._transaction.execute(_READ, asked).all()
            else:
                with self._engine.connect() as connection:
                    rows = connection.execute(_READ, asked).all()
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise DashboardError(
                f"Settings cannot be read now ({reason}). Is the database running? "
                f"Try again in a moment."
            ) from error
        return dict.fromkeys(names) | {row.name: row.value for row in rows}

    def change(self, make: Callable[[Any], Any], kind: str, *whose: str) -> None:
        """Keep what `make` returns for what is kept; nobody writes in between.

        Parameters
        ----------
        make
            Gets the value, None where nothing is kept; what it returns is kept instead,
            None forgets it. Called again where the database was busy.
        """
        name = _name(kind, whose)
        query = select(settings.c.value).where(settings.c.name == name)
        if self._transaction is not None:
            also_alone(self._transaction, _CHANGING, name)
            spelled = _spelled(make(_value(self._texts(name)[name])))
            self._write(self._transaction, {name: spelled})
            return

        def write() -> None:
            with self._engine.connect() as connection:
                begin_alone(connection, _CHANGING, name)
                value = make(_value(connection.execute(query).scalar()))
                self._write(connection, {name: _spelled(value)})
                connection.commit()

        patiently(write)
        self._changed(name)

    def put(self, value: Any, kind: str, *whose: str) -> None:
        """Keep a value instead of the one before; None forgets it."""
        self.put_all({(kind, *whose): value})

    def put_all(self, values: Mapping[tuple[str, ...], Any]) -> None:
        """Keep several values, all of them or none.

        In one transaction: each for itself has the disk made safe as often, and keeps
        whoever judges from writing meanwhile.

        Parameters
        ----------
        values
            By kind and whose they are.
        """
        # Spelled first: whoever judges waits while the database is written.
        named = {
            _name(key[0], key[1:]): _spelled(value) for key, value in values.items()
        }
        if self._transaction is not None:
            self._write(self._transaction, named)
            return

        def write() -> None:
            with self._engine.begin() as connection:
                self._write(connection, named)

        patiently(write)
        self._changed(*named)

    def _write(self, connection: Connection, named: Mapping[str, str | None]) -> None:
        gone = [name for name, text in named.items() if text is None]
        rows = [{"name": name, "value": text} for name, text in named.items() if text]
        if gone:
            connection.execute(delete(settings).where(settings.c.name.in_(gone)))
        if rows:
            dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
            # In one step: two who keep the same at once must not collide.
            add = dialect.insert(settings)
            add = add.on_conflict_do_update(
                index_elements=["name"], set_={"value": add.excluded.value}
            )
            connection.execute(add, rows)


def _spelled(value: Any) -> str | None:
    return None if value is None else json.dumps(value, allow_nan=False)


def project_of(location: str) -> str:
    """Return the project that a plate belongs to by where it is: its folder.

    >>> project_of("/data/screen/plate1.ome.zarr/")
    '/data/screen'
    """
    return location.rstrip("/\\").replace("\\", "/").rpartition("/")[0]


@functools.lru_cache(_MOST_NAMES)
def _name(kind: str, whose: tuple[str, ...]) -> str:
    """Return a name of bounded length; locations may be long."""
    text = "\n".join(whose)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _nothing() -> None:
    """Pages ask again by themselves."""


def _value(text: Any) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        # Not written by this program; as good as nothing.
        return None
