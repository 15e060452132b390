"""The environment of the newest libraries, made where there is a Python 3.13."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Without the path of the interpreter that runs the tests."""


def witness_python() -> Path:
    """Return its interpreter; skips the test, saying why, where it cannot be had."""
    python = subprocess.run(
        [ROOT / "scripts" / "find-python", "3.13"], capture_output=True, text=True
    ).stdout.strip()
    if not python:
        pytest.skip("no usable Python 3.13 on this machine (scripts/find-python 3.13)")
    venv = ROOT / ".venv-witness"
    installed = subprocess.run(
        [ROOT / "scripts" / "venv", venv, "requirements/witness.lock", python],
        capture_output=True,
        text=True,
        env=ALONE | {"PIP_RETRIES": "1"},
    )
    if installed.returncode:
        reason = (installed.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"requirements/witness.lock cannot be installed: {reason}")
    return venv / "bin" / "python"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a module of this project there."""
    command = [str(witness_python()), "-m", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=ALONE, cwd=ROOT)
