"""What is in a workspace is its owner's alone."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from dashboard.workspace import open_workspace
from tests import plates
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="needs the file modes of POSIX"
)


@pytest.fixture(autouse=True)
def _open_handed() -> Iterator[None]:
    """Let new files be readable by all, as most machines do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_read_a_workspace_that_we_make(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=1)
    workspace = tmp_path / "deep" / "workspace"
    with service(workspace, path) as made:
        surveyed(made, path.name)
        made.storage.settings.put(1, "anything")
        assert made.workspace.closed == ""
        assert mode(workspace) == 0o700
        files = sorted(workspace.glob("workspace.sqlite*"))
        assert len(files) >= 2  # with its journal
        assert {mode(file) for file in files} == {0o600}
    assert mode(tmp_path / "deep") == 0o755


def test_one_that_was_made_open_is_closed_and_that_is_said(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    (workspace / "previews").mkdir(parents=True)
    workspace.chmod(0o755)
    database = workspace / "workspace.sqlite"
    database.touch(mode=0o644)
    closed = open_workspace(workspace).closed
    assert "755" in closed
    assert "workspace.sqlite" in closed
    assert (mode(workspace), mode(database)) == (0o700, 0o600)
    assert open_workspace(workspace).closed == ""


def test_one_that_a_group_shares_stays_shared(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    workspace.chmod(0o2770)
    assert open_workspace(workspace).closed == ""
    assert mode(workspace) == 0o2770
    assert not (workspace / "workspace.sqlite").exists()


def test_a_folder_that_holds_more_than_ours_is_not_locked_up(tmp_path: Path) -> None:
    workspace = tmp_path / "plates"
    workspace.mkdir(mode=0o755)
    (workspace / "plate.ome.zarr").mkdir()
    open_workspace(workspace)
    assert mode(workspace) == 0o755
    assert mode(workspace / "workspace.sqlite") == 0o600
