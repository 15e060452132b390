"""Tables with a row an object (a cell, a nucleus): medians by field or by image."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hcs.deadline import go_on
from hcs.tables.numbers import column_mark, decimal_mark, number_column
from hcs.tables.table import TYPED_DELIMITER, Table, normalised, unique_names
from hcs.tables.well_columns import cell_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_OBJECT_NAMES = ("objectnumber", "objectid")
"""What ends the normalised name of a column that numbers objects."""


OBJECTS: Final = "objects"
"""What objects are called whose table does not say more; not put before columns."""


def is_of_objects(headers: Sequence[str]) -> bool:
    """Return whether a table has a row an object, by the names of its columns."""
    return any(map(_numbers_objects, headers))


def _numbers_objects(header: str) -> bool:
    return normalised(header).endswith(_OBJECT_NAMES)


def medians(table: Table, header: int, keys: Sequence[int], objects: str) -> Table:
    """Return a table with a row a group of objects: how many, and the median of each.

    Parameters
    ----------
    table
        With a row an object.
    header
        Index of the row of its headers.
    keys
        Indices of the columns that tell groups apart; they stay first, as they are.
    objects
        What the objects are called: begins the name of the count, ``"Cells_count"``,
        and of every column whose name does not begin with it. Nothing is put before
        columns of mere `OBJECTS`, which are of several kinds.

    Returns
    -------
        Columns of text, and those that number objects, are left out. Medians are over
        the objects that have a number.
    """
    names = unique_names(table.rows[header])
    body = table.rows[header + 1 :]
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(body):
        groups[tuple(cell_at(row, key) for key in keys)].append(index)
    columns = {
        _named(names[index], objects): numbers
        for index, numbers in _number_columns(table, names, body, keys).items()
    }
    rows = [(*(names[key] for key in keys), f"{objects}_count", *columns)]
    for key, indices in groups.items():
        go_on()
        cells = _medians([numbers[indices] for numbers in columns.values()])
        rows.append((*key, str(len(indices)), *cells))
    first = [indices[0] for indices in groups.values()]
    lines = [table.lines[header + 1 + index] for index in first]
    return replace(
        table,
        rows=tuple(rows),
        lines=(table.lines[header], *lines),
        delimiter=TYPED_DELIMITER,
        notes=(
            *table.notes,
            f"{table.name} has one row per object: {len(body):,} objects are given as "
            f"their count and medians, in {len(groups):,} rows.",
        ),
    )


def _named(name: str, objects: str) -> str:
    begins = normalised(name).startswith(normalised(objects))
    return name if begins or objects == OBJECTS else f"{objects}_{name}"


def _number_columns(
    table: Table,
    names: Sequence[str],
    body: Sequence[Sequence[str]],
    keys: Sequence[int],
) -> Mapping[int, NDArray[np.float64]]:
    """Return the columns of numbers by their index; missing cells are NaN."""
    chosen = [
        index
        for index, name in enumerate(names)
        if index not in keys and not _numbers_objects(name)
    ]
    mark = decimal_mark(
        (cell_at(row, index) for row in body for index in chosen), table.delimiter
    )
    columns = {}
    for index in chosen:
        go_on()
        cells = [cell_at(row, index) for row in body]
        column = number_column(cells, column_mark(cells, table.delimiter, mark))
        if column is not None:
            columns[index] = np.array(
                [np.nan if value is None else value for value in column.values]
            )
    return columns


def _medians(columns: Sequence[NDArray[np.float64]]) -> list[str]:
    """Return the median of each column as text, "" where it has no number."""
    if not columns:
        return []
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        # Of columns without a number, whose median is NaN: that is what is wanted.
        values = np.nanmedian(np.stack(columns), axis=1)
    return ["" if np.isnan(value) else f"{value:.15g}" for value in values.tolist()]
