"""The source distribution and the wheel, and a place that has just what it asks for."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


def build(folder: Path) -> None:
    """Build the source distribution, and the wheel from that."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder], cwd=ROOT)


def wheel_in(folder: Path) -> Path:
    """Return the wheel of a folder."""
    (built,) = folder.glob("*.whl")
    return built


def information(wheel: Path, *names: str) -> dict[str, str]:
    """Return files of what the wheel says of itself, by their names."""
    with zipfile.ZipFile(wheel) as archive:
        files = {
            name.split(".dist-info/")[1]: name
            for name in archive.namelist()
            if ".dist-info/" in name
        }
        return {name: archive.read(files[name]).decode() for name in names}


def metadata_of(wheel: Path) -> Metadata:
    """Return the wheel's metadata, every field of it checked."""
    (text,) = information(wheel, "METADATA").values()
    return Metadata.from_email(text, validate=True)


def requirements(wheel: Path, extra: str = "") -> list[Requirement]:
    """Return what the wheel itself asks for."""
    return [r for r in metadata_of(wheel).requires_dist or () if _applies(r, extra)]


def install_alone(folder: Path, wheel: Path, extra: str = "") -> None:
    """Install the wheel into a folder with what it needs from here, and no more."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    run([*install, "--no-index", "--no-compile", "--target", folder, wheel])
    for name in _needs(requirements(wheel, extra)):
        for top, path in _tops(name):
            (folder / top).symlink_to(path)


def run_alone(
    site: Path, cwd: Path, *arguments: str | Path, code: int = 0
) -> list[str]:
    """Run Python where only that folder is installed, and nothing of this work tree."""
    command = [sys.executable, "-S", "-P", *arguments]
    environment = {"PYTHONPATH": str(site)}
    return run(command, cwd=cwd, environment=environment, code=code).splitlines()


def run(
    command: list[str | Path],
    *,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
    code: int = 0,
) -> str:
    """Return what a command that ends so has written: its errors where it failed."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout if code == 0 else ended.stderr


def _applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _needs(asked: list[Requirement]) -> set[str]:
    """Return the names of all that is installed with these."""
    names: set[str] = set()
    left = list(asked)
    while left:
        name = canonicalize_name(left.pop().name)
        if name not in names:
            names.add(name)
            more = map(Requirement, distribution(name).requires or [])
            left += filter(_applies, more)
    return names


def _tops(name: str) -> Iterator[tuple[str, Path]]:
    installed = distribution(name)
    tops = {path.parts[0] for path in installed.files or ()}
    for top in sorted(tops - {"..", "__pycache__"}):
        yield top, Path(str(installed.locate_file(top)))
