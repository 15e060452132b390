"""Label images and tables that are added to a field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.images.companions import Companions
from hcs.writing.targets import step
from tests import plates
from tests.faults import checks

ME = hcs.Who("Ada", "typed")
SHAPE = (30, 40)
MASK = np.arange(30 * 40, dtype="u4").reshape(SHAPE) // 100


@pytest.fixture(params=["0.4", "0.5", "0.6"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return plates.make(
        tmp_path / "p.zarr", channels=2, shape=SHAPE, version=request.param
    )


def _field(store: Any, well: str = "B/2") -> Any:
    with hcs.from_hcs_zarr(store) as plate:
        return plate.well(well).field("0").image()


def _mask(store: Any, name: str = "nuclei") -> np.ndarray:
    return np.asarray(_field(store).label(name).images[0].data)


def test_a_label_image_lies_where_its_field_does(path: Path) -> None:
    version = _field(path).version
    key = hcs.write_labels(path, "B02", "0", "nuclei", MASK)
    assert key == "B/2/0/labels/nuclei"
    image = _field(path)
    label = image.label("nuclei")
    np.testing.assert_array_equal(np.asarray(label.images[0].data), MASK)
    assert label.dims == ("y", "x")
    assert len(label) == len(image)
    assert label.pixel_size == image.pixel_size
    assert label.units == image.units
    # It is no other version of the pixels, which verdicts and previews go by.
    assert image.version == version
    errors = [p for p in hcs.validate(path) if p.severity == "error"]
    assert errors == []
    checks.is_at_rest(path)
    data = zarr.open_group(path, mode="r")["B/2/0/labels/nuclei/0"][...]
    np.testing.assert_array_equal(data, MASK)


def test_a_second_one_is_listed_beside_the_first(path: Path) -> None:
    hcs.write_labels(path, "B2", 0, "nuclei", MASK)
    hcs.write_labels(path, "B2", 0, "cells", MASK > 3)
    assert _field(path).labels == ("nuclei", "cells")
    assert _mask(path, "cells").max() == 1


def test_one_that_is_there_is_replaced_only_when_that_is_asked_for(
    path: Path,
) -> None:
    hcs.write_labels(path, "B2", "0", "nuclei", MASK)
    with pytest.raises(hcs.ArgumentError, match="overwrite=True"):
        hcs.write_labels(path, "B2", "0", "nuclei", MASK + 1)
    np.testing.assert_array_equal(_mask(path), MASK)
    before = _field(path).label("nuclei").version
    hcs.write_labels(path, "B2", "0", "nuclei", MASK + 1, overwrite=True)
    np.testing.assert_array_equal(_mask(path), MASK + 1)
    assert _field(path).label("nuclei").version != before
    assert _field(path).labels == ("nuclei",)
    checks.is_at_rest(path)
    assert {p.name for p in (path / "B/2/0/labels").iterdir() if p.is_dir()} == {
        "nuclei"
    }


def test_label_images_belong_to_the_version_that_they_were_made_of(path: Path) -> None:
    first = _field(path).version
    hcs.write_labels(path, "B2", "0", "nuclei", MASK, base=first)
    new = hcs.to_ngff_image(np.full((2, *SHAPE), 9, "u2"), dims=("c", "y", "x"))
    staged = hcs.stage_field(path, "B2", "0", new, base=first)
    assert "'nuclei' stays with the version before" in staged.notices[0]
    staged.commit(who=ME, reason="focus")
    assert _field(path).labels == ()
    with pytest.raises(hcs.ConflictError, match="has changed since"):
        hcs.write_labels(path, "B2", "0", "nuclei", MASK, base=first)
    hcs.write_labels(path, "B2", "0", "anew", MASK)  # before it is settled
    hcs.settle(path, now=True)
    assert _field(path).labels == ("anew",)
    hcs.revert(path, "B2", "0", first, who=ME, reason="was right")
    hcs.settle(path, now=True)
    assert _field(path).labels == ("nuclei",)
    np.testing.assert_array_equal(_mask(path), MASK)


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.zeros((30, 41), "u4"), hcs.ShapeError),
        (np.zeros((2, 30, 40), "u4"), hcs.ShapeError),
        (np.zeros(SHAPE, "f4"), hcs.UnsafeDataError),
        (np.full(SHAPE, -1, "i4"), hcs.UnsafeDataError),
    ],
)
def test_what_is_no_label_image_of_the_field_changes_nothing(
    array: np.ndarray, error: type[Exception], tmp_path: Path
) -> None:
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE)
    with pytest.raises(error):
        hcs.write_labels(path, "B2", "0", "nuclei", array)
    assert _field(path).companions == Companions()
    checks.is_at_rest(path)


@pytest.mark.parametrize("name", ["", "..", "a/b", "zarr.json", "__x", ".x", "é"])
def test_names_that_cannot_be_written_are_refused(name: str, tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE)
    before = checks.snapshot(path)
    with pytest.raises(hcs.HCSError):
        hcs.write_labels(path, "B2", "0", name, MASK)
    with pytest.raises(hcs.HCSError):
        hcs.write_table(path, "B2", "0", name, {"label": [1]})
    assert checks.snapshot(path) == before


def test_planes_and_axes_of_the_field_are_those_of_its_label_image(
    tmp_path: Path,
) -> None:
    path = tmp_path / "p.zarr"
    image = hcs.to_ngff_image(np.zeros((2, 3, *SHAPE), "u2"), dims=("c", "z", "y", "x"))
    hcs.write_hcs_well_image(path, image, plates.document(), "B", "2")
    stack = np.stack([MASK, MASK + 1, MASK + 2])
    hcs.write_labels(path, "B2", "0", "nuclei", stack)
    np.testing.assert_array_equal(_mask(path), stack)
    assert _field(path).label("nuclei").dims == ("z", "y", "x")


def test_archives_and_stores_take_labels_and_tables(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", channels=1, shape=SHAPE)
    hcs.pack(path, tmp_path / "p.ozx")
    memory = zarr.storage.MemoryStore()
    with hcs.from_hcs_zarr(path) as plate:
        hcs.to_hcs_zarr(plate, memory)
    for store in (tmp_path / "p.ozx", memory):
        hcs.write_labels(store, "B2", "0", "nuclei", MASK)
        hcs.write_labels(store, "B2", "0", "nuclei", MASK + 1, overwrite=True)
        hcs.write_table(store, "B2", "0", "feat", {"label": [1, 2], "area": [3, 4.5]})
        with hcs.from_hcs_zarr(store) as plate:
            image = plate.well("B2").field("0").image()
            mask = np.asarray(image.label("nuclei").images[0].data)
            np.testing.assert_array_equal(mask, MASK + 1)
            assert image.companions == Companions(labels=("nuclei",), tables=("feat",))


class _KillError(BaseException):
    pass


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_crash_at_any_step_leaves_the_old_or_the_new_label_image(
    overwrite: bool, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is tidied after the step, as a killed process tidies nothing."""
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE, version=version)
    if overwrite:
        hcs.write_labels(path, "B2", "0", "nuclei", MASK)
    steps: list[str] = []

    def die_at(number: int) -> None:
        steps.clear()

        def reached(name: str) -> None:
            steps.append(name)
            if len(steps) >= number:
                raise _KillError

        monkeypatch.setattr(step, "reached", reached)

    for number in range(1, 60):
        die_at(number)
        try:
            hcs.write_labels(path, "B2", "0", "nuclei", MASK + number, overwrite=True)
        except _KillError:
            pass
        else:
            break
        finally:
            monkeypatch.setattr(step, "reached", lambda _: None)
        labels = _field(path).labels
        if labels:
            mask = _mask(path)
            assert mask[0, 0] in (*range(number + 1),)
            np.testing.assert_array_equal(mask - mask[0, 0], MASK)
        hcs.recover(path)
        assert [p for p in hcs.validate(path) if p.severity == "error"] == []
    assert 5 < number < 59
    np.testing.assert_array_equal(_mask(path), MASK + number)


# --- tables --------------------------------------------------------------------------

FEATURES = {"label": [1, 2, 3], "area": [10, 20.5, None], "class": ["a", "b", None]}


def test_a_table_lies_in_anndatas_layout(path: Path) -> None:
    hcs.write_labels(path, "B2", "0", "nuclei", MASK)
    key = hcs.write_table(path, "B2", "0", "measured", FEATURES, label="nuclei")
    assert key == "B/2/0/tables/measured"
    group: Any = zarr.open_group(path, mode="r")[key]
    attributes = dict(group.attrs)
    assert attributes["type"] == "feature_table"
    assert attributes["region"] == {"path": "../labels/nuclei"}
    np.testing.assert_array_equal(group["X"][...], [[10], [20.5], [np.nan]])
    assert list(group["var/index"][...]) == ["area"]
    assert list(group["obs/label"][...]) == ["1", "2", "3"]
    assert list(group["obs/class"][...]) == ["a", "b", ""]
    assert _field(path).companions.tables == ("measured",)
    checks.is_at_rest(path)
    assert [p for p in hcs.validate(path) if p.severity == "error"] == []


def test_data_frames_are_tables(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE)
    frame = pandas.DataFrame(FEATURES).set_index("label")
    hcs.write_table(path, "B2", "0", "measured", frame)
    group: Any = zarr.open_group(path, mode="r")["B/2/0/tables/measured"]
    assert list(group["obs/label"][...]) == ["1", "2", "3"]


def test_what_pandas_has_no_value_for_is_missing_and_no_text(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE)
    frame = pandas.DataFrame(
        {
            "label": [1, 2],
            "count": pandas.array([7, None], "Int64"),
            "class": pandas.Series(["a", float("nan")], dtype=object),
        }
    )
    hcs.write_table(path, "B2", "0", "measured", frame)
    group: Any = zarr.open_group(path, mode="r")["B/2/0/tables/measured"]
    np.testing.assert_array_equal(group["X"][...], [[7], [np.nan]])
    assert list(group["obs/class"][...]) == ["a", ""]
    twice = pandas.DataFrame([[1, 2, 3]], columns=["label", "area", "area"])
    with pytest.raises(hcs.ArgumentError, match="one name"):
        hcs.write_table(path, "B2", "0", "twice", twice)


def test_regions_come_along_and_features_stay(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", channels=1, shape=SHAPE)
    region = {
        "FieldIndex": ["FOV_1"],
        **{f"{axis}_micrometer": [0.0] for axis in "xyz"},
        **{f"len_{axis}_micrometer": [20.0] for axis in "xyz"},
    }
    hcs.write_table(path, "B2", "0", "FOV_ROI_table", region, kind="roi_table")
    hcs.write_table(path, "B2", "0", "measured", FEATURES)
    new = hcs.to_ngff_image(np.full((1, *SHAPE), 9, "u2"), dims=("c", "y", "x"))
    staged = hcs.stage_field(path, "B2", "0", new, base=_field(path).version)
    staged.commit(who=ME, reason="focus")
    assert _field(path).companions == Companions(rois=("FOV_ROI_table",))


@pytest.mark.parametrize(
    ("table", "more", "error"),
    [
        ({"label": [1], "area": [1, 2]}, {}, hcs.ShapeError),
        ({"area": [1]}, {}, hcs.ArgumentError),
        ({"label": [1, 1]}, {}, hcs.ArgumentError),
        ({"label": ["x"]}, {}, hcs.ArgumentError),
        ({"label": [1], "a/b": ["x"]}, {}, hcs.ArgumentError),
        ({"label": [1]}, {"label": "cells"}, hcs.ArgumentError),
        ({"label": [1]}, {"kind": "table"}, hcs.ArgumentError),
        ({"x_micrometer": [1]}, {"kind": "roi_table"}, hcs.ArgumentError),
        ([1, 2], {}, hcs.ArgumentError),
        (np.zeros((2, 2)), {}, hcs.ArgumentError),
        ({"label": [1], "area": 3}, {}, hcs.ArgumentError),
        ({"label": [1], "class": "a"}, {}, hcs.ArgumentError),
        ({"label": [1, 2], "centre": np.zeros((2, 2))}, {}, hcs.ArgumentError),
        ({"label": [1], "1": [1.0], 1: [2.0]}, {}, hcs.ArgumentError),
        ({}, {}, hcs.ShapeError),
    ],
)
def test_what_is_no_such_table_changes_nothing(
    table: Any, more: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE)
    with pytest.raises(error):
        hcs.write_table(path, "B2", "0", "measured", table, **more)
    assert _field(path).companions == Companions()
    checks.is_at_rest(path)
