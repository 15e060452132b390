"""Names in the code are nouns of the field, and a class name means one thing.

Prose may use these words; as names they say nothing: of what is one, found by whom?
Scripts are held to the same by eslint.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_OURS = ("hcs", "dashboard")
_DENIED = re.search(
    r'"id-denylist": \["error", (.*)\]', (_ROOT / "eslint.config.js").read_text("utf-8")
)
_DIALECT = frozenset(re.findall("[a-z]+", _DENIED[1])) if _DENIED else frozenset()
"""The words, whose home is the configuration of eslint."""

_PLAIN = {
    # Of an import report, beside `expected`: public.
    ("hcs/ingest/plate/plan.py", "found"),
    ("hcs/ingest/plate/report.py", "found"),
    # The number.
    ("hcs/gaps.py", "_counted_from_one"),
    ("hcs/ingest/microscopes/harmony/index.py", "count_times_from_one"),
    ("hcs/qc/plates/screen.py", "_one_minus"),
}


def _modules(*folders: str) -> list[Path]:
    return [path for name in folders for path in sorted((_ROOT / name).rglob("*.py"))]


@cache
def _given(path: Path) -> list[tuple[type[ast.AST], str]]:
    """Return the names that a module gives to something; a test's is a sentence."""
    names: list[tuple[type[ast.AST], str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
                | ast.alias(asname=str(name))
                | ast.ExceptHandler(name=str(name))
            ) if not name.startswith("test_"):
                names.append((type(node), name))
    return names


def test_nothing_is_named_by_a_word_of_a_private_dialect() -> None:
    assert "found" in _DIALECT
    named = {
        (path.relative_to(_ROOT).as_posix(), name)
        for path in _modules(*_OURS, "tests", "scripts")
        for _, name in _given(path)
        if _DIALECT & set(re.findall("[a-z]+", name.lower()))
    }
    assert named == _PLAIN


def test_modules_are_not_named_by_such_a_word_either() -> None:
    paths = [
        path
        for path in _modules(*_OURS, "tests", "scripts")
        if _DIALECT & set(path.stem.removeprefix("test_").split("_"))
    ]
    assert paths == []


def test_the_name_of_a_class_means_the_same_everywhere() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in _modules(*_OURS):
        for kind, name in _given(path):
            if kind is ast.ClassDef:
                homes[name].append(path.relative_to(_ROOT).as_posix())
    doubled = {name: homes[name] for name in homes if len(homes[name]) > 1}
    # Both programs have a parser of what is typed.
    assert doubled.keys() == {"_Parser"}, doubled
