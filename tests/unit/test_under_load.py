"""The script that runs a command again and again beside a load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "under_load.py"

FAILS_ONCE = """
import pathlib, sys

before = pathlib.Path("before")
print("=== 3 passed in 0.10s ===")
if not before.exists():
    sys.exit(before.mkdir())
print("FAILED tests/test_a.py::test_b[two words] - of bad luck")
sys.exit("=== 1 failed, 1 passed in 0.10s ===")
"""


def test_a_test_that_fails_in_one_of_several_runs_stands_in_the_table(
    tmp_path: Path,
) -> None:
    asked = ["--runs", "2", "--load", "0.1", "--keep", "kept", "--"]
    ended = subprocess.run(
        [sys.executable, SCRIPT, *asked, sys.executable, "-c", FAILS_ONCE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    table = (tmp_path / "kept" / "table.txt").read_text()
    assert "2 runs, 1 of them without a failure" in table
    assert "exit 0  3 passed\n" in table
    assert "4 passed, 1 failed" in table
    assert "1 x tests/test_a.py::test_b[two words]\n" in table
    assert ended.stdout.endswith(table)
    assert "of bad luck" in (tmp_path / "kept" / "run-2.txt").read_text()


def test_what_keeps_the_machine_busy_ends_with_the_script(tmp_path: Path) -> None:
    asked = ["--runs", "1", "--load", str(os.getloadavg()[0] + 2), "--keep", "kept"]
    ended = subprocess.run(
        [sys.executable, SCRIPT, *asked, "sh", "-c", "pgrep -P $PPID; true"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    busy = [int(line) for line in ended.stdout.splitlines() if line.strip().isdigit()]
    assert len(busy) >= 2
    assert not any(Path(f"/proc/{process}").exists() for process in busy)
