"""The whole loop: plate, well, field, correction, and back; in two browsers at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from hcs import from_hcs_zarr
from tests.browser.serving import Server, at_rest, compared, same_place, well, where
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def plate(demo_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo plate to which one test here adds a field, in H06."""
    folder = tmp_path_factory.mktemp("plate")
    return Path(shutil.copytree(demo_master, folder / "demo.ome.zarr"))


@pytest.fixture(scope="module")
def desk(plate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve that plate; the other tests change nothing that is kept."""
    workspace = tmp_path_factory.mktemp("workspace")
    server = Server(plate, "--no-measure", workspace=workspace)
    yield server
    server.stop()


def shown_version(page: Page, label: str, field: str) -> str:
    """Return the version id of a thumbnail."""
    thumb = page.locator(f'.hcs-thumb[data-well="{label}"][data-field="{field}"]')
    return thumb.get_attribute("data-version") or ""


def drawn(page: Page) -> bytes:
    """Return the viewer's picture as it is on the screen."""
    return page.locator(".hcs-field-viewer .stage").screenshot()


def wait_drawn(page: Page, version: str) -> None:
    """Wait until the viewer has drawn this version."""
    expect(page.locator(".hcs-field-viewer .pane")).to_have_attribute(
        "data-drawn", re.compile(rf"^{re.escape(version)}")
    )


def test_a_field_is_found_replaced_seen_by_others_and_reverted(
    demo_plate: Path,
    tmp_path: Path,
    serve: Callable,
    visit: Callable,
    picture: Callable,
) -> None:
    server = serve(demo_plate, "--no-measure")
    page, other = visit(server), visit(server)

    # The plate opens by itself; B06 is listed and was never imaged.
    expect(well(page, "B06")).to_contain_text("nothing is there")
    at_rest(page)  # or what is still to come may move the plate
    picture(page, "1-plate")

    # A click on the drawn well and a click on the cell of the grid are one act.
    canvas = page.locator(".hcs-plate-map canvas").first.bounding_box()
    cell = well(page, "C04").bounding_box()
    assert canvas is not None
    assert cell is not None
    assert canvas["x"] < cell["x"] < canvas["x"] + canvas["width"]
    page.mouse.click(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    expect(page.locator('.hcs-thumb[data-well="C04"]')).to_have_count(2)
    assert "C04" in where(page)
    well(page, "B02").click()
    expect(page.locator('.hcs-thumb[data-well="B02"]')).to_have_count(2)
    expect(well(page, "B02")).to_have_attribute("aria-selected", "true")
    expect(well(page, "C04")).to_have_attribute("aria-selected", "false")
    picture(page, "2-well")

    # A field opens, and the address holds it.
    page.locator('.hcs-thumb[data-well="B02"][data-field="0"]').click()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    first = shown_version(page, "B02", "0")
    wait_drawn(page, first)
    expect(page).to_have_url(re.compile(r"well=B02&field=0"))
    assert re.search(r"demo\W+B02\W+s1", where(page))
    picture(page, "3-field")

    # A channel goes off and on; the picture follows.
    at_rest(page)
    both = drawn(page)
    page.locator(".hcs-channel-0").click()
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "false")
    at_rest(page)
    wait_for(lambda: drawn(page) != both)
    page.locator(".hcs-channel-0").click()
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "true")
    expect(page).to_have_url(re.compile("channels=0:"))

    # The other browser opens the same address and sees the same.
    other.goto(page.url)
    expect(other.locator(".hcs-field-viewer")).to_be_visible()
    wait_drawn(other, first)
    same_place(page, other)
    at_rest(other)
    before = drawn(other)

    # A corrected channel is staged beside the present one.
    rng = np.random.default_rng(1)
    pixels = rng.integers(200, 2500, (512, 512)).astype("uint16")
    corrected = tmp_path / "B02_s1_w1.tif"
    tifffile.imwrite(corrected, pixels)
    page.locator(".hcs-upload").set_input_files(corrected)
    expect(page.locator(".hcs-compare")).to_be_visible()
    commit = page.locator(".hcs-commit")
    expect(commit).to_be_disabled()
    expect(commit).to_contain_text("B02 field s1")
    expect(page.locator(".correction .why")).to_contain_text("name")
    page.locator(".hcs-reviewer").fill("Ada")
    expect(page.locator(".correction .why")).to_contain_text("reason")
    page.locator(".hcs-reason").fill("was out of focus")
    expect(commit).to_be_enabled()
    compared(page)
    picture(page, "4-compare")
    commit.click()

    # Both browsers see the new pixels, the other one without reloading.
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    thumb = page.locator('.hcs-thumb[data-well="B02"][data-field="0"]')
    expect(thumb).not_to_have_attribute("data-version", first)
    second = shown_version(page, "B02", "0")
    wait_drawn(page, second)
    wait_drawn(other, second)
    at_rest(other)
    wait_for(lambda: drawn(other) != before)
    expect(well(other, "B02")).to_contain_text("corrected")
    stored = from_hcs_zarr(demo_plate).well("B02").field("0").image()
    assert np.array_equal(np.asarray(stored.images[0].data)[0], pixels)
    picture(page, "5-committed")

    # A reason brings the old version back, everywhere, and leaves no mark but that.
    expect(page.locator(".hcs-history li")).to_have_count(2)
    page.locator(".hcs-revert").first.click()
    page.locator(".hcs-revert-reason").fill("the first was right")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-history li")).to_have_count(3)
    expect(thumb).not_to_have_attribute("data-version", second)
    third = shown_version(page, "B02", "0")
    wait_drawn(page, third)
    wait_drawn(other, third)
    at_rest(other)
    wait_for(lambda: drawn(other) == before)
    expect(well(other, "B02")).not_to_contain_text("corrected")
    expect(page.locator(".correction")).not_to_contain_text("Replaced")
    expect(page.locator(".hcs-history")).to_contain_text("“the first was right”")
    picture(page, "6-reverted")


def test_a_field_is_added_to_a_well_that_lacks_one(
    plate: Path,
    desk: Server,
    tmp_path: Path,
    visit: Callable,
    picture: Callable,
) -> None:
    page = visit(desk)
    page.locator(".hcs-reviewer").fill("Ada")
    well(page, "H06").click()
    expect(page.locator('.hcs-thumb[data-well="H06"]')).to_have_count(1)
    page.get_by_label("Add a new field").check()
    files = []
    for channel in (1, 2):
        files.append(tmp_path / f"H06_s2_w{channel}.tif")
        tifffile.imwrite(files[-1], np.full((512, 512), 300 * channel, "uint16"))
    page.locator(".hcs-upload").set_input_files(files)
    expect(page.locator(".hcs-compare")).to_be_visible()
    expect(page.locator(".hcs-compare")).to_contain_text("no such field yet")
    expect(page.locator(".hcs-commit")).to_contain_text("to H06")
    page.locator(".hcs-reason").fill("was missing")
    picture(page, "add")
    for box in page.locator(".differences input[type=checkbox]").all():
        box.check()
        expect(box).to_be_checked()
    compared(page)
    page.locator(".hcs-commit").click()
    expect(page.locator('.hcs-thumb[data-well="H06"]')).to_have_count(2)
    fields = from_hcs_zarr(plate).well("H06").fields
    assert len(fields) == 2


@pytest.mark.parametrize("shape", [(256, 512), (512, 512)], ids=["shape", "well"])
def test_a_difference_blocks_commit_until_it_is_confirmed(
    shape: tuple[int, int], desk: Server, tmp_path: Path, visit: Callable
) -> None:
    page = visit(desk, "?well=B02&field=0")
    page.locator(".hcs-reviewer").fill("Ada")
    files = []
    for channel in (1, 2):
        files.append(tmp_path / f"C05_s1_w{channel}.tif")
        tifffile.imwrite(files[-1], np.full(shape, 300 * channel, "uint16"))
    page.locator(".hcs-upload").set_input_files(files)
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("why not")
    commit = page.locator(".hcs-commit")
    expect(commit).to_be_disabled()
    expect(page.locator(".differences")).to_contain_text("C05")
    for box in page.locator(".differences input[type=checkbox]").all():
        expect(commit).to_be_disabled()
        box.check()
        expect(box).to_be_checked()
    expect(commit).to_be_enabled()


TICK_ALL = """(list) => {
  const boxes = () => [...list.querySelectorAll("input[type=checkbox]")]
  window.takenBack = 0
  const count = () => {
    window.takenBack += boxes().filter((box) => !box.checked).length
  }
  new MutationObserver(count).observe(list, { childList: true })
  boxes().forEach((box) => box.click())
  return boxes().length
}"""
"""Confirms all differences at once, and counts what any redrawing takes back of it."""


def test_an_answer_to_an_earlier_confirmation_takes_no_later_one_back(
    desk: Server, tmp_path: Path, visit: Callable
) -> None:
    page = visit(desk, "?well=B02&field=0")
    page.locator(".hcs-reviewer").fill("Ada")
    # Of another well, and of another size.
    files = [tmp_path / f"C05_s1_w{channel}.tif" for channel in (1, 2)]
    for file in files:
        tifffile.imwrite(file, np.full((256, 512), 300, "uint16"))
    page.locator(".hcs-upload").set_input_files(files)
    expect(page.locator(".hcs-compare")).to_be_visible()
    page.locator(".hcs-reason").fill("why not")
    assert page.locator(".differences").evaluate(TICK_ALL) >= 2
    expect(page.locator(".hcs-commit")).to_be_enabled()
    assert page.evaluate("window.takenBack") == 0


def test_a_discarded_correction_leaves_nothing(
    desk: Server, tmp_path: Path, visit: Callable
) -> None:
    page = visit(desk, "?well=B02&field=0")
    file = tmp_path / "B02_s1_w1.tif"
    tifffile.imwrite(file, np.zeros((512, 512), "uint16"))
    page.locator(".hcs-upload").set_input_files(file)
    compared(page)  # its pictures go with it
    page.locator(".hcs-discard").click()
    expect(page.locator(".hcs-compare")).to_be_hidden()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    expect(page.locator(".files li")).to_have_count(0)


def test_a_file_that_is_no_image_is_refused_in_words(
    desk: Server, tmp_path: Path, visit: Callable, picture: Callable
) -> None:
    page = visit(desk, "?well=B02&field=0")
    file = tmp_path / "B02_s1.tif"
    file.write_bytes(b"this is not a picture")
    page.locator(".hcs-upload").set_input_files(file)
    expect(page.locator(".files .notice.bad")).to_be_visible()
    picture(page, "refused")
    expect(page.locator(".hcs-compare")).to_be_hidden()


def test_what_the_pages_of_a_tiff_are_is_seen_and_can_be_said(
    desk: Server, tmp_path: Path, visit: Callable, picture: Callable
) -> None:
    page = visit(desk, "?well=B02&field=0")
    file = tmp_path / "B02.tif"
    rng = np.random.default_rng(2)
    two = rng.integers(200, 2500, (2, 512, 512)).astype("uint16")
    tifffile.imwrite(file, two, photometric="minisblack", metadata=None)
    page.locator(".hcs-upload").set_input_files(file)
    pages = page.get_by_label("Pages of B02.tif")
    expect(pages).to_have_value("c")
    compared(page)
    new = page.locator(".hcs-compare .new .pane")
    before = str(new.get_attribute("data-drawn")).partition("@")[0]
    pages.select_option("z")
    expect(page.locator(".correction .files")).to_contain_text("2 × 512 × 512 (zyx)")
    # Its pixels go with it once it is staged otherwise: they must have come before.
    another = re.compile(rf"^(?!{re.escape(before)}@).+@")
    expect(new).to_have_attribute("data-drawn", another)
    channel = page.get_by_label("Channel of B02.tif")
    channel.select_option("1")
    expect(page.locator(".differences")).to_contain_text("2 planes")
    expect(page.get_by_label("Pages of B02.tif")).to_have_value("z")
    for pane in page.locator(".hcs-compare .pane").all():
        expect(pane).to_have_attribute("data-drawn", re.compile(r"."))
    expect(page.locator(".hcs-compare")).not_to_contain_text("There is no")
    picture(page, "pages")
