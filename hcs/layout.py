"""Plate formats and the names of wells in every spelling.

Pure: positions are pairs ``(row, column)`` of zero-based indices, rows downwards and
columns rightwards from A1, and nothing here reads a file or knows a store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Position = tuple[int, int]
"""A well as zero-based ``(row, column)``."""

_LETTERS = 26
MAX_SIDE: Final = 702
"""Rows A to ZZ; no plate comes near, and it bounds what a bad name can ask for."""


def _is_count(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 1 <= value <= MAX_SIDE  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class PlateFormat:
    """The grid of a plate."""

    rows: int
    """Number of rows, at least 1."""

    columns: int
    """Number of columns, at least 1."""

    def __post_init__(self) -> None:
        for name, count in (("rows", self.rows), ("columns", self.columns)):
            if not _is_count(count):
                raise InvalidPathError(
                    f"A plate cannot have {count!r} {name}; "
                    f"a whole number from 1 to {MAX_SIDE} is allowed."
                )

    @property
    def wells(self) -> int:
        """Number of wells."""
        return self.rows * self.columns

    @property
    def name(self) -> str:
        """``"96"`` for a standard format, else ``"6x11"`` (rows, then columns)."""
        if standard_format(self.rows, self.columns) is not None:
            return str(self.wells)
        return f"{self.rows}x{self.columns}"

    @property
    def row_names(self) -> tuple[str, ...]:
        """``("A", "B", ...)``, the names that plates written here use."""
        return tuple(row_letters(index) for index in range(self.rows))

    @property
    def column_names(self) -> tuple[str, ...]:
        """``("1", "2", ...)``, the names that plates written here use."""
        return tuple(str(index + 1) for index in range(self.columns))

    def label(self, position: Position) -> str:
        """Return the name to display, padded to the widest column: ``"B02"``.

        Parameters
        ----------
        position
            Zero-based ``(row, column)``.

        Raises
        ------
        InvalidPathError
            If an index is negative, or the row beyond ZZ.
        """
        return well_label(*position, self.columns)

    def holds(self, position: Position) -> bool:
        """Return whether `position` lies on the plate.

        Parameters
        ----------
        position
            Zero-based ``(row, column)``.
        """
        row, column = position
        return 0 <= row < self.rows and 0 <= column < self.columns

    def __str__(self) -> str:
        last = self.label((self.rows - 1, self.columns - 1))
        return f"{self.name}-well plate ({self.label((0, 0))} to {last})"


FORMATS: Final[Mapping[int, PlateFormat]] = MappingProxyType(
    {
        rows * columns: PlateFormat(rows, columns)
        for rows, columns in (
            (2, 3),
            (3, 4),
            (4, 6),
            (6, 8),
            (8, 12),
            (16, 24),
            (32, 48),
            (48, 72),
        )
    }
)
"""The standard formats by number of wells, smallest first."""


def standard_format(rows: int, columns: int) -> PlateFormat | None:
    """Return the standard format of exactly so many rows and columns, if there is."""
    standard = FORMATS.get(rows * columns)
    if standard is None or (standard.rows, standard.columns) != (rows, columns):
        return None
    return standard


def smallest_format(rows: int, columns: int, *, least: int = 1) -> PlateFormat:
    """Return the smallest standard format that holds so many rows and columns.

    Of those with at least `least` wells; where none is large enough, the plate has just
    the rows and columns (1 to 702 each) that were asked for.
    """
    for count, standard in FORMATS.items():
        if count >= least and rows <= standard.rows and columns <= standard.columns:
            return standard
    return PlateFormat(rows, columns)


def plate_format(value: PlateFormat | int | str | tuple[int, int]) -> PlateFormat:
    """Return the format that `value` means.

    Parameters
    ----------
    value
        A format, a standard number of wells (``96`` or ``"96"``), or the grid itself
        as ``(rows, columns)`` or ``"12x32"``.

    Raises
    ------
    InvalidPathError
        If it is none of these.

    Examples
    --------
    >>> plate_format("6x11")
    PlateFormat(rows=6, columns=11)
    """
    if isinstance(value, PlateFormat):
        return value
    if isinstance(value, tuple):
        return PlateFormat(*value)
    text = str(value).strip()
    if grid := re.fullmatch(r"([0-9]{1,3})\s*[xX×]\s*([0-9]{1,3})", text):
        return PlateFormat(int(grid[1]), int(grid[2]))
    if re.fullmatch(r"[0-9]{1,4}", text) and int(text) in FORMATS:
        return FORMATS[int(text)]
    raise InvalidPathError(
        f"No plate format {value!r}; give one of {', '.join(map(str, FORMATS))} wells, "
        f"or rows and columns such as '12x32'."
    )


def row_letters(index: int) -> str:
    """Return the letters of a zero-based row: A to Z, then AA, AB, ... (base 26).

    Raises
    ------
    InvalidPathError
        If `index` is negative or beyond row ZZ.
    """
    if isinstance(index, bool) or not 0 <= index < MAX_SIDE:
        raise InvalidPathError(
            f"No row has the index {index!r}; 0 to {MAX_SIDE - 1} are allowed."
        )
    high, low = divmod(index, _LETTERS)
    return (chr(ord("A") + high - 1) if high else "") + chr(ord("A") + low)


def row_index(letters: str) -> int:
    """Return the zero-based row of ``"A"`` to ``"ZZ"``, in either case.

    Raises
    ------
    InvalidPathError
        If `letters` are not one or two letters of the alphabet.
    """
    if not re.fullmatch(r"[A-Za-z]{1,2}", letters):
        raise InvalidPathError(f"{letters!r} is not a row; A to Z and AA to ZZ are.")
    value = 0
    for letter in letters.upper():
        value = value * _LETTERS + ord(letter) - ord("A") + 1
    return value - 1


def well_label(row: int, column: int, columns_count: int | None = None) -> str:
    """Return the name of a well to display.

    Parameters
    ----------
    row, column
        Zero-based.
    columns_count
        Number of columns of the plate, whose widest number is padded to: ``"B2"`` of 6
        columns, ``"B02"`` of 12. None pads to two digits.
    """
    if isinstance(column, bool) or column < 0:
        raise InvalidPathError(f"No column has the index {column!r}; 0 is the first.")
    width = 2 if columns_count is None else len(str(columns_count))
    return f"{row_letters(row)}{column + 1:0{width}d}"


_SPELLINGS = (
    re.compile(r"(?P<letters>[A-Za-z]{1,2})[ ]*[-_/:.]?[ ]*(?P<column>[0-9]{1,4})"),
    re.compile(
        r"[Rr][ ]*(?P<row>[0-9]{1,4})[ ]*[-_/,.]?[ ]*[Cc][ ]*(?P<column>[0-9]{1,4})"
    ),
)
_LONGEST_NAME = 40
"""Characters of a well's name, spaces and all; no longer text is looked into."""

_STRICT = re.compile(r"(?P<letters>[A-Z]{1,2})(?P<column>[0-9]{1,3})")


def parse_well(
    text: str,
    format: PlateFormat | int | str | None = None,
    *,
    strict: bool = False,
) -> Position:
    """Return the zero-based ``(row, column)`` of a well's name.

    Parameters
    ----------
    text
        ``A1``, ``A01``, ``a1``, ``A/1``, ``A-1``, ``A - 01``, ``AF48``, ``r01c01``,
        ``R1C1``; where `format` is given also a number counted from 1 row by row.
    format
        The plate that the well must lie on.
    strict
        Take only capital letters followed by digits. For plates whose rows differ by
        case alone (``AA`` and ``aa``), which need names of their own.

    Raises
    ------
    InvalidPathError
        If it is no well's name, or lies outside of `format`.

    Examples
    --------
    >>> parse_well("b - 02")
    (1, 1)
    >>> parse_well("AF48", 1536)
    (31, 47)
    """
    grid = None if format is None else plate_format(format)
    position = None
    if len(text) <= _LONGEST_NAME:
        position = _position(text.strip(), grid, strict=strict)
    if position is None:
        raise InvalidPathError(
            f"{shown_name(text)} is not a well; names such as B2, B02, B/2 or r02c02 "
            f"are."
        )
    if grid is not None and not grid.holds(position):
        raise InvalidPathError(f"Well {text!r} lies outside of a {grid}.")
    return position


def shown_name(text: str) -> str:
    """Return what somebody typed as messages have it, cut where it is long."""
    return repr(text) if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]!r}..."


def _position(text: str, grid: PlateFormat | None, *, strict: bool) -> Position | None:
    for spelling in (_STRICT,) if strict else _SPELLINGS:
        if match := spelling.fullmatch(text):
            parts = match.groupdict()
            row = (
                int(parts["row"]) - 1 if "row" in parts else row_index(parts["letters"])
            )
            column = int(parts["column"]) - 1
            inside = min(row, column) >= 0 and max(row, column) < MAX_SIDE
            return (row, column) if inside else None
    if grid is not None and not strict and re.fullmatch(r"[0-9]{1,6}", text):
        number = int(text) - 1
        return divmod(number, grid.columns) if number >= 0 else None
    return None


def fitting_format(
    positions: Iterable[Position], *, least: int = 96
) -> tuple[PlateFormat, bool]:
    """Return the plate that wells must have come from, and whether that is certain.

    It is certain where the wells are exactly those of a standard format. Otherwise it
    is the smallest standard format of at least `least` wells that holds them all, and,
    where none does, the grid that they span.
    """
    wells = set(positions)
    rows = max((row for row, _ in wells), default=0) + 1
    columns = max((column for _, column in wells), default=0) + 1
    exact = standard_format(rows, columns)
    if exact is not None and len(wells) == exact.wells:
        return exact, True
    return smallest_format(rows, columns, least=least), False
