"""Columns of the plate map as colours: a few values, each with one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview

PREFIX = "condition:"
"""Begins the id of a column where a metric's id may stand."""

COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442",
    "#8a929b", "#332288", "#44aa99", "#882255", "#999933", "#ddcc77", "#cc6677",
    "#117733", "#aa4499", "#661100", "#6699cc", "#88ccee", "#1b1b1b",
)  # fmt: skip
"""Told apart by colour-blind eyes as far as so many can be; the first ones best."""


def columns(overview: PlateOverview) -> dict[str, list[str]]:
    """Return the values of each column that has more than one, and not too many."""
    found: dict[str, dict[str, None]] = {}
    for well in overview.wells:
        for name, value in well.conditions:
            found.setdefault(name, {})[value] = None
    return {
        name: sorted(values, key=_order)
        for name, values in found.items()
        if 1 < len(values) <= len(COLOURS)
    }


def _order(value: str) -> tuple[bool, float, str]:
    """Order numbers as numbers, before words."""
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value


def choices(overview: PlateOverview) -> list[dict[str, str]]:
    """Return the columns as entries of the colour's list."""
    return [
        {
            "id": f"{PREFIX}{name}",
            "title": plain_text(name, 60),
            "about": "A column of the plate map.",
            "group": "Plate map",
        }
        for name in columns(overview)
    ]


def is_column(metric: str, overview: PlateOverview | None) -> bool:
    """Return whether an id names a column that can colour the plate."""
    if overview is None or not metric.startswith(PREFIX):
        return False
    return metric.removeprefix(PREFIX) in columns(overview)


def content(metric: str, overview: PlateOverview) -> dict[str, Any]:
    """Return a column in the form of a metric's values: numbers of its categories."""
    name = metric.removeprefix(PREFIX)
    categories = columns(overview)[name]
    number = {value: at for at, value in enumerate(categories)}
    return {
        "metric": metric,
        "title": plain_text(name, 60),
        "unit": "",
        "definition": "A column of the plate map.",
        "values": [
            number.get(dict(well.conditions).get(name, "")) for well in overview.wells
        ],
        "reasons": {},
        "from": {},
        "low": None,
        "high": None,
        "categories": [plain_text(value, 60) for value in categories],
        "colours": list(COLOURS[: len(categories)]),
    }
