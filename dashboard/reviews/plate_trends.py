"""Medians of plates over time, of the wells that people did not fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.errors import NotServedError
from dashboard.quality.stock import Excluded
from dashboard.quality.trends import PlateMedian, Trend, plate_median, trend
from dashboard.reviews.acts import Subject
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

    def numbers(self, plate: ServedPlate, metric: str) -> dict[str, float]:
        """Return a metric of the wells that people did not fail, by label.

        Raises
        ------
        HCSError
            If the plate cannot be read now.
        """
        review = self._reviews.read(plate.key)
        overview = plate.overview()
        minimum = self._projects.rules(plate).min_fields
        # A plate that failed as a whole stays: it is what such a plot should show.
        out = {
            well.label
            for well in overview.wells
            if (held := review.of(Subject(well.path))) and held.act.fails
        }
        failed = review.failed_fields(overview.wells)
        touched = {label for label, _ in failed}
        known = self._well_values.numbers(plate.plate.id, metric)
        numbers = {
            label: value
            for label, (value, n) in known.items()
            if label not in out and label not in touched and n >= minimum
        }
        if touched - out and known and plate.surveyed:
            # Of the fields that are left; before a survey such wells are left out.
            excluded = Excluded(failed, minimum)
            values = self._measuring.values(plate, metric, None, excluded=excluded)
            numbers |= {
                label: value.value
                for label, value in values.wells.items()
                if label in touched and label not in out and value.value is not None
            }
        return numbers
