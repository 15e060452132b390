"""A database that another program holds: waited out, in order, and in nobody's way."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from dashboard.errors import DashboardError
from dashboard.reviews.acts import ReviewAct, Subject
from dashboard.reviews.ledger import Ledger
from dashboard.storage import postgres_connection
from dashboard.storage.engine import open_database
from dashboard.storage.faults import DatabaseFault, Fault, patiently
from tests import plates
from tests.integration.judged import KEY, verdicts
from tests.integration.postgres import postgres
from tests.integration.serving import service, surveyed, wait_for
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service


@contextmanager
def held(made: Service) -> Iterator[None]:
    """Hold the database, as another program does."""
    holder = sqlite3.connect(made.workspace.database, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("COMMIT")
    finally:
        holder.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("busy")
    plate = plates.make(folder / KEY, columns=12)
    with service(folder / "workspace", plate, measure=False) as running:
        surveyed(running, KEY)
        yield running


def judge(visit: Visit, well: str, verdict: str, number: int) -> None:
    visit.send(
        "verdict", type="judge", plate=KEY, wells=[well], verdict=verdict,
        batch=f"{number:032x}",
    )  # fmt: skip


def answers(visit: Visit) -> list[dict[str, object]]:
    visit.rest()
    results: list[dict[str, object]] = visit.content("verdict", "answers")
    return results


def test_case_63_verdicts_wait_in_order_for_a_busy_database_and_nobody_else_does(made):
    visits = [Visit(made, f"plate={KEY}&well=A01") for _ in range(5)]
    acts = [("A01", "fail"), ("A01", "pass"), ("A02", "flag")]
    with held(made):
        # More than there are threads for what pages read.
        for number, visit in enumerate(visits):
            for place, (well, verdict) in enumerate(acts):
                judge(visit, well, verdict, 1 + 10 * number + place)
        # Nothing is told as given, and other wells are read meanwhile.
        other = Visit(made, f"plate={KEY}&well=B05")
        assert other.content("gallery")["fields"]
        assert other.content("gallery")["well"] == "B05"
        assert not any(answers(visit) for visit in visits)
        assert not verdicts(made.reviews.review(KEY))
    for visit in visits:
        results = wait_for(lambda: len(answers(visit)) == 3 and answers(visit))  # noqa: B023
        assert not [answer for answer in results if "error" in answer]
        # In the order in which they were given.
        places = [int(str(answer["batch"]), 16) % 10 for answer in results]
        assert places == [1, 2, 3]
    standing = verdicts(made.reviews.read(KEY))
    assert (standing[Subject("A/1")], standing[Subject("A/2")]) == ("pass", "flag")
    for visit in (*visits, other):
        visit.close()


def test_what_else_people_write_waits_for_the_database_too(made):
    visit = Visit(made, f"plate={KEY}")
    with held(made):
        visit.send("signoff", type="demand", plate=KEY, reason=True)
        visit.rest()
        assert not made.projects.rules(KEY).reason_for_fail
    wait_for(lambda: made.projects.rules(KEY).reason_for_fail, "for the setting")
    visit.close()


def test_a_database_that_stays_busy_is_said_to_be_after_a_while(made):
    tries = []

    def write() -> None:
        tries.append(1)
        with made.storage.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 20")
            connection.commit()
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with held(made), pytest.raises(DatabaseFault, match="is busy") as raised:
        patiently(write, 0.0)
    assert raised.value.fault is Fault.BUSY
    assert len(tries) == 1


def test_damage_met_while_serving_is_said_with_the_way_back(tmp_path):
    plate = plates.make(tmp_path / KEY)
    with service(tmp_path / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        visit = Visit(made, f"plate={KEY}&well=A1")
        file = made.workspace.database
        made.storage.engine.dispose()
        data = bytearray(file.read_bytes())
        data[4096:] = b"\x5a" * (len(data) - 4096)
        damaged = file.with_name("damaged")
        damaged.write_bytes(data)
        for log in file.parent.glob(f"{file.name}-*"):
            log.unlink()
        damaged.replace(file)
        made.storage.engine.dispose()  # what looks now and then has connected meanwhile
        judge(visit, "A1", "fail", 1)
        results = wait_for(lambda: answers(visit), "for the answer")
        assert "is damaged" in str(results[0]["error"])
        assert "hcs-dashboard restore" in str(results[0]["error"])
        visit.close()


def processes_of(server: int) -> list[int]:
    """Return a process and its children."""
    stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat")]
    parents = {
        int(stat.partition(" ")[0]): int(stat.rpartition(") ")[2].split()[1])
        for stat in stats
    }
    return [server, *(child for child, parent in parents.items() if parent == server)]


@pytest.mark.full
def test_a_postgresql_that_does_not_answer_is_said_to_be_silent(monkeypatch):
    monkeypatch.setattr(postgres_connection, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(postgres_connection, "_CONNECT_SECONDS", 2)
    act = ReviewAct(
        kind="verdict", batch="0" * 32, who="Ada", known="typed",
        subject=Subject("A/1"), verdict="fail", basis="unseen",
    )  # fmt: skip
    with postgres() as url:
        engine = open_database(url)
        ledger = Ledger(engine)
        with engine.connect() as connection:
            (backend,) = connection.execute(text("SELECT pg_backend_pid()")).one()
            stat = Path(f"/proc/{backend}/stat").read_text()
            stopped = processes_of(int(stat.rpartition(") ")[2].split()[1]))
            for process in stopped:
                os.kill(process, signal.SIGSTOP)
            try:
                with pytest.raises(DatabaseFault, match="does not answer") as raised:
                    connection.execute(text("SELECT 1"))
                assert raised.value.fault is Fault.SILENT
                with pytest.raises(DashboardError, match="What you typed is kept"):
                    ledger.append("p", 0, lambda new: [act])
            finally:
                for process in stopped:
                    os.kill(process, signal.SIGCONT)
        assert [entry.who for entry in ledger.append("p", 0, lambda new: [act])] == [
            "Ada"
        ]
        engine.dispose()
