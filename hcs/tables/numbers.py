"""How a table writes numbers: its decimal mark, and the cells that are none.

A cell that is no number is never guessed at: it is missing, and is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hcs.deadline import go_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Value = str | int | float | None

Mark = Literal[".", ",", "both"]
"""What begins decimals; ``"both"`` where cells contradict each other."""

ABSENT: Final = frozenset({"", "na", "n/a", "nan", "none", "null", "-", "#n/a"})
"""What stands in cells, in small letters, for "not available"."""
EXACT: Final = 2**53
"""Whole numbers beyond are not kept by every reader of JSON."""

_LONGEST = 64
"""Characters of a number; a longer cell is a text, whatever it holds."""

_SHARE: Final = 0.5
"""Share of a column's cells that are numbers, or meant as such, in a column of them."""

_EXPONENT = r"(?:[eE][+-]?[0-9]{1,3})?"
_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?" + _EXPONENT)
_SWAPPED = str.maketrans(",.", ".,")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
"""Points between thousands, as they are written beside decimal commas."""

_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
"""A thousand and something, or one and some decimals."""

_NAME = re.compile(r"[+-]?0[0-9]+")
_NUMBER_LIKE = re.compile(
    r"[<>≤≥~=]*\s*[+-]?[0-9.,][0-9.,'\s]*(?:e[+-]?[0-9]{1,3})?\s*%?"
    r"|[+-]?(?:inf|infinity|∞)|ov(?:e?r)?fl(?:o?w)?|underflow|saturated|out of range"
    r"|#[a-z0-9/]+[!?]?",
    re.IGNORECASE,
)
"""What instruments and spreadsheets write where they have no number to give."""


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers."""

    values: tuple[int | float | None, ...]
    """One a cell; None where it is empty or no number."""

    strange: frozenset[int]
    """Indices of the cells that hold something that is no number."""


def decimal_mark(cells: Iterable[str], delimiter: str) -> Mark | None:
    """Return what begins decimals in some cells; None where they do not show it.

    Where commas delimit it is the point. ``1.234`` and ``1,234`` show nothing.
    """
    if delimiter == ",":
        return "."
    marks = {mark for cell in cells if (mark := _mark(cell)) is not None}
    return "both" if len(marks) > 1 else next(iter(marks), None)


def _mark(cell: str) -> Mark | None:
    if len(cell) > _LONGEST or _EITHER.fullmatch(cell):
        return None
    if _GROUPED.fullmatch(cell) or ("," in cell and _is_decimal(_pointed(cell))):
        return ","
    return "." if "." in cell and _is_decimal(cell) else None


def column_mark(cells: Sequence[str], delimiter: str, table: Mark | None) -> Mark:
    """Return what begins decimals in a column, asking the whole table where it is mute.

    Where that does not show it either, it is the point, but for tables that are cut at
    semicolons: they are so because commas begin decimals.
    """
    go_on()
    own = decimal_mark(cells, delimiter)
    if own is not None:
        return own
    unclear = [cell for cell in cells if _EITHER.fullmatch(cell)]
    if not unclear:
        return "."
    if table is not None:
        return table
    marks = {mark for cell in unclear for mark in ".," if mark in cell}
    if len(marks) > 1:
        return "both"
    return "," if marks == {","} and delimiter == ";" else "."


def typed_column(
    cells: Sequence[str], delimiter: str = ",", table: Mark | None = None
) -> tuple[Value, ...]:
    """Return a column's values: numbers where every cell is one, else its texts.

    Cells that are empty are None; so is what spreadsheets write for "not available",
    in a column of numbers. Text with a leading zero (``"007"``) is a name, not a
    number. A decimal comma is understood where commas do not delimit, and points
    beside it part thousands.

    Parameters
    ----------
    cells
        The column, without its header.
    delimiter
        What the table is cut at.
    table
        What begins decimals in the whole table, see `decimal_mark`.

    Examples
    --------
    >>> typed_column(["1", "", "2.5"])
    (1, None, 2.5)
    >>> typed_column(["01", "02"])
    ('01', '02')
    >>> typed_column(["0,5", "1.234,5", "1.234"], ";")
    (0.5, 1234.5, 1234)
    """
    numbers = _numbers(cells, column_mark(cells, delimiter, table))
    if numbers.strange or all(value is None for value in numbers.values):
        return tuple(cell or None for cell in cells)
    return numbers.values


def number_column(cells: Sequence[str], mark: Mark) -> NumberColumn | None:
    """Return a column of measurements, None where it is one of texts.

    It is of numbers where at least one cell is one, and at least half of those that
    are not empty are, or are meant as such (``<0.1``, ``35%``, ``OVRFLW``). Cells such
    as ``007`` make it one of names.
    """
    column = _numbers(cells, mark)
    numbers = sum(value is not None for value in column.values)
    filled = numbers + len(column.strange)
    number_like = sum(_is_number_like(cells[index]) for index in column.strange)
    if not numbers or numbers + number_like < _SHARE * filled:
        return None
    if any(_NAME.fullmatch(cells[index]) for index in column.strange):
        return None
    return column


def _is_number_like(cell: str) -> bool:
    return len(cell) <= _LONGEST and _NUMBER_LIKE.fullmatch(cell) is not None


def _numbers(cells: Sequence[str], mark: Mark) -> NumberColumn:
    values: list[int | float | None] = []
    strange = set()
    for index, cell in enumerate(cells):
        absent = cell.lower() in ABSENT
        value = None if absent else _number(cell, mark)
        if value is None and not absent:
            strange.add(index)
        values.append(value)
    return NumberColumn(tuple(values), frozenset(strange))


def _number(cell: str, mark: Mark) -> int | float | None:
    if len(cell) > _LONGEST:
        return None
    if mark == ",":
        cell = cell.replace(".", "") if _GROUPED.fullmatch(cell) else cell
        cell = _pointed(cell)
    if _WHOLE.fullmatch(cell):
        value = int(cell)
        return value if abs(value) <= EXACT else None
    if not _is_decimal(cell) or (mark == "both" and "." in cell):
        return None
    try:
        number = float(cell)
    except ValueError:  # such as "e5", which has digits
        return None
    return number if abs(number) != float("inf") else None


def _pointed(cell: str) -> str:
    """Return a cell with points for commas, and the other way round."""
    return cell.translate(_SWAPPED)


def _is_decimal(cell: str) -> bool:
    return _DECIMAL.fullmatch(cell) is not None and any(map(str.isdigit, cell))


def float_text(value: float) -> str:
    """Return a number as a person would have typed it: 3.0 as ``"3"``."""
    exact = value.is_integer() and abs(value) < EXACT
    return str(int(value)) if exact else repr(value)
