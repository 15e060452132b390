"""The list of plates, and the way from a plate back to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import EVIL
from tests.browser.serving import well

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.browser.serving import Server

pytestmark = pytest.mark.browser


def test_plates_are_sorted_grouped_and_searched_and_esc_and_logo_lead_back(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking)
    table = page.locator(".hcs-plate-list table")
    rows = table.locator("tr[data-plate]")
    names = rows.locator("a")
    expect(rows).to_have_count(6)
    expect(rows.filter(has_text="Reading")).to_have_count(0)

    # By click and by key; each column says whether it is the one.
    table.get_by_role("button", name="Plate").click()
    expect(table.locator("th[data-column=name]")).to_have_attribute(
        "aria-sort", "ascending"
    )
    first = names.first.inner_text()
    # Signs come before digits, and digits before letters, as people sort names.
    assert first == EVIL
    table.get_by_role("button", name="Plate").press("Enter")
    expect(names.last).to_have_text(first)
    page.keyboard.press("m")
    expect(table.locator("th[data-column=state]")).to_have_attribute(
        "aria-sort", "ascending"
    )

    # What a plate map says is found, too; the rows keep the focus meanwhile.
    page.keyboard.press("x")
    page.keyboard.type("negative")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(re.compile("role: negative, [0-9]+ wells"))
    expect(page.locator(".hcs-plate-list h2")).to_have_text("1 of 6 plates")
    page.keyboard.type("x")
    expect(page.locator(".hcs-plate-list .empty")).to_contain_text("No plate with")
    page.get_by_role("button", name="Show all plates").click()
    expect(rows).to_have_count(6)

    page.get_by_label("Group the plates").select_option("state")
    expect(table.locator("tr.group")).to_have_text(
        [re.compile("To do · 5 plates"), re.compile("Not readable · 1 plate$")]
    )
    page.reload()  # sort and group are this browser's
    expect(table.locator("tr.group")).to_have_count(2)
    expect(rows.filter(has_text="Reading")).to_have_count(0)
    page.keyboard.press("j")
    expect(names.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_be_focused()

    # Into a plate by its link, and back by Esc, by the logo and by the breadcrumb.
    rows.filter(has_text="demo.ome.zarr").locator("a").press("Enter")
    where = page.locator(".hcs-where")
    expect(where).to_have_text(re.compile("^Plates ?demo$"))
    well(page, "B02").click()
    expect(where).to_have_attribute("data-well", "B02")
    for place in ("well", "plate"):
        expect(where).to_have_attribute(f"data-{place}", re.compile("."))
        page.keyboard.press("Escape")
        expect(where).to_have_attribute(f"data-{place}", "")
    expect(rows).to_have_count(6)
    for link in (".product", ".hcs-where a >> nth=0"):
        rows.filter(has_text="gradient.ome.zarr").locator("a").click()
        expect(well(page, "A1")).to_be_visible()
        expect(page.locator(link)).to_have_attribute("href", "./")
        page.locator(link).click()
        expect(rows).to_have_count(6)

    # From plate to plate in the order of the list; its ends are ends.
    expect(rows.filter(has_text="Reading")).to_have_count(0)
    order = rows.evaluate_all("rows => rows.map((row) => row.dataset.plate)")
    names.first.click()
    for key in order[:5]:
        expect(page).to_have_url(re.compile(re.escape(f"plate={key}")))
        page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+K")
    expect(page).to_have_url(re.compile(re.escape(f"plate={order[3]}")))


def test_a_key_that_comes_before_the_map_of_a_plate_is_drawn_is_done_once_it_is(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking, "health")
    styles: list[Route] = []
    page.route("**/assets/**/plate/map.css", lambda route: styles.append(route))
    page.goto(looking.url)
    page.locator('tr[data-plate="gradient.ome.zarr"] a').click()
    expect(page.locator(".verdicts .progress")).to_contain_text("judged")
    page.keyboard.press("j")
    expect(well(page, "A1")).to_have_count(0)
    for style in styles:
        style.continue_()
    expect(page.locator(".hcs-where")).to_have_attribute("data-well", "A1")
    expect(well(page, "A1")).to_have_attribute("aria-selected", "true")


def test_what_is_opened_again_shows_what_was_read_before(
    looking: Server, visit: Callable
) -> None:
    page = visit(looking)
    medians = page.get_by_role("button", name="Medians over time")
    verdict = page.locator(".hcs-plate-list .trend [role=status]")
    dialog = page.get_by_role("dialog", name="Assay metric")
    for _ in range(2):
        medians.click()
        expect(verdict).to_be_visible()
        expect(verdict).not_to_have_text("Reading the plates…")
        medians.click()
        page.locator(".hcs-set-assay").click()
        expect(dialog.locator("option").first).to_be_attached()
        expect(dialog.get_by_text("Reading the metrics…")).to_have_count(0)
        dialog.get_by_role("button", name="Cancel").click()
