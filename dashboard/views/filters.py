"""What wells can be filtered by: their conditions and the shown metric's values.

The page itself filters, since it has the verdicts too and should answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.island import Island, Part, short
from dashboard.views.snapshot import OF_A_WELL

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview, WellState
    from dashboard.quality.values import MetricValues
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST_VALUES = 400
"""A column with more values than this names wells, and is not offered."""


class FiltersIsland(Island):
    """See ``assets/panels/filters.js``.

    The wells come once, and their values only where the map shows others.
    """

    names = ("content", "values")

    module = "panels/filters.js"


class Filters(Part):
    """Gives the page what it filters wells by."""

    ignores = Part.ignores | OF_A_WELL

    def __init__(self, session: Session) -> None:
        super().__init__(session, FiltersIsland())
        self._sent: tuple[PlateOverview, MetricValues | None, bool] | None = None

    def draw(self, now: Snapshot) -> None:
        """Send conditions and values, as far as they have changed."""
        overview = now.overview
        if overview is None:
            self._sent = None
            self.component.put({"shown": False})
            return
        scored = bool(now.state.score)
        previous, self._sent = self._sent, (overview, now.values, scored)
        again = previous is None or previous[0] is not overview
        if again:
            self.component.put(_wells_content(overview))
        if again or previous is None or previous[1:] != (now.values, scored):
            content = _values_content(now.values, overview, scored=scored)
            self.component.put(content, "values")


def _wells_content(overview: PlateOverview) -> dict[str, Any]:
    return {
        "shown": True,
        "plate": overview.key,
        "conditions": _conditions(overview),
        "wells": [
            {
                "label": well.label,
                "conditions": [
                    (plain_text(name, 60), plain_text(text, 120))
                    for name, text in well.conditions
                ],
            }
            for well in _acquired(overview)
        ],
    }


def _values_content(
    values: MetricValues | None, overview: PlateOverview, *, scored: bool
) -> dict[str, Any]:
    """Return a number for each well of the content, in its order.

    None instead of them where the map shows the same, for it has them in the browser.
    """
    if values is None:
        return {"metric": "", "values": []}
    title = plain_text(values.metric.title, 80)
    if not scored:
        return {"metric": title, "values": None}
    well_values = (values.wells.get(well.label) for well in _acquired(overview))
    return {
        "metric": title,
        "values": [
            short(well_value.value) if well_value else None
            for well_value in well_values
        ],
    }


def _acquired(overview: PlateOverview) -> list[WellState]:
    return [well for well in overview.wells if well.listed]


def _conditions(overview: PlateOverview) -> list[tuple[str, list[str]]]:
    """Return the columns of the plate map with their values."""
    columns: dict[str, dict[str, None]] = {}
    for well in overview.wells:
        for name, text in well.conditions:
            column = columns.setdefault(plain_text(name, 60), {})
            column[plain_text(text, 120)] = None
    offered: list[tuple[str, list[str]]] = [
        (name, list(values))
        for name, values in columns.items()
        if len(values) <= _MOST_VALUES
    ]
    return offered
