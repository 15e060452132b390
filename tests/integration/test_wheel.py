"""The built wheel: everything is in it, and it works without this repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            folder,
        ],
        cwd=_ROOT,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a folder of its own, beside nothing."""
    folder = tmp_path_factory.mktemp("alone") / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    _run([*install, "--no-index", "--no-compile", "--target", folder, wheel])
    return folder


def _run(
    command: list[str | Path],
    *,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    run = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def _run_alone(site: Path, code: str, *arguments: str) -> list[str]:
    """Run code that finds the installed wheel before this work tree."""
    return _run(
        [sys.executable, "-P", "-c", code, *arguments],
        cwd=site.parent,
        environment={"PYTHONPATH": str(site)},
    ).splitlines()


def _files(folder: str) -> set[str]:
    return {
        path.relative_to(_ROOT).as_posix()
        for path in (_ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_the_packages_and_the_assets_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assets = {f"dashboard/{name}" for name in _files("assets")}
    assert names == _files("hcs") | _files("dashboard") | assets


def test_wheel_carries_the_licence_and_both_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        information = {
            name.split(".dist-info/")[1]: archive.read(name).decode()
            for name in archive.namelist()
            if ".dist-info/" in name
        }
    assert "MIT License" in information["licenses/LICENSE"]
    assert "hcs = hcs.cli:main" in information["entry_points.txt"]
    assert "hcs-dashboard = dashboard.cli:main" in information["entry_points.txt"]


def test_installed_page_finds_its_assets_beside_itself(site: Path) -> None:
    code = (
        "import hcs, dashboard.assets\n"
        "print(hcs.__file__)\n"
        "print(dashboard.assets.assets_folder())"
    )
    library, assets = map(Path, _run_alone(site, code))
    assert library == site / "hcs" / "__init__.py"
    assert assets == site / "dashboard" / "assets"


def test_installed_library_writes_and_validates_a_plate(site: Path) -> None:
    _run_alone(site, "import hcs; hcs.make_demo_plate('p.ozx', rows=1, columns=2)")
    validate = "import sys; from hcs.cli import main; sys.exit(main(sys.argv[1:]))"
    said = _run_alone(site, validate, "validate", "p.ozx")
    assert said == ["p.ozx: no problems found."]


def test_version_is_said_once(wheel: Path, site: Path) -> None:
    (version,) = _run_alone(site, "import hcs; print(hcs.__version__)")
    assert wheel.name.split("-")[1] == version
