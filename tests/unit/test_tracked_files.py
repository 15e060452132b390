"""What must not be in any file of the repository."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

# An index belongs to a machine's settings. The brackets keep this file from matching.
_ADDRESSES = re.compile(
    r"--(?:extra-)?index[-]url[ =]\S|https?[:]//\S*/simple\b|file[:]///"
    r"|\"resolved\": *\"http"
)


def _texts() -> list[tuple[str, str]]:
    if shutil.which("git") is None or not (_ROOT / ".git").exists():
        pytest.skip("only a git work tree knows which files are tracked")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=True
    )
    texts = []
    for name in filter(None, listing.stdout.decode().split("\0")):
        path = _ROOT / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" not in content:
            texts.append((name, content.decode()))
    return texts


def test_no_tracked_file_names_a_package_index() -> None:
    assert [name for name, text in _texts() if _ADDRESSES.search(text)] == []


def test_no_tracked_file_holds_a_path_of_this_machine() -> None:
    here = [f"{place}/" for place in (_ROOT, Path.home()) if len(place.parts) > 1]
    assert [name for name, text in _texts() if any(p in text for p in here)] == []


def test_every_line_of_a_lock_is_a_pinned_name_or_a_hash() -> None:
    line = re.compile(
        r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+( ;.+)? \\|    --hash=sha256:.+"
    )
    for lock in sorted((_ROOT / "requirements").glob("*.lock")):
        rows = lock.read_text().splitlines()
        assert [row for row in rows if not line.fullmatch(row)] == [], lock.name


def test_the_lock_of_npm_names_no_address_and_pins_each_package() -> None:
    text = (_ROOT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    del packages[""]
    assert len(packages) > 50
    for name, package in packages.items():
        assert package["version"], name
        assert package["integrity"].startswith("sha512-"), name


_LONGEST = 400


def _lines(name: str, text: str) -> int:
    """Return the lines of a module, of a long one less what tells callers of names."""
    lines = text.count("\n")
    if not name.endswith(".py") or lines <= _LONGEST:
        return lines
    docstrings = (
        node.body[0].value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node)
        and isinstance(node.body[0], ast.Expr)
    )
    return lines - sum((part.end_lineno or 0) - part.lineno for part in docstrings)


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    """Split by noun what is; a table is as long as what it lists."""
    tables = {"hcs/qc/definitions.py", "assets/types.d.ts"}
    modules = {
        name: _lines(name, text)
        for name, text in _texts()
        if name.startswith(("hcs/", "dashboard/", "assets/", "docs/extensions/"))
        and name.endswith((".py", ".js", ".ts", ".css"))
    }
    assert {name for name, lines in modules.items() if lines > _LONGEST} <= tables
