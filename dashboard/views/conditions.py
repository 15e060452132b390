"""What may colour the plate beside a metric as it is.

Columns of the plate map, each value with a colour of its own; other ways from fields to
wells; limits that plates have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.quality.scores import is_measured
from dashboard.quality.wells import FIELD, how
from dashboard.text import plain_text

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.views.snapshot import Snapshot

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
    values_by_column: dict[str, dict[str, None]] = {}
    for well in overview.wells:
        for name, value in well.conditions:
            values_by_column.setdefault(name, {})[value] = None
    return {
        name: sorted(values, key=_order)
        for name, values in values_by_column.items()
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
    numbers = {value: at for at, value in enumerate(categories)}
    return {
        "metric": metric,
        "title": plain_text(name, 60),
        "unit": "",
        "definition": "A column of the plate map.",
        "values": [
            numbers.get(dict(well.conditions).get(name, "")) for well in overview.wells
        ],
        "reasons": {},
        "from": {},
        "low": None,
        "high": None,
        "categories": [plain_text(value, 60) for value in categories],
        "colours": list(COLOURS[: len(categories)]),
    }


_WAYS = (
    ("median", "median"),
    ("worst", "worst field"),
    ("mean", "mean"),
    ("min", "least"),
    ("max", "greatest"),
    ("sd", "SD"),
    ("cv", "CV %"),
)

_MOST_FIELDS = 40


def ways(now: Snapshot) -> dict[str, list[list[str]]]:
    """Return how the fields of a well may become its value: all of them, or one."""
    if now.values is None or not is_measured(now.state.metric):
        return {"plain": [], "fields": []}
    usual = dict(_WAYS)[how(now.values.metric, "")]
    return {
        "plain": [["", f"{usual} (usual)"], *([id, text] for id, text in _WAYS)],
        "fields": [
            [f"{FIELD}{name}", f"field {plain_text(name, 30)}"]
            for name in now.field_names[:_MOST_FIELDS]
        ],
    }


def limited(
    content: dict[str, Any] | None, limits: tuple[float, ...] | None
) -> dict[str, Any] | None:
    """Return a metric's content with the project's limits, where they are known."""
    if content is None or limits is None or content.get("diverging"):
        return content
    return {**content, "project": list(limits)}
