"""Write all texts that people see on the page into one file, to be read as a whole.

``python scripts/texts.py`` writes ``docs/texts.txt``; a test says when it is stale.
Texts are read off the sources: literals of more than one word, or that begin with a
capital, without those that only programs see (log lines, SQL, styles, documentation).
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ROOT / "docs" / "texts.txt"

_TERMINAL = ("dashboard/commands", "hcs/c", "hcs/absent_names", "hcs/demo")
_DRAWING = ("dashboard/theme", "dashboard/exports/report_style", "assets/pixels/webgl")
UNSEEN = (*_TERMINAL, *_DRAWING, "dashboard/storage/migrations")
"""Starts of paths whose texts people see in a terminal, or nowhere."""

_LONGEST = 600
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|BEGIN) ")
_MARKUP = re.compile(r"^\s*(<|[.#\w-]+\s*\{(?!…)|[MmLl]\d|@\w+|--hcs|\(prefers)|;\s*$")
_WORDS = re.compile(r"[A-Za-z]{2,}[,:;.…]* +\S*[A-Za-z{]")
_NAME = re.compile(r"^[A-Z][a-z]+[?…]?$")
_KEY = re.compile(r"^(Arrow|Page|Escape|Enter|Tab|Backspace|Delete|Control|Shift|Meta)")


def is_seen(text: str) -> bool:
    """Whether a literal reads like something for people."""
    if _SQL.match(text) or _MARKUP.search(text) or len(text) > _LONGEST:
        return False
    if _KEY.match(text) and " " not in text:
        return False
    return bool(_WORDS.search(text) or _NAME.match(text))


def _silent(node: ast.AST) -> bool:
    """Whether what a call is given is for logs, types or documentation."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called.startswith(("_LOG.", "re.", "param.", "cast", "TypeVar", "Literal"))


def _literal(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or "{…}" for part in node.values)
    return None


def of_python(source: str) -> list[str]:
    """Return the texts of a Python module, in their order."""
    texts: list[str] = []

    def visit(node: ast.AST) -> None:
        if _silent(node):
            return
        text = _literal(node)
        if text is not None:
            texts.append(text)
        for child in ast.iter_child_nodes(node):
            bare = isinstance(child, ast.Expr) and _literal(child.value) is not None
            typed = isinstance(node, ast.AnnAssign) and child is node.annotation
            part = isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)
            if not (bare or typed or part):
                visit(child)

    visit(ast.parse(source))
    return texts


_SCRIPT = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""
    r"""|(?<=[(,=:&|?\[{;!])\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\])+/"""
    r"""|(?P<text>"(?:\\.|[^"\n\\])*"|'(?:\\.|[^'\n\\])*')|(?P<template>`)""",
    re.S,
)
_CODE = re.compile(
    r"(?:\bclass: |import\(|from |querySelector(?:All)?\(|matches\(|closest\()$"
)


def of_script(source: str) -> list[str]:
    """Return the texts of a script, in their order."""
    return list(_texts(source))


def _texts(source: str) -> Iterator[str]:
    at = 0
    while match := _SCRIPT.search(source, at):
        at = match.end()
        code = _CODE.search(source, max(0, match.start() - 24), match.start())
        if match["text"] and not code:
            yield re.sub(r"\\(.)", r"\1", match["text"][1:-1])
        if match["template"]:
            text, at, holes = _template(source, at)
            if not code:
                yield text
            for hole in holes:
                yield from _texts(hole)


def _template(source: str, at: int) -> tuple[str, int, list[str]]:
    """Return a template's text from `at` on, its end, and the code in its holes."""
    text: str = ""
    holes: list[str] = []
    while source[at] != "`":
        if source.startswith("${", at):
            end = _end_of_hole(source, at + 2)
            holes.append(source[at + 2 : end])
            text, at = text + "{…}", end + 1
        else:
            step = 2 if source[at] == "\\" else 1
            text, at = text + source[at : at + step], at + step
    return text, at + 1, holes


def _end_of_hole(source: str, at: int) -> int:
    depth = 1
    while True:
        if source[at] == "`":
            at = _template(source, at + 1)[1]
            continue
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        if not depth:
            return at
        at += 1


def modules() -> list[str]:
    """Return the paths of the sources that have texts of the page, in their order."""
    kinds = ("dashboard/**/*.py", "hcs/**/*.py", "assets/**/*.js")
    files = [path for kind in kinds for path in ROOT.glob(kind)]
    names = sorted(path.relative_to(ROOT).as_posix() for path in files)
    return [name for name in names if not name.startswith(UNSEEN)]


def listed() -> str:
    """Return the file: the texts of each module below its name."""
    parts = ["Texts that people see. Written by scripts/texts.py; edit the sources.\n"]
    for name in modules():
        source = (ROOT / name).read_text(encoding="utf-8")
        texts = of_python(source) if name.endswith(".py") else of_script(source)
        plain = (" ".join(text.split()) for text in texts)
        seen = dict.fromkeys(text for text in plain if is_seen(text))
        if seen:
            parts.append(f"{name}\n" + "".join(f"  {text}\n" for text in seen))
    return "\n".join(parts)


if __name__ == "__main__":
    TEXTS.write_text(listed(), encoding="utf-8")
    sys.stdout.write(f"{TEXTS.relative_to(ROOT)}\n")
