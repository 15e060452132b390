"""The program with an inbox: how it is told of folders, and killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.cli import main
from dashboard.commands.inbox_options import (
    import_limits_of,
    inboxes_of,
    on_plate_of,
)
from dashboard.commands.settings_file import read_settings_file
from dashboard.errors import DashboardError
from dashboard.inbox.jobs import ImportJobs
from dashboard.storage.engine import open_database
from tests.integration.inbox_exports import write_export
from tests.integration.serving import wait_for
from tests.integration.test_import_jobs import fields_of, is_running

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


@contextmanager
def serving(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the program on an inbox until the block ends."""
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", "0"]
    command += ["--inbox", str(tmp_path / "inbox"), "--into", str(tmp_path / "plates")]
    command += ["--workspace", str(tmp_path / "workspace"), "--quiet-minutes", "0.005"]
    command += ["--look-seconds", "0.1"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            yield server
        finally:
            server.terminate()


def workers_of(pid: int) -> list[int]:
    """Return the import workers that a process has started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    pids = [int(child) for path in children for child in path.read_text().split()]
    return [
        child
        for child in pids
        if b"dashboard.inbox.worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_a_killed_server_takes_its_worker_along_and_the_next_goes_on_where_it_was(
    tmp_path,
):
    target = tmp_path / "plates" / "P1.ome.zarr"
    target.parent.mkdir()
    write_export(tmp_path / "inbox" / "P1", wells=48)
    with serving(tmp_path) as server:
        wait_for(lambda: len(list(target.glob("*/*/*/zarr.json"))) > 4)
        (worker,) = workers_of(server.pid)
        assert os.getpriority(os.PRIO_PROCESS, worker) > 0
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: not is_running(worker), "for the worker to end")
    written = {path: path.stat().st_mtime_ns for path in target.glob("*/*/*/zarr.json")}
    assert len(written) < 96
    with serving(tmp_path):
        engine = open_database(f"sqlite:///{tmp_path}/workspace/workspace.sqlite")
        jobs = ImportJobs(engine)
        wait_for(lambda: jobs.recent()[0].phase == "measuring", "for the rest")
        engine.dispose()
    assert len(fields_of(target)) == 96
    again = [path for path, at in written.items() if path.stat().st_mtime_ns != at]
    assert len(again) <= 1


# --- how it is told ------------------------------------------------------------------


def options(*arguments: str) -> argparse.Namespace:
    """Return what the command line makes of arguments."""
    import argparse

    from dashboard.commands.serve import add_serve

    parser = argparse.ArgumentParser()
    add_serve(parser.add_subparsers())
    return parser.parse_args(["serve", *arguments])


def written(folder: Path, text: str) -> Path:
    path = folder / "hcs.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    for name in ("in", "plates", "maps"):
        (tmp_path / name).mkdir()
    return str(tmp_path / "in"), str(tmp_path / "plates")


def test_inboxes_come_from_the_command_line_or_else_from_the_settings_file(
    tmp_path, folders
):
    folder, into = folders
    other = str(tmp_path / "not there yet")
    text = (
        f"[[inbox]]\nfolder = {other!r}\ninto = {into!r}\n"
        f"[imports]\nquiet_minutes = 2.5\nkeep_free = '1GB'\n"
        f"plate_maps = {str(tmp_path / 'maps')!r}\non_plate = ['tell', 'a b']\n"
    )
    settings = read_settings_file(written(tmp_path, text))
    given = options("--inbox", folder, "--into", into, "--look-seconds", "7")
    inboxes = inboxes_of(given, settings)
    assert [pair.folder for pair in inboxes.folders] == [folder]
    of_the_file = inboxes_of(options(), settings)
    assert [pair.folder for pair in of_the_file.folders] == [other]
    assert (inboxes.quiet_seconds, inboxes.look_seconds) == (150, 7)
    limits = import_limits_of(given, settings)
    assert (limits.reserve_bytes, limits.maps) == (1 << 30, str(tmp_path / "maps"))
    assert on_plate_of(given, settings) == ("tell", "a b")
    named = options("--on-plate", "say 'a b' $HOME")
    assert on_plate_of(named, settings) == ("say", "a b", "$HOME")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[inbox]]\nfolder = '/x'\n", r"\[\[inbox\]\] lacks `into`"),
        ("[inbox]\nfolder = '/x'\ninto = '/y'\n", "a table of its own"),
        ("[[inbox]]\nfolder = 1\ninto = '/y'\n", "`folder` of .inbox. must be a text"),
        ("[imports]\nquiet_minutes = 0\n", "must be a number above 0"),
        ("[imports]\nquiet_minutes = true\n", "must be a number above 0"),
        ("[imports]\non_plate = 'rm -rf'\n", "must be a list of texts"),
        ("[imports]\non_plate = []\n", "must be a list of texts"),
        ("[imports]\nshell = true\n", "has no 'shell'"),
    ],
)
def test_a_settings_file_that_names_inboxes_wrongly_is_refused(tmp_path, text, message):
    with pytest.raises(DashboardError, match=message):
        read_settings_file(written(tmp_path, text))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--inbox", "{in}"), "Each --inbox takes an --into"),
        (("--inbox", "{in}", "--into", "{in}"), "lie in each other"),
        (("--inbox", "{in}", "--into", "{in}/plates"), "there is no folder"),
        (("--inbox", "{top}", "--into", "{into}"), "lie in each other"),
        (
            ("--inbox", "{in}", "--into", "{into}", "--read-only"),
            "--read-only makes none",
        ),
        (
            ("--inbox", "{in}", "--into", "{into}") * 2,
            "given twice",
        ),
    ],
)
def test_inboxes_that_cannot_be_watched_end_the_start_in_words(
    tmp_path, folders, capsys, arguments, message
):
    names = {"in": folders[0], "into": folders[1], "top": str(tmp_path)}
    given = [argument.format_map(names) for argument in arguments]
    assert main(["serve", *given, "--workspace", str(tmp_path / "w")]) == 1
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert "Traceback" not in said
