"""Copying whole plates, between versions of NGFF and kinds of store."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.writing.targets import step
from tests import plates
from tests.faults import checks

VERSIONS = ["0.4", "0.5", "0.6"]
ME = hcs.Who("Ada", "typed")


def _copy(source: Path, target: Path, **options: Any) -> Path:
    with hcs.from_hcs_zarr(source) as plate:
        hcs.to_hcs_zarr(plate, target, **options)
    return target


def _attributes(path: Path, key: str = "") -> dict[str, Any]:
    folder = path / key
    if (folder / ".zattrs").exists():
        return dict(json.loads((folder / ".zattrs").read_bytes()))
    return dict(json.loads((folder / "zarr.json").read_bytes())["attributes"])


def _same_fields(path: Path, copy: Path) -> None:
    with hcs.from_hcs_zarr(path) as left, hcs.from_hcs_zarr(copy) as right:
        fields = list(zip(left.fields(), right.fields(), strict=True))
        assert fields
        for mine, theirs in fields:
            assert (mine.well, mine.name, mine.label) == (
                theirs.well,
                theirs.name,
                theirs.label,
            )
            a, b = mine.image(), theirs.image()
            assert a.metadata.channels == b.metadata.channels
            assert a.dims == b.dims
            for first, second in zip(a.images, b.images, strict=True):
                assert dict(first.scale) == pytest.approx(dict(second.scale))
                np.testing.assert_array_equal(
                    np.asarray(first.data), np.asarray(second.data)
                )


@pytest.mark.parametrize("old", VERSIONS)
@pytest.mark.parametrize("new", VERSIONS)
def test_a_converted_plate_holds_the_same(tmp_path: Path, old: str, new: str) -> None:
    path = plates.make(
        tmp_path / "a.zarr",
        version=old,
        fields=2,
        shape=(300, 280),
        pixels="random",
        rows=1,
        columns=2,
        acquisitions=[0, 3],
        annotations={"gaps": []},
    )
    seen: list[tuple[int, int | None]] = []
    copy = _copy(
        path,
        tmp_path / "b.zarr",
        version=new,
        progress=lambda *counts: seen.append(counts),
    )
    _same_fields(path, copy)
    assert seen == [(number, 8) for number in range(1, 9)]
    with hcs.from_hcs_zarr(path) as a, hcs.from_hcs_zarr(copy) as b:
        assert b.version == new
        assert a.id == b.id
        assert a.acquisitions == b.acquisitions
    assert [
        problem for problem in hcs.validate(copy) if problem.severity == "error"
    ] == []
    assert "copying" not in _attributes(copy)["hcs"]
    checks.is_at_rest(copy)
    pytest.importorskip("ome_zarr_models")
    if new != "0.6":
        from ome_zarr_models import v04, v05

        models = v04 if new == "0.4" else v05
        models.hcs.HCS.from_zarr(zarr.open_group(copy, mode="r"))


def _corrected(path: Path) -> Path:
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("A1").field("0").version
    image = hcs.to_ngff_image(np.full((2, 32, 40), 9, "u2"), dims=("c", "y", "x"))
    staged = hcs.stage_field(path, "A/1", "0", image, base=base, label="s1")
    staged.commit(who=ME, reason="focus")
    return path


@pytest.mark.parametrize("name", ["b.zarr", "b.ozx"])
def test_a_copy_carries_every_version_of_a_field(tmp_path: Path, name: str) -> None:
    path = _corrected(plates.make(tmp_path / "a.zarr"))
    copy = _copy(path, tmp_path / name)
    assert hcs.history(copy) == hcs.history(path) or name.endswith(".ozx")
    first = hcs.history(copy)["A/1", "0"][0]
    hcs.revert(copy, "A/1", "0", first.id, who=ME, reason="why")
    with hcs.from_hcs_zarr(copy) as plate:
        pixels = np.asarray(plate.well("A1").field("s1").image().images[0].data)
    assert pixels[0, 0, 0] == plates.value()


def test_a_copy_without_history_is_a_new_plate(tmp_path: Path) -> None:
    path = _corrected(plates.make(tmp_path / "a.zarr"))
    copy = _copy(path, tmp_path / "b.zarr", history=False)
    assert _attributes(copy)["hcs"]["id"] != _attributes(path)["hcs"]["id"]
    (event,) = hcs.history(copy)["A/1", "0"]
    assert event.action == "write"
    assert sorted(path.name for path in (copy / "A/1").iterdir()) == ["0", "zarr.json"]
    with hcs.from_hcs_zarr(copy) as plate:
        field = plate.well("A1").field("s1")
        assert (field.path, field.version) == ("0", event.id)
        assert np.asarray(field.image().images[0].data).max() == 9
    _copy(path, tmp_path / "c.zarr")
    hcs.settle(tmp_path / "c.zarr", now=True)
    assert _attributes(tmp_path / "c.zarr", "A/1/0")["hcs"]["version"] == event.id


def test_a_copy_never_replaces_its_source_or_another_plate(
    tmp_path: Path, plate_path: Path
) -> None:
    before = checks.snapshot(plate_path)
    with pytest.raises(hcs.StoreError, match="that is to be copied"):
        _copy(plate_path, plate_path, overwrite=True)
    assert checks.snapshot(plate_path) == before
    other = plates.make(tmp_path / "other.zarr")
    with pytest.raises(hcs.StoreError, match="overwrite=True"):
        _copy(plate_path, other)
    _copy(plate_path, other, overwrite=True)
    _same_fields(plate_path, other)


def test_an_interrupted_copy_goes_on(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "a.zarr", rows=1, columns=3, fields=2)

    class Stop(BaseException):
        pass

    copied: list[str] = []

    def stop(name: str) -> None:
        if name == "copied":
            copied.append(name)
            if len(copied) == 4:
                raise Stop

    quiet = step.reached
    step.reached = stop
    try:
        with pytest.raises(Stop):
            _copy(path, tmp_path / "b.zarr", version="0.4")
        copied.clear()
        copied += ["done"] * 10
        _copy(path, tmp_path / "b.zarr")
    finally:
        step.reached = quiet
    assert len(copied) == 10 + 3  # the first three fields were there already
    _same_fields(path, tmp_path / "b.zarr")
    checks.recovers(tmp_path / "b.zarr")


def test_an_unsettled_plate_is_copied_as_it_is(tmp_path: Path) -> None:
    path = _corrected(plates.make(tmp_path / "a.zarr"))
    hcs.settle(path, grace=1e-6)
    assert hcs.unsettled(path)  # an alias is left
    copy = _copy(path, tmp_path / "b.zarr", version="0.4")
    assert hcs.unsettled(copy) == ()
    _same_fields(path, copy)


# --- plates of other software ---------------------------------------------------------


@pytest.fixture
def foreign(shared_data: Path, tmp_path: Path) -> Path:
    """Return a plate that Fractal wrote, with labels and tables."""
    (archive,) = shared_data.glob("fractal*/hcs_ngff_2D.zarr.zip")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "source")
    (document,) = (
        path
        for path in (tmp_path / "source").rglob(".zattrs")
        if b'"plate"' in path.read_bytes()
    )
    return document.parent


@pytest.mark.parametrize("version", VERSIONS)
def test_labels_tables_and_unknown_keys_are_converted(
    foreign: Path, tmp_path: Path, version: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copy = _copy(foreign, tmp_path / "copy.zarr", version=version)
    _same_fields(foreign, copy)
    old, new = zarr.open_group(foreign, mode="r"), zarr.open_group(copy, mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = dict(old.members(max_depth=None))
        ours = dict(new.members(max_depth=None))
    assert set(theirs) == set(ours)
    for key, node in theirs.items():
        if isinstance(node, zarr.Array):
            expected, converted = node[...], ours[key][...]
            np.testing.assert_array_equal(np.asarray(converted), np.asarray(expected))
        elif "tables" in key:
            assert dict(node.attrs) == dict(ours[key].attrs)
    back = _copy(copy, tmp_path / "back.zarr", version="0.4")
    _same_fields(foreign, back)
    text = "A/02/0/tables/FOV_ROI_table/obs/_index"
    again = zarr.open_group(back, mode="r")[text][...]
    assert again.tolist() == old[text][...].tolist()


def test_a_foreign_plate_is_converted_into_an_archive_and_corrected(
    foreign: Path, tmp_path: Path
) -> None:
    copy = _copy(foreign, tmp_path / "copy.ozx", version="0.5")
    _same_fields(foreign, copy)
    with hcs.from_hcs_zarr(copy) as plate:
        field = next(iter(plate.fields()))
        image, labels = field.image(), field.image().labels
        pixels = np.asarray(image.images[0].data)
    assert labels
    changed = hcs.to_ngff_image(pixels + 1, dims=image.dims)
    staged = hcs.stage_field(copy, field.well, field.name, changed, base=field.version)
    staged.commit(who=ME, reason="focus")
    with hcs.from_hcs_zarr(copy) as plate:
        new = next(iter(plate.fields())).image()
        np.testing.assert_array_equal(np.asarray(new.images[0].data), pixels + 1)
        assert new.metadata.channels == image.metadata.channels
        assert dict(new.images[0].scale) == dict(image.images[0].scale)
        assert new.labels == ()  # masks of the old pixels stay with the old version
