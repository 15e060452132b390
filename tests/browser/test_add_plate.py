"""Adding a plate on the page: from a zip, and from a folder of the server."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.serving import MEASURING, at_rest, idle
from tests.integration.inbox_exports import write_export, write_plane

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=window.hacked=1>"
TAKE = "take7"


def zip_of_unknown_names(path: Path) -> Path:
    """Write a zip whose names no microscope writes: two fields of twelve wells."""
    folder = path.with_suffix("")
    folder.mkdir(parents=True)
    for number, row in enumerate("BCD"):
        for column in range(3, 7):
            for place in (1, 2):
                name = f"{TAKE}-{row}{column}-p{place}.tif"
                write_plane(folder / name, 100 * number + column + place)
    (folder / "readme.txt").write_text("nothing")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def import_it(page: Page, panel: Locator) -> None:
    """Import what was tried out, under a name that the page asks for."""
    panel.locator(".hcs-add-import").click()
    name = page.locator(".hcs-reviewer")
    if name.is_visible():
        name.fill("Ada")
        name.press("Enter")
    expect(panel).to_be_hidden()


def shot(page: Page, tmp_path: Path, name: str) -> None:
    """Keep a picture for who looks at how it looks."""
    page.screenshot(path=tmp_path / f"{name}.png")


def test_a_plate_is_added_from_a_zip_of_unknown_names(
    tmp_path: Path, serve: Callable[..., object], visit: Callable[..., Page]
) -> None:
    into = tmp_path / "plates"
    into.mkdir()
    archive = zip_of_unknown_names(tmp_path / "made" / "Run 7.zip")
    table = tmp_path / "map.csv"
    table.write_text("well,compound,dose\nB3,DMSO,0\nB4,taxol,1.5\nH1,none,0\n")
    page = visit(serve(into))
    expect(page.locator(".hcs-add")).to_be_enabled()
    at_rest(page)
    page.keyboard.press("e")  # as for files of a field
    panel = page.locator(".hcs-add-plate")
    expect(panel.locator(".hcs-add-zip")).to_be_focused()
    expect(panel).to_contain_text("offers no folder to pick from")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".hcs-add")).to_be_focused()
    page.keyboard.press("Enter")
    shot(page, tmp_path, "empty")
    panel.locator(".hcs-add-zip").set_input_files(archive)
    # Nothing knows the names: patterns are proposed, with what each would give.
    expect(panel.locator(".outcome .notice.bad")).to_contain_text(
        "is no export that is known"
    )
    expect(panel.locator(".hcs-add-import")).to_be_disabled()
    proposals = panel.locator(".proposals li")
    expect(proposals.first).to_contain_text("12 wells x 2 fields x 1 channel")
    expect(proposals.nth(1)).to_contain_text("2 z")
    shot(page, tmp_path, "proposals")
    proposals.nth(1).get_by_role("button").click()
    expect(panel.locator(".facts")).to_contain_text("12 wells x 1 field")
    # That was the wrong one; it is corrected by hand.
    pattern = panel.locator(".hcs-add-pattern")
    pattern.fill("{plate}-{well}-p{field}.tif")
    pattern.press("Enter")
    expect(panel.locator(".facts")).to_contain_text("12 wells x 2 fields x 1 channel")
    panel.locator(".lacks summary").click()
    expect(panel.locator(".lacks")).to_contain_text("readme.txt")
    panel.locator(".hcs-add-map").set_input_files(table)
    said = panel.locator(".map-said")
    expect(said).to_contain_text("map.csv: 3 wells, compound, dose")
    expect(said).to_contain_text("Without images: 1 well: H01")
    expect(said).to_contain_text("Imaged and not in the map: 10 wells")
    channel = panel.get_by_label("Name of channel channel 1")
    channel.fill("DNA")
    channel.press("Enter")
    name = panel.locator(".hcs-add-name")
    name.fill("../elsewhere")
    expect(panel.locator(".wrong")).to_contain_text("A plate's name is that of its")
    expect(panel.locator(".hcs-add-import")).to_be_disabled()
    name.fill("Run 7 DNA")
    expect(panel.locator(".hcs-add-import")).to_be_enabled()
    expect(channel).to_have_value("DNA")
    shot(page, tmp_path, "ready")
    page.keyboard.press("Tab")
    import_it(page, panel)
    job = page.locator(".hcs-inbox li[data-job]")
    expect(job.locator(".text")).to_contain_text("Ready", timeout=MEASURING)
    shot(page, tmp_path, "done")
    plate = page.locator(".hcs-plate-list tr[data-plate]")
    expect(plate).to_have_count(1)
    plate.get_by_role("link").click()
    page.wait_for_url("**plate=Run*")
    expect(page.locator(".hcs-where")).to_contain_text("Run 7 DNA")
    idle(page)
    expect(page.locator('[role="gridcell"][data-well="B03"]')).to_be_visible()
    expect(page.locator(".hcs-suspects")).not_to_contain_text(
        re.compile("Pending|Not measured")
    )
    options = page.locator(".hcs-metric-select option")
    expect(options.filter(has_text="compound")).not_to_have_count(0)
    expect(page.locator(".hcs-channel-0")).to_contain_text("DNA")
    # The import has ended, so the zip is nowhere any more.
    workspaces = list(tmp_path.rglob("imports"))
    assert workspaces
    assert not [path for folder in workspaces for path in folder.rglob("*.zip")]


def test_a_plate_is_added_from_a_folder_that_is_picked(
    tmp_path: Path, serve: Callable[..., object], visit: Callable[..., Page]
) -> None:
    into, exports = tmp_path / "plates", tmp_path / "exports"
    into.mkdir()
    write_export(exports / "2026" / "P1", wells=4)
    write_export(exports / "2026" / "P2" / EVIL.replace("/", ""), wells=4)
    (exports / "outside").symlink_to(tmp_path)
    page = visit(serve(into, "--add-from", exports))
    page.locator(".hcs-add").click()
    panel = page.locator(".hcs-add-plate")
    entries = panel.locator(".entries li")
    expect(entries).to_have_count(2)
    expect(entries.filter(has_text="outside")).to_contain_text("not followed")
    entries.get_by_role("button", name="Open 2026").click()
    expect(entries.filter(has_text="P1")).to_contain_text("images")
    expect(entries.get_by_role("button", name="Open P1")).to_be_focused()
    shot(page, tmp_path, "folders")
    entries.get_by_role("button", name="Look at it: P1").press("Enter")
    expect(panel.locator(".facts")).to_contain_text("4 wells x 2 fields")
    expect(panel.locator(".lacks")).to_contain_text("Nothing is missing")
    expect(panel.get_by_role("button", name="Choose another")).to_be_focused()
    name = panel.locator(".hcs-add-name")
    expect(name).to_have_value("P1")
    name.fill("other")
    name.press("Escape")
    expect(name).to_have_value("P1")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    expect(panel.locator(".hcs-add-import")).to_be_enabled()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    shot(page, tmp_path, "tried-dark")
    import_it(page, panel)
    job = page.locator(".hcs-inbox li[data-job]")
    expect(job.locator(".text")).to_have_text(
        re.compile("Ready.*; seems complete"), timeout=MEASURING
    )
    # A second time it is known; and back, by the list.
    page.locator(".hcs-add").click()
    panel.get_by_role("button", name="Look at it: P1").click()
    expect(panel.locator("footer")).to_contain_text("was imported already")
    panel.get_by_role("button", name="Choose another").click()
    expect(entries.filter(has_text="P1")).to_be_visible()
    assert sorted(path.name for path in exports.rglob("*_w1.TIF"))
    assert page.evaluate("window.hacked") is None
