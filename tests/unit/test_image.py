"""Images: levels, channels, labels, and arrays that are read when they are sliced."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import hcs
from hcs.errors import MetadataError, NotFoundError, ShapeError, StaleVersionError
from hcs.images.region import split_key
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Sequence

PIXELS = np.arange(2 * 20 * 30, dtype="u2").reshape(2, 20, 30)
AXES = [
    {"name": "c", "type": "channel"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]


def transforms(level: int, *, translation: bool = True) -> list[dict[str, Any]]:
    size = 0.5 * 2**level
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": [1.0, size, size]}]
    if translation:
        steps.append({"type": "translation", "translation": [0.0, 100.0, 200.0]})
    return steps


def attributes(paths: Sequence[str] = ("0", "s/one"), **block: Any) -> dict[str, Any]:
    datasets = [
        {"path": path, "coordinateTransformations": transforms(level)}
        for level, path in enumerate(paths)
    ]
    multiscale = {"name": "image", "axes": AXES, "datasets": datasets}
    return {"version": "0.5", "multiscales": [multiscale], **block}


def make_image(path: Path, zarr_format: int = 3, **block: Any) -> Path:
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)  # type: ignore[arg-type]
    ome = attributes(**block)
    if zarr_format == 3:
        group.attrs["ome"] = ome
    else:
        ome.pop("version")
        group.attrs.update(ome)
    group.create_array("0", data=PIXELS, chunks=(1, 8, 8))
    group.create_array("s/one", data=PIXELS[:, ::2, ::2], chunks=(1, 8, 8))
    return path


@pytest.fixture
def image(tmp_path: Path) -> hcs.Multiscales:
    return hcs.from_ome_zarr(make_image(tmp_path / "image.ome.zarr"))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_levels_are_read_with_their_geometry(tmp_path: Path, zarr_format: int) -> None:
    image = hcs.from_ome_zarr(make_image(tmp_path / "i.ome.zarr", zarr_format))
    assert len(image) == 2
    full, half = image.images
    assert full.shape == (2, 20, 30)
    assert half.shape == (2, 10, 15)
    assert tuple(full.dims) == image.dims == ("c", "y", "x")
    assert full.scale == {"c": 1.0, "y": 0.5, "x": 0.5}
    assert half.scale["x"] == 1.0
    assert full.translation == {"c": 0.0, "y": 100.0, "x": 200.0}
    assert full.axes_units == {"c": None, "y": "micrometer", "x": "micrometer"}
    assert image.pixel_size == {"y": 0.5, "x": 0.5}
    assert image.units == {"y": "micrometer", "x": "micrometer"}
    assert image.position == {"y": 100.0, "x": 200.0}
    assert (np.asarray(full.data) == PIXELS).all()
    assert (half.data.compute() == PIXELS[:, ::2, ::2]).all()
    assert full is image.images[0], "levels are made once"


def test_an_array_tells_its_shape_and_type_without_its_pixels(
    tmp_path: Path,
) -> None:
    path = make_image(tmp_path / "image.ome.zarr")
    for chunk in (path / "0" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"not a chunk")
    data = hcs.from_ome_zarr(path).images[0].data
    assert data.shape == (2, 20, 30)
    assert data.dtype == np.dtype("u2")
    assert data.ndim == 3
    assert data.size == 1200
    assert data.nbytes == 2400
    assert data.chunksize == (1, 8, 8)
    assert data.chunks == ((1, 1), (8, 8, 4), (8, 8, 8, 6))
    assert len(data) == 2
    assert "shape=(2, 20, 30)" in repr(data)
    with pytest.raises(hcs.CorruptDataError, match=r"image\.ome\.zarr/0"):
        data[0, 0, 0]


KEYS: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 3),
    st.slices(20),
    st.lists(st.integers(-2, 1), max_size=3),
    st.just(...),
    st.none(),
)


@settings(max_examples=150)
@given(st.lists(KEYS, max_size=4).map(tuple) | st.slices(2) | st.integers(-3, 3))
def test_slicing_does_what_numpy_does(
    tmp_path_factory: pytest.TempPathFactory, key: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "sliced.ome.zarr"
    if not path.exists():
        make_image(path)
    data = hcs.from_ome_zarr(path).images[0].data
    try:
        expected: Any = PIXELS[key]
    except IndexError:
        with pytest.raises(IndexError):
            data[key]
        return
    sliced = data[key]
    assert np.shape(sliced) == np.shape(expected)
    assert np.array_equal(sliced, expected)


def test_only_the_region_that_is_needed_is_read() -> None:
    region, after = split_key((1, slice(None, None, -3), [4, 2]), (5, 20, 30))
    assert region == (slice(1, 2), slice(1, 20), slice(2, 5))
    assert after[0] == 0


def test_masks_select_along_an_axis(image: hcs.Multiscales) -> None:
    mask = np.arange(20) % 3 == 0
    assert (image.images[0].data[:, mask] == PIXELS[:, mask]).all()
    with pytest.raises(IndexError, match="does not fit"):
        image.images[0].data[mask]


@pytest.mark.parametrize(
    "key", ["a", 1.5, (0, 0, 0, 0), (..., ...), 2, (0, 20), [[0.5]]]
)
def test_keys_that_numpy_refuses_are_refused(
    image: hcs.Multiscales, key: object
) -> None:
    with pytest.raises(IndexError):
        image.images[0].data[key]


def test_an_array_is_one_for_numpy_and_dask(image: hcs.Multiscales) -> None:
    data = image.images[0].data
    assert (np.asarray(data, "f4") == PIXELS).all()
    assert np.array(data).mean() == PIXELS.mean()
    assert sum(plane.sum() for plane in data) == PIXELS.sum()
    lazy = image.images[0].to_dask()
    assert lazy.chunksize == (1, 8, 8)
    assert (lazy[:, 3:9].compute() == PIXELS[:, 3:9]).all()
    with pytest.raises(ValueError, match="without copying"):
        np.asarray(data, copy=False)


def test_an_image_can_be_pickled_with_its_place(image: hcs.Multiscales) -> None:
    again = pickle.loads(pickle.dumps(image))  # noqa: S301
    assert (np.asarray(again.images[0].data) == PIXELS).all()
    assert again.version == image.version
    array = pickle.loads(pickle.dumps(image.images[1].data))  # noqa: S301
    assert array.shape == (2, 10, 15)


# --- channels and labels -------------------------------------------------------------


def test_channels_are_named_coloured_and_windowed(tmp_path: Path) -> None:
    window = {"start": 10, "end": 900, "min": 0, "max": 65535}
    omero = {"channels": [{"label": "DNA", "color": "0000FF", "window": window}]}
    path = make_image(tmp_path / "image.ome.zarr", omero=omero)
    image = hcs.from_ome_zarr(path)
    first, second = image.channels
    assert first.name == "DNA"
    assert first.color == "0000FF"
    assert first.window == hcs.Window(start=10, end=900, min=0, max=65535)
    assert second == hcs.Channel(), "the array has one more than the document names"
    assert image.channel_names == ("DNA", "Channel 1")


def test_an_image_without_channel_axis_has_one_channel() -> None:
    image = hcs.to_multiscales(np.zeros((8, 8)), scale_factors=[])
    assert image.channels == (hcs.Channel(),)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_labels_are_listed_and_opened(tmp_path: Path, zarr_format: int) -> None:
    path = make_image(tmp_path / "image.ome.zarr", zarr_format)
    listed = {"labels": ["nuclei", "Label A"]}
    labels = zarr.open_group(path / "labels", mode="w", zarr_format=zarr_format)  # type: ignore[arg-type]
    labels.attrs.update(listed if zarr_format == 2 else {"ome": listed})
    make_image(path / "labels" / "Label A", zarr_format)
    image = hcs.from_ome_zarr(path)
    assert image.labels == ("nuclei", "Label A")
    assert (np.asarray(image.label("Label A").images[0].data) == PIXELS).all()
    with pytest.raises(NotFoundError, match="There is no image"):
        image.label("nuclei")
    with pytest.raises(NotFoundError, match="no label 'cells'"):
        image.label("cells")


@pytest.mark.parametrize("listed", [["../x"], [""], ["a", "/b"]])
def test_labels_elsewhere_are_refused(tmp_path: Path, listed: list[str]) -> None:
    path = make_image(tmp_path / "image.ome.zarr")
    zarr.open_group(path / "labels", mode="w").attrs["ome"] = {"labels": listed}
    with pytest.raises(hcs.InvalidPathError, match="labels"):
        _ = hcs.from_ome_zarr(path).labels


def test_labels_that_are_no_names_are_refused(tmp_path: Path) -> None:
    path = make_image(tmp_path / "image.ome.zarr")
    zarr.open_group(path / "labels", mode="w").attrs["ome"] = {"labels": {"a": 1}}
    with pytest.raises(MetadataError, match="expected a list of names"):
        _ = hcs.from_ome_zarr(path).labels


# --- versions ------------------------------------------------------------------------


def test_the_digest_of_an_image_is_over_what_its_documents_say(tmp_path: Path) -> None:
    path = make_image(tmp_path / "one.ome.zarr")
    rewritten = make_image(tmp_path / "two.ome.zarr")
    for document in rewritten.rglob("zarr.json"):
        # the same content, differently written, and a key of ours
        content = json.loads(document.read_text())
        content["attributes"]["hcs"] = (
            {"note": 1} if document.parent == rewritten else None
        )
        if content["attributes"]["hcs"] is None:
            del content["attributes"]["hcs"]
        document.write_text(json.dumps(content, sort_keys=True))
    first = hcs.from_ome_zarr(path).version
    assert first is not None
    assert len(first) == 32
    assert first == hcs.from_ome_zarr(rewritten).version
    renamed = json.loads((rewritten / "zarr.json").read_text())
    renamed["attributes"]["ome"]["multiscales"][0]["name"] = "another"
    (rewritten / "zarr.json").write_text(json.dumps(renamed))
    assert first != hcs.from_ome_zarr(rewritten).version


def test_an_id_of_ours_comes_before_a_digest(tmp_path: Path) -> None:
    path = make_image(tmp_path / "image.ome.zarr")
    set_version(path, "v1")
    assert hcs.from_ome_zarr(path).version == "v1"


def test_an_image_in_memory_has_neither_version_nor_place() -> None:
    image = hcs.to_multiscales(PIXELS, scale_factors=[])
    assert image.version is None
    assert image.path is None
    assert image.labels == ()
    assert image.attributes == {}


def set_version(path: Path, version: str) -> None:
    document = json.loads((path / "zarr.json").read_text())
    document["attributes"]["hcs"] = {"version": version}
    part = path / "part"
    part.write_text(json.dumps(document))
    part.replace(path / "zarr.json")


def test_an_image_whose_group_became_another_version_is_stale(tmp_path: Path) -> None:
    path = make_image(tmp_path / "image.ome.zarr")
    set_version(path, "v1")
    data = hcs.from_ome_zarr(path).images[0].data
    assert data[0, 0, 0] == 0
    set_version(path, "v1")  # written again, the same version
    assert data[0, 0, 1] == 1
    set_version(path, "v2")
    with pytest.raises(StaleVersionError, match="refresh"):
        data[0, 0, 0]


def test_an_image_whose_group_is_gone_is_stale(tmp_path: Path) -> None:
    path = make_image(tmp_path / "image.ome.zarr")
    data = hcs.from_ome_zarr(path).images[0].data
    assert data.shape == (2, 20, 30)
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(StaleVersionError):
        data[0, 0, 0]


# --- in memory -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "dims"),
    [
        ((8, 8), ("y", "x")),
        ((2, 8, 8), ("z", "y", "x")),
        ((2, 2, 8, 8), ("c", "z", "y", "x")),
        ((2, 2, 2, 8, 8), ("t", "c", "z", "y", "x")),
    ],
)
def test_axes_are_guessed_by_their_number(
    shape: tuple[int, ...], dims: tuple[str, ...]
) -> None:
    assert hcs.to_ngff_image(np.zeros(shape)).dims == dims


@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((1,) * 6, {}, "6 axes"),
        ((8, 8), {"dims": ("c", "y", "x")}, "shape (8, 8)"),
        ((8, 8), {"dims": ("x", "x")}, "different ones"),
        ((8, 8), {"dims": ("q", "x")}, "of t, c, z, y, x"),
        ((2, 8, 8), {"dims": "cyx", "channel_names": ["a"]}, "1 channel names for 2"),
    ],
)
def test_axes_that_do_not_fit_are_refused(
    shape: tuple[int, ...], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ShapeError) as error:
        hcs.to_ngff_image(np.zeros(shape), **arguments)
    assert message in str(error.value)


def test_levels_are_made_by_halves_around_the_same_place() -> None:
    image = hcs.to_ngff_image(
        PIXELS, dims="cyx", scale={"y": 2.0, "x": 2.0}, translation={"y": 10.0}
    )
    made = hcs.to_multiscales(image, scale_factors=[2, {"y": 4, "x": 4}])
    assert [level.shape for level in made.images] == [
        (2, 20, 30),
        (2, 10, 15),
        (2, 5, 8),
    ]
    assert made.images[1].scale == {"c": 1.0, "y": 4.0, "x": 4.0}
    assert made.scale_factors == [2, 4]
    # The first pixel covers what four did: its centre lies half an old pixel further.
    assert made.images[1].translation == {"c": 0.0, "y": 11.0, "x": 1.0}
    first = PIXELS[0, :2, :2].mean()
    assert made.images[1].data[0, 0, 0] == pytest.approx(first, abs=0.5)
    assert [dataset.path for dataset in made.metadata.datasets] == ["0", "1", "2"]


def test_halving_stops_at_the_given_side() -> None:
    made = hcs.to_multiscales(np.zeros((100, 60)), scale_factors=30)
    assert [level.shape for level in made.images] == [(100, 60), (50, 30), (25, 15)]


@pytest.mark.parametrize("factors", [[3], [2, 2], [{"y": 2, "x": 4}], [{"z": 2}], 0])
def test_other_factors_are_refused(factors: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected|halve"):
        hcs.to_multiscales(PIXELS, scale_factors=factors)


def test_a_multiscale_of_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="no images"):
        hcs.Multiscales([])


NOT_MEANS = [
    "itkwasm_gaussian",
    "itkwasm_label_image",
    "itk_gaussian",
    "dask_image_gaussian",
    "dask_image_mode",
    "dask_image_nearest",
    "nearest",
    "Mean",
    "",
    7,
]


@pytest.mark.parametrize("method", NOT_MEANS)
@pytest.mark.parametrize("scale_factors", [None, [2]])
def test_a_method_that_is_no_mean_is_refused(method: Any, scale_factors: Any) -> None:
    """Also where no level is made: what is asked for is never ignored."""
    with pytest.raises(hcs.ArgumentError, match="means of 2x2 pixels"):
        hcs.to_multiscales(PIXELS, scale_factors, method=method)


def test_every_method_of_the_peer_is_a_mean_or_refused() -> None:
    peer = pytest.importorskip("ngff_zarr", reason="needs the witness ngff-zarr")
    data = np.arange(64 * 64, dtype="u2").reshape(64, 64)
    expected = np.asarray(hcs.to_multiscales(data, [2]).images[1].data)
    taken = set()
    for method in peer.Methods:
        try:
            made = hcs.to_multiscales(data, [2], method=method)
        except hcs.ArgumentError:
            continue
        taken.add(method.value)
        assert np.array_equal(np.asarray(made.images[1].data), expected)
    assert taken == {"itkwasm_bin_shrink", "itk_bin_shrink", "dask_bin_shrink"}


def test_an_argument_that_is_not_known_is_not_ignored() -> None:
    with pytest.raises(TypeError, match="axis_order"):
        hcs.to_multiscales(PIXELS, axis_order="preserve")  # type: ignore[call-arg]


def test_chunks_that_were_asked_for_are_written(tmp_path: Path) -> None:
    image = hcs.to_multiscales(
        hcs.to_ngff_image(np.zeros((2, 64, 64), "u2"), dims="cyx"), chunks=16
    )
    with hcs.HCSPlateWriter(tmp_path / "p.zarr", plates.document(1, 1)) as writer:
        writer.write_well_image(image, "A", "1")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        array = plate.well("A1").fields[0].image().images[0].data
        assert array.chunksize == (1, 16, 16)
