"""Rows and columns by their names: their order for people, their place on the plate.

A plate document may list rows and columns in any order, and only some of them. What
people see, and what depends on where a well is, follows the names instead; indices of
documents stay as they are. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.layout import (
    MAX_SIDE,
    PlateFormat,
    Position,
    row_index,
    smallest_format,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.metadata import Plate, PlateWell

_LETTERS = re.compile(r"[A-Za-z]{1,2}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def line_order(names: Sequence[str]) -> tuple[int, ...]:
    """Return the indices of rows (or of columns) in the order people read them in.

    Letters go from A to Z and on from AA, numbers by value. Names of any other kind,
    and letters that differ by case alone, keep their order.

    Examples
    --------
    >>> line_order(["10", "9", "01"]), line_order(["AA", "B"])
    ((2, 1, 0), (1, 0))
    >>> line_order(["top", "bottom"])
    (0, 1)
    """
    values = _values(names)
    if values is None:
        return tuple(range(len(names)))
    return tuple(sorted(range(len(names)), key=values.__getitem__))


def line_positions(names: Sequence[str]) -> tuple[int, ...] | None:
    """Return where on a physical plate rows (or columns) are by their names.

    Zero-based: A and 1 are 0, AA is 26; where there is a column 0, that is 0. None
    where names do not tell: they are neither letters nor numbers, two of them mean one
    place, or no plate reaches so far.
    """
    values = _values(names)
    if values is None or len(set(values)) < len(values):
        return None
    first = 1 if names[0].isdecimal() and 0 not in values else 0
    positions = tuple(value - first for value in values)
    return positions if max(positions) < MAX_SIDE else None


def _values(names: Sequence[str]) -> list[int] | None:
    if not names:
        return None
    if all(map(_NUMBER.fullmatch, names)):
        return [int(name) for name in names]
    if not all(map(_LETTERS.fullmatch, names)):
        return None
    values = [row_index(name) for name in names]
    return values if len(set(values)) == len(set(names)) else None


def wells_in_order(plate: Plate, wells: Iterable[PlateWell]) -> list[PlateWell]:
    """Return listed wells row by row, in the order of `line_order`."""
    rows, columns = (
        {index: rank for rank, index in enumerate(line_order([x.name for x in lines]))}
        for lines in (plate.rows, plate.columns)
    )
    return sorted(
        wells, key=lambda well: (rows[well.rowIndex], columns[well.columnIndex])
    )


@dataclass(frozen=True, slots=True)
class PhysicalPlate:
    """The microplate that the rows and columns of a document are part of."""

    format: PlateFormat
    assumed: bool
    """Whether the given rows and columns are fewer than those of `format`, which then
    is the smallest standard one that holds them."""

    rows: tuple[int, ...]
    """Zero-based place of each row, in the order in which they were given."""

    columns: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns of the microplate."""
        return self.format.rows, self.format.columns

    @property
    def text(self) -> str:
        """What plate it is, and whether that is assumed, for people."""
        return f"{self.format}, assumed" if self.assumed else str(self.format)

    def position(self, row: int, column: int) -> Position:
        """Return where a well is, of positions among the given rows and columns."""
        return self.rows[row], self.columns[column]


def physical_plate(rows: Sequence[str], columns: Sequence[str]) -> PhysicalPlate:
    """Return the microplate that named rows and columns lie on.

    Parameters
    ----------
    rows, columns
        Names as a plate document has them, in any order. Where those of one axis do
        not tell its place, the plate is taken to be the grid that was given.

    Examples
    --------
    >>> plate = physical_plate(["C", "B"], ["03", "10"])
    >>> plate.text, plate.position(0, 1)
    ('96-well plate (A01 to H12), assumed', (2, 9))
    """
    named_positions = line_positions(rows), line_positions(columns)
    named_rows, named_columns = (
        tuple(range(len(names))) if line is None else line
        for names, line in zip((rows, columns), named_positions, strict=True)
    )
    span = max(named_rows, default=0) + 1, max(named_columns, default=0) + 1
    format = PlateFormat(*span) if None in named_positions else smallest_format(*span)
    assumed = (format.rows, format.columns) != (len(rows), len(columns))
    return PhysicalPlate(format, assumed, named_rows, named_columns)
