"""What people give for wells: numbers or words, as pandas and numpy hold them."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from hcs.errors import ArgumentError
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Callable

Cell: TypeAlias = float | str | None
Well = TypeVar("Well", bound="object")


def cells_by_well(values: Any, find: Callable[[object], Well]) -> dict[Well, Cell]:
    """Return a cell a well.

    Parameters
    ----------
    values
        A mapping of wells to numbers or words, or a `pandas.Series` by well. None, NaN,
        other missing values and infinite numbers are None.
    find
        Gives the well that a key means.

    Raises
    ------
    ArgumentError
        If values are a table or no mapping, name a well twice, or hold what is neither
        number nor word.
    """
    if getattr(values, "ndim", 1) > 1 and hasattr(values, "columns"):
        raise ArgumentError(
            f"values is a table of {some(list(values.columns), 3)}; expected one "
            f"column, such as table.set_index('Metadata_Well')['mean']."
        )
    if not hasattr(values, "items"):
        raise ArgumentError(
            f"values is {values!r:.80}; expected a mapping of wells to numbers or "
            f"words, such as a dict or a series."
        )
    cells: dict[Well, Cell] = {}
    for name, value in values.items():
        well = find(name)
        if well in cells:
            raise ArgumentError(
                f"values have several entries for well {name!s:.60}; expected one for "
                f"each well, such as the median: series.groupby(level=0).median()."
            )
        cells[well] = _cell(value, name)
    return cells


def _cell(value: Any, name: object) -> Cell:
    """Return a finite number, a word, or None for what is no value."""
    # Missing values of pandas are of types of their own, and no comparison tells them.
    if value is None or str(value) in ("", "<NA>", "NaT"):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | bool | date):
        return str(value)
    try:
        number = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        raise ArgumentError(
            f"The value of well {name!s:.60} is {value!r:.60}; expected a number, a "
            f"word or nothing."
        ) from None
    return number if math.isfinite(number) else None
