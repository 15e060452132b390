"""What leaves a field viewer as a file is what it shows, and says where it is from."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

import hcs
from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.pictures import planes
from dashboard.pictures.outlines import COLOUR
from dashboard.pictures.saving import round_length
from dashboard.threads import Pool
from tests import plates
from tests.integration.serving import Served, service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "p.ome.zarr"
SHAPE = (240, 300)
CHANNELS = "0:FF0000:0:4000:1;1:00FF00:0:4000:1"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    plates.make(folder / KEY, z=2, t=2, shape=SHAPE, pixels="gradient", name="p 1")
    add_mask(folder / KEY / "B" / "3" / "0")
    with (
        service(tmp_path_factory.mktemp("workspace"), folder) as made,
        Served(made, ServerSettings(port=0)) as running,
    ):
        surveyed(made, KEY)
        yield running


def add_mask(field: Path) -> None:
    """Write a mask with one object at half the field's resolution, without t and z."""
    group = zarr.open_group(field, mode="a")
    version = {"version": "0.5"}
    labels = group.create_group("labels")
    labels.attrs["ome"] = {**version, "labels": ["nuclei"]}
    mask = np.zeros([side // 2 for side in SHAPE], np.uint16)
    mask[20:60, 30:80] = 7
    image = labels.create_group("nuclei")
    image.create_array("0", data=mask)
    scale = [{"type": "scale", "scale": [1.0, 1.0]}]
    level = {"path": "0", "coordinateTransformations": scale}
    axes = [{"name": name, "type": "space"} for name in "yx"]
    image.attrs["ome"] = {
        **version,
        "image-label": {},
        "multiscales": [{"axes": axes, "datasets": [level]}],
    }


def file(served: Served, what: str, well: str = "B2", **query: object) -> str:
    version = served.service.plates.well(KEY, well).field("0").version
    return f"{Urls().saved(KEY, well, '0', version, what)}?{urlencode(query)}"


def stored(served: Served, well: str) -> np.ndarray:
    row, column = well[0], well[1:]
    path = served.service.plates.overview(KEY).location
    well_images = hcs.from_hcs_zarr(path).get_well(row, column)
    assert well_images is not None
    image = well_images.get_image(0)
    assert image is not None
    return np.asarray(image.images[0].data)  # t, c, z, y, x


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"z": 0, "t": 1}, lambda data: data[1, :, 0]),
        ({}, lambda data: data[0, :, 1]),
        ({"projection": "max", "t": 1}, lambda data: data[1].max(axis=1)),
    ],
    ids=["plane", "default", "max"],
)
def test_a_tiff_holds_the_pixels_of_the_plane(
    query: dict[str, object], expected: object, served: Served
) -> None:
    answer = served.get(file(served, "planes.tif", channels=CHANNELS, **query))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/tiff"
    with tifffile.TiffFile(io.BytesIO(answer.body)) as tiff:
        pixels = tiff.asarray()
        about = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]
    assert np.array_equal(pixels, expected(stored(served, "B2")))  # type: ignore[operator]
    assert [channel["Name"] for channel in about["Channel"]] == ["DNA", "GFP"]
    assert about["PhysicalSizeXUnit"] == "µm"
    assert about["PhysicalSizeX"] == pytest.approx(0.5)


def test_a_tiff_holds_only_the_channels_that_are_on(served: Served) -> None:
    answer = served.get(file(served, "planes.tif", channels="1:00FF00:0:9:1"))
    pixels = tifffile.imread(io.BytesIO(answer.body))
    assert np.array_equal(pixels, stored(served, "B2")[0, 1, 1])
    name = answer.headers["Content-Disposition"]
    assert 'filename="p-1_B2_0_z-2-of-2_t-1-of-2.ome.tif"' in name


def test_a_png_is_drawn_as_on_screen_with_a_bar_and_a_caption(served: Served) -> None:
    plain = served.get(file(served, "field.png", channels=CHANNELS, source="plate"))
    assert plain.headers["Content-Type"] == "image/png"
    pixels = np.asarray(Image.open(io.BytesIO(plain.body)))
    assert pixels.shape[1] == SHAPE[1]
    assert pixels.shape[0] > SHAPE[0]  # the caption
    code = stored(served, "B2")[0, :, 1, 30, 40]
    expected = np.append(np.minimum(code / 4000 * 255, 255), 0)
    assert np.abs(pixels[30, 40].astype(float) - expected).max() <= 1
    # A quarter of 150 um is at least 20 um long, and 20 um are 40 pixels.
    bar = (pixels[: SHAPE[0]] == 255).all(axis=2)
    assert bar.sum(axis=1).max() in range(36, 41)

    # The caption of a field's own contrast is another one, and longer.
    own = served.get(
        file(served, "field.png", channels=CHANNELS, source="field", origin="B2 0")
    )
    other = np.asarray(Image.open(io.BytesIO(own.body)))
    assert np.array_equal(other[: SHAPE[0]], pixels[: SHAPE[0]])
    ink = [int((picture[SHAPE[0] :] < 128).sum()) for picture in (pixels, other)]
    assert ink[1] > ink[0]


def test_outlines_that_are_shown_are_in_the_png(served: Served) -> None:
    asked = {"channels": CHANNELS, "source": "plate"}
    bodies = [
        served.get(file(served, "field.png", "B3", **asked, **more)).body
        for more in ({}, {"outlines": "nuclei"})
    ]
    plain, lined = (np.asarray(Image.open(io.BytesIO(body))) for body in bodies)
    drawn = (lined[: SHAPE[0]] != plain[: SHAPE[0]]).any(axis=2)
    expected = np.zeros(SHAPE, bool)
    expected[40:120, 60:160] = True
    expected[41:119, 61:159] = False
    assert np.array_equal(drawn, expected)
    assert (lined[: SHAPE[0]][expected] == COLOUR).all()
    # The caption names them.
    ink = [int((picture[SHAPE[0] :] < 128).sum()) for picture in (plain, lined)]
    assert ink[1] > ink[0]
    none = served.get(file(served, "field.png", "B3", **asked, outlines="cells"))
    assert none.status == 404


def test_a_file_of_another_version_or_place_is_refused(served: Served) -> None:
    old = Urls().saved(KEY, "B2", "0", "0" * 32, "planes.tif")
    answer = served.get(old)
    assert answer.status == 404
    assert "replaced" in answer.json["error"]
    assert served.get(file(served, "planes.tif", z=7)).status == 422
    assert served.get(file(served, "field.png", projection="sum")).status == 422


def test_a_channel_asked_many_times_is_one_plane(served: Served) -> None:
    many = ";".join(["1:00FF00:0:9:1"] * 60)
    for name in ("planes.tif", "field.png"):
        impossible = file(served, name, channels=f"{many};9:FF0000:0:9:1")
        assert served.get(impossible).status == 422
    answer = served.get(file(served, "planes.tif", channels=many))
    once = served.get(file(served, "planes.tif", channels="1:00FF00:0:9:1"))
    assert np.array_equal(
        tifffile.imread(io.BytesIO(answer.body)), stored(served, "B2")[0, 1, 1]
    )
    assert len(answer.body) == len(once.body)
    drawn = [
        served.get(file(served, "field.png", channels=channels)).body
        for channels in (many, "1:00FF00:0:9:1")
    ]
    assert drawn[0] == drawn[1]


def test_planes_too_large_together_are_refused_in_words(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = SHAPE[0] * SHAPE[1] * 2
    monkeypatch.setattr(planes, "PICTURE_BYTES", plane)
    answer = served.get(file(served, "planes.tif", channels=CHANNELS))
    assert answer.status == 422
    assert "Switch channels off" in answer.json["error"]
    assert (
        served.get(file(served, "planes.tif", channels="1:00FF00:0:9:1")).status == 200
    )


@pytest.mark.parametrize(
    ("what", "query"),
    [("planes.tif", {}), ("field.png", {}), ("thumb.jpg", {"projection": "max"})],
)
def test_files_and_projections_wait_for_no_picture_nor_hold_one_up(
    what: str, query: dict[str, object], served: Served
) -> None:
    go_on = threading.Event()
    for _ in range(8):
        served.service.threads.submit(go_on.wait, Pool.PIXELS)
    try:
        assert served.get(file(served, what, channels=CHANNELS, **query)).status == 200
    finally:
        go_on.set()


@pytest.mark.parametrize(
    ("most", "expected"), [(0.7, 0.5), (4.9, 2.0), (5, 5.0), (23, 20.0), (199, 100.0)]
)
def test_bars_have_round_lengths(most: float, expected: float) -> None:
    assert round_length(most) == expected
