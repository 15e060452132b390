"""The command palette: everything on the page is found and done by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import at_rest
from tests.browser.test_review import NAMED, ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.serving import Server

UNFOUND = """async (channels) => {
  const folder = new URL("../", document.querySelector("#start").src)
  const { entries } = await import(new URL("palette/entries.js", folder))
  const { ACTIONS } = await import(new URL("core/keys.js", folder))
  const all = entries(() => 0)
  const names = new Set(all.map(({ name }) => name))
  const acts = new Set(all.map(({ id }) => id))
  const offered = ({ id, channel = -1 }) => id !== "palette" && channel < channels
  const missing = ACTIONS.filter((act) => offered(act) !== acts.has(`act:${act.id}`))
    .map(({ id }) => `act ${id}`)
  const barred = Object.fromEntries(all.map(({ id, barred }) => [id, barred]))
  let seen = 0
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot)
      if (!element.matches("button, a[href], select, summary")) continue
      if (!element.checkVisibility()) continue
      // The list of plates names each plate; the skip link is for who has no pointer;
      // what assistive programs do not meet stands behind something that they do.
      if (element.matches(".skip, .hcs-plate-link, .hcs-where a, .hcs-plates")) continue
      if (element.matches("[aria-hidden=true]")) continue
      seen += 1
      const act = element.dataset.act
      const text = element.matches("select")
        ? [...element.labels].map((label) => label.firstChild.textContent).join(" ")
        : element.textContent
      const called = element.getAttribute("aria-label") || text || element.title
      const name = called.replace(/\\s+/g, " ").trim()
      if (act ? act !== "palette" && !acts.has(`act:${act}`) : !names.has(name))
        missing.push(`${element.tagName} “${name}”`)
    }
  }
  walk(document)
  return { seen, missing, barred }
}"""
"""What can be pressed and is seen, and is not in the palette: by a walk of its own.
Acts of channels are there for those that the plate has, and for no others."""


def shown(page: Page) -> None:
    page.wait_for_selector("html[data-connected]", state="attached")
    at_rest(page)


def test_every_act_button_and_setting_is_found_by_its_name(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking)
    places = ["", "?plate=demo.ome.zarr", "?plate=demo.ome.zarr&well=B02"]
    for place in [*places, "?plate=demo.ome.zarr&well=B02&field=0"]:
        page.goto(looking.url + place)
        shown(page)
        unfound = page.evaluate(UNFOUND, 2 if place else 0)
        assert unfound["missing"] == [], place
        assert unfound["seen"] > (10 if place else 5), place
    # What the open field has not says so.
    assert unfound["barred"]["act:z-up"] == "This image has one focal plane."
    assert unfound["barred"]["act:t-on"] == "This image has one time point."


def test_a_panel_is_headed_by_the_name_that_more_calls_it_by(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr", before=NAMED)
    shown(page)
    names = page.locator("#more-names button:visible")
    assert names.count() > 2
    for button in names.all():
        button.click()
        heading = page.locator(".folded.open h2").first
        expect(heading).to_have_text(re.compile(f"^{button.inner_text()}"))


UNBOUNDED = """() => {
  const typed = "textarea, input[type=text], input[type=search]"
  const inside = (root) => [...root.querySelectorAll("*")].flatMap((element) =>
    [element, ...(element.shadowRoot ? inside(element.shadowRoot) : [])])
  const all = inside(document).filter((element) => element.matches(typed))
  const free = all.filter(({ maxLength }) => maxLength < 1 || maxLength > 20000)
  return { seen: all.length, free: free.map(({ outerHTML }) => outerHTML) }
}"""
"""Which of the boxes for typing take a text of any length."""


def test_a_megabyte_that_is_pasted_is_cut_before_anything_looks_for_it(
    tmp_path: Path, serve: Callable, visit: Callable
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2, shape=(32, 32))
    page = visit(serve(path), "?plate=p.ome.zarr&well=A01&field=0", before=NAMED)
    shown(page)
    boxes = page.evaluate(UNBOUNDED)
    assert boxes["free"] == []
    assert boxes["seen"] > 5
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Find an act")
    expect(box).to_be_focused()
    page.keyboard.insert_text("a b " * (1 << 18))
    expect(box).to_have_value("a b " * 250)


def test_the_palette_is_typed_into_and_gives_the_focus_back(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "?plate=demo.ome.zarr", before=NAMED)
    shown(page)
    box = page.get_by_role("combobox", name="Find an act")
    options = page.locator(".hcs-palette [role=option]")
    # What needs a well says so, and is not done.
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.type("fail")
    expect(options.first).to_contain_text("Open a well first")
    expect(options.first).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-palette [role=status]")).to_contain_text("Open a well")
    # A well is found however it is spelled, and opened.
    page.keyboard.press("Control+a")
    page.keyboard.type("r4c7")
    expect(options.first).to_contain_text("D07")
    expect(box).to_have_attribute("aria-activedescendant", "palette-0")
    page.keyboard.press("Enter")
    expect(page.locator(".hcs-palette")).not_to_be_visible()
    ready(page, "D07")
    # Nothing is done by Enter alone, and Esc gives the focus back to where it was.
    page.locator(".verdicts input").first.focus()
    page.keyboard.press("Control+k")
    expect(options.first).to_contain_text("D07")  # used last
    expect(page.locator(".hcs-palette [aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    expect(page.locator(".verdicts input").first).to_be_focused()
    # A metric colours the plate; the key of an act stands beside its name.
    page.keyboard.press("Control+k")
    page.keyboard.type("nuclei")
    expect(options.first).to_contain_text("Metric")
    page.keyboard.press("Enter")
    page.wait_for_url("**metric=nucleus_count.0**")
    page.keyboard.press("Control+k")
    page.keyboard.type("light or dark")
    expect(options.first.locator("kbd")).to_have_text("D")
    theme = page.evaluate("document.documentElement.dataset.theme ?? ''")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "(was) => document.documentElement.dataset.theme !== was", arg=theme
    )


def test_a_palette_whose_list_could_not_be_fetched_says_so_and_lists_it_the_next_time(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, expected=("entries.js", "Failed to load resource"))
    shown(page)
    script = re.compile(r"/palette/entries\.js")
    page.route(script, lambda route: route.abort("connectionreset"))
    page.keyboard.press("Control+k")
    palette = page.locator(".hcs-palette")
    expect(palette.get_by_role("status")).to_contain_text("could not be listed")
    page.keyboard.press("Escape")
    page.unroute(script)
    page.keyboard.press("Control+k")
    page.keyboard.type("all plates")
    expect(palette.get_by_role("option").first).to_be_visible()
