"""People in browsers at several processes behind nginx, of which one ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.processes import processes
from tests.browser.serving import well
from tests.browser.test_review import ready
from tests.integration.people import password_of, write_people
from tests.integration.postgres import postgres
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.chromium import Chromium

KEY = "p.ome.zarr"


@pytest.mark.full
def test_where_a_process_ends_its_people_go_on_at_another_without_signing_in(
    tmp_path: Path, chromium: Chromium
) -> None:
    plates.make(tmp_path / "plates" / KEY, rows=2, columns=3, shape=(48, 48))
    users = write_people(tmp_path / "users.json", "ann", "ben")
    with (
        postgres() as database,
        processes(tmp_path, tmp_path / "plates", users, database) as running,
    ):
        pages = []
        for name in ("ann", "ben"):
            page = chromium.new_context().new_page()
            page.goto(running.url)
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(password_of(name))
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("html[data-connected]")).to_be_attached()
            pages.append(page)
        ann, ben = pages
        well(ann, "B2").click()
        ready(ann, "B2")
        expect(ben.locator(".hcs-presence")).to_contain_text("ann: B2")
        ann.locator(".hcs-thumb:not(.loading)").first.wait_for()
        ann.locator(".hcs-verdict-fail").click()
        expect(well(ben, "B2")).to_contain_text("fail")
        running.servers[0].stop()
        for page, name in zip(pages, ("ann", "ben"), strict=True):
            # Whose page was there loads again by itself; the other's stays.
            expect(page.locator("#connection")).to_be_hidden()
            expect(page.locator(".hcs-person")).to_contain_text(name)
            expect(well(page, "B2")).to_contain_text("fail")

        def is_seen() -> bool:
            # Nothing that is clicked on a page whose process has gone is heard.
            well(ben, "A1").click()
            return "ben: A1" in ann.locator(".hcs-presence").inner_text()

        wait_for(is_seen, "for the pages to meet again")
        for page in pages:
            page.context.close()
