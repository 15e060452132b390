"""The library alone, installed by pip from the package index."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fresh_environments import fresh_environment
from tests.packages import ROOT, build, wheel_in
from tests.unit.test_docs import blocks

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.full


@pytest.mark.parametrize("age", ["newest", "oldest"])
def test_pip_installs_the_library_without_the_web_and_the_readme_runs(
    age: str,
    once: Callable[[str, Callable[[Path], object]], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    wheel = wheel_in(once("packages", build))
    programs = fresh_environment(tmp_path / "venv", wheel, oldest=age == "oldest")
    readme = blocks(ROOT / "README.md")
    code = "".join(block.text for block in readme if block.language == "python")
    (tmp_path / "readme.py").write_text(code)

    def run(*command: str | Path) -> str:
        return subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    run(programs / "python", "-P", "readme.py")
    size = ("--rows", "1", "--columns", "2", "--fields", "1")
    run(programs / "hcs", "demo", "d.ozx", *size)
    assert "no problems found" in run(programs / "hcs", "validate", "d.ozx")
    listed = run(programs / "python", "-m", "pip", "list", "--format", "freeze")
    names = {line.partition("==")[0].lower() for line in listed.splitlines()}
    assert {"zarr", "numpy"} <= names
    assert not names & {"panel", "bokeh", "tornado", "sqlalchemy", "pillow", "pandas"}
