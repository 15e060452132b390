"""What a function returns, told in sentences and not by a type, stays one paragraph."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_SECTIONS = ("Returns", "Yields")


def join_sentences(
    app: Sphinx, what: str, name: str, value: object, options: Any, lines: list[str]
) -> None:
    """Join the lines below *Returns*: numpydoc takes each for a type of its own."""
    for start, (title, rule) in enumerate(pairwise(lines), start=2):
        if title.strip() not in _SECTIONS or set(rule.strip()) != {"-"}:
            continue
        section = lines[start:]
        end = next(
            (at for at, line in enumerate(section) if not line.strip()), len(section)
        )
        if section and section[0].startswith(" "):
            lines[start : start + end] = [" ".join(map(str.strip, section[:end]))]
        return


def setup(app: Sphinx) -> dict[str, Any]:
    """Register it before numpydoc, which has the usual 500."""
    app.connect("autodoc-process-docstring", join_sentences, priority=400)
    return {"parallel_read_safe": True}
