"""Planes that were not acquired have no values: the arrays hold zeros there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tifffile
import zarr

from hcs import from_hcs_zarr, import_plate
from hcs.qc import find_same_pictures, measure_plate

METRICS = ["mean", "focus_score"]


@pytest.fixture
def plate(tmp_path):
    """Two wells of two fields and channels; two planes are not there, one is dark."""
    rng = np.random.default_rng(3)
    for well in ("A01", "A02"):
        for field in (1, 2):
            for channel in (1, 2):
                dark = (well, field, channel) == ("A01", 1, 1)
                pixels = rng.integers(100, 900, (48, 48), "uint16") * (not dark)
                path = tmp_path / "run" / f"p_{well}_s{field}_w{channel}.tif"
                path.parent.mkdir(exist_ok=True)
                tifffile.imwrite(path, pixels.astype("uint16"), metadata=None)
    (tmp_path / "run" / "p_A01_s2_w2.tif").unlink()
    (tmp_path / "run" / "p_A02_s1_w1.tif").write_bytes(b"")
    target = tmp_path / "p.ome.zarr"
    import_plate(tmp_path / "run", target)
    return target


def measured(path):
    """Return the planes by well, field and channel."""
    with from_hcs_zarr(path) as plate:
        fields = list(measure_plate(plate, metrics=METRICS, workers=0))
    assert not [field.error for field in fields if field.error]
    return {
        (field.well, field.field, plane.channel): plane
        for field in fields
        for plane in field.planes
    }


def test_a_plane_that_is_a_gap_has_no_value_and_says_why(plate):
    planes = measured(plate)
    absent = {key for key, plane in planes.items() if math.isnan(plane.values["mean"])}
    assert absent == {("A/1", "1", "w2"), ("A/2", "0", "w1")}
    assert planes["A/1", "1", "w2"].reasons["mean"] == "not acquired"
    assert planes["A/2", "0", "w1"].reasons["mean"].startswith("not acquired (its file")
    assert set(planes["A/1", "1", "w2"].reasons) == set(METRICS)


def test_a_plane_that_was_acquired_in_the_dark_is_measured(plate):
    assert measured(plate)["A/1", "0", "w1"].values["mean"] == 0


def test_planes_that_are_not_there_are_no_same_pictures(plate):
    planes = measured(plate)
    digests = [(key, plane.digest) for key, plane in planes.items() if plane.digest]
    assert find_same_pictures(digests) == []
    assert planes["A/1", "1", "w2"].light is None


def test_pixels_that_a_correction_brought_are_measured(plate):
    array = zarr.open_array(str(plate / "A/1/1/0"), mode="r+")
    array[1] = np.full(array.shape[-2:], 7, array.dtype)
    plane = measured(plate)["A/1", "1", "w2"]
    assert plane.values["mean"] == 7
    assert "mean" not in plane.reasons
