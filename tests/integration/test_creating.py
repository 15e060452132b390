"""Creating plates as the API text shows it, and being told early what is wrong."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hcs
from hcs.errors import HCSError
from tests import plates


def described(**changes: Any) -> hcs.Plate:
    plate = plates.document(2, 3)
    for name, value in changes.items():
        setattr(plate, name, value)
    return plate


def write(path: Path, row: str, column: str, plate: hcs.Plate | None = None) -> None:
    image = plates.multiscales()
    hcs.write_hcs_well_image(path, image, plate or described(), row, column)


# --- the idiom -----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["absent", "empty folder", "a plate without fields"])
def test_a_plate_is_described_at_its_place_then_written_there(
    tmp_path: Path, place: str
) -> None:
    path = tmp_path / "plate.ome.zarr"
    if place == "empty folder":
        path.mkdir()
    elif place != "absent":
        hcs.to_hcs_zarr(hcs.HCSPlate(metadata=described(name="old")), path)
    plate = hcs.HCSPlate(store=path, plate_metadata=described(name="new"))
    hcs.to_hcs_zarr(plate, path)
    assert hcs.from_hcs_zarr(path).name == "new"
    write(path, "A", "1")
    well = plate.get_well("A", "1")
    assert well is not None
    assert well.get_image(0) is not None


def test_a_described_plate_leaves_its_place_alone_until_a_well_is_asked_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "plate.ome.zarr"
    plate = hcs.HCSPlate(path, described())
    assert Path(plate.store) == path  # type: ignore[arg-type]
    assert os.fspath(plate.store) == os.fspath(path)  # type: ignore[arg-type]
    assert plate.location is None
    assert not plate.writable
    assert not path.exists()
    with pytest.raises(ValueError, match=r"no plate at .* yet"):
        plate.get_well("A", "1")
    assert plate.get_well("A", "9") is None
    again = pickle.loads(pickle.dumps(plate))  # noqa: S301
    assert again.metadata == plate.metadata
    assert not path.exists()


def test_a_missing_plate_is_a_value_error_too(tmp_path: Path) -> None:
    for kind in (ValueError, FileNotFoundError, KeyError, HCSError):
        with pytest.raises(kind):
            hcs.from_hcs_zarr(tmp_path / "absent")


# --- merging -------------------------------------------------------------------------


def test_overwrite_false_adds_to_what_is_there(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", rows=1, columns=2)
    more = hcs.Plate(
        columns=[hcs.PlateColumn("3"), hcs.PlateColumn("1")],
        rows=[hcs.PlateRow("B"), hcs.PlateRow("A")],
        wells=[hcs.PlateWell("B/3", 0, 0)],
        field_count=4,
    )
    identifier = hcs.from_hcs_zarr(path).id
    hcs.to_hcs_zarr(hcs.HCSPlate(None, more), path, overwrite=False)
    plate = hcs.from_hcs_zarr(path, validate=True)
    assert [row.name for row in plate.rows] == ["B", "A"]
    assert [column.name for column in plate.columns] == ["1", "2", "3"]
    assert [(well.path, well.rowIndex, well.columnIndex) for well in plate.wells] == [
        ("B/3", 0, 2),
        ("A/1", 1, 0),
        ("A/2", 1, 1),
    ]
    assert (plate.name, plate.field_count, plate.id) == ("test", 4, identifier)
    well = plate.get_well("A", "2")
    assert well is not None
    assert well.get_image(0) is not None


def test_what_was_changed_of_a_plate_in_memory_is_written_to_its_own_place(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p", rows=1, columns=2)
    plate = hcs.from_hcs_zarr(path)
    plate.metadata.name = "renamed"
    plate.columns.append(hcs.PlateColumn("3"))
    plate.wells.append(hcs.PlateWell("A/3", 0, 2))
    with pytest.raises(hcs.StoreError, match="overwrite=False"):
        hcs.to_hcs_zarr(plate, path)
    with pytest.raises(hcs.StoreError, match="overwrite=False"):
        hcs.to_hcs_zarr(plate, path, overwrite=True)
    assert hcs.from_hcs_zarr(path).name == "test"
    hcs.to_hcs_zarr(plate, path, overwrite=False)
    read = hcs.from_hcs_zarr(path)
    assert (read.name, [well.path for well in read.wells][-1]) == ("renamed", "A/3")
    write(path, "A", "3", read.metadata)
    assert hcs.from_hcs_zarr(path).well("A3").get_image(0) is not None


def test_a_plate_with_fields_is_not_replaced_unless_that_is_said(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p", rows=1, columns=2)
    plate = hcs.HCSPlate(path, described(name="new"))
    with pytest.raises(hcs.StoreError, match="overwrite=False to add to it"):
        hcs.to_hcs_zarr(plate, path)
    hcs.to_hcs_zarr(plate, path, overwrite=True)
    assert hcs.from_hcs_zarr(path).name == "new"
    assert not (path / "A").exists()


def test_archives_and_plates_of_0_4_are_merged_into(tmp_path: Path) -> None:
    for path, version in ((tmp_path / "p.ozx", "0.5"), (tmp_path / "p", "0.4")):
        plates.make(path, rows=1, columns=1, version=version)
        plate = hcs.HCSPlate(None, described(name="merged"))
        hcs.to_hcs_zarr(plate, path, overwrite=False)
        read = hcs.from_hcs_zarr(path)
        assert (read.version, read.name, len(read.wells)) == (version, "merged", 6)
        assert read.well("A1").get_image(0) is not None


def test_runs_are_not_declared_over_fields_that_name_none(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", rows=1, columns=1)
    before = (path / "zarr.json").read_bytes()
    runs = [hcs.PlateAcquisition(id=0), hcs.PlateAcquisition(id=1)]
    plate = hcs.HCSPlate(None, described(acquisitions=runs))
    with pytest.raises(hcs.MetadataError, match="names no acquisition"):
        hcs.to_hcs_zarr(plate, path, overwrite=False)
    assert (path / "zarr.json").read_bytes() == before


# --- early ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "plate", "options", "message"),
    [
        ("p.ozx", {}, {"version": "0.4"}, r"RFC-9.*requires NGFF 0\.5 or later"),
        ("p.ozx", {"version": "0.4"}, {}, r"RFC-9.*requires NGFF 0\.5 or later"),
        ("p", {}, {"version": "0.3"}, "Unsupported OME-Zarr version: 0.3"),
        ("p", {"version": "0.3"}, {}, "Unsupported OME-Zarr version: 0.3"),
        (
            "p",
            {"version": "0.6"},
            {"version": "0.5"},
            r"version '0\.5' does not match the plate's version '0\.6'",
        ),
        ("p", {}, {"overwrite": "yes"}, "overwrite is 'yes'"),
        ("p", {"rows": [hcs.PlateRow("A"), hcs.PlateRow("A")]}, {}, "row name"),
        ("p", {"wells": [hcs.PlateWell("A/1", 0, 7)]}, {}, "columnIndex"),
    ],
)
def test_the_writer_is_not_made_of_arguments_that_cannot_work(
    tmp_path: Path,
    name: str,
    plate: dict[str, Any],
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(HCSError, match=message) as error:
        hcs.HCSPlateWriter(tmp_path / name, described(**plate), **options)
    assert isinstance(error.value, ValueError)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("store", [None, "", 3])
def test_the_writer_is_not_made_without_a_place_to_write_to(store: Any) -> None:
    with pytest.raises(hcs.StoreError, match="is no place to write to"):
        hcs.HCSPlateWriter(store, described())


@pytest.mark.parametrize("plate", ["plate", [], hcs.Well([]), hcs.PlateRow("A")])
def test_what_is_no_plate_is_refused_in_words(tmp_path: Path, plate: object) -> None:
    for take in (
        lambda: hcs.HCSPlateWriter(tmp_path / "p", plate),
        lambda: hcs.HCSPlate(tmp_path / "p", plate),
        lambda: hcs.to_hcs_zarr(plate, tmp_path / "p"),
    ):
        with pytest.raises(hcs.ArgumentError, match=type(plate).__name__):
            take()
    assert not (tmp_path / "p").exists()


def test_unknown_keywords_are_named_with_those_that_are_known(tmp_path: Path) -> None:
    image = plates.multiscales()
    message = r"'use_tensorstore'.*stored by chunks, .*levels"
    with hcs.HCSPlateWriter(tmp_path / "p", described()) as writer:
        writer.write_well_image(image, "A", "1")
        with pytest.raises(hcs.ArgumentError, match=message):
            writer.write_well_image(image, "A", "1", use_tensorstore=True)
        writer.write_well_image(image, "A", "1")
    with pytest.raises(hcs.ArgumentError, match=message):
        hcs.write_hcs_well_image(
            tmp_path / "q", image, described(), "A", "1", use_tensorstore=True
        )
    assert not (tmp_path / "q").exists()
    with pytest.raises(hcs.ArgumentError, match=message):
        hcs.stage_field(
            tmp_path / "p", "A/2", 0, image, base=None, use_tensorstore=True
        )


def test_chunks_per_shard_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with hcs.HCSPlateWriter(path, described()) as writer:
        image = plates.multiscales(shape=(32, 40))
        options = {"chunks": 16, "chunks_per_shard": {"x": 2}}
        writer.write_well_image(image, "A", "1", **options)
    shards = [file for file in (path / "A/1/0/0/c").rglob("*") if file.is_file()]
    assert len(shards) == 2 * 2 * 2  # channels, halves of y, and of x three by twos
    read = hcs.from_hcs_zarr(path).well("A1").get_image(0)
    assert read is not None
    np.testing.assert_array_equal(np.asarray(read.images[0].data), image.images[0].data)


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (
            "Z",
            "1",
            "Row 'Z' not found in plate metadata: there is no row 'Z' among",
        ),
        ("a", "1", "Row 'a' not found"),
        ("A", "01", "Column '01' not found in plate metadata.*Did you mean '1'"),
        ("A", "3", "Well 'A/3' not found in plate metadata.*Did you mean 'A/[12]'"),
    ],
)
def test_a_typo_adds_no_well(
    tmp_path: Path, row: str, column: str, message: str
) -> None:
    path = tmp_path / "p"
    plate = described()
    plate.wells = plate.wells[:2]
    hcs.to_hcs_zarr(hcs.HCSPlate(None, plate), path)
    before = (path / "zarr.json").read_bytes()
    with pytest.raises(hcs.MetadataError, match=message):
        write(path, row, column, plate)
    with pytest.raises(hcs.WriterStateError, match=message):
        with hcs.HCSPlateWriter(path, plate, overwrite=False) as writer:
            with pytest.raises(hcs.MetadataError, match=message):
                writer.write_well_image(plates.multiscales(), row, column)
    assert (path / "zarr.json").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        {"column_name": "01"},
        {"field_index": -1},
        {"acquisition_id": 1},
        {"multiscales": np.zeros((8, 8))},
        {"codec": "none such"},
        {"chunks": 0},
        {"version": "0.4", "shards": True},
    ],
    ids=str,
)
def test_a_field_that_cannot_be_written_makes_no_plate(
    tmp_path: Path, arguments: dict[str, Any]
) -> None:
    field = {
        "multiscales": plates.multiscales(),
        "plate_metadata": described(),
        "row_name": "A",
        "column_name": "1",
    }
    with pytest.raises(HCSError):
        hcs.write_hcs_well_image(tmp_path / "p", **field | arguments)
    assert not (tmp_path / "p").exists()


def test_a_plate_that_lists_no_wells_takes_any_of_its_grid(tmp_path: Path) -> None:
    path = tmp_path / "p"
    plate = described(wells=[])
    with hcs.HCSPlateWriter(path, plate) as writer:
        for column in ("3", "1"):
            writer.write_well_image(plates.multiscales(), "B", column)
    write(path, "A", "2", plate)
    wells = hcs.from_hcs_zarr(path).wells
    assert [well.path for well in wells] == ["A/2", "B/1", "B/3"]


def test_a_well_that_only_the_caller_lists_is_added(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", rows=2, columns=3, wells=[(0, 0)])
    write(path, "B", "3")
    assert [well.path for well in hcs.from_hcs_zarr(path).wells] == ["A/1", "B/3"]


def test_acquisitions_that_nobody_declared_are_explained(tmp_path: Path) -> None:
    image = plates.multiscales()
    with pytest.raises(hcs.MetadataError, match=r"PlateAcquisition\(id="):
        hcs.write_hcs_well_image(tmp_path / "p", image, described(), "A", "1", 0, 1)
    runs = [hcs.PlateAcquisition(id=0), hcs.PlateAcquisition(id=1)]
    plate = described(acquisitions=runs)
    with pytest.raises(ValueError, match=r"declares 2 acquisitions.*acquisition_id"):
        hcs.write_hcs_well_image(tmp_path / "q", image, plate, "A", "1", 0, None)


def test_a_writer_says_why_it_cannot_be_pickled(tmp_path: Path) -> None:
    writer = hcs.HCSPlateWriter(tmp_path / "p", described())
    with pytest.raises(hcs.WriterStateError, match="overwrite=False"):
        pickle.dumps(writer)


# --- one broken well -----------------------------------------------------------------


@pytest.mark.parametrize(
    "images", [[{"path": "../../../outside"}], [{"path": "0"}, {"path": "0"}], "0"]
)
def test_a_broken_well_document_raises_for_that_well_when_it_is_asked_for(
    tmp_path: Path, images: object
) -> None:
    path = plates.make(tmp_path / "p", rows=1, columns=2)
    document = path / "A" / "1" / "zarr.json"
    content = json.loads(document.read_text())
    content["attributes"]["ome"]["well"]["images"] = images
    document.write_text(json.dumps(content))
    plate = hcs.from_hcs_zarr(path)
    assert [well.path for well in plate] == ["A/1", "A/2"]
    other = plate.get_well("A", "2")
    assert other is not None
    assert other.get_image(0) is not None
    with pytest.raises(ValueError, match="A/1") as error:
        plate.get_well("A", "1")
    assert isinstance(error.value, HCSError)


# --- names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("to_ngff_zarr", "HCSPlateWriter"),
        ("to_ome_zarr", "write_hcs_well_image"),
        ("from_ngff_zarr", "from_ome_zarr"),
        ("itk_image_to_ngff_image", "ngff_zarr.itk_image_to_ngff_image"),
        ("Methods", "to_multiscales"),
        ("codecs", "codec"),
    ],
)
def test_names_of_ngff_zarr_that_are_not_here_say_what_is(
    name: str, instead: str
) -> None:
    with pytest.raises(AttributeError, match=rf"'{name}'\..*{instead}"):
        getattr(hcs, name)


def test_other_names_are_just_not_there() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        hcs.nonsense  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(hcs, "to_ome_zarr")
