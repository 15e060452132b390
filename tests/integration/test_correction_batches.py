"""Many corrections in one go, through the service that pages use."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from dashboard.accounts import LOCAL
from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.exports.report import report_html
from dashboard.exports.tables import PlateTables
from hcs import from_hcs_zarr, pack
from hcs.cli import main
from hcs.errors import SourceError
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import Served, send, service, surveyed, tiff
from tests.witness.image import Image
from tests.witness.readers import by_ngff_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.corrections.batch import Batch
    from dashboard.service import Service

KEY = "p.ome.zarr"
ANNA = Who("Anna", "typed")
SHAPE = (32, 40)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=SHAPE)


@pytest.fixture
def made(plate: Path, tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as running:
        surveyed(running, KEY)
        yield running


@pytest.fixture
def token(made: Service) -> str:
    return made.sessions.open()


def send_plane(made: Service, token: str, name: str, value: int) -> str:
    """Upload a plane of one value; return its id."""
    return send(made, token, tiff(np.full(SHAPE, value, "u2")), name).id


def value_of(plate: Path, well: str, field: str, channel: int) -> int:
    with from_hcs_zarr(plate) as opened:
        image = opened.well(well).field(field).image()
        return int(np.asarray(image.images[0].data)[channel, 5, 5])


def test_a_drop_of_files_becomes_a_table_that_is_corrected_staged_and_committed(
    made: Service, token: str, plate: Path
) -> None:
    right = send_plane(made, token, "A1_f0_DNA.tif", 101)
    send_plane(made, token, "B2_f1_GFP.tif", 202)
    unnamed = send_plane(made, token, "scan.tif", 303)
    proposal = made.batches.propose(token, KEY, ())
    rows = {match.id: match for match in proposal.table.matches}
    assert rows[right].ready
    assert rows[unnamed].needs == ("well",)
    proposal = made.batches.change(
        proposal.id, [unnamed], well="A2", field="0", channel=1
    )
    staged = made.batches.stage_all(proposal.id)
    assert [(view.well, view.field) for view in staged.staged] == [
        ("A1", "0"),
        ("A2", "0"),
        ("B2", "1"),
    ]
    assert not staged.failed
    seen = []
    batch = made.batches.commit_batch(
        [view.id for view in staged.staged], ANNA, "imaged again", progress=seen.append
    )
    assert [item.state for item in batch.items] == ["committed"] * 3
    done = [each.done for each in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 3)
    assert value_of(plate, "A1", "0", 0) == 101
    assert value_of(plate, "A2", "0", 1) == 303
    assert value_of(plate, "B2", "1", 1) == 202


BEN = Who("Ben", "typed")


def staged_fields(
    made: Service, token: str, *places: tuple[str, str], value: int = 500
) -> list[str]:
    """Stage channel 0 of some fields; return the ids."""
    for well, field in places:
        send_plane(made, token, f"{well}_f{field}_DNA.tif", value)
    proposal = made.batches.propose(token, KEY, ())
    rows = {match.id: match for match in proposal.table.matches}
    for row, (well, field) in zip(rows, places, strict=True):
        made.batches.change(proposal.id, [row], well=well, field=field)
    staged = made.batches.stage_all(proposal.id)
    assert not staged.failed
    return [view.id for view in staged.staged]


@pytest.mark.parametrize("library", ["ngff-zarr", "zarr and the documents"])
def test_other_libraries_read_the_plate_after_each_commit(
    library: str, made: Service, token: str, plate: Path
) -> None:
    if library == "ngff-zarr":
        pytest.importorskip("ngff_zarr", reason="needs the witness ngff-zarr")
    read = by_ngff_zarr if library == "ngff-zarr" else by_documents
    before = read(plate)
    ids = staged_fields(made, token, ("A1", "0"), ("A2", "0"), ("B3", "0"))

    def look(batch: Batch) -> None:
        wells = read(plate)
        assert sorted(wells) == sorted(before)
        for item in batch.committed:
            path = f"{item.well[0]}/{item.well[1]}"
            first, second = (image.pixels for image in wells[path])
            assert (first[0] == 500).all()
            np.testing.assert_array_equal(first[1], before[path][0].pixels[1])
            np.testing.assert_array_equal(second, before[path][1].pixels)

    batch = made.batches.commit_batch(ids, ANNA, "imaged again", progress=look)
    assert len(batch.committed) == 3


def by_documents(path: Path) -> Any:
    """Read the first level of each field with zarr, where the documents say it is."""
    wells: dict[str, list[Image]] = {}
    root = zarr.open_group(path, mode="r")
    for well in root.attrs["ome"]["plate"]["wells"]:
        group = root[well["path"]]
        wells[well["path"]] = [
            Image(np.asarray(group[f"{image['path']}/0"]))
            for image in group.attrs["ome"]["well"]["images"]
        ]
    return wells


def test_a_failure_of_one_leaves_the_others_and_says_which(
    made: Service, token: str, plate: Path
) -> None:
    ids = staged_fields(made, token, ("A1", "0"), ("A2", "0"), ("A3", "0"))
    # Somebody else is quicker with one of the fields.
    other = made.sessions.open()
    quicker = staged_fields(made, other, ("A2", "0"), value=900)
    made.corrections.commit(quicker[0], BEN, "mine is better")
    batch = made.batches.commit_batch(ids, ANNA, "imaged again")
    assert [item.state for item in batch.items] == ["committed", "failed", "committed"]
    (failed,) = batch.failed
    assert (failed.well, failed.field) == ("A2", "0")
    assert "Ben" in failed.reason
    assert "mine is better" in failed.reason
    assert value_of(plate, "A1", "0", 0) == value_of(plate, "A3", "0", 0) == 500
    assert value_of(plate, "A2", "0", 0) == 900


def test_case_68_undoing_takes_back_what_is_still_the_batchs_and_names_the_others(
    made: Service, token: str, plate: Path
) -> None:
    before = {well: value_of(plate, well, "0", 0) for well in ("A1", "A2", "A3")}
    ids = staged_fields(made, token, ("A1", "0"), ("A2", "0"), ("A3", "0"))
    batch = made.batches.commit_batch(ids, ANNA, "imaged again")
    again = staged_fields(made, made.sessions.open(), ("A2", "0"), value=900)
    made.corrections.commit(again[0], BEN, "still blurred")
    (shown,) = made.batches.batches(KEY)
    assert (shown.id, shown.who, shown.why) == (batch.id, "Anna", "imaged again")
    assert [item.live for item in shown.items] == [True, False, True]
    assert shown.can_be_undone
    undone = made.batches.undo_batch(KEY, batch.id, ANNA, "wrong plate")
    assert [item.well for item in undone.reverted] == ["A1", "A3"]
    (left,) = undone.left
    assert left.well == "A2"
    assert "corrected again since by Ben" in left.reason
    assert "still blurred" in left.reason
    assert value_of(plate, "A1", "0", 0) == before["A1"]
    assert value_of(plate, "A2", "0", 0) == 900
    assert value_of(plate, "A3", "0", 0) == before["A3"]
    assert undone.batch.undone
    assert not undone.batch.can_be_undone


def test_a_field_that_was_taken_back_has_no_mark_but_its_history(
    made: Service, token: str, plate: Path
) -> None:
    ids = staged_fields(made, token, ("A1", "0"))
    batch = made.batches.commit_batch(ids, ANNA, "imaged again")
    field = made.plates.well(KEY, "A1").field("0")
    assert field.corrected
    assert field.settling
    assert made.plates.overview(KEY).unsettled == 1
    made.batches.undo_batch(KEY, batch.id, ANNA, "wrong plate")
    field = made.plates.well(KEY, "A1").field("0")
    assert not field.corrected
    assert not field.settling
    assert made.plates.overview(KEY).unsettled == 0
    assert not made.plates.overview(KEY).well("A1").corrected
    assert [event.action for event in made.corrections.history(KEY, "A1", "0")] == [
        "revert",
        "correct",
        "write",
    ]


def test_another_server_takes_back_a_batch_that_was_killed_in_the_middle(
    plate: Path, tmp_path: Path
) -> None:
    before = value_of(plate, "A1", "0", 0)
    order = [sys.executable, __file__, str(tmp_path / "workspace"), str(plate)]
    killed = subprocess.run(order, check=False, capture_output=True, text=True)
    assert killed.returncode == KILLED, killed.stderr
    # The first was written and recorded, the second written and not recorded, the third
    # not begun.
    assert value_of(plate, "A1", "0", 0) == value_of(plate, "A2", "0", 0) == 500
    untouched = value_of(plate, "A3", "0", 0)
    assert untouched != 500
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as made:
        surveyed(made, KEY)
        (batch,) = made.batches.batches(KEY)
        assert batch.total == 3
        assert [item.well for item in batch.committed] == ["A1", "A2"]
        undone = made.batches.undo_batch(KEY, batch.id, BEN, "it was interrupted")
        assert [item.well for item in undone.reverted] == ["A1", "A2"]
    assert value_of(plate, "A1", "0", 0) == before
    with from_hcs_zarr(plate) as opened:
        fields = [len(well.fields) for well in opened]
    assert set(fields) == {2}


def kinds(staged: Any) -> set[str]:
    return {difference.kind for difference in staged.differences}


def test_pixels_of_another_field_of_the_plate_are_recognised_before_a_commit(
    tmp_path: Path,
) -> None:
    # Pixels that differ within a field: a constant one is told as that.
    plate = plates.make(
        tmp_path / "served" / KEY, fields=2, shape=SHAPE, pixels="random"
    )
    with from_hcs_zarr(plate) as opened:
        image = opened.well("B3").field("1").image()
        copied = np.asarray(image.images[0].data)[0]
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as made:
        surveyed(made, KEY)
        made.quality.measure(KEY)
        token = made.sessions.open()
        send(made, token, tiff(copied), "A1_f0_DNA.tif")
        send(made, token, tiff(copied + 1), "A2_f0_DNA.tif")
        send(made, token, tiff(copied + 1), "A3_f1_DNA.tif")
        proposal = made.batches.propose(token, KEY, ())
        first, second, third = made.batches.stage_all(proposal.id).staged
        assert "elsewhere" in kinds(first)
        assert not first.ready
        (warning,) = [each for each in first.differences if each.kind == "elsewhere"]
        assert "B3 field 1, channel DNA" in warning.message
        assert "elsewhere" not in kinds(second)
        assert "twice" in kinds(third)
        batch = made.batches.commit_batch(
            [first.id, second.id], ANNA, "imaged again", LOCAL.subject
        )
        assert [item.state for item in batch.items] == ["failed", "committed"]
        assert "those of another place" in batch.items[0].reason
        made.corrections.confirm(first.id, "elsewhere")
        made.corrections.commit(first.id, ANNA, "it is the same, really")


def test_a_comparison_measures_both_and_keeps_nothing(
    made: Service, token: str
) -> None:
    made.quality.measure(KEY)
    (staged,) = staged_fields(made, token, ("A1", "0"), value=700)
    before = made.quality.field_values(KEY, "A1")
    comparison = made.batches.comparison(staged)
    means = {
        row.channel_name: (row.change.old, row.change.new)
        for row in comparison.rows
        if row.change.metric.startswith("mean.")
    }
    assert means["DNA"][1] == 700.0
    assert means["GFP"][0] == means["GFP"][1]
    (histogram,) = comparison.histograms
    assert histogram.name == "DNA"
    assert histogram.high == 700.0
    assert made.quality.field_values(KEY, "A1") == before


def zipped(**files: bytes) -> bytes:
    """Return a zip of files of these names, whose last ``_`` stands for a dot."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, data in files.items():
            packed.writestr(".".join(name.rsplit("_", 1)), data)
    return stream.getvalue()


def test_a_zip_is_many_files_each_of_which_goes_with_its_own_commit(
    made: Service, token: str, plate: Path
) -> None:
    archive = zipped(
        A1_f0_DNA_tif=tiff(np.full(SHAPE, 41, "u2")),
        A2_f1_GFP_tif=tiff(np.full(SHAPE, 42, "u2")),
        A3_f1_GFP_tif=tiff(np.full(SHAPE, 43, "u2"))[:200],
        notes_txt=b"out of focus",
    )
    send(made, token, archive, "again.zip")
    proposal = made.batches.propose(token, KEY, ())
    assert [match.name for match in proposal.table.matches] == [
        "A1_f0_DNA.tif",
        "A2_f1_GFP.tif",
    ]
    left = {each.name: each for each in proposal.table.leftovers}
    assert left["A3_f1_GFP.tif"].is_image
    assert "again" in left["A3_f1_GFP.tif"].help
    assert not left["notes.txt"].is_image
    first, second = made.batches.stage_all(proposal.id).staged
    made.corrections.commit(first.id, ANNA, "imaged again")
    (rest,) = made.corrections.uploads(token)
    assert rest.name == "A2_f1_GFP.tif"
    made.corrections.commit(second.id, ANNA, "imaged again")
    assert made.corrections.uploads(token) == ()
    assert value_of(plate, "A1", "0", 0) == 41
    assert value_of(plate, "A2", "1", 1) == 42


def test_of_several_images_of_a_file_a_person_chooses_and_the_others_go_with_it(
    made: Service, token: str, plate: Path, tmp_path: Path
) -> None:
    path = tmp_path / "A1_f0_DNA.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for value, name in ((51, "overview"), (52, "detail")):
            writer.write(
                np.full(SHAPE, value, "u2"),
                photometric="minisblack",
                metadata={"Name": name},
            )
    send(made, token, path.read_bytes(), path.name)
    proposal = made.batches.propose(token, KEY, ())
    (match,) = proposal.table.matches
    assert match.needs == ("series",)
    assert made.batches.stage_all(proposal.id).staged == ()
    made.batches.change(proposal.id, [match.id], series=1)
    (staged,) = made.batches.stage_all(proposal.id).staged
    made.corrections.commit(staged.id, ANNA, "imaged again")
    assert value_of(plate, "A1", "0", 0) == 52
    assert made.corrections.uploads(token) == ()


def test_a_zipped_ome_zarr_image_is_read_and_metadata_place_it(
    made: Service, token: str, plate: Path, tmp_path: Path
) -> None:
    other = plates.make(tmp_path / "other.zarr", fields=2, shape=SHAPE)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        group = other / "B" / "2" / "1"
        for file in sorted(group.rglob("*")):
            packed.write(file, f"B2_f1.zarr/{file.relative_to(group)}")
    send(made, token, stream.getvalue(), "B2_f1.zarr.zip")
    proposal = made.batches.propose(token, KEY, ())
    (match,) = proposal.table.matches
    assert match.picture.kind == "OME-Zarr"
    proposal = made.batches.change(proposal.id, [match.id], well="A1", field="0")
    (match,) = proposal.table.matches
    assert match.channels == (0, 1)
    assert match.certainty == "sure"
    (staged,) = made.batches.stage_all(proposal.id).staged
    # Its name speaks of another well, which a person must want.
    assert kinds(staged) >= {"well"}
    made.corrections.confirm(staged.id, "well")
    made.corrections.commit(staged.id, ANNA, "imaged again")
    assert value_of(plate, "A1", "0", 0) == value_of(other, "B2", "1", 0)


def test_a_damaged_file_is_left_over_and_says_what_would_help(
    made: Service, token: str
) -> None:
    whole = tiff(np.full(SHAPE, 7, "u2"))
    with pytest.raises(SourceError):
        send(made, token, whole[:100], "A1_f0_DNA.tif")
    send(made, token, whole, "A2_f0_DNA.tif")
    table = made.batches.propose(token, KEY, ()).table
    assert [match.name for match in table.matches] == ["A2_f0_DNA.tif"]
    (left,) = table.leftovers
    assert left.name == "A1_f0_DNA.tif"
    assert "Copy or send it again" in left.help


def test_one_and_the_same_file_sent_twice_is_noticed_in_the_table(
    made: Service, token: str
) -> None:
    data = tiff(plates.plane(7, SHAPE, "u2", "random"))
    send(made, token, data, "A1_f0_DNA.tif")
    send(made, token, data, "A2_f0_DNA.tif")
    table = made.batches.propose(token, KEY, ()).table
    assert table.matches[1].doubts == ("It has the same pixels as A1_f0_DNA.tif.",)


def test_planes_in_files_of_their_own_and_channels_in_another_order_become_a_field(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / "served" / KEY, fields=1, shape=SHAPE, z=2, t=2)
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as made:
        surveyed(made, KEY)
        token = made.sessions.open()
        values = {}
        for number, (t, z) in enumerate([(1, 1), (0, 1), (1, 0), (0, 0)]):
            values[t, z] = 300 + number
            send_plane(made, token, f"A1_f0_GFP_t{t}_z{z}.tif", 300 + number)
        swapped = np.stack([np.full((2, 2, *SHAPE), value, "u2") for value in (71, 72)])
        send(
            made,
            token,
            tiff(
                swapped.swapaxes(0, 1).swapaxes(1, 2),
                ome=True,
                metadata={"axes": "TZCYX", "Channel": {"Name": ["GFP", "DNA"]}},
            ),
            "B2_f0.ome.tif",
        )
        proposal = made.batches.propose(token, KEY, ())
        stack, whole = proposal.table.matches
        assert (len(stack.pictures), stack.channels) == (4, (1,))
        assert whole.channels == (1, 0)
        staged = made.batches.stage_all(proposal.id)
        assert not staged.failed, staged.failed
        ids = [view.id for view in staged.staged]
        assert made.batches.commit_batch(ids, ANNA, "imaged again").failed == ()
    with from_hcs_zarr(plate) as opened:
        data = np.asarray(opened.well("A1").field("0").image().images[0].data)
        assert {
            place: int(data[place[0], 1, place[1], 5, 5]) for place in values
        } == values
        data = np.asarray(opened.well("B2").field("0").image().images[0].data)
        assert int(data[1, 0, 1, 5, 5]) == 72
        assert int(data[1, 1, 1, 5, 5]) == 71


def read_only(plate: Path) -> None:
    """Pack a plate as an archive, which nobody writes to; the folder goes."""
    pack(plate, plate.with_suffix(".ozx"))
    shutil.rmtree(plate)


def test_corrections_of_a_plate_that_cannot_be_written_are_kept_and_change_nothing(
    plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "elsewhere" / KEY
    shutil.copytree(plate, copy)
    archive = plate.with_suffix(".ozx")
    read_only(plate)
    before = archive.read_bytes()
    key = archive.name
    with service(tmp_path / "workspace", archive, settle_after=3600.0) as made:
        surveyed(made, key)
        made.quality.measure(key)
        token = made.sessions.open()
        send_plane(made, token, "A1_f0_GFP.tif", 81)
        send_plane(made, token, "B2_f1_DNA.tif", 82)
        proposal = made.batches.propose(token, key, ())
        ids = [view.id for view in made.batches.stage_all(proposal.id).staged]
        batch = made.batches.commit_batch(ids, ANNA, "imaged again")
        assert all("Keep the correction as pending" in f.reason for f in batch.failed)
        values = made.quality.field_values(key, "A1")
        table = PlateTables(made, key).fields().csv()
        report = report_html(made, key, tells_place=True)
        digest = made.plates.overview(key).digest
        made.pending.keep(ids, ANNA, "imaged again")
        assert made.quality.field_values(key, "A1") == values
        assert PlateTables(made, key).fields().csv() == table
        assert without_times(report_html(made, key, tells_place=True)) == without_times(
            report
        )
        assert made.plates.overview(key).digest == digest
        assert not made.plates.well(key, "A1").field("0").corrected
    assert archive.read_bytes() == before
    # Another server finds them, and its export corrects the plate where it is written.
    with service(tmp_path / "workspace", archive, settle_after=3600.0) as made:
        surveyed(made, key)
        first, second = made.pending.of_plate(key)
        assert (first.well, first.field, first.who, first.why) == (
            "A1",
            "0",
            "Anna",
            "imaged again",
        )
        assert not first.outdated
        shown = made.pending.images(key, second.id)[0]
        assert int(np.asarray(shown.data)[0, 5, 5]) == 82
        with Served(made, ServerSettings(port=0)) as served:
            urls = Urls(prefix="")
            channels = [each.setting() for each in made.plates.overview(key).channels]
            thumb = urls.pending_thumb(key, first.id, size=64, channels=channels)
            assert served.get(thumb).headers["Content-Type"] == "image/jpeg"
            gone = urls.pending_thumb(key, "x" * 24, size=64, channels=channels)
            assert served.get(gone).status == 404
            answer = served.get(f"/export/{key}/pending.zip")
            assert answer.status == 200
        exported = str(tmp_path / "pending.zip")
        Path(exported).write_bytes(answer.body)
        made.pending.discard(key, first.id)
        assert [each.id for each in made.pending.of_plate(key)] == [second.id]
    assert main(["correct", str(copy), exported, "--reason", "imaged again"]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 files are for 2 fields." in said
    assert value_of(copy, "A1", "0", 1) == 81
    assert value_of(copy, "B2", "1", 0) == 82


def without_times(html: str) -> str:
    return re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+Z)?", "", html)


KILLED = 37


def commit_and_die(workspace: Path, plate: Path) -> None:
    """Commit a batch and end as a killed process does, after the second flip."""
    from dashboard.corrections import batches
    from dashboard.corrections.commits import Commits

    batches.AT_ONCE = 1  # so that it is known which of them was not begun
    with service(workspace, plate, settle_after=3600.0, watch=False) as made:
        token = made.sessions.open()
        ids = staged_fields(made, token, ("A1", "0"), ("A2", "0"), ("A3", "0"))
        record, recorded = Commits._record, []

        def dies(self: Commits, action: str, *about: Any, **details: Any) -> None:
            recorded.append(action)
            if recorded.count("commit") == 2:
                os._exit(KILLED)
            record(self, action, *about, **details)

        Commits._record = dies  # type: ignore[method-assign]
        made.batches.commit_batch(ids, ANNA, "imaged again")


if __name__ == "__main__":
    commit_and_die(Path(sys.argv[1]), Path(sys.argv[2]))
