"""Tables of features inside a plate become metrics on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.serving import open_panel
from tests.integration import test_stored_tables as stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_table_inside_the_plate_is_previewed_and_taken(
    tmp_path: Path, serve: Callable, visit: Callable
) -> None:
    path = stored.make(tmp_path, "0.5")
    page = visit(
        serve(path, "--no-measure"),
        before="localStorage.setItem('hcs-reviewer', 'Ada')",
    )
    open_panel(page, "setup")
    setup = page.locator(".hcs-setup")
    setup.locator("summary", has_text="Imported measurements").click()
    setup.get_by_role("button", name="Tables inside the plate").click()
    setup.get_by_role("button", name="Take nuclei").click()
    expect(setup).to_contain_text("nuclei in the plate")
    setup.locator(".hcs-import-keep").click()
    expect(setup).to_contain_text("3 metrics")
    # The condition table says what is in the wells.
    expect(page.locator('[role="gridcell"][data-well="A2"]')).to_be_visible()
