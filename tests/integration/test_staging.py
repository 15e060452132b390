"""Correcting fields: staged, compared, committed, settled, reverted, purged."""

from __future__ import annotations

import json
import shutil
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.writing.versions.recovery import recover
from tests import plates
from tests.faults import checks

ME = hcs.Who("Ada", "typed")
YOU = hcs.Who("Bob", "login")


def _image(value: int = 1, channels: int = 1, **more: Any) -> hcs.NgffImage:
    return hcs.to_ngff_image(
        np.full((channels, 30, 40), value, "u2"), dims=("c", "y", "x"), **more
    )


def _live(path: Path, well: str = "A/1", field: str = "0") -> str:
    with hcs.from_hcs_zarr(path) as plate:
        return plate.well(well).field(field).version


def _value(path: Path, well: str = "A/1", field: str = "0") -> int:
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well(well).field(field).image()
        (value,) = np.unique(np.asarray(image.images[0].data))
    return int(value)


def _correct(path: Path, value: int, **place: str) -> hcs.FieldVersion:
    well, field = place.get("well", "A/1"), place.get("field", "0")
    staged = hcs.stage_field(
        path, well, field, _image(value), base=_live(path, well, field)
    )
    return staged.commit(who=ME, reason="out of focus")


def _attributes(path: Path, key: str) -> dict[str, Any]:
    folder = path / key
    if (folder / ".zattrs").exists():
        return dict(json.loads((folder / ".zattrs").read_bytes()))
    return dict(json.loads((folder / "zarr.json").read_bytes())["attributes"])


def _paths(path: Path, well: str = "A/1") -> list[str]:
    attributes = _attributes(path, well)
    return [
        image["path"] for image in attributes.get("ome", attributes)["well"]["images"]
    ]


@pytest.fixture(params=["0.4", "0.5", "0.6"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.zarr", fields=2, channels=1, version=request.param)


# --- committing ----------------------------------------------------------------------


def test_a_staged_field_is_no_part_of_the_plate_until_it_is_committed(
    path: Path,
) -> None:
    old = _value(path)
    staged = hcs.stage_field(path, "A/1", "0", _image(9), base=_live(path))
    assert _value(path) == old
    assert _paths(path) == ["0", "1"]
    event = staged.commit(who=ME, reason="out of focus")
    assert _value(path) == 9
    assert _paths(path) == ["0r2", "1"]
    assert (event.who, event.why, event.action) == ("Ada", "out of focus", "correct")
    assert event.supersedes == hcs.history(path)["A/1", "0"][0].id


def test_a_discarded_field_leaves_no_trace(path: Path) -> None:
    before = checks.snapshot(path)
    hcs.stage_field(path, "A/1", "0", _image(9), base=_live(path)).discard()
    assert checks.snapshot(path) == before


@pytest.mark.parametrize("words", [("Ada", "\udcff"), ("\udcff", "out of focus")])
def test_half_a_character_in_name_or_reason_is_refused_before_anything_is_written(
    words: tuple[str, str], path: Path
) -> None:
    staged = hcs.stage_field(path, "A/1", "0", _image(9), base=_live(path))
    before = checks.snapshot(path)
    who, reason = words
    with pytest.raises(hcs.ArgumentError, match="the history is UTF-8 text"):
        staged.commit(who=who, reason=reason)
    assert checks.snapshot(path) == before
    staged.commit(who="Ada", reason="out of focus")
    assert _value(path) == 9


def test_a_new_field_is_staged_without_a_base(path: Path) -> None:
    staged = hcs.stage_field(path, "A/1", 7, _image(9), base=None, label="s8")
    staged.commit(who=ME, reason="late")
    assert _paths(path) == ["0", "1", "7"]
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.well("A1").field("s8").name == "7"
        assert plate.field_count == 3


def test_the_second_of_two_corrections_is_told_who_was_first(path: Path) -> None:
    base = _live(path)
    mine = hcs.stage_field(path, "A/1", "0", _image(8), base=base)
    theirs = hcs.stage_field(path, "A/1", "0", _image(9), base=base)
    theirs.commit(who=YOU, reason="first")
    with pytest.raises(hcs.ConflictError, match=r"changed since.*by Bob at 20"):
        mine.commit(who=ME, reason="second")
    mine.discard()
    assert _value(path) == 9
    with pytest.raises(hcs.ConflictError, match="changed since"):
        hcs.stage_field(path, "A/1", "0", _image(8), base=base)


def test_different_fields_of_one_well_never_conflict(path: Path) -> None:
    first = hcs.stage_field(path, "A/1", "0", _image(8), base=_live(path))
    second = hcs.stage_field(path, "A/1", "1", _image(9), base=_live(path, field="1"))
    second.commit(who=YOU, reason="why")
    first.commit(who=ME, reason="why")
    assert (_value(path), _value(path, field="1")) == (8, 9)


def test_a_field_that_exists_is_not_written_as_a_new_one(path: Path) -> None:
    with pytest.raises(hcs.ConflictError, match="written by somebody else"):
        hcs.stage_field(path, "A/1", 0, _image(), base=None)
    with pytest.raises(hcs.ConflictError, match="no longer listed"):
        hcs.stage_field(path, "A/1", 9, _image(), base="0" * 32)


def test_of_many_who_write_the_same_new_field_one_wins_whole(path: Path) -> None:
    def write(value: int) -> str:
        try:
            hcs.stage_field(path, "B/2", 5, _image(value), base=None).commit(
                who=ME, reason="why"
            )
        except hcs.ConflictError as error:
            return str(error)
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(1, 9)))
    assert outcomes.count("won") == 1
    assert _value(path, "B/2", "5") == outcomes.index("won") + 1
    assert checks.recovers(path) == []


def test_a_document_that_another_tool_broke_is_not_written_over(path: Path) -> None:
    staged = hcs.stage_field(path, "A/1", "0", _image(9), base=_live(path))
    name = ".zattrs" if (path / ".zattrs").exists() else "zarr.json"
    (path / "A/1" / name).write_text("{")
    with pytest.raises(hcs.MetadataError, match="not valid"):
        staged.commit(who=ME, reason="why")
    assert (path / "A/1" / name).read_text() == "{"


def test_a_field_of_other_software_can_be_corrected_and_reverted(path: Path) -> None:
    """Its first version has no id of ours, so it is known by a digest."""
    for document in path.rglob("zarr.json"):
        content = json.loads(document.read_bytes())
        content.get("attributes", {}).pop("hcs", None)
        document.write_text(json.dumps(content))
    for document in path.rglob(".zattrs"):
        content = json.loads(document.read_bytes())
        content.pop("hcs", None)
        document.write_text(json.dumps(content))
    old, base = _value(path), _live(path)
    _correct(path, 9)
    first = hcs.history(path)["A/1", "0"][0]
    assert first.id == base
    hcs.settle(path, now=True)
    assert _paths(path) == ["0", "1"]
    hcs.revert(path, "A/1", "0", base, who=ME, reason="why")
    assert _value(path) == old
    hcs.settle(path, now=True)
    assert (_value(path), _paths(path)) == (old, ["0", "1"])
    assert checks.recovers(path) == []


def test_a_correction_inherits_what_it_does_not_give(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1, channels=2)
    document = path / "A/1/0/zarr.json"
    content = json.loads(document.read_bytes())
    content["attributes"]["theirs"] = {"a": 1}
    content["attributes"]["ome"]["omero"]["channels"][1]["window"] = {
        "start": 3,
        "end": 33,
        "min": 0,
        "max": 65535,
        "extra": True,
    }
    document.write_text(json.dumps(content))
    plain = hcs.stage_field(path, "A/1", "0", _image(9, 2), base=_live(path))
    plain.commit(who=ME, reason="why")
    new = _attributes(path, "A/1/0r2")
    old = content["attributes"]
    assert new["theirs"] == {"a": 1}
    assert new["ome"]["omero"] == old["ome"]["omero"]
    assert new["ome"]["multiscales"][0]["axes"] == old["ome"]["multiscales"][0]["axes"]
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well("A1").field("0").image()
        assert image.images[0].scale["y"] == 0.5
    given = _image(9, 2, scale={"y": 0.1, "x": 0.1}, channel_names=["x", "y"])
    hcs.stage_field(path, "A/1", "0", given, base=_live(path)).commit(
        who=ME, reason="why"
    )
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well("A1").field("0").image()
        assert image.images[0].scale["y"] == 0.1
        assert image.channel_names == ("x", "y")
        assert image.channels[1].window.end == 33


def test_consolidated_metadata_above_a_correction_goes(path: Path) -> None:
    """A reader of the copy would go on to see the old field."""
    version = 2 if (path / ".zattrs").exists() else 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key in ("A/1", "A", ""):
            zarr.consolidate_metadata(path, path=key, zarr_format=version)
    _correct(path, 9)
    group = zarr.open_group(path, mode="r")
    assert "0r2" in group["A/1"]
    assert not list(path.glob("**/.zmetadata"))[:1] or version == 3
    for key in ("zarr.json", "A/zarr.json", "A/1/zarr.json"):
        if (path / key).exists():
            assert b"consolidated" not in (path / key).read_bytes()


def test_every_moment_of_a_correction_is_a_valid_plate(tmp_path: Path) -> None:
    pytest.importorskip("ome_zarr_models")
    from ome_zarr_models.v05.hcs import HCS

    import hcs.writing.targets.step

    path = plates.make(tmp_path / "p.zarr", rows=1, columns=2, fields=2, channels=1)
    steps = []

    def look(name: str) -> None:
        steps.append(name)
        HCS.from_zarr(zarr.open_group(path, mode="r"))

    hcs.writing.targets.step.reached, quiet = look, hcs.writing.targets.step.reached
    try:
        _correct(path, 9)
        hcs.settle(path, now=True)
    finally:
        hcs.writing.targets.step.reached = quiet
    assert len(steps) > 30


# --- settling ------------------------------------------------------------------------


def test_a_correction_settles_after_the_grace_time(path: Path) -> None:
    event = _correct(path, 9)
    (waiting,) = hcs.settle(path, grace=3600)
    assert (waiting.path, waiting.home) == ("0r2", "0")
    assert 3000 < waiting.seconds <= 3600
    assert _paths(path) == ["0r2", "1"]
    hcs.settle(path, grace=1e-6)
    assert _paths(path) == ["0", "1"]
    assert (_value(path), _live(path)) == (9, event.id)
    assert hcs.settle(path, grace=60)[0].aliases == ("0r2",)
    assert hcs.settle(path, now=True) == ()
    assert set(zarr.open_group(path, mode="r")["A/1"].group_keys()) == {"0", "1"}
    assert [event.path for event in hcs.history(path)["A/1", "0"]] == [
        "hcs_versions/0r1",
        "0",
    ]
    checks.is_at_rest(path)


def test_case_55_a_clock_that_was_set_back_does_not_stop_settling(path: Path) -> None:
    _correct(path, 9)
    name = ".zattrs" if (path / ".zattrs").exists() else "zarr.json"
    document = path / "A/1" / name
    document.write_text(document.read_text().replace('"when": "20', '"when": "21'))
    hcs.settle(path, grace=60)
    assert _paths(path) == ["0", "1"]


def test_corrections_and_reverts_settle_in_any_order(path: Path) -> None:
    first = _live(path)
    events = [_correct(path, 9)]
    hcs.settle(path, grace=1e-6)  # its alias stays
    events.append(_correct(path, 10))
    hcs.settle(path, now=True)
    events.append(_correct(path, 11))
    hcs.revert(path, "A/1", "0", first, who=ME, reason="why")
    hcs.settle(path, now=True)
    assert _paths(path) == ["0", "1"]
    for event, value in zip(events, (9, 10, 11), strict=True):
        hcs.revert(path, "A/1", "0", event.id, who=ME, reason="why")
        assert _value(path) == value
        hcs.settle(path, now=True)
        assert (_value(path), _paths(path)) == (value, ["0", "1"])
    checks.is_at_rest(path)
    assert checks.recovers(path) == []


def test_an_open_image_is_the_version_that_was_opened_through_it_all(
    path: Path,
) -> None:
    old = _value(path)
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well("A1").field("0").image()
        _correct(path, 9)
        hcs.settle(path, now=True)
        _correct(path, 10)
        hcs.settle(path, now=True)
        assert np.unique(np.asarray(image.images[0].data)).tolist() == [old]
        plate.refresh()
        assert np.unique(
            np.asarray(plate.well("A1").field("0").image().images[0].data)
        ).tolist() == [10]
        hcs.purge(path, originals=True, yes=True)
        with pytest.raises(hcs.StaleVersionError):
            np.asarray(image.images[0].data)


def test_a_foreign_group_in_the_way_is_left_alone(path: Path) -> None:
    _correct(path, 9)
    shutil.rmtree(path / "A/1/0")
    shutil.copytree(path / "B/2/0", path / "A/1/0")
    before = checks.snapshot(path / "A/1/0")
    (left,) = hcs.settle(path, now=True)
    assert "does not know" in left.problem
    assert checks.snapshot(path / "A/1/0") == before
    assert _value(path) == 9


def test_dropping_our_key_loses_no_pixels(path: Path) -> None:
    _correct(path, 9)
    name = ".zattrs" if (path / ".zattrs").exists() else "zarr.json"
    document = path / "A/1" / name
    content = json.loads(document.read_bytes())
    (content if name == ".zattrs" else content["attributes"]).pop("hcs")
    document.write_text(json.dumps(content))
    recover(path)
    assert _paths(path) == ["0r2", "1"]
    assert _value(path, field="0r2") == 9
    assert (path / "A/1/0").is_dir()


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_readers_built_on_ome_zarr_see_the_correction_when_it_has_settled(
    tmp_path: Path, version: str
) -> None:
    """They take the first well's field path for every well (napari among them)."""
    io = pytest.importorskip("ome_zarr.io")
    reader = pytest.importorskip("ome_zarr.reader")
    path = plates.make(
        tmp_path / "p.zarr",
        rows=2,
        columns=2,
        version=version,
        shape=(30, 40),
        channels=1,
    )
    _correct(path, 9)
    hcs.settle(path, now=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = list(reader.Reader(io.parse_url(str(path)))())
        mosaic = np.asarray(nodes[0].data[0])
    mosaic = mosaic.reshape(-1, *mosaic.shape[-2:])[0]
    values = [[int(mosaic[y, x]) for x in (5, 50)] for y in (5, 50)]
    expected = [[plates.value(row, column) for column in range(2)] for row in range(2)]
    expected[0][0] = 9
    assert values == expected


def test_a_correction_in_the_first_well_says_what_others_will_show(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    staged = hcs.stage_field(path, "A/1", "0", _image(9), base=_live(path))
    assert "napari" in staged.notices[0]
    staged.commit(who=ME, reason="why")
    assert "napari" in caplog.text
    other = hcs.stage_field(path, "B/2", "0", _image(9), base=_live(path, "B/2"))
    assert other.notices == ()
    other.discard()


def test_a_writer_settles_what_it_corrected(path: Path) -> None:
    with hcs.HCSPlateWriter(path, overwrite=False, grace=0.1) as writer:
        writer.write_well_image(_image(9), "A", "1", 0)
        assert _paths(path) == ["0r2", "1"]
    assert _paths(path) == ["0", "1"]
    assert _value(path) == 9


# --- history -------------------------------------------------------------------------


def test_the_history_names_every_event(path: Path) -> None:
    first = _live(path)
    second = _correct(path, 9)
    hcs.revert(path, "A/1", "0", first, who=YOU, reason="was right")
    events = hcs.history(path, "A/1")["A/1", "0"]
    assert [(event.id, event.action, event.who, event.why) for event in events[1:]] == [
        (second.id, "correct", "Ada", "out of focus"),
        (first, "revert", "Bob", "was right"),
    ]
    assert events[-1].supersedes == second.id
    assert all(event.when for event in events)


def test_case_68_a_revert_needs_a_version_that_is_there_and_not_live(
    path: Path,
) -> None:
    first = _live(path)
    with pytest.raises(hcs.ConflictError, match="already"):
        hcs.revert(path, "A/1", "0", first, who=ME, reason="why")
    with pytest.raises(hcs.NotFoundError, match="unknown"):
        hcs.revert(path, "A/1", "0", "f" * 32, who=ME, reason="why")
    with pytest.raises(hcs.NotFoundError, match="no field '9'"):
        hcs.revert(path, "A/1", "9", first, who=ME, reason="why")
    second = _correct(path, 9)
    third = _correct(path, 10)
    with pytest.raises(hcs.ConflictError, match="changed since"):
        hcs.revert(path, "A/1", "0", first, who=ME, reason="why", base=second.id)
    hcs.revert(path, "A/1", "0", first, who=ME, reason="why", base=third.id)


def test_purging_lists_first_and_keeps_the_first_version(path: Path) -> None:
    first = _live(path)
    second = _correct(path, 9)
    _correct(path, 10)
    hcs.settle(path, now=True)
    before = checks.snapshot(path)
    (listed,) = hcs.purge(path)
    assert (listed.version, listed.field) == (second.id, "0")
    assert listed.size > 0
    assert checks.snapshot(path) == before
    assert [version.version for version in hcs.purge(path, yes=True, who=ME)] == [
        second.id
    ]
    event = hcs.history(path)["A/1", "0"][-1]
    assert (event.action, event.id, event.who) == ("purge", second.id, "Ada")
    with pytest.raises(hcs.NotFoundError, match="was purged"):
        hcs.revert(path, "A/1", "0", second.id, who=ME, reason="why")
    assert hcs.purge(path, yes=True) == ()
    (original,) = hcs.purge(path, originals=True, yes=True)
    assert original.version == first
    assert _value(path) == 10
    assert checks.recovers(path) == []


def test_complete_fields_that_nobody_names_are_kept_until_they_are_purged(
    path: Path,
) -> None:
    staged = hcs.stage_field(path, "B/3", "0", _image(9), base=_live(path, "B/3"))
    staged.release()  # as if its process had ended
    assert "kept" in checks.recovers(path)
    (orphan,) = hcs.purge(path, orphans=True)
    assert orphan.key == "B/3/0r2"
    assert hcs.purge(path, orphans=True, yes=True) == (orphan,)
    assert not (path / "B/3/0r2").exists()


def test_a_field_that_is_being_staged_is_left_to_its_owner(path: Path) -> None:
    staged = hcs.stage_field(path, "A/1", "0", _image(9), base=_live(path))
    assert [event.action for event in recover(path)] == ["in use"]
    assert hcs.purge(path, orphans=True, yes=True) == ()
    staged.commit(who=ME, reason="why")
    assert _value(path) == 9


def test_case_59_a_reader_during_corrections_sees_one_version_whole(path: Path) -> None:
    """Our own images, while versions are committed and settled without any grace."""
    end = threading.Event()
    seen: set[int] = set()
    problems: list[str] = []

    def read() -> None:
        with hcs.from_hcs_zarr(path) as plate:
            while not end.is_set():
                plate.refresh()
                try:
                    image = plate.well("A1").field("0").image()
                    values = np.unique(np.asarray(image.images[0].data))
                except (hcs.StaleVersionError, hcs.NotFoundError):
                    continue
                seen.add(int(values[0]))
                if values.size > 1:
                    problems.append(str(values))

    reader = threading.Thread(target=read)
    reader.start()
    for value in range(100, 112):
        _correct(path, value)
        hcs.settle(path, now=True)
    end.set()
    reader.join()
    assert problems == []
    assert len(seen) > 1
