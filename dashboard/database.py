"""The workspace's database: tables, opening, and the age of its schema."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from dashboard.errors import DashboardError
from hcs.extras import extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_Result = TypeVar("_Result")

SCHEMA = 6
"""Raised with every change of a table, which is a step in `dashboard.migrations`; an
older program refuses a newer database, a newer program copies an older one and brings
it up to date."""

SIGNING = 0x68637367
"""PostgreSQL's advisory lock of whoever signs a plate off or changes what a sign-off
covers: none of them may come between another one's look and its writing."""

BUSY_SECONDS = 15.0
"""How long a writer waits for another one before it gives up."""

_REST_SECONDS = 0.2

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

_OPENING = 0x68637353
"""PostgreSQL's advisory lock while tables are made or changed."""


def open_database(url: str) -> Engine:
    """Return an engine on a database whose tables are there and up to date.

    Raises
    ------
    DashboardError
        If it cannot be opened, is damaged, or was written by a newer program.
    """
    if url.startswith("postgresql+psycopg:"):
        with extra("postgres", "A ledger in PostgreSQL"):
            import psycopg  # noqa: F401 - the engine imports it, with less to say
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (ArgumentError, ImportError) as error:
        raise DashboardError(
            "The address of the database cannot be used, as it is none or names a "
            "kind without its driver here. Give --database sqlite:///FILE or "
            "postgresql+psycopg://HOST/NAME, or leave it out."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        _refuse_damaged(engine)
    try:
        with engine.connect() as connection:
            schema = _schema(connection)
        if schema < SCHEMA:
            schema = _bring_up_to_date(engine)
    except DBAPIError as error:
        engine.dispose()
        raise DashboardError(
            f"The database {engine.url.render_as_string(hide_password=True)} cannot "
            f"be opened: {error.orig}. Choose another with --database or --workspace."
        ) from error
    if schema > SCHEMA:
        engine.dispose()
        raise DashboardError(
            f"The database {engine.url.render_as_string(hide_password=True)} has "
            f"schema {schema}, this program knows up to {SCHEMA}. Use the newer "
            f"program, or another --workspace."
        )
    return engine


def _refuse_damaged(engine: Engine) -> None:
    """Refuse a file that is damaged now, and not when somebody needs what it holds."""
    path = Path(engine.url.database or "")
    if not path.is_file() or not (wrong := damage(path)):
        return
    engine.dispose()
    raise DashboardError(
        f"The database {path} is damaged: {wrong}. Nothing was changed. Bring back a "
        f"backup (`hcs-dashboard restore FILE`, which keeps the damaged one), or what "
        f"can still be read of it (`sqlite3 {path.name} .recover`), see "
        f"docs/deploying.md."
    )


def _prepare_sqlite(connection: Any, record: Any) -> None:
    del record
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    with contextlib.suppress(Exception):
        # Readers then never wait for a writer; some network folders cannot do it.
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def damage(path: Path) -> str:
    """Return what is wrong with the file of a database, "" where nothing is (slow)."""
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            ((said,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        return str(error)
    return "" if said == "ok" else str(said).splitlines()[-1]


def schema_of_file(path: Path) -> int:
    """Return the schema of the file of a database, 0 for an empty one."""
    engine = create_engine(f"sqlite:///{path.as_posix()}")
    try:
        with engine.connect() as connection:
            return _schema(connection)
    finally:
        engine.dispose()


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


def patiently(work: Callable[[], _Result], attempts: int = 2) -> _Result:
    """Do work, and again where the database was busy for longer than it waits."""
    for attempt in range(1, attempts):
        try:
            return work()
        except OperationalError:
            time.sleep(_REST_SECONDS * attempt)
    return work()


def _schema(connection: Connection) -> int:
    """Return the schema that a database has, 0 for an empty one."""
    tables = inspect(connection)
    schema = 0
    if tables.has_table("settings"):
        query = select(settings.c.value).where(settings.c.name == "schema")
        noted = connection.execute(query).scalar()
        # Programs before Alembic made the tables first and noted the schema then.
        schema = 0 if noted is None else int(noted)
    if tables.has_table("alembic_version"):
        revision = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar()
        schema = max(
            schema, int(revision) if revision and str(revision).isdigit() else 0
        )
    return schema


def _bring_up_to_date(engine: Engine) -> int:
    """Make what is missing; return the schema, which another may have raised."""
    with engine.connect() as connection:
        begin_alone(connection, _OPENING)
        schema = _schema(connection)
        if schema < SCHEMA:
            if schema:
                _keep_copy(engine, schema)
            _migrate(connection, schema)
            schema = SCHEMA
        connection.commit()
    return schema


def _migrate(connection: Connection, schema: int) -> None:
    # Only who migrates waits for it to load.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    folder = str(Path(__file__).with_name("migrations"))
    script = ScriptDirectory(folder, version_locations=[folder])
    context = MigrationContext.configure(
        connection,
        opts={"fn": lambda revisions, _: script._upgrade_revs("head", revisions)},
    )
    if schema:
        context.stamp(script, f"{schema:04}")
    with context.begin_transaction(), Operations.context(context):
        context.run_migrations()
    # Earlier programs look here, and refuse.
    connection.execute(settings.delete().where(settings.c.name == "schema"))
    connection.execute(settings.insert().values(name="schema", value=str(SCHEMA)))


def _keep_copy(engine: Engine, schema: int) -> None:
    """Copy a database's file before it is changed; a server's is its keeper's task."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return
    copy = f"{name}.schema-{schema}"
    if Path(copy).exists():
        return
    # Through the database itself: its log may hold what the file does not have yet.
    with (
        contextlib.closing(sqlite3.connect(name)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
