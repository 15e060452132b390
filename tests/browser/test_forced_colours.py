"""In forced colours the person's own ones are drawn: signs and borders say the rest."""

from __future__ import annotations

import io
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.serving import at_rest, well
from tests.browser.test_review import NAMED, ready, toast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.browser.serving import Server

SEEN = 32
"""Levels of grey by which a pixel must differ to be seen as another one."""

LEAST = 8
"""Pixels that differ between the signs of two states."""

EDGELESS = """() => {
  const inside = (each) => (each.shadowRoot ? all(each.shadowRoot) : [])
  const all = (root) => [...root.querySelectorAll("*")]
    .flatMap((each) => [each, ...inside(each)])
  const edged = (each) => {
    const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(each)
    const ground = getComputedStyle(document.body).backgroundColor
    return borderTopStyle !== "none" && parseFloat(borderTopWidth) > 0
      && borderTopColor !== ground
  }
  const boxes = "button:not(.plain, .tab), select, textarea, .panel, "
    + "input:not([type=range], [type=checkbox], [type=radio])"
  const seen = all(document.body).filter((each) => each.matches(boxes)
    && each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !each.matches(".sr, .skip, [type=file], [type=color]"))
  const lacking = seen.filter((each) => !edged(each))
  return [seen.length, lacking.map((each) => each.outerHTML.slice(0, 160))]
}"""


def drawn(element: Locator) -> np.ndarray:
    """Return what an element looks like without its colours: levels of grey."""
    picture = Image.open(io.BytesIO(element.screenshot())).convert("L")
    return np.asarray(picture, dtype=int)


def difference(first: np.ndarray, second: np.ndarray) -> int:
    """Return in how many pixels two pictures differ; cells end at whole ones."""
    rows, columns = np.minimum(first.shape, second.shape)
    apart = np.abs(first[:rows, :columns] - second[:rows, :columns])
    return int(np.count_nonzero(apart > SEEN))


def alike(states: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return the states that nobody could tell from each other."""
    return [
        (first, second)
        for first, second in combinations(states, 2)
        if difference(states[first], states[second]) < LEAST
    ]


@pytest.fixture
def forced(visit: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page in forced colours."""

    def open_page(server: Server, query: str) -> Page:
        page = visit(server, query, before=NAMED)
        page.emulate_media(forced_colors="active")
        expect(page.locator(".hcs-plate-map")).to_be_visible()
        at_rest(page)
        return page

    return open_page


def test_wells_controls_and_choices_are_told_apart_without_colours(
    looking: Server, forced: Callable[..., Page]
) -> None:
    page = forced(looking, "?plate=demo.ome.zarr")
    wells = {
        "usual": "C05",
        "suspect": "B02",
        "incomplete": "H06",
        "missing": "B06",
        "negative control": "A01",
        "positive control": "A12",
    }
    expect(well(page, "B02")).to_contain_text("Suspicion 3")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    states = {state: drawn(well(page, label)) for state, label in wells.items()}
    assert alike(states) == []
    views = page.locator(".hcs-views:visible button")
    assert alike({"chosen": drawn(views.first), "other": drawn(views.nth(1))}) == []
    count, lacking = page.evaluate(EDGELESS)
    assert count > 30
    assert lacking == []
    well(page, "C05").click()
    expect(page.locator(".hcs-gallery")).to_be_visible()
    at_rest(page)
    page.locator(".hcs-note").hover()
    open_well, other = drawn(well(page, "C05")), drawn(well(page, "C07"))
    assert alike({"open": open_well, "other": other}) == []
    count, lacking = page.evaluate(EDGELESS)
    assert count > 30
    assert lacking == []


def test_verdicts_are_told_apart_without_colours(
    small_plate: Path, serve: Callable[..., Server], forced: Callable[..., Page]
) -> None:
    page = forced(serve(small_plate, "--no-measure"), "?well=A1")
    verdicts = {"A1": ("p", "pass"), "A2": ("l", "flag"), "A3": ("f", "fail")}
    for label, (key, word) in verdicts.items():
        well(page, label).click()
        ready(page, label)
        page.keyboard.press(key)
        toast(page, f"{label} {word}")
    well(page, "B2").click()
    ready(page, "B2")
    page.locator(".hcs-note").hover()
    labels = {word: label for label, (_, word) in verdicts.items()} | {"none": "B3"}
    states = {word: drawn(well(page, label)) for word, label in labels.items()}
    assert alike(states) == []
    well(page, "A3").click()
    ready(page, "A3")
    buttons = {
        name: drawn(page.locator(f".verdict.{name}")) for name in ("pass", "fail")
    }
    assert alike(buttons) == []
    held = page.locator(".verdict[aria-pressed=true]")
    expect(held).to_have_count(1)
    assert held.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
