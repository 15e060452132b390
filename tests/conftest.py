"""Fixtures that every kind of test may use."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import plates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent

SUMMARY = "HCS_TESTS_SUMMARY"
"""Name of the variable with the file that gets one more summary, for the very end."""

EXAMPLES = {"hcs": 30, "hcs-full": 100}
"""Examples that a claim has in `make test` and in `make test-full`, by profile."""

# Stores on a shared machine are slow at times; a slow example is no failure.
for name, count in EXAMPLES.items():
    settings.register_profile(
        name,
        deadline=None,
        max_examples=count,
        suppress_health_check=[HealthCheck.too_slow],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Draw as many examples as the run has time for."""
    full = "not full" not in config.getoption("markexpr")
    settings.load_profile("hcs-full" if full else "hcs")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Add to the file that is shown after the last of several runs."""
    if SUMMARY not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
        return
    stats = terminalreporter.stats
    bad = [*stats.get("failed", []), *stats.get("error", [])]
    lines = [
        f"    {report.outcome.upper()} {report.nodeid} ({report.when})"
        for report in bad
    ]
    counts = [
        f"{len(stats[kind])} {kind}"
        for kind in ("failed", "error", "passed", "skipped")
        if stats.get(kind)
    ]
    asked = " ".join(config.invocation_params.args)
    with Path(os.environ[SUMMARY]).open("a") as file:
        file.write("\n".join([f"pytest {asked}: {', '.join(counts)}", *lines, ""]))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real microscope files that lies beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real microscope files at {folder}")
    return folder


@pytest.fixture(scope="session")
def once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return a folder that only the first process of a run to ask for it fills.

    It is filled under another name: what is made there must not keep its own path.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, part = root / name, root / f"{name}.part"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir()
                make(part)
                part.rename(folder)
        return folder

    return made


@pytest.fixture
def plate_path(tmp_path: Path) -> Path:
    """Return a plate of its own for the test: 2 x 3 wells, 2 fields, 2 channels."""
    return plates.make(tmp_path / "plate.ome.zarr", fields=2)


@pytest.fixture
def plain_log() -> Iterator[None]:
    """Leave the log of the tests as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    for handler in before:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
