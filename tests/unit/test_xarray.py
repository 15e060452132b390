"""Images and plates in xarray and dask: lazy, with their geometry and their names."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hcs
from tests import plates

if TYPE_CHECKING:
    from pathlib import Path

xarray = pytest.importorskip("xarray", reason="needs the extra 'xarray'")


@pytest.fixture
def image() -> hcs.Multiscales:
    pixels = np.arange(2 * 3 * 2 * 16 * 12, dtype="u2").reshape(2, 3, 2, 16, 12)
    return hcs.to_multiscales(
        hcs.to_ngff_image(
            pixels,
            scale={"t": 60.0, "z": 2.0, "y": 0.5, "x": 0.25},
            translation={"y": 100.0, "x": -20.0},
            axes_units={"t": "second", "y": "micrometer", "x": "micrometer"},
            channel_names=["DNA", "", "GFP"],
            name="field",
        ),
        scale_factors=[2],
    )


@pytest.fixture
def written(image: hcs.Multiscales, tmp_path: Path) -> hcs.Multiscales:
    path = tmp_path / "p.ome.zarr"
    hcs.write_hcs_well_image(path, image, plates.document(1, 1), "A", "1")
    return hcs.from_hcs_zarr(path).well("A1").fields[0].image()


def test_coordinates_are_places_in_units_and_channels_by_name(
    image: hcs.Multiscales, written: hcs.Multiscales
) -> None:
    for source in (image, written):
        array = source.to_xarray()
        assert array.dims == ("t", "c", "z", "y", "x")
        assert array.name == "field"
        assert list(array.coords["c"].values) == ["DNA", "Channel 1", "GFP"]
        assert list(array.coords["t"].values) == [0.0, 60.0]
        assert array.coords["t"].attrs == {"units": "second"}
        assert list(array.coords["z"].values) == [0.0, 2.0]
        assert array.coords["z"].attrs == {}
        assert array.coords["y"].values[:3].tolist() == [100.0, 100.5, 101.0]
        assert array.coords["x"].values[:2].tolist() == [-20.0, -19.75]
        assert array.coords["x"].attrs == {"units": "micrometer"}
        plane = array.sel(c="GFP", t=60.0, z=2.0).sel(y=100.6, method="nearest")
        pixels = np.asarray(image.images[0].data)
        np.testing.assert_array_equal(plane.values, pixels[1, 2, 1, 1])
        np.testing.assert_array_equal(array.max("z").values, pixels.max(2))


def test_a_coarser_level_lies_where_its_pixels_do(written: hcs.Multiscales) -> None:
    half = written.to_xarray(level=1)
    assert half.sizes["x"] == 6
    assert half.coords["x"].values[:2].tolist() == [-19.875, -19.375]
    np.testing.assert_array_equal(half.values, np.asarray(written.images[1].data))
    assert written.to_dask(1).shape == half.shape


@pytest.mark.parametrize("level", [2, -1])
def test_a_level_that_is_not_there_is_told_from_those_that_are(
    written: hcs.Multiscales, level: int
) -> None:
    for ask in (written.to_dask, written.to_xarray):
        with pytest.raises(hcs.ArgumentError, match="has the levels 0 to 1"):
            ask(level)


def test_no_pixel_is_read_before_it_is_needed(
    written: hcs.Multiscales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hcs.config, "max_read_bytes", 16 * 12 * 2)
    array = written.to_xarray()
    assert array.shape == (2, 3, 2, 16, 12)
    assert array.isel(t=0, c=0, z=0).values.shape == (16, 12)
    assert written.to_dask().shape == array.shape
    assert written.images[0].to_dask().chunks == written.images[0].data.chunks  # type: ignore[union-attr]


def test_a_plate_is_a_tree_of_rows_columns_and_fields(tmp_path: Path) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr",
        fields=2,
        pixels="gradient",
        wells=[(0, 0), (1, 2)],
        name="screen",
    )
    with hcs.from_hcs_zarr(path) as plate:
        tree = plate.to_xarray()
        assert tree.name == "screen"
        assert tree.attrs["id"] == plate.id
        leaves = [node.path for node in tree.leaves]
        assert leaves == ["/A/1/0", "/A/1/1", "/B/3/0", "/B/3/1"]
        for field in plate.fields():
            node = tree[f"{field.well}/{field.name}"]
            assert node.attrs == {"label": field.label}
            expected = np.asarray(field.image().images[0].data)
            np.testing.assert_array_equal(node["image"].values, expected)
            assert node["image"].dims == field.image().dims
        means = tree.mean(["y", "x"])
        assert means["B/3/1/image"].shape == (2,)
        with pytest.raises(hcs.ArgumentError, match="level is 7"):
            plate.to_xarray(level=7)


def test_wells_that_were_not_imaged_are_left_out(tmp_path: Path) -> None:
    import shutil

    path = plates.make(tmp_path / "p.ome.zarr", wells=[(0, 0), (0, 1)])
    shutil.rmtree(path / "A" / "2")
    with hcs.from_hcs_zarr(path) as plate:
        tree = plate.to_xarray()
    assert [node.path for node in tree.leaves] == ["/A/1/0"]


@pytest.mark.parametrize("name", ["xarray", "dask"])
def test_without_the_extra_its_name_is_said(
    written: hcs.Multiscales, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = builtins.__import__

    def without(module: str, *arguments: Any) -> Any:
        if module.partition(".")[0] == name:
            raise ImportError(name)
        return load(module, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(hcs.MissingExtraError, match=r"hcs-dashboard\[xarray\]"):
        written.to_xarray()


def test_pixels_have_a_type() -> None:
    declared = hcs.NgffImage.__annotations__["data"]
    assert declared == "LazyArray | NDArray[Any]", "no Any, which nobody would check"


@pytest.mark.full
def test_a_type_checker_knows_pixels_operators_and_reductions(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api", reason="needs mypy")
    script = tmp_path / "script.py"
    script.write_text(
        "import hcs\n"
        "def look(image: hcs.Multiscales, lazy: hcs.LazyArray) -> None:\n"
        "    reveal_type(image.images[0].data)\n"
        "    reveal_type(image.images[0].data == 1)\n"
        "    reveal_type(lazy == 1)\n"
        "    reveal_type(2 * lazy)\n"
        "    reveal_type(lazy.astype('f4').T)\n"
        "    reveal_type(lazy.chunks)\n"
        "    reveal_type(image.to_xarray())\n"
        "    lazy.persist()\n"
    )
    cache = f"--cache-dir={tmp_path / 'cache'}"
    report, _, _ = api.run([str(script), cache, "--config-file="])
    lines = [line for line in report.splitlines() if "Revealed type" in line]
    assert len(lines) == 7, report
    assert not [line for line in lines if '"Any"' in line], report
    assert "LazyArray" in lines[0]
    assert "ndarray" in lines[2]
    assert "ndarray" in lines[3]
    assert '"hcs.images.lazy_array.LazyArray"' in lines[4]
    assert 'has no attribute "persist"' in report
