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
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", params=["newest", "oldest"])
def programs(
    request: pytest.FixtureRequest,
    once: Callable[[str, Callable[[Path], object]], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Install the wheel with pip; return the folder of its programs."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    wheel = wheel_in(once("packages", build))
    return fresh_environment(folder, wheel, "page", oldest=request.param == "oldest")


@pytest.fixture
def server(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """Make the demo plate and serve it."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    plate = tmp_path / "demo" / "demo.ome.zarr"
    plate.parent.mkdir()
    subprocess.run([programs / "hcs", "demo", plate], cwd=tmp_path, check=True)
    server = Server(plate, workspace=tmp_path / "w", program=programs / "hcs-dashboard")
    yield server
    server.stop()


def test_page_that_pip_installed_serves_the_demo_plate(
    server: Server, visit: Callable
) -> None:
    page = visit(server)
    expect(page.locator('[role="gridcell"]')).to_have_count(96)
    at_rest(page)
