"""The loop on a real plate: 96 wells of a translocation assay, 8-bit palette TIFFs."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tifffile
from playwright.sync_api import expect

from hcs import from_hcs_zarr
from tests.browser.serving import at_rest, compared, same_place, well

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_real_plate_is_imported_looked_at_corrected_and_reverted(
    sbs_plate: Path,
    shared_data: Path,
    tmp_path: Path,
    serve: Callable,
    visit: Callable,
    picture: Callable,
) -> None:
    images = shared_data / "sbs_translocation_96well" / "ExampleSBSImages_tif.zip"
    path = sbs_plate
    server = serve(path, "--no-measure")
    page, other = visit(server), visit(server)
    expect(page.locator('[role="gridcell"]')).to_have_count(96)
    expect(well(page, "D07")).to_contain_text("1 field")
    at_rest(page)
    picture(page, "1-plate")

    # The plate map's conditions are there to read.
    well(page, "D07").click()
    expect(page.locator('.hcs-thumb[data-well="D07"]')).to_have_count(1)
    expect(page.locator(".hcs-gallery .tag").first).to_be_visible()
    picture(page, "2-well")
    page.locator(".hcs-thumb").click()
    pane = page.locator(".hcs-field-viewer .pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("."))
    first = page.locator(".hcs-thumb").get_attribute("data-version")
    page.locator(".hcs-channel-1").click()
    expect(page.locator(".hcs-channel-1")).to_have_attribute("aria-checked", "false")
    page.locator(".hcs-channel-1").click()
    expect(page).to_have_url(re.compile("channels="))
    picture(page, "3-field")
    other.goto(page.url)
    drawn = other.locator(".hcs-field-viewer .pane")
    expect(drawn).to_have_attribute("data-drawn", re.compile("."))
    same_place(page, other)

    # The neighbour's image in its place: the name contradicts, so it must be confirmed.
    with zipfile.ZipFile(images) as archive:
        name = "Channel1-44-D-08.tif"
        corrected = Path(archive.extract(name, tmp_path))
    page.locator(".hcs-reviewer").fill("Ada")
    page.locator(".hcs-upload").set_input_files(corrected)
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("wells were swapped")
    expect(page.locator(".hcs-commit")).to_be_disabled()
    compared(page)
    picture(page, "4-compare")
    for box in page.locator(".differences input[type=checkbox]").all():
        box.check()
        expect(box).to_be_checked()
    page.locator(".hcs-commit").click()
    thumb = other.locator('.hcs-thumb[data-well="D07"]')
    expect(thumb).not_to_have_attribute("data-version", first or "")
    stored = from_hcs_zarr(path).well("D07").fields[0].image()
    pixels = np.asarray(stored.images[0].data)
    assert np.array_equal(np.squeeze(pixels[0]), tifffile.imread(corrected))

    page.locator(".hcs-revert").first.click()
    page.locator(".hcs-revert-reason").fill("the first was right")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-history li")).to_have_count(3)
