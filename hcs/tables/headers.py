"""Headers of two rows: groups above, names below, as CellProfiler and IN Carta write.

``Cells, Cells, Nuclei`` above ``Area, Shape, Area`` becomes ``Cells_Area``,
``Cells_Shape``, ``Nuclei_Area``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.tables.table import Table

_NUMBER = re.compile(r"[+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?")
_IMAGE = "Image"
"""CellProfiler's group of columns that are of no object: ImageNumber, ObjectNumber."""


def with_joined_header(table: Table) -> Table:
    """Return a table whose header of two rows, where it has one, is joined into one."""
    if len(table.rows) < 3:
        return table
    upper, lower = table.rows[:2]
    groups = _filled(upper, len(lower))
    if groups is None or not all(lower) or not _are_names(lower):
        return table
    header = tuple(
        name if group in ("", _IMAGE) else f"{group}_{name}"
        for group, name in zip(groups, lower, strict=True)
    )
    return replace(table, rows=(header, *table.rows[2:]), lines=table.lines[1:])


def _filled(upper: Sequence[str], width: int) -> list[str] | None:
    """Return the group of each column; None where the row is none of groups.

    Groups repeat from column to column; cells that a spreadsheet has merged are empty
    but the first, and then the columns of no group stand first.
    """
    cells = [*upper, *[""] * (width - len(upper))]
    names = [cell for cell in cells if cell]
    if len(cells) != width or not names or not _are_names(names):
        return None
    if all(cells):
        return cells if len(set(cells)) < len(cells) else None
    if cells[0]:
        return None  # a title above the table
    groups, group = [], ""
    for cell in cells:
        group = cell or group
        groups.append(group)
    return groups


def _are_names(cells: Iterable[str]) -> bool:
    """Return whether cells are names of columns, and no row of values."""
    return not any(_NUMBER.fullmatch(cell) or named_well(cell) for cell in cells)
