"""What positions of a plate grid are called on screen.

By the names of rows and columns, never by their position: a document that lists row B
and column 03 alone describes B03, not A01. For listed wells these are the labels of
`HCSPlate.label`; a grid also has positions that no document lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Sequence


def grid_labels(rows: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of a grid, row by row, each of them once.

    Parameters
    ----------
    rows, columns
        Names as the plate document has them.

    Returns
    -------
        ``"B02"`` where the names are letters and numbers, padded to the widest column;
        else the names joined by a slash, as they are.

    Examples
    --------
    >>> grid_labels(["B"], ["3", "10"])
    ('B03', 'B10')
    >>> grid_labels(["top2"], ["3"])
    ('top2/3',)
    """
    numbers = [int(name) for name in columns if _is_number(name)]
    digits = len(str(max(numbers, default=1)))
    labels = tuple(
        f"{row}{int(column):0{digits}d}"
        if row.isalpha() and _is_number(column)
        else f"{row}/{column}"
        for row in rows
        for column in columns
    )
    if len(set(labels)) == len(labels):
        return labels
    # Columns "1" and "01" are two folders.
    return tuple(f"{row}/{column}" for row in rows for column in columns)


def find_label(text: str, labels: Sequence[str]) -> str:
    """Return the label that a person means, "" where none is.

    Parameters
    ----------
    text
        As somebody wrote it: ``"b2"``, ``"B-02"``, ``"r02c02"``.
    labels
        Of the plate.

    Examples
    --------
    >>> find_label("b2", ["A01", "B02"]), find_label("r2c2", ["A01", "B02"])
    ('B02', 'B02')
    >>> find_label("H12", ["A01", "B02"])
    ''
    """
    if text in labels:
        return text
    position = named_well(text)
    if position is None:
        return ""
    return next((label for label in labels if named_well(label) == position), "")


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()
