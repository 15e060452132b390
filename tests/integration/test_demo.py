"""The demo plate on disk, and the synthetic plates of the tests."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hcs.cli import main
from hcs.demo import design, make_demo_plate
from hcs.errors import HCSError, NotFoundError, ShapeError
from hcs.plates.opening import from_hcs_zarr
from tests import plates


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.ome.zarr"
    calls = []
    truth = make_demo_plate(
        path,
        rows=4,
        columns=6,
        fields=2,
        shape=(64, 64),
        progress=lambda done, total: calls.append((done, total)),
    )
    return path, truth, calls


def test_a_demo_plate_holds_the_pixels_of_its_design(demo):
    path, _, _ = demo
    plan = design(rows=4, columns=6, fields=2, shape=(64, 64))
    with from_hcs_zarr(path) as plate:
        for image in plan.images[::5]:
            well = plate.get_well_by_indices(image.row, image.column)
            field = well.field(str(image.field))
            pixels = np.asarray(field.image().images[0].data)
            assert np.array_equal(pixels, image.render())
            assert field.label == f"s{image.field + 1}"


def test_a_demo_plate_says_its_channels_conditions_gaps_and_camera(demo):
    path, _, _ = demo
    with from_hcs_zarr(path) as plate:
        image = plate.well("B2").fields[0].image()
        assert image.channel_names == ("DNA", "Reporter")
        assert image.units["x"] == "micrometer"
        assert plate.conditions["A/1"] == {
            "role": "negative",
            "compound": "DMSO",
            "dose_uM": None,
        }
        assert len(plate.conditions) == 24
        own = plate.attributes["hcs"]
        assert own["channels"] == [
            {"name": "DNA", "clip": 4095},
            {"name": "Reporter", "clip": 4095},
        ]
        assert {gap["well"] for gap in plate.gaps} == {
            f"{'ABCD'[defect.row]}/{defect.column + 1}"
            for defect in design(rows=4, columns=6, fields=2).defects
            if defect.kind == "missing"
        }


def test_a_missing_well_is_listed_and_not_there(demo):
    path, _, _ = demo
    with from_hcs_zarr(path) as plate:
        (gap,) = [gap for gap in plate.gaps if gap["field"] is None]
        with pytest.raises(NotFoundError, match="nothing at"):
            _ = plate.well(gap["well"]).fields


def test_the_truth_lies_beside_the_plate(demo):
    path, truth, _ = demo
    assert truth == path.with_name("demo.truth.json")
    content = json.loads(truth.read_text("utf-8"))
    assert content["clip"] == 4095
    assert {"blurred", "edge"} <= {defect["kind"] for defect in content["defects"]}


def test_progress_counts_fields_to_the_end(demo):
    _, _, calls = demo
    total = calls[-1][1]
    assert calls[0] == (0, total)
    assert [done for done, _ in calls] == list(range(total + 1))


def test_a_demo_plate_is_valid_ome_zarr(demo):
    models = pytest.importorskip(
        "ome_zarr_models.v05.hcs", reason="ome-zarr-models is not installed"
    )
    import zarr

    path, _, _ = demo
    group = zarr.open_group(path, mode="r")
    assert models.HCS.from_zarr(group).ome_attributes.plate.name == "demo"


def test_a_demo_plate_needs_at_least_one_of_each(tmp_path):
    with pytest.raises(ShapeError, match="cannot have 0 fields"):
        make_demo_plate(tmp_path / "p.ome.zarr", fields=0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["clean", "uneven", "blurred"])
def test_a_demo_of_a_kind_has_that_and_nothing_else(tmp_path, kind):
    path = tmp_path / "p.ome.zarr"
    size = ("--rows", "1", "--columns", "2", "--fields", "1")
    assert main(["demo", str(path), "--kind", kind, *size]) == 0
    content = json.loads((tmp_path / "p.truth.json").read_text("utf-8"))
    kinds = [defect["kind"] for defect in content["defects"]]
    assert kinds == ([] if kind == "clean" else [kind])


def test_a_demo_of_no_known_kind_names_those_that_there_are(tmp_path, capsys):
    assert main(["demo", str(tmp_path / "p.ome.zarr"), "--kind", "ugly"]) == 1
    assert "defects, clean, uneven, blurred" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_demo_does_not_overwrite_what_is_no_plate(tmp_path):
    (tmp_path / "p.ome.zarr").mkdir()
    (tmp_path / "p.ome.zarr" / "thesis.txt").write_text("mine")
    with pytest.raises(HCSError):
        make_demo_plate(tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(32, 32))
    assert (tmp_path / "p.ome.zarr" / "thesis.txt").read_text() == "mine"


# The plates of the tests


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_made_plates_say_which_plane_is_which(tmp_path, version):
    path = plates.make(
        tmp_path / "p.ome.zarr",
        rows=2,
        columns=3,
        fields=2,
        channels=2,
        z=2,
        t=2,
        version=version,
    )
    with from_hcs_zarr(path) as plate:
        assert plate.version == version
        data = plate.get_well("B", "3").get_image(1).images[0].data
        pixels = np.asarray(data)
        assert pixels.shape == (2, 2, 2, 32, 40)
        for t, channel, z in np.ndindex(2, 2, 2):
            assert plates.identity(pixels[t, channel, z, 7, 7]) == plates.Identity(
                row=1, column=2, field=1, channel=channel, plane=2 * t + z
            )


def test_made_plates_can_lack_fields_and_wells(tmp_path):
    path = plates.make(
        tmp_path / "p.ome.zarr", wells=[(0, 0), (1, 2)], fields=2, missing=[(1, 2, 1)]
    )
    with from_hcs_zarr(path) as plate:
        assert [well.path for well in plate.wells] == ["A/1", "B/3"]
        assert [len(well.fields) for well in plate] == [2, 1]


def test_made_plates_can_have_acquisitions(tmp_path):
    path = plates.make(tmp_path / "p.ome.zarr", wells=[(0, 0)], acquisitions=[0, 3])
    with from_hcs_zarr(path) as plate:
        assert [run.id for run in plate.acquisitions] == [0, 3]
        fields = plate.get_well("A", "1").fields
        assert [field.acquisition for field in fields] == [0, 3]


def test_values_and_identities_are_inverse():
    for code in (1, 2, 5000, 55296):
        who = plates.identity(code)
        parts = (who.row, who.column, who.field, who.channel, who.plane)
        assert plates.value(*parts) == code
    with pytest.raises(ValueError, match="knows 0 to 15"):
        plates.value(row=16)
