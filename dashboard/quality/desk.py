"""What pages ask of quality: values, suspects, statistics, and measuring itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.plates.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from dashboard.access import Access
    from dashboard.plates.served import ServedPlate
    from dashboard.progress import Progress
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.light import LightView
    from dashboard.quality.measuring import Measuring
    from dashboard.quality.metrics import FieldKey
    from dashboard.quality.statistics import PlateStatistics, StatisticsView
    from dashboard.quality.stock import Excluded
    from dashboard.quality.values import FieldValues, MetricInfo, MetricValues


class QualityDesk:
    """Numbers of plates, as far as they are measured and people let them count.

    Parameters
    ----------
    access, measuring, statistics
        What the answers are made of.
    excluded
        Returns what people left out of the numbers of a plate.
    failed_wells
        Returns the labels of the wells that statistics leave out.
    changing
        Makes what a block keeps of a plate one transaction; raises where it may not be.
    open_for_review
        Raises where a plate is signed off.
    note
        Called with what stands out on a plate, for the list of plates.
    stopping
        Whether the server is about to end.

    Notes
    -----
    All but `measure` and `statistics` answer from memory.
    """

    def __init__(
        self,
        access: Access,
        measuring: Measuring,
        statistics: PlateStatistics,
        *,
        excluded: Callable[[ServedPlate], Excluded],
        failed_wells: Callable[[ServedPlate], frozenset[str]],
        changing: Callable[[str], AbstractContextManager[None]],
        open_for_review: Callable[[str], None],
        note: Callable[[ServedPlate, Judgement], None],
        stopping: Callable[[], bool],
    ) -> None:
        self._access = access
        self._measuring = measuring
        self._statistics = statistics
        self._excluded = excluded
        self._failed_wells = failed_wells
        self._changing = changing
        self._open_for_review = open_for_review
        self._note = note
        self._stopping = stopping

    # --- values -----------------------------------------------------------------------

    def metrics(self, key: str) -> tuple[MetricInfo, ...]:
        """Return the metrics of a plate; those of channels once surveyed."""
        return self._measuring.metrics(self._access.watched(key))

    def values(
        self, key: str, metric: str, acquisition: int | None = None, way: str = ""
    ) -> MetricValues:
        """Return a metric over the plate, as far as it is measured.

        A well's value leaves out the fields that people failed.
        """
        plate = self._access.watched(key)
        excluded = self._excluded(plate)
        return self._measuring.values(plate, metric, acquisition, way, excluded)

    def left_out(self, key: str) -> Excluded:
        """Return what people left out of the numbers of a plate (fast)."""
        return self._excluded(self._access.watched(key))

    def field_numbers(
        self, key: str, metric: str, acquisition: int | None = None
    ) -> dict[str, dict[str, float]]:
        """Return a metric of every field, by label of the well and name."""
        plate = self._access.watched(key)
        return self._measuring.field_numbers(plate, metric, acquisition)

    def field_values(self, key: str, label: str) -> tuple[FieldValues, ...]:
        """Return all metrics of the fields of a well."""
        return self._measuring.field_values(self._access.watched(key), label)

    def light(self, key: str, channel: int, field: FieldKey | None = None) -> LightView:
        """Return how light lies over a channel's fields, and over one of them."""
        return self._measuring.light.view(self._access.watched(key), channel, field)

    # --- suspects and statistics ------------------------------------------------------

    def judgement(self, key: str) -> Judgement:
        """Return which wells are suspect, and why."""
        plate = self._access.watched(key)
        judged = self._measuring.judgement(plate)
        self._note(plate, judged)
        return judged

    def judge_anew(self, key: str) -> None:
        """Compare the wells with what is usual on the plate now, in the background."""
        self._access.may_write()
        self._open_for_review(key)
        self._measuring.judge(self._access.plate(key), anew=True)

    def failed_wells(self, key: str) -> frozenset[str]:
        """Return the labels of the wells that statistics leave out."""
        return self._failed_wells(self._access.watched(key))

    def statistics(
        self, key: str, metric: str, acquisition: int | None = None, way: str = ""
    ) -> StatisticsView:
        """Return what a metric says about the plate as an assay; not for the loop."""
        overview = self._access.overview(key)
        values = self.values(key, metric, acquisition, way)
        return self._statistics.view(overview, values, self.failed_wells(key))

    def assay_metric(self, key: str) -> str:
        """Return the metric that the project's assays measure, "" where unnamed."""
        return self._statistics.assay_metric(self._access.watched(key).overview())

    def keep_assay_metric(self, key: str, metric: str | None) -> None:
        """Name the metric that the assays of the plate's project measure."""
        plate = self._access.plate(key)
        with self._changing(key):
            self._statistics.keep_assay_metric(plate.overview(), metric)
        plate.bump()

    # --- measuring --------------------------------------------------------------------

    def progress(self, key: str) -> Progress:
        """Return how far a plate is measured."""
        return self._measuring.progress(self._access.watched(key))

    def check_measured(self, key: str) -> None:
        """Raise where a table of a plate would lack measurements.

        Raises
        ------
        UnmeasuredError
            If they are being read or made, or nobody makes them; it says which.
        """
        self._measuring.check_measured(self._access.watched(key))

    def measure(self, key: str) -> Progress:
        """Survey and measure a plate, and wait for it."""
        plate = self._access.mapped(key)
        survey(plate, self._stopping)
        self._measuring.resume(plate)
        return self._measuring.wait(plate)

    def read_measured(self, key: str) -> Progress:
        """Survey a plate and judge what is stored of it; measure nothing."""
        plate = self._access.mapped(key)
        survey(plate, self._stopping)
        self._measuring.start(plate)
        return self._measuring.wait(plate)

    def hold_measuring(self, key: str) -> None:
        """Stop measuring a plate at the next field."""
        self._measuring.hold(self._access.plate(key))

    def resume_measuring(self, key: str) -> None:
        """Measure what is not measured, and try again what failed."""
        self._access.may_write()
        self._measuring.resume(self._access.plate(key))

    def unmeasured(self, key: str) -> dict[tuple[str, str], str]:
        """Return why fields could not be measured, by path of the well and name."""
        return self._measuring.failures(self._access.watched(key))
