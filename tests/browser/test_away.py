"""A plate or a database that is away for a while, as people at the page see it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import Server, well

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

NAMED = "localStorage.setItem('hcs-reviewer', 'Ada Lovelace')"

WARNS = """() => {
  const leaving = new Event("beforeunload", { cancelable: true })
  window.dispatchEvent(leaving)
  return leaving.defaultPrevented
}"""
"""Whether closing the page is asked about."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("away")
    for name in ("one", "two"):
        plates.make(folder / "plates" / f"{name}.ome.zarr", fields=2, pixels="gradient")
    return folder


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    running = Server(place / "plates", workspace=place / "workspace")
    yield running
    running.stop()


def ready(page: Page, label: str) -> None:
    """Wait until the bar is about this well and takes a verdict."""
    expect(page.locator(".verdicts .standing b")).to_have_text(label)
    expect(page.locator(".verdicts.waiting")).to_have_count(0)


def test_a_plate_that_vanishes_is_announced_locked_and_loaded_again_when_it_is_back(
    server: Server, place: Path, visit: Callable[..., Page]
) -> None:
    page = visit(
        server,
        "?plate=one.ome.zarr&well=A1",
        before=NAMED,
        expected=("/pixels/", "ERR_FAILED"),
    )
    ready(page, "A1")
    page.locator(".hcs-note").fill("a fibre")
    plate, away = place / "plates" / "one.ome.zarr", place / "elsewhere"
    plate.rename(away)
    alert = page.locator(".hcs-absence")
    expect(alert).to_contain_text("The plate cannot be reached since")
    expect(alert).to_contain_text("Check that its network share is mounted")
    expect(page.locator(".last-seen:visible").first).to_contain_text("as last seen")
    # What was there stays, nothing is decided, and what was typed is kept.
    expect(page.locator('.hcs-thumb[data-well="A1"]').first).to_be_visible()
    expect(page.locator(".hcs-verdict-fail")).to_be_disabled()
    page.locator("#plate").focus()
    page.keyboard.press("f")
    expect(page.locator(".toast")).to_contain_text("nothing is decided")
    expect(page.locator(".hcs-note")).to_have_value("a fibre")
    # Pictures that are not there now are loaded when the plate is.
    page.route("**/pixels/**", lambda route: route.abort())
    well(page, "B2").click()
    thumbs = page.locator('.hcs-thumb[data-well="B2"]')
    expect(thumbs.locator(".problem").first).to_contain_text("could not be loaded")
    page.unroute("**/pixels/**")
    away.rename(plate)
    expect(alert).to_be_hidden()
    expect(page.locator(".hcs-returned")).to_contain_text("available again")
    expect(page.locator(".last-seen:visible")).to_have_count(0)
    expect(thumbs.first).to_be_visible()
    expect(thumbs.locator(".problem:visible")).to_have_count(0)
    well(page, "A1").click()
    ready(page, "A1")
    expect(page.locator(".hcs-note")).to_have_value("a fibre")
    page.locator(".hcs-verdict-fail").click()
    expect(page.locator(".toast")).to_contain_text("A1 fail")


def test_a_verdict_that_waits_for_a_busy_database_is_shown_as_not_saved_yet(
    server: Server, place: Path, visit: Callable[..., Page]
) -> None:
    page = visit(server, "?plate=one.ome.zarr&well=A2", before=NAMED)
    ready(page, "A2")
    other = visit(server, "?plate=one.ome.zarr&well=B2")
    ready(other, "B2")
    database = place / "workspace" / "workspace.sqlite"
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    page.locator(".hcs-verdict-flag").click()
    waits = page.locator(".hcs-not-saved")
    expect(waits).to_contain_text("Not saved yet: A2 flag")
    expect(well(page, "A2")).to_contain_text("flag: not saved yet")
    assert page.evaluate(WARNS)
    # Another plate's A2 is another well.
    page.keyboard.press("Shift+J")
    expect(waits).to_contain_text("Not saved yet: A2 flag on ")
    expect(well(page, "A2")).not_to_contain_text("not saved")
    page.keyboard.press("Shift+K")
    expect(waits).to_contain_text("Not saved yet: A2 flag.")
    expect(well(page, "A2")).to_contain_text("flag: not saved yet")
    # Others go on meanwhile.
    well(other, "B3").click()
    expect(other.locator('.hcs-thumb[data-well="B3"]').first).to_be_visible()
    expect(well(other, "A2")).not_to_contain_text("flag")
    holder.execute("COMMIT")
    holder.close()
    expect(waits).to_be_hidden()
    expect(well(page, "A2")).to_contain_text("flag")
    expect(well(page, "A2")).not_to_contain_text("not saved")
    assert not page.evaluate(WARNS)
    expect(well(other, "A2")).to_contain_text("flag")


@pytest.mark.parametrize(
    "file",
    [
        "pixels/gallery.js",
        pytest.param("pixels/gallery.css", marks=pytest.mark.full),
    ],
)
def test_a_part_whose_files_could_not_be_fetched_is_drawn_with_its_next_text(
    server: Server, visit: Callable[..., Page], file: str
) -> None:
    page = visit(server, "health", expected=("/pixels/", "ERR_FAILED", "TypeError"))
    page.route(f"**/assets/**/{file}", lambda route: route.abort())
    page.goto(f"{server.url}?plate=one.ome.zarr")
    well(page, "A1").click()
    fault = page.locator('[data-part="gallery"] > .fault')
    expect(fault).to_contain_text("cannot be shown")
    page.unroute(f"**/assets/**/{file}")
    well(page, "B2").click()
    expect(page.locator('.hcs-thumb[data-well="B2"]').first).to_be_visible()
    expect(fault).to_have_count(0)
