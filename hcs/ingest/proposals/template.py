"""The text of a pattern that a reading of names makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.ingest.proposals.columns import Column, Style

_PLAIN: Final = frozenset(
    ("img", "image", "im", "tile", "well", "w", "r", "row", "channel")
)
"""Words at the start of names that are no name of a plate."""


def pattern_text(style: Style, roles: Mapping[int, str]) -> str | None:
    """Return the pattern of a reading, None where its parts could not be told apart."""
    columns = style.columns
    start, end = _plate(columns, roles)
    pieces: list[tuple[str, list[Column]]] = []
    for i, column in enumerate(columns):
        role = "plate" if start <= i < end else roles.get(i, "")
        if pieces and pieces[-1][0] == role and role in ("plate", "well", ""):
            pieces[-1][1].append(column)
        else:
            pieces.append((role, [column]))
    return _joined(pieces)


def _plate(columns: Sequence[Column], roles: Mapping[int, str]) -> tuple[int, int]:
    """Return from where to where, before the first part, the plate's name stands."""
    differing = [i for i, role in roles.items() if role == "plate"]
    first = min(i for i, role in roles.items() if role not in ("plate", "*"))
    folders = [
        i
        for i in range(first)
        if columns[i].kind == "separator" and "/" in columns[i].first
    ]
    near = differing[0] if differing else first
    start = max((i + 1 for i in folders if i < near), default=0)
    stop = end = min((i for i in folders if i >= near), default=first)
    # What touches the well, as in WellB02, is a word before it.
    while end > start and columns[end - 1].kind == "letters" and end == stop == first:
        end -= 1
    while end > start and columns[end - 1].kind == "separator":
        end -= 1
    text = "".join(column.first for column in columns[start:end])
    passed_over = any(roles.get(i) == "*" for i in range(start, end))
    if passed_over or end == first or text.lower() in _PLAIN:
        return (near, near + 1) if differing else (0, 0)
    return start, end


def _joined(pieces: Sequence[tuple[str, Sequence[Column]]]) -> str | None:
    text = ""
    for number, (role, columns) in enumerate(pieces):
        if not role:
            if not all(column.constant for column in columns):
                return None
            literal = "".join(column.first for column in columns)
            text += literal.replace("{", "{{").replace("}", "}}")
        elif role == "*":
            text += "" if text.endswith("{*}") else "{*}"
        else:
            touches = number + 1 < len(pieces) and pieces[number + 1][0] != ""
            width = _width(columns) if touches and role != "row" else ""
            if width is None:
                return None
            text += f"{{{role}{width}}}"
    return text


def _width(columns: Sequence[Column]) -> str | None:
    """Return ``:3`` where a part always has three characters, else None."""
    lengths = {
        sum(map(len, values))
        for values in zip(*(column.values for column in columns), strict=True)
    }
    return f":{lengths.pop()}" if len(lengths) == 1 else None
