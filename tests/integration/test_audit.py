"""Acts of accounts are kept beside the ledger, the newest of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bokeh.document import Document

from dashboard.accounts import Role, audit
from dashboard.accounts.audit import Audit
from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.session import Session
from dashboard.storage.engine import open_database
from dashboard.views.measuring import MeasuringJob
from tests import plates
from tests.integration.serving import (
    Served,
    by_role_header,
    person,
    service,
    surveyed,
    wait_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(f"sqlite:///{tmp_path / 'w.sqlite'}")
    yield made
    made.dispose()


def at_once(work) -> None:
    work()


def test_who_came_in_and_who_was_refused_is_kept(engine) -> None:
    trail = Audit(engine, at_once)
    trail.add("sign-in", person(Role.CURATOR, "Ann"), address="127.0.0.1")
    trail.add("sign-in-failed", who="a\x1b[2J\u202eb", details="name or password")
    newest, first = trail.recent()
    assert (first.act, first.who, first.known) == ("sign-in", "Ann", "sign-in")
    assert first.address == "127.0.0.1"
    assert first.at.endswith("Z")
    assert (newest.who, newest.known) == ("a[2Jb", "")


def test_the_newest_are_kept_and_the_oldest_go(engine, monkeypatch) -> None:
    monkeypatch.setattr(audit, "MOST_ROWS", 30)
    monkeypatch.setattr(audit, "_TRIM_EACH", 10)
    trail = Audit(engine, at_once)
    for number in range(200):
        trail.add("export", who=str(number))
    rows = [int(entry.who) for entry in trail.recent(1000)]
    assert rows == list(range(199, 199 - len(rows), -1))
    assert 30 <= len(rows) <= 40


def test_a_flood_is_bounded_in_memory_and_said_in_the_log(engine, caplog) -> None:
    """A database that hangs must not make the server grow."""
    held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(held.wait)
        trail = Audit(engine, pool.submit)
        for number in range(5000):
            trail.add("refused", who=str(number), details="x" * 10_000)
        assert len(trail._waiting) == 1000
        held.set()
    assert len(trail.recent(10_000)) == 1000
    assert "4000 acts of accounts" in caplog.text


def test_a_server_that_ends_still_writes_what_waits(engine) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    trail = Audit(engine, pool.submit)
    trail.add("sign-out", person(Role.VIEWER, "Ann"))
    trail.write()
    assert [entry.act for entry in trail.recent()] == ["sign-out"]


def test_exports_and_what_was_refused_are_kept_with_who_asked(tmp_path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(8, 8))
    with (
        service(tmp_path / "ws", path) as made,
        Served(made, ServerSettings(port=0), by_role_header) as served,
    ):
        surveyed(made, path.name)
        address = f"/export/{path.name}/wells.csv?partial=yes"
        assert served.get(address, X_Role="viewer").status == 200
        wait_for(made.audit.recent)
        assert served.announce("/uploads", 9, X_Role="viewer").status == 403
        wait_for(lambda: len(made.audit.recent()) == 2)
        refused, export = made.audit.recent()
    assert (export.act, export.who, export.known) == ("export", "viewer", "sign-in")
    assert export.details == f"/export/{path.name}/wells.csv"
    assert (refused.act, refused.details) == ("refused", "upload files: /uploads")


def test_a_refused_message_of_a_page_is_kept(tmp_path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(8, 8))
    with service(tmp_path / "ws", path, measure=False) as made:
        visitor = person(Role.VIEWER, "Ann")
        session = Session(made, Urls(), Document(), visitor)
        session.state.update(plate=path.name)
        MeasuringJob(session).component.handle({"type": "hold"})
        (refused,) = wait_for(made.audit.recent)
    assert (refused.act, refused.who) == ("refused", "Ann")
    assert refused.details == f"start or stop measuring: {path.name}"
