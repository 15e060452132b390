"""Plates, wells and fields."""

from __future__ import annotations

import gc
import json
import os
import pickle
import shutil
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.errors import (
    HCSError,
    InvalidPathError,
    MetadataError,
    NotFoundError,
    PlateNotFoundError,
    StoreError,
    UnsupportedVersionError,
)
from hcs.stores.location import open_store
from tests import plates
from tests.benchmarks import bench_reading


def edit(document: Path, **changes: Any) -> None:
    """Change keys of the NGFF block of a document, by way of a new file."""
    content = json.loads(document.read_text())
    content["attributes"]["ome"].update(changes)
    replace(document, json.dumps(content))


def replace(document: Path, text: str) -> None:
    part = document.with_name("part")
    part.write_text(text)
    part.replace(document)


def same_pixels(image: hcs.Multiscales | None, other: hcs.Multiscales | None) -> bool:
    """Whether two images are around one array, which a cache keeps."""
    assert image is not None
    assert other is not None
    return image.images[0].data is other.images[0].data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "plate.ome.zarr", rows=2, columns=3, fields=2)


@pytest.fixture
def plate(path: Path) -> hcs.HCSPlate:
    return hcs.from_hcs_zarr(path)


# --- opening -------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_a_plate_tells_what_its_document_says(tmp_path: Path, version: str) -> None:
    path = plates.make(tmp_path / "p", rows=2, columns=3, fields=2, version=version)
    plate = hcs.from_hcs_zarr(path)
    assert plate.version == version
    assert plate.name == "test"
    assert [row.name for row in plate.rows] == ["A", "B"]
    assert [column.name for column in plate.columns] == ["1", "2", "3"]
    assert len(plate) == len(plate.wells) == 6
    assert plate.field_count == 2
    assert plate.location == str(path)
    assert plate.writable
    assert plate.metadata.wells == plate.wells
    assert repr(plate) == (
        f"<HCSPlate 'test' at {path}: 2 rows x 3 columns, 6 wells, NGFF {version}>"
    )


def test_every_pixel_is_of_the_plane_that_was_asked_for(plate: hcs.HCSPlate) -> None:
    for well in plate:
        for number, field in enumerate(well):
            image = field.image()
            for channel, plane in enumerate(image.images[0].data):
                expected = plates.value(
                    well.row_index, well.column_index, number, channel
                )
                assert (plane == expected).all()


def test_opening_reads_one_document(path: Path) -> None:
    for folder in ("A", "B"):
        shutil.rmtree(path / folder)
    assert len(hcs.from_hcs_zarr(path).wells) == 6


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        pytest.param("", MetadataError, "not valid UTF-8 JSON", id="empty"),
        pytest.param("{", MetadataError, "not valid UTF-8 JSON", id="cut off"),
        pytest.param('{"attributes": {}}', MetadataError, "not a plate", id="a group"),
        pytest.param(
            '{"attributes": {"ome": {"version": "0.5", "multiscales": []}}}',
            MetadataError,
            "not a plate",
            id="an image",
        ),
        pytest.param(
            '{"attributes": {"ome": {"version": "9", "plate": {}}}}',
            UnsupportedVersionError,
            "'9'",
            id="version",
        ),
    ],
)
def test_case_06_what_is_no_plate_is_an_error_with_its_place(
    path: Path, text: str, kind: type[HCSError], message: str
) -> None:
    replace(path / "zarr.json", text)
    with pytest.raises(kind, match=message) as error:
        hcs.from_hcs_zarr(path)
    assert f"{path}/zarr.json" in str(error.value)


def test_a_folder_without_documents_is_no_plate(tmp_path: Path) -> None:
    with pytest.raises(PlateNotFoundError, match=r"neither zarr\.json nor \.zattrs"):
        hcs.from_hcs_zarr(tmp_path)


def test_of_two_formats_in_one_folder_the_one_with_a_plate_counts(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p", version="0.4")
    (path / "zarr.json").write_text('{"zarr_format": 3, "attributes": {}}')
    assert hcs.from_hcs_zarr(path).version == "0.4"


def test_a_plate_of_metadata_alone_can_be_made_as_the_text_does() -> None:
    metadata = plates.document(2, 3, name="planned")
    for plate in (
        hcs.HCSPlate(metadata=metadata),
        hcs.HCSPlate(None, metadata),
        hcs.HCSPlate(plate_metadata=metadata),
    ):
        assert plate.name == "planned"
        assert plate.store is None
        assert plate.location is None
        assert not plate.writable
        assert plate.refresh() == ()
        assert pickle.loads(pickle.dumps(plate)).metadata == metadata  # noqa: S301
        with pytest.raises(StoreError, match="no store"):
            plate.get_well("A", "1")
    with pytest.raises(MetadataError, match="neither a store nor metadata"):
        hcs.HCSPlate()


def test_metadata_of_another_library_is_taken_by_its_shape(path: Path) -> None:
    name = SimpleNamespace
    foreign = SimpleNamespace(
        columns=[name(name="1")],
        rows=[name(name="A")],
        wells=[name(path="A/1", rowIndex=0, columnIndex=0)],
        name=None,
    )
    plate = hcs.HCSPlate(path, foreign)
    assert plate.wells == [hcs.PlateWell("A/1", 0, 0)]
    well = plate.get_well("A", "1")
    assert well is not None
    assert len(well.images) == 2


# --- wells ---------------------------------------------------------------------------


def test_wells_are_found_by_name_by_indices_and_by_spelling(
    plate: hcs.HCSPlate,
) -> None:
    well = plate.get_well("B", "3")
    assert well is not None
    assert well.path == "B/3"
    assert well.label == "B3"
    assert (well.row_index, well.column_index) == (1, 2)
    assert plate.get_well_by_indices(1, 2) is well
    for name in ("B/3", "B3", "b03", "B-3", "r02c03", "b/003", " B 3 "):
        assert plate.well(name) is well


def test_labels_come_from_names_and_are_as_wide_as_the_plate(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", rows=2, columns=12, wells=[(1, 1), (1, 10)])
    assert [well.label for well in hcs.from_hcs_zarr(path)] == ["B02", "B11"]


@pytest.mark.parametrize(
    ("row", "column", "name", "label"),
    [
        ("B", "03", "B3", "B3"),
        ("r03", "c03", "r03/c03", "r03/c03"),
        ("r03", "c03", "R03C03", "r03/c03"),
        ("3", "A", "3/A", "3/A"),
        ("AF", "48", "af48", "AF48"),
        ("Rän 1", "1", "Rän 1/1", "Rän 1/1"),
    ],
)
def test_wells_of_other_tools_are_found_and_labelled(
    path: Path, row: str, column: str, name: str, label: str
) -> None:
    (path / "A" / "1").rename(path / "well")
    for old in "AB":
        shutil.rmtree(path / old)
    (path / row).mkdir()
    (path / "well").rename(path / row / column)
    edit(
        path / "zarr.json",
        plate={
            "rows": [{"name": row}],
            "columns": [{"name": column}],
            "wells": [{"path": f"{row}/{column}", "rowIndex": 0, "columnIndex": 0}],
        },
    )
    plate = hcs.from_hcs_zarr(path)
    assert plate.well(name).label == label
    assert len(plate.well(name).fields) == 2


def test_a_well_that_is_not_listed_is_none_or_an_error(plate: hcs.HCSPlate) -> None:
    assert plate.get_well("H", "12") is None
    assert plate.get_well("..", "..") is None
    assert plate.get_well_by_indices(7, 11) is None
    assert plate.get_well_by_indices(-1, 0) is None
    with pytest.raises(NotFoundError, match=r"no well 'H12'.*'A/1', 'A/2'"):
        plate.well("H12")
    with pytest.raises(InvalidPathError, match="'nonsense'"):
        plate.well("nonsense")
    with pytest.raises(InvalidPathError, match="expected text"):
        plate.well(7)  # type: ignore[arg-type]


def test_a_listed_well_without_a_group_is_an_error_with_its_path(path: Path) -> None:
    shutil.rmtree(path / "A" / "2")
    plate = hcs.from_hcs_zarr(path)
    with pytest.raises(NotFoundError, match=r"lists well 'A/2'.*plate\.ome\.zarr/A/2"):
        plate.get_well("A", "2")
    assert plate.get_well("A", "1") is not None


def test_a_well_group_without_metadata_is_told_from_a_missing_one(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p", version="0.4")
    (path / "A" / "1" / ".zattrs").unlink()
    with pytest.raises(MetadataError, match="a group without metadata"):
        hcs.from_hcs_zarr(path).get_well("A", "1")


def test_one_broken_well_takes_no_other_down(path: Path) -> None:
    shutil.rmtree(path / "A" / "2")
    replace(path / "B" / "1" / "zarr.json", "{")
    plate = hcs.from_hcs_zarr(path)
    readable, broken = [], []
    for well in plate:
        try:
            readable += [(well.path, field.name) for field in well.fields]
        except HCSError:
            broken.append(well.path)
    assert broken == ["A/2", "B/1"]
    assert len(readable) == 8
    errors: list[tuple[str, HCSError]] = []
    fields = list(plate.fields(errors))
    assert [(field.well, field.name) for field in fields] == readable
    assert [well for well, _ in errors] == broken
    with pytest.raises(NotFoundError, match="A/2"):
        list(plate.fields())
    with pytest.raises(hcs.MetadataError, match="B/1"):
        list(plate.fields(missing="skip"))


def test_what_is_listed_and_not_there_can_be_skipped(path: Path) -> None:
    shutil.rmtree(path / "A" / "2")
    shutil.rmtree(path / "B" / "1" / "0")
    plate = hcs.from_hcs_zarr(path)
    fields = list(plate.fields(missing="skip"))
    assert len(fields) == 9
    assert ("B/1", "0") not in {(field.well, field.name) for field in fields}
    assert all(field.image().images for field in fields)
    with pytest.raises(hcs.ArgumentError, match="'raise' or 'skip'"):
        list(plate.fields(missing="ignore"))  # type: ignore[arg-type]


def test_a_field_that_moved_is_found_by_its_name_whoever_looked_meanwhile(
    path: Path,
) -> None:
    """Another thread's look at the well document must not hide the move."""
    for index in (0, 1):
        base = hcs.history(path)["A/1", str(index)][-1].id
        staged = hcs.stage_field(
            path, "A/1", str(index), plates.multiscales(1, 2), base=base
        )
        staged.commit(who=hcs.Who("Ann"), reason="blurred")
    plate = hcs.from_hcs_zarr(path)
    well = plate.well("A1")
    field, by_position = well.field("0"), well.images[1].path
    assert (field.path, by_position) == ("0r2", "1r2")
    hcs.settle(path, now=True)
    assert well.refresh()
    image = field.image()
    assert image.path == "A/1/0"
    assert image.version == field.live


def test_a_field_that_is_gone_is_stale(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    field = plate.well("A1").field("1")
    document = path / "A" / "1" / "zarr.json"
    content = json.loads(document.read_text())
    del content["attributes"]["ome"]["well"]["images"][1]
    document.write_text(json.dumps(content))
    shutil.rmtree(path / "A" / "1" / "1")
    with pytest.raises(hcs.StaleVersionError, match="no longer lists"):
        field.image()


def test_a_well_opens_from_a_store_without_its_plate(path: Path) -> None:
    listed = hcs.PlateWell("B/2", 1, 1)
    well = hcs.HCSWell.from_store(path, "B/2", listed, image_cache_size=1)
    assert len(well.images) == len(well) == 2
    assert (well.row_index, well.column_index) == (1, 1)
    assert well.plate_metadata == listed
    assert "2 fields" in repr(well)
    given = hcs.HCSWell(path, "B/2", listed, hcs.Well(images=[hcs.WellImage("1")]))
    image = given.get_image(0)
    assert image is not None
    assert image.path == "B/2/1"
    with pytest.raises(NotFoundError, match="B/9"):
        hcs.HCSWell.from_store(path, "B/9", listed, format_version="0.5")
    with pytest.raises(InvalidPathError):
        hcs.HCSWell(path, "../B", listed)


# --- fields --------------------------------------------------------------------------


def test_fields_are_found_by_position_and_by_name(plate: hcs.HCSPlate) -> None:
    well = plate.well("A1")
    assert [field.name for field in well.fields] == ["0", "1"]
    assert same_pixels(well.field("1").image(), well.get_image(1))
    assert well.field(1).path == "1"
    for position in (2, -1, True, 1.0, "0"):
        assert well.get_image(position) is None  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match=r"no fields '7'; it lists \['0', '1'\]"):
        well.field("7")


def test_the_default_acquisition_finds_fields_that_name_none(
    plate: hcs.HCSPlate, path: Path
) -> None:
    assert plate.acquisitions is None
    images = [{"path": "0"}, {"path": "1"}]
    edit(path / "A" / "1" / "zarr.json", well={"images": images})
    well = plate.well("A1")
    assert same_pixels(well.get_image_by_acquisition(0, 1), well.get_image(1))
    assert well.get_image_by_acquisition(1, 0) is None
    assert well.get_image_by_acquisition(0, 2) is None


def test_fields_of_acquisitions_are_counted_within_them(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", fields=2, acquisitions=[3, 7])
    plate = hcs.from_hcs_zarr(path)
    assert [acquisition.id for acquisition in plate.acquisitions or ()] == [3, 7]
    well = plate.well("A1")
    assert len(well) == 4
    assert same_pixels(well.get_image_by_acquisition(7, 1), well.get_image(3))
    assert well.get_image_by_acquisition(0, 0) is None
    assert {field.acquisition for field in well} == {3, 7}


def test_a_field_is_known_by_its_first_path_and_shown_by_its_label(
    path: Path,
) -> None:
    document = path / "A" / "1" / "zarr.json"
    content = json.loads(document.read_text())
    content["attributes"]["ome"]["well"]["images"][0]["path"] = "0r2"
    content["attributes"]["hcs"] = {
        "fields": {
            "0": {
                "label": "s1",
                "path": "0",
                "live": "v2",
                "versions": [
                    {"id": "v1", "path": "0", "action": "write"},
                    {"id": "v2", "path": "0r2", "action": "correct", "who": "me"},
                ],
            }
        }
    }
    replace(document, json.dumps(content))
    (path / "A" / "1" / "0").rename(path / "A" / "1" / "0r2")
    well = hcs.from_hcs_zarr(path).well("A1")
    field = well.field("0")
    assert field == well.field("s1")
    assert (field.name, field.label, field.path) == ("0", "s1", "0r2")
    assert field.version == "v2"
    assert field.image().path == "A/1/0r2"
    assert [version.id for version in well.history("0")] == ["v1", "v2"]
    assert well.history("1") == ()
    with pytest.raises(NotFoundError, match=r"0 \(s1\)"):
        well.history("7")


def test_a_field_without_history_has_the_digest_of_its_image(
    tmp_path: Path,
) -> None:
    path = bench_reading.make_documents(tmp_path / "p", 1, 1)
    document = path / "A" / "1" / "0" / "zarr.json"
    content = json.loads(document.read_text())
    del content["attributes"]["hcs"]
    replace(document, json.dumps(content))
    field = hcs.from_hcs_zarr(path).well("A1").fields[0]
    assert field.version.startswith("d")
    assert field.version == field.image().version


# --- identity ------------------------------------------------------------------------


def test_a_plate_of_ours_is_known_by_its_id(path: Path, tmp_path: Path) -> None:
    content = json.loads((path / "zarr.json").read_text())
    content["attributes"]["hcs"] = {**content["attributes"].get("hcs", {}), "id": "f00"}
    replace(path / "zarr.json", json.dumps(content))
    assert hcs.from_hcs_zarr(path).id == "f00"
    assert hcs.from_hcs_zarr(path).has_own_id
    moved = path.rename(tmp_path / "moved")
    assert hcs.from_hcs_zarr(moved).id == "f00"


def test_a_foreign_plate_is_known_by_a_fingerprint_that_moves_with_it(
    tmp_path: Path,
) -> None:
    path = bench_reading.make_documents(tmp_path / "p", 2, 2)
    plate = hcs.from_hcs_zarr(path)
    assert plate.id.startswith("f")
    assert len(plate.id) == 32
    assert not plate.has_own_id
    copied = shutil.copytree(path, tmp_path / "q")
    assert hcs.from_hcs_zarr(copied).id == plate.id
    other = bench_reading.make_documents(tmp_path / "other", 2, 3)
    assert hcs.from_hcs_zarr(other).id != plate.id


def test_a_fingerprint_tells_plates_of_equal_documents_by_their_first_field(
    tmp_path: Path,
) -> None:
    first = bench_reading.make_documents(tmp_path / "p", 2, 2)
    second = shutil.copytree(first, tmp_path / "q")
    third = shutil.copytree(first, tmp_path / "r")
    edit(second / "A" / "1" / "0" / "zarr.json", note="another field")
    shutil.rmtree(third / "A" / "1")
    ids = {hcs.from_hcs_zarr(copy).id for copy in (first, second, third)}
    assert len(ids) == 3


def test_conditions_and_gaps_are_those_of_the_document(tmp_path: Path) -> None:
    gap = {"well": "A/1", "field": "0", "channel": 1, "z": 0, "t": 0}
    annotations = {
        "conditions": {"columns": ["dose", "role"], "wells": {"A/1": [0.5, "neg"]}},
        "gaps": [gap],
    }
    path = plates.make(tmp_path / "p", annotations=annotations)
    plate = hcs.from_hcs_zarr(path)
    assert plate.conditions == {"A/1": {"dose": 0.5, "role": "neg"}}
    assert plate.gaps == (gap,)


@pytest.mark.parametrize(
    "ours", [{"conditions": 7, "gaps": 7}, {"conditions": {"columns": []}}, 7, None]
)
def test_bent_annotations_are_none(path: Path, ours: Any) -> None:
    content = json.loads((path / "zarr.json").read_text())
    content["attributes"]["hcs"] = ours
    replace(path / "zarr.json", json.dumps(content))
    plate = hcs.from_hcs_zarr(path)
    assert plate.conditions == {}
    assert plate.gaps == ()
    assert plate.id


# --- caches --------------------------------------------------------------------------


def test_wells_and_images_are_kept(plate: hcs.HCSPlate) -> None:
    well = plate.get_well("A", "1")
    assert well is not None
    assert plate.get_well("A", "1") is well
    assert same_pixels(well.get_image(0), well.get_image(0))


def test_a_cache_of_size_zero_keeps_nothing(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path, well_cache_size=0, image_cache_size=0)
    well = plate.well("A1")
    assert plate.well("A1") is not well
    assert not same_pixels(well.get_image(0), well.get_image(0))


def test_the_image_unused_for_longest_is_read_again(path: Path) -> None:
    well = hcs.from_hcs_zarr(path, image_cache_size=1).well("A1")
    first = well.get_image(0)
    assert same_pixels(well.get_image(0), first)
    well.get_image(1)
    assert not same_pixels(well.get_image(0), first)


def test_cache_sizes_come_from_the_settings(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hcs.config.hcs_well_cache_size == 500
    assert hcs.config.hcs_image_cache_size == 100
    monkeypatch.setattr(hcs.config, "hcs_well_cache_size", 1)
    plate = hcs.from_hcs_zarr(path)
    first = plate.well("A1")
    plate.well("A2")
    assert plate.well("A1") is not first


def test_a_full_cache_stays_within_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records take no more memory than the cache reckons, nor than its budget."""
    path = bench_reading.make_documents(tmp_path / "p", 16, 24)
    budget = 400_000
    monkeypatch.setattr(hcs.config, "hcs_cache_bytes", budget)
    plate = hcs.from_hcs_zarr(path)

    def fill() -> int:
        for well in plate.wells:
            image = plate.get_well(*well.path.split("/")).get_image(0)  # type: ignore[union-attr]
            assert image is not None
            assert image.images[0].data.shape == (2, 1080, 1080)
        return len(plate._wells)

    fill()
    plate._wells.clear()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        chunks = fill()
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 60 < chunks < 384
    assert plate._wells.nbytes <= budget
    assert taken <= budget


def test_an_image_record_takes_at_most_4_kb(tmp_path: Path) -> None:
    path = bench_reading.make_documents(tmp_path / "p", 8, 12)
    plate = hcs.from_hcs_zarr(path)
    wells = list(plate)
    for well in wells:
        well.load()
    wells[0].get_image(0).images[0].data.shape  # type: ignore[union-attr]  # noqa: B018
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        images = [well.get_image(0) for well in wells[1:]]
        for image in images:
            assert image is not None
            assert image.images[0].data.shape == (2, 1080, 1080)
        gc.collect()
        taken = (tracemalloc.get_traced_memory()[0] - before) / len(images)
    finally:
        tracemalloc.stop()
    assert taken <= 4096
    assert images[0] is not None
    assert taken <= images[0].nbytes


def test_eight_threads_share_a_plate_with_a_tiny_cache(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path, well_cache_size=2, image_cache_size=1)

    def work(seed: int) -> int:
        for step in range(100):
            listed = plate.wells[(seed + step) % 6]
            well = plate.get_well(*listed.path.split("/"))
            assert well is not None
            assert well.path == listed.path
            image = well.get_image(step % 2)
            assert image is not None
            assert image.path == f"{listed.path}/{step % 2}"
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 8
    assert len(plate._wells) <= 2


# --- change --------------------------------------------------------------------------


def test_a_changed_well_is_noticed_when_asked(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    well = plate.well("A1")
    assert len(well) == 2
    plate.well("A2")
    assert plate.refresh() == ()
    assert plate.well("A1") is well
    edit(path / "A" / "1" / "zarr.json", well={"images": [{"path": "1"}]})
    assert len(plate.well("A1")) == 2, "not before it is asked"
    assert plate.refresh() == ("A/1",)
    assert [image.path for image in plate.well("A1").images] == ["1"]


def test_a_changed_plate_document_is_noticed_when_asked(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    plate.well("A1")
    document = json.loads((path / "zarr.json").read_text())
    block = document["attributes"]["ome"]["plate"]
    block["wells"] = block["wells"][1:]
    block["name"] = "renamed"
    replace(path / "zarr.json", json.dumps(document))
    assert plate.refresh() == ("A/1",)
    assert plate.get_well("A", "1") is None
    assert plate.name == "renamed"


def test_a_plate_that_breaks_stays_as_it_was(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    replace(path / "zarr.json", "{")
    with pytest.raises(MetadataError):
        plate.refresh()
    assert len(plate.wells) == 6
    assert plate.well("A1").images


def test_a_well_that_broke_since_is_forgotten(path: Path) -> None:
    plate = hcs.from_hcs_zarr(path)
    plate.well("A1")
    replace(path / "A" / "1" / "zarr.json", "{")
    assert plate.refresh() == ("A/1",)
    with pytest.raises(MetadataError, match="A/1"):
        plate.well("A1")


# --- life ----------------------------------------------------------------------------


def test_a_plate_is_a_context_manager(path: Path) -> None:
    with hcs.from_hcs_zarr(path) as plate:
        plate.well("A1")
    assert len(plate._wells) == 0


def test_a_plate_closes_only_the_store_that_it_has_opened(tmp_path: Path) -> None:
    archive = plates.make(tmp_path / "p.ozx")
    with open_store(archive) as store:
        with hcs.HCSPlate(store):
            pass
        assert hcs.HCSPlate(store).wells
        group = zarr.open_group(store.zarr_store(), mode="r")
        for lent in (store, store.zarr_store(), group):
            assert hcs.validate(lent) == []
            assert hcs.history(lent)
            with hcs.HCSPlate(lent) as shared:
                assert shared.well("A1").fields
        assert hcs.HCSPlate(store).wells
    with hcs.HCSPlate(archive) as own:
        pass
    assert own.store is not None
    with pytest.raises(StoreError, match="was closed"):
        own.store.fetch("zarr.json")
    with pickle.loads(pickle.dumps(hcs.HCSPlate(archive))) as again:  # noqa: S301
        pass
    with pytest.raises(StoreError, match="was closed"):
        again.store.fetch("zarr.json")


def test_a_plate_that_cannot_be_opened_keeps_no_file_open(tmp_path: Path) -> None:
    archive = tmp_path / "image.ozx"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zarr.json", '{"zarr_format": 3, "node_type": "group"}')
    folder = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    shutil.rmtree(folder / "A/1/0/0")
    hcs.pack(folder, tmp_path / "broken.ozx")
    for where in (archive, tmp_path / "broken.ozx"):
        with pytest.raises(hcs.HCSError) as caught:
            hcs.from_hcs_zarr(where, validate=True)
        links = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
        assert str(where) not in links, caught.value


def test_a_plate_and_its_wells_can_be_pickled(plate: hcs.HCSPlate) -> None:
    again = pickle.loads(pickle.dumps(plate))  # noqa: S301
    assert again.metadata == plate.metadata
    well = pickle.loads(pickle.dumps(plate.well("B3")))  # noqa: S301
    image = well.get_image(1)
    assert image.images[0].data[0, 0, 0] == plates.value(1, 2, 1)
    field = pickle.loads(pickle.dumps(plate.well("B3").field(1)))  # noqa: S301
    assert field.image().images[0].data[0, 0, 0] == plates.value(1, 2, 1)


def test_a_plate_survives_a_change_of_folder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    plate = hcs.from_hcs_zarr(path.name)
    monkeypatch.chdir(os.sep)
    assert len(plate.well("B3").images) == 2


def test_validate_raises_with_every_problem(path: Path) -> None:
    assert hcs.from_hcs_zarr(path, validate=True).name == "test"
    edit(path / "A" / "1" / "zarr.json", well={"images": [{"path": "0"}] * 2})
    edit(path / "A" / "2" / "zarr.json", well={"images": []})
    with pytest.raises(MetadataError, match="2 places") as error:
        hcs.from_hcs_zarr(path, validate=True)
    assert len(error.value.problems) == 2


# --- whole wells ---------------------------------------------------------------------


def place(path: Path, positions: list[tuple[float, float]]) -> None:
    for number, (y, x) in enumerate(positions):
        document = path / "A" / "1" / str(number) / "zarr.json"
        content = json.loads(document.read_text())
        (multiscale,) = content["attributes"]["ome"]["multiscales"]
        for dataset in multiscale["datasets"]:
            steps = dataset["coordinateTransformations"]
            steps[1:] = [{"type": "translation", "translation": [0, y, x]}]
        replace(document, json.dumps(content))


def test_a_well_is_one_picture_with_fields_where_the_stage_was(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", fields=3, shape=(32, 40))
    # Pixels of 0.5: the second field lies 50 pixels to the right, the third below.
    place(path, [(100.0, 200.0), (100.0, 225.0), (120.0, 200.0)])
    picture = hcs.from_hcs_zarr(path).well("A1").mosaic(channel=1)
    assert picture.shape == (72, 90)
    assert picture.dims == ("y", "x")
    assert picture.translation == {"y": 100.0, "x": 200.0}
    assert picture.scale["x"] == 0.5
    for number, corner in enumerate([(0, 0), (0, 50), (40, 0)]):
        y, x = corner
        expected = plates.value(field=number, channel=1)
        assert (picture.data[y : y + 32, x : x + 40] == expected).all()
    assert picture.data[35, 45] == 0, "no field lies there"


def test_fields_without_positions_fill_a_grid(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", fields=3, shape=(32, 40))
    place(path, [(0.0, 0.0)] * 3)
    picture = hcs.from_hcs_zarr(path).well("A1").mosaic()
    assert picture.shape == (64, 80)
    assert picture.data[0, 0] == plates.value(field=0)
    assert picture.data[0, 40] == plates.value(field=1)
    assert picture.data[32, 0] == plates.value(field=2)


def test_a_coarser_picture_is_a_smaller_one(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", fields=2, shape=(32, 40), levels=2)
    place(path, [(0.0, 0.0), (0.0, 20.0)])
    picture = hcs.from_hcs_zarr(path).well("A1").mosaic(level=1)
    assert picture.shape == (16, 40)
    assert picture.data[0, 20] == plates.value(field=1)


@pytest.mark.parametrize(
    ("selection", "message"),
    [({"channel": 9}, "no c 9"), ({"acquisition": 5}, "no field in acquisition 5")],
)
def test_a_plane_that_is_not_there_is_said(
    plate: hcs.HCSPlate, selection: dict[str, int], message: str
) -> None:
    with pytest.raises(NotFoundError, match=message):
        plate.well("A1").mosaic(**selection)


def test_a_picture_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p", fields=2)
    place(path, [(0.0, 0.0), (1e9, 1e9)])
    with pytest.raises(hcs.UnsafeDataError, match="coarser level"):
        hcs.from_hcs_zarr(path).well("A1").mosaic()


def test_the_picture_is_of_numpy(plate: hcs.HCSPlate) -> None:
    assert isinstance(plate.well("A1").mosaic().data, np.ndarray)
