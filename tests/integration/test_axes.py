"""Plates whose documents call or order their axes in another way than ours.

All of them hold the pixels of one plate, so that all must give the same numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.cli import main
from hcs.qc import measure_plate
from hcs.validation import validate
from tests.foreign_plates import SCALE, WELLS, axes_of, foreign, pixels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SPELLINGS = [
    pytest.param("T:t C:c Z:z Y:y X:x", id="iohub"),
    pytest.param("c:c row:y column:x", id="row and column"),
    pytest.param("C Y X", id="no types"),
    pytest.param("C:c T:t Z:z Y:y X:x", id="c t z y x"),
    pytest.param("x:x y:y c:c", id="x y c"),
    pytest.param("Z:z Y:y X:x C:c", id="z y x c"),
]
"""``name:axis``, in the order of the array; the axis stands for its type."""

KEYS: list[Any] = [
    0,
    (slice(None), 1),
    (..., slice(3, 20, 3)),
    (..., slice(None, None, -2)),
    (..., [0, 2, 1]),
    (0, ..., None, 5),
]


def stored(path: Path, field: str, dims: str) -> NDArray[Any]:
    """Return an array of a plate as zarr reads it, turned from a document's order."""
    array: Any = zarr.open_array(str(path / field / "0"), mode="r")
    ours = [d for d in "tczyx" if d in dims]
    return np.asarray(array[...]).transpose([dims.index(d) for d in ours])


def document(path: Path, field: str) -> dict[str, Any]:
    for name in ("zarr.json", ".zattrs"):
        if (path / field / name).exists():
            content = json.loads((path / field / name).read_text())
            block = content.get("attributes", content)
            first: dict[str, Any] = block.get("ome", block)["multiscales"][0]
            return first
    raise AssertionError(field)


def names(path: Path, field: str) -> list[str]:
    return [axis["name"] for axis in document(path, field)["axes"]]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_image_has_our_axes_in_our_order_whatever_the_document_says(
    tmp_path: Path, spelling: str, version: str
) -> None:
    _, dims = axes_of(spelling)
    with hcs.from_hcs_zarr(foreign(tmp_path / "p.zarr", spelling, version)) as plate:
        for column, well in enumerate(WELLS):
            image = plate.well(well).fields[0].image()
            ours = "".join(d for d in "tczyx" if d in dims)
            expected = pixels_of(column, dims)
            full = image.images[0]
            assert "".join(image.dims) == "".join(full.dims) == ours
            assert full.shape == expected.shape
            assert np.array_equal(np.asarray(full.data), expected)
            assert np.array_equal(
                np.asarray(image.images[1].data), expected[..., ::2, ::2]
            )
            assert image.channel_names == ("DNA", "GFP")
            assert image.pixel_size == {d: SCALE[d] for d in ours if d in "zyx"}
            assert image.position == {d: float(ord(d)) for d in ours if d in "zyx"}
            assert full.scale == {d: SCALE[d] for d in ours}
            assert image.images[1].scale["x"] == 0.5


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_regions_are_what_numpy_gives(tmp_path: Path, spelling: str) -> None:
    _, dims = axes_of(spelling)
    expected = pixels_of(0, dims)
    with hcs.from_hcs_zarr(foreign(tmp_path / "p.zarr", spelling)) as plate:
        data = plate.well("A/1").fields[0].image().images[0].data
        for key in KEYS:
            assert np.array_equal(data[key], expected[key]), key
        assert np.array_equal(np.asarray(data.to_dask()), expected)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_channels_are_measured_alike(tmp_path: Path, spelling: str) -> None:
    _, dims = axes_of(spelling)
    usual = " ".join(f"{d}:{d}" for d in "tczyx" if d in dims)
    tables = []
    for name, here in (("foreign", spelling), ("usual", usual)):
        results = list(measure_plate(foreign(tmp_path / name, here)))
        assert [result.error for result in results] == [None, None]
        tables.append(
            [
                (
                    plane.channel,
                    plane.z,
                    plane.t,
                    {k: repr(v) for k, v in plane.values.items()},
                )
                for result in sorted(results, key=lambda result: result.well)
                for plane in result.planes
            ]
        )
    assert tables[0] == tables[1]
    assert {row[0] for row in tables[0]} == {"DNA", "GFP"}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_correction_and_a_new_field_have_the_axes_of_their_neighbours(
    tmp_path: Path, spelling: str, version: str
) -> None:
    path = foreign(tmp_path / "p.zarr", spelling, version)
    _, dims = axes_of(spelling)
    ours = tuple(d for d in "tczyx" if d in dims)
    before, allowed = names(path, "A/1/0"), errors(path)
    new = pixels_of(7, dims)
    image = hcs.to_ngff_image(new, dims=ours)
    with hcs.HCSPlateWriter(path, overwrite=False, grace=0) as writer:
        writer.write_well_image(image, "A", "1", 0, reason="blurred")
        writer.write_well_image(image, "A", "2", 1)
    for field in ("A/1/0", "A/2/1"):
        assert names(path, field) == before, field
        assert np.array_equal(stored(path, field, dims), new), field
        lists = [*_scales(document(path, field))]
        assert all(len(numbers) == len(dims) for numbers in lists)
    scale = next(iter(_scales(document(path, "A/1/0"))))
    assert scale == [SCALE[d] for d in dims]
    with hcs.from_hcs_zarr(path) as plate:
        assert np.array_equal(
            np.asarray(plate.well("A/1").fields[0].image().images[0].data), new
        )
    assert errors(path) <= allowed


def errors(path: Path) -> set[str]:
    return {problem.rule for problem in validate(path) if problem.severity == "error"}


def _scales(first: dict[str, Any]) -> Sequence[list[float]]:
    return [
        transform["scale"]
        for dataset in first["datasets"]
        for transform in dataset["coordinateTransformations"]
        if transform["type"] == "scale"
    ]


@pytest.mark.parametrize(("old", "new"), [("0.4", "0.5"), ("0.5", "0.4")])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_converting_keeps_names_order_and_pixels(
    tmp_path: Path, spelling: str, old: str, new: str
) -> None:
    path = foreign(tmp_path / "p.zarr", spelling, old)
    _, dims = axes_of(spelling)
    out = tmp_path / "out.zarr"
    assert main(["convert", str(path), str(out), "--version", new]) == 0
    for column, well in enumerate(WELLS):
        field = f"{well}/0"
        assert names(out, field) == names(path, field)
        assert np.array_equal(stored(out, field, dims), pixels_of(column, dims))
        assert _scales(document(out, field)) == _scales(document(path, field))
    if new == "0.5":
        array: Any = zarr.open_array(str(out / "A/1/0/0"), mode="r")
        assert list(array.metadata.dimension_names) == names(out, "A/1/0")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_validate_counts_the_channels_of_the_right_axis(
    tmp_path: Path, spelling: str
) -> None:
    problems = validate(foreign(tmp_path / "p.zarr", spelling))
    assert "omero-channel-count" not in {problem.rule for problem in problems}


def test_info_shows_sizes_by_axis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = foreign(tmp_path / "p.zarr", "x:x y:y c:c")
    assert main(["info", str(path), "--json"]) == 0
    image = json.loads(capsys.readouterr().out)["image"]
    assert (image["axes"], image["shape"]) == (["c", "y", "x"], [2, 24, 32])
