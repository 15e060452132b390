"""A database that is held, or has no room: not damaged, and not waited for for ever."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from dashboard.cli import main
from dashboard.compose import compose
from dashboard.errors import DashboardError
from dashboard.options import Options
from dashboard.storage.backup import back_up, restore
from dashboard.storage.database_file import damage
from dashboard.storage.engine import open_database
from dashboard.storage.faults import DatabaseFault, Fault
from dashboard.storage.salvage import salvage
from dashboard.workspace import open_workspace
from tests.disks import mounted
from tests.integration.test_full_disk import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUIET = Options(watch=False, measure=False)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return the file of a database with today's tables."""
    path = tmp_path / "workspace.sqlite"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 4 MB, or skip where mounting is not allowed."""
    with mounted(tmp_path / "disk", 4) as place:
        yield place


@contextlib.contextmanager
def held(path: Path, journal: str) -> Iterator[sqlite3.Connection]:
    """Hold a database for good, so that nobody else can read it."""
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        holder.execute(f"PRAGMA journal_mode = {journal}")
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("INSERT INTO settings VALUES ('held', '1')")
        yield holder
    finally:
        holder.close()


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_database_that_is_held_at_the_start_is_waited_for(database, journal, caplog):
    with held(database, journal) as holder:
        engines = []
        url = f"sqlite:///{database}"
        start = threading.Thread(target=lambda: engines.append(open_database(url)))
        start.start()
        while not any("is busy" in record.message for record in caplog.records):
            assert start.is_alive()
            start.join(0.05)
        assert not engines
        holder.close()
        start.join()
    (engine,) = engines
    engine.dispose()


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_database_that_stays_held_is_busy_and_not_damaged(
    database, tmp_path, journal
):
    target = tmp_path / "b.zip"
    with held(database, journal):
        with pytest.raises(DatabaseFault, match="is busy: another program") as raised:
            damage(database, seconds=0.1)
        assert raised.value.fault is Fault.BUSY
        with pytest.raises(DatabaseFault, match="is busy"):
            salvage(database, 0.1)
        with pytest.raises(DashboardError, match=r"b\.zip was not written: .*is busy"):
            back_up(database, target, "1", 0.1)
    assert [path.name for path in tmp_path.iterdir()] == [database.name]
    assert damage(database) == ""
    back_up(database, target, "1")
    assert target.exists()


def test_pictures_make_room_for_the_database_at_the_start(disk):
    workspace = open_workspace(disk / "workspace")
    compose([], workspace, QUIET).close()
    fill(workspace.previews / "aa", "bb.jpg")
    service = compose([], workspace, QUIET)
    service.storage.settings.put("kept", "mark")
    service.close()
    assert not list(workspace.previews.glob("aa/*"))


def test_a_disk_that_is_full_at_the_start_is_named_and_nothing_called_damaged(
    disk, capsys
):
    workspace = open_workspace(disk / "workspace")
    compose([], workspace, QUIET).close()
    fill(disk, "somebody else's")
    where = ["--workspace", str(workspace.path)]
    assert main(["serve", str(disk), *where, "--port", "0"]) == 1
    message = capsys.readouterr().err
    assert f"disk of {workspace.path} is full: free some space" in message
    assert "damaged" not in message
    assert main(["salvage", *where]) == 1
    assert f"disk of {workspace.path} is full" in capsys.readouterr().err
    (disk / "somebody else's").unlink()
    compose([], workspace, QUIET).close()


def test_a_backup_names_the_folder_whose_disk_is_full(database, tmp_path, disk):
    large = "y" * (8 << 20)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO settings VALUES ('large', ?)", (large,))
    with pytest.raises(DashboardError, match=f"the disk of {disk} is full") as raised:
        back_up(database, disk / "b.zip", "1")
    assert "database or disk" not in str(raised.value)
    assert not list(disk.iterdir())
    file = tmp_path / "b.zip"
    back_up(database, file, "1")
    with pytest.raises(DashboardError, match=f"the disk of {disk} is full"):
        restore(file, disk / "workspace.sqlite")


def test_a_database_that_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(DatabaseFault, match="unable to open") as raised:
        damage(tmp_path / "away.sqlite")
    assert raised.value.fault is Fault.OTHER


WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 2")
connection.execute("BEGIN IMMEDIATE")
rows = [(f"half {number}", "y" * 900) for number in range(2000)]
connection.executemany("INSERT INTO settings VALUES (?, ?)", rows)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_program_left_half_written_is_taken_back_and_no_damage(
    database, tmp_path
):
    killed = subprocess.run([sys.executable, "-c", WRITER, str(database)], check=False)
    assert killed.returncode == -signal.SIGKILL
    journal = database.with_name(f"{database.name}-journal")
    assert journal.stat().st_size
    left = {path: path.read_bytes() for path in (database, journal)}
    back_up(database, tmp_path / "b.zip", "1")
    for path, data in left.items():
        path.write_bytes(data)
    # It would be taken for the journal of what is restored.
    restore(tmp_path / "b.zip", database)
    assert not journal.exists()
    assert damage(database) == ""
    for path, data in left.items():
        path.write_bytes(data)
    open_database(f"sqlite:///{database}").dispose()
    with contextlib.closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(*) FROM settings WHERE name LIKE 'half %'"
        assert connection.execute(query).fetchone() == (0,)


def test_a_copy_before_an_upgrade_is_whole_or_not_there(disk, caplog):
    path = disk / "workspace.sqlite"
    open_database(f"sqlite:///{path}").dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        large = "y" * (2 << 20)
        connection.execute("INSERT INTO settings VALUES ('large', ?)", (large,))
        connection.execute("UPDATE settings SET value = '5' WHERE name = 'schema'")
        connection.execute("UPDATE alembic_version SET version_num = '0005'")
    with pytest.raises(DashboardError, match=r"disk of .* is full"):
        open_database(f"sqlite:///{path}")
    assert not list(disk.glob("*.schema-*"))
