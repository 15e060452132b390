"""``hcs-dashboard`` as people start it: what it prints, refuses and returns."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.cli import main
from tests import plates
from tests.integration.serving import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "dashboard.cli"]


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)


def run(tmp_path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"XDG_DATA_HOME": str(tmp_path / "data")},
    )


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Return what the program says that serves nothing."""
    assert main([*map(str, arguments)]) == 1
    return capsys.readouterr().err


@contextmanager
def started(tmp_path: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ
        | {"XDG_DATA_HOME": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        with closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status
    except ConnectionError:
        return 0


def test_it_says_where_to_look_serves_and_ends_cleanly(
    tmp_path: Path, plate: Path
) -> None:
    # Without `serve`, which may be left out; the browser's tests say it.
    workspace = tmp_path / "workspace"
    with started(
        tmp_path, plate, "--port", 0, "--workspace", workspace, "--prefix", "hcs"
    ) as process:
        assert process.stdout is not None
        output, address = "", None
        while address is None:
            line = process.stdout.readline()
            assert line, f"it ended:\n{output}"
            output += line
            address = re.search(
                r"^Open (http://127\.0\.0\.1:(\d+)/hcs/\?token=\S+)$", line
            )
        port = int(address[2])
        wait_for(lambda: status(port, "/hcs/health") == 200, "for the server")
        assert status(port, "/hcs/") == 200
        process.send_signal(signal.SIGTERM)
        output += process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0
    assert "p.ome.zarr" in output
    assert str(workspace) in output
    assert "Traceback" not in output


def test_without_a_plate_it_says_what_to_give(tmp_path: Path) -> None:
    done = run(tmp_path, "--workspace", tmp_path / "w")
    assert done.returncode == 2
    assert "--demo" in done.stderr


def test_a_path_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path / "nowhere", "--workspace", tmp_path / "w")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "nowhere" in done.stderr


def test_a_port_in_use_is_one_line_with_a_remedy(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(capsys, plate, "--port", port, "--workspace", tmp_path / "w")
    assert "--port" in said
    assert "Traceback" not in said


def test_another_address_is_refused(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = ["--address", "192.0.2.7"]
    said = refusal(capsys, plate, *address, "--workspace", tmp_path / "w")
    assert "no sign-in" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_workspace_that_cannot_be_written_is_said(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert "--workspace" in refusal(capsys, plate, "--workspace", locked / "w")


def test_a_workspace_that_is_a_file_is_said(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert "--workspace" in refusal(capsys, plate, "--workspace", tmp_path / "file")


def test_measuring_counts_and_a_newer_program_s_database_is_refused(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    measure = ["measure", str(plate), "--workspace", str(workspace), "--workers", "0"]
    assert main(measure) == 0
    assert "2 fields measured, 0 failed" in capsys.readouterr().out
    with closing(sqlite3.connect(workspace / "workspace.sqlite")) as database:
        database.execute("UPDATE settings SET value = '999' WHERE name = 'schema'")
        database.commit()
    assert "schema 999" in refusal(capsys, plate, "--workspace", workspace)
    assert main(measure) == 1


def test_help_names_every_option(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--help")
    for option in ("--port", "--workspace", "--database", "--read-only", "--prefix"):
        assert option in done.stdout


@pytest.mark.parametrize("command", ["decisions", "project"])
def test_exports_of_the_dashboard_take_the_longest_name_and_no_longer_one(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plates.make(tmp_path / "plates" / "p.zarr", rows=1, columns=1)
    source = tmp_path / "plates"
    place = str(source / "p.zarr" if command == "decisions" else source)
    more = ["--workspace", str(tmp_path / "workspace")]
    longer = str(tmp_path / ("x" * (256)))
    assert main([command, "export", place, longer, *more]) == 1
    assert "at most 4095 and 255" in capsys.readouterr().err
    longest = tmp_path / ("x" * 255)
    assert main([command, "export", place, str(longest), *more]) == 0
    assert longest.stat().st_size > 0
