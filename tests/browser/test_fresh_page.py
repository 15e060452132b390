"""The steps of `make run` in an environment that pip made, seen in the browser."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Server, at_rest
from tests.fresh_environments import fresh_environment
from tests.packages import build, wheel_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.full


@pytest.mark.timeout(1800)
def test_page_that_pip_installed_serves_the_demo_plate(
    once: Callable[[str, Callable[[Path], object]], Path],
    visit: Callable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    wheel = wheel_in(once("packages", build))
    programs = fresh_environment(tmp_path / "venv", wheel, "[page]")
    plate = tmp_path / "demo" / "demo.ome.zarr"
    plate.parent.mkdir()
    subprocess.run([programs / "hcs", "demo", plate], cwd=tmp_path, check=True)
    server = Server(
        plate, workspace=tmp_path / "w", program=[programs / "hcs-dashboard"]
    )
    try:
        page = visit(server)
        expect(page.locator('[role="gridcell"]')).to_have_count(96)
        at_rest(page)
    finally:
        server.stop()
