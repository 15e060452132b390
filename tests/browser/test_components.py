"""The components in somebody's app, served by Panel's own server."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.late import LateMessages
from tests.browser.serving import ROOT, announcing

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = """
import panel as pn
from dashboard.components import FieldView, PlateMap
from hcs import from_hcs_zarr

pn.extension()
plate = from_hcs_zarr({path!r})
plate_map = PlateMap(plate, {{"A1": 1.0, "b02": 5.0, "A/3": 2}}, title="cells")
view = FieldView(plate.well("A1").get_image())
plate_map.param.watch(
    lambda event: setattr(view, "image", plate.well(event.new[0]).get_image())
    if event.new else None, "selected")
said = pn.pane.Str(pn.bind(" ".join, plate_map.param.selected), name="said")
lows = pn.pane.Str(pn.bind(
    lambda channels: "lows " + " ".join(str(c["low"]) for c in channels),
    view.param.channels))
button = pn.widgets.Button(name="Select row B")
button.on_click(lambda _: setattr(plate_map, "selected", ["b1", "B/2", "B03"]))
categories = PlateMap(plate, "compound")
pn.Row(pn.Column(plate_map, said, button, categories), pn.Column(view, lows)).servable()
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Serve an app of somebody's with both components."""
    folder = tmp_path_factory.mktemp("app")
    path = plates.make(
        folder / "p.zarr",
        z=3,
        pixels="gradient",
        wells=[(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)],
        annotations={
            "conditions": {
                "columns": ["compound"],
                "wells": {"A/1": ["DMSO"], "B/1": ["<b>X</b>"]},
            }
        },
    )
    script = folder / "app.py"
    script.write_text(APP.format(path=str(path)).replace('"A/3": 2', '"B/3": 2'))
    command = sys.executable, "-m", "panel", "serve", script, "--port", "0"
    address = r"running at: (http://(localhost:\d+)/app)"
    with announcing(command, address, cwd=ROOT) as running:
        url = running[1].replace("localhost", "127.0.0.1")
        yield SimpleNamespace(
            url=running[1], host=running[2], let_in=lambda context: None, other=url
        )


def test_components_work_in_anybodys_app_and_fetch_nothing(app, visit, picture):
    page = visit(app, expected=("favicon.ico",))
    wells = page.locator(".hcs-plate-map").first
    said = page.locator("pre").first
    view = page.locator(".hcs-field-viewer")
    expect(view).to_have_attribute("aria-label", re.compile("Field A/1/0"))
    picture(page, "components-light")

    # Clicked there, Python knows, and so does what follows it in the app.
    wells.locator('td[data-well="B2"]').click()
    expect(said).to_have_text("B2")
    expect(view).to_have_attribute("aria-label", re.compile("Field B/2/0"))
    page.keyboard.press("ArrowLeft")
    expect(said).to_have_text("B1")
    page.keyboard.press("Shift+ArrowUp")
    expect(said).to_have_text("A1 B1")
    # What was not acquired cannot be selected.
    wells.locator('td[data-well="A3"]').click()
    expect(said).to_have_text("")

    # Set in Python, the browser shows it. A contrast that is set in the browser while
    # the next picture is on its way stays, and arrives.
    black = page.get_by_label(re.compile("Black point of")).first
    limits = page.locator(".channel output").first
    lows = page.get_by_text(re.compile("^lows "))
    before = lows.inner_text()
    button = page.get_by_role("button", name="Select row B")
    black.evaluate(
        """(slider, button) => {
          slider.value = 500
          slider.dispatchEvent(new Event("input", { bubbles: true }))
          button.click()
        }""",
        button.element_handle(),
    )
    by_hand = limits.inner_text().split()[0]
    expect(lows).not_to_have_text(before)
    expect(view).to_have_attribute("aria-label", re.compile("Field B/1/0"))
    expect(limits).to_have_text(re.compile(f"^{by_hand} to "))
    expect(lows).to_have_text(re.compile(f"^lows {by_hand}"))
    expect(said).to_have_text("B1 B2 B3")
    chosen = wells.locator('td[aria-selected="true"]')
    expect(chosen).to_have_count(3)
    # The other map has a selection of its own.
    others = page.locator(".hcs-plate-map").nth(1)
    expect(others.locator('td[aria-selected="true"]')).to_have_count(0)
    expect(page.get_by_text("<b>X</b>").first).to_be_visible()

    # Another plane that is chosen in the browser arrives, too.
    page.get_by_label("Focal plane").press("ArrowRight")
    expect(page.get_by_text("2 of 3")).to_be_visible()


def test_a_contrast_that_crosses_a_picture_of_python_is_the_same_on_both_sides(
    app, visit
):
    page = visit(app, expected=("favicon.ico",))
    late = LateMessages(page)
    page.goto(app.url)
    view = page.locator(".hcs-field-viewer")
    expect(view).to_have_attribute("aria-label", re.compile("Field A/1/0"))
    # The picture is on its way while the contrast is set, and arrives after it is sent.
    late.hold("B/1/0")
    page.get_by_role("button", name="Select row B").click()
    late.wait()
    black = page.get_by_label(re.compile("Black point of")).first
    black.evaluate(
        """(slider) => {
          slider.value = 500
          slider.dispatchEvent(new Event("input", { bubbles: true }))
        }"""
    )
    limits = page.locator(".channel output").first
    by_hand = limits.inner_text().split()[0]
    late.wait(f"lows {by_hand}")
    late.let_go()
    expect(view).to_have_attribute("aria-label", re.compile("Field B/1/0"))
    expect(limits).to_have_text(re.compile(f"^{by_hand} to "))
    shown = page.locator(".channel output").all_inner_texts()
    lows = " ".join(text.split()[0].replace(",", "") for text in shown)
    expect(page.get_by_text(re.compile("^lows "))).to_have_text(f"lows {lows}")


def test_components_are_dark_on_dark(app, visit, picture):
    page = visit(
        app,
        expected=("favicon.ico",),
        before="addEventListener('DOMContentLoaded', "
        "() => { document.body.style.background = '#111' })",
    )
    host = page.locator(".hcs-field-viewer").locator("xpath=ancestor-or-self::*").first
    expect(host).to_be_visible()
    theme = page.locator("[data-theme=dark]")
    expect(theme).to_have_count(3)
    picture(page, "components-dark")
