"""A workspace's database in one file: taken while it is served, and brought back."""

from __future__ import annotations

import sqlite3
import subprocess
import zipfile

import pytest

from dashboard.cli import main
from dashboard.compose import compose
from dashboard.errors import DashboardError
from dashboard.options import Options
from dashboard.storage.backup import back_up, restore
from dashboard.storage.engine import open_database
from dashboard.workspace import open_workspace
from tests.integration.postgres import postgres
from tests.integration.test_deploying import blocks

QUIET = Options(watch=False, measure=False)


@pytest.fixture
def place(tmp_path):
    """Return a folder for a workspace, with a setting in its database."""
    workspace = open_workspace(tmp_path / "workspace")
    service = compose([], workspace, QUIET)
    service.storage.settings.put("first", "mark")
    service.close()
    return workspace


def mark(workspace) -> str | None:
    """Return what a workspace remembers."""
    service = compose([], workspace, QUIET)
    try:
        return service.storage.settings.get("mark")
    finally:
        service.close()


def test_a_backup_of_a_served_workspace_brings_back_what_was_kept(place, tmp_path):
    file = tmp_path / "monday.zip"
    service = compose([], place, QUIET)
    try:
        service.storage.settings.put("second", "mark")
        # What is only in the database's log counts as well.
        backup = back_up(place.database, file, "1")
        service.storage.settings.put("third", "mark")
    finally:
        service.close()
    assert file.stat().st_mode & 0o777 == 0o600
    restored, replaced = restore(file, place.database)
    assert restored == backup
    assert mark(place) == "second"
    with sqlite3.connect(f"{replaced.as_uri()}?mode=ro", uri=True) as before:
        values = [row[0] for row in before.execute("SELECT value FROM settings")]
    before.close()
    assert any("third" in value for value in values)


def test_nothing_is_restored_while_somebody_works_in_the_workspace(place, tmp_path):
    file = tmp_path / "b.zip"
    back_up(place.database, file, "1")
    service = compose([], place, QUIET)
    before = {path.name for path in place.path.iterdir()}
    try:
        with pytest.raises(DashboardError, match="is at work in the workspace"):
            restore(file, place.database)
    finally:
        service.close()
    assert {path.name for path in place.path.iterdir()} >= before - {
        "workspace.sqlite-wal", "workspace.sqlite-shm",
    }  # fmt: skip
    restore(file, place.database)


def damaged(file, name: str, change) -> None:
    """Rewrite one member of a backup."""
    with zipfile.ZipFile(file) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(file, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("workspace.sqlite", lambda data: data[:-4096], "not the one that was backed"),
        ("workspace.sqlite", lambda data: data + b"x", "larger than noted"),
        ("workspace.sqlite", lambda data: data[::-1], "not the one that was backed"),
        ("backup.json", lambda data: b"{}", "is no backup"),
        ("backup.json", lambda data: data.replace(b"backup 1", b"backup 9"), "another"),
        (
            "backup.json",
            lambda data: data.replace(b'"schema": ', b'"schema": 99'),
            "this program knows up to",
        ),
    ],
    ids=["cut", "longer", "other", "empty", "format", "newer"],
)
def test_a_backup_that_is_not_whole_changes_nothing(
    place, tmp_path, name, change, message
):
    file = tmp_path / "b.zip"
    back_up(place.database, file, "1")
    damaged(file, name, change)
    before = place.database.read_bytes()
    with pytest.raises(DashboardError, match=message):
        restore(file, place.database)
    assert place.database.read_bytes() == before
    assert not [path for path in place.path.iterdir() if path.name.startswith(".hcs-")]


def test_a_damaged_database_is_noticed_at_the_start_with_the_way_back(place, tmp_path):
    with sqlite3.connect(place.database) as connection:
        connection.execute("CREATE TABLE filler (x)")
        connection.executemany(
            "INSERT INTO filler VALUES (?)", [("y" * 900,) for _ in range(400)]
        )
    connection.close()
    data = bytearray(place.database.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 120_000] = b"\xa5" * 120_000
    place.database.write_bytes(data)
    with pytest.raises(DashboardError, match=r"is damaged: .*hcs-dashboard restore"):
        open_database(place.database_url)
    with pytest.raises(DashboardError, match="no backup of it was written"):
        back_up(place.database, tmp_path / "b.zip", "1")


def test_backups_of_a_folder_are_named_by_the_time_and_the_newest_stay(
    place, tmp_path, capsys
):
    folder = tmp_path / "backups"
    folder.mkdir()
    others = [folder / name for name in ("hcs-mine.zip", "monday.zip")]
    older = [folder / f"hcs-2025{month:02}01T023000Z.zip" for month in (1, 2, 3)]
    for path in (*others, *older):
        path.write_bytes(b"x")
    where = ["--workspace", str(place.path)]
    assert main(["backup", str(folder), "--keep", "2", *where]) == 0
    assert capsys.readouterr().out.count("removed, as 2 newer") == 2
    (newest,) = set(folder.iterdir()) - {*others, *older}
    assert set(folder.iterdir()) == {*others, older[-1], newest}
    assert main(["restore", str(newest), *where]) == 0
    # A backup that fails removes none.
    assert main(["backup", str(folder), "--keep", "1", "--workspace", "nowhere"]) == 1
    assert older[-1].exists()
    assert main(["backup", str(tmp_path / "b.zip"), "--keep", "1", *where]) == 1
    assert "is for backups in a folder" in capsys.readouterr().err


def test_an_older_program_refuses_a_newer_workspace_and_goes_back_by_a_backup(
    place, tmp_path, capsys
):
    """What the database of a newer program looks like to this one."""
    file = tmp_path / "before.zip"
    where = ["--workspace", str(place.path)]
    assert main(["backup", str(file), *where]) == 0
    with sqlite3.connect(place.database) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'schema'")
    connection.close()
    data = place.database.read_bytes()
    assert main(["serve", str(tmp_path), *where, "--port", "0"]) == 1
    message = capsys.readouterr().err
    assert "has schema 99, this program knows up to" in message
    assert "Use the newer program" in message
    assert place.database.read_bytes() == data
    assert main(["restore", str(file), *where]) == 0
    assert mark(place) == "first"
    (newer,) = place.path.glob("workspace.sqlite.before-*")
    assert newer.read_bytes() == data


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_what_can_be_read_of_a_damaged_database_is_saved(place, capsys, part):
    service = compose([], place, QUIET)
    for number in range(300):
        service.storage.settings.put("y" * 900, f"mark {number}")
    service.close()
    data = bytearray(place.database.read_bytes())
    start = int(len(data) * part) // 4096 * 4096
    data[start : start + 40_960] = b"\xa5" * len(data[start : start + 40_960])
    place.database.write_bytes(data)
    where = ["--workspace", str(place.path)]
    assert main(["serve", str(place.path.parent), *where]) == 1
    assert "hcs-dashboard salvage" in capsys.readouterr().err
    assert main(["salvage", *where]) == 0
    assert "(some could not be read)" in capsys.readouterr().out
    with sqlite3.connect(place.database) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM settings")
    connection.close()
    # Ten pages hold some forty of these.
    assert 200 < count < 302
    assert mark(place) == "first"
    (former,) = place.path.glob("workspace.sqlite.before-*[0-9]")
    assert former.read_bytes() == bytes(data)
    assert main(["salvage", *where]) == 1
    assert "is not damaged; it stays" in capsys.readouterr().err


@pytest.mark.full
def test_a_database_of_postgresql_comes_back_by_its_own_tools(tmp_path):
    (lines,) = [text for text in blocks("text") if text.startswith("pg_dump")]
    dump, load = (line.split() for line in lines.splitlines())
    workspace = open_workspace(tmp_path / "workspace")
    with postgres() as address:
        served = Options(watch=False, measure=False, database=address)
        words = {
            "ADDRESS": address.replace("+psycopg", ""),
            "/srv/hcs/backup/hcs.dump": str(tmp_path / "hcs.dump"),
        }
        service = compose([], workspace, served)
        try:
            service.storage.settings.put("first", "mark")
            subprocess.run([words.get(word, word) for word in dump], check=True)
            service.storage.settings.put("second", "mark")
        finally:
            service.close()
        subprocess.run([words.get(word, word) for word in load], check=True)
        service = compose([], workspace, served)
        try:
            assert service.storage.settings.get("mark") == "first"
        finally:
            service.close()


def test_the_commands_say_what_they_did_and_what_they_cannot(place, tmp_path, capsys):
    file = tmp_path / "b.zip"
    where = ["--workspace", str(place.path)]
    assert main(["backup", str(file), *where]) == 0
    assert "of decisions, measurements" in capsys.readouterr().out
    assert main(["backup", str(file), *where]) == 1
    assert "exists; name another file" in capsys.readouterr().err
    assert main(["restore", str(file), *where]) == 0
    assert "What was there is in" in capsys.readouterr().out
    new = ["--workspace", str(tmp_path / "new")]
    assert main(["restore", str(file), *new]) == 0
    assert mark(open_workspace(tmp_path / "new")) == "first"
    server = ["--database", "postgresql+psycopg://db/hcs"]
    assert main(["backup", str(tmp_path / "c.zip"), *server]) == 1
    assert "pg_dump" in capsys.readouterr().err
