"""An engine on the workspace's database: one that is whole, with a schema of today."""

from __future__ import annotations

import contextlib
import functools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, select, text
from sqlalchemy.exc import ArgumentError

from dashboard.errors import DashboardError
from dashboard.storage.database import BUSY_SECONDS, SCHEMA, begin_alone, settings
from dashboard.storage.database_file import copy_database, damage
from dashboard.storage.faults import DatabaseFault, Fault, patiently, say_faults
from dashboard.storage.file_system import NETWORK, file_system
from hcs.extras import extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_LOG = logging.getLogger(__name__)

_CONNECTIONS = 20

_OPENING = 0x68637353
"""PostgreSQL's advisory lock while tables are made or changed."""


def open_database(url: str, make_room: Callable[[], object] = lambda: None) -> Engine:
    """Return an engine on a database whose tables are there and up to date.

    Its errors are `DatabaseFault`.

    Parameters
    ----------
    url
        Where it is.
    make_room
        Called where its disk is full.

    Raises
    ------
    DashboardError
        If it cannot be opened, is damaged, or was written by a newer program.
    """
    if url.startswith("postgresql+psycopg:"):
        with extra("postgres", "A ledger in PostgreSQL"):
            from dashboard.storage.postgres_connection import connect
    try:
        engine = create_engine(
            url,
            pool_pre_ping=not url.startswith("sqlite"),
            # Those that wait for a busy database must leave some to those that read.
            pool_size=_CONNECTIONS,
            max_overflow=_CONNECTIONS,
        )
    except (ArgumentError, ImportError) as error:
        raise DashboardError(
            "The address of the database cannot be used, as it is none or names a "
            "kind without its driver here. Give --database sqlite:///FILE or "
            "postgresql+psycopg://HOST/NAME, or leave it out."
        ) from error
    if engine.dialect.name == "sqlite":
        shared = _shared_file(engine)
        event.listen(
            engine, "connect", functools.partial(_prepare_sqlite, shared=shared)
        )
    elif url.startswith("postgresql+psycopg:"):
        event.listen(engine, "do_connect", connect)
    say_faults(engine, make_room)
    try:
        if engine.dialect.name == "sqlite":
            _refuse_damaged(Path(engine.url.database or ""), make_room)
        schema = patiently(lambda: _schema_of(engine))
        if schema < SCHEMA:
            # Another server may be at it, for longer than one statement waits.
            schema = patiently(lambda: _bring_up_to_date(engine))
    except DatabaseFault as error:
        engine.dispose()
        help = "Choose another with --database or --workspace."
        if error.fault is Fault.BUSY:
            help = "Start again when that has ended."
        raise DashboardError(
            f"The database {engine.url.render_as_string(hide_password=True)} cannot "
            f"be opened. {error} {help}"
        ) from error
    if schema > SCHEMA:
        engine.dispose()
        raise DashboardError(
            f"The database {engine.url.render_as_string(hide_password=True)} has "
            f"schema {schema}, this program knows up to {SCHEMA}. Use the newer "
            f"program, or another --workspace."
        )
    return engine


def _shared_file(engine: Engine) -> bool:
    """Whether the file lies on a network share, which is said once: it is no place."""
    path = Path(engine.url.database or "")
    kind = file_system(path)
    if kind not in NETWORK:
        return False
    _LOG.warning(
        "The database %s lies on a network share (%s). SQLite's locks are not safe "
        "there: put it on a disk of this machine (--workspace), or let several servers "
        "share a PostgreSQL (--database). Until then its log of changes is not used, "
        "and readers wait for writers.",
        path,
        kind,
    )
    return True


def _refuse_damaged(path: Path, make_room: Callable[[], object]) -> None:
    """Refuse a file that is damaged now, and not when somebody needs what it holds."""
    if not path.is_file() or not (wrong := damage(path, make_room)):
        return
    raise DashboardError(
        f"The database {path} is damaged: {wrong}. Nothing was changed. Bring back a "
        f"backup (`hcs-dashboard restore FILE`, which keeps the damaged one), or what "
        f"can still be read of it (`hcs-dashboard salvage`), see docs/deploying.md."
    )


def _prepare_sqlite(connection: Any, record: Any, *, shared: bool) -> None:
    del record
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    with contextlib.suppress(Exception):
        # Readers then never wait for a writer. The log's index is shared memory, which
        # two machines have not; some network folders cannot do it at all.
        cursor.execute(f"PRAGMA journal_mode = {'DELETE' if shared else 'WAL'}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def schema_of_file(path: Path) -> int:
    """Return the schema of the file of a database, 0 for an empty one."""
    engine = create_engine(f"sqlite:///{path.as_posix()}")
    say_faults(engine, lambda: None)
    try:
        return _schema_of(engine)
    finally:
        engine.dispose()


def _schema_of(engine: Engine) -> int:
    with engine.connect() as connection:
        return _schema(connection)


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
    copy = Path(f"{name}.schema-{schema}")
    if copy.exists():
        return
    part = copy.with_name(f"{copy.name}.part")
    try:
        copy_database(Path(name), part)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)
