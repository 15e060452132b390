"""The source distribution and the wheel, as they would be released."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def build(folder: Path) -> None:
    """Build the source distribution, and the wheel from that."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def wheel_in(folder: Path) -> Path:
    """Return the wheel of a folder."""
    (built,) = folder.glob("*.whl")
    return built
