"""What lies beside the images of a plate never keeps them from being copied."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.cli import main
from tests import plates

PLACES = ["names", "A/names", "A/1/names", "A/1/0/names", "A/1/0/tables/t/names"]
TEXTS = {
    "text of a fixed length": np.array([["abcd", "é"], ["", "x"]], "<U4"),
    "text of the other byte order": np.array(["abcd", "é"], ">U4"),
    "bytes": np.array([b"abc", b"d"], "S3"),
    "one text": np.array("well", "<U4"),
}
FOREIGN = {
    "dates": np.array(["2020-01-01"], "M8[ns]"),
    "records": np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
    "complex numbers": np.array([1 + 2j], "c8"),
}
BOTH_WAYS = pytest.mark.parametrize(("old", "new"), [("0.4", "0.5"), ("0.5", "0.4")])


def add(path: Path, version: str, key: str, data: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # these types have no final specification
        zarr.create_array(
            str(path / key),
            data=data,
            zarr_format=2 if version == "0.4" else 3,
            overwrite=True,
        )


def there(path: Path, key: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array: Any = zarr.open_array(str(path / key), mode="r")
        return array[...]


def same_pixels(path: Path, other: Path) -> None:
    with hcs.from_hcs_zarr(path) as left, hcs.from_hcs_zarr(other) as right:
        for old, new in zip(left.fields(), right.fields(), strict=True):
            for mine, theirs in zip(old.image(), new.image(), strict=True):
                assert np.array_equal(np.asarray(mine.data), np.asarray(theirs.data))


@BOTH_WAYS
@pytest.mark.parametrize("name", TEXTS)
def test_text_beside_the_images_is_converted(
    tmp_path: Path, old: str, new: str, name: str
) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1, version=old)
    for place in PLACES:
        add(path, old, place, TEXTS[name])
    out = tmp_path / "out.zarr"
    assert main(["convert", str(path), str(out), "--version", new]) == 0
    same_pixels(path, out)
    for place in PLACES:
        converted = there(out, place)
        assert (out / place / ".zarray").exists() == (new == "0.4")
        assert converted.dtype.newbyteorder("=") == TEXTS[name].dtype.newbyteorder("=")
        assert np.array_equal(converted, TEXTS[name])


@BOTH_WAYS
@pytest.mark.parametrize("name", FOREIGN)
def test_what_the_other_format_does_not_know_is_left_aside_and_said(
    tmp_path: Path, old: str, new: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1, version=old)
    for place in PLACES:
        add(path, old, place, FOREIGN[name])
    out = tmp_path / "out.zarr"
    assert main(["convert", str(path), str(out), "--version", new]) == 0
    same_pixels(path, out)
    for place in PLACES:
        assert not (out / place).exists()
        assert f"{path / place} is not copied" in caplog.text


@pytest.mark.parametrize("new", ["0.4", "0.5", "0.6"])
def test_a_broken_document_beside_the_images_holds_nothing_up(
    tmp_path: Path, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    for place in ("notes", "A/1/notes", "A/1/0/notes"):
        (path / place).mkdir()
        (path / place / "zarr.json").write_text("{")
    out = tmp_path / "out.zarr"
    assert main(["convert", str(path), str(out), "--version", new]) == 0
    same_pixels(path, out)
    for place in ("notes", "A/1/notes", "A/1/0/notes"):
        if new == "0.4":
            assert f"{path / place} is not copied" in caplog.text
        else:
            assert (out / place / "zarr.json").read_text() == "{"


@BOTH_WAYS
def test_a_damaged_label_holds_nothing_up(
    tmp_path: Path, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A label is no image of the plate: it was computed of one."""
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=2, version=old)
    label = path / "A" / "1" / "0" / "labels" / "nuclei"
    label.parent.mkdir()
    shutil.copytree(path / "A" / "2" / "0", label)
    chunk = max(
        label.rglob("*"), key=lambda file: file.is_file() and file.stat().st_size
    )
    chunk.write_bytes(b"\xff" * 40)
    listing: dict[str, Any] = {"labels": ["nuclei"]}
    if old == "0.4":
        (label.parent / ".zgroup").write_text('{"zarr_format": 2}')
        (label.parent / ".zattrs").write_text(json.dumps(listing))
    else:
        document = {"zarr_format": 3, "node_type": "group"}
        document["attributes"] = {"ome": {"version": old, **listing}}
        (label.parent / "zarr.json").write_text(json.dumps(document))
    out = tmp_path / "out.zarr"
    assert main(["convert", str(path), str(out), "--version", new]) == 0
    same_pixels(path, out)
    assert f"{label} is not copied" in caplog.text


def test_a_damaged_image_is_not_left_aside(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    chunk = path / "A/1/0/0/c/0/0/0"
    chunk.write_bytes(chunk.read_bytes()[:-40])
    with hcs.from_hcs_zarr(path) as plate, pytest.raises(hcs.HCSError):
        hcs.to_hcs_zarr(plate, tmp_path / "out.zarr", version="0.4")


def test_packing_and_unpacking_take_what_is_no_image_along(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    add(path, "0.5", "A/1/0/names", TEXTS["text of a fixed length"])
    add(path, "0.5", "dates", FOREIGN["dates"])
    (path / "A" / "1" / "notes").mkdir()
    (path / "A" / "1" / "notes" / "zarr.json").write_text("{")
    hcs.pack(path, tmp_path / "p.ozx")
    hcs.unpack(tmp_path / "p.ozx", tmp_path / "back.zarr")
    for file in path.rglob("*"):
        if file.is_file():
            copied = tmp_path / "back.zarr" / file.relative_to(path)
            assert copied.read_bytes() == file.read_bytes()


@BOTH_WAYS
@pytest.mark.parametrize("number", [1, 3])
def test_a_document_that_describes_other_channels_keeps_no_plate_from_being_converted(
    tmp_path: Path, old: str, new: str, number: int
) -> None:
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1, channels=2, version=old)
    names = {"0.4": ".zattrs", "0.5": "zarr.json"}
    file = path / "A" / "1" / "0" / names[old]
    document = json.loads(file.read_text())
    block = document if old == "0.4" else document["attributes"]["ome"]
    listed = [
        {"label": f"c{position}", "color": "FF0000"} for position in range(number)
    ]
    block["omero"] = {"channels": listed}
    file.write_text(json.dumps(document))
    out = tmp_path / "out.zarr"
    assert main(["convert", str(path), str(out), "--version", new]) == 0
    same_pixels(path, out)
    document = json.loads((out / "A" / "1" / "0" / names[new]).read_text())
    block = document if new == "0.4" else document["attributes"]["ome"]
    labels = [channel["label"] for channel in block["omero"]["channels"]]
    assert labels == [channel["label"] for channel in listed]
