"""The three examples of the API text run, and other readers agree on the result.

The code below is the text's own with its quotes and line breaks restored; only the
import lines differ.
"""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from tests import plates

WITH_WRITER = """
import hcs as nz
from hcs import HCSPlateWriter
from hcs import Plate, PlateColumn, PlateRow, PlateWell

# Create plate metadata

plate_metadata = nz.Plate(
    columns=[nz.PlateColumn(name="1"), nz.PlateColumn(name="2")],
    rows=[nz.PlateRow(name="A"), nz.PlateRow(name="B")],
    wells=[
        nz.PlateWell(path="A/1", rowIndex=0, columnIndex=0),
        nz.PlateWell(path="A/2", rowIndex=0, columnIndex=1),
    ],
    version="0.5",
)

# Use context manager to write multiple wells

with HCSPlateWriter("my_plate.ozx", plate_metadata) as writer:
    for well_data in acquisition_data:
        writer.write_well_image(
            multiscales=well_data.image,
            row_name=well_data.row,
            column_name=well_data.col,
            field_index=well_data.field,
        )

# .ozx file is created when exiting the context
"""

IN_PARALLEL = """
from concurrent.futures import ThreadPoolExecutor

def write_well(writer, well_data):
    writer.write_well_image(
        multiscales=well_data.image,
        row_name=well_data.row,
        column_name=well_data.col,
        field_index=well_data.field,
    )

with HCSPlateWriter("plate.ozx", plate_metadata) as writer:
    with ThreadPoolExecutor(max_workers=4) as executor:
        executor.map(lambda wd: write_well(writer, wd), well_data_list)
"""

FIELD_BY_FIELD = """
import hcs as nz
from hcs import Plate, PlateColumn, PlateRow, PlateWell

# Create plate metadata

columns = [nz.PlateColumn(name="1"), nz.PlateColumn(name="2")]
rows = [nz.PlateRow(name="A"), nz.PlateRow(name="B")]
wells = [
    nz.PlateWell(path="A/1", rowIndex=0, columnIndex=0),
    nz.PlateWell(path="A/2", rowIndex=0, columnIndex=1),
    nz.PlateWell(path="B/1", rowIndex=1, columnIndex=0),
    nz.PlateWell(path="B/2", rowIndex=1, columnIndex=1),
]
plate_metadata = nz.Plate(
    columns=columns,
    rows=rows,
    wells=wells,
    name="My Screening Plate",
    field_count=2
)

# First, create the plate structure

hcs_plate = nz.HCSPlate(metadata=plate_metadata)
nz.to_hcs_zarr(hcs_plate, "my_plate.ome.zarr")

# Then write individual field images as they are acquired

nz.write_hcs_well_image(
    store="my_plate.ome.zarr",
    multiscales=field_image,  # Your Multiscales image
    plate_metadata=plate_metadata,
    row_name="A",
    column_name="1",
    field_index=0
)
"""


def _pixels(row: int, column: int, field: int) -> np.ndarray:
    return plates.field_array(row, column, field, shape=(300, 280), pixels="gradient")


def _image(row: int, column: int, field: int) -> hcs.Multiscales:
    image = hcs.to_ngff_image(
        _pixels(row, column, field),
        dims=("c", "y", "x"),
        scale={"y": 0.5, "x": 0.5},
        axes_units={"y": "micrometer", "x": "micrometer"},
        channel_names=["DNA", "GFP"],
        channel_colors=["0000FF", "00FF00"],
    )
    return hcs.to_multiscales(image)


def _acquired() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            image=_image(0, column, field), row="A", col=str(column + 1), field=field
        )
        for column in range(2)
        for field in range(2)
    ]


def _run(code: str, **names: Any) -> dict[str, Any]:
    exec(compile(textwrap.dedent(code), "<API text>", "exec"), names)  # noqa: S102
    return names


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _check_own(path: Path) -> None:
    with hcs.from_hcs_zarr(path) as plate:
        assert [field.name for field in plate.fields()] == ["0", "1", "0", "1"]
        for well in plate:
            for number, field in enumerate(well.fields):
                pixels = np.asarray(field.image().images[0].data)
                expected = _pixels(well.row_index, well.column_index, number)
                np.testing.assert_array_equal(pixels, expected)


def _check_with_zarr(store: Any) -> None:
    group = zarr.open_group(store, mode="r")
    for column in range(2):
        for field in range(2):
            stored = group[f"A/{column + 1}/{field}/0"][...]
            np.testing.assert_array_equal(stored, _pixels(0, column, field))


def _check_with_ngff_zarr(path: Path, wells: list[tuple[str, str, int, int]]) -> None:
    peer = pytest.importorskip("ngff_zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's own
        plate = peer.from_hcs_zarr(str(path), validate=True)
        for row, column, field, position in wells:
            image = plate.get_well(row, column).get_image(position)
            stored = np.asarray(image.images[0].data)
            expected = _pixels("AB".index(row), int(column) - 1, field)
            np.testing.assert_array_equal(stored, expected)


def _check_with_models(path: Path) -> None:
    models = pytest.importorskip("ome_zarr_models.v05.hcs")
    plate = models.HCS.from_zarr(zarr.open_group(path, mode="r"))
    assert plate.ome_attributes.plate.wells


def test_the_writer_example_makes_an_archive_that_others_read(here: Path) -> None:
    _run(WITH_WRITER, acquisition_data=_acquired())
    path = here / "my_plate.ozx"
    _check_own(path)
    with zarr.storage.ZipStore(path, mode="r") as store:
        _check_with_zarr(store)
    listed = [("A", str(c + 1), f, f) for c in range(2) for f in range(2)]
    _check_with_ngff_zarr(path, listed)
    hcs.unpack(path, here / "unpacked.ome.zarr")
    _check_with_models(here / "unpacked.ome.zarr")


def test_the_parallel_example_writes_every_field(here: Path) -> None:
    names = _run(WITH_WRITER, acquisition_data=[])
    _run(IN_PARALLEL, **names, well_data_list=_acquired())
    _check_own(here / "plate.ozx")


def test_the_parallel_example_tells_of_fields_that_failed(here: Path) -> None:
    names = _run(WITH_WRITER, acquisition_data=[])
    bad = SimpleNamespace(image=_image(0, 0, 0), row="Z", col="9", field=0)
    with pytest.raises(hcs.WriterStateError, match=r"well Z/9 field 0.*no row 'Z'"):
        _run(IN_PARALLEL, **names, well_data_list=[*_acquired(), bad])
    assert not (here / "plate.ozx").exists()


def test_the_example_of_single_fields_makes_a_plate_that_others_read(
    here: Path,
) -> None:
    _run(FIELD_BY_FIELD, field_image=_image(0, 0, 0))
    path = here / "my_plate.ome.zarr"
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.name == "My Screening Plate"
        assert plate.field_count == 2
        image = plate.get_well("A", "1").get_image(0)
        np.testing.assert_array_equal(
            np.asarray(image.images[0].data), _pixels(0, 0, 0)
        )
    stored = zarr.open_group(path, mode="r")["A/1/0/0"][...]
    np.testing.assert_array_equal(stored, _pixels(0, 0, 0))
    _check_with_ngff_zarr(path, [("A", "1", 0, 0)])
    _check_with_models(path)


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_objects_of_the_peer_are_written(here: Path, version: str) -> None:
    peer = pytest.importorskip("ngff_zarr")
    pytest.importorskip("dask.array")
    from dask import array as dask_array

    pixels = _pixels(0, 0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = peer.to_ngff_image(
            dask_array.from_array(pixels, chunks=(1, 100, 100)),
            dims=["c", "y", "x"],
            scale={"c": 1.0, "y": 0.25, "x": 0.25},
            translation={"c": 0.0, "y": 3.0, "x": 4.0},
        )
        multiscales = peer.to_multiscales(
            image, scale_factors=[2], method=peer.Methods.ITKWASM_BIN_SHRINK
        )
        plate = peer.Plate(
            columns=[peer.PlateColumn(name="1")],
            rows=[peer.PlateRow(name="A")],
            wells=[peer.PlateWell(path="A/1", rowIndex=0, columnIndex=0)],
        )
        with hcs.HCSPlateWriter("theirs.zarr", plate, version) as writer:
            writer.write_well_image(multiscales, "A", "1")
        expected = np.asarray(multiscales.images[1].data)
    with hcs.from_hcs_zarr("theirs.zarr") as ours:
        assert ours.version == version
        written = ours.get_well("A", "1").get_image(0)
        np.testing.assert_array_equal(np.asarray(written.images[0].data), pixels)
        np.testing.assert_array_equal(np.asarray(written.images[1].data), expected)
        assert written.images[0].translation == {"c": 0.0, "y": 3.0, "x": 4.0}
        assert written.images[0].scale == {"c": 1.0, "y": 0.25, "x": 0.25}
