"""Names of wells that say where a well is only together: numbers, and parts of wells.

`hcs.layout.parse_well` reads one name. Whether ``Aa01`` is a row of its own or the
first of four within row A, and what ``W0029`` counts, is known from all names of a
plate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError
from hcs.layout import (
    FORMATS,
    PlateFormat,
    Position,
    parse_well,
    plate_format,
    well_label,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"[0-9]{1,6}")
_SPLIT_ROW = re.compile(r"(?P<row>[A-H])(?P<part>[a-d])(?P<column>[0-9]{1,2})")
_QUADRANT = re.compile(
    r"(?P<well>[A-Za-z]{1,2}[0-9]{1,2})\.(?P<row>[a-d])(?P<column>[1-4])"
)
_PARTS = "abcd"


def named_well(text: str) -> Position | None:
    """Return the zero-based ``(row, column)`` of a well's name, None where it is none.

    >>> named_well("b - 02"), named_well("field 2")
    ((1, 1), None)
    """
    try:
        return parse_well(text)
    except InvalidPathError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WellSpellings:
    """Where the wells of a plate are by their names."""

    positions: Mapping[str, Position]
    """Zero-based ``(row, column)``, by name."""

    problems: Mapping[str, str] = field(default_factory=dict)
    """Why other names give no well, by name."""

    format: PlateFormat | None = None
    """The plate that such names are of; None where any plate may have them."""

    note: str = ""
    """How the names were understood, where that is not plain."""


def read_well_names(
    names: Iterable[str], format: PlateFormat | int | str | None = None
) -> WellSpellings:
    """Return where wells are by their names, read together.

    Parameters
    ----------
    names
        All names of one plate: any that `hcs.layout.parse_well` takes; or all of them
        numbers, which count row by row on `format`, from 0 where there is a well 0; or
        ``Aa01`` to ``Hd48`` of 1536 wells, whose rows are four to a letter; or
        ``A01.a1``, parts of the wells of a coarser plate: two by two, or four by four
        where a part is called c, d, 3 or 4.
    format
        The plate, where it is known. Names in letters are not held against it.
    """
    texts = sorted(set(names))
    grid = None if format is None else plate_format(format)
    bare = {text: text.strip() for text in texts}
    if texts and all(map(_NUMBER.fullmatch, bare.values())):
        return _counted(bare, grid)
    if grid in (None, FORMATS[1536]):
        rows = {text: _SPLIT_ROW.fullmatch(name) for text, name in bare.items()}
        if texts and all(rows.values()):
            return _split_rows({text: match for text, match in rows.items() if match})
    parts = {text: _QUADRANT.fullmatch(name) for text, name in bare.items()}
    if texts and all(parts.values()):
        return _quadrants({text: match for text, match in parts.items() if match})
    return _single(texts)


def plain_names(names: Iterable[str]) -> tuple[dict[str, str], str]:
    """Return plain names (``"AF48"``) of wells that are spelled in a way of their own.

    None are translated where others are plain (``"A01"``), so that ``Aa01`` beside
    ``AB01`` stays AA01. What is no name of a well is passed over.

    Returns
    -------
        Plain names by name, and how the names were understood.
    """
    distinct = set(names)
    apart = set(filter(is_spelled_apart, distinct))
    if not apart or _single(distinct - apart).positions:
        return {}, ""
    wells = read_well_names(apart)
    return {
        name: well_label(*position) for name, position in wells.positions.items()
    }, wells.note


def is_spelled_apart(name: str) -> bool:
    """Return whether a name may be one that is only understood among others."""
    text = name.strip()
    return bool(_SPLIT_ROW.fullmatch(text) or _QUADRANT.fullmatch(text))


def _single(texts: Iterable[str], grid: PlateFormat | None = None) -> WellSpellings:
    positions, problems = {}, {}
    for text in texts:
        try:
            positions[text] = parse_well(text, grid)
        except InvalidPathError as error:
            problems[text] = str(error)
    return WellSpellings(positions=positions, problems=problems)


def _counted(bare: Mapping[str, str], grid: PlateFormat | None) -> WellSpellings:
    if grid is None:
        why = (
            "it is a number, and numbers are counted row by row; give the plate's "
            f"format ({', '.join(map(str, FORMATS))} wells, or such as 12x32)."
        )
        return WellSpellings(positions={}, problems=dict.fromkeys(bare, why))
    first = min(map(int, bare.values()), default=1) and 1
    positions, problems = {}, {}
    for text, digits in bare.items():
        position = divmod(int(digits) - first, grid.columns)
        if grid.holds(position):
            positions[text] = position
        else:
            problems[text] = (
                f"counted from {first}, it lies outside of a {grid}; give the "
                f"plate's format."
            )
    examples = sorted(positions, key=lambda text: positions[text])
    shown = ", ".join(
        f"{text} is {grid.label(positions[text])}"
        for text in dict.fromkeys((*examples[:1], *examples[-1:]))
    )
    note = (
        f"The wells are numbers: they are counted from {first}, row by row, on a "
        f"{grid}; {shown}."
    )
    return WellSpellings(
        positions=positions, problems=problems, note=note if positions else ""
    )


def _split_rows(matches: Mapping[str, re.Match[str]]) -> WellSpellings:
    grid = FORMATS[1536]
    positions, problems = {}, {}
    for text, match in matches.items():
        row = (ord(match["row"]) - ord("A")) * len(_PARTS) + _PARTS.index(match["part"])
        position = row, int(match["column"]) - 1
        if grid.holds(position):
            positions[text] = position
        else:
            problems[text] = f"it lies outside of a {grid}."
    return WellSpellings(
        positions=positions,
        problems=problems,
        format=grid,
        note=_example("The rows are four to a letter (Aa to Hd)", positions),
    )


def _quadrants(matches: Mapping[str, re.Match[str]]) -> WellSpellings:
    coarse = {
        match["row"] in "ab" and match["column"] in "12" for match in matches.values()
    }
    factor = 2 if coarse == {True} else 4
    wells = _single({match["well"] for match in matches.values()})
    positions, problems = {}, {}
    for text, match in matches.items():
        if match["well"] in wells.problems:
            problems[text] = wells.problems[match["well"]]
            continue
        row, column = wells.positions[match["well"]]
        positions[text] = (
            row * factor + _PARTS.index(match["row"]),
            column * factor + int(match["column"]) - 1,
        )
    return WellSpellings(
        positions=positions,
        problems=problems,
        note=_example(
            f"The wells are named as parts, {factor} by {factor}, of those of a "
            f"coarser plate",
            positions,
        ),
    )


def _example(sentence: str, positions: Mapping[str, Position]) -> str:
    if not positions:
        return ""
    text = max(positions, key=lambda name: positions[name])
    return f"{sentence}: {text} is {well_label(*positions[text])}."
