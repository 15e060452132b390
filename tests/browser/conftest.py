"""A served dashboard and a Chromium to look at it with.

Every page of `visit` is checked when its test ends: no script error, no request to
another host, no failed request that the test did not announce.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from hcs.demo import make_demo_plate
from hcs.ingest.importing import import_plate
from tests import plates
from tests.browser.chromium import Chromium
from tests.browser.serving import ROOT, Faults, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from playwright.sync_api import BrowserContext, Page

ARTIFACTS = ROOT / "artifacts"

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Programs that draw the same, as `scripts/chromium` looks for them. The first makes no
windows for its pages, with tabs and menus that are pages, too."""

EVIL = '<img src=x onerror="window.hacked=1">'
"""What a name must not be able to do."""

NO_PLATE = (
    '{"zarr_format": 3, "node_type": "group", '
    '"attributes": {"ome": {"version": "0.5", "plate": {"rows": []}}}}'
)

SBS_NAMES = r"Channel(?P<channel>\d)-\d+-(?P<row>[A-H])-(?P<column>\d+)\.tif"

_LAST_WORDS = 20
"""Seconds that a browser has to close."""

_LONGEST = 480
"""Seconds of a test until its browser is ended: before pytest ends the test."""

PATIENCE = int(os.environ.get("HCS_PATIENCE", "120000"))
"""Milliseconds until a wait is a failure; a busy machine may take long."""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Show with a test that fails what the servers have said meanwhile."""
    report = yield
    if report.failed:
        report.sections += [
            (f"said by the server at {server.url}", server.said)
            for server in Server.running
        ]
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Return the system's Chromium, headless."""
    program = next(
        (
            path
            for name in (os.environ.get("CHROMIUM"), *CHROMIUM)
            if name and (path := shutil.which(name))
        ),
        None,
    )
    if program is None:
        pytest.skip("no Chromium here; `make chromium` installs it")
    with sync_playwright() as playwright:
        browser = Chromium(playwright, program)
        yield browser
        with browser.watched(_LAST_WORDS):
            browser.close()


@pytest.fixture(autouse=True)
def _watched(chromium: Chromium) -> Iterator[None]:
    """End a browser that hangs, so that its test fails and the next ones are run."""
    with chromium.watched(_LONGEST):
        yield


@pytest.fixture(scope="session")
def demo_master(once: Callable[..., Path]) -> Path:
    """Return the demo plate; nobody may change it."""
    name = "demo.ome.zarr"
    return once("demo", lambda folder: make_demo_plate(folder / name)) / name


@pytest.fixture(scope="session")
def demo_measured(demo_master: Path, once: Callable[..., Path]) -> Path:
    """Return a workspace in which the demo plate is measured, to be copied."""

    def measure(folder: Path) -> None:
        command = [sys.executable, "-m", "dashboard.cli", "measure", str(demo_master)]
        command += ["--workspace", str(folder), "--workers", "2"]
        subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)

    return once("demo-measured", measure)


@pytest.fixture(scope="session")
def sbs_master(shared_data: Path, once: Callable[..., Path]) -> Path:
    """Return the translocation plate with its map, imported as a person would."""
    source = shared_data / "sbs_translocation_96well"

    def make(folder: Path) -> None:
        import_plate(
            source / "ExampleSBSImages_tif.zip",
            folder / "sbs.ome.zarr",
            preset="regex",
            pattern=SBS_NAMES,
            channel_names={"1": "GFP", "2": "DNA"},
            plate_map=source / "1049_Metadata.csv",
        )

    return once("sbs", make) / "sbs.ome.zarr"


@pytest.fixture(scope="session")
def looking(
    demo_master: Path, demo_measured: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Serve plates that are only looked at: the demo, and some that are odd."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(demo_master, folder / "demo.ome.zarr")
    plates.make(folder / "gradient.ome.zarr", fields=2, pixels="gradient")
    plates.make(
        folder / "axes.ome.zarr",
        columns=2,
        fields=2,
        z=2,
        t=2,
        channels=1,
        acquisitions=[0, 3],
        name="z and t",
    )
    odd = plates.make(
        folder / "odd.ome.zarr",
        fields=2,
        wells=[(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)],
        name=EVIL,
        annotations={
            "conditions": {"columns": [EVIL], "wells": {"A/1": [EVIL]}},
        },
    )
    (odd / "A" / "2" / "zarr.json").write_text("{ not json")
    shutil.rmtree(odd / "A" / "3")
    (odd / "B" / "1" / "1" / "zarr.json").unlink()
    plates.make(
        folder / "many.ome.zarr",
        rows=16,
        columns=24,
        channels=1,
        shape=(8, 8),
        name="2026-11-29 Screen A, batch 7, replicate 2 of 3, focus set again "
        + "x" * 80,
    )
    (folder / "empty.ome.zarr").mkdir()
    (folder / "empty.ome.zarr" / "zarr.json").write_text(NO_PLATE)
    workspace = tmp_path_factory.mktemp("workspace")
    shutil.copytree(demo_measured, workspace, dirs_exist_ok=True)
    server = Server(folder, workspace=workspace)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a small plate that nobody may write to, below a prefix."""
    folder = tmp_path_factory.mktemp("locked")
    path = plates.make(folder / "plate.ome.zarr", fields=2, pixels="gradient")
    workspace = tmp_path_factory.mktemp("workspace")
    server = Server(path, "--read-only", "--prefix", "/hcs", workspace=workspace)
    yield server
    server.stop()


@pytest.fixture
def demo_plate(demo_master: Path, tmp_path: Path) -> Path:
    """Return a demo plate of the test's own."""
    return Path(shutil.copytree(demo_master, tmp_path / "demo.ome.zarr"))


@pytest.fixture
def sbs_plate(sbs_master: Path, tmp_path: Path) -> Path:
    """Return a translocation plate of the test's own."""
    return Path(shutil.copytree(sbs_master, tmp_path / "sbs.ome.zarr"))


@pytest.fixture
def small_plate(tmp_path: Path) -> Path:
    """Return 2 x 3 wells with 2 fields, whose pixels say which plane they are."""
    return plates.make(tmp_path / "plate.ome.zarr", fields=2, pixels="gradient")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start the dashboard on plates or folders, with more arguments if wanted."""
    running: list[Server] = []

    def start(
        *arguments: str | Path,
        after: Server | None = None,
        measured: Path | None = None,
    ) -> Server:
        """Start a server.

        `after` one that was killed, in its place; with what was `measured` before.
        """
        number = running.index(after) if after else len(running)
        port = after.port if after else 0
        workspace = tmp_path / f"workspace-{number}"
        if measured is not None:
            shutil.copytree(measured, workspace)
        running.append(Server(*arguments, workspace=workspace, port=port))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def _send_instead(context: BrowserContext, path: str, text: str) -> None:
    context.route(
        f"**/{path}",
        lambda route: route.fulfill(content_type="text/javascript", body=text),
    )


@pytest.fixture
def visit(chromium: Chromium) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own (nothing is shared with another visit)."""
    contexts: list[tuple[BrowserContext, Faults]] = []

    def open_page(
        server: Server,
        query: str = "",
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        before: str = "",
        expected: tuple[str, ...] = (),
        scripts: Mapping[str, str] | None = None,
    ) -> Page:
        """Open the page; `scripts` are sent in place of those of these paths."""
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(PATIENCE)
        if before:
            context.add_init_script(before)
        for path, text in (scripts or {}).items():
            _send_instead(context, path, text)
        server.let_in(context)
        page = context.new_page()
        faults = Faults(expected=expected)
        faults.watch(page, server.host)
        contexts.append((context, faults))
        page.goto(server.url + query)
        return page

    yield open_page
    for context, _ in contexts:
        context.close()
    for _, faults in contexts:
        assert faults.foreign == []
        assert faults.scripts == []
        assert faults.failed == []


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], Path]:
    """Keep a screenshot among the artefacts."""
    folder = ARTIFACTS / request.node.path.stem.removeprefix("test_")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path)
        return path

    return take
