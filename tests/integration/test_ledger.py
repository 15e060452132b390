"""The ledger on SQLite and on PostgreSQL: real databases, real processes."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, event, text

from dashboard.errors import DashboardError
from dashboard.inbox.jobs import ImportJobs
from dashboard.inbox.values import JobChoices, JobState
from dashboard.reviews.acts import ReviewAct, Subject, new_batch
from dashboard.reviews.ledger import Ledger
from dashboard.reviews.verdicts import Verdicts
from dashboard.settings import Settings
from dashboard.storage.database import SCHEMA, metadata
from dashboard.storage.engine import open_database
from tests.integration.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

EACH = 12
WRITERS = 4


def processes() -> ForkServerContext:
    """Return what starts processes that have loaded all of this, once for all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return
    address = request.getfixturevalue("server")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    name = f"d{new_batch()}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    yield f"{address.rpartition('/')[0]}/{name}"


def act(who: str, well: str, **more: object) -> ReviewAct:
    made = ReviewAct(
        kind="verdict",
        batch=new_batch(),
        who=who,
        known="typed",
        subject=Subject(well),
        verdict="fail",
        reason="focus",
        basis="field",
        note="größer – \N{MICROSCOPE} '; DROP TABLE review_acts",
        versions={"/0": "v1"},
        metrics={"focus.0": -6.125, "mean.0": None},
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def test_case_41_what_is_added_comes_back_as_it_was(url: str) -> None:
    engine = open_database(url)
    ledger = Ledger(engine)
    mine = act("Ada", "A/1")
    rows = ledger.append("p", 0, lambda new: [mine])
    assert [dataclasses.replace(row, id=0, at="") for row in rows] == [mine]
    assert ledger.since("p") == rows
    assert ledger.since("p", rows[-1].id) == []
    assert ledger.since("another") == []
    assert ledger.last("p") == rows[-1].id
    engine.dispose()


def test_the_same_act_twice_is_one(url: str) -> None:
    engine = open_database(url)
    ledger = Ledger(engine)
    mine = act("Ada", "A/1")
    ledger.append("p", 0, lambda new: [mine])
    with pytest.raises(DashboardError, match="in the ledger already"):
        ledger.append("p", 0, lambda new: [mine])
    assert len(ledger.since("p")) == 1
    engine.dispose()


def write_many(url: str, who: str) -> None:
    """Add acts that each build on what holds, as a server of its own would."""
    engine = open_database(url)
    ledger, verdicts = Ledger(engine), Verdicts()

    def take(new: list[ReviewAct]) -> None:
        for added in new:
            if added.id > verdicts.last:
                verdicts.add(added)

    for number in range(EACH):
        well = f"A/{number % 3 + 1}"

        def make(new: list[ReviewAct], well: str = well) -> list[ReviewAct]:
            take(new)
            held = verdicts.holds(Subject(well))
            return [act(who, well, supersedes=held.batch if held else "")]

        take(ledger.append("p", verdicts.last, make))
    engine.dispose()


def test_concurrent_processes_lose_nothing_and_know_of_each_other(url: str) -> None:
    engine = open_database(url)
    context = processes()
    names = [f"writer {number}" for number in range(WRITERS)]
    workers = [context.Process(target=write_many, args=(url, who)) for who in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert [worker.exitcode for worker in workers] == [0] * WRITERS
    rows = Ledger(engine).since("p")
    engine.dispose()
    assert sorted(row.who for row in rows) == sorted(names * EACH)
    # Each row names the one that stood before it: nobody decided on something old.
    held: dict[str, str] = {}
    for row in rows:
        assert row.supersedes == held.get(row.subject.well, "")
        held[row.subject.well] = row.batch


def test_case_63_a_busy_database_says_so_and_adds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    engine = open_database(f"sqlite:///{file}")
    event.listen(
        engine,
        "checkout",
        lambda connection, *_: connection.execute("PRAGMA busy_timeout = 20"),
    )
    ledger = Ledger(engine, patience=0.1)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DashboardError, match=r"is busy.*What you typed is kept"):
        ledger.append("p", 0, lambda new: [act("Ada", "A/1")])
    holder.execute("COMMIT")
    holder.close()
    assert ledger.since("p") == []
    assert len(ledger.append("p", 0, lambda new: [act("Ada", "A/1")])) == 1
    engine.dispose()


def test_the_steps_of_migration_come_to_the_tables_that_are_used(url: str) -> None:
    engine = open_database(url)
    options = {"compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == f"{SCHEMA:04}"
    engine.dispose()


def test_imports_are_shared_by_the_servers_of_a_database(url: str) -> None:
    engines = [open_database(url), open_database(url)]
    ours, theirs = map(ImportJobs, engines)
    for source in ("/in/a", "/in/b", "/in/a"):
        ours.add(source, "/out", JobChoices(), origin="page", who="Ada", known="typed")
    assert len(theirs.recent()) == 2
    taken = [jobs.take(lambda job: True) for jobs in (ours, theirs)]
    assert {job.source for job in taken} == {"/in/a", "/in/b"}
    places = [f"/out/P{suffix}" for suffix in ("", " 2")]
    targets = [
        jobs.claim_target(job, f"digest of {job.source}", iter(places))[0]
        for jobs, job in zip((ours, theirs), taken, strict=True)
    ]
    assert targets == places
    assert theirs.beat(taken[0].id) is None
    assert ours.end(taken[0].id, JobState.DONE, "", fields={"A/1/0": "x"})
    assert theirs.fields(taken[0].id) == {"A/1/0": "x"}
    for engine in engines:
        engine.dispose()


def test_verdicts_of_the_schema_before_alembic_are_kept(url: str) -> None:
    """The tables are made as the program of schema 2 made them."""
    engine = create_engine(url)
    old = MetaData()
    for table in ("settings", "metric_values", "events", "review_acts"):
        metadata.tables[table].to_metadata(old)
    acts = old.tables["review_acts"]
    acts._columns.remove(acts.c.details)
    old.create_all(engine)
    row = {
        column.name: "x"
        for column in acts.columns
        if column.name not in ("id", "versions", "metrics")
    }
    row |= {"kind": "verdict", "versions": '{"/0": "v"}', "metrics": "{}"}
    row |= {"plate": "p", "acquisition": "", "note": "größer"}
    with engine.begin() as connection:
        connection.execute(acts.insert(), row)
        connection.execute(
            old.tables["settings"].insert(), {"name": "schema", "value": "2"}
        )
    engine.dispose()
    for _ in range(2):
        engine = open_database(url)
        (upgraded,) = Ledger(engine).since("p")
        assert (upgraded.note, upgraded.versions, upgraded.details) == (
            "größer",
            {"/0": "v"},
            {},
        )
        engine.dispose()
    engine = open_database(url)
    mine = act("Ada", "A/1", details={"why": "größer"})
    assert Ledger(engine).append("p", 0, lambda new: [mine])[1].details == mine.details
    engine.dispose()


def keep_many(url: str, who: str) -> None:
    engine = open_database(url)
    settings = Settings(engine)
    for number in range(EACH):
        settings.put({"who": who, "number": number}, "shared", "project")
        settings.put(number, "own", who)
    engine.dispose()


def test_many_processes_open_a_new_database_and_keep_settings_at_once(
    url: str,
) -> None:
    context = processes()
    names = [f"writer {number}" for number in range(WRITERS)]
    workers = [context.Process(target=keep_many, args=(url, who)) for who in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert [worker.exitcode for worker in workers] == [0] * WRITERS
    engine = open_database(url)
    settings = Settings(engine)
    assert [settings.get("own", who) for who in names] == [EACH - 1] * WRITERS
    assert settings.get("shared", "project")["number"] == EACH - 1
    engine.dispose()


CRASH = """
import sys
from dashboard.storage.engine import open_database
from dashboard.reviews.acts import ReviewAct, Subject, new_batch
from dashboard.reviews.ledger import Ledger
ledger = Ledger(open_database(sys.argv[1]))
number = 0
while True:
    number += 1
    act = ReviewAct(kind="verdict", batch=new_batch(), who="Ada", known="typed",
              subject=Subject(f"A/{number}"), verdict="fail", basis="field")
    ledger.append("p", 0, lambda new: [act])
    print(act.batch, flush=True)  # confirmed on screen
"""


def test_a_killed_process_loses_nothing_that_was_confirmed(url: str) -> None:
    confirmed: list[str] = []
    for _ in range(3):
        command = [sys.executable, "-c", CRASH, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            confirmed += [writer.stdout.readline().strip() for _ in range(8)]
            writer.kill()
            # What it had written of before it died was confirmed as well.
            confirmed += [
                word for word in writer.stdout.read().split() if len(word) == 32
            ]
    engine = open_database(url)
    rows = [row.batch for row in Ledger(engine).since("p")]
    assert set(confirmed) <= set(rows)
    assert len(rows) - len(confirmed) <= 3  # one may have been on its way each time
    assert len(Ledger(engine).append("p", 0, lambda new: [act("Ada", "A/1")])) > 24
    engine.dispose()


def test_an_old_database_is_copied_and_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "workspace.sqlite"
    old = sqlite3.connect(file)
    old.execute("CREATE TABLE settings (name VARCHAR(100) PRIMARY KEY, value TEXT)")
    old.execute("INSERT INTO settings VALUES ('schema', '1'), ('mine', 'kept')")
    old.commit()
    old.close()
    engine = open_database(f"sqlite:///{file}")
    assert len(Ledger(engine).append("p", 0, lambda new: [act("Ada", "A/1")])) == 1
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT name, value FROM settings")).all()
    rows = dict(map(tuple, stored))
    engine.dispose()
    assert rows == {"schema": str(SCHEMA), "mine": "kept"}
    copy = sqlite3.connect(tmp_path / "workspace.sqlite.schema-1")
    assert dict(copy.execute("SELECT name, value FROM settings")) == {
        "schema": "1",
        "mine": "kept",
    }
    tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    copy.close()
    assert "review_acts" not in tables


def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    file = tmp_path / "workspace.sqlite"
    new = sqlite3.connect(file)
    new.execute("CREATE TABLE settings (name VARCHAR(100) PRIMARY KEY, value TEXT)")
    new.execute("INSERT INTO settings VALUES ('schema', ?)", (str(SCHEMA + 1),))
    new.commit()
    new.close()
    with pytest.raises(DashboardError, match=f"schema {SCHEMA + 1}"):
        open_database(f"sqlite:///{file}")
    again = sqlite3.connect(file)
    tables = {name for (name,) in again.execute("SELECT name FROM sqlite_master")}
    again.close()
    assert "review_acts" not in tables
