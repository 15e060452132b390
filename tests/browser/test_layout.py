"""Where things stand on the page, in each of its stages and on each screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from tests.browser.serving import at_rest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.serving import Server

SIZES = ((1280, 800), (1024, 768), (1920, 1080), (640, 400))
"""The last one is a page of 1280 x 800 at 200 %."""

TEXT = 16
"""Pixels that text has in a browser where nobody has set it."""

DEMO = "?plate=demo.ome.zarr"
ALWAYS = (".hcs-suspects", ".channels-area", ".panel.verdicts", ".chooser")
AT_ONCE = {
    "list": (".hcs-plate-list",),
    "no plate": (".hcs-plate-list", ".notice"),
    "values": (".hcs-plate-map", ".plot-area", *ALWAYS),
    "pictures": (".plate-canvas", ".plot-area", *ALWAYS),
    "large": (".hcs-plate-map", ".plot-area", *ALWAYS),
    "well": (".hcs-plate-map", ".hcs-gallery", ".plot-area", *ALWAYS),
    "broken": (".hcs-plate-map", ".hcs-gallery", ".plot-area", *ALWAYS),
    "field": (".hcs-plate-map", ".hcs-field-viewer", ".plot-area", *ALWAYS),
    "compare": (
        *(".hcs-plate-map", ".hcs-compare", ".plot-area"),
        *(".hcs-reason", ".hcs-commit", ".panel.verdicts"),
    ),
}
"""What is in sight at 1280 x 800 without scrolling, by what is looked at."""

QUERIES = {
    "list": "",
    "no plate": "?plate=empty.ome.zarr",
    "values": DEMO,
    "large": "?plate=many.ome.zarr",
    "pictures": f"{DEMO}&wells=pictures",
    "well": f"{DEMO}&well=B02",
    "broken": "?plate=odd.ome.zarr&well=A2",
    "field": f"{DEMO}&well=B02&field=0",
}

SEEN = """part => {
  const up = (each) => each.parentElement ?? each.getRootNode().host ?? null
  let { top, bottom } = part.getBoundingClientRect()
  for (let each = up(part); each; each = up(each)) {
    if (getComputedStyle(each).overflowY === "visible") continue
    const box = each.getBoundingClientRect()
    top = Math.max(top, box.top)
    bottom = Math.min(bottom, box.bottom)
  }
  return Math.min(bottom, innerHeight) - Math.max(top, 0)
}"""
"""How many pixels of a part's height are in the window now."""

FAULTS = """async () => {
  // What measures itself follows a new size in a frame of its own.
  const frame = () => new Promise(requestAnimationFrame)
  await frame()
  await frame()
  const faults = []
  const inside = (each) => (each.shadowRoot ? all(each.shadowRoot) : [])
  const all = (root) => [...root.querySelectorAll("*")]
    .flatMap((each) => [each, ...inside(each)])
  const above = (each) => each.parentElement ?? each.getRootNode().host ?? null
  const chain = (each) => (each ? [each, ...chain(above(each))] : [])
  const name = (each) => {
    const text = (each.textContent || each.value || "").trim().slice(0, 40)
    return `${each.tagName.toLowerCase()}.${each.className} "${text}"`
  }
  const clipped = (element, x, y) => chain(element).some((each) => {
    const { left, right, top, bottom } = each.getBoundingClientRect()
    const outside = x < left || x > right || y < top || y > bottom
    return outside && getComputedStyle(each).overflow !== "visible"
  })
  const deepest = (root, x, y) => {
    const element = root.elementFromPoint(x, y)
    const next = element?.shadowRoot
    return next?.elementFromPoint(x, y) ? deepest(next, x, y) : element
  }
  const { clientWidth, scrollWidth } = document.documentElement
  if (scrollWidth > clientWidth) faults.push(`${scrollWidth} px in ${clientWidth}`)
  // What is beyond the window is reached by no scrolling.
  const edge = document.querySelector("main").getBoundingClientRect().right
  if (edge > innerWidth + 1) faults.push(`the page ends at ${edge} of ${innerWidth}`)
  const seen = { visibilityProperty: true, opacityProperty: true }
  const controls = "button, select, summary, a[href], input:not([type=range])"
  for (const each of all(document.body)) {
    if (!each.checkVisibility(seen)) continue
    const short = getComputedStyle(each).textOverflow === "ellipsis"
    const cut = short && each.scrollWidth > each.clientWidth + 1
    if (cut && !chain(each).some(({ title }) => title)) {
      faults.push(`cut without a title: ${name(each)}`)
    }
    const wider = each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1
    const plot = chain(each).some((part) => part.matches?.(".bk-Figure"))
    const cuts = ["hidden", "clip"].includes(getComputedStyle(each).overflowX)
    if (wider && cuts && !plot && !short) {
      faults.push(`${each.scrollWidth} px cut to ${each.clientWidth}: ${name(each)}`)
    }
    if (!each.matches(controls) || each.matches(".sr")) continue
    const { left, top, width, height } = each.getBoundingClientRect()
    const [x, y] = [left + width / 2, top + height / 2]
    const beside = x < 0 || y < 0 || x > innerWidth || y > innerHeight
    if (width < 2 || beside || clipped(each, x, y)) continue
    const first = deepest(document, x, y)
    if (first && !chain(first).includes(each) && !chain(each).includes(first)) {
      faults.push(`${name(each)} lies below ${name(first)}`)
    }
  }
  return faults
}"""


FILLS = """([part, place]) => {
  const inside = (root) => [...root.querySelectorAll("*")]
    .flatMap((each) => [each, ...(each.shadowRoot ? inside(each.shadowRoot) : [])])
  const foot = (name) => inside(document).find((each) => each.matches(name))
    .getBoundingClientRect().bottom
  return Math.abs(foot(place) - foot(part)) < 16
}"""
"""Whether a part ends where its place ends, but for a margin."""


def below_the_fold(page: Page, names: tuple[str, ...]) -> list[str]:
    """Return which of some parts do not lie in the window as a whole."""
    size = page.viewport_size
    assert size is not None
    outside = []
    for name in names:
        box = page.locator(f"{name}:visible").first.bounding_box()
        if box is None or box["height"] < 20 or box["y"] < 0:
            outside.append(f"{name} is not there: {box}")
        elif box["y"] + box["height"] > size["height"] + 1:
            outside.append(f"{name} ends at {box['y'] + box['height']}")
    return outside


def out_of_reach(page: Page, names: tuple[str, ...]) -> list[str]:
    """Return which of some parts no scrolling brings into the window."""
    lost = []
    for name in names:
        part = page.locator(f"{name}:visible").first
        part.scroll_into_view_if_needed()
        seen = part.evaluate(SEEN)
        if seen < 24:
            lost.append(f"{name} shows {seen} px wherever one scrolls")
    return lost


def faults_of(page: Page) -> list[str]:
    """Return what may not be and stays so: what is moved may move something else."""
    faults: list[str] = []
    for _ in range(5):
        faults = page.evaluate(FAULTS)
        if not faults:
            break
    return faults


def check(page: Page, stage: str) -> None:
    """Hold a stage against what may not be, on each screen and with large text."""
    faults = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        at_rest(page)
        here = faults_of(page)
        if (width, height) == SIZES[0]:
            here += below_the_fold(page, AT_ONCE[stage])
        else:
            here += out_of_reach(page, AT_ONCE[stage])
        tall = page.evaluate("document.documentElement.scrollHeight")
        if stage == "field" and width >= SIZES[0][0] and tall > height:
            here.append(f"{tall} px in {height}")
        faults += [f"{stage} at {width}: {fault}" for fault in here]
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    settings = page.context.new_cdp_session(page)
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": 2 * TEXT}})
    at_rest(page)
    here = faults_of(page) + out_of_reach(page, AT_ONCE[stage])
    faults += [f"{stage} with large text: {fault}" for fault in here]
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": TEXT}})
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("stage", QUERIES)
def test_nothing_is_cut_covered_or_out_of_sight(
    stage: str, tmp_path: Path, looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, QUERIES[stage])
    expect(page.locator("html[data-connected]")).to_have_count(1)
    check(page, stage)
    if stage != "field":
        return
    file = tmp_path / "B02_s1_w1.tif"
    noise = np.random.default_rng(0).poisson(500, (512, 512))
    tifffile.imwrite(file, noise.astype("uint16"))
    page.locator(".hcs-upload").set_input_files(file)
    expect(page.locator(".hcs-compare .new .pane")).to_have_attribute(
        "data-drawn", re.compile(".")
    )
    check(page, "compare")
    page.locator(".hcs-discard").click()
    expect(page.locator(".hcs-compare")).to_be_hidden()


def test_panels_stand_still_from_the_plate_to_a_field(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)

    def places() -> list[tuple[float, float]]:
        at_rest(page)
        boxes = [
            page.locator(name).bounding_box()
            for name in (".suspects-area", ".channels-area", ".work", ".verdict-area")
        ]
        return [(box["x"], box["y"]) for box in boxes if box]

    before = places()
    assert len(before) == 4
    page.locator('[role="gridcell"][data-well="B02"]').click()
    expect(page.locator(".hcs-gallery")).to_be_visible()
    assert places() == before
    page.locator(".hcs-thumb").first.click()
    expect(page.locator(".hcs-field-viewer")).to_be_visible()
    assert places() == before


def test_a_plot_and_a_montage_use_the_room_that_their_place_has(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    page.locator(".hcs-views:visible").get_by_role("button", name="Random").click()
    expect(page.locator(".hcs-figure .bk-Figure")).to_be_visible()
    pictures = page.locator(".hcs-montage img")
    parts = ((".hcs-figure", ".plot-area"), (".hcs-montage", ".montage-area"))
    for width, height in ((1920, 1200), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        at_rest(page)
        for part, place in parts:
            page.wait_for_function(FILLS, arg=[part, place])
        if width == 1920:
            expect(pictures.last).to_be_in_viewport(ratio=1)


def test_a_folded_panel_is_opened_by_its_name_and_by_key(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    setup = page.locator(".hcs-setup")
    expect(setup).to_be_hidden()
    name = page.locator("#more").get_by_role("button", name="Assay setup")
    name.press("Enter")
    expect(setup).to_be_visible()
    expect(name).to_have_attribute("aria-expanded", "true")
    name.press("Enter")
    expect(setup).to_be_hidden()


def test_values_or_pictures_are_remembered_and_in_the_address(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    canvas, plate = page.locator(".plate-canvas"), page.locator(".hcs-plate-map")
    expect(plate).to_be_visible()
    expect(canvas).to_be_hidden()
    page.keyboard.press(",")
    expect(canvas).to_be_visible()
    expect(plate).to_be_hidden()
    expect(page).to_have_url(re.compile("wells=pictures"))
    page.goto(f"{looking.url}{DEMO}")
    expect(canvas).to_be_visible()
    expect(page).to_have_url(re.compile("wells=pictures"))


PLACES = """() => [".map-area", "#plate", ".stage-area", ".rail"]
  .map((name) => document.querySelector(name).getBoundingClientRect())
  .map(({ x, y, width, height }) => [x, y, width, height])"""


def test_an_upload_and_an_unknown_name_push_nothing(
    tmp_path: Path, looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, f"{DEMO}&well=B02")
    expect(page.locator("html[data-connected]")).to_have_count(1)
    at_rest(page)
    before = page.evaluate(PLACES)
    file = tmp_path / "no.tif"
    file.write_bytes(b"no picture")
    page.locator(".hcs-upload").set_input_files(file)
    uploads = page.locator(".hcs-uploads")
    expect(uploads).to_contain_text("1 file cannot be used")
    # What has to be read is open at once, over the page.
    expect(uploads.locator(".sheet")).to_be_visible()
    assert page.evaluate(PLACES) == before
    page.locator(".hcs-gallery h2").click()
    expect(uploads.locator(".sheet")).to_be_hidden()
    uploads.locator("summary").click()
    uploads.get_by_role("button", name="Discard no.tif").click()
    expect(uploads).to_be_hidden()
    page.goto(f"{looking.url}{DEMO}&well=Z99")
    expect(page.locator(".hcs-unknown")).to_contain_text("Z99 is not on this plate")
    assert "Z99" not in page.url
    at_rest(page)
    shown = page.evaluate(PLACES)
    page.get_by_role("button", name="Close this message").click()
    expect(page.locator(".hcs-unknown")).to_be_hidden()
    assert page.evaluate(PLACES) == shown


def test_statistics_stand_below_the_plot_where_there_is_room(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    statistics = page.locator(".hcs-statistics")
    tab = page.locator('.hcs-plots [data-tab="statistics"]')
    expect(statistics).to_be_in_viewport()
    expect(tab).to_be_hidden()
    page.locator('[role="gridcell"][data-well="B02"]').click()
    expect(page.locator(".hcs-gallery")).to_be_visible()
    expect(tab).to_be_visible()
    expect(statistics).to_be_hidden()
    tab.click()
    expect(statistics).to_be_in_viewport()


def test_the_buttons_of_many_channels_stay_in_sight_and_the_others_scroll(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator(".channels .sources button:visible")).to_have_count(1)
    box = page.locator(".channels-area").bounding_box()
    assert box is not None
    # As ten channels would.
    page.locator(".channels .list").evaluate("list => { list.style.height = '40rem' }")
    body = page.locator(".channels > .body")
    scrolls = "body => [body.scrollHeight > body.clientHeight, body.clientHeight > 40]"
    assert body.evaluate(scrolls) == [True, True]
    for part in (".channels h2", ".channels .sources"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    after = page.locator(".channels-area").bounding_box()
    assert after is not None
    ends = [area["y"] + area["height"] for area in (box, after)]
    assert ends[0] == pytest.approx(ends[1], abs=1)


def test_hints_of_a_first_visit_come_one_by_one_and_cover_nothing_to_press(
    looking: Server, visit: Callable[..., Page]
) -> None:
    # A browser that is driven has read all hints, unless it says otherwise.
    fresh = "localStorage['hcs-hints'] ??= '-'"
    page = visit(looking, "", before=fresh)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    hint = page.locator(".hcs-hint")
    expect(hint).to_contain_text("finds every act")
    assert faults_of(page) == []
    page.goto(f"{looking.url}{DEMO}")
    expect(hint).to_contain_text("Click a well to see its pictures")
    at_rest(page)
    assert faults_of(page) == []
    page.locator('[role="gridcell"][data-well="B02"]').click()
    expect(hint).to_contain_text("pass, flag or fail this well")
    at_rest(page)
    assert faults_of(page) == []
    hint.get_by_role("button", name="Got it").click()
    expect(hint).to_contain_text("finds every act")
    hint.get_by_role("button", name="No hints").click()
    expect(hint).to_be_hidden()
    page.reload()
    expect(page.locator("html[data-connected]")).to_have_count(1)
    expect(hint).to_be_hidden()


def test_the_focus_ring_of_the_plate_is_thin_and_inside_it(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    plate = page.locator("#plate")
    expect(plate).to_be_focused()
    expect(plate).to_have_css("outline-width", "2px")
    expect(plate).to_have_css("outline-offset", "-2px")
    # Nothing of the column lies over it.
    free = """plate => {
      const { left, right, top } = plate.getBoundingClientRect()
      return [...plate.children].filter((part) => part.checkVisibility())
        .map((part) => part.getBoundingClientRect())
        .map((part) => Math.min(part.left - left, right - part.right, part.top - top))
    }"""
    gaps = plate.evaluate(free)
    assert gaps
    assert min(gaps) >= 2


def test_a_file_is_asked_for_by_a_key_that_came_before_its_panel(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking, DEMO)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    with page.expect_file_chooser() as chooser:
        page.locator('[role="gridcell"][data-well="B02"]').click()
        page.keyboard.press("e")
    assert chooser.value.is_multiple()


MARKED = """([plate, wells]) => {
  const canvas = document.querySelector('[data-part="plates"] > *').shadowRoot
    .querySelector(`tr[data-plate="${plate}"] canvas`)
  if (!canvas?.width) return null
  const pen = canvas.getContext("2d")
  const colour = (x, y) => pen.getImageData(x, y, 1, 1).data.join()
  const side = canvas.width / 12
  const half = Math.floor(side / 2)
  const [marked, plain] = wells.map(([column, row]) => [column * side, row * side])
    .map(([x, y]) => colour(x, y) !== colour(x + half - 1, y + half))
  return marked && { plain: !plain }
}"""
"""Once the first of two wells of a small map has a mark: whether the other has none."""


def test_small_maps_mark_suspects_with_more_than_a_colour(
    looking: Server, visit: Callable[..., Page]
) -> None:
    page = visit(looking)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    expect(
        page.locator('tr[data-plate="demo.ome.zarr"] .hcs-plate-link')
    ).to_be_visible()
    # A map is drawn when it is seen, and again with what is read of its plate later.
    wells = [[1, 1], [1, 2]]  # B02 is a suspect, C02 none
    drawn = page.wait_for_function(MARKED, arg=["demo.ome.zarr", wells])
    assert drawn.json_value() == {"plain": True}
