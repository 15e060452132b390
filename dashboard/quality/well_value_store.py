"""Values of wells as they were when their plate was judged, a row a metric.

Lists over hundreds of plates read these, and so neither load nor measure a plate.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.quality.values import MetricInfo, MetricValues
    from dashboard.settings import Settings

_LIST = "well-metrics"
_VALUES = "well-values"
_DIGITS = 9

WellNumbers = dict[str, tuple[float, int]]
"""Value and number of fields by label of the well."""


class WellValueStore:
    """Values of wells of all plates, in the workspace.

    Thread safety: that of `Settings`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def mark(self, plate: str) -> str:
        """Return what differs where any server has judged the plate differently."""
        stored = self._settings.get(_LIST, plate)
        return str(stored.get("mark", "")) if isinstance(stored, dict) else ""

    def keep(self, plate: str, values: Sequence[MetricValues]) -> str:
        """Keep metrics of a plate over all its fields; return their `mark`."""
        rows = {
            metric_values.metric.id: _row(metric_values) for metric_values in values
        }
        # One by one: nobody else gets the interpreter while a text is made.
        digests = {metric: _digest(row) for metric, row in rows.items()}
        mark = _digest(digests)
        stored = self._settings.fresh(_LIST, plate)
        before = stored if isinstance(stored, dict) else {}
        if before.get("mark") == mark:
            return mark
        known = before.get("digests", {})
        entries: dict[tuple[str, ...], Any] = {
            (_VALUES, plate, metric): row
            for metric, row in rows.items()
            if known.get(metric) != digests[metric]
        }
        titles = [_about(metric_values.metric) for metric_values in values]
        entries[_LIST, plate] = {"mark": mark, "metrics": titles, "digests": digests}
        self._settings.put_all(entries)
        return mark

    def metrics(self, plate: str) -> tuple[dict[str, str], ...]:
        """Return ``id``, ``title`` and ``unit`` of what is kept of a plate."""
        stored = self._settings.fresh(_LIST, plate)
        listed = stored.get("metrics") if isinstance(stored, dict) else None
        return tuple(
            {name: str(entry.get(name, "")) for name in ("id", "title", "unit")}
            for entry in (listed if isinstance(listed, list) else [])
            if isinstance(entry, dict)
        )

    def numbers(self, plate: str, metric: str) -> WellNumbers:
        """Return what is kept of a metric, nothing where the plate was not judged."""
        stored = self._settings.fresh(_VALUES, plate, metric)
        return {
            label: (float(pair[0]), int(pair[1]))
            for label, pair in (stored if isinstance(stored, dict) else {}).items()
        }


def _row(values: MetricValues) -> Mapping[str, Any]:
    return {
        label: [float(f"{value.value:.{_DIGITS}g}"), value.n or 0]
        for label, value in values.wells.items()
        if value.value is not None
    }


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _about(info: MetricInfo) -> dict[str, str]:
    return {"id": info.id, "title": info.title, "unit": info.unit}
