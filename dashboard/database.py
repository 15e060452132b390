"""The workspace's database: tables, opening, and the age of its schema."""

from __future__ import annotations

import contextlib
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
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SCHEMA = 1
"""Raised with every change of a table; an older program refuses a newer database."""

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


def _schema(connection: Connection) -> int:
    query = select(settings.c.value).where(settings.c.name == "schema")
    found = connection.execute(query).scalar()
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
