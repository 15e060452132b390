"""The components of notebooks and apps, as Python sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dashboard.components import FieldView, PlateMap
from dashboard.components.field_planes import MOST_BYTES, read_planes
from hcs import Multiscales, from_hcs_zarr, to_multiscales, to_ngff_image
from hcs.errors import ArgumentError, NotFoundError, ShapeError
from tests import plates


@pytest.fixture(scope="module")
def plate(tmp_path_factory):
    path = plates.make(
        tmp_path_factory.mktemp("components") / "p.zarr",
        wells=[(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)],
        annotations={
            "conditions": {"columns": ["dose"], "wells": {"A/1": [10], "A/2": [9]}}
        },
    )
    return from_hcs_zarr(path)


def shown(plate_map):
    return json.loads(plate_map.values_text)


def test_wells_may_be_named_in_any_spelling_and_are_known_by_their_labels(plate):
    plate_map = PlateMap(plate, selected=["a1", "B/3"])
    assert plate_map.selected == ["A1", "B3"]
    heard = []
    plate_map.param.watch(lambda event: heard.append(event.new), "selected")
    plate_map.selected = ["r02c01", "B1", "A02"]
    assert plate_map.selected == ["B1", "A2"]
    assert heard == [["B1", "A2"]]


def test_a_well_that_is_none_is_refused_and_nothing_changes(plate):
    plate_map = PlateMap(plate, selected=["A1"])
    with pytest.raises(NotFoundError, match=r"'C9' is no well .* Its wells are 'A1'"):
        plate_map.selected = ["B1", "C9"]
    assert plate_map.selected == ["A1"]


@pytest.mark.parametrize(
    "values",
    [
        {"A1": 1, "a2": 2.5, "B/1": None, "B02": float("nan")},
        pd.Series([1.0, 2.5, np.nan, np.inf], ["A1", "A2", "B1", "B2"]),
        pd.Series([1.0, 2.5, None], ["A1", "A2", "B1"], dtype="Float64"),
        {"A1": np.int8(1), "A2": np.float32(2.5)},
    ],
)
def test_numbers_stand_at_their_wells_and_what_is_none_is_no_value(plate, values):
    content = shown(PlateMap(plate, values, title="cells", unit="n"))
    assert content["values"] == [1.0, 2.5, None, None, None, None]
    assert (content["title"], content["unit"]) == ("cells", "n")
    assert content["low"] == pytest.approx(1.03)
    assert content["high"] == pytest.approx(2.47)


def test_words_are_categories_in_their_order(plate):
    content = shown(PlateMap(plate, {"A1": "b", "A2": "a", "B1": ""}))
    assert content["categories"] == ["a", "b"]
    assert content["values"] == [1, 0, None, None, None, None]
    assert len(set(content["colours"])) == 2


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_words_of_pandas_may_be_missing(plate, missing):
    content = shown(PlateMap(plate, pd.Series(["a", missing], ["A1", "A2"], object)))
    assert content["values"] == [0, None, None, None, None, None]


def test_what_is_true_or_false_is_two_categories_wherever_it_comes_from(plate):
    for true in (True, np.True_):
        content = shown(PlateMap(plate, {"A1": true, "A2": False}))
        assert content["categories"] == ["False", "True"]


def test_numbers_of_any_type_are_numbers(plate):
    odd = {"A1": Decimal("1.5"), "A2": np.array(2), "B1": 10**400}
    assert shown(PlateMap(plate, odd))["values"][:3] == [1.5, 2.0, None]


def test_what_is_no_plate_is_refused():
    with pytest.raises(ArgumentError, match="expected a plate, as from_hcs_zarr"):
        PlateMap("p.zarr")


def test_values_that_are_refused_leave_all_as_it_was(plate):
    plate_map = PlateMap(plate, {"A1": 1}, title="cells")
    text = plate_map.values_text
    with pytest.raises(NotFoundError):
        plate_map.param.update(values={"Z9": 1}, title="other")
    assert (plate_map.values, plate_map.title) == ({"A1": 1}, "cells")
    assert plate_map.values_text == text


def test_a_column_of_the_plate_map_is_shown_by_its_name(plate):
    content = shown(PlateMap(plate, "dose"))
    assert content["title"] == "dose"
    assert content["categories"] == ["9", "10"]


def test_values_can_be_changed_and_taken_away(plate):
    plate_map = PlateMap(plate, {"A1": 1})
    plate_map.values = {"A1": 7}
    assert shown(plate_map)["values"][0] == 7
    plate_map.values = None
    assert shown(plate_map) is None


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"Z99": 1}, NotFoundError, "'Z99' is no well"),
        ("batch", NotFoundError, "no column of the plate map. Its columns are 'dose'"),
        ({"A1": 1, "A2": "x"}, ArgumentError, "mix words"),
        ([1, 2, 3], ArgumentError, "expected a mapping"),
        (
            pd.Series([1, 2], ["A1", "A01"]),
            ArgumentError,
            "several entries for well A01",
        ),
        (pd.DataFrame({"A1": [1]}), ArgumentError, "a table of 'A1'; expected one col"),
        ({"A1": [1, 2]}, ArgumentError, "value of well A1 is .* expected a number"),
    ],
)
def test_values_that_colour_no_wells_are_refused_with_the_reason(
    plate, values, error, words
):
    with pytest.raises(error, match=words):
        PlateMap(plate, values)


def test_another_plate_starts_without_a_selection(plate, tmp_path):
    plate_map = PlateMap(plate, selected=["A1"])
    path = plates.make(tmp_path / "other.zarr", rows=1, columns=1, name="other")
    plate_map.plate = from_hcs_zarr(path)
    assert plate_map.selected == []
    assert json.loads(plate_map.plate_text)["labels"] == ["A1"]


def test_a_plate_that_lacks_valued_wells_is_refused_and_with_its_own_values_taken(
    plate, tmp_path
):
    plate_map = PlateMap(plate, {"A2": 1}, selected=["A2"])
    other = from_hcs_zarr(plates.make(tmp_path / "o.zarr", rows=1, columns=1))
    with pytest.raises(NotFoundError):
        plate_map.plate = other
    assert (plate_map.plate, plate_map.selected) == (plate, ["A2"])
    plate_map.param.update(plate=other, values={"A1": 2}, selected=["A1"])
    assert (plate_map.plate, plate_map.selected) == (other, ["A1"])
    assert shown(plate_map)["values"] == [2.0]


# -- fields ----------------------------------------------------------------------------


def image(shape=(2, 40, 50), dims="cyx", dtype="uint16"):
    pixels = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    return Multiscales([to_ngff_image(pixels, dims)])


def test_a_view_sends_the_pixels_as_they_are():
    source = image()
    view = FieldView(source)
    sent = np.frombuffer(view.planes, "<u2").reshape(2, 40, 50)
    assert np.array_equal(sent, source.images[0].data)
    content = json.loads(view.picture_text)
    assert (content["count"], content["width"], content["height"]) == (2, 50, 40)


def test_channels_are_set_in_part_and_completed_before_anybody_hears(plate):
    view = FieldView(plate.well("A1").get_image())
    heard = []
    view.param.watch(lambda event: heard.append(event.new), "channels")
    before = [dict(channel) for channel in view.channels]
    view.channels = [{"low": before[0]["low"] - 1}]
    assert heard == [[before[0] | {"low": before[0]["low"] - 1}, before[1]]]


@pytest.mark.parametrize(
    "setting",
    [
        {"low": 9, "high": 9},
        {"color": "red"},
        {"gain": 2},
        {"low": float("nan")},
        {"low": True},
        {"active": "no"},
        {"minimum": "x"},
    ],
)
def test_a_setting_that_is_none_is_refused_and_nothing_changes(setting):
    view = FieldView(image())
    before = [dict(channel) for channel in view.channels]
    with pytest.raises(ArgumentError):
        view.channels = [setting]
    assert view.channels == before


def test_settings_are_taken_as_numpy_and_holoviews_give_them():
    source = image()
    pixels = source.images[0].data[0]
    view = FieldView(source)
    view.channels = [
        {"low": pixels.min(), "high": np.float32(9), "active": np.False_},
        {"color": "#00ff00"},
    ]
    first, second = view.channels
    assert (first["low"], first["high"], first["active"]) == (0, 9, False)
    assert second["color"] == "00ff00"
    json.dumps(view.channels)  # numbers of numpy would not go


def test_planes_are_moved_through_and_end_at_the_last():
    view = FieldView(image((3, 4, 5), "zyx"))
    view.z = 2
    assert np.frombuffer(view.planes, "<u2").tolist() == list(range(40, 60))
    heard = []
    view.param.watch(lambda event: heard.append(event.new), "z")
    with pytest.raises(ArgumentError, match="z is 3"):
        view.z = 3
    assert view.z == 2
    assert 3 not in heard


def test_no_image_is_refused_and_the_present_one_stays():
    source = image()
    view = FieldView(source)
    with pytest.raises(ArgumentError, match="image is None"):
        view.image = None
    assert view.image is source


def test_another_image_has_channels_and_a_plane_of_its_own():
    view = FieldView(image((3, 4, 5), "zyx"), z=2)
    view.image = image((2, 6, 7))
    assert view.z == 0
    assert len(view.channels) == 2
    assert json.loads(view.picture_text)["width"] == 7


def test_a_large_image_comes_by_a_coarser_level_or_by_some_of_its_pixels():
    pixels = np.zeros((300, 300), "uint8")
    coarse = read_planes(to_multiscales(to_ngff_image(pixels), [2]), 0, 0, 200)
    assert (coarse.level, coarse.step, coarse.planes[0].shape) == (1, 1, (150, 150))
    thinned = read_planes(Multiscales([to_ngff_image(pixels)]), 0, 0, 200)
    assert (thinned.level, thinned.step, thinned.planes[0].shape) == (0, 2, (150, 150))


def test_what_is_sent_is_bounded_whatever_the_image_holds():
    pixels = np.zeros((12, 1500, 1500), "float64")
    view = FieldView(Multiscales([to_ngff_image(pixels, "cyx")]), most_pixels=4096)
    assert len(view.planes) <= MOST_BYTES
    assert json.loads(view.picture_text)["left_out"] == 4


def test_what_is_no_picture_is_refused():
    with pytest.raises(ShapeError, match="no picture"):
        FieldView(Multiscales([to_ngff_image(np.zeros(3), "x")]))


# -- scripts ---------------------------------------------------------------------------


@pytest.mark.parametrize("component", [PlateMap, FieldView])
def test_a_component_brings_all_that_it_imports_and_fetches_nothing(component):
    esm = component._esm
    sent = json.loads(esm[esm.index("const SENT = ") + 13 :].split("\n")[0])
    assert "// core/dom.js" in sent["script"]
    for text in (sent["script"], *sent["sheets"]):
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text
    assert len(esm) < 150_000


def test_without_panel_the_extra_that_brings_it_is_named():
    program = (
        "import sys; sys.modules['panel'] = None\n"
        "try: import dashboard.components\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'hcs-dashboard[page]'" in run.stdout
