"""Patterns that choose wells: ``A-B:1, A3``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError
from hcs.layout import parse_well, plate_format, row_index, shown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.layout import PlateFormat, Position


_LONGEST_PATTERN = 20_000
"""Characters of a typed pattern; each well of 3456 by its name takes fewer."""


def select_wells(pattern: str, format: PlateFormat | int | str) -> tuple[Position, ...]:
    """Return the wells that a typed pattern names, in row-major order.

    Parameters
    ----------
    pattern
        Parts joined by commas: a well (``B02``), a rectangle by its corners
        (``A01-B09``), rows and columns (``A-H:5``, ``A:1-3``), whole columns
        (``col:1-2``) or whole rows (``row:A-B``).
    format
        The plate; a part that leaves it is an error.

    Raises
    ------
    InvalidPathError
        If a part cannot be read or lies outside of the plate.

    Examples
    --------
    >>> from hcs.layout import FORMATS
    >>> [FORMATS[6].label(well) for well in select_wells("A-B:1, A3", 6)]
    ['A1', 'A3', 'B1']
    """
    grid = plate_format(format)
    if len(pattern) > _LONGEST_PATTERN:
        raise InvalidPathError(
            f"A pattern of {len(pattern):,} characters is too long; up to "
            f"{_LONGEST_PATTERN:,} are allowed. A plate map can name all wells."
        )
    # A bit a column: the parts may cover the plate any number of times.
    chosen = [0] * grid.rows
    for part in pattern.split(","):
        if words := part.split():
            top, bottom, left, right = _selected(" ".join(words), grid)
            columns = (1 << (right + 1)) - (1 << left)
            for row in range(top, bottom + 1):
                chosen[row] |= columns
    if not any(chosen):
        raise InvalidPathError(f"The pattern {shown_name(pattern)} names no well.")
    return tuple(
        (row, column)
        for row, columns in enumerate(chosen)
        for column in range(grid.columns)
        if columns >> column & 1
    )


_SPAN = r"\s*(?:-\s*(?P<{0}>{1}))?"


_PATTERNS = (
    re.compile(
        r"(?:col|cols|column|columns)\s*:\s*(?P<c1>[0-9]{1,3})"
        + _SPAN.format("c2", "[0-9]{1,3}"),
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(
        r"(?:row|rows)\s*:\s*(?P<r1>[A-Z]{1,2})" + _SPAN.format("r2", "[A-Z]{1,2}"),
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(
        r"(?P<r1>[A-Z]{1,2})"
        + _SPAN.format("r2", "[A-Z]{1,2}")
        + r"\s*:\s*(?P<c1>[0-9]{1,3})"
        + _SPAN.format("c2", "[0-9]{1,3}"),
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(
        r"(?P<r1>[A-Z]{1,2})(?P<c1>[0-9]{1,3})\s*[-:]\s*"
        r"(?P<r2>[A-Z]{1,2})(?P<c2>[0-9]{1,3})",
        re.IGNORECASE | re.ASCII,
    ),
)


def _selected(part: str, grid: PlateFormat) -> tuple[int, int, int, int]:
    """Return first and last row, first and last column."""
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(part):
            corners = match.groupdict()
            break
    else:
        row, column = parse_well(part, grid)
        return row, row, column, column
    top, bottom = _ends(corners, "r", grid.rows)
    left, right = _ends(corners, "c", grid.columns)
    if not grid.holds((top, left)) or not grid.holds((bottom, right)):
        raise InvalidPathError(f"{shown_name(part)} lies outside of a {grid}.")
    return top, bottom, left, right


def _ends(corners: Mapping[str, str | None], axis: str, count: int) -> Position:
    first = corners.get(f"{axis}1")
    if first is None:
        return 0, count - 1
    last = corners.get(f"{axis}2") or first
    index = row_index if axis == "r" else lambda digits: int(digits) - 1
    low, high = sorted((index(first), index(last)))
    return low, high
