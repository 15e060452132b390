"""What wells can be filtered by: their conditions and the shown metric's values.

The page itself filters, since it has the verdicts too and should answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.text import plain_text
from dashboard.views.island import Island, script

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST_VALUES = 400
"""A column with more values than this names wells, and is not offered."""


class FiltersIsland(Island):
    """See ``assets/filters.js``."""

    _esm = script("filters.js")


class Filters:
    """Gives the page what it filters wells by."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._drawn: tuple[object, ...] = ()
        self.component = FiltersIsland()

    def draw(self, now: Snapshot) -> None:
        """Send conditions and values, as far as they have changed."""
        overview = now.overview
        if overview is None:
            self._drawn = ()
            self.component.put({"shown": False})
            return
        drawn = (overview, now.values)
        if len(self._drawn) == 2 and all(
            a is b for a, b in zip(drawn, self._drawn, strict=True)
        ):
            return
        self._drawn = drawn
        found = now.values.wells if now.values else {}
        self.component.put(
            {
                "shown": True,
                "plate": overview.key,
                "metric": plain_text(now.values.metric.title, 80) if now.values else "",
                "conditions": _conditions(overview),
                "wells": [
                    {
                        "label": well.label,
                        "conditions": [
                            (plain_text(name, 60), plain_text(text, 120))
                            for name, text in well.conditions
                        ],
                        "value": found[well.label].value
                        if well.label in found
                        else None,
                    }
                    for well in overview.wells
                    if well.state != "not_acquired"
                ],
            }
        )


def _conditions(overview: PlateOverview) -> list[tuple[str, list[str]]]:
    """Return the columns of the plate map with their values."""
    found: dict[str, dict[str, None]] = {}
    for well in overview.wells:
        for name, text in well.conditions:
            column = found.setdefault(plain_text(name, 60), {})
            column[plain_text(text, 120)] = None
    offered: list[tuple[str, list[str]]] = [
        (name, list(values))
        for name, values in found.items()
        if len(values) <= _MOST_VALUES
    ]
    return offered
