"""The command that is told of imported plates, and which plates are bad as a whole."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dashboard.inbox.condition import PlateCondition, bad_as_a_whole
from dashboard.inbox.telling import Telling, message_of
from dashboard.inbox.values import JobChoices
from hcs.metadata import Who
from tests.integration.inbox_exports import write_export, write_plane
from tests.integration.serving import service, wait_for

ADA = Who("Ada", "typed")

LISTENER = """
import json, os, sys
with open(sys.argv[1], "a") as file:
    said = {"message": json.load(sys.stdin), "arguments": sys.argv[2:]}
    file.write(json.dumps({**said, "environment": dict(os.environ)}) + "\\n")
"""


@pytest.fixture
def listener(tmp_path: Path) -> tuple[tuple[str, ...], Path]:
    """Return a command that writes down what it is told, and where."""
    program = tmp_path / "listener.py"
    program.write_text(LISTENER)
    heard = tmp_path / "heard.jsonl"
    return (sys.executable, str(program), str(heard), "$(touch x); a b"), heard


def lines(heard: Path) -> list[dict]:
    return [json.loads(line) for line in heard.read_text().splitlines()]


def test_a_command_is_told_of_plates_that_are_ready_and_that_failed(
    tmp_path, listener, monkeypatch
):
    monkeypatch.setenv("HCS_OIDC_CLIENT_SECRET", "a secret")
    command, heard = listener
    plates = tmp_path / "plates"
    plates.mkdir()
    odd = tmp_path / "in" / "odd"
    odd.mkdir(parents=True)
    write_plane(odd / "x.tif", 1)
    with service(tmp_path / "workspace", plates, on_plate=command) as made:
        for source in (write_export(tmp_path / "in" / "P1"), odd):
            made.inbox.add(source, plates, JobChoices(), ADA)
        wait_for(lambda: heard.exists() and len(lines(heard)) == 2)
    ready, failed = sorted(lines(heard), key=lambda line: line["message"]["source"])
    assert ready["message"]["event"] == "ready"
    assert ready["message"]["location"] == str(plates / "P1.ome.zarr")
    assert ready["message"]["fields"] == 8
    assert failed["message"]["event"] == "failed"
    assert "is no export that is known" in failed["message"]["reasons"][0]
    # Arguments come as they are: no shell has read them.
    assert ready["arguments"] == ["$(touch x); a b"]
    assert "a secret" not in json.dumps(ready)
    assert set(ready["environment"]) <= {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"} | {
        name for name in ready["environment"] if name.startswith(("LC_", "LD_", "_"))
    }


def test_a_command_that_takes_too_long_is_ended_with_what_it_has_started(tmp_path):
    """The command starts another one, and both would wait for an hour."""
    started = tmp_path / "pid"
    program = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; "
        "time.sleep(3600)']);"
        f"open({str(started)!r}, 'w').write(str(child.pid) + ' ');"
        "time.sleep(3600)"
    )
    telling = Telling((sys.executable, "-c", program), seconds=1.5)
    telling.tell(done_job(tmp_path))
    telling.close()
    wait_for(lambda: not is_alive(int(started.read_text())), "for its child to end")


def is_alive(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except FileNotFoundError:
        return False


def test_a_command_that_cannot_be_run_or_fails_stops_nothing(tmp_path, caplog):
    job = done_job(tmp_path)
    for command in ((str(tmp_path / "missing"),), (sys.executable, "-c", "exit(3)")):
        telling = Telling(command)
        telling.tell(job)
        telling.close()
    assert "cannot be run (--on-plate)" in caplog.text
    assert "ended with 3" in caplog.text


def done_job(tmp_path: Path):
    """Return a job that is done, of a real import."""
    plates = tmp_path / "plates"
    plates.mkdir()
    with service(tmp_path / "workspace", plates) as made:
        source = write_export(tmp_path / "in" / "P1", wells=1, sites=1)
        job = made.inbox.add(source, plates, JobChoices(), ADA)
        return wait_for(lambda: (now := made.inbox.job(job.id)).state == "done" and now)


@pytest.mark.parametrize(
    ("condition", "planes", "reasons"),
    [
        (PlateCondition(wells=96, suspects=28, fields=96), 100, ()),
        (
            PlateCondition(wells=96, suspects=29, fields=96),
            100,
            ("29 of 96 wells are suspect",),
        ),
        (PlateCondition(wells=96, fields=96), 81, ()),
        (PlateCondition(wells=96, fields=96), 80, ("20 of 100 planes are missing",)),
        (
            PlateCondition(wells=96, fields=10, unmeasured=2),
            100,
            ("2 of 10 fields are unreadable",),
        ),
        (
            PlateCondition(wells=1, suspects=1, fields=1),
            100,
            ("1 of 1 well is suspect",),
        ),
        (PlateCondition(banner=("Out of focus",)), 100, ("Out of focus",)),
        (PlateCondition(), 0, ("100 of 100 planes are missing",)),
    ],
)
def test_a_plate_is_bad_as_a_whole_by_its_banner_suspects_gaps_or_fields(
    condition, planes, reasons
):
    assert bad_as_a_whole(condition, planes, 100) == reasons


def test_a_plate_most_of_which_is_missing_is_bad_and_told_so(tmp_path, listener):
    command, heard = listener
    plates = tmp_path / "plates"
    plates.mkdir()
    source = write_export(tmp_path / "in" / "P1", wells=4, sites=2)
    for site in (1, 2):
        (source / f"P1_A01_s{site}_w1.TIF").write_bytes(b"no image")
    with service(tmp_path / "workspace", plates, on_plate=command) as made:
        job = made.inbox.add(source, plates, JobChoices(), ADA)
        wait_for(heard.exists)
        job = wait_for(lambda: (now := made.inbox.job(job.id)).state == "done" and now)
        assert "2 of 8 planes are missing" in job.summary["bad"]
        assert message_of(job)["event"] == "bad"
        wait_for(lambda: lines(heard))
    assert [line["message"]["reasons"] for line in lines(heard)] == [job.summary["bad"]]
