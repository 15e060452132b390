"""Looking up the wells of a plate: by path, by indices, and in any spelling."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from hcs.errors import InvalidPathError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hcs.metadata import Plate, PlateWell

K = TypeVar("K", bound="Hashable")


class WellNames:
    """Names of the wells that a plate lists.

    Names come from the plate's own rows and columns, not from indices: a plate may
    declare only the rows that it has.
    """

    def __init__(self, plate: Plate) -> None:
        self._plate = plate

    def __reduce__(self) -> tuple[type[WellNames], tuple[Plate]]:
        return WellNames, (self._plate,)

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
        listed = self.at_path(name) or self._joined.get(name.strip().upper())
        return self._by_spelling.get(_spelling(name)) if listed is None else listed

    def at_path(self, path: str) -> PlateWell | None:
        """Return the listed well of a path."""
        return self._by_path.get(path)

    def at_indices(self, row_index: int, column_index: int) -> PlateWell | None:
        """Return the listed well of a zero-based row and column."""
        return self._by_indices.get((row_index, column_index))

    @cached_property
    def _by_path(self) -> _Index[str]:
        return _Index(self._plate, attrgetter("path"))

    @cached_property
    def _by_indices(self) -> _Index[tuple[int, int]]:
        return _Index(self._plate, attrgetter("rowIndex", "columnIndex"))

    @cached_property
    def _by_spelling(self) -> _Index[tuple[str, str]]:
        return _Index(self._plate, lambda well: _names(well.path))

    @cached_property
    def _joined(self) -> _Index[str]:
        # Rows and columns may be named as nobody else does: "r03" and "c03".
        return _Index(self._plate, lambda well: well.path.replace("/", "").upper())

    @cached_property
    def _digits(self) -> int:
        names = [column.name for column in self._plate.columns]
        numbers = [int(name) for name in names if name.isascii() and name.isdecimal()]
        return len(str(max(numbers, default=1)))


class _Index(Generic[K]):
    """The listed wells by a key, also after somebody has changed the plate's list.

    What is found is checked where it lies, so a well that is listed costs no look
    through the list; one that is not costs one.
    """

    def __init__(self, plate: Plate, key_of: Callable[[PlateWell], K]) -> None:
        self._plate = plate
        self._key_of = key_of
        self._positions: dict[K, int] = {}

    def get(self, key: K) -> PlateWell | None:
        """Return the first listed well of a key, None where there is none."""
        wells, position = self._plate.wells, self._positions.get(key)
        if (
            position is not None
            and position < len(wells)
            and self._key_of(wells[position]) == key
        ):
            return wells[position]
        keys = [self._key_of(well) for well in wells]
        if key not in keys:
            return None
        # Reversed: of two names that differ by case, the first listed one is meant.
        last = len(keys) - 1
        self._positions = {
            key: last - number for number, key in enumerate(reversed(keys))
        }
        return wells[keys.index(key)]


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
