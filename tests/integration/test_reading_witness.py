"""Other libraries as witnesses: we read what they write, they accept what we write."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hcs
from hcs.ngff.multiscale import write_image
from hcs.ngff.plate import write_plate
from hcs.ngff.well import write_well
from tests import strategies

PIXELS = np.arange(2 * 2 * 48 * 56, dtype="u2").reshape(2, 2, 48, 56)


# --- what they wrote -----------------------------------------------------------------


def written_by_ngff_zarr(path: Path, version: str) -> None:
    peer = pytest.importorskip("ngff_zarr", reason="needs the witness ngff-zarr")
    plate = peer.Plate(
        columns=[peer.PlateColumn(name="1"), peer.PlateColumn(name="2")],
        rows=[peer.PlateRow(name="A")],
        wells=[peer.PlateWell(path="A/2", rowIndex=0, columnIndex=1)],
        acquisitions=[peer.PlateAcquisition(id=0, name="run")],
        field_count=2,
        name="witness",
        version=version,
    )
    with (
        warnings.catch_warnings(),
        peer.HCSPlateWriter(str(path), plate, version=version) as writer,
    ):
        warnings.simplefilter("ignore")
        for field in range(2):
            image = peer.to_ngff_image(
                PIXELS[field],
                dims=("c", "y", "x"),
                scale={"c": 1.0, "y": 0.5, "x": 0.5},
                translation={"c": 0.0, "y": 10.0, "x": 28.0 * field},
                axes_units={"y": "micrometer", "x": "micrometer"},
                channel_names=["DNA", "GFP"],
            )
            levels = peer.to_multiscales(
                image,
                scale_factors=[2],
                chunks=32,
                method=peer.Methods.ITKWASM_BIN_SHRINK,
            )
            writer.write_well_image(levels, "A", "2", field, 0)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("plate.ome.zarr", "0.4"),
        ("plate.ome.zarr", "0.5"),
        ("plate.ome.zarr", "0.6"),
        ("plate.ozx", "0.5"),
    ],
)
def test_a_plate_of_ngff_zarr_is_read_with_equal_pixels(
    tmp_path: Path, name: str, version: str
) -> None:
    path = tmp_path / name
    written_by_ngff_zarr(path, version)
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.version == version
        assert plate.name == "witness"
        well = plate.well("A02")
        for field in range(2):
            image = well.get_image_by_acquisition(0, field)
            assert image is not None
            full, half = image.images
            assert (np.asarray(full.data) == PIXELS[field]).all()
            assert half.shape == (2, 24, 28)
            assert full.scale == {"c": 1.0, "y": 0.5, "x": 0.5}
            assert image.position == {"y": 10.0, "x": 28.0 * field}
            assert image.units == {"y": "micrometer", "x": "micrometer"}
        assert well.mosaic().shape == (48, 56 * 2)


def test_images_of_ngff_zarr_in_memory_are_taken_by_their_shape() -> None:
    peer = pytest.importorskip("ngff_zarr", reason="needs the witness ngff-zarr")
    image = peer.to_ngff_image(PIXELS[0], dims=("c", "y", "x"), name="field")
    made = hcs.to_multiscales(image, scale_factors=[2])
    assert made.dims == ("c", "y", "x")
    assert made.images[1].shape == (2, 24, 28)
    assert made.metadata.name == "field"
    plate = hcs.HCSPlate(
        metadata=peer.Plate(
            columns=[peer.PlateColumn(name="1")],
            rows=[peer.PlateRow(name="A")],
            wells=[peer.PlateWell(path="A/1", rowIndex=0, columnIndex=0)],
        )
    )
    assert plate.wells == [hcs.PlateWell("A/1", 0, 0)]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_plate_of_ome_zarr_py_is_read_with_equal_pixels(
    tmp_path: Path, version: str
) -> None:
    writer = pytest.importorskip("ome_zarr.writer", reason="needs ome-zarr-py")
    format_of = pytest.importorskip("ome_zarr.format")
    zarr = pytest.importorskip("zarr")
    fmt = format_of.FormatV04() if version == "0.4" else format_of.FormatV05()
    path = tmp_path / "plate.ome.zarr"
    root = zarr.open_group(path, mode="w", zarr_format=fmt.zarr_format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer.write_plate_metadata(root, ["A", "B"], ["1"], ["B/1"], fmt=fmt)
        well = root.require_group("B").require_group("1")
        writer.write_well_metadata(well, ["0", "1"], fmt=fmt)
        for field in range(2):
            image = well.require_group(str(field))
            writer.write_image(PIXELS[field], image, axes="cyx", fmt=fmt)
    plate = hcs.from_hcs_zarr(path)
    assert plate.version == version
    for number, field in enumerate(plate.fields()):
        pixels = np.asarray(field.image().images[0].data)
        assert (pixels == PIXELS[number]).all()


# --- what we write -------------------------------------------------------------------


PARTS = {
    "plate": ("plate", "Plate"),
    "well": ("well_types", "WellMeta"),
    "multiscales": ("multiscales", "Multiscale"),
}


def accept(kind: str, version: str, attributes: dict[str, Any]) -> None:
    """Let ome-zarr-models judge a part of the attributes of a group."""
    module, name = PARTS[kind]
    models = import_module(f"ome_zarr_models.v{version.replace('.', '')}.{module}")
    part = attributes.get("ome", attributes)[kind]
    getattr(models, name).model_validate(part[0] if isinstance(part, list) else part)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # what they only recommend
@settings(max_examples=60)
@given(
    strategies.plates(),
    strategies.wells(),
    strategies.images(),
    st.sampled_from(("0.4", "0.5")),
)
def test_drawn_documents_are_accepted_by_ome_zarr_models(
    plate: hcs.Plate, well: hcs.Well, image: hcs.ImageMetadata, version: str
) -> None:
    pytest.importorskip("ome_zarr_models", reason="needs ome-zarr-models")
    accept("plate", version, write_plate(plate, version))
    accept("well", version, write_well(well, version))
    accept("multiscales", version, write_image(image, version))


# --- the whole way -------------------------------------------------------------------


@settings(max_examples=25)
@given(
    strategies.plates(),
    strategies.versions,
    st.booleans(),
    st.sampled_from(("u1", "u2", "i4", "f4")),
    st.integers(1, 3),
)
def test_any_drawn_plate_survives_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory,
    plate: hcs.Plate,
    version: str,
    archive: bool,
    dtype: str,
    fields: int,
) -> None:
    name = "plate.ozx" if archive and version != "0.4" else "plate.ome.zarr"
    path = tmp_path_factory.mktemp("drawn") / name
    ids = [declared.id for declared in plate.acquisitions or ()]
    maximum = min(
        [declared.maximumfieldcount or 9 for declared in plate.acquisitions or ()] + [9]
    )
    count = min(fields, maximum, plate.field_count or 9)
    acquisition = ids[-1] if ids else 0

    def pixels(well: int, field: int) -> np.ndarray:
        return np.full((1, 9, 7), 10 * well + field, dtype)

    with hcs.HCSPlateWriter(path, plate, version=version) as writer:
        for number, well in enumerate(plate.wells):
            for field in range(count):
                image = hcs.to_ngff_image(pixels(number, field), dims="cyx")
                writer.write_well_image(
                    hcs.to_multiscales(image, scale_factors=[]),
                    *well.path.split("/"),
                    field_index=field,
                    acquisition_id=acquisition,
                )
    with hcs.from_hcs_zarr(path) as read:
        assert read.version == version
        assert read.wells == plate.wells
        assert read.rows == plate.rows
        assert read.columns == plate.columns
        assert read.acquisitions == plate.acquisitions
        assert read.name == plate.name
        for number, listed in enumerate(plate.wells):
            well = read.well(listed.path)
            assert len(well) == count
            for field in range(count):
                image = well.get_image_by_acquisition(acquisition, field)
                assert image is not None
                data = np.asarray(image.images[0].data)
                assert data.dtype == np.dtype(dtype)
                assert (data == pixels(number, field)).all()
