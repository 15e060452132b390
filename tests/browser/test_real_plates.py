"""Plates of others: right pixels, right place, no error, nothing foreign."""

from __future__ import annotations

import re
import shutil
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

import hcs
from dashboard.plates.values import field_words
from hcs.ingest.importing import import_plate
from tests.browser.serving import Server, at_rest, well, where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all plates of others that are here, each below the name of its source."""
    from tests.conftest import ROOT

    data = ROOT.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip(f"no plates of others at {data}")
    folder = tmp_path_factory.mktemp("theirs")
    for name, source in (
        ("bioformats", data / "bioformats2raw_plate_v04" / "hcs.zarr"),
        ("examples", data / "ome_zarr_examples_v04" / "valid" / "plate-01.zarr"),
    ):
        if source.is_dir():
            shutil.copytree(source, folder / f"{name}.zarr")
    packed = data / "fractal_plate_2D_labels_tables_v04" / "hcs_ngff_2D.zarr.zip"
    if packed.is_file():
        with zipfile.ZipFile(packed) as file:
            file.extractall(folder)
        (folder / "hcs_ngff_2D.zarr").rename(folder / "fractal.zarr")
    for name, export in (
        ("imagexpress", data / "imagexpress_exported_9987" / "9987_Plate_3434"),
        ("phenix", data / "jump_phenix_r01c01"),
    ):
        if export.is_dir():
            import_plate(export, folder / f"{name}.zarr")
    server = Server(folder, workspace=tmp_path_factory.mktemp("workspace"))
    server.folder = folder  # type: ignore[attr-defined]
    yield server
    server.stop()


def read_out(page: Page, x: int, y: int, size: tuple[int, int]) -> str:
    """Point at pixel (x, y) of the fitted picture; return what the viewer says."""
    at_rest(page)  # what comes later may move the picture
    box = page.locator(".hcs-field-viewer .stage").bounding_box()
    assert box is not None
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    page.mouse.move(left + (x + 0.5) * scale, top + (y + 0.5) * scale)
    readout = page.locator(".hcs-field-viewer .readout")
    expect(readout).to_contain_text(re.compile(r"x \d+, y \d+"))
    return readout.inner_text()


@pytest.mark.parametrize(
    "name",
    [
        *("bioformats", "fractal"),
        *(
            pytest.param(name, marks=pytest.mark.full)
            for name in ("examples", "imagexpress", "phenix")
        ),
    ],
)
def test_a_plate_of_others_is_shown_as_it_is(
    name: str, theirs: Server, visit: Callable, picture: Callable
) -> None:
    path: Path = theirs.folder / f"{name}.zarr"  # type: ignore[attr-defined]
    if not path.exists():
        pytest.skip(f"the plate {name} is not here")
    plate = hcs.from_hcs_zarr(path)
    listed = plate.wells[-1]
    label = plate.label(listed)
    last = plate.get_well(*listed.path.split("/"))
    assert last is not None
    field = last.fields[-1]
    image = field.image().images[0]
    sizes = dict(zip(image.dims, image.data.shape, strict=True))

    page = visit(theirs, f"?plate={name}.zarr")
    expect(well(page, label)).to_be_visible()
    picture(page, f"{name}-plate")
    well(page, label).click()
    thumbs = page.locator(f'.hcs-thumb[data-well="{label}"]')
    expect(thumbs).to_have_count(len(last.fields))
    page.locator(f'.hcs-thumb[data-field="{field.name}"]').click()
    pane = page.locator(".hcs-field-viewer .pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("@0$"))
    alone = len(last.fields) == 1 and field.label == field.name
    words = field_words(field.label, alone=alone)
    assert f"{label} {words}" in where(page)
    # The middle of the stack and the first time point, and both are said.
    place = {"z": sizes.get("z", 1) // 2, "t": 0}
    if sizes.get("z", 1) > 1:
        assert f"z {place['z'] + 1}/{sizes['z']}" in where(page)
    index = tuple(place.get(axis, slice(None)) for axis in image.dims)
    pixels = np.asarray(image.data[index])
    pixels = pixels.reshape(-1, sizes["y"], sizes["x"])
    said = read_out(page, sizes["x"] // 3, sizes["y"] // 2, (sizes["x"], sizes["y"]))
    # A picture may be smaller than its pixels: the viewer says which one it means.
    x, y = map(int, re.search(r"x (\d+), y (\d+)", said).groups())  # type: ignore[union-attr]
    assert abs(x - sizes["x"] // 3) <= 2
    assert abs(y - sizes["y"] // 2) <= 2
    active = page.locator('[class*="hcs-channel-"][role="switch"][aria-checked="true"]')
    assert active.count() > 0
    readout = page.locator(".hcs-field-viewer .readout")
    for at in range(active.count()):
        channel = int(
            re.search(  # type: ignore[union-attr]
                r"hcs-channel-(\d+)", active.nth(at).get_attribute("class") or ""
            )[1]
        )
        value = re.compile(rf"\s{pixels[channel, y, x]:,}(?![\d,])")
        expect(readout).to_contain_text(value, use_inner_text=True)
    if field.image().labels:
        drawn = page.locator("canvas.outlines")
        expect(drawn).to_have_attribute("data-outlined", re.compile("label="))
        page.keyboard.down("o")
        expect(drawn).to_have_attribute("data-outlined", "")
        page.keyboard.up("o")
        expect(drawn).to_have_attribute("data-outlined", re.compile("label="))
        with page.expect_download(), page.expect_request("**/field.png*") as sent:
            page.locator(".hcs-save-png").click()
        asked = parse_qs(urlsplit(sent.value.url).query)
        assert asked["outlines"] == [field.image().labels[0]]
    picture(page, f"{name}-field")
    plate.close()
