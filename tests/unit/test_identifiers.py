"""Names in the code are nouns of the field, and a class name means one thing.

Prose may use these words; as names they say nothing: of what is one, found by whom?
Scripts are held to the same by eslint.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    ("dashboard/child_environment.py", "_ONE_THREAD"),
}


def _trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            name = path.relative_to(_ROOT).as_posix()
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def _given(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives to something; a test's is a sentence."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("test_"):
                    yield name
            case ast.ClassDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name


def test_nothing_is_named_by_a_word_of_a_private_dialect() -> None:
    assert "found" in _DIALECT
    named = {
        (module, name)
        for module, tree in _trees(*_OURS, "tests", "scripts")
        for name in _given(tree)
        if _DIALECT & set(re.findall("[a-z]+", name.lower()))
    }
    assert named == _PLAIN


def test_modules_are_not_named_by_such_a_word_either() -> None:
    paths = [
        path
        for folder in (*_OURS, "tests", "scripts")
        for path in (_ROOT / folder).rglob("*.py")
        if _DIALECT & set(path.stem.removeprefix("test_").split("_"))
    ]
    assert paths == []


_PUBLIC_TWICE = {"PlateMap", "FieldView"}
"""Components for notebooks, called like what they show: the names are public."""


def test_the_name_of_a_class_means_the_same_everywhere() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for module, tree in _trees(*_OURS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(module)
    doubled = {name: homes[name] for name in homes if len(homes[name]) > 1}
    assert doubled.keys() == _PUBLIC_TWICE, doubled
