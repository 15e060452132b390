"""Measuring a plate from the page: asked for, held, gone on with; what failed."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plates
from tests.browser.serving import MEASURING, Server, open_panel, workers_of
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_plate_is_measured_when_asked_held_and_what_fails_is_listed(
    tmp_path: Path, serve: Callable[..., Server], visit: Callable[..., Page]
) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=6, columns=8, shape=(600, 640), pixels="random"
    )
    for chunk in (path / "B/3/0/0").rglob("*"):
        if chunk.is_file() and chunk.name != "zarr.json":
            chunk.write_bytes(b"damaged")
    # The damaged field has no picture.
    server = serve(path, "--no-measure", "--workers", "1")
    page = visit(server, expected=("B3", "thumbnail", "sprite"))
    panel = page.locator(".hcs-measuring")
    status, act = panel.locator(".status"), panel.locator(".act")
    expect(status).to_have_text("Not measured yet.")
    open_panel(page, "measuring")
    # Unmeasured, the plate says what is there; suspicion waits.
    expect(page.locator(".hcs-metric-select select")).to_have_value("completeness")
    expect(page.locator(".hcs-suspects")).to_contain_text(
        re.compile("Pending|Not measured")
    )
    act.click()
    # Its worker stands still until somebody stops it: it has no field to spare.
    (worker,) = wait_for(lambda: workers_of(server), "for the worker")
    os.kill(worker, signal.SIGSTOP)
    expect(act).to_have_text("Stop")
    # The progress in the header leads to where it can be stopped.
    page.locator("#more").get_by_role("button", name="Measuring").click()
    expect(panel).to_be_hidden()
    page.locator(".hcs-progress").dispatch_event("click")
    act.click()
    os.kill(worker, signal.SIGCONT)
    # It may have been held before the first field was measured.
    expect(status).to_have_text(re.compile("^(Stopped: .+ measured|Not measured yet)"))
    expect(act).not_to_have_text("Stop")
    expect(page.locator(".hcs-suspects")).to_contain_text(
        re.compile("Stopped: |Not measured")
    )
    act.press("Enter")
    expect(status).to_have_text("47 of 48 fields measured.", timeout=MEASURING)
    panel.locator("summary").press("Enter")
    failure = panel.locator(".failure")
    expect(failure).to_have_count(1)
    expect(failure).to_contain_text("B3")
    expect(act).to_have_text("Try again")
    # A measured plate is coloured by what is odd about it.
    page.wait_for_url("**metric=suspicion**")
    failure.click()
    page.wait_for_url("**well=B3**")
