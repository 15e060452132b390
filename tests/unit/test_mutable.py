"""What people build is theirs to change; what is shared stays as it was."""

from __future__ import annotations

import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import zarr

import hcs
from tests import plates


def described() -> hcs.Plate:
    return hcs.Plate(
        columns=(hcs.PlateColumn("1"), hcs.PlateColumn("2")),
        rows=(hcs.PlateRow("A"),),
        wells=(hcs.PlateWell("A/1", 0, 0),),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "plate.ome.zarr", rows=2, columns=3, fields=2)


# --- what is built -------------------------------------------------------------------


def test_a_plate_is_built_up_as_its_lists_are() -> None:
    plate = described()
    plate.wells.append(hcs.PlateWell("A/2", 0, 1))
    plate.wells[0] = hcs.PlateWell("A/1", 0, 0)
    plate.acquisitions = [hcs.PlateAcquisition(id=0)]
    plate.acquisitions[0].name = "first"
    plate.rows[0].name = "B"
    plate.version = "0.4"
    plate.wells[0].path, plate.wells[1].path = "B/1", "B/2"
    assert plate == hcs.Plate(
        columns=[hcs.PlateColumn("1"), hcs.PlateColumn("2")],
        rows=[hcs.PlateRow("B")],
        wells=[hcs.PlateWell("B/1", 0, 0), hcs.PlateWell("B/2", 0, 1)],
        acquisitions=[hcs.PlateAcquisition(id=0, name="first")],
        version="0.4",
    )


def test_a_well_and_its_images_can_be_changed() -> None:
    well = hcs.Well(images=(hcs.WellImage("0"),), version="0.5")
    well.images.append(hcs.WellImage("1"))
    well.images[0].acquisition = 3
    assert well == hcs.Well([hcs.WellImage("0", 3), hcs.WellImage("1")], "0.5")


def test_what_is_changed_of_an_image_is_what_is_written(tmp_path: Path) -> None:
    image = hcs.to_ngff_image(np.zeros((2, 8, 8), "u2"), dims=("c", "y", "x"))
    image.data = np.ones((2, 8, 8), "u2")
    image.channel_names = ["DNA", "ER"]
    image.scale["y"] = 0.5
    multiscales = hcs.Multiscales([image])
    half = hcs.to_ngff_image(
        np.ones((2, 4, 4), "u2"), dims=("c", "y", "x"), scale={"y": 1.0, "x": 2.0}
    )
    multiscales.images.append(half)
    multiscales.metadata.axes[1].unit = "micrometer"
    multiscales.metadata.channels[0].color = "0000FF"
    hcs.write_hcs_well_image(tmp_path / "p", multiscales, described(), "A", "1")
    read = hcs.from_hcs_zarr(tmp_path / "p").well("A1").get_image(0)
    assert read is not None
    assert read.channel_names == ("DNA", "ER")
    assert read.channels[0].color == "0000FF"
    assert read.pixel_size["y"] == 0.5
    assert read.units["y"] == "micrometer"
    assert [level.shape for level in read.images] == [(2, 8, 8), (2, 4, 4)]
    assert np.asarray(read.images[0].data).all()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda image: setattr(image, "channel_names", ["A", "B"]), "channel names"),
        (lambda image: image.scale.update(y=7.0), "scale of level 0"),
        (lambda image: image.translation.update(x=7.0), "translation of level 0"),
        (lambda image: setattr(image, "axes_units", {"y": "meter"}), "units"),
        (lambda image: setattr(image, "name", "other"), "name"),
    ],
)
def test_an_image_and_metadata_that_differ_are_refused_not_guessed_at(
    path: Path, change: object, what: str
) -> None:
    image = hcs.from_hcs_zarr(path).well("A1").get_image(0)
    assert image is not None
    change(image.images[0])  # type: ignore[operator]
    with pytest.raises(hcs.ShapeError, match=f"The {what} of the image"):
        hcs.write_hcs_well_image(path, image, None, "A", "2", 5)  # type: ignore[arg-type]
    image.metadata = None  # type: ignore[assignment]
    hcs.write_hcs_well_image(path, image, None, "A", "2", 5)  # type: ignore[arg-type]


def test_the_lists_of_an_opened_plate_are_its_own(path: Path) -> None:
    plate, other = hcs.from_hcs_zarr(path), hcs.from_hcs_zarr(path)
    before = (path / "zarr.json").read_bytes()
    plate.wells.append(hcs.PlateWell("B/9", 1, 8))
    plate.wells[0].columnIndex = 5
    plate.rows.clear()
    assert plate.wells is plate.metadata.wells
    assert plate.wells[-1].path == "B/9"
    assert len(other.wells) == 6
    assert other.wells[0].columnIndex == 0
    assert len(other.rows) == 2
    assert (path / "zarr.json").read_bytes() == before


def test_a_plate_finds_wells_as_its_list_is_now(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    assert plate.get_well("A", "1") is not None
    moved = plate.wells.pop(0)
    assert plate.get_well("A", "1") is None
    plate.wells.append(moved)
    well = plate.get_well("A", "1")
    assert well is not None
    assert plate.get_well_by_indices(0, 0) is well
    moved.path = "A/7"
    assert plate.get_well("A", "1") is None
    with pytest.raises(hcs.NotFoundError, match="A/7"):
        plate.get_well("A", "7")


def test_metadata_can_be_given_anew(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    first = plate.well("A1")
    plate.metadata = described()
    assert plate.get_well("A", "1") is first
    assert plate.get_well("B", "2") is None
    first.metadata = hcs.Well([hcs.WellImage("1")])
    assert [field.path for field in first.fields] == ["1"]
    second = first.get_image(0)
    assert second is not None
    pixel = np.asarray(second.images[0].data)[0, 0, 0]
    assert plates.identity(pixel) == plates.Identity(field=1)


def test_a_plate_that_is_described_holds_what_it_was_given() -> None:
    metadata = described()
    plate = hcs.HCSPlate(None, metadata)
    metadata.wells.append(hcs.PlateWell("A/2", 0, 1))
    assert [well.path for well in plate.wells] == ["A/1", "A/2"]


def test_what_was_changed_in_memory_survives_pickling(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    plate.metadata.name = "renamed"
    plate.wells.pop()
    again = pickle.loads(pickle.dumps(plate))  # noqa: S301
    assert again.metadata == plate.metadata
    assert again.well("A1").get_image(0) is not None
    image = plate.well("A1").get_image(0)
    assert image is not None
    image.metadata.name = image.images[0].name = "renamed"
    same = pickle.loads(pickle.dumps(image))  # noqa: S301
    assert same.metadata == image.metadata
    assert same.images[0].name == "renamed"


# --- what is shared ------------------------------------------------------------------


def test_writers_take_a_copy_when_they_take_a_plate(tmp_path: Path) -> None:
    metadata = described()
    writer = hcs.HCSPlateWriter(tmp_path / "p", metadata)
    metadata.wells.append(hcs.PlateWell("A/2", 0, 1))
    metadata.rows[0].name = "Q"
    with writer:
        writer.write_well_image(plates.multiscales(), "A", "1")
    plate = hcs.from_hcs_zarr(tmp_path / "p")
    assert [well.path for well in plate.wells] == ["A/1"]


def test_what_one_thread_does_to_an_image_no_other_sees(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    other = plate.well("A1").get_image(0)
    assert other is not None
    before = np.asarray(other.images[0].data)
    levels = len(other.images)
    metadata = other.metadata.copy()

    def change() -> None:
        image = plate.well("A1").get_image(0)
        assert image is not None
        image.images.append(hcs.to_ngff_image(np.zeros((2, 2))))
        image.images[0].data = np.zeros((2, 2))
        image.images[0].scale.clear()
        image.images[0].channel_names = ["changed"]
        image.channels[0].name = "changed"
        image.metadata.axes.clear()
        image.metadata.datasets[0].path = "elsewhere"
        image.metadata.omero["channels"].clear()

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    for image in (other, plate.well("A1").get_image(0)):
        assert image is not None
        assert len(image.images) == levels
        assert image.metadata == metadata
        assert image.metadata.omero == metadata.omero
        assert image.channel_names == ("DNA", "GFP")
        assert image.images[0].channel_names == ["DNA", "GFP"]
        assert image.images[0].scale["y"] == 0.5
        np.testing.assert_array_equal(np.asarray(image.images[0].data), before)
    # Other fields share axes and channels with this one inside.
    neighbour = plate.well("A1").get_image(1)
    assert neighbour is not None
    assert neighbour.channel_names == ("DNA", "GFP")


def test_images_of_one_field_share_their_pixels(path: Path) -> None:
    well = hcs.from_hcs_zarr(path).well("A1")
    first, second = well.get_image(0), well.get_image(0)
    assert first is not None
    assert second is not None
    assert first is not second
    assert first.images[0] is not second.images[0]
    assert first.images[0].data is second.images[0].data


# --- stores and units ----------------------------------------------------------------


def test_the_store_of_a_local_plate_stands_where_a_path_does(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    store = plate.store
    assert Path(store) == path  # type: ignore[arg-type]
    assert os.path.join(store, "A", "1") == str(path / "A" / "1")  # type: ignore[arg-type]  # noqa: PTH118
    group = zarr.open_group(store, mode="r")  # type: ignore[arg-type]
    assert "A/1/0" in group
    again = hcs.from_hcs_zarr(pickle.loads(pickle.dumps(store)))  # noqa: S301
    assert again.name == plate.name


def test_the_store_of_an_archive_is_its_path_too(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ozx")
    assert Path(hcs.from_hcs_zarr(path).store) == path  # type: ignore[arg-type]


@pytest.mark.parametrize("units", [{"y": "micrometer", "x": "micrometer"}, None])
def test_every_axis_has_a_unit_or_none(
    tmp_path: Path, units: dict[str, str | None] | None
) -> None:
    image = hcs.to_ngff_image(
        np.zeros((2, 8, 8), "u2"), dims=("c", "y", "x"), axes_units=units
    )
    hcs.write_hcs_well_image(tmp_path / "p", image, described(), "A", "1")
    read = hcs.from_hcs_zarr(tmp_path / "p").well("A1").get_image(0)
    assert read is not None
    expected = {"c": None, "y": None, "x": None} | (units or {})
    assert read.images[0].axes_units == expected
