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

DEMO = "?plate=demo.ome.zarr"
ALWAYS = (".hcs-suspects", ".channels-area", ".verdicts", ".chooser")
AT_ONCE = {
    "list": (".hcs-plate-list",),
    "values": (".hcs-plate-map", ".plot-area", *ALWAYS),
    "pictures": (".plate-canvas", ".plot-area", *ALWAYS),
    "well": (".hcs-plate-map", ".hcs-gallery", ".plot-area", *ALWAYS),
    "field": (".hcs-plate-map", ".hcs-field-viewer", ".plot-area", *ALWAYS),
    "compare": (
        *(".hcs-plate-map", ".hcs-compare", ".plot-area"),
        *(".hcs-reason", ".hcs-commit", ".verdicts"),
    ),
}
"""What is in sight at 1280 x 800 without scrolling, by what is looked at."""

QUERIES = {
    "list": "",
    "values": DEMO,
    "pictures": f"{DEMO}&wells=pictures",
    "well": f"{DEMO}&well=B02",
    "field": f"{DEMO}&well=B02&field=0",
}

FAULTS = """() => {
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
  const seen = { visibilityProperty: true, opacityProperty: true }
  const controls = "button, select, summary, a[href], input:not([type=range])"
  for (const each of all(document.body)) {
    if (!each.checkVisibility(seen)) continue
    const short = getComputedStyle(each).textOverflow === "ellipsis"
    const cut = short && each.scrollWidth > each.clientWidth + 1
    if (cut && !chain(each).some(({ title }) => title)) {
      faults.push(`cut without a title: ${name(each)}`)
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


def check(page: Page, stage: str) -> None:
    """Hold a stage against what may not be, on each screen."""
    faults = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        at_rest(page)
        here = page.evaluate(FAULTS)
        if (width, height) == SIZES[0]:
            here += below_the_fold(page, AT_ONCE[stage])
        faults += [f"{stage} at {width}: {fault}" for fault in here]
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
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
