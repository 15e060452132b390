"""What a sign-off says of wells that were seen, and of flagged ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.serving import well
from tests.browser.test_review import NAMED, ready, toast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_wells_of_a_montage_count_as_looked_at_and_flagged_ones_are_told(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    page = visit(serve(small_plate), "?well=A1", before=NAMED)
    ready(page, "A1")
    page.keyboard.press("l")
    toast(page, "A1 flag")
    page.goto(page.url.partition("?")[0])
    signoff = page.locator(".hcs-signoff")
    expect(signoff).to_contain_text("5 wells not viewed yet")
    page.locator(".hcs-pass-rest").click()
    page.locator(".hcs-rest-montage").click()
    expect(page.locator("dialog.rest img")).to_have_count(5)
    # They are seen before they are judged.
    expect(signoff).not_to_contain_text("not viewed yet")
    page.locator("dialog.rest button.primary").click()
    expect(page.locator(".verdicts .progress")).to_contain_text("6 of 6")
    expect(signoff).to_contain_text("5 after a look in a montage")
    expect(well(page, "B3")).not_to_contain_text("not looked at")
    page.locator(".hcs-sign-off").click()
    question = page.locator(".hcs-signoff ~ dialog[open]")
    expect(question).to_contain_text("1 well is flagged")
    expect(question).not_to_contain_text("not viewed yet")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
