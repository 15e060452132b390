"""Which files of ``assets`` a part of the page needs before it can be drawn."""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_IMPORT = re.compile(r'^(?:import|\} from|export) .*"(\.\.?/[\w./]+)"', re.M)

_EVERYWHERE = "core/parts.css"


@functools.cache
def needed(folder: Path, *modules: str) -> tuple[str, ...]:
    """Return the modules and all that they import, as paths below the folder.

    A browser that is told of them at once need not find one by reading another.
    """
    paths: dict[str, None] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in paths:
            paths[name] = None
            text = (folder / name).read_text(encoding="utf-8")
            directory = posixpath.dirname(name)
            waiting += [
                posixpath.normpath(posixpath.join(directory, path))
                for path in _IMPORT.findall(text)
            ]
    return tuple(paths)


@functools.cache
def styles(folder: Path, *modules: str) -> tuple[str, ...]:
    """Return the style sheets of modules; a part's bears its script's name."""
    own = (name.removesuffix(".js") + ".css" for name in modules)
    return (_EVERYWHERE, *(name for name in own if (folder / name).is_file()))
