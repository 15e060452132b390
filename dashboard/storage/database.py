"""The workspace's database: its tables, and transactions on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dashboard.storage.faults import patiently

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine, Insert

SCHEMA = 6
"""Raised with every change of a table, which is a step in `migrations` beside this; an
older program refuses a newer database, a newer program copies an older one and brings
it up to date."""

SIGNING = 0x68637367
"""PostgreSQL's advisory lock of whoever signs a plate off or changes what a sign-off
covers: none of them may come between another one's look and its writing."""

BUSY_SECONDS = 5.0
"""How long one statement waits for another writer; see `patiently`, which goes on."""

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

measured_planes = Table(
    "measured_planes",
    metadata,
    Column("plate", String(100), primary_key=True),
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("well", String(300), primary_key=True),
    Column("field", String(300), primary_key=True),
    Column("version", String(200), primary_key=True),
    Column("t", Integer, primary_key=True, autoincrement=False),
    Column("z", Integer, primary_key=True, autoincrement=False),
    Column("exact", String(64), nullable=False),
    Column("coarse", String(200), nullable=False),
    Column("mean", Float, nullable=True),
    Column("light", LargeBinary, nullable=True),
)
"""Never updated, as `metric_values`: see `hcs.qc.PlaneDigest` and `hcs.qc.Light`. By
channel first, since a plate's planes are asked for by channel."""

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
    Column("details", Text, nullable=False, server_default="{}"),
    Index("review_acts_by_plate", "plate", "id"),
    # A page that sends the same act again, after a broken connection, adds nothing.
    UniqueConstraint("plate", "batch", "well", "field", "acquisition"),
    sqlite_autoincrement=True,
)
"""Append-only: see `dashboard.reviews`. Texts are empty where nothing was said."""


settings_revisions = Table(
    "settings_revisions",
    metadata,
    Column("revision", String(40), primary_key=True),
    Column("at", String(40), nullable=False),
    Column("document", Text, nullable=False),
)
"""What a verdict's settings revision stands for; a row is never changed."""

account_acts = Table(
    "account_acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("act", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("known", String(20), nullable=False),
    Column("address", String(100), nullable=False),
    Column("session", String(40), nullable=False),
    Column("details", Text, nullable=False),
)
"""What accounts did, the newest of it; see `dashboard.accounts.audit`."""

presence = Table(
    "presence",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("plate", String(100), nullable=False),
    Column("who", Text, nullable=False),
    Column("known", String(20), nullable=False),
    Column("well", String(300), nullable=False),
    Column("field", String(300), nullable=False),
    Column("deciding", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Index("presence_by_plate", "plate", "at"),
)
"""Who looks at what: a row a page, replaced as it moves and dropped as it goes."""

import_jobs = Table(
    "import_jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("choices", Text, nullable=False),
    Column("stamp", String(100), nullable=False),
    Column("fingerprint", String(100), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("seconds_left", Float, nullable=True),
    Column("bytes", Float, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("beat", Integer, nullable=False),
    Column("wish", String(10), nullable=False),
    Column("summary", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("known", String(20), nullable=False),
    Column("at", String(40), nullable=False),
    Column("changed", String(40), nullable=False),
    Index("import_jobs_by_state", "state", "at"),
)
"""Exports that are, were or will be imported: see `dashboard.inbox`. `key` stands for
source, part and folder, so that nothing is taken twice; texts are empty where nothing
is known yet."""


def begin_alone(connection: Connection, lock: int, name: str = "") -> None:
    """Begin a transaction that waits until it is the only one of its kind.

    Parameters
    ----------
    connection
        Has no transaction yet.
    lock, name
        What it is alone in, where the database tells one thing from another. SQLite
        has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        # A transaction that reads first and writes then would fail at once where
        # another has written in between, instead of waiting for its turn.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        also_alone(connection, lock, name)


def also_alone(connection: Connection, lock: int, name: str = "") -> None:
    """Let a transaction that is alone wait until it is so in another thing as well.

    Locks are taken in one order: those of plates by their ids, then `SIGNING`, then
    those of settings.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(:name))"),
            {"lock": lock, "name": name},
        )


def insert_all(engine: Engine, statement: Insert, rows: Sequence[Any]) -> None:
    """Insert rows in a transaction of their own, once the database is not busy."""

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(statement, rows)

    patiently(write)
