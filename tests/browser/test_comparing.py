"""A correction is compared with what is there in four ways before anything changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from hcs import from_hcs_zarr
from tests import plates
from tests.browser.serving import Server, at_rest
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

SIDE = 64


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plate")
    return plates.make(
        folder / "p.ome.zarr", fields=2, pixels="random", shape=(SIDE, SIDE)
    )


@pytest.fixture(scope="module")
def server(plate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace = tmp_path_factory.mktemp("workspace")
    running = Server(plate, "--no-measure", workspace=workspace)
    yield running
    running.stop()


def brighter_half(plate: Path, file: Path) -> Path:
    """Write channel 0 of A1 field 0 with its right half brighter."""
    field = from_hcs_zarr(plate).well("A1").field("0").image()
    pixels = np.array(field.images[0].data[0])
    pixels[:, SIDE // 2 :] += 10_000
    tifffile.imwrite(file, pixels)
    return file


@pytest.fixture
def comparing(server: Server, plate: Path, tmp_path: Path, visit: Callable) -> Callable:
    """Open a page on which a correction of one channel is staged."""

    def open_page(**options: object) -> Page:
        page = visit(server, "?well=A1&field=0", **options)
        expect(page.locator(".hcs-field-viewer")).to_be_visible()
        file = brighter_half(plate, tmp_path / "A01_s1_w1.tif")
        page.locator(".hcs-upload").set_input_files(file)
        panes = page.locator(".hcs-compare .half .pane")
        expect(panes).to_have_count(2)
        for pane in panes.all():
            expect(pane).to_have_attribute("data-drawn", re.compile("@0$"))
        # Its numbers take room when they come, and the pictures move.
        said = page.locator(".hcs-compare .values .verdicts")
        expect(said).to_contain_text("No rule says anything")
        return page

    return open_page


def shown(half: Locator) -> str:
    return str(half.evaluate("(element) => getComputedStyle(element).visibility"))


def test_old_and_new_are_seen_in_each_way_by_its_key(
    comparing: Callable, picture: Callable
) -> None:
    page = comparing()
    stage = page.locator(".hcs-compare .stage")
    old, new = stage.locator(".old"), stage.locator(".new")
    picture(page, "side")
    left, right = old.bounding_box(), new.bounding_box()
    assert left["x"] + left["width"] <= right["x"]

    page.keyboard.press("Delete")
    expect(stage).to_have_class(re.compile(r"\bswipe\b"))
    handle = page.get_by_role("slider", name="Swipe between old and new")
    handle.focus()
    page.keyboard.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("PageUp")
    expect(handle).to_have_attribute("aria-valuenow", "20")
    picture(page, "swipe")

    page.keyboard.press("Insert")
    expect(stage.locator(".subtracted")).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    expect(stage.locator(".subtracted")).to_contain_text("50 % of the pixels differ")
    picture(page, "difference")
    page.keyboard.press("Insert")
    expect(stage).to_have_class(re.compile(r"\bside\b"))


def test_a_pointer_at_rest_says_what_comes_under_it(comparing: Callable) -> None:
    page = comparing()
    readout = page.locator(".hcs-compare .readout")
    box = page.locator(".hcs-compare .new").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    expect(readout).to_contain_text(re.compile(r"x \d+, y \d+.*DNA [\d,]+ → [\d,]+"))
    before = readout.inner_text()
    page.keyboard.press("z")
    expect(readout).not_to_have_text(before, use_inner_text=True)
    expect(readout).to_contain_text("GFP")
    page.keyboard.press("2")
    expect(readout).not_to_contain_text("GFP")


def test_blinking_goes_by_itself_and_by_hand(comparing: Callable) -> None:
    page = comparing()
    stage = page.locator(".hcs-compare .stage")
    page.get_by_role("button", name="Blink").click()
    expect(stage).to_have_class(re.compile("shows-old"))
    expect(stage).not_to_have_class(re.compile("shows-old"))
    stage.click()  # the keys are the page's again
    page.locator("#plate").focus()
    page.keyboard.press("Space")
    expect(page.locator(".hcs-blink-pause")).to_have_text("Start")
    before = shown(stage.locator(".old"))
    page.keyboard.press("Space")
    assert shown(stage.locator(".old")) != before
    assert shown(stage.locator(".new")) == before


def test_nothing_blinks_by_itself_for_who_wants_no_motion(
    comparing: Callable,
) -> None:
    page = comparing()
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Blink").click()
    expect(page.locator(".hcs-blink-pause")).to_have_text("Start")
    page.locator("#plate").focus()
    stage = page.locator(".hcs-compare .stage")
    page.keyboard.press("Space")
    expect(stage).to_have_class(re.compile("shows-old"))
    page.keyboard.press("Space")
    expect(stage).not_to_have_class(re.compile("shows-old"))


def test_metrics_and_histograms_of_both_stand_in_two_columns(
    comparing: Callable, picture: Callable
) -> None:
    page = comparing(width=1920, height=1080)
    values = page.locator(".hcs-compare .values")
    expect(values.locator(".metrics tbody tr").first).to_be_visible()
    mean = values.locator(".metrics tbody tr").filter(has_text="mean").first
    # The plate is not measured: of what is there nothing is known.
    old, new = mean.locator(".number").all_inner_texts()
    assert old == "–"
    assert float(new.replace(",", "")) > 4000
    figures = values.locator(".histograms svg")
    expect(figures).to_have_count(1)  # the channel that is replaced
    assert figures.first.locator("path.before").get_attribute("d")
    picture(page, "values")


def test_each_version_of_a_field_is_seen_with_its_digest(
    comparing: Callable, plate: Path
) -> None:
    page = comparing()
    first = page.locator(".hcs-history li").last
    expect(first.locator(".digest")).to_contain_text("sha256:")
    picture = first.get_by_role("img", name="Version 1")
    picture.scroll_into_view_if_needed()
    at_rest(page)
    assert picture.evaluate("(image) => image.naturalWidth") == 96


def test_both_zoom_together_and_take_one_contrast(
    comparing: Callable, picture: Callable
) -> None:
    page = comparing(dark=True, width=1920, height=1080)
    stage = page.locator(".hcs-compare .stage")
    halves = [stage.locator(".old"), stage.locator(".new")]

    def pictures() -> list[bytes]:
        at_rest(page)
        return [half.screenshot() for half in halves]

    before = pictures()
    page.keyboard.press("z")
    wait_for(lambda: all(a != b for a, b in zip(pictures(), before, strict=True)))
    zoomed = pictures()
    page.keyboard.press("1")
    wait_for(lambda: all(a != b for a, b in zip(pictures(), zoomed, strict=True)))
    picture(page, "dark")
