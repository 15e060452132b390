"""Inboxes: what comes is imported once it is quiet, what grows is taken up again."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hcs
from dashboard.inbox.folders import InboxFolder, InboxSettings
from dashboard.inbox.watch import Inbox
from hcs.metadata import Who
from hcs.validation import validate
from tests.incell import blanks, write_stack
from tests.incell import image as incell_image
from tests.integration.inbox_exports import write_export, write_plane
from tests.integration.serving import service, wait_for
from tests.integration.test_import_jobs import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.inbox.values import ImportJob
    from dashboard.service import Service

QUIET = 300.0


class Watched:
    """An inbox that is looked through when a test says so, by a clock that it sets."""

    def __init__(self, made: Service, folder: Path, into: Path) -> None:
        self.made, self.folder, self.into = made, folder, into
        self.now = 1000.0
        settings = InboxSettings(
            folders=(InboxFolder(folder=str(folder), into=str(into)),),
            quiet_seconds=QUIET,
        )
        self.inbox = Inbox(settings, made.inbox, clock=lambda: self.now)

    def look(self, after: float = 0.0) -> None:
        """Look through the inbox some seconds later."""
        self.now += after
        self.inbox.look_through()

    def arrivals(self) -> dict[str, str]:
        return {entry.name: entry.problem for entry in self.inbox.arrivals()}

    def job(self, name: str) -> ImportJob | None:
        jobs = [job for job in self.made.inbox.jobs() if job.name == name]
        return jobs[0] if jobs else None

    def ended(self, name: str) -> ImportJob:
        return wait_for(
            lambda: (
                (job := self.job(name))
                and job.state not in ("waiting", "running")
                and job
            ),
            f"for the import of {name}",
        )


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    folder, into = tmp_path / "inbox", tmp_path / "plates"
    folder.mkdir()
    into.mkdir()
    with service(tmp_path / "workspace", into, settle_after=0.0) as made:
        yield Watched(made, folder, into)


def digest(folder: Path) -> str:
    """Return what any change of a folder would change: content, times, modes."""
    whole = hashlib.sha256()
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        whole.update(
            repr(
                (str(path), status.st_mtime_ns, status.st_mode, status.st_size)
            ).encode()
        )
        if stat.S_ISREG(status.st_mode):
            whole.update(path.read_bytes())
    return whole.hexdigest()


def test_an_export_is_imported_once_it_was_quiet_and_the_inbox_is_left_as_it_was(
    watched,
):
    write_export(watched.folder / "P1", wells=2)
    watched.look()
    assert watched.arrivals() == {"P1": ""}
    write_export(watched.folder / "P1", wells=3)
    watched.look(QUIET - 1)
    watched.look(QUIET - 1)
    assert watched.job("P1") is None
    before = digest(watched.folder)
    watched.look(1)
    assert watched.ended("P1").state == "done"
    assert len(fields_of(watched.into / "P1.ome.zarr")) == 6
    watched.look(1)
    assert watched.arrivals() == {}
    assert digest(watched.folder) == before
    assert len(watched.made.inbox.jobs()) == 1


def test_a_file_that_grows_in_its_folder_keeps_an_export_from_being_taken(watched):
    """Neither the folder's time tells it, nor its own where a share's is coarse."""
    export = write_export(watched.folder / "P1", wells=1)
    folder_time = export.stat().st_mtime_ns
    watched.look()
    growing = export / "P1_A01_s1_w1.TIF"
    moment = growing.stat().st_mtime_ns
    with growing.open("ab") as stream:
        stream.write(b"\0" * 100)
    os.utime(growing, ns=(moment, moment))
    assert export.stat().st_mtime_ns == folder_time
    watched.look(QUIET)
    assert watched.job("P1") is None
    assert watched.arrivals() == {"P1": ""}
    watched.look(QUIET)
    assert watched.job("P1") is not None


def test_new_wells_of_an_imported_export_are_added_to_its_plate(watched):
    write_export(watched.folder / "P1", wells=2)
    watched.look()
    watched.look(QUIET)
    watched.ended("P1")
    target = watched.into / "P1.ome.zarr"
    identity, first = hcs.from_hcs_zarr(target).id, versions(target)
    write_export(watched.folder / "P1", wells=3, sites=3)
    watched.look(1)
    assert watched.inbox.arrivals()[0].known
    watched.look(QUIET)
    wait_for(lambda: watched.job("P1").total == 9)
    assert watched.ended("P1").state == "done"
    assert len(fields_of(target)) == 9
    later = versions(target)
    assert {path: later[path] for path in first} == first
    assert hcs.from_hcs_zarr(target).id == identity
    assert [entry.name for entry in watched.into.iterdir()] == ["P1.ome.zarr"]
    assert not [problem for problem in validate(target) if problem.severity == "error"]


def versions(path: Path) -> dict[str, str]:
    with hcs.from_hcs_zarr(path) as plate:
        return {
            f"{well.path}/{field.name}": field.version
            for well in plate
            for field in well.fields
        }


def test_fields_whose_files_have_changed_wait_for_a_person_and_become_new_versions(
    watched,
):
    export = write_export(watched.folder / "P1", wells=2)
    watched.look()
    watched.look(QUIET)
    watched.ended("P1")
    target = watched.into / "P1.ome.zarr"
    first = versions(target)
    write_plane(export / "P1_A01_s1_w1.TIF", 77)
    watched.look(4000)
    watched.look(QUIET)
    job = wait_for(lambda: (job := watched.job("P1")).state == "grew" and job)
    assert "0 new fields, 1 field of other files than before" in job.reason
    assert versions(target) == first
    # It stands until somebody says more, or it changes again.
    watched.look(4000)
    watched.look(4000)
    assert watched.job("P1").state == "grew"
    watched.made.inbox.try_again(job.id)
    assert watched.ended("P1").state == "done"
    later = versions(target)
    assert {path for path in first if later[path] != first[path]} == {"A/1/0"}
    with hcs.from_hcs_zarr(target) as plate:
        history = plate.well("A/1").history("0")
    assert [event.action for event in history] == ["write", "correct"]
    assert "its export grew" in history[-1].why


def test_an_export_that_failed_is_tried_again_once_it_has_changed(watched):
    export = watched.folder / "P1"
    export.mkdir()
    (export / "readme.txt").write_text("images will come")
    watched.look()
    watched.look(QUIET)
    assert watched.ended("P1").state == "failed"
    watched.look(1)
    assert watched.job("P1").state == "failed"
    write_export(export, wells=1)
    watched.look(1)
    watched.look(QUIET)
    wait_for(lambda: watched.job("P1").state == "done")


def test_links_loose_files_and_empty_folders_are_said_and_left(watched, tmp_path):
    outside = write_export(tmp_path / "outside", wells=1)
    (watched.folder / "linked").symlink_to(outside)
    (watched.folder / "loose.tif").write_bytes(b"x")
    (watched.folder / "empty").mkdir()
    (watched.folder / ".hidden").mkdir()
    for _ in range(3):
        watched.look(QUIET)
    assert watched.made.inbox.jobs() == ()
    problems = watched.arrivals()
    assert problems.pop("linked") == "is a link, which is not followed"
    assert problems.pop("empty") == "holds no files yet"
    assert "holds 1 files beside its folders" in problems.pop("inbox")
    assert problems == {}


def test_an_inbox_that_goes_away_and_comes_back_is_neither_emptied_nor_taken_anew(
    watched, tmp_path
):
    write_export(watched.folder / "P1", wells=1)
    write_export(watched.folder / "P2", wells=2)
    watched.look()
    watched.look(QUIET)
    watched.ended("P1")
    watched.ended("P2")
    changed = {job.name: job.changed for job in watched.made.inbox.jobs()}
    watched.folder.rename(tmp_path / "away")
    watched.look(4000)
    assert "cannot be reached" in watched.arrivals()["inbox"]
    (tmp_path / "away").rename(watched.folder)
    watched.look(4000)
    watched.look(4000)
    assert watched.arrivals() == {}
    assert {job.name: job.changed for job in watched.made.inbox.jobs()} == changed


def test_a_restarted_server_takes_nothing_anew_and_sees_what_grew_meanwhile(
    watched, tmp_path
):
    write_export(watched.folder / "P1", wells=1)
    watched.look()
    watched.look(QUIET)
    watched.ended("P1")
    again = Watched(watched.made, watched.folder, watched.into)
    again.look()
    again.look(QUIET)
    assert again.arrivals() == {}
    assert again.job("P1").state == "done"
    write_export(watched.folder / "P1", wells=2)
    anew = Watched(watched.made, watched.folder, watched.into)
    anew.look()
    assert anew.arrivals() == {"P1": ""}


def test_a_name_that_is_no_text_is_said_and_keeps_no_other_export_waiting(watched):
    odd = os.path.join(os.fsencode(watched.folder), b"A\xff1")  # noqa: PTH118
    os.mkdir(odd)  # noqa: PTH102
    write_export(watched.folder / "P1", wells=1)
    watched.look()
    watched.look(QUIET)
    assert watched.ended("P1").state == "done"
    assert watched.arrivals() == {"A\ufffd1": "has a name that is no text; rename it"}


def test_names_in_an_inbox_may_be_anything(watched):
    odd = watched.folder / "<img src=x onerror=alert(1)>\n\u202e"
    write_export(odd, wells=1, plate="P1")
    watched.look()
    watched.look(QUIET)
    job = wait_for(
        lambda: (job := watched.made.inbox.jobs()[0]).state == "done" and job
    )
    name = Path(job.target).name
    assert Path(job.target).parent == watched.into
    assert not set(name) & set("<>/\n\u202e")


def test_an_export_that_says_itself_that_it_is_complete_need_not_be_quiet_for_long(
    watched,
):
    names = {
        name: incell_image(name, label="B - 2", field=field, wave=0)
        for field in (0, 1)
        for name in [f"B - 02(fld {field + 1} wv UV - DAPI).tif"]
    }
    export = watched.folder / "P1"
    write_stack(export, names.values(), extra='<Event type="PLATE_SCAN_FINISHED"/>')
    first, last = names
    blanks(export, [first])
    watched.look()
    watched.look(10)
    # Its description has come before its last image has: what copies does so.
    assert watched.job("P1") is None
    blanks(export, [last])
    watched.look(10)
    watched.look(10)
    job = watched.ended("P1")
    assert (job.state, job.summary["complete"]) == ("done", True)


def test_a_source_of_several_plates_becomes_as_many_each_with_a_job_of_its_own(
    watched,
):
    for plate, wells in (("P1", 1), ("P2", 2)):
        write_export(watched.folder / "both", wells=wells, plate=plate)
    watched.look()
    watched.look(QUIET)
    both = watched.ended("both")
    assert both.state == "done"
    assert "It holds 2 plates, each of which is imported by itself" in both.reason
    assert [watched.ended(name).state for name in ("P1", "P2")] == ["done", "done"]
    assert {path.name for path in watched.into.iterdir()} == {
        "P1.ome.zarr",
        "P2.ome.zarr",
    }
    write_export(watched.folder / "both", wells=2, plate="P1")
    watched.look(1)
    watched.look(QUIET)
    wait_for(lambda: len(fields_of(watched.into / "P1.ome.zarr")) == 4)
    wait_for(lambda: {job.state for job in watched.made.inbox.jobs()} == {"done"})


def test_nothing_is_added_to_a_plate_that_is_signed_off(watched):
    write_export(watched.folder / "P1", wells=1)
    watched.look()
    watched.look(QUIET)
    watched.ended("P1")
    key = "P1.ome.zarr"
    watched.made.signing.sign_off(key, Who("Ada", "typed"))
    write_export(watched.folder / "P1", wells=2)
    watched.look(1)
    watched.look(QUIET)
    job = wait_for(lambda: (job := watched.job("P1")).state == "grew" and job)
    assert "2 new fields" in job.reason
    assert "nothing changes until it is reopened" in job.reason
    assert len(fields_of(watched.into / key)) == 2
