"""Virtual environments as a new user makes them: with pip, from the package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def fresh_environment(folder: Path, wheel: Path, extra: str = "") -> Path:
    """Make an environment with our wheel; return the folder of its programs."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / "bin"
    pip = [programs / "python", "-m", "pip", "--disable-pip-version-check"]
    asked = subprocess.run(
        [*pip, "download", "--quiet", "--no-deps", "--dest", folder, "zarr>=3.1"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip(f"no package index answers pip here: {asked.stderr[-200:]}")
    subprocess.run([*pip, "install", "--quiet", f"{wheel}{extra}"], check=True)
    return programs
