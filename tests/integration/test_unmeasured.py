"""What could not be measured is counted once: by both commands and by the page."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from dashboard.cli import main as dashboard
from dashboard.views.measuring import status
from hcs.cli import main
from tests import plates
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"


def broken(path: Path) -> Path:
    """Make a plate of 6 wells: 5 of 12 fields are there and sound."""
    plates.make(path, rows=2, columns=3, fields=2, shape=(48, 64))
    shutil.rmtree(path / "A" / "1")  # was not imaged, which is no failure
    (path / "A" / "2" / "zarr.json").write_text("{")
    shutil.rmtree(path / "A" / "3" / "0")  # listed, and not there
    (path / "B" / "1" / "0" / "zarr.json").write_text("{")
    for chunk in (path / "B" / "2" / "0").rglob("c/0/0/0"):
        chunk.write_bytes(chunk.read_bytes()[:-30])
    return path


def test_commands_and_page_count_the_same_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = broken(tmp_path / KEY)
    assert main(["measure", str(path), "-o", str(tmp_path / "m.csv")]) == 1
    printed = capsys.readouterr()
    assert "4 fields could not be measured." in printed.err
    assert "Measured 5 fields" in printed.out

    workspace = tmp_path / "workspace"
    order = ["measure", str(path), "--workspace", str(workspace), "--workers", "0"]
    assert dashboard(order) == 1
    printed = capsys.readouterr()
    assert f"{KEY}: 5 fields measured, 4 failed" in printed.out
    assert printed.err.count(f"{KEY}: ") == 4  # three with their reason, and the rest
    assert "A/2: " in printed.err
    assert "A/3 field 0: " in printed.err

    with service(workspace, path) as made:
        surveyed(made, KEY)
        progress = made.quality.measure(KEY)
        assert (progress.done, progress.total, progress.failed) == (9, 9, 4)
        assert status(progress) == "5 of 9 fields measured."
        assert sorted(made.quality.unmeasured(KEY)) == [
            ("A/2", ""),
            ("A/3", "0"),
            ("B/1", "0"),
            ("B/2", "0"),
        ]


def test_a_well_that_was_not_imaged_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=2, shape=(48, 64))
    shutil.rmtree(path / "A" / "2")
    assert main(["measure", str(path), "-o", str(tmp_path / "m.csv")]) == 0
    assert "could not" not in capsys.readouterr().err
