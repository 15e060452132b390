"""The workspace's database: tables, opening, and the age of its schema."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SCHEMA = 2
"""Raised with every change of a table; an older program refuses a newer database, a
newer program copies an older one and brings it up to date.

1: settings, metric values, events. 2: verdicts (a new table, nothing to convert)."""

BUSY_SECONDS = 15.0
"""How long a writer waits for another one before it gives up."""

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)

metric_values = Table(
    "metric_values",
    metadata,
    Column("plate", String(100), primary_key=True),
    Column("well", String(300), primary_key=True),
    Column("field", String(300), primary_key=True),
    Column("version", String(200), primary_key=True),
    Column("metric", String(200), primary_key=True),
    Column("value", Float, nullable=True),
    Column("reason", Text, nullable=True),
)
"""Never updated: a changed field has another version, a changed definition another
metric (the definition's own id is part of it)."""

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("plate", String(100), nullable=False),
    Column("location", Text, nullable=False),
    Column("well", String(300), nullable=False, default=""),
    Column("field", String(300), nullable=False, default=""),
    Column("action", String(40), nullable=False),
    Column("version", String(200), nullable=False, default=""),
    Column("supersedes", String(200), nullable=False, default=""),
    Column("who", Text, nullable=False),
    Column("known", String(20), nullable=False),
    Column("why", Text, nullable=False, default=""),
    Column("details", Text, nullable=False, default="{}"),
    Index("events_by_plate", "plate", "id"),
)
"""Append-only: an act, its undoing and its failure are rows of their own."""

review_acts = Table(
    "review_acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("plate", String(100), nullable=False),
    Column("batch", String(32), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("well", String(300), nullable=False),
    Column("field", String(300), nullable=False),
    Column("acquisition", String(20), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("known", String(20), nullable=False),
    Column("basis", String(20), nullable=False),
    Column("versions", Text, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("settings", String(40), nullable=False),
    Column("supersedes", String(32), nullable=False),
    Column("target", String(32), nullable=False),
    Index("review_acts_by_plate", "plate", "id"),
    # A page that sends the same act again, after a broken connection, adds nothing.
    UniqueConstraint("plate", "batch", "well", "field", "acquisition"),
    sqlite_autoincrement=True,
)
"""Append-only: see `dashboard.reviews`. Texts are empty where nothing was said."""


def open_database(url: str) -> Engine:
    """Return an engine on a database whose tables are there.

    Raises
    ------
    DashboardError
        If it cannot be opened, or was written by a newer program.
    """
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        found = _found_schema(engine)
        if found is None or found <= SCHEMA:
            if found is not None and found < SCHEMA:
                _keep_copy(engine, found)
            metadata.create_all(engine)
            with engine.begin() as connection:
                found = _schema(connection)
    except DBAPIError as error:
        engine.dispose()
        raise DashboardError(
            f"The database {engine.url.render_as_string(hide_password=True)} cannot "
            f"be opened: {error.orig}. Choose another with --database or --workspace."
        ) from error
    if found > SCHEMA:
        engine.dispose()
        raise DashboardError(
            f"The database {engine.url.render_as_string(hide_password=True)} has "
            f"schema {found}, this program knows up to {SCHEMA}. Use the newer "
            f"program, or another --workspace."
        )
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    del record
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    with contextlib.suppress(Exception):
        # Readers then never wait for a writer; some network folders cannot do it.
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _found_schema(engine: Engine) -> int | None:
    """Return the schema that a database has, None for an empty one."""
    if not inspect(engine).has_table(settings.name):
        return None
    query = select(settings.c.value).where(settings.c.name == "schema")
    with engine.connect() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else int(found)


def _keep_copy(engine: Engine, found: int) -> None:
    """Copy a database's file before it is changed; a server's is its keeper's task."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return
    kept = f"{name}.schema-{found}"
    if Path(kept).exists():
        return
    # Through the database itself: its log may hold what the file does not have yet.
    with (
        contextlib.closing(sqlite3.connect(name)) as source,
        contextlib.closing(sqlite3.connect(kept)) as target,
    ):
        source.backup(target)


def _schema(connection: Connection) -> int:
    query = select(settings.c.value).where(settings.c.name == "schema")
    found = connection.execute(query).scalar()
    if found is not None and int(found) < SCHEMA:
        connection.execute(
            update(settings)
            .where(settings.c.name == "schema")
            .values(value=str(SCHEMA))
        )
        return SCHEMA
    if found is None:
        try:
            with connection.begin_nested():
                connection.execute(
                    insert(settings).values(name="schema", value=str(SCHEMA))
                )
        except IntegrityError:
            # Another server made the same new database at the same moment.
            found = connection.execute(query).scalar()
    return SCHEMA if found is None else int(found)
