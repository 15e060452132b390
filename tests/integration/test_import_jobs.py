"""Imports in the background: rows, a worker process, acts, restarts, two servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hcs
from dashboard.errors import DashboardError, NotServedError, RefusedError
from dashboard.inbox.jobs import STILL_SECONDS, ImportJobs
from dashboard.inbox.places import file_name, reason_against_room
from dashboard.inbox.running import ImportLimits
from dashboard.inbox.values import JobChoices, JobState
from dashboard.storage.engine import open_database
from hcs.metadata import Who
from tests.integration.inbox_exports import write_export, write_plane
from tests.integration.serving import service, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.inbox.values import ImportJob
    from dashboard.service import Service

ADA = Who("Ada", "typed")


@pytest.fixture
def plates_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "plates"
    folder.mkdir()
    return folder


@pytest.fixture
def made(tmp_path: Path, plates_folder: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plates_folder) as made:
        yield made


def ended(made: Service, job: ImportJob) -> ImportJob:
    """Return the job once it has come to an end."""
    return wait_for(
        lambda: (
            (now := made.inbox.job(job.id)).state not in ("waiting", "running") and now
        ),
        "for an import to end",
    )


def written(made: Service, job: ImportJob) -> ImportJob:
    """Return the job once its plate is written; measuring many fields takes longer."""
    return wait_for(
        lambda: (now := made.inbox.job(job.id)).phase == "measuring" and now,
        "for a plate to be written",
    )


def some_fields(target: Path) -> None:
    """Wait until some fields of a plate are written."""
    wait_for(lambda: len(list(target.glob("*/*/*/zarr.json"))) > 4, "for some fields")


def fields_of(path: str | Path) -> set[str]:
    with hcs.from_hcs_zarr(path) as plate:
        return {f"{well.path}/{field.name}" for well in plate for field in well.fields}


def test_an_added_export_becomes_a_plate_that_is_listed_measured_and_accounted_for(
    tmp_path, plates_folder, made
):
    source = write_export(tmp_path / "in" / "P1")
    (source / "notes.pdf").write_bytes(b"no image")
    job = ended(made, made.inbox.add(source, plates_folder, JobChoices(), ADA))
    assert (job.state, job.reason) == (JobState.DONE, "")
    assert (job.done, job.total) == (8, 8)
    assert job.target == str(plates_folder / "P1.ome.zarr")
    assert job.summary["found"]["wells"] == 4
    assert job.summary["skipped"] == [
        {"reason": "is no image by its name", "count": 1, "names": ["notes.pdf"]}
    ]
    assert (job.who, job.known) == ("Ada", "typed")
    key = "P1.ome.zarr"
    assert key in {entry.key for entry in made.plates.entries()}
    # Nobody has opened it yet, and the list knows what stands out.
    assert [line.suspects for line in made.plate_list.lines()] == [0]
    assert made.quality.judgement(key).ready
    assert len(fields_of(job.target)) == 8


def test_the_same_export_asked_for_twice_is_one_job_and_one_plate(
    tmp_path, plates_folder, made
):
    source = write_export(tmp_path / "in" / "P1", wells=1)
    first = made.inbox.add(source, plates_folder, JobChoices(), ADA)
    again = made.inbox.add(source, plates_folder, JobChoices(), ADA)
    assert again.id == first.id
    ended(made, first)
    assert made.inbox.add(source, plates_folder, JobChoices(), ADA).state == "done"
    assert [path.name for path in plates_folder.iterdir()] == ["P1.ome.zarr"]


def test_the_same_files_under_another_name_are_not_imported_again(
    tmp_path, plates_folder, made
):
    source = write_export(tmp_path / "in" / "P1", wells=1)
    ended(made, made.inbox.add(source, plates_folder, JobChoices(), ADA))
    moved = source.rename(tmp_path / "in" / "renamed")
    job = ended(made, made.inbox.add(moved, plates_folder, JobChoices(), ADA))
    assert job.state == "done"
    assert "P1 holds the same files, and was imported as P1.ome.zarr" in job.reason
    assert [path.name for path in plates_folder.iterdir()] == ["P1.ome.zarr"]


def test_two_exports_of_one_plate_name_become_two_plates(tmp_path, plates_folder, made):
    sources = [
        write_export(tmp_path / "in" / run, wells=wells)
        for run, wells in (("run1", 1), ("run2", 2))
    ]
    jobs = [
        ended(made, made.inbox.add(source, plates_folder, JobChoices(name="P1"), ADA))
        for source in sources
    ]
    assert [Path(job.target).name for job in jobs] == [
        "P1.ome.zarr",
        "P1 2.ome.zarr",
    ]


def test_an_export_that_nothing_reads_fails_in_words_and_a_pattern_mends_it(
    tmp_path, plates_folder, made
):
    source = tmp_path / "in" / "odd"
    source.mkdir(parents=True)
    write_plane(source / "take7-B3.tif", 1)
    job = ended(made, made.inbox.add(source, plates_folder, JobChoices(), ADA))
    assert job.state == "failed"
    assert "is no export that is known" in job.reason
    with pytest.raises(DashboardError, match="1 to 1000 letters"):
        made.inbox.use_pattern(job.id, " ")
    made.inbox.use_pattern(job.id, r"-(?P<well>[A-H]\d+)\.tif")
    job = ended(made, job)
    assert job.state == "done"
    assert fields_of(job.target) == {"B/3/0"}


def test_what_is_ignored_is_left_until_somebody_tries_it_again(
    tmp_path, plates_folder, made
):
    source = write_export(tmp_path / "in" / "P1", wells=1)
    hidden = source.rename(tmp_path / "away")
    source.mkdir()
    job = ended(made, made.inbox.add(source, plates_folder, JobChoices(), ADA))
    assert job.state == "failed"
    assert made.inbox.ignore(job.id).state == "ignored"
    with pytest.raises(RefusedError, match="it is ignored by now"):
        made.inbox.stop(job.id)
    source.rmdir()
    hidden.rename(source)
    made.inbox.try_again(job.id)
    assert ended(made, job).state == "done"


def test_acts_on_imports_that_are_not_there_or_on_a_read_only_server_are_refused(
    tmp_path, plates_folder, made
):
    with pytest.raises(NotServedError, match="There is no import 'x'"):
        made.inbox.stop("x")
    with pytest.raises(DashboardError, match="Nothing is at"):
        made.inbox.add(tmp_path / "gone", plates_folder, JobChoices(), ADA)
    with pytest.raises(DashboardError, match="is no folder"):
        made.inbox.add(plates_folder, tmp_path / "gone", JobChoices(), ADA)
    with service(tmp_path / "other", plates_folder, read_only=True) as closed:
        for act in (
            lambda: closed.inbox.add(tmp_path, plates_folder, JobChoices(), ADA),
            lambda: closed.inbox.stop("x"),
            lambda: closed.inbox.ignore("x"),
            lambda: closed.inbox.try_again("x"),
            lambda: closed.inbox.use_pattern("x", "y"),
        ):
            with pytest.raises(RefusedError, match="read-only"):
                act()


def test_a_disk_without_room_keeps_an_import_waiting_and_says_so(
    tmp_path, plates_folder
):
    source = write_export(tmp_path / "in" / "P1", wells=1)
    limits = ImportLimits(reserve_bytes=1 << 60)
    with service(tmp_path / "workspace", plates_folder, import_limits=limits) as made:
        job = made.inbox.add(source, plates_folder, JobChoices(), ADA)
        job = wait_for(lambda: (now := made.inbox.job(job.id)).reason and now)
        assert job.state == "waiting"
        assert "It needs up to" in job.reason
        assert "It starts by itself when there is room." in job.reason
        assert list(plates_folder.iterdir()) == []
    with service(tmp_path / "workspace", plates_folder) as made:
        assert ended(made, job).state == "done"


def test_what_is_written_already_counts_as_taken_of_the_disk(tmp_path):
    class Job:
        folder, done, total = str(tmp_path), 99, 100

    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    assert reason_against_room(Job(), 2 * free, 0) == ""
    Job.done = 0
    assert "It needs up to" in reason_against_room(Job(), 2 * free, 0)


def test_the_map_called_as_the_plate_gives_its_wells_their_conditions(
    tmp_path, plates_folder
):
    maps = tmp_path / "maps"
    maps.mkdir()
    (maps / "p1.csv").write_text("well,compound\nA1,taxol\n")
    (maps / "P2.csv").write_text("nothing,of,use\n1,2,3\n")
    limits = ImportLimits(maps=str(maps))
    with service(tmp_path / "workspace", plates_folder, import_limits=limits) as made:
        jobs = [
            ended(
                made,
                made.inbox.add(
                    write_export(tmp_path / "in" / name, wells=wells),
                    plates_folder,
                    JobChoices(),
                    ADA,
                ),
            )
            for name, wells in (("P1", 1), ("P2", 2))
        ]
    assert [job.state for job in jobs] == ["done", "done"]
    assert jobs[0].summary["plate_map"] == "p1.csv"
    with hcs.from_hcs_zarr(jobs[0].target) as plate:
        assert plate.conditions == {"A/1": {"compound": "taxol"}}
    assert any("No plate map was taken" in note for note in jobs[1].summary["notes"])


def test_links_that_leave_an_export_are_not_followed(tmp_path, plates_folder, made):
    source = write_export(tmp_path / "in" / "P1", wells=1)
    write_plane(tmp_path / "secret.tif", 5)
    (source / "P1_A02_s1_w1.TIF").symlink_to(tmp_path / "secret.tif")
    job = ended(made, made.inbox.add(source, plates_folder, JobChoices(), ADA))
    assert job.state == "done"
    assert fields_of(job.target) == {"A/1/0", "A/1/1"}
    assert "is a link that leaves the folder" in {
        entry["reason"] for entry in job.summary["skipped"]
    }


@pytest.mark.parametrize(
    ("plate", "file"),
    [
        ("../../etc/x", "_.._etc_x"),
        ("a/b\\c:d*", "a_b_c_d_"),
        ("...", "plate"),
        ("\N{MICRO SIGN}-screen é 7", "\N{MICRO SIGN}-screen é 7"),
        ("x" * 500, "x" * 120),
        ("<img onerror=1>\n", "_img onerror_1__"),
    ],
)
def test_a_plates_name_becomes_a_file_name_that_leaves_no_folder(plate, file):
    assert file_name(plate) == file


# --- crashes, restarts, and several servers ----------------------------------------


def test_a_killed_worker_is_followed_by_another_that_goes_on_where_it_was(
    tmp_path, plates_folder, made
):
    source = write_export(tmp_path / "in" / "P1", wells=60)
    job = made.inbox.add(source, plates_folder, JobChoices(), ADA)
    target = plates_folder / "P1.ome.zarr"
    some_fields(target)
    pid = made.inbox.worker_pid
    os.kill(pid, signal.SIGKILL)
    before = {path: path.stat().st_mtime_ns for path in target.glob("*/*/*/zarr.json")}
    assert written(made, job).done == 120
    # What was written stayed as it was: at most the fields in work came anew.
    again = [path for path, at in before.items() if path.stat().st_mtime_ns != at]
    assert len(again) <= ImportLimits().threads
    assert len(fields_of(target)) == 120


def test_a_worker_ends_with_its_server_that_is_killed(tmp_path):
    """The server is a process that starts a worker and is then killed."""
    source = write_export(tmp_path / "in" / "P1", wells=1)
    order = {
        "only_ask": False,
        "source": str(source),
        "part": "",
        "choices": JobChoices().as_dict(),
        "maps": None,
        "threads": 1,
        "grace": None,
        "who": None,
    }
    program = (
        "import json, sys, time; from dashboard.inbox.child import Worker;"
        "worker = Worker(json.loads(sys.argv[1]));"
        "print(worker.event(60)['kind'], worker.pid, flush=True);"
        "time.sleep(600)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program, json.dumps(order)],
        stdout=subprocess.PIPE,
        text=True,
    )
    kind, pid = server.stdout.readline().split()
    assert kind == "planned"
    server.kill()
    server.wait()
    server.stdout.close()
    wait_for(lambda: not is_running(int(pid)), "for the worker to end")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_job_that_a_dead_server_left_running_is_gone_on_with(tmp_path, plates_folder):
    source = write_export(tmp_path / "in" / "P1", wells=1)
    with service(tmp_path / "workspace", plates_folder, imports=False) as made:
        job = made.inbox.add(source, plates_folder, JobChoices(), ADA)
        program = (
            "import sys; from dashboard.storage.engine import open_database;"
            "from dashboard.inbox.jobs import ImportJobs;"
            "print(ImportJobs(open_database(sys.argv[1])).take(lambda job: True).id)"
        )
        url = str(made.storage.engine.url)
        said = subprocess.run(
            [sys.executable, "-c", program, url], capture_output=True, text=True
        )
        assert said.stdout.strip() == job.id, said.stderr
        assert made.inbox.job(job.id).state == "running"
    with service(tmp_path / "workspace", plates_folder) as made:
        assert ended(made, job).state == "done"


def test_servers_of_one_database_share_the_work_and_take_no_job_twice(tmp_path):
    url = f"sqlite:///{tmp_path / 'w.sqlite'}"
    engines = [open_database(url), open_database(url)]
    servers = [ImportJobs(engine) for engine in engines]
    arguments: dict[str, Any] = {"origin": "inbox", "who": "x", "known": "login"}
    for number in range(4):
        servers[0].add(f"/in/{number}", "/out", JobChoices(), **arguments)
    taken = []
    for _ in range(2):
        jobs = [server.take(lambda job: True) for server in servers]
        taken += jobs
        # Each has its own, and cannot count on that of the other.
        assert servers[1].beat(jobs[0].id) is None
        for server, job in zip(servers, jobs, strict=True):
            assert server.beat(job.id) == ""
            assert server.end(job.id, JobState.DONE, "")
    assert sorted(job.source for job in taken) == [f"/in/{n}" for n in range(4)]
    assert [server.take(lambda job: True) for server in servers] == [None, None]
    for engine in engines:
        engine.dispose()


def test_a_job_whose_server_says_nothing_any_more_is_free_after_a_while(tmp_path):
    """Of another machine, whose clock and processes nobody can ask."""
    engine = open_database(f"sqlite:///{tmp_path / 'w.sqlite'}")
    now = 0.0
    far, near = ImportJobs(engine), ImportJobs(engine, clock=lambda: now)
    far.owner = "elsewhere-1:1:x"
    job = far.add("/in", "/out", JobChoices(), origin="page", who="Ada", known="typed")
    assert far.take(lambda job: True).id == job.id
    assert near.take(lambda job: True) is None
    now = STILL_SECONDS - 1
    far.beat(job.id)
    assert near.take(lambda job: True) is None
    now += STILL_SECONDS - 1
    assert near.take(lambda job: True) is None
    now += 2
    assert near.take(lambda job: True).id == job.id
    # The first one is told that it is its own no more.
    assert far.beat(job.id) is None
    assert not far.end(job.id, JobState.DONE, "")
    engine.dispose()


def test_a_plate_is_listed_and_grows_on_the_page_while_it_is_written(
    tmp_path, plates_folder, made
):
    write_export(tmp_path / "in" / "P1", wells=60)
    job = made.inbox.add(tmp_path / "in" / "P1", plates_folder, JobChoices(), ADA)
    some_fields(plates_folder / "P1.ome.zarr")
    made.plates.revision("")  # a page shows the list
    wait_for(lambda: made.plates.entries(), "for the plate to be listed")
    assert made.inbox.job(job.id).state == "running"
    made.inbox.stop(job.id)


def test_a_service_that_closes_leaves_its_import_to_whoever_is_next(
    tmp_path, plates_folder
):
    source = write_export(tmp_path / "in" / "P1", wells=60, sites=2)
    with service(tmp_path / "workspace", plates_folder) as made:
        job = made.inbox.add(source, plates_folder, JobChoices(), ADA)
        some_fields(plates_folder / "P1.ome.zarr")
    with service(tmp_path / "workspace", plates_folder, imports=False) as made:
        assert made.inbox.job(job.id).state == "waiting"
    with service(tmp_path / "workspace", plates_folder) as made:
        assert written(made, job).done == 120


def test_a_stopped_import_keeps_what_is_written_and_goes_on_when_tried_again(
    tmp_path, plates_folder, made
):
    source = write_export(tmp_path / "in" / "P1", wells=60, sites=2)
    job = made.inbox.add(source, plates_folder, JobChoices(), ADA)
    some_fields(plates_folder / "P1.ome.zarr")
    made.inbox.stop(job.id)
    job = ended(made, job)
    assert job.state == "stopped"
    first = fields_of(job.target)
    assert 0 < len(first) < 120
    made.inbox.try_again(job.id)
    assert written(made, job).done == 120
    assert len(fields_of(job.target)) == 120
