"""What may colour the plate beside a metric as it is.

Columns of the plate map, each value with a colour of its own; other ways from fields to
wells; limits that plates have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.categories import CATEGORY_COLOURS, category_colours, in_order
from dashboard.quality.scores import is_measured
from dashboard.quality.wells import FIELD, how
from dashboard.text import plain_text
from dashboard.views.metric_choices import QUESTIONS

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.quality.values import MetricValues

PREFIX = "condition:"
"""Begins the id of a column where a metric's id may stand."""


def columns(overview: PlateOverview) -> dict[str, list[str]]:
    """Return the values of each column that has more than one, and not too many."""
    values_by_column: dict[str, dict[str, None]] = {}
    for well in overview.wells:
        for name, value in well.conditions:
            values_by_column.setdefault(name, {})[value] = None
    return {
        name: sorted(values, key=in_order)
        for name, values in values_by_column.items()
        if 1 < len(values) <= len(CATEGORY_COLOURS)
    }


def choices(overview: PlateOverview) -> list[dict[str, Any]]:
    """Return the columns as entries of the colour's list."""
    return [
        {
            "id": f"{PREFIX}{name}",
            "title": plain_text(name, 60),
            "name": plain_text(name, 60),
            "about": "A column of the plate map.",
            "group": QUESTIONS["assay"],
            "channel": None,
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
    scale, colours = category_colours(categories)
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
        "scale": scale,
        "colours": colours,
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


def ways(
    values: MetricValues | None, metric: str, field_names: tuple[str, ...]
) -> dict[str, list[list[str]]]:
    """Return how the fields of a well may become its value: all of them, or one."""
    if values is None or not is_measured(metric):
        return {"plain": [], "fields": []}
    usual = dict(_WAYS)[how(values.metric, "")]
    return {
        "plain": [["", f"{usual} (usual)"], *([id, text] for id, text in _WAYS)],
        "fields": [
            [f"{FIELD}{name}", f"field {plain_text(name, 30)}"]
            for name in field_names[:_MOST_FIELDS]
        ],
    }


def limited(
    content: dict[str, Any] | None, limits: tuple[float, ...] | None
) -> dict[str, Any] | None:
    """Return a metric's content with the project's limits, where they are known."""
    if content is None or limits is None or "project" in content:
        return content
    return {**content, "project": list(limits)}
