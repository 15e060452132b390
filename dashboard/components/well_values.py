"""What colours a plate map: numbers or categories of wells, however they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.categories import CATEGORY_COLOURS, category_colours, in_order
from dashboard.colour_scales import value_limits
from dashboard.plates.labels import find_label
from dashboard.text import plain_text
from dashboard.well_cells import cells_by_well
from hcs.errors import ArgumentError, NotFoundError
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import PlateOverview
    from dashboard.well_cells import Cell


def values_content(
    values: object, overview: PlateOverview, *, title: str, unit: str
) -> dict[str, Any] | None:
    """Return values as the map's script takes them, None without any.

    Parameters
    ----------
    values
        A mapping of wells, in any spelling, to numbers or to words (a `dict`, or a
        `pandas.Series` whose index names wells), or the name of a column of the plate
        map. None, NaN and infinite numbers are no value.
    overview
        The plate.
    title, unit
        What the numbers are.

    Raises
    ------
    ArgumentError
        If values are of neither kind, mix numbers with words, name a well twice, or
        have more categories than there are colours.
    NotFoundError
        If a well or a column is not on the plate.
    """
    if values is None:
        return None
    if isinstance(values, str):
        cells: Sequence[Cell] = _column(values, overview)
        title = title or values
    else:
        cells = _cells(values, overview)
    words = [cell for cell in cells if isinstance(cell, str)]
    content = {
        "metric": "values",
        "title": plain_text(title or "value", 80),
        "unit": plain_text(unit, 20),
        "definition": "",
        "reasons": {},
        "from": {},
        "log": False,
    }
    if not words:
        return content | _numbers(cells)
    if any(cell is not None and not isinstance(cell, str) for cell in cells):
        raise ArgumentError(
            f"values mix words ({some(words, 3)}) with numbers; expected one kind."
        )
    return content | _categories(cells, words)


class WellLabels:
    """Labels of the wells of a plate, by any spelling of them."""

    def __init__(self, overview: PlateOverview) -> None:
        self._plate = overview.name
        self.labels = [well.label for well in overview.wells]
        self._known = {well.path: well.label for well in overview.wells}
        self._known |= {label: label for label in self.labels}

    def find(self, name: object) -> str:
        """Return the label of a well.

        Raises
        ------
        NotFoundError
            If it is not a well of the plate.
        """
        text = str(name)
        label = self._known.get(text) or find_label(text, self.labels)
        if not label:
            raise NotFoundError(
                f"{text!r:.60} is no well of plate {self._plate!r:.60}. Its wells are "
                f"{some(self.labels)}."
            )
        return label


def _cells(values: Any, overview: PlateOverview) -> list[Cell]:
    cells = cells_by_well(values, WellLabels(overview).find)
    return [cells.get(well.label) for well in overview.wells]


def _column(name: str, overview: PlateOverview) -> list[str | None]:
    if name not in overview.condition_names:
        raise NotFoundError(
            f"{name!r:.60} is no column of the plate map. Its columns are "
            f"{some(overview.condition_names) or 'none'}."
        )
    return [dict(well.conditions).get(name) for well in overview.wells]


def _numbers(numbers: Sequence[Cell]) -> dict[str, Any]:
    known = (number for number in numbers if isinstance(number, float))
    low, high = value_limits(known)
    return {"values": list(numbers), "low": low, "high": high}


def _categories(cells: Sequence[object], words: Sequence[str]) -> dict[str, Any]:
    categories = sorted(set(words), key=in_order)
    if len(categories) > len(CATEGORY_COLOURS):
        raise ArgumentError(
            f"values have {len(categories)} categories ({some(categories, 3)}); at "
            f"most {len(CATEGORY_COLOURS)} can be told apart by colour."
        )
    numbers = {word: at for at, word in enumerate(categories)}
    scale, colours = category_colours(categories)
    return {
        "values": [None if cell is None else numbers[str(cell)] for cell in cells],
        "low": None,
        "high": None,
        "categories": [plain_text(word, 60) for word in categories],
        "scale": scale,
        "colours": colours,
    }
