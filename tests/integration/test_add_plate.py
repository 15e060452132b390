"""Adding plates: places, hostile zips and names, roles, two people, restarts."""

from __future__ import annotations

import argparse
import os
import stat
import threading
import time
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hcs
from dashboard.accounts import Role
from dashboard.adding.desk import checked_roots
from dashboard.adding.folders import Folders
from dashboard.adding.values import EntryKind, Questions
from dashboard.adding.zips import KEEP_SECONDS, UploadedZips
from dashboard.app import ServerSettings
from dashboard.commands.inbox_options import add_from_of, add_inbox
from dashboard.commands.settings_file import read_settings_file
from dashboard.errors import DashboardError, NotServedError, RefusedError
from dashboard.inbox.values import JobChoices, JobState
from dashboard.uploads.values import FileToSend, Purpose
from hcs.metadata import Who
from hcs.tables import TableFile
from tests import plates
from tests.integration.inbox_exports import write_export, write_plane
from tests.integration.serving import Served, person, service, wait_for
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tornado.httputil import HTTPServerRequest

    from dashboard.accounts import Visitor
    from dashboard.adding.trials import TrialState
    from dashboard.adding.values import Source
    from dashboard.inbox.values import ImportJob
    from dashboard.service import Service

ADA = Who("Ada", "typed")
OWNER = "local"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folder of plates, and the one to pick from."""
    plates, exports = tmp_path / "plates", tmp_path / "exports"
    plates.mkdir()
    exports.mkdir()
    return plates, exports


@pytest.fixture
def made(tmp_path: Path, folders: tuple[Path, Path]) -> Iterator[Service]:
    plates, exports = folders
    with service(tmp_path / "workspace", plates, add_from=(str(exports),)) as made:
        yield made


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def sent(
    made: Service, path: Path, name: str = "", owner: str = OWNER, whole: bool = True
) -> str:
    """Send a file to become a plate; return the upload's id."""
    data = path.read_bytes()
    file = FileToSend(name=name or path.name, size=len(data), purpose=Purpose.PLATE)
    upload = made.uploads.create(owner, file)
    receiving = made.uploads.receive(owner, upload.id, 0)
    try:
        receiving.write(data if whole else data[: len(data) // 2])
    finally:
        receiving.end()
    return upload.id


def tried(made: Service, source: Source, **questions: Any) -> TrialState:
    """Return what a dry run came to."""
    trial = made.adding.try_out(source, Questions(**questions))
    return wait_for(lambda: trial.state.over and trial.state, "for a dry run")


def ended(made: Service, job: ImportJob) -> ImportJob:
    return wait_for(
        lambda: (
            (now := made.inbox.job(job.id)).state not in ("waiting", "running") and now
        ),
        "for an import to end",
    )


def target(made: Service) -> str:
    return made.adding.targets()[0].id


def zips(tmp_path: Path) -> list[Path]:
    """Return the zips that are kept for imports."""
    return list((tmp_path / "workspace" / "imports").rglob("*.zip"))


# --- folders --------------------------------------------------------------------------


def test_a_listing_names_by_ids_and_marks_exports_plates_and_links(
    tmp_path, folders, made
):
    _, exports = folders
    write_export(exports / "day 10" / "P1")
    write_export(exports / "day 2" / "P1")
    (exports / "day 2" / "P1" / "P1.HTD").write_text("x")
    (exports / "made.ome.zarr").mkdir()
    (exports / "made.ome.zarr" / "zarr.json").write_text("{}")
    (exports / "P.zip").write_bytes(b"")
    (exports / "out").symlink_to(tmp_path)
    (exports / "table.csv").write_text("")
    (root,) = made.adding.roots()
    entries = {entry.name: entry for entry in made.adding.listing(root.id).entries}
    assert list(entries) == ["day 2", "day 10", "made.ome.zarr", "out", "P.zip"]
    assert entries["made.ome.zarr"].kind is EntryKind.PLATE
    assert entries["out"].kind is EntryKind.LINK
    assert not entries["out"].id
    assert not entries["made.ome.zarr"].id
    inside = made.adding.listing(entries["day 2"].id)
    assert [entry.name for entry in inside.path] == [str(exports), "day 2"]
    (export,) = inside.entries
    assert (export.kind, export.note) == (EntryKind.EXPORT, "ImageXpress")
    assert made.adding.folder_source(export.id).path == str(exports / "day 2" / "P1")
    assert all(str(tmp_path) not in entry.id for entry in inside.entries)


@pytest.mark.parametrize("guess", ["", "0", "../..", "/etc", "a" * 32, "\0"])
def test_an_id_that_nobody_was_shown_is_none(folders, made, guess):
    with pytest.raises(NotServedError, match="list the folders again"):
        made.adding.listing(guess)
    with pytest.raises(NotServedError, match="list the folders again"):
        made.adding.folder_source(guess)


def test_ids_are_of_one_server_and_of_what_it_listed(folders):
    _, exports = folders
    first, second = Folders([str(exports)]), Folders([str(exports)])
    (root,) = first.top()
    assert second.top()[0].id != root.id
    with pytest.raises(NotServedError):
        second.listing(root.id)


def test_a_folder_that_becomes_a_link_after_it_was_listed_is_not_followed(
    tmp_path, folders, made
):
    _, exports = folders
    secret = write_export(tmp_path / "secret")
    write_export(exports / "a" / "P1")
    (root,) = made.adding.roots()
    (entry,) = made.adding.listing(root.id).entries
    (inside,) = made.adding.listing(entry.id).entries
    (exports / "a").rename(exports / "b")
    (exports / "a").symlink_to(secret.parent)
    for identifier in (entry.id, inside.id):
        with pytest.raises(DashboardError, match=r"link|listed"):
            made.adding.folder_source(identifier)


def test_a_root_that_vanishes_is_said_in_words_and_comes_back(folders, made):
    _, exports = folders
    (root,) = made.adding.roots()
    exports.rmdir()
    with pytest.raises(DashboardError, match="its share is away"):
        made.adding.listing(root.id)
    write_export(exports / "P1")
    assert [e.name for e in made.adding.listing(root.id).entries] == ["P1"]


def test_a_long_folder_is_listed_in_part_and_says_so(folders, made):
    _, exports = folders
    for number in range(1010):
        (exports / f"f{number}").mkdir()
    (root,) = made.adding.roots()
    listing = made.adding.listing(root.id)
    assert (len(listing.entries), listing.more) == (1000, 10)


def test_roots_are_folders_and_read_only_servers_have_none(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert checked_roots([str(tmp_path / "away")], read_only=False)
    with pytest.raises(DashboardError, match="takes folders"):
        checked_roots([str(file)], read_only=False)
    with pytest.raises(DashboardError, match="--read-only adds none"):
        checked_roots([str(tmp_path)], read_only=True)


def test_folders_to_pick_from_come_from_the_command_line_or_else_the_settings_file(
    tmp_path, folders
):
    plates, exports = folders
    parser = argparse.ArgumentParser()
    parser.set_defaults(read_only=False)
    add_inbox(parser)
    config = tmp_path / "hcs.toml"
    config.touch(mode=0o600)
    config.write_text(f'[imports]\nadd_from = ["{plates}", "{exports}"]\n')
    options = parser.parse_args(["--add-from", str(exports)])
    settings = read_settings_file(config)
    assert add_from_of(options, settings) == (str(exports),)
    assert add_from_of(parser.parse_args([]), settings) == (str(plates), str(exports))
    assert add_from_of(parser.parse_args([]), read_settings_file(None)) == ()


# --- what is no plate -----------------------------------------------------------------


def evil_zips(tmp_path: Path) -> dict[str, Path]:
    """Return zips that must not be imported, by what is said of each."""
    image = tmp_path / "image.tif"
    write_plane(image, 1)
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.write(image, "P1_A01_s1_w1.TIF")
    made = {}

    def make(words: str) -> zipfile.ZipFile:
        made[words] = tmp_path / f"evil {len(made)}.zip"
        return zipfile.ZipFile(made[words], "w", zipfile.ZIP_DEFLATED)

    with make("archive inside the export") as archive:
        archive.write(inner, "inner.zip")
    with make("has a name that leaves the archive") as archive:
        for name in ("../../P1_A01_s1_w1.TIF", "/etc/P1_A02_s1_w1.TIF"):
            archive.writestr(zipfile.ZipInfo(name), image.read_bytes())
    with make("is not a regular file") as archive:
        link = zipfile.ZipInfo("P1_A01_s1_w1.TIF")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with make("more than 40 folders") as archive:
        archive.write(image, "/".join(["d"] * 50) + "/P1_A01_s1_w1.TIF")
    with make("more than 1000 letters") as archive:
        archive.write(image, "P1_A01_s1_w1" + "x" * 1200 + ".TIF")
    with make("as a decompression bomb does") as archive:
        archive.writestr("P1_A01_s1_w1.TIF", bytes(300 << 20))
    with make("two files called"):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(made["two files called"], "w") as archive:
            archive.write(image, "P1_A01_s1_w1.TIF")
            archive.write(image, "P1_A01_s1_w1.TIF")
    with make("holds no files"):
        pass
    plain = made["neither a folder nor a zip"] = tmp_path / "plain.zip"
    plain.write_bytes(b"PK" + os.urandom(2000))
    return made


def test_zips_that_are_none_or_do_harm_are_refused_in_words(tmp_path, folders, made):
    plates, _ = folders
    trials = {}
    for words, path in evil_zips(tmp_path).items():
        source = made.adding.upload_source(OWNER, sent(made, path, "Screen.zip"))
        trials[words] = made.adding.try_out(source, Questions())
    for words, trial in trials.items():
        trial.join()
        state = trial.state
        assert state.phase == "failed", words
        assert words in state.text, state.text
        # Where uploads lie is nobody's business.
        assert str(tmp_path) not in state.text
    assert not list(plates.iterdir())
    assert not (tmp_path / "P1_A01_s1_w1.TIF").exists()


def test_dry_runs_that_are_stopped_end_also_those_that_wait(tmp_path, folders, made):
    _, exports = folders
    write_export(exports / "P1", wells=24)
    (root,) = made.adding.roots()
    (entry,) = made.adding.listing(root.id).entries
    source = made.adding.folder_source(entry.id)
    trials = [made.adding.try_out(source, Questions()) for _ in range(4)]
    for trial in trials:
        trial.stop()
    for trial in trials:
        trial.join()
    assert {trial.state.phase for trial in trials} == {"stopped"}
    # And what comes then has its turn.
    assert tried(made, source).phase == "done"


# --- uploads --------------------------------------------------------------------------


def test_an_uploaded_zip_is_its_persons_alone_and_of_its_purpose(
    tmp_path, folders, made
):
    path = zipped(write_export(tmp_path / "in" / "P1"), tmp_path / "P1.zip")
    upload = sent(made, path)
    with pytest.raises(NotServedError):
        made.adding.upload_source("user:Eve", upload)
    half = sent(made, path, whole=False)
    with pytest.raises(RefusedError, match="not arrived completely"):
        made.adding.upload_source(OWNER, half)
    other = made.uploads.create(OWNER, FileToSend(name="a.tif", size=0))
    with pytest.raises(RefusedError, match="not sent to become a plate"):
        made.adding.upload_source(OWNER, other.id)


def test_a_zip_becomes_a_plate_as_the_dry_run_said_and_goes(tmp_path, folders, made):
    plates, _ = folders
    folder = tmp_path / "in"
    folder.mkdir()
    for number, well in enumerate(("B3", "B4", "C3")):
        write_plane(folder / f"take7-{well}-p1.tif", number)
    upload = sent(made, zipped(folder, tmp_path / "x.zip"), "../Run: 7.zip")
    source = made.adding.upload_source(OWNER, upload)
    unknown = tried(made, source)
    assert "is no export that is known" in unknown.text
    assert "--pattern" not in unknown.text
    assert unknown.proposals[0]["gives"].startswith("3 wells x 1 field")
    sheet = TableFile("map.csv", b"well,compound,dose\nB3,=cmd(),1.5\nB4,DMSO,\n")
    state = tried(
        made,
        source,
        pattern="{*}-{well}-p{field}.tif",
        tables=(sheet,),
        channel_names={"channel 1": "DNA"},
    )
    assert state.phase == "done", state.text
    assert state.outcome["found"]["wells"] == 3
    assert state.outcome["plate"] == "Run_ 7"
    assert state.outcome["map"]["not_listed"] == [1, "C03"]
    choices = JobChoices(
        pattern="{*}-{well}-p{field}.tif",
        plate_map_text=state.map_text,
        channel_names={"channel 1": "DNA"},
        name="Seven",
    )
    job = made.adding.begin(source, choices, target(made), ADA)
    assert made.uploads.owned_by(OWNER) == ()
    job = ended(made, job)
    assert (job.state, job.reason) == (JobState.DONE, "")
    assert job.target == str(plates / "Seven.ome.zarr")
    with hcs.from_hcs_zarr(job.target) as plate:
        assert len(list(plate)) == 3
        conditions = plate.attributes["hcs"]["conditions"]
    assert conditions["wells"]["B/3"] == ["=cmd()", 1.5]
    wait_for(lambda: not zips(tmp_path), "for the zip to go")


def test_of_several_plates_in_a_zip_one_is_chosen_or_each_is_imported(
    tmp_path, folders, made
):
    plates_folder, _ = folders
    for name in ("P", "Q"):
        write_export(tmp_path / "in", wells=2, plate=name)
    path = zipped(tmp_path / "in", tmp_path / "both.zip")
    visit = Visit(made, "")

    def shown() -> Any:
        visit.parts["add_plate"]._look()
        visit.rest()
        source = visit.content("add_plate")["source"]
        return source and source["fresh"] and source

    visit.act("add_plate", type="upload", id=sent(made, path))
    source = wait_for(shown, "for the dry run")
    assert source["outcome"]["plates"] == [["P", 4], ["Q", 4]]
    visit.act("add_plate", type="ask", plate="Q")
    source = wait_for(shown, "for that of the other plate")
    assert (source["asked"]["plate"], source["name_of_plate"]) == ("Q", "Q")
    visit.act("add_plate", type="import")
    wait_for(lambda: visit.rest() or visit.content("add_plate")["begun"][0] == 1)
    chosen = ended(made, made.inbox.jobs()[0])
    assert (chosen.part, Path(chosen.target).name) == ("Q", "Q.ome.zarr")
    visit.act("add_plate", type="upload", id=sent(made, path))
    wait_for(shown, "for the dry run of both")
    visit.act("add_plate", type="import", every=True)
    wait_for(lambda: visit.rest() or visit.content("add_plate")["begun"][0] == 2)
    visit.close()
    wait_for(lambda: len(made.inbox.jobs()) == 4, "for each to be a job")
    assert {ended(made, job).state for job in made.inbox.jobs()} == {JobState.DONE}
    # Of Q the same files were imported before, so nothing was written again.
    names = sorted(plate.name for plate in plates_folder.iterdir())
    assert names == ["P.ome.zarr", "Q.ome.zarr"]
    wait_for(lambda: not zips(tmp_path), "for the zips to go")


def test_a_name_that_is_taken_or_leads_elsewhere_is_refused_and_nothing_has_changed(
    tmp_path, folders, made
):
    plates, _ = folders
    (plates / "Taken.ome.zarr").mkdir()
    path = zipped(write_export(tmp_path / "in" / "P1"), tmp_path / "P1.zip")
    source = made.adding.upload_source(OWNER, sent(made, path))
    for name, words in (
        ("Taken", "already"),
        ("../out", "that of its folder"),
        ("a/b", "that of its folder"),
        ("x" * 200, "that of its folder"),
        (" ", "that of its folder|Give the plate"),
    ):
        with pytest.raises(RefusedError, match=words):
            made.adding.begin(source, JobChoices(name=name), target(made), ADA)
    for place in ("", "x", str(tmp_path), "../.."):
        with pytest.raises(NotServedError, match="folder"):
            made.adding.begin(source, JobChoices(), place, ADA)
    assert not made.inbox.jobs()
    assert made.adding.upload_source(OWNER, source.upload) == source


def test_two_people_who_import_the_same_at_once_make_one_plate(tmp_path, folders, made):
    plates, exports = folders
    write_export(exports / "P1")
    (root,) = made.adding.roots()
    (entry,) = made.adding.listing(root.id).entries
    path = zipped(exports / "P1", tmp_path / "P1.zip")
    upload = made.adding.upload_source(OWNER, sent(made, path))
    folder = made.adding.folder_source(entry.id)
    outcomes: list[object] = []

    def begin(source: Source) -> None:
        try:
            job = made.adding.begin(source, JobChoices(), target(made), ADA)
            outcomes.append(job.id)
        except (NotServedError, RefusedError, DashboardError) as error:
            outcomes.append(error)

    threads = [
        threading.Thread(target=begin, args=(source,))
        for source in (folder, folder, upload, upload)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Of the upload one, of the folder one: the other is refused, or is the same job.
    ids = {outcome for outcome in outcomes if isinstance(outcome, str)}
    assert len(ids) == 2, outcomes
    jobs = [ended(made, made.inbox.job(each)) for each in ids]
    assert {job.state for job in jobs} == {JobState.DONE}
    folder_job = next(job for job in jobs if job.source == folder.path)
    assert Path(folder_job.target).exists()
    with pytest.raises(RefusedError, match="imported already"):
        made.adding.begin(folder, JobChoices(), target(made), ADA)
    assert all(plate.name.startswith("P1") for plate in plates.iterdir())


# --- over time ------------------------------------------------------------------------


def test_a_server_that_ends_in_the_middle_is_followed_by_one_that_goes_on(
    tmp_path, folders
):
    plates, _ = folders
    workspace = tmp_path / "workspace"
    path = zipped(
        write_export(tmp_path / "in" / "P1", wells=24, sites=1), tmp_path / "P1.zip"
    )
    with service(workspace, plates) as made:
        sent(made, path, "left.zip")
        source = made.adding.upload_source(OWNER, sent(made, path))
        job = made.adding.begin(source, JobChoices(), target(made), ADA)
        wait_for(lambda: made.inbox.job(job.id).state == "running", "to begin")
        assert len(zips(tmp_path)) == 1
    with service(workspace, plates) as made:
        # Both are still there: the import, and what was only uploaded.
        (left,) = made.uploads.owned_by(OWNER)
        assert left.file.name == "left.zip"
        assert tried(made, made.adding.upload_source(OWNER, left.id)).phase == "done"
        done = ended(made, made.inbox.job(job.id))
        assert (done.state, done.reason) == (JobState.DONE, "")
        wait_for(lambda: not zips(tmp_path), "for the zip to go")
    with hcs.from_hcs_zarr(done.target) as plate:
        assert sum(len(well.fields) for well in plate) == 24


def test_zips_of_failed_imports_stay_for_a_while_and_those_of_ignored_ones_go(
    tmp_path, folders, made, monkeypatch
):
    folder = tmp_path / "in"
    folder.mkdir()
    write_plane(folder / "odd.tif", 1)
    path = zipped(folder, tmp_path / "odd.zip")
    first, second = (
        ended(
            made,
            made.adding.begin(
                made.adding.upload_source(OWNER, sent(made, path)),
                JobChoices(),
                target(made),
                ADA,
            ),
        )
        for _ in range(2)
    )
    assert {first.state, second.state} == {JobState.FAILED}
    assert len(zips(tmp_path)) == 2
    made.inbox.ignore(first.id)
    made.adding.sweep()
    assert len(zips(tmp_path)) == 1
    store = UploadedZips(tmp_path / "workspace" / "imports")
    late = wait_for(lambda: made.inbox.job(second.id))
    moment = time.time() + KEEP_SECONDS + 60
    monkeypatch.setattr("dashboard.adding.zips.time.time", lambda: moment)
    store.sweep([late], made.inbox.ignore)
    assert not zips(tmp_path)
    assert made.inbox.job(second.id).state is JobState.IGNORED


# --- roles and pages ------------------------------------------------------------------


def test_who_may_not_add_plates_sees_no_folder_and_is_told_whom_to_ask(folders, made):
    _, exports = folders
    visit = Visit(made, "", visitor=person(Role.REVIEWER))
    content = visit.content("add_plate")
    assert "ask for the role curator" in content["against"]
    assert str(exports) not in str(content)
    assert "ask for the role curator" in visit.content("plates")["add"]
    visit.act("add_plate", type="list", id=made.adding.roots()[0].id)
    assert str(exports) not in str(visit.texts())
    visit.close()


def test_who_is_curator_of_one_project_alone_adds_no_plates_by_naming_one_of_it(
    tmp_path, folders
):
    plates_folder, exports = folders
    key = "lab/one.ome.zarr"
    plates.make(plates_folder / key)
    write_export(exports / "P1")
    with service(
        tmp_path / "workspace", plates_folder, add_from=(str(exports),)
    ) as made:
        job = made.inbox.add(exports / "P1", plates_folder, JobChoices(), ADA)
        ended(made, job)
        visitor = person(Role.VIEWER, project_roles={"lab": Role.CURATOR})
        for query in ("", f"plate={key}"):
            visit = Visit(made, query, visitor=visitor)
            root = made.adding.roots()[0].id
            visit.act("add_plate", type="list", id=root, plate=key)
            visit.act("add_plate", type="pick", id=root, plate=key)
            visit.act("inbox", type="ignore", id=job.id, plate=key)
            visit.act("inbox", type="again", id=job.id, plate=key)
            visit.rest()
            assert str(exports) not in str(visit.texts())
            assert visit.parts["add_plate"]._source is None
            visit.close()
        assert made.inbox.job(job.id).state is JobState.DONE


def test_a_zip_is_taken_from_curators_of_everything_alone(tmp_path, folders):
    plates_folder, _ = folders
    key = "lab/one.ome.zarr"
    plates.make(plates_folder / key)
    people = {
        "Project": person(Role.VIEWER, "Project", {"lab": Role.CURATOR}),
        "Reviewer": person(Role.REVIEWER, "Reviewer"),
        "Curator": person(Role.CURATOR, "Curator"),
    }

    def identify(request: HTTPServerRequest) -> Visitor | None:
        return people.get(request.headers.get("X-Name", ""))

    with (
        service(tmp_path / "workspace", plates_folder) as made,
        Served(made, ServerSettings(port=0), identify) as served,
    ):
        said = {"purpose": "plate", "plate": key}
        statuses = {
            name: served.announce("/uploads", 10, "P1.zip", X_Name=name, **said).status
            for name in people
        }
    assert statuses == {"Project": 403, "Reviewer": 403, "Curator": 201}


def test_a_server_without_a_folder_to_write_says_what_to_do(tmp_path, demo_plate):
    with service(tmp_path / "workspace", demo_plate) as made:
        visit = Visit(made, "")
        assert made.adding.targets() == ()
        with pytest.raises(NotServedError, match="start it with a folder"):
            made.adding.reason_against_room(1, "")
        visit.close()


@pytest.fixture
def demo_plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "one.ome.zarr")


def test_a_page_is_told_which_of_its_answers_what_it_is_shown_is_of(folders, made):
    visit = Visit(made, "")
    visit.act("add_plate", type="name", name="P2", seq=7)
    assert visit.content("add_plate")["ack"] == 7
    visit.act("add_plate", type="ask", format="384", seq=8)
    assert visit.content("add_plate")["ack"] == 8


def test_a_page_takes_a_picked_folder_to_its_import(tmp_path, folders, made):
    plates, exports = folders
    write_export(exports / "<b>P1")
    visit = Visit(made, "")
    visit.act("add_plate", type="list", id=made.adding.roots()[0].id)
    wait_for(lambda: visit.rest() or visit.content("add_plate")["listing"])
    (entry,) = visit.content("add_plate")["listing"]["entries"]
    assert entry["name"] == "<b>P1"
    visit.act("add_plate", type="pick", id=entry["id"])

    def fresh() -> Any:
        visit.parts["add_plate"]._look()
        visit.rest()
        source = visit.content("add_plate")["source"]
        return source and source["fresh"] and source

    source = wait_for(fresh, "for the dry run")
    assert source["name_of_plate"] == "_b_P1"
    visit.act("add_plate", type="ask", format="384", channels={"w1": "<i>DNA"})
    source = wait_for(fresh, "for the second dry run")
    assert source["asked"]["format"] == "384"
    assert source["outcome"]["channels"] == [["w1", "<i>DNA"]]
    visit.act("add_plate", type="import")
    wait_for(lambda: visit.rest() or visit.content("add_plate")["begun"][0])
    (job,) = made.inbox.jobs()
    job = ended(made, job)
    assert Path(job.target).parent == plates
    assert (job.choices.format, job.who) == ("384", "Ada")
    visit.close()
