"""An inbox on the page: from a microscope's files to a plate to be reviewed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.serving import MEASURING, idle
from tests.integration.inbox_exports import write_export, write_plane

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=window.hacked=1>"
_SOON = ("--quiet-minutes", "0.01", "--look-seconds", "0.2")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    inbox, into = tmp_path / "inbox", tmp_path / "plates"
    inbox.mkdir()
    into.mkdir()
    return inbox, into


def drop(inbox: Path, tmp_path: Path, name: str, **options: int) -> Path:
    """Put a whole export into an inbox in one step, as a move does."""
    made = write_export(tmp_path / "made" / name, **options)
    return made.rename(inbox / name)


def test_an_export_dropped_into_an_inbox_is_ready_for_review_without_a_command(
    tmp_path: Path,
    folders: tuple[Path, Path],
    serve: Callable[..., object],
    visit: Callable[..., Page],
) -> None:
    inbox, into = folders
    server = serve("--inbox", inbox, "--into", into, *_SOON)
    page = visit(server)
    panel = page.locator(".hcs-inbox")
    expect(panel).to_contain_text("is watched; its plates go to")
    export = drop(inbox, tmp_path, "P1", wells=14, sites=2)
    (export / "protocol.pdf").write_bytes(b"no image")
    job = panel.locator("li[data-job]")
    expect(job).to_contain_text("P1")
    expect(job.locator(".text")).to_have_text(
        re.compile("Ready.*; seems complete"), timeout=MEASURING
    )
    job.locator("summary").click()
    expect(job.locator(".facts")).to_contain_text("protocol.pdf: is no image")
    # The plate came into the list by itself; it is measured, and can be judged.
    listed = page.locator(".hcs-plate-list tr[data-plate]")
    expect(listed).to_have_count(1)
    job.get_by_role("button", name="Open the plate of P1").click()
    page.wait_for_url("**plate=P1.ome.zarr**")
    expect(page.locator(".hcs-suspects")).not_to_contain_text(
        re.compile("Pending|Not measured")
    )
    idle(page)
    # And back, although it is the only plate.
    page.locator(".hcs-where").get_by_role("link", name="Plates").click()
    expect(panel).to_be_visible()
    assert sorted(path.name for path in export.iterdir())[-1] == "protocol.pdf"


def test_an_export_of_unknown_names_fails_in_words_and_a_pattern_on_the_page_mends_it(
    folders: tuple[Path, Path],
    serve: Callable[..., object],
    visit: Callable[..., Page],
) -> None:
    inbox, into = folders
    odd = inbox / EVIL
    odd.mkdir()
    for well in ("B3", "B4", "C3", "C4"):
        write_plane(odd / f"take7-{well}.tif", 1)
    (inbox / "ignored").mkdir()
    (inbox / "ignored" / "notes.txt").write_text("nothing")
    server = serve("--inbox", inbox, "--into", into, *_SOON)
    page = visit(server)
    failed = page.locator(".hcs-inbox li[data-state='failed']")
    expect(failed).to_have_count(2)
    other = failed.filter(has_text="ignored")
    other.get_by_role("button", name="Ignore: ignored").press("Enter")
    job = page.locator(".hcs-inbox li[data-job]").filter(has_text=EVIL)
    expect(page.locator(".hcs-inbox li[data-state='ignored']")).to_have_count(1)
    expect(job.locator(".reason")).to_contain_text("is no export that is known")
    job.locator("input").fill("{*}-{well}.tif")
    job.locator("input").press("Enter")
    expect(job.locator(".text")).to_contain_text("Ready", timeout=MEASURING)
    expect(page.locator(".hcs-plate-list tr[data-plate]")).to_have_count(1)
    assert page.evaluate("window.hacked") is None
