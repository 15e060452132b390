"""Plates and images of other tools: they open with their pixels, or fail as told."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.core.buffer import default_buffer_prototype

import hcs
from hcs.errors import (
    HCSError,
    MetadataError,
    NotFoundError,
    ReadOnlyError,
    UnsupportedVersionError,
)

BROKEN = {
    "ome_ngff_validator_samples/invalid/invalid_version.zarr": UnsupportedVersionError,
    "ome_ngff_validator_samples/invalid/no_version_v0.4.zarr": None,
    "ome_zarr_examples_v04/invalid/image-02.zarr": MetadataError,
    "ome_zarr_examples_v04/invalid/image-03.zarr": None,
}
"""What does not open; None where the metadata opens and the arrays are not there."""

METADATA_ONLY = ("idr_metadata_v04", *(name for name, why in BROKEN.items() if not why))


@pytest.fixture(scope="module")
def unpacked(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the plates that lie there as zips."""
    folder = tmp_path_factory.mktemp("unpacked")
    for archive in sorted(shared_data.glob("fractal_plate_*/*.zip")):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
    return folder


def groups(root: Path, key: str) -> list[Path]:
    """Return the groups below a folder whose attributes have a key."""
    folders = []
    for document in sorted([*root.rglob(".zattrs"), *root.rglob("zarr.json")]):
        content = json.loads(document.read_text())
        attributes = content.get("attributes", content)
        block = attributes.get("ome", attributes)
        if document.name == ".zattrs" and "attributes" in content:
            continue  # a Zarr v3 document under a name of v2: no group of either
        if isinstance(block, dict) and key in block:
            folders.append(document.parent)
    return folders


def plain(path: Path) -> Any:
    return zarr.open_array(path, mode="r")


def same_pixels(group: Path, image: hcs.Multiscales) -> int:
    for dataset, level in zip(image.metadata.datasets, image.images, strict=True):
        expected = plain(group / dataset.path)
        assert level.data.shape == expected.shape
        assert level.data.dtype == expected.dtype
        assert np.array_equal(
            np.asarray(level.data),
            expected[...],
            equal_nan=expected.dtype.kind == "f",
        )
    return len(image)


def test_every_image_opens_with_its_pixels_or_fails_as_it_should(
    shared_data: Path, unpacked: Path
) -> None:
    levels = 0
    for root in (shared_data, unpacked):
        for group in groups(root, "multiscales"):
            name = group.relative_to(root).as_posix()
            kind = BROKEN.get(name)
            if kind is not None:
                with pytest.raises(kind, match=re.escape(name)):
                    hcs.from_ome_zarr(group)
                continue
            image = hcs.from_ome_zarr(group)
            if name.startswith(METADATA_ONLY):
                with pytest.raises(NotFoundError, match="There is no array"):
                    np.asarray(image.images[0].data)
                continue
            if name.endswith("invalid/image-04.zarr"):
                with pytest.raises(MetadataError, match=r"\(32, 32\).*3 axes"):
                    same_pixels(group, image)
                continue
            levels += same_pixels(group, image)
            for label in image.labels:
                if name.startswith("idr_recorded_v04"):  # its labels were not recorded
                    with pytest.raises(NotFoundError, match="no image"):
                        image.label(label)
                    continue
                assert image.label(label).images[0].data.dtype.kind in "iu"
    assert levels > 90


@pytest.mark.parametrize(
    ("name", "wells", "fields", "broken"),
    [
        ("bioformats2raw_plate_v04/hcs.zarr", 4, 8, 0),
        ("idr_metadata_v04/2551.zarr", 96, 6, 95),
        ("ome_zarr_examples_v04/valid/plate-01.zarr", 4, 4, 0),
        ("ome_zarr_models_examples_v04/hcs_example.ome.zarr", 1, 1, 0),
        ("hcs_ngff_2D.zarr", 2, 6, 0),
        ("plate_ones.zarr", 1, 0, 1),
    ],
)
def test_every_plate_opens(
    shared_data: Path, unpacked: Path, name: str, wells: int, fields: int, broken: int
) -> None:
    root = shared_data if "/" in name else unpacked
    plate = hcs.from_hcs_zarr(root / name)
    assert plate.version == "0.4"
    assert len(plate.wells) == wells
    errors: list[tuple[str, HCSError]] = []
    assert len(list(plate.fields(errors))) == fields
    assert len(errors) == broken
    assert plate.id == hcs.from_hcs_zarr(root / name).id
    for path, error in errors:
        assert path in str(error)


def test_a_plate_of_bioformats2raw_is_read_to_its_pixels(shared_data: Path) -> None:
    path = shared_data / "bioformats2raw_plate_v04" / "hcs.zarr"
    plate = hcs.from_hcs_zarr(path)
    well = plate.well("B2")
    assert well.label == "B2"
    assert [acquisition.id for acquisition in plate.acquisitions or ()] == [0]
    image = well.get_image_by_acquisition(0, 1)
    assert image is not None
    assert image.dims == ("t", "c", "z", "y", "x")
    assert image.channel_names == ("Name", "Channel 1", "Channel 2")
    assert image.channels[0].color == "6496C8"
    assert same_pixels(path / "B" / "2" / "1", image) == 1


def test_a_sparse_plate_of_fractal_has_its_labels(unpacked: Path) -> None:
    plate = hcs.from_hcs_zarr(unpacked / "hcs_ngff_2D.zarr")
    assert [well.label for well in plate] == ["A2", "B3"]
    assert plate.name in (None, "")
    assert plate.acquisitions is None
    image = plate.well("A02").get_image_by_acquisition(0, 0)
    assert image is not None
    assert image.labels == ("Label A", "Label B")


def test_a_published_plate_of_which_a_part_was_fetched_is_usable(
    shared_data: Path,
) -> None:
    plate = hcs.from_hcs_zarr(shared_data / "idr_metadata_v04" / "2551.zarr")
    assert plate.name == "JL_120731_S6A"
    assert len(plate.well("A2").fields) == 6
    with pytest.raises(NotFoundError, match=r"lists well 'H/10'"):
        plate.well("H10")


def test_plates_before_0_4_are_refused_by_their_version(shared_data: Path) -> None:
    examples = shared_data / "ngff_examples_v01_v03"
    refused = 0
    for file in sorted(examples.rglob("*.json")):
        content = json.loads(file.read_text())
        plate = content.get("plate") if isinstance(content, dict) else None
        if not isinstance(plate, dict) or plate.get("version") is None:
            continue
        store = {".zattrs": file.read_bytes(), ".zgroup": b'{"zarr_format": 2}'}
        with pytest.raises(UnsupportedVersionError, match=repr(plate["version"])):
            hcs.from_hcs_zarr(store)
        refused += 1
    assert refused >= 5


# --- the same plate in every kind of store --------------------------------------------


def stores(path: Path) -> dict[str, Any]:
    memory = {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }
    archive = path.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for key, data in memory.items():
            packed.writestr(key, data)
    outer = zarr.storage.MemoryStore()
    group = zarr.open_group(path, mode="r")
    make = default_buffer_prototype().buffer.from_bytes
    nested = {f"deep/er/{key}": make(data) for key, data in memory.items()}
    outer = zarr.storage.MemoryStore(nested)
    return {
        "path": path,
        "text": str(path),
        "address": path.as_uri(),
        "archive": archive,
        "dict": memory,
        "LocalStore": zarr.storage.LocalStore(path),
        "ZipStore": zarr.storage.ZipStore(archive, mode="r"),
        "Group": group,
        "Group in memory": zarr.open_group(outer, path="deep/er", mode="r"),
        "StorePath": zarr.storage.StorePath(outer, "deep/er"),
        "ours as zarr's": hcs.open_store(path).zarr_store(),
    }


def test_a_plate_reads_the_same_from_every_kind_of_store(
    shared_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "plate.ome"
    shutil.copytree(shared_data / "bioformats2raw_plate_v04" / "hcs.zarr", path)
    expected = hcs.from_hcs_zarr(path)
    pixels = plain(path / "A" / "2" / "1" / "0")[...]
    for name, location in stores(path).items():
        with hcs.from_hcs_zarr(location) as plate:
            assert plate.metadata == expected.metadata, name
            assert plate.id == expected.id, name
            field = plate.well("A2").field(1)
            assert field.version == expected.well("A2").field(1).version, name
            assert (np.asarray(field.image().images[0].data) == pixels).all(), name


def test_zarr_python_reads_through_our_store(shared_data: Path) -> None:
    path = shared_data / "bioformats2raw_plate_v04" / "hcs.zarr"
    store = hcs.open_store(path).zarr_store()
    group = zarr.open_group(store, mode="r", zarr_format=2)
    assert sorted(group["A/1"].group_keys()) == ["0", "1"]  # type: ignore[union-attr]
    array = zarr.open_array(store, path="A/1/0/0", mode="r", zarr_format=2)
    assert (array[...] == plain(path / "A" / "1" / "0" / "0")[...]).all()
    buffer = default_buffer_prototype().buffer.from_bytes(b"x")
    for act in (store.set("A/x", buffer), store.delete("A/1/zarr.json")):
        with pytest.raises(ReadOnlyError, match="for reading"):
            asyncio.run(act)
