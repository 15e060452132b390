"""The ledger on SQLite and on PostgreSQL: real databases, real processes."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event, text

from dashboard.database import SCHEMA, open_database
from dashboard.errors import DashboardError
from dashboard.reviews.acts import Act, Subject, new_batch
from dashboard.reviews.ledger import Ledger
from dashboard.reviews.verdicts import Verdicts
from tests.integration.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EACH = 12
WRITERS = 4


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


def act(who: str, well: str, **more: object) -> Act:
    made = Act(
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


def test_what_is_added_comes_back_as_it_was(url: str) -> None:
    engine = open_database(url)
    ledger = Ledger(engine)
    mine = act("Ada", "A/1")
    found = ledger.append("p", 0, lambda new: [mine])
    assert [dataclasses.replace(one, id=0, at="") for one in found] == [mine]
    assert ledger.since("p") == found
    assert ledger.since("p", found[-1].id) == []
    assert ledger.since("another") == []
    assert ledger.last("p") == found[-1].id
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

    def take(new: list[Act]) -> None:
        for one in new:
            if one.id > verdicts.last:
                verdicts.add(one)

    for number in range(EACH):
        well = f"A/{number % 3 + 1}"

        def make(new: list[Act], well: str = well) -> list[Act]:
            take(new)
            held = verdicts.holds(Subject(well))
            return [act(who, well, supersedes=held.batch if held else "")]

        take(ledger.append("p", verdicts.last, make))
    engine.dispose()


def test_concurrent_processes_lose_nothing_and_know_of_each_other(url: str) -> None:
    engine = open_database(url)
    context = multiprocessing.get_context("spawn")
    names = [f"writer {number}" for number in range(WRITERS)]
    workers = [context.Process(target=write_many, args=(url, who)) for who in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert [worker.exitcode for worker in workers] == [0] * WRITERS
    rows = Ledger(engine).since("p")
    engine.dispose()
    assert sorted(one.who for one in rows) == sorted(names * EACH)
    # Each row names the one that stood before it: nobody decided on something old.
    held: dict[str, str] = {}
    for one in rows:
        assert one.supersedes == held.get(one.subject.well, "")
        held[one.subject.well] = one.batch


def test_a_busy_database_says_so_and_adds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    engine = open_database(f"sqlite:///{file}")
    event.listen(
        engine,
        "checkout",
        lambda connection, *_: connection.execute("PRAGMA busy_timeout = 20"),
    )
    ledger = Ledger(engine)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DashboardError, match="What you typed is kept"):
        ledger.append("p", 0, lambda new: [act("Ada", "A/1")])
    holder.execute("COMMIT")
    holder.close()
    assert ledger.since("p") == []
    assert len(ledger.append("p", 0, lambda new: [act("Ada", "A/1")])) == 1
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
        found = connection.execute(text("SELECT name, value FROM settings")).all()
    rows = dict(map(tuple, found))
    engine.dispose()
    assert rows == {"schema": str(SCHEMA), "mine": "kept"}
    kept = sqlite3.connect(tmp_path / "workspace.sqlite.schema-1")
    assert dict(kept.execute("SELECT name, value FROM settings")) == {
        "schema": "1",
        "mine": "kept",
    }
    tables = {name for (name,) in kept.execute("SELECT name FROM sqlite_master")}
    kept.close()
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
