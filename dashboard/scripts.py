"""The page's scripts as browsers get them: few files of many small modules.

A module a purpose is for readers; to a browser each is a request to a server that is
busy with the page itself. So a script that no other imports (the page's start, a part)
brings with it what only it needs, and what several need is one file more, `SHARED`.
Each module runs once, in a function of its own, and can be imported by its own path.
"""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SHARED = "core/shared.js"
"""What several scripts need; it stands in no folder."""

_OF_NOTEBOOKS = "components/"
"""Scripts that no page has: they get theirs with them, see `dashboard.components`."""

_COMMENT = re.compile(
    r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/)[\s\S])*\*/)[ \t]*$", re.MULTILINE
)
"""A comment that has its lines for itself: types and reasons, for readers of files."""

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "(\.\.?/[\w./]+)"$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function|const|class) (\w+))", re.M)
_IMPORT_LATER = re.compile(r'\bimport\("(\.\.?/[\w./]+)"\)')


class Module(NamedTuple):
    """One script of the folder."""

    text: str
    """Without comments."""

    imports: tuple[str, ...]
    """Paths of the scripts that it imports when it is loaded."""

    exports: tuple[str, ...]
    """Names."""


class Scripts:
    """Scripts that import each other, in the files that are sent.

    Parameters
    ----------
    texts
        By path. What they import from each other stands at their beginning, in braces;
        they export functions, classes and constants where they are declared.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._modules = {path: module_of(path, text) for path, text in texts.items()}
        imported = {
            path for module in self._modules.values() for path in module.imports
        }
        self._homes: dict[str, str] = {}
        """File of each module: that of the only script that needs it, or `SHARED`."""

        for path in self._modules.keys() - imported:
            for module in self.needed(path):
                own = self._homes.setdefault(module, path) == path
                self._homes[module] = path if own else SHARED

    def __contains__(self, path: str) -> bool:
        return path in self._modules or path == SHARED

    def files(self, *paths: str) -> tuple[str, ...]:
        """Return the files that a browser loads for modules, as paths.

        A browser that gets their names at once need not find one by reading another.
        """
        homes = (self._homes[module] for module in self.needed(*paths))
        return tuple(dict.fromkeys(homes))

    def text(self, path: str) -> str:
        """Return what is sent of a path."""
        home = self._homes.get(path, SHARED)
        if path not in (home, SHARED):
            names = ", ".join(self._modules[path].exports)
            return (
                f'import {{ {_variable(path)} }} from "{_way(path, home)}"\n'
                f"export const {{ {names} }} = {_variable(path)}\n"
            )
        modules = [module for module in self._ordered if self._homes[module] == path]
        foreign = {
            imported
            for module in modules
            for imported in self._modules[module].imports
            if self._homes[imported] != path
        }
        text = ""
        if foreign:
            names = ", ".join(map(_variable, sorted(foreign)))
            text = f'import {{ {names} }} from "{_way(path, SHARED)}"\n'
        for module in modules:
            # Its own comes last, for all others are what it needs.
            own = module == path
            text += self._linked(module, path) if own else self._called(module, path)
        return text

    def needed(self, *paths: str) -> Iterator[str]:
        """Return modules and all that they import, each after what it imports."""
        done: set[str] = set()

        def visit(path: str) -> Iterator[str]:
            if path not in done:
                done.add(path)
                for imported in self._modules[path].imports:
                    yield from visit(imported)
                yield path

        for path in paths:
            yield from visit(path)

    @functools.cached_property
    def _ordered(self) -> tuple[str, ...]:
        return tuple(self.needed(*sorted(self._modules)))

    def _called(self, path: str, home: str) -> str:
        """Return a module as a function that is called, in a variable of its own."""
        text = _EXPORT.sub("", self._linked(path, home))
        names = ", ".join(self._modules[path].exports)
        return (
            f"// {path}\nexport const {_variable(path)} = (() => {{\n{text}\n"
            f"return {{ {names} }}\n}})()\n"
        )

    def _linked(self, path: str, home: str) -> str:
        """Return the text of a module that takes what it imports from variables."""

        def taken(statement: re.Match[str]) -> str:
            names = re.sub(r"(\w+) as (\w+)", r"\1: \2", statement[1])
            return f"const {names} = {_variable(_meant(path, statement[2]))}"

        def later(call: re.Match[str]) -> str:
            return f'import("{_way(home, _meant(path, call[1]))}")'

        text = _IMPORT.sub(taken, self._modules[path].text)
        return _IMPORT_LATER.sub(later, text)


@functools.lru_cache(maxsize=2)
def scripts(folder: Path, version: str) -> Scripts:
    """Return the scripts of the page, as they are in a version of the folder."""
    del version
    return Scripts(
        {
            name: text
            for name, text in _texts(folder).items()
            if not name.startswith(_OF_NOTEBOOKS)
        }
    )


def alone(folder: Path, path: str) -> str:
    """Return a script with all that it needs: it imports nothing."""
    texts = _texts(folder)
    needed = Scripts(texts).needed(path)
    return Scripts({name: texts[name] for name in needed}).text(path)


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.js"))
    }


def without_comments(script: str) -> str:
    """Return a script without comments, its code in the lines where it was.

    A sixth of the scripts is comments. Those after code stay, so that what looks like
    one in a text that spans lines is all that must not be; a test looks for that.
    """
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), script)


def module_of(path: str, text: str) -> Module:
    """Return a script by its text."""
    text = without_comments(text)
    imports = (_meant(path, to) for _, to in _IMPORT.findall(text))
    return Module(text, tuple(imports), tuple(_EXPORT.findall(text)))


def _meant(path: str, to: str) -> str:
    """Return the path that a module means by what it imports."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), to))


def _way(path: str, to: str) -> str:
    """Return how a file imports another one."""
    way = posixpath.relpath(to, posixpath.dirname(path))
    return way if way.startswith(".") else f"./{way}"


def _variable(path: str) -> str:
    """Return the name of what holds the exports of a module."""
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))
