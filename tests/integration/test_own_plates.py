"""What this library writes follows what the specification recommends, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

import hcs
from hcs.images.pyramid import METHODS
from hcs.ingest.importing import import_plate
from hcs.ngff.document import document_attributes, parse_json, to_bytes
from hcs.ngff.envelope import envelope
from hcs.writing.versions.upkeep import settle
from tests import plates

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = ["0.4", "0.5", "0.6"]
ME = hcs.Who("Ada", "typed")


def _multiscale(path: Path, key: str) -> dict[str, object]:
    """Return the first multiscale of an image group."""
    for name in ("zarr.json", ".zattrs"):
        if (path / key / name).is_file():
            document = parse_json((path / key / name).read_bytes(), key)
            multiscale = envelope(document_attributes(document, name))["multiscales"][0]
            assert isinstance(multiscale, dict)
            return multiscale
    raise AssertionError(key)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_written_plate_leaves_validation_nothing_to_say(
    tmp_path: Path, version: str
) -> None:
    path = plates.make(tmp_path / "p.zarr", version=version, fields=2, shape=(300, 301))
    assert hcs.validate(path, pixels=True) == []
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("A1").field("0").version
    new = plates.multiscales(data=np.full((2, 300, 301), 7, "u2"))
    hcs.stage_field(path, "A/1", "0", new, base=base).commit(who=ME, reason="why")
    settle(path, now=True)
    assert hcs.validate(path, pixels=True) == []
    for other in VERSIONS:
        copy = tmp_path / f"{other}.zarr"
        with hcs.from_hcs_zarr(path) as plate:
            hcs.to_hcs_zarr(plate, copy, version=other)
        assert hcs.validate(copy, pixels=True) == []
        if other != "0.4":
            hcs.pack(copy, tmp_path / f"{other}.ozx")
            assert hcs.validate(tmp_path / f"{other}.ozx", pixels=True) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_imported_plate_leaves_validation_nothing_to_say(
    tmp_path: Path, version: str
) -> None:
    for field in (1, 2):
        plane = np.full((300, 300), field, "u2")
        name = tmp_path / f"source/B3_s{field}_w1.tif"
        name.parent.mkdir(exist_ok=True)
        size = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "axes": "YX"}
        tifffile.imwrite(name, plane, metadata=size, ome=True)
    import_plate(
        tmp_path / "source",
        tmp_path / "p.zarr",
        pattern=r"(?P<well>[A-P]\d+)_s(?P<field>\d+)_w(?P<channel>\d+)\.tif",
        version=version,
    )
    assert hcs.validate(tmp_path / "p.zarr", pixels=True) == []


@pytest.mark.parametrize(
    ("dtype", "method"), [("u2", "mean"), ("f4", "mean"), ("?", "nearest")]
)
def test_levels_say_how_they_were_made(tmp_path: Path, dtype: str, method: str) -> None:
    image = hcs.to_ngff_image(np.ones((300, 300), dtype), dims=("y", "x"))
    hcs.write_hcs_well_image(tmp_path / "p.zarr", image, plates.document(), "A", "1")
    multiscale = _multiscale(tmp_path / "p.zarr", "A/1/0")
    assert multiscale["type"] == method
    assert multiscale["metadata"] == {
        "description": METHODS[method],
        "method": "hcs.images.pyramid.downsample",
    }


def test_levels_that_were_given_keep_what_is_said_of_them(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    ours = hcs.to_multiscales(
        hcs.to_ngff_image(np.ones((64, 64), "u2"), dims=("y", "x")), [2]
    )
    unknown = hcs.Multiscales(ours.images)
    with hcs.HCSPlateWriter(path, plates.document()) as writer:
        writer.write_well_image(ours, "A", "1", 0)
        writer.write_well_image(unknown, "A", "1", 1)
    assert _multiscale(path, "A/1/0")["type"] == "mean"
    assert "type" not in _multiscale(path, "A/1/1")
    document = path / "A/1/1/zarr.json"
    content = parse_json(document.read_bytes(), "here")
    content["attributes"]["ome"]["multiscales"][0] |= {
        "type": "gaussian",
        "metadata": {"sigma": 2},
    }
    document.write_bytes(to_bytes(content))
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well("A1").field("1").image()
        hcs.write_hcs_well_image(path, image, None, "A", "1", 2)
        hcs.write_hcs_well_image(path, image, None, "A", "1", 3, levels=1)
    assert _multiscale(path, "A/1/2")["type"] == "gaussian"
    assert _multiscale(path, "A/1/2")["metadata"] == {"sigma": 2}
    assert _multiscale(path, "A/1/3")["type"] == "mean"


# ngff-zarr's own dependencies set shapes, which NumPy 2.5 deprecates.
@pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy:DeprecationWarning")
def test_levels_of_ngff_zarr_keep_its_method(tmp_path: Path) -> None:
    peer = pytest.importorskip("ngff_zarr")
    image = peer.to_ngff_image(np.ones((64, 64), "u2"), dims=["y", "x"])
    plate = plates.document(1, 1)
    levels = peer.to_multiscales(image, [2], method=peer.Methods.ITKWASM_BIN_SHRINK)
    path = tmp_path / "p.zarr"
    hcs.write_hcs_well_image(path, levels, plate, "A", "1")
    multiscale = _multiscale(path, "A/1/0")
    assert multiscale["type"] == "itkwasm_bin_shrink"
    assert multiscale["metadata"]["method"] == levels.metadata.metadata.method
