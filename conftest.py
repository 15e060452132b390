"""Where examples of docstrings run: in a folder of theirs, with a demo plate.

They are looked for in what people import, not in modules of tests, which have none.

Python looks through all objects whenever a share of new ones has come. Thousands of
tests and all that they import are no garbage, and looking through them again and again
takes longer than some tests; so they are frozen once they are collected.
"""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.doctest import DoctestModule

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_TESTS = Path(__file__).parent / "tests"
_PLATE = "demo.ome.zarr"

_UNFROZEN: list[bool] = []
"""Not empty once somebody has unfrozen all. To tell how much is frozen, Python counts
it object by object, which takes longer than most tests."""


def pytest_configure() -> None:
    """Note when all is unfrozen."""
    unfreeze = gc.unfreeze

    def note() -> None:
        unfreeze()
        _UNFROZEN.append(True)

    gc.unfreeze = note


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected, and at none of them later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        _freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path,
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for no examples in tests, which takes longer than to collect them."""
    collectors = yield
    if _TESTS not in file_path.parents:
        return collectors
    return [c for c in collectors if not isinstance(c, DoctestModule)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Freeze them again where a server, which freezes what it is of, has ended."""
    try:
        return (yield)
    finally:
        if _UNFROZEN:
            _freeze()


def _freeze() -> None:
    gc.collect()
    gc.freeze()
    _UNFROZEN.clear()


@pytest.fixture(scope="session")
def _example_plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from hcs import make_demo_plate

    path = tmp_path_factory.mktemp("examples") / _PLATE
    make_demo_plate(path, rows=2, columns=3, fields=1, shape=(64, 64), kind="clean")
    return path


@pytest.fixture(autouse=True)
def _with_a_demo_plate(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give an example a copy of the plate where it names one."""
    if not isinstance(request.node, pytest.DoctestItem):
        return
    monkeypatch.chdir(tmp_path)
    if _PLATE in request.node.dtest.docstring:
        plate = request.getfixturevalue("_example_plate")
        shutil.copytree(plate, tmp_path / _PLATE)
