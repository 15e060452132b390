"""Where examples of docstrings run: in a folder of theirs, with a demo plate."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_PLATE = "demo.ome.zarr"


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
