"""Looking up the wells of a plate: by path, by indices, and in any spelling."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError

if TYPE_CHECKING:
    from hcs.metadata import Plate, PlateWell


class WellNames:
    """Names of the wells that a plate lists.

    Names come from the plate's own rows and columns, not from indices: a plate may
    declare only the rows that it has.
    """

    def __init__(self, plate: Plate) -> None:
        self._plate = plate

    def label(self, path: str) -> str:
        """Return a well as people write it, ``"B02"``; its path if it has no such name.

        Columns are padded to the widest number of the plate.
        """
        row, _, column = path.partition("/")
        if row.isascii() and row.isalpha() and column.isascii() and column.isdecimal():
            return f"{row}{int(column):0{self._digits}d}"
        return path

    def find(self, name: str) -> PlateWell | None:
        """Return the listed well that a name means in any spelling, None if none.

        Raises
        ------
        InvalidPathError
            If it is no well's name.
        """
        if not isinstance(name, str):
            raise InvalidPathError(f"A well's name is {name!r}; expected text.")
        listed = self.by_path.get(name) or self._joined.get(name.strip().upper())
        return self._by_spelling.get(_spelling(name)) if listed is None else listed

    @cached_property
    def by_path(self) -> dict[str, PlateWell]:
        """The listed wells by path."""
        return {well.path: well for well in self._plate.wells}

    @cached_property
    def by_indices(self) -> dict[tuple[int, int], PlateWell]:
        """The listed wells by zero-based row and column."""
        return {(well.rowIndex, well.columnIndex): well for well in self._plate.wells}

    @cached_property
    def _by_spelling(self) -> dict[tuple[str, str], PlateWell]:
        # Reversed: of two names that differ by case, the first listed one is meant.
        return {_names(well.path): well for well in reversed(self._plate.wells)}

    @cached_property
    def _joined(self) -> dict[str, PlateWell]:
        # Rows and columns may be named as nobody else does: "r03" and "c03".
        return {
            well.path.replace("/", "").upper(): well
            for well in reversed(self._plate.wells)
        }

    @cached_property
    def _digits(self) -> int:
        names = [column.name for column in self._plate.columns]
        numbers = [int(name) for name in names if name.isascii() and name.isdecimal()]
        return len(str(max(numbers, default=1)))


def _names(path: str) -> tuple[str, str]:
    row, _, column = path.partition("/")
    return _name(row), _name(column)


def _name(name: str) -> str:
    return name.upper().lstrip("0") or "0"


def _spelling(name: str) -> tuple[str, str]:
    from hcs.layout import parse_well, row_letters

    if "/" in name:
        return _names(name)
    row, column = parse_well(name)
    return row_letters(row), str(column + 1)
