"""What a person reads of a plate as an assay, and which wells are said to be odd."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.serving import MEASURING, at_rest, open_panel, well

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page


def statistic(page: Page, name: str) -> float:
    """Return a statistic of the controls as the panel has it."""
    row = page.locator(f'.hcs-statistics [data-statistic="{name}"]')
    expect(row).to_be_visible()
    return float(row.get_attribute("data-value") or "nan")


def choose(page: Page, title: str) -> None:
    """Colour the plate by a metric, and wait for its statistics."""
    page.locator(".hcs-metric-select select").select_option(label=title)
    expect(page.locator(".hcs-statistics .about")).to_contain_text(title)


def measured(page: Page) -> None:
    """Wait until suspicion is known."""
    expect(page.locator(".hcs-metric-select select")).to_have_value(
        "suspicion", timeout=MEASURING
    )


def test_the_panel_tells_a_good_assay_from_a_bad_metric_of_it(
    sbs_plate: Path, serve: Callable, visit: Callable, picture: Callable
) -> None:
    page = visit(serve(sbs_plate, "--workers", "2"), width=1440, height=900)
    measured(page)
    panel = page.locator(".hcs-statistics")
    expect(page.locator(".hcs-suspects")).to_contain_text(re.compile("A01|Nothing"))
    expect(panel).to_contain_text("8 positive, 16 negative, 72 sample")

    choose(page, "Nucleus to ring (6 px), GFP")
    expect(panel).to_contain_text("8 + 16")
    open_panel(page, "statistics")
    assert statistic(page, "z_prime") == pytest.approx(0.7, abs=0.05)
    expect(panel).to_contain_text("not interpretable: dose follows columns")
    expect(panel).to_contain_text("exploratory")
    picture(page, "1-ratio")

    # Where dose follows columns there is no B-score, and the plate says why.
    page.locator(".hcs-score").select_option("b")
    expect(well(page, "C05")).to_contain_text("no Nucleus to ring (6 px), GFP: B-score")
    expect(page.locator(".explain")).to_contain_text("not interpretable")
    page.locator(".hcs-score").select_option("z")
    expect(well(page, "C05")).to_contain_text("GFP: robust z -")
    page.locator(".hcs-score").select_option("")

    # A column of the plate map colours the plate, and its key says what is what.
    select = page.locator(".hcs-metric-select select")
    select.select_option(label="SBS_Controls")
    expect(page.locator(".categories li")).to_have_text(["-1", "0", "1"])
    expect(well(page, "A12")).to_contain_text("SBS_Controls 1")
    choose(page, "Nucleus to ring (6 px), GFP")
    expect(page.locator(".categories")).to_have_count(0)

    # The project's own metric is not exploratory any more.
    open_panel(page, "statistics")
    panel.get_by_role("button", name="Use as assay metric").click()
    expect(panel.locator(".exploratory")).to_have_count(0)

    choose(page, "Mean intensity, GFP")
    expect(panel.locator(".exploratory")).to_be_visible()
    assert statistic(page, "z_prime") < 0
    picture(page, "2-mean")

    # The controls of the other kind, said by a person, turn the sign of SSMD.
    before = statistic(page, "ssmd")
    panel.locator("summary", has_text="Roles").click()
    panel.get_by_label("Role of -1", exact=True).select_option("positive")
    panel.get_by_label("Role of 1", exact=True).select_option("negative")
    picture(page, "3-roles")
    panel.locator(".hcs-roles-keep").click()
    expect(panel).to_contain_text("set for this project")
    expect(panel).to_contain_text("16 + 8")
    assert statistic(page, "ssmd") == pytest.approx(-before)


def test_planted_defects_are_listed_with_their_reasons(
    demo_plate: Path,
    demo_measured: Path,
    serve: Callable,
    visit: Callable,
    picture: Callable,
) -> None:
    page = visit(serve(demo_plate, measured=demo_measured), width=1440, height=900)
    measured(page)
    listed = page.locator(".hcs-suspects .suspect")
    for label, reason in (
        ("B02", "out of focus? (focus -"),
        ("F11", "saturated ("),
        ("G06", "empty"),
        ("D09", "debris"),
        ("F04", "uneven light"),
        ("C07", "channel shift"),
        ("B06", "missing"),
    ):
        suspect = page.locator(f'.hcs-suspects .suspect[data-well="{label}"]')
        expect(suspect).to_contain_text(reason)
    assert listed.count() < 20
    page.set_viewport_size({"width": 1280, "height": 800})
    at_rest(page)
    # The worst are read without scrolling, and why they are suspect.
    for at in range(8):
        expect(listed.nth(at)).to_be_in_viewport(ratio=0.95)
        reason = listed.nth(at).locator(".why")
        assert reason.evaluate("line => line.scrollWidth <= line.clientWidth"), at
    page.set_viewport_size({"width": 1440, "height": 900})
    picture(page, "4-suspects")

    cut_offs_and_selection(page, picture)
    controls_typed(page, picture)
    colours_and_tables(page, picture)
    page.locator(".hcs-checks summary").click()
    checks = page.locator(".hcs-checks li")
    expect(checks.filter(has_text="uneven light")).to_contain_text("limit 50 %")
    expect(checks.filter(has_text="focus")).to_contain_text("fields of this plate")
    limits_of_the_project(page)

    page.locator('.hcs-suspects .suspect[data-well="C07"]').click()
    expect(well(page, "C07")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".hcs-suspects")).to_contain_text("Why C07 is suspect")
    expect(page.locator(".hcs-suspects")).to_contain_text(
        re.compile(r"channel Reporter, field s2: channel shift\? \(.* px\), worst of")
    )
    picture(page, "5-why")
    # What measuring proposes is a question until a person takes it.
    proposed = page.locator(".hcs-verdict-reason option:checked")
    expect(proposed).to_have_text(re.compile(r"\?$"))


def limits_of_the_project(page: Page) -> None:
    """A limit is kept for the project, judged by at once, and taken back."""
    open_panel(page, "setup")
    setup = page.locator(".hcs-setup")
    setup.locator("summary", has_text="Limits").click()
    limit = setup.get_by_label("Limit of uneven light")
    uneven = page.locator(".hcs-checks li").filter(has_text="uneven light")
    limit.fill("70")
    limit.press("Enter")
    expect(uneven).to_contain_text("limit 70 %")
    expect(setup).to_contain_text("set for this project; default 50")
    limit.fill("")
    limit.press("Enter")
    expect(uneven).to_contain_text("limit 50 %")


def cut_offs_and_selection(page: Page, picture: Callable) -> None:
    """A dragged cut-off is counted and kept; what it chooses is chosen everywhere."""
    select = page.locator(".hcs-metric-select select")
    select.select_option(label="Focus (power slope), DNA")
    tally = page.locator(".hcs-cut-count")
    expect(tally).to_have_text(re.compile(r"2 wells beyond, 13 suspects in all"))
    figure = page.locator(".hcs-figure")
    expect(figure).to_have_attribute("aria-busy", "false")
    page.wait_for_function(PLACES)
    at_rest(page)  # or what is still to come would move the line away
    x, y, to = page.evaluate(PLACES)
    select.focus()  # which it loses as the pointer goes down: no end of the drag
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(REST)
    page.mouse.move((x + to) / 2, y, steps=4)
    # A figure that comes meanwhile waits for the hand, and has what it did.
    page.emulate_media(color_scheme="dark")
    expect(figure).to_have_attribute("aria-busy", "true")
    expect(figure.locator("> *")).to_have_count(2)
    page.mouse.move(to, y, steps=4)
    expect(figure).to_have_attribute("aria-busy", "true")
    page.mouse.up()
    expect(tally).not_to_contain_text("2 wells beyond, 13")
    expect(figure).to_have_attribute("aria-busy", "false")
    page.emulate_media(color_scheme="light")
    dragged = re.compile(r"^-1\.(3[5-9]|4[0-4]|4$)")
    expect(page.locator(".hcs-cut-low")).to_have_value(dragged)

    # The keyboard moves it too, and the number is the same line.
    low = page.locator(".hcs-cut-low")
    low.fill("-1.6")
    expect(tally).to_contain_text(re.compile(r"^[3-9] wells beyond, 13 suspects"))
    low.press("ArrowUp")
    assert float(low.input_value()) > -1.6
    low.fill("-1.6")
    number = int((tally.text_content() or "0").split()[0])

    # What it chooses is chosen on the plate, and is what a verdict would be about.
    page.locator(".hcs-cut-choose").click()
    chosen = page.locator("td[data-well][aria-selected=true]")
    expect(chosen).to_have_count(number)
    expect(page.locator(".verdict-area")).to_contain_text(f"{number} wells")
    picture(page, "6-cut")
    page.locator(".hcs-cut-keep").click()
    back = page.get_by_role("button", name="Back to default")
    expect(back).to_be_visible()
    expect(page.locator(".hcs-suspects header")).to_contain_text("13 wells")
    back.click()
    expect(back).to_be_hidden()
    expect(tally).to_contain_text("2 wells beyond")

    # A row of the plate is marked among the points, and points mark wells.
    page.locator('.hcs-plots [data-tab="scatter"]').click()
    page.locator(".hcs-other-metric").select_option(label="Mean intensity, DNA")
    expect(page.locator(".hcs-plots")).to_contain_text("pearson")
    page.wait_for_function(POINTS)
    page.locator('.hcs-plate-map th[data-row="0"]').click()
    page.wait_for_function(f"({POINTS})() === 12")
    page.evaluate(CHOOSE_TWO)
    expect(chosen).to_have_count(2)
    picture(page, "7-scatter")
    page.locator('.hcs-plots [data-tab="histogram"]').click()


def controls_typed(page: Page, picture: Callable) -> None:
    """The plate wears scores and conditions; controls are where people say."""
    select = page.locator(".hcs-metric-select select")
    page.locator(".hcs-score").select_option("b")
    expect(well(page, "B02")).to_contain_text(re.compile(r"B-score -\d"))
    page.locator(".hcs-score").select_option("")
    page.locator(".hcs-way").select_option("max")
    expect(page).to_have_url(re.compile("way=max"))
    expect(page.locator(".hcs-cut-count")).not_to_contain_text("2 wells beyond")
    page.locator(".hcs-way").select_option("")
    expect(page).not_to_have_url(re.compile("way="))
    select.select_option(label="role")
    expect(page.locator(".categories li")).to_have_text(
        ["negative", "positive", "sample"]
    )
    open_panel(page, "setup")
    setup = page.locator(".hcs-setup")
    setup.locator("summary", has_text="Plate map").click()
    setup.get_by_label("positive").fill("A-D:5")
    setup.get_by_label("negative").fill("col:7, E5-H5")
    setup.locator(".hcs-typed-keep").click()
    expect(well(page, "A05")).to_contain_text("role positive")
    expect(well(page, "H05")).to_contain_text("role negative")
    expect(page.locator(".hcs-statistics")).to_contain_text("4 positive, 12 negative")
    picture(page, "8-typed")
    setup.get_by_label("positive").fill("A-H:5")
    setup.locator(".hcs-typed-keep").click()
    expect(setup.locator(".notice.bad:visible")).to_contain_text("cannot be both")


def colours_and_tables(page: Page, picture: Callable) -> None:
    """Colours by logarithm and between limits; a plate map and numbers from files."""
    choose(page, "Mean intensity, DNA")
    logarithm, limits = (
        page.locator(".hcs-log"),
        page.locator(".legend .mode[data-mode]"),
    )
    was = logarithm.get_attribute("aria-pressed")
    logarithm.click()
    expect(logarithm).not_to_have_attribute("aria-pressed", was or "")
    logarithm.click()
    expect(logarithm).to_have_attribute("aria-pressed", was or "")
    shown = page.locator(".legend > span")
    seen = []
    for mode in ("full", "project", "robust"):
        limits.click()
        expect(limits).to_have_attribute("data-mode", mode)
        expect(limits).not_to_contain_text("looking")
        seen.append(shown.all_inner_texts()[:2])
    # The only plate of its project has the same limits as its project.
    assert seen[0] != seen[1]

    setup = page.locator(".hcs-setup")
    table = b"Position,Drug\nB03,taxol\nb4,taxol\nC03,none\nZ99,none\n"
    setup.locator(".hcs-file-map").set_input_files(
        {"name": "drugs.csv", "mimeType": "text/csv", "buffer": table}
    )
    expect(setup).to_contain_text("drugs.csv: 3 wells of this plate, a row a well")
    expect(setup.locator(".problems")).to_contain_text("Z99")
    setup.locator(".hcs-map-keep").click()
    select = page.locator(".hcs-metric-select select")
    select.select_option(label="Drug")
    expect(page.locator(".categories li")).to_have_text(["none", "taxol"])
    expect(well(page, "B04")).to_contain_text("Drug taxol")
    picture(page, "9-map")
    setup.get_by_role("button", name="Remove", exact=True).click()
    expect(select.locator("option", has_text="Drug")).to_have_count(0)

    numbers = b"Well,Site,Cells,Area\nB03,1,10,5\nB03,2,30,OVRFLW\nC03,9,5,7\n"
    setup.locator(".hcs-file-import").set_input_files(
        {"name": "cells.csv", "mimeType": "text/csv", "buffer": numbers}
    )
    sites = setup.locator(".hcs-import-sites")
    expect(sites).to_contain_text(re.compile(r"1 is \S+ \(1 well\), 2 is"))
    expect(sites).to_contain_text("kept for the well without one: 9 (1 well)")
    picture(page, "10-import")
    expect(setup).to_contain_text("2 wells, 5 to 7, 1 cell without a number")
    expect(setup.locator(".problems")).to_contain_text(["'OVRFLW' in line 3"])
    setup.get_by_label(re.compile("^Area")).uncheck()
    setup.locator(".hcs-import-keep").click()
    select.select_option(label="Cells")
    expect(well(page, "B03")).to_contain_text("Cells 20")
    expect(well(page, "C03")).to_contain_text("Cells 5")
    setup.get_by_role("button", name="Remove Cells").click()
    expect(select.locator("option", has_text="Cells")).to_have_count(0)

    images = b"ImageNumber,Metadata_Well\n1,B03\n2,C03\n"
    features = [f"Feature_{index}" for index in range(400)]
    cells = [",".join(["ImageNumber", "ObjectNumber", *features])]
    cells += [",".join([image, "1", *map(str, range(400))]) for image in "12"]
    setup.locator(".hcs-file-import").set_input_files(
        [
            {"name": "Image.csv", "mimeType": "text/csv", "buffer": images},
            {
                "name": "Cells.csv",
                "mimeType": "text/csv",
                "buffer": "\n".join(cells).encode(),
            },
        ]
    )
    columns = setup.locator(".hcs-columns")
    expect(columns).to_contain_text("0 of 402 chosen")
    columns.locator(".hcs-columns-search").fill("feature 399")
    expect(columns.locator(".picked label")).to_have_count(1)
    columns.locator(".hcs-columns-all").click()
    expect(columns).to_contain_text("1 of 402 chosen")
    picture(page, "11-columns")
    setup.locator(".hcs-import-keep").click()
    select.select_option(label="Cells_Feature_399")
    expect(well(page, "C03")).to_contain_text("Cells_Feature_399 399")


_FIGURE = """
  const views = []
  const walk = (view) => {
    views.push(view)
    for (const one of view.child_views ?? []) walk(one)
  }
  for (const root of Object.values(Bokeh.index)) walk(root)
  const figure = views.find((one) => one.model.type === "Figure")
"""
_MODEL = """
  const named = (name) => (window.Bokeh?.documents ?? [])
    .map((each) => each.get_model_by_name(name)).find(Boolean)
"""
PLACES = f"""() => {{
  if (!window.Bokeh) return null
  {_MODEL}{_FIGURE}
  const span = named("hcs-cut-low")
  if (!figure?.frame || !span) return null
  const box = figure.el.getBoundingClientRect()
  const at = (value) => box.left + figure.frame.x_scale.compute(value)
  if (!Number.isFinite(at(span.location))) return null
  const {{ top, height }} = figure.frame.bbox
  return [at(span.location), box.top + top + height / 2, at(-1.4)]
}}"""
"""Where the lower cut-off is drawn, and where it would be at -1.4."""

REST = "() => new Promise((resolve) => setTimeout(resolve, 1000))"
"""A hand that holds what it will drag: for Bokeh a long press, which drags nothing."""

POINTS = f"""() => {{
  {_MODEL}
  return named("hcs-plot-wells")?.selected.indices.length ?? null
}}"""
"""How many points are marked."""

CHOOSE_TWO = f"() => {{ {_MODEL} named('hcs-plot-wells').selected.indices = [3, 40] }}"
"""What a box around two points does."""
