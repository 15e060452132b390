"""What plates have in common or not, by the wells that people did not fail."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.colour_scales import value_limits
from dashboard.errors import NotServedError
from dashboard.quality.stock import Excluded
from dashboard.quality.trends import PlateMedian, Trend, plate_median, trend
from dashboard.reviews.acts import Subject
from dashboard.settings import project_of
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.rules import Projects
    from dashboard.quality.measuring import Measuring
    from dashboard.quality.well_value_store import WellValueStore
    from dashboard.reviews.plate_list import PlateLine
    from dashboard.reviews.reviews import Reviews

_MOST_PLATES = 100
"""Plates that common limits rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianTrend:
    """A metric over plates, and what else could be shown."""

    metrics: tuple[dict[str, str], ...]
    """``id``, ``title`` and ``unit`` of all."""

    metric: dict[str, str]
    trend: Trend


class PlateTrends:
    """Answers from what was kept when plates were judged.

    A plate that is only listed is not looked at: it is not surveyed, drawn, measured
    or loaded because of this.
    """

    def __init__(
        self,
        plates: Plates,
        reviews: Reviews,
        projects: Projects,
        measuring: Measuring,
        well_values: WellValueStore,
    ) -> None:
        self._plates = plates
        self._reviews = reviews
        self._projects = projects
        self._measuring = measuring
        self._well_values = well_values

    def trend(self, lines: Iterable[PlateLine], metric: str) -> MedianTrend:
        """Return a metric over plates, in a thread; some other where there is none.

        Raises
        ------
        NotServedError
            If no plate was judged yet.
        """
        metrics: dict[str, dict[str, str]] = {}
        medians: list[PlateMedian] = []
        chosen = metric
        for line in lines:
            if line.entry.error is not None:
                continue
            try:
                plate = self._plates.get(line.entry.key)
                for info in self._well_values.metrics(plate.plate.id):
                    metrics.setdefault(info["id"], info)
                chosen = chosen if chosen in metrics else next(iter(metrics), "")
                numbers = [*self.numbers(plate, chosen).values()] if chosen else []
            except HCSError:
                continue  # it cannot be read now
            median = plate_median(line.entry.key, line.changed, numbers)
            if median is not None:
                medians.append(median)
        if not metrics:
            raise NotServedError("No plate is measured yet.")
        return MedianTrend(
            metrics=tuple(metrics.values()),
            metric=metrics[chosen],
            trend=trend(medians),
        )

    def limits(
        self, key: str, metric: str, acquisition: int | None, way: str
    ) -> tuple[float, float] | None:
        """Return the 2nd and 98th percentile over the wells of a project's plates."""
        project = project_of(self._plates.get(key).overview().location)
        same = [
            entry
            for entry in self._plates.entries()
            if entry.error is None and project_of(entry.location) == project
        ]
        values: list[float] = []
        for entry in same[:_MOST_PLATES]:
            with contextlib.suppress(HCSError):
                # A plate without this channel has nothing to say.
                plate = self._plates.get(entry.key)
                values += self._current(plate, metric, acquisition, way).values()
        low, high = value_limits(values)
        return None if low is None or high is None else (low, high)

    def _current(
        self, plate: ServedPlate, metric: str, acquisition: int | None, way: str
    ) -> dict[str, float]:
        """Return `numbers` of a loaded plate as they are now, else as it was judged."""
        if not self._measuring.awake(plate.key) and acquisition is None and not way:
            stored = self.numbers(plate, metric)
            if stored:
                return stored
        return self._measured(plate, self._left_out(plate), metric, acquisition, way)

    def numbers(self, plate: ServedPlate, metric: str) -> dict[str, float]:
        """Return a metric of the wells that people did not fail, by label.

        Raises
        ------
        HCSError
            If the plate cannot be read now.
        """
        left_out = self._left_out(plate)
        wells, excluded = left_out
        touched = {label for label, _ in excluded.fields} - wells
        known = self._well_values.numbers(plate.plate.id, metric)
        numbers = {
            label: value
            for label, (value, n) in known.items()
            if label not in wells | touched and n >= excluded.minimum
        }
        if touched and known and plate.surveyed:
            # Of the fields that are left; before a survey such wells are left out.
            measured = self._measured(plate, left_out, metric)
            numbers |= {label: measured[label] for label in touched & measured.keys()}
        return numbers

    def _left_out(self, plate: ServedPlate) -> tuple[set[str], Excluded]:
        """Return what people left out: labels of wells, and fields of the others."""
        review = self._reviews.read(plate.key)
        overview = plate.overview()
        # A plate that failed as a whole stays: it is what such a plot should show.
        wells = {
            well.label
            for well in overview.wells
            if (held := review.of(Subject(well.path))) and held.act.fails
        }
        minimum = self._projects.rules(plate).min_fields
        return wells, Excluded(review.failed_fields(overview.wells), minimum)

    def _measured(
        self,
        plate: ServedPlate,
        left_out: tuple[set[str], Excluded],
        metric: str,
        acquisition: int | None = None,
        way: str = "",
    ) -> dict[str, float]:
        wells, excluded = left_out
        values = self._measuring.values(plate, metric, acquisition, way, excluded)
        return {
            label: value.value
            for label, value in values.wells.items()
            if label not in wells and value.value is not None
        }
