"""Looking: the map, the fields, the address, and what is odd about a plate."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import expect

from hcs import HCSPlateWriter, NgffImage, to_multiscales
from hcs.metadata import Plate, PlateColumn, PlateRow, PlateWell
from tests import plates
from tests.browser.serving import at_rest, is_picture, same_place, well, where

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page, Route

    from tests.browser.serving import Server

PLANES = "**/plane.bin*"
WITHOUT_WEBGL2 = """
const before = HTMLCanvasElement.prototype.getContext
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind === "webgl2" ? null : before.call(this, kind, ...more)
}
"""


def hover_pixel(page: Page, x: float, y: float, size: tuple[int, int]) -> Locator:
    """Point at pixel (x, y) of the fitted picture; return where the viewer says it."""
    at_rest(page)  # what comes later may move the picture
    box = page.locator(".hcs-field-viewer .stage").bounding_box()
    assert box is not None
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    page.mouse.move(left + (x + 0.5) * scale, top + (y + 0.5) * scale)
    readout = page.locator(".hcs-field-viewer .readout")
    expect(readout).to_contain_text(f"x {x}, y {y}")
    return readout


# --- the map --------------------------------------------------------------------------


def test_the_plate_is_a_grid_that_can_be_read_out(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr")
    expect(page.locator('[role="gridcell"]')).to_have_count(96)
    expect(page.get_by_role("grid", name="Plate demo")).to_have_count(1)
    expect(page.locator('[role="rowheader"]')).to_have_text(list("ABCDEFGH"))
    heads = page.locator('[role="grid"] [role="columnheader"]')
    expect(heads).to_have_count(12)
    expect(page.locator('[role="gridcell"][tabindex="0"]')).to_have_count(1)
    expect(well(page, "B02")).to_contain_text(re.compile(r"B02, 2 fields, \w+"))
    expect(well(page, "B06")).to_contain_text("nothing is there")
    expect(well(page, "H06")).to_contain_text("incomplete")
    for label in ("A01", "H12"):
        cell = well(page, label).bounding_box()
        assert cell is not None
        assert cell["width"] >= 24
        assert cell["height"] >= 24
    tree = page.locator('[role="grid"]').aria_snapshot()
    assert 'gridcell "B02' in tree


def test_keys_move_and_open_and_leave_and_rest_while_typing(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&well=B02")
    expect(page.locator('.hcs-thumb[data-well="B02"]')).to_have_count(2)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("well=C03"))
    expect(page.locator('.hcs-thumb[data-well="C03"]')).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    before = where(page)
    page.keyboard.press("s")
    expect(page.locator(".hcs-where")).not_to_have_text(before, use_inner_text=True)
    page.keyboard.press("1")
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Digit1")
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "true")
    # One channel alone, for the field, its well and the plate; then all again.
    page.keyboard.press("Shift+Digit2")
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "false")
    expect(page.locator(".hcs-channel-1")).to_have_attribute("aria-checked", "true")
    thumb = page.locator(".hcs-gallery .hcs-thumb img").first
    expect(thumb).to_have_attribute("src", re.compile("channels=1:[^;&]*(&|$)"))
    page.keyboard.press("Shift+Digit0")
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "true")
    page.locator(".hcs-only-0").click()
    expect(page.locator(".hcs-channel-1")).to_have_attribute("aria-checked", "false")
    page.locator(".hcs-all-channels").click()
    expect(page.locator(".hcs-channel-1")).to_have_attribute("aria-checked", "true")
    page.locator(".hcs-field-viewer .stage").first.focus()

    name = page.locator(".hcs-reviewer")
    name.focus()
    page.keyboard.type("Ada 1 [g")
    expect(name).to_have_value("Ada 1 [g")
    expect(page.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("ArrowLeft")
    assert "C03" in where(page)
    page.locator(".hcs-field-viewer .stage").focus()

    page.keyboard.press("Escape")
    expect(page.locator(".hcs-field-viewer")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".hcs-gallery")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.type("d7")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("well=D07"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page).to_have_url(re.compile("well=D07"))


def test_the_page_can_be_used_with_the_keyboard_alone(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr")
    expect(well(page, "A01")).to_have_attribute("tabindex", "0")
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = page.evaluate("""() => {
          let at = document.activeElement
          while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
          return at?.dataset?.well ?? at?.className ?? ""
        }""")
        if focused == "A01":
            break
    assert focused == "A01"
    expect(page).to_have_url(re.compile("well=A01"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("well=B12"))
    expect(well(page, "B12")).to_be_focused()
    page.keyboard.press("Control+Home")
    expect(page).to_have_url(re.compile("well=A01"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("field=0"))


def test_a_letter_a_number_and_a_drag_choose_many_wells(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr")
    expect(well(page, "H12")).to_contain_text("H12")
    page.get_by_role("rowheader", name="C", exact=True).click()
    expect(page.locator(".summary")).to_contain_text("12 wells chosen")
    page.get_by_role("columnheader", name="5", exact=True).click()
    expect(page.locator(".summary")).to_contain_text("8 wells chosen")
    at_rest(page)
    start, end = well(page, "B02").bounding_box(), well(page, "D05").bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 5, steps=8)
    page.mouse.move(end["x"] + 9, end["y"] + 9)
    page.mouse.up()
    expect(page.locator(".summary")).to_contain_text("12 wells chosen")
    # The verdict is about the same wells, and so is whoever asks the page.
    expect(page.locator(".verdicts .standing")).to_contain_text("12 wells")
    chosen = page.evaluate(
        "window.hcsPart('core/selection.js').then((one) => one.selection.wells)"
    )
    assert chosen == [f"{row}{column:02}" for row in "BCD" for column in range(2, 6)]

    # Another part of the page may choose, Ctrl adds, and Escape chooses none.
    page.evaluate(
        "window.hcsPart('core/selection.js')"
        ".then(({ selectWells }) => selectWells(['A01', 'H12']))"
    )
    expect(page.locator('[role="gridcell"][aria-selected="true"]')).to_have_count(2)
    well(page, "C03").click(modifiers=["Control"])
    expect(page.locator(".summary")).to_contain_text("3 wells chosen")
    page.keyboard.press("Escape")
    expect(page.locator('[role="gridcell"][aria-selected="true"]')).to_have_count(0)

    # A drag that ends outside of the plate takes nothing from the next click.
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 9, end["y"] + 9, steps=4)
    page.mouse.move(700, 500, steps=3)
    page.mouse.up()
    well(page, "E05").click()
    expect(page).to_have_url(re.compile("well=E05"))
    expect(page.locator('[role="gridcell"][aria-selected="true"]')).to_have_count(1)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".summary")).to_contain_text("4 wells chosen")
    page.keyboard.press("Shift+Space")
    expect(page.locator(".summary")).to_contain_text("12 wells chosen")


def test_the_metric_colours_the_plate_and_stands_in_the_address(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr")
    expect(page.locator('.hcs-metric-select option[value="mean.0"]')).to_have_count(1)
    expect(well(page, "B02")).to_contain_text("fields")
    page.locator(".hcs-metric-select").select_option("mean.0")
    expect(page).to_have_url(re.compile(r"metric=mean\.0"))
    expect(well(page, "B02")).to_contain_text(re.compile(r"Mean intensity, DNA \d"))
    page.get_by_role("button", name="Numbers").click()
    expect(page.locator(".hcs-plate-map.numbers")).to_be_visible()
    well(page, "C05").click()
    expect(page).to_have_url(re.compile("well=C05"))


def test_a_plate_of_384_wells_is_all_there(looking: Server, visit: Callable) -> None:
    page = visit(looking, "?plate=many.ome.zarr")
    expect(page.locator('[role="gridcell"]')).to_have_count(384)
    well(page, "P24").click()
    expect(page.locator('.hcs-thumb[data-well="P24"]')).to_have_count(1)


# --- fields ---------------------------------------------------------------------------


@pytest.mark.parametrize("webgl2", [True, False], ids=["webgl2", "server"])
def test_the_value_under_the_cursor_is_the_array_s(
    webgl2: bool, looking: Server, visit: Callable
) -> None:
    """B3, second field, both channels; the plate is 40 pixels wide and 32 high."""
    page = visit(
        looking,
        "?plate=gradient.ome.zarr&well=B3&field=1",
        before="" if webgl2 else WITHOUT_WEBGL2,
    )
    pane = page.locator(".hcs-field-viewer .pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("."))
    shown = "canvas" if webgl2 else "img"
    expect(pane.locator(f"{shown}.picture")).to_be_visible()
    for x, y in ((0, 0), (39, 31), (17, 5)):
        readout = hover_pixel(page, x, y, (40, 32))
        for channel, name in enumerate(("DNA", "GFP")):
            code = plates.value(row=1, column=2, field=1, channel=channel) + x + y
            expect(readout).to_contain_text(re.compile(rf"{name}\s*{code:,}(?!\d)"))


def test_values_that_come_under_a_pointer_at_rest_are_said_and_why_they_cannot(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "health", before=WITHOUT_WEBGL2)
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route(PLANES, hold)
    page.goto(f"{looking.url}?plate=gradient.ome.zarr&well=B3&field=1")
    pane = page.locator(".hcs-field-viewer .pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("."))
    readout = hover_pixel(page, 17, 5, (40, 32))
    expect(readout).not_to_contain_text("DNA")
    for route in asked:
        route.continue_()
    for channel, name in enumerate(("DNA", "GFP")):
        code = plates.value(row=1, column=2, field=1, channel=channel) + 17 + 5
        expect(readout).to_contain_text(re.compile(rf"{name}\s*{code:,}(?!\d)"))

    page = visit(looking, "health", before=WITHOUT_WEBGL2, expected=("ERR_FAILED",))
    page.route(PLANES, lambda route: route.abort())
    page.goto(f"{looking.url}?plate=gradient.ome.zarr&well=B3&field=1")
    expect(page.locator(".hcs-field-viewer .pane")).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    expect(hover_pixel(page, 17, 5, (40, 32))).to_contain_text(
        "Values cannot be read: "
    )


def test_a_control_that_is_closed_is_not_drawn_again(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&well=B02&field=0")
    drawn = page.locator(".hcs-field-viewer .stage .pane")
    expect(drawn).to_have_attribute("data-drawn", re.compile("."))
    page.keyboard.press("c")
    control = page.locator(".hcs-field-viewer .control")
    pane = control.locator(".pane")
    expect(pane).to_have_attribute("data-drawn", re.compile("."))
    shown = pane.element_handle()
    assert shown is not None
    lost = """pane => {
      window.lost = new Promise((done) =>
        pane.querySelector("canvas").addEventListener("webglcontextlost", done))
    }"""
    shown.evaluate(lost)
    control.locator(".hcs-control-close").click()
    page.evaluate("window.lost.then(() => true)")
    source = shown.evaluate("pane => pane.querySelector('img').getAttribute('src')")
    assert source is None


def test_z_t_and_acquisitions_can_be_stepped_through(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=axes.ome.zarr&well=A1")
    expect(page.locator(".hcs-thumb")).to_have_count(4)
    page.locator(".hcs-where .hcs-acquisition").select_option("0")
    expect(page.locator(".hcs-thumb")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"acquisition=0"))
    expect(page.locator(".hcs-where")).to_have_attribute("data-acquisition", "run 0")
    page.locator(".hcs-thumb").first.click()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    # What nobody has chosen stands in the address and on the page, too.
    expect(page).to_have_url(re.compile(r"z=middle&t=first"))
    expect(page.locator(".hcs-where")).to_contain_text("z 2/2 · t 1/2")
    page.get_by_role("slider", name="Focal plane").fill("0")
    expect(page).to_have_url(re.compile(r"z=0"))
    page.locator(".hcs-field-viewer .stage").focus()
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile(r"t=1"))
    code = plates.value(field=0, plane=2)
    readout = hover_pixel(page, 3, 3, (40, 32))
    expect(readout).to_contain_text(re.compile(rf"DNA\s*{code:,}(?!\d)"))

    # With Shift the wheel goes through z, with Alt through time; alone it zooms.
    for key, turn, said in (("Shift", 100, "z=1"), ("Alt", -100, "t=0")):
        page.keyboard.down(key)
        page.mouse.wheel(0, turn)
        page.keyboard.up(key)
        expect(page).to_have_url(re.compile(said))
    # Planes count up in value, so their maximum is the last one.
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("projection=max"))
    expect(page.locator(".hcs-where")).to_contain_text("z max of 2 · t 1/2")
    code = plates.value(field=0, plane=1)
    expect(readout).to_contain_text(re.compile(rf"DNA\s*{code:,}"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the plane's pixels").click()
        expect(page.get_by_text("The file is being made…")).to_be_visible()
    assert (tifffile.imread(saved.value.path()) == code).all()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the picture as PNG").click()
    assert saved.value.suggested_filename.endswith("_z-max-of-2_t-1-of-2.png")


def test_contrast_is_shared_and_said_where_it_is_of_one_field(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&well=B02&field=0")
    source = page.locator(".channels .from")
    expect(source).to_have_text("Contrast: whole plate")
    expect(page.locator(".hcs-field-viewer .pane")).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    thumb = page.locator('.hcs-thumb[data-field="1"] img')
    at_rest(page)
    before = thumb.get_attribute("src")
    page.get_by_role("button", name="Auto field").click()
    expect(source).to_have_text("Contrast: B02 s1 only")
    expect(source).to_have_attribute("title", re.compile("same for every picture"))
    expect(thumb).not_to_have_attribute("src", before or "")
    # On every picture that is drawn with it, and for whoever gets the link.
    mark = page.locator(".hcs-field-viewer .contrast-mark")
    expect(mark).to_have_text("Contrast: B02 s1 only")
    expect(page).to_have_url(re.compile("contrast=B02"))
    other = visit(looking, page.url.removeprefix(looking.url).replace("B02&", "B03&"))
    expect(other.locator(".hcs-field-viewer .contrast-mark")).to_have_text(
        "Contrast: B02 s1 only"
    )
    with other.expect_download(), other.expect_request("**/field.png*") as asked:
        other.get_by_role("button", name="Save the picture as PNG").click()
    assert "source=field&origin=B02" in asked.value.url
    page.get_by_role("button", name=re.compile("Auto plate|Stored")).last.click()
    expect(source).to_have_text("Contrast: whole plate")
    expect(thumb).to_have_attribute("src", before or "")


def test_fields_are_sorted_and_the_plate_is_sampled(
    looking: Server, visit: Callable, picture: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&well=B02&metric=mean.0")
    thumbs = page.locator('.hcs-thumb[data-well="B02"]')
    expect(thumbs).to_have_count(2)
    page.locator(".hcs-field-order").select_option("worst")
    expect(page).to_have_url(re.compile("order=worst"))
    expect(thumbs).to_have_count(2)

    page.locator(".hcs-where").get_by_role("link", name="demo").click()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("wells=pictures"))
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("montage=random"))
    sampled = page.locator(".hcs-montage .hcs-thumb")
    expect(sampled).to_have_count(24)
    labels = sampled.evaluate_all("all => all.map((one) => one.dataset.well)")
    picture(page, "montage-random")
    again = visit(looking, page.url.removeprefix(looking.url))
    expect(again.locator(".hcs-montage .hcs-thumb")).to_have_count(24)
    assert (
        again.locator(".hcs-montage .hcs-thumb").evaluate_all(
            "all => all.map((one) => one.dataset.well)"
        )
        == labels
    )
    page.locator(".hcs-montage-others").click()
    expect(page).to_have_url(re.compile("seed=1"))
    page.get_by_role("button", name="Controls", exact=True).first.click()
    expect(page.locator(".hcs-montage h3").first).to_contain_text("control")
    picture(page, "montage-controls")
    chosen = sampled.first.get_attribute("data-well")
    sampled.first.click()
    expect(page).to_have_url(re.compile(f"well={chosen}"))


# --- the address ----------------------------------------------------------------------


def test_an_address_means_the_same_in_another_browser(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr&well=D08&field=1")
    expect(page.locator(".hcs-channel-1")).to_be_visible()
    page.locator(".hcs-channel-1").click()
    expect(page).to_have_url(re.compile("channels=0:"))
    other = visit(looking, page.url.removeprefix(looking.url))
    expect(other.locator(".hcs-channel-1")).to_have_attribute("aria-checked", "false")
    expect(other.locator(".hcs-channel-0")).to_have_attribute("aria-checked", "true")
    drawn = other.locator(".hcs-field-viewer .pane")
    expect(drawn).to_have_attribute("data-drawn", re.compile("."))
    same_place(page, other)


def test_back_and_forward_go_through_places(looking: Server, visit: Callable) -> None:
    page = visit(looking, "?plate=demo.ome.zarr")
    well(page, "B02").click()
    expect(page.locator('.hcs-thumb[data-well="B02"]')).to_have_count(2)
    page.locator(".hcs-thumb").first.click()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    page.go_back()
    expect(page.locator(".hcs-field-viewer")).to_be_hidden()
    expect(page.locator('.hcs-thumb[data-well="B02"]')).to_have_count(2)
    page.go_back()
    expect(page.locator(".hcs-gallery")).to_be_hidden()
    page.go_forward()
    expect(page.locator('.hcs-thumb[data-well="B02"]')).to_have_count(2)
    expect(well(page, "B02")).to_have_attribute("aria-selected", "true")


def test_a_metric_is_found_by_typing_and_chosen_by_keys(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr")
    expect(page.locator('.hcs-metric-select option[value="mean.0"]')).to_have_count(1)
    box = page.get_by_role("combobox", name="Metric", exact=True)
    active = page.locator('#metric-list [aria-selected="true"]')
    groups = page.locator("#metric-list [role=group]")
    box.focus()
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    # One entry for all channels, asked by what it is for; technical ones are last.
    expect(page.get_by_role("option", name="Mean intensity", exact=True)).to_have_count(
        1
    )
    expect(groups.last).to_contain_text("Technical")
    page.keyboard.type("MEAN int dna")
    expect(active).to_have_text("Mean intensity")
    expect(page.locator("#metric-about")).to_contain_text("Mean of all pixels")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"metric=mean\.0"))
    expect(page.locator(".hcs-metric-select select")).to_have_value("mean.0")
    page.get_by_label("Channel", exact=True).select_option("1")
    expect(page).to_have_url(re.compile(r"metric=mean\.1"))
    # Words of the explanation find it, too; Escape keeps what was there.
    box.focus()
    page.keyboard.type("blurrier")
    expect(active).to_have_text("Focus (power slope)")
    page.keyboard.press("Escape")
    expect(box).to_have_value("Mean intensity")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("suspicion")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("metric=suspicion"))
    box.focus()
    page.keyboard.press("ArrowDown")
    expect(groups.first).to_contain_text("Recently used")
    expect(groups.first).to_contain_text("Mean intensity")


# --- what is odd ----------------------------------------------------------------------


def test_plates_are_listed_and_broken_ones_say_why(
    looking: Server, visit: Callable, picture: Callable
) -> None:
    page = visit(looking)
    choices = page.locator(".hcs-plate-list tr[data-plate]")
    expect(choices).to_have_count(6)
    broken = choices.filter(has_text="empty.ome.zarr")
    expect(broken.locator("a")).not_to_have_attribute("href", re.compile("."))
    expect(broken).to_contain_text("columns")
    picture(page, "plates")
    # A link to it leads here, and says why.
    page.goto(looking.url + "?plate=empty.ome.zarr&well=A1")
    expect(page.locator(".hcs-plate-list [role=alert]")).to_contain_text("columns")
    expect(choices).to_have_count(6)
    page.locator(".hcs-common-limits input").check()
    choices.filter(has_text="gradient.ome.zarr").click()
    expect(well(page, "A1")).to_be_visible()
    expect(page.locator(".legend .mode").last).to_have_attribute("data-mode", "project")
    page.locator(".hcs-plates").click()
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    expect(well(page, "H12")).to_be_visible()
    expect(page).to_have_url(re.compile("plate=demo"))


def test_a_failing_well_shows_its_error_in_its_place_and_nowhere_else(
    looking: Server, visit: Callable, picture: Callable
) -> None:
    page = visit(looking, "?plate=odd.ome.zarr")
    expect(well(page, "A2")).to_contain_text("cannot be read")
    expect(well(page, "A3")).to_contain_text("nothing is there")
    expect(well(page, "B3")).to_contain_text("not acquired")
    picture(page, "odd-plate")
    well(page, "A2").click()
    expect(page.locator(".hcs-gallery [role=alert]")).to_contain_text("A2")
    picture(page, "odd-well")
    well(page, "B1").click()
    expect(page.locator('.hcs-thumb[data-well="B1"]')).to_have_count(2)
    broken = page.locator('.hcs-thumb[data-well="B1"][data-field="1"]')
    expect(broken.locator(".problem")).to_be_visible()
    whole = page.locator('.hcs-thumb[data-well="B1"][data-field="0"]')
    expect(whole.locator(".problem")).to_be_hidden()
    picture(page, "odd-field")
    well(page, "B3").click()
    expect(page.locator(".hcs-gallery .empty")).to_contain_text("not acquired")


def test_case_39_names_of_others_are_text_and_nothing_else(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=odd.ome.zarr&well=A1&field=0")
    expect(page.locator(".hcs-where")).to_contain_text("<img src=x")
    expect(page.locator(".hcs-gallery")).to_contain_text("<img src=x")
    well(page, "A1").hover()
    expect(page.locator(".tip")).to_contain_text("<img src=x")
    page.goto(looking.url + "?plate=<img src=x onerror=window.hacked=1>&well=<b>x")
    expect(page.get_by_text("is served here").first).to_be_visible()
    at_rest(page)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "query",
    [
        "?plate=nowhere",
        "?plate=demo.ome.zarr&well=Z99",
        "?well=B02&field=../../etc",
        "?plate=demo.ome.zarr&well=B02&field=77&z=99&t=99&metric=nothing&channels=9:zz",
    ],
    ids=["plate", "well", "path", "everything"],
)
def test_a_wrong_address_is_answered_in_words(
    query: str, looking: Server, visit: Callable
) -> None:
    page = visit(looking, query)
    expect(page.locator(".hcs-where")).to_be_visible()
    words = page.get_by_text(
        re.compile(r"is not on this plate|has no field|is served here|\d plates")
    )
    expect(words.first).to_be_visible()
    # Errors come with what arrives late: metrics, pictures, plots.
    expect(page.locator(".waiting").first).to_be_hidden()
    page.wait_for_load_state("networkidle")


# --- the page -------------------------------------------------------------------------


def test_light_and_dark_are_chosen_and_remembered(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr", dark=True)
    expect(well(page, "A01")).to_be_visible()
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(ground) != dark
    page.reload()
    expect(well(page, "A01")).to_be_visible()
    assert page.evaluate(ground) != dark


def test_a_read_only_server_offers_no_way_to_write(
    locked: Server, visit: Callable
) -> None:
    page = visit(locked, "?well=A1&field=0")
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    expect(page.locator(".hcs-history li")).to_have_count(1)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    at_rest(page)
    for part in (".hcs-upload", ".hcs-commit", ".hcs-revert", ".hcs-reviewer"):
        assert page.locator(part).filter(visible=True).count() == 0, part


def test_the_page_works_below_a_prefix(locked: Server, visit: Callable) -> None:
    assert locked.url.endswith("/hcs/")
    page = visit(locked, "?well=A1&field=0")
    expect(page.locator(".hcs-field-viewer .pane")).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    image = page.locator('.hcs-thumb[data-field="1"] img')
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0


def test_a_lost_connection_is_said(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    server = serve(small_plate)
    page = visit(server, "?well=A1", expected=("",))
    expect(page.locator(".hcs-thumb")).to_have_count(2)
    server.kill()
    expect(page.locator("#connection")).to_contain_text("connection")


# --- the fields of a well -------------------------------------------------------------


def test_the_fields_of_a_well_come_as_one_picture_each_in_its_place(
    tmp_path: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    """Every field has a brightness of its own, which rises with its place."""
    path = bright_fields(tmp_path / "bright.ome.zarr", 7)
    # Nothing is measured meanwhile, and all is in sight: a value that comes, or a
    # scroll, would move a picture while it is taken.
    server = serve(path, "--no-measure")
    page = visit(server, "?channels=0:FFFFFF:0:255", height=1600)
    page.wait_for_function(PREVIEWED, arg=f"pixels/{path.name}/previews.json")
    asked: list[str] = []
    page.on(
        "request", lambda request: is_picture(request.url) and asked.append(request.url)
    )
    well(page, "A1").click()
    thumbs = page.locator('.hcs-thumb[data-well="A1"]')
    expect(thumbs).to_have_count(7)
    for at in range(7):
        expect(thumbs.nth(at).locator("img.of-many")).to_have_js_property(
            "complete", True
        )
    at_rest(page)
    assert sum("/A1/sprite.jpg?size=300" in url for url in asked) == 1
    assert not any("thumb.jpg" in url for url in asked)
    page.keyboard.down("o")  # hides what is drawn over the pictures
    for at in range(7):
        shot = Image.open(io.BytesIO(thumbs.nth(at).locator(".frame").screenshot()))
        grey = np.asarray(shot.convert("L"), dtype=float)
        inner = grey[8:-8, 8:-8]
        assert np.abs(inner - (40 + 30 * at)).max() <= 4, at
    page.keyboard.up("o")
    picture(page, "well-of-seven")


PREVIEWED = """async (url) => {
  const found = await (await fetch(url)).json()
  return found.total && !found.running
}"""


def bright_fields(path: Path, count: int) -> Path:
    """Write a plate with one well, whose fields are 40, 70, 100 ... all over."""
    plate = Plate(
        rows=[PlateRow(name="A")],
        columns=[PlateColumn(name="1")],
        wells=[PlateWell(path="A/1", rowIndex=0, columnIndex=0)],
        field_count=count,
    )
    with HCSPlateWriter(path, plate) as writer:
        for at in range(count):
            data = np.full((1, 300, 300), 40 + 30 * at, dtype=np.uint8)
            image = NgffImage(
                data=data,
                dims=("c", "y", "x"),
                scale={"c": 1.0, "y": 1.0, "x": 1.0},
                translation={"c": 0.0, "y": 0.0, "x": 0.0},
            )
            writer.write_well_image(to_multiscales(image, []), "A", "1", field_index=at)
    return path
