"""Plates made by the newest iohub, ngio and ome-zarr-py, which need a newer Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.cli import main
from hcs.qc import measure_plate
from tests.witness.environment import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MADE = [
    f"{library}-{version}"
    for library in ("iohub", "ngio", "ome-zarr")
    for version in ("0.4", "0.5")
]
PIXELS = np.random.default_rng(0).integers(0, 4000, (2, 2, 2, 2, 24, 32), dtype="u2")

pytestmark = [
    pytest.mark.timeout(900),  # the first time packages are installed
    pytest.mark.full,  # an environment of its own, which `make test-witness` makes, too
]


@pytest.fixture(scope="session")
def newest(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """Return a folder with the plates; skips where their makers cannot be had."""

    def make(folder: Path) -> None:
        np.save(folder / "pixels.npy", PIXELS)
        made = run("tests.witness.theirs", folder, folder / "pixels.npy")
        assert made.returncode == 0, made.stderr

    return once("newest-plates", make)


@pytest.fixture(params=MADE)
def plate(
    request: pytest.FixtureRequest, newest: Path, tmp_path: Path
) -> tuple[Path, str]:
    """Return a copy of one of the plates, and its version."""
    import shutil

    copied = shutil.copytree(newest / f"{request.param}.zarr", tmp_path / "p.zarr")
    return copied, request.param.rpartition("-")[2]


def fields(path: Path) -> list[hcs.Multiscales]:
    with hcs.from_hcs_zarr(path) as opened:
        return [field.image() for field in opened.fields()]


def stored(path: Path, image: hcs.Multiscales) -> NDArray[Any]:
    """Return full size as zarr reads it."""
    level = image.metadata.datasets[0].path
    array: Any = zarr.open_array(str(path / str(image.path) / level), mode="r")
    return np.asarray(array[...])


def test_all_channels_are_read_and_measured(plate: tuple[Path, str]) -> None:
    path, _ = plate
    for image, expected in zip(fields(path), PIXELS, strict=True):
        assert image.dims == ("t", "c", "z", "y", "x")
        assert len(image.channels) == 2
        assert np.array_equal(np.asarray(image.images[0].data), expected)
        assert set(image.pixel_size) == {"z", "y", "x"}
    results = list(measure_plate(path))
    assert [result.error for result in results] == [None, None]
    assert [len(result.planes) for result in results] == [8, 8]


def test_a_correction_calls_its_axes_as_its_neighbours_do(
    plate: tuple[Path, str],
) -> None:
    path, _ = plate
    old = [axis.name for axis in fields(path)[0].axes]
    with hcs.from_hcs_zarr(path) as opened:
        row, column = next(iter(opened.wells)).path.split("/")
    image = hcs.to_ngff_image(PIXELS[1], dims=("t", "c", "z", "y", "x"))
    with hcs.HCSPlateWriter(path, overwrite=False, grace=0) as writer:
        writer.write_well_image(image, row, column, 0, reason="blurred")
    new = fields(path)[0]
    assert [axis.name for axis in new.axes] == old
    assert np.array_equal(stored(path, new), PIXELS[1])


def test_it_is_converted_without_loss(plate: tuple[Path, str], tmp_path: Path) -> None:
    path, version = plate
    out = tmp_path / "out.zarr"
    other = "0.5" if version == "0.4" else "0.4"
    assert main(["convert", str(path), str(out), "--version", other]) == 0
    for old, new, expected in zip(fields(path), fields(out), PIXELS, strict=True):
        assert [axis.name for axis in new.axes] == [axis.name for axis in old.axes]
        assert np.array_equal(stored(out, new), expected)
