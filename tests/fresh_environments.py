"""Virtual environments as a new user makes them: with pip, from the package index."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.packages import requirements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def fresh_environment(
    folder: Path, wheel: Path, extra: str = "", *, oldest: bool = False
) -> Path:
    """Make an environment with our wheel; return the folder of its programs.

    Parameters
    ----------
    folder
        To make it in.
    wheel
        Ours.
    extra
        To be installed with it, ``"page"``.
    oldest
        Whether what we ask for ourselves is as old as we say that it may be.
    """
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
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(_oldest(wheel, extra) if oldest else ()))
    ours = f"{wheel}[{extra}]" if extra else str(wheel)
    subprocess.run(
        [*pip, "install", "--quiet", "--constraint", constraints, ours], check=True
    )
    return programs


def _oldest(wheel: Path, extra: str) -> Iterator[str]:
    for requirement in requirements(wheel, extra):
        (bound,) = (s for s in requirement.specifier if s.operator == ">=")
        yield f"{requirement.name}=={bound.version}"
