"""A correction from file to plate and back, through the service that pages use."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dashboard.corrections import commits
from dashboard.corrections.values import SourceFile
from dashboard.errors import BlockedError, NotServedError, RefusedError
from dashboard.exports.report import report_html
from dashboard.exports.tables import PlateTables
from dashboard.pictures.planes import PlaneRequest
from dashboard.state import ViewState
from dashboard.uploads.values import Quotas
from dashboard.views.field_picture import shown_plane
from hcs import from_hcs_zarr, history, settle
from hcs.errors import ConflictError, HCSError, SourceError
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import send, service, surveyed, tiff, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service

KEY = "p.ome.zarr"
ANNA = Who("Anna", "typed")
SHAPE = (32, 40)


@pytest.fixture
def plate(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    version = getattr(request, "param", "0.5")
    return plates.make(
        tmp_path / "served" / KEY, fields=2, version=version, shape=SHAPE
    )


both_versions = pytest.mark.parametrize("plate", ["0.4", "0.5"], indirect=True)


@pytest.fixture
def made(plate: Path, tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as running:
        surveyed(running, KEY)
        yield running


@pytest.fixture
def token(made: Service) -> str:
    return made.sessions.open()


def picture(
    value: int, shape: tuple[int, ...] = SHAPE, dtype: str = "u2"
) -> np.ndarray:
    return np.full(shape, value, dtype)


def pixels(plate: Path, well: str, field: str, channel: int) -> np.ndarray:
    with from_hcs_zarr(plate) as opened:
        image = opened.well(well).field(field).image()
        return np.asarray(image.images[0].data)[channel]


def kinds(staged: object) -> dict[str, bool]:
    return {
        difference.kind: difference.confirmable
        for difference in staged.differences
        if difference.blocking
    }


def gfp_source(
    made: Service, token: str, value: int = 7, name: str = "x.tif"
) -> SourceFile:
    return SourceFile(
        upload=send(made, token, tiff(picture(value)), name).id, channel=1
    )


@both_versions
def test_replacing_one_channel_keeps_the_others_bit_for_bit(
    made: Service, token: str, plate: Path
) -> None:
    before = pixels(plate, "B2", "1", 0)
    source = gfp_source(made, token, 777, "B02_GFP.tif")
    staged = made.corrections.stage(token, KEY, "B2", "1", [source])
    assert staged.action == "Replace B2 field 1 (GFP only)"
    assert staged.ready
    made.corrections.commit(staged.id, ANNA, "out of focus")
    assert np.array_equal(pixels(plate, "B2", "1", 0), before)
    assert (pixels(plate, "B2", "1", 1) == 777).all()


@both_versions
def test_everybody_sees_the_new_version_and_one_call_brings_the_old_one_back(
    made: Service, token: str, plate: Path
) -> None:
    old = made.plates.well(KEY, "A1").field("0")
    before, revision = pixels(plate, "A1", "0", 1), made.plates.revision(KEY)
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token)])
    committed = made.corrections.commit(staged.id, ANNA, "saturated")
    new = made.plates.well(KEY, "A1").field("0")
    assert made.plates.revision(KEY) > revision
    assert new.version == committed.id != old.version
    assert new.corrected
    assert made.plates.overview(KEY).well("A1").corrected

    first, second = made.corrections.history(KEY, "A1", "0")[:2]
    assert (first.id, first.live, first.who, first.why) == (
        new.version,
        True,
        "Anna",
        "saturated",
    )
    assert (second.id, second.live) == (old.version, False)

    made.corrections.revert(
        KEY, "A1", "0", old.version, ANNA, "the first one was right"
    )
    assert made.plates.well(KEY, "A1").field("0").version == old.version
    assert np.array_equal(pixels(plate, "A1", "0", 1), before)


def test_a_reverted_field_is_what_it_was_before_with_no_mark_but_its_history(
    made: Service, token: str
) -> None:
    old = made.plates.well(KEY, "A1").field("0")
    versions = [old.version]
    for value in (5, 9):
        staged = made.corrections.stage(
            token, KEY, "A1", "0", [gfp_source(made, token, value)]
        )
        versions.append(made.corrections.commit(staged.id, ANNA, "better").id)
    made.corrections.revert(KEY, "A1", "0", versions[1], ANNA, "the second was right")
    assert made.plates.well(KEY, "A1").field("0").corrected
    made.corrections.revert(KEY, "A1", "0", versions[0], ANNA, "the first was right")
    again = made.plates.well(KEY, "A1").field("0")
    assert (again.corrected, again.version) == (False, old.version)
    assert not made.plates.overview(KEY).well("A1").corrected
    row = PlateTables(made, KEY).wells().records()[0]
    assert (
        row["Metadata_Well"],
        row["Metadata_Corrected"],
        row["Metadata_CorrectedWhy"],
    ) == ("A01", "no", "")
    # What was done stays told.
    assert [event.why for event in made.corrections.history(KEY, "A1", "0")][:2] == [
        "the first was right",
        "the second was right",
    ]
    assert "the second was right" in report_html(made, KEY)


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_revert_without_a_reason_is_refused(
    made: Service, token: str, reason: str
) -> None:
    old = made.plates.well(KEY, "A1").field("0").version
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token)])
    new = made.corrections.commit(staged.id, ANNA, "better").id
    with pytest.raises(HCSError, match="reason"):
        made.corrections.revert(KEY, "A1", "0", old, ANNA, reason)
    assert made.plates.well(KEY, "A1").field("0").version == new


def test_both_versions_can_be_looked_at_after_a_commit(
    made: Service, token: str
) -> None:
    old = made.plates.well(KEY, "A1").field("0").version
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token, 9)])
    asked = PlaneRequest(channel=1)
    shown = made.pictures.staged_plane(made.corrections.images(staged.id), asked)
    new = made.corrections.commit(staged.id, ANNA, "better").id
    after = made.pictures.plane(KEY, "A1", "0", new, asked)
    before = made.pictures.plane(KEY, "A1", "0", old, asked)
    assert shown.data == after.data != before.data
    assert np.frombuffer(after.data, after.dtype).max() == 9


@both_versions
def test_a_version_that_was_put_away_is_shown_and_brought_back(
    made: Service, token: str, plate: Path
) -> None:
    """The page has read the well before; the plate is settled by somebody else."""
    old = made.plates.well(KEY, "A1").field("0").version
    expected = pixels(plate, "A/1", "0", 1)
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token, 9)])
    made.corrections.commit(staged.id, ANNA, "better")
    made.corrections.history(KEY, "A1", "0")
    settle(plate, now=True)
    assert {event.path for event in history(plate)["A/1", "0"]} == {
        "hcs_versions/0r1",
        "0",
    }
    plane = made.pictures.plane(KEY, "A1", "0", old, PlaneRequest(channel=1))
    shown = np.frombuffer(plane.data, plane.dtype).reshape(expected.shape)
    np.testing.assert_array_equal(shown, expected)
    assert all(view.available for view in made.corrections.history(KEY, "A1", "0"))
    assert "better" in report_html(made, KEY)
    made.corrections.revert(KEY, "A1", "0", old, ANNA, "it was right")
    np.testing.assert_array_equal(pixels(plate, "A/1", "0", 1), expected)
    settle(plate, now=True)
    np.testing.assert_array_equal(pixels(plate, "A/1", "0", 1), expected)


def test_a_whole_file_replaces_all_channels(
    made: Service, token: str, plate: Path
) -> None:
    stack = np.stack([picture(3), picture(4)])
    upload = send(made, token, tiff(stack, metadata={"axes": "CYX"}), "f.tif")
    assert made.corrections.suggest(token, KEY, "A2", "0", [upload.id]) == (
        SourceFile(upload=upload.id),
    )
    staged = made.corrections.stage(
        token, KEY, "A2", "0", [SourceFile(upload=upload.id)]
    )
    assert staged.action == "Replace A2 field 0"
    made.corrections.commit(staged.id, ANNA, "again")
    assert [pixels(plate, "A2", "0", c).max() for c in (0, 1)] == [3, 4]


def test_the_one_field_of_a_well_has_no_number_wherever_it_is_corrected(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "served" / KEY, fields=1, shape=SHAPE)
    with service(tmp_path / "workspace", path, settle_after=3600.0) as made:
        surveyed(made, KEY)
        token = made.sessions.open()
        source = gfp_source(made, token)
        staged = made.corrections.stage(token, KEY, "B2", "0", [source])
        assert staged.action == "Replace B2 field (GFP only)"
        assert staged.view.words == "field"
        batch = made.batches.commit_batch([staged.id], ANNA, "again")
        assert [item.words for item in batch.items] == ["field"]
        (listed,) = made.batches.batches(KEY)
        assert [item.words for item in listed.items] == ["field"]


def test_files_are_assigned_to_channels_by_their_names(
    made: Service, token: str
) -> None:
    names = ["A02_GFP.tif", "A02_DNA.tif"]
    ids = [send(made, token, tiff(picture(1)), name).id for name in names]
    suggested = made.corrections.suggest(token, KEY, "A2", "0", ids)
    assert [file.channel for file in suggested] == [1, 0]


@both_versions
def test_a_new_field_joins_its_well(made: Service, token: str, plate: Path) -> None:
    ids = [send(made, token, tiff(picture(v)), f"{v}.tif").id for v in (5, 6)]
    sources = [SourceFile(upload=upload, channel=c) for c, upload in enumerate(ids)]
    staged = made.corrections.stage(token, KEY, "A3", None, sources)
    assert (staged.base, staged.action) == (None, "Add field 2 to A3")
    made.corrections.commit(staged.id, ANNA, "was missing")
    view = made.plates.well(KEY, "A3")
    assert [field.name for field in view.fields] == ["0", "1", "2"]
    assert view.field("2").channels == view.field("0").channels
    assert (pixels(plate, "A3", "2", 1) == 6).all()


def test_a_new_field_needs_all_channels(made: Service, token: str) -> None:
    with pytest.raises(SourceError, match="DNA is missing"):
        made.corrections.stage(token, KEY, "A3", None, [gfp_source(made, token)])


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        pytest.param(picture(1, (16, 40)), "shape", id="shape"),
        pytest.param(picture(1, dtype="f4"), "dtype", id="dtype"),
    ],
)
def test_a_single_channel_that_does_not_fit_can_never_be_committed(
    made: Service, token: str, array: np.ndarray, kind: str
) -> None:
    upload = send(made, token, tiff(array), "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A1", "0", [SourceFile(upload=upload.id, channel=0)]
    )
    assert kinds(staged)[kind] is False
    with pytest.raises(BlockedError, match="cannot be confirmed"):
        made.corrections.confirm(staged.id, kind)
    with pytest.raises(BlockedError, match="neither corrected nor confirmed"):
        made.corrections.commit(staged.id, ANNA, "please")
    assert made.pictures.staged_plane(
        made.corrections.images(staged.id), PlaneRequest()
    ).data


def test_case_34_a_whole_field_of_another_shape_waits_for_confirmation(
    made: Service, token: str
) -> None:
    stack = np.stack([picture(3, (20, 20)), picture(4, (20, 20))])
    upload = send(made, token, tiff(stack, metadata={"axes": "CYX"}), "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A1", "0", [SourceFile(upload=upload.id)]
    )
    assert kinds(staged) == {"shape": True}
    with pytest.raises(BlockedError, match="20 x 20 pixels"):
        made.corrections.commit(staged.id, ANNA, "binned")
    assert made.corrections.confirm(staged.id, "shape").ready
    assert not made.corrections.confirm(staged.id, "shape", False).ready
    made.corrections.confirm(staged.id, "shape")
    made.corrections.commit(staged.id, ANNA, "binned")
    assert made.plates.well(KEY, "A1").field("0").shape[-2:] == (20, 20)


def test_fewer_channels_wait_for_confirmation(made: Service, token: str) -> None:
    upload = send(made, token, tiff(picture(3)), "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A1", "0", [SourceFile(upload=upload.id)]
    )
    assert kinds(staged) == {"channels": True}


@pytest.mark.parametrize(
    ("name", "kind"), [("A01_s1.tif", "well"), ("B02_s9.tif", "field")]
)
def test_a_name_that_speaks_of_another_target_blocks(
    made: Service, token: str, name: str, kind: str
) -> None:
    source = gfp_source(made, token, name=name)
    staged = made.corrections.stage(token, KEY, "B2", "0", [source])
    assert kinds(staged) == {kind: True}
    with pytest.raises(BlockedError, match=r"The file name .* names"):
        made.corrections.commit(staged.id, ANNA, "x")


def test_another_pixel_size_blocks(made: Service, token: str) -> None:
    data = tiff(picture(1), imagej=True, resolution=(1.0, 1.0), metadata={"unit": "um"})
    upload = send(made, token, data, "x.tif")
    assert upload.pixel_size == pytest.approx(1.0)
    staged = made.corrections.stage(
        token, KEY, "A1", "0", [SourceFile(upload=upload.id, channel=0)]
    )
    assert kinds(staged) == {"pixel-size": True}


def test_case_35_not_a_number_never_enters_an_integer_plate(
    made: Service, token: str
) -> None:
    array = np.stack([picture(1, dtype="f4")] * 2)
    array[0, 3, :4] = np.nan
    upload = send(made, token, tiff(array, metadata={"axes": "CYX"}), "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A1", "0", [SourceFile(upload=upload.id)]
    )
    assert kinds(staged) == {"dtype": True, "values": False}
    assert any("4 pixels" in difference.message for difference in staged.differences)


def test_equal_pixels_are_said_and_do_not_block(
    made: Service, token: str, plate: Path
) -> None:
    data = tiff(pixels(plate, "A1", "0", 1))
    upload = send(made, token, data, "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A1", "0", [SourceFile(upload=upload.id, channel=1)]
    )
    assert [difference.kind for difference in staged.differences] == [
        "same",
        "constant",
    ]
    assert staged.ready


def test_case_57_the_second_of_two_people_is_told_of_the_first(
    made: Service, token: str
) -> None:
    other = made.sessions.open()
    first = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token, 1)])
    second = made.corrections.stage(other, KEY, "A1", "0", [gfp_source(made, other, 2)])
    made.corrections.commit(first.id, ANNA, "mine")
    with pytest.raises(ConflictError, match="Anna"):
        made.corrections.commit(second.id, Who("Ben", "typed"), "no, mine")
    assert made.corrections.history(KEY, "A1", "0")[0].who == "Anna"
    acts = made.events.of_plate(made.plates.overview(KEY).id)
    assert [act.action for act in acts if act.action != "commit-begun"] == [
        "commit",
        "commit-failed",
    ]


@pytest.mark.parametrize(
    ("who", "reason", "message"),
    [
        (Who("", "typed"), "x", "who you are"),
        (Who("  ", "typed"), "x", "who you are"),
        (ANNA, " \n", "reason"),
    ],
)
def test_nothing_is_written_without_name_and_reason(
    made: Service, token: str, who: Who, reason: str, message: str
) -> None:
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token)])
    with pytest.raises(BlockedError, match=message):
        made.corrections.commit(staged.id, who, reason)


def test_two_channels_cannot_come_from_one_assignment(
    made: Service, token: str
) -> None:
    sources = [gfp_source(made, token, v) for v in (1, 2)]
    with pytest.raises(SourceError, match="one channel"):
        made.corrections.stage(token, KEY, "A1", "0", sources)


def test_a_committed_correction_is_measured_anew(made: Service, token: str) -> None:
    def mean(expected: float) -> bool:
        well = made.quality.values(KEY, "mean.1").wells["B3"]
        return well.value == expected

    before = wait_for(lambda: made.quality.values(KEY, "mean.1").wells["B3"].value)
    assert before > 100
    for field in ("0", "1"):
        staged = made.corrections.stage(
            token, KEY, "B3", field, [gfp_source(made, token, 50)]
        )
        made.corrections.commit(staged.id, ANNA, "dark")
    wait_for(lambda: mean(50.0), "for the new mean")


@both_versions
def test_a_corrected_field_comes_home_after_the_grace_time(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w2", plate, settle_after=0.0) as made:
        surveyed(made, KEY)
        token = made.sessions.open()
        staged = made.corrections.stage(
            token, KEY, "B1", "0", [gfp_source(made, token, 5)]
        )
        version = made.corrections.commit(staged.id, ANNA, "dark").id
        wait_for(lambda: made.plates.overview(KEY).unsettled == 0, "to settle")
        assert made.plates.well(KEY, "B1").field("0").version == version
        asked = PlaneRequest(channel=1)
        raw = made.pictures.plane(KEY, "B1", "0", version, asked)
        assert np.frombuffer(raw.data, raw.dtype).max() == 5
    with from_hcs_zarr(plate) as opened:
        assert opened.well("B1").field("0").path == "0"


# --- sessions, quotas, refusals ------------------------------------------------------


def files_in(made: Service) -> list[Path]:
    """Return what is staged and uploaded; the lock of the server is neither."""
    files = [path for path in made.workspace.staging.rglob("*") if path.is_file()]
    return [path for path in files if path.suffix != ".lock"]


def test_a_page_that_closes_takes_what_it_staged_and_leaves_the_files(
    made: Service, token: str
) -> None:
    source = gfp_source(made, token)
    staged = made.corrections.stage(token, KEY, "A1", "0", [source])
    assert [path for path in files_in(made) if ".staged" in path.name]
    made.sessions.close(token).result()
    assert [path for path in files_in(made) if ".staged" in path.name] == []
    with pytest.raises(NotServedError):
        made.corrections.staged(staged.id)
    other = made.sessions.open()
    assert made.corrections.uploads(other) == ()
    assert made.corrections.take_up(other, source.upload).name
    assert made.corrections.stage(other, KEY, "A1", "0", [source])


def test_uploads_and_staged_files_go_with_the_commit(made: Service, token: str) -> None:
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token)])
    made.corrections.commit(staged.id, ANNA, "x")
    assert made.corrections.uploads(token) == ()
    assert made.uploads.owned_by("local") == ()
    assert files_in(made) == []
    with pytest.raises(NotServedError):
        made.corrections.commit(staged.id, ANNA, "twice")


def test_discarding_leaves_the_plate_and_the_uploads(made: Service, token: str) -> None:
    before = made.plates.well(KEY, "A1")
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token)])
    made.corrections.discard(staged.id)
    assert len(made.corrections.uploads(token)) == 1
    assert made.plates.well(KEY, "A1") == before
    assert [file for file in files_in(made) if ".staged" in file.name] == []


def test_nobody_uses_the_files_of_another_person(made: Service, token: str) -> None:
    source = gfp_source(made, token)
    stranger = made.sessions.open("user:Ben")
    with pytest.raises(NotServedError, match="no such upload"):
        made.corrections.stage(stranger, KEY, "A1", "0", [source])
    with pytest.raises(NotServedError, match="no such upload"):
        made.corrections.take_up(stranger, source.upload)
    made.corrections.remove_upload(stranger, source.upload)
    assert made.corrections.take_up(token, source.upload)


def test_the_quota_of_a_page_is_given_back(plate: Path, tmp_path: Path) -> None:
    data = tiff(picture(1))
    quotas = Quotas(page_bytes=4 * len(data))
    with service(tmp_path / "w2", plate, quotas=quotas) as made:
        token = made.sessions.open()
        for _ in range(5):
            upload = send(made, token, data, "x.tif")
            made.corrections.remove_upload(token, upload.id)
        send(made, token, data, "x.tif")
        with pytest.raises((RefusedError, SourceError)):
            [send(made, token, data, "x.tif") for _ in range(3)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"MZ\x90\0" + bytes(100), id="program called tif"),
        pytest.param(b"", id="empty"),
        pytest.param(b"II*\0\xff\xff\xff\xff", id="TIFF that points nowhere"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(50), id="cut off PNG"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(
    made: Service, token: str, data: bytes
) -> None:
    with pytest.raises(SourceError) as caught:
        send(made, token, data, "well.tif")
    assert "well.tif" in str(caught.value)
    assert made.corrections.uploads(token) == ()
    assert [path for path in files_in(made) if path.suffix == ".npy"] == []


def test_case_27_names_from_browsers_never_become_paths(
    made: Service, token: str
) -> None:
    upload = send(made, token, tiff(picture(1)), "../../evil<b>.tif")
    assert upload.name == "evil<b>.tif"
    assert all("evil" not in file.name for file in files_in(made))


def test_a_read_only_server_refuses_every_write(plate: Path, tmp_path: Path) -> None:
    with service(tmp_path / "w2", plate, read_only=True) as made:
        token = made.sessions.open()
        assert not made.plates.overview(KEY).writable
        version = made.plates.well(KEY, "A1").field("0").version
        for act in (
            lambda: made.corrections.stage(
                token, KEY, "A1", "0", [SourceFile(upload="x")]
            ),
            lambda: made.corrections.commit("x", ANNA, "x"),
            lambda: made.corrections.revert(KEY, "A1", "0", version, ANNA, "x"),
        ):
            with pytest.raises(RefusedError, match="read-only"):
                act()


DYING = """
import os, sys
from pathlib import Path
from dashboard.corrections import commits
from dashboard.corrections.values import SourceFile
from dashboard.exports.report import report_html
from dashboard.exports.tables import PlateTables
from hcs import Who
from hcs.writing.targets import step
from tests.integration.serving import send, service, surveyed, tiff
import numpy as np

with service(Path(sys.argv[1]), Path(sys.argv[2])) as made:
    surveyed(made, "p.ome.zarr")
    token = made.sessions.open()
    data = tiff(np.full((32, 40), 7, "u2"))
    upload = send(made, token, data, "x.tif")
    staged = made.corrections.stage(
        token, "p.ome.zarr", "A1", "0", [SourceFile(upload=upload.id, channel=1)]
    )
    HERE
    made.corrections.commit(staged.id, Who("Anna", "typed"), "dark")
"""
IN_THE_MIDDLE = DYING.replace(
    "HERE", "commits.stage_field = lambda *a, **k: os._exit(9)"
)
BEFORE_ITS_ROW = DYING.replace(
    "HERE",
    """record = made.events.record
    made.events.record = lambda event: (
        os._exit(9) if event.action == "commit" else record(event)
    )""",
)


def test_case_65_a_commit_that_the_database_did_not_hear_of_is_recorded_at_the_start(
    plate: Path, tmp_path: Path
) -> None:
    """The plate's own history is the truth, and the record follows it."""
    command = [sys.executable, "-c", BEFORE_ITS_ROW, str(tmp_path / "w"), str(plate)]
    assert subprocess.run(command).returncode == 9
    assert (pixels(plate, "A1", "0", 1) == 7).all()
    with service(tmp_path / "w", plate) as made:
        surveyed(made, KEY)
        identifier = made.plates.overview(KEY).id

        def actions() -> list[str]:
            return [event.action for event in made.events.of_plate(identifier)]

        wait_for(lambda: "commit" in actions())
        assert actions() == ["commit-begun", "commit"]
        last = made.events.of_plate(identifier)[-1]
        assert (last.who, last.why, last.field) == ("Anna", "dark", "0")


def test_case_62_a_server_that_died_in_a_commit_is_tidied_up_after(
    plate: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", IN_THE_MIDDLE, str(tmp_path / "w"), str(plate)]
    assert subprocess.run(command).returncode == 9
    before = pixels(plate, "A1", "0", 1)
    with service(tmp_path / "w", plate) as made:
        surveyed(made, KEY)
        identifier = made.plates.overview(KEY).id

        def actions() -> list[str]:
            return [event.action for event in made.events.of_plate(identifier)]

        wait_for(lambda: "commit-interrupted" in actions())
        assert actions() == ["commit-begun", "commit-interrupted"]
        assert np.array_equal(pixels(plate, "A1", "0", 1), before)
    with service(tmp_path / "w", plate) as made:
        surveyed(made, KEY)
        assert made.events.unfinished(identifier) == ()


# --- pages of a TIFF that does not say what they are ---------------------------------


def pages(*values: int) -> np.ndarray:
    return np.stack([picture(value) for value in values])


def sent_pages(made: Service, token: str, *values: int) -> str:
    data = tiff(pages(*values), metadata=None)
    return send(made, token, data, "corrected.tif").id


def axes_of(made: Service, token: str) -> tuple[str, ...]:
    (upload,) = made.corrections.uploads(token)
    return upload.axes


@both_versions
def test_two_pages_for_a_field_of_two_channels_are_its_channels(
    made: Service, token: str, plate: Path
) -> None:
    upload = sent_pages(made, token, 11, 22)
    sources = made.corrections.suggest(token, KEY, "B2", "1", [upload])
    assert axes_of(made, token) == ("c", "y", "x")
    assert sources == (SourceFile(upload=upload),)
    staged = made.corrections.stage(token, KEY, "B2", "1", sources)
    assert (staged.ready, staged.action) == (True, "Replace B2 field 1")
    made.corrections.commit(staged.id, ANNA, "two pages")
    assert [int(pixels(plate, "B2", "1", c)[0, 0]) for c in (0, 1)] == [11, 22]


def test_pages_that_are_not_as_many_as_channels_stay_z(
    made: Service, token: str
) -> None:
    upload = sent_pages(made, token, 1, 2, 3)
    made.corrections.suggest(token, KEY, "B2", "1", [upload])
    assert axes_of(made, token) == ("z", "y", "x")


def test_what_a_person_says_of_pages_is_not_guessed_again(
    made: Service, token: str
) -> None:
    upload = sent_pages(made, token, 1, 2)
    for axis in ("t", "z"):
        made.corrections.read_pages_as(token, upload, axis)
        made.corrections.suggest(token, KEY, "B2", "1", [upload])
        assert axes_of(made, token) == (axis, "y", "x")
        source = SourceFile(upload=upload, channel=1)
        staged = made.corrections.stage(token, KEY, "B2", "1", [source])
        assert staged.view.size(axis) == 2


@pytest.mark.parametrize("axis", ["x", "", "channels"])
def test_pages_cannot_be_anything(made: Service, token: str, axis: str) -> None:
    upload = sent_pages(made, token, 1, 2)
    with pytest.raises(RefusedError, match="cannot be taken as"):
        made.corrections.read_pages_as(token, upload, axis)
    assert axes_of(made, token) == ("z", "y", "x")


def test_a_file_that_says_what_its_pages_are_is_believed(
    made: Service, token: str
) -> None:
    data = tiff(pages(1, 2), imagej=True, metadata={"axes": "ZYX"})
    upload = send(made, token, data, "stack.tif")
    assert upload.pages == ""
    made.corrections.suggest(token, KEY, "B2", "1", [upload.id])
    assert axes_of(made, token) == ("z", "y", "x")
    with pytest.raises(RefusedError, match=r"pages of stack\.tif cannot be taken"):
        made.corrections.read_pages_as(token, upload.id, "c")


def test_a_staged_stack_leaves_the_old_picture_at_its_only_plane(
    made: Service, token: str
) -> None:
    upload = sent_pages(made, token, 1, 2)
    made.corrections.read_pages_as(token, upload, "z")
    staged = made.corrections.stage(
        token, KEY, "B2", "1", [SourceFile(upload=upload, channel=1)]
    )
    state = ViewState(z=1)
    present = made.plates.well(KEY, "B2").field("1")
    assert [shown_plane(view, state) for view in (present, staged.view)] == [
        (0, 0),
        (1, 0),
    ]


# --- two servers ----------------------------------------------------------------------


def test_case_61_a_page_closes_while_its_commit_still_runs(
    made: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = made.corrections.stage(token, KEY, "A1", "0", [gfp_source(made, token)])
    begun, go_on = threading.Event(), threading.Event()
    stage_field = commits.stage_field

    def slow(*args: object, **options: object) -> object:
        begun.set()
        assert go_on.wait(120)
        return stage_field(*args, **options)

    monkeypatch.setattr(commits, "stage_field", slow)
    with ThreadPoolExecutor(1) as pool:
        commit = pool.submit(made.corrections.commit, staged.id, ANNA, "x")
        assert begun.wait(120)
        closing = made.sessions.close(token)
        assert not closing.done(), "it waits for the commit, and its caller does not"
        go_on.set()
        assert commit.result().live
        closing.result()
    assert files_in(made) == []


def test_what_another_server_commits_now_is_not_recorded_as_interrupted(
    plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers, one database: what dies is told apart from what is at work."""
    begun, go_on = threading.Event(), threading.Event()
    stage_field = commits.stage_field

    def slow(*args: object, **options: object) -> object:
        staged = stage_field(*args, **options)
        begun.set()
        assert go_on.wait(120)
        return staged

    with service(tmp_path / "w", plate) as first, ThreadPoolExecutor(1) as pool:
        surveyed(first, KEY)
        token = first.sessions.open()
        staged = first.corrections.stage(
            token, KEY, "A1", "0", [gfp_source(first, token)]
        )
        monkeypatch.setattr(commits, "stage_field", slow)
        commit = pool.submit(first.corrections.commit, staged.id, ANNA, "x")
        assert begun.wait(120)
        identifier = first.plates.overview(KEY).id
        database = first.workspace.database_url
        with service(tmp_path / "w2", plate, database=database) as second:
            served = second.storage.plates.get(KEY)
            second.corrections._commits.settle_due(served, None)
            actions = [event.action for event in first.events.of_plate(identifier)]
            assert actions == ["commit-begun"]
            go_on.set()
            commit.result()
            second.corrections._commits.settle_due(served, None)
        actions = [event.action for event in first.events.of_plate(identifier)]
    assert "commit-interrupted" not in actions
