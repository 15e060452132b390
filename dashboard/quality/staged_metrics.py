"""Metrics of pixels that are not on a plate yet, judged by the plate as it is.

Nothing of it is kept: what is staged is in no value, statistic or suspicion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.quality.measure_settings import library_settings
from dashboard.quality.metrics import number_of
from dashboard.quality.scores import field_value, summarise
from hcs.qc import FAILURE_RULES, FieldResult, definition, measure_level, plate_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.plates.served import ServedPlate
    from dashboard.quality.judging import Judging
    from dashboard.quality.measuring import Measuring
    from dashboard.quality.values import MetricInfo
    from hcs import NgffImage
    from hcs.qc import Cut

_LISTED = ("mean", "p99")
"""Metrics that are shown though no rule goes by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """One metric of one channel, before and after a correction."""

    metric: str
    """Id of the page, ``"focus_score.0"``."""

    title: str
    unit: str
    channel: int
    kind: str = ""
    """Kind of failure that the rules tell by it, ``"focus"``; "" where by none."""

    old: float | None = None
    """None where it is not known."""

    new: float | None = None
    suspect_before: bool = False
    suspect_after: bool = False


class StagedMetrics:
    """Measures staged pixels as the plate's own are measured."""

    def __init__(self, measuring: Measuring, judging: Judging) -> None:
        self._measuring = measuring
        self._judging = judging

    def changes(
        self,
        plate: ServedPlate,
        well: str,
        field: str | None,
        level: NgffImage,
        names: Sequence[str],
    ) -> tuple[MetricChange, ...]:
        """Return the metrics that rules go by, and the mean and 99th percentile.

        Parameters
        ----------
        plate
            The plate.
        well, field
            Label of the well and name of the field that would be replaced; None where
            it is new.
        level
            The staged pixels at full size.
        names
            Of their channels.
        """
        metrics = tuple(dict.fromkeys(rule.metric for rule in FAILURE_RULES)) + _LISTED
        basis = self._judging.basis(plate)
        settings = plate_settings(
            plate.plate, metrics=metrics, **library_settings(plate, basis)
        )
        result = FieldResult(
            well=well,
            field=field or "",
            label="",
            acquisition=None,
            version="",
            planes=tuple(measure_level(level, list(names), settings)),
        )
        measured = summarise(result, basis)
        clips = self._measuring.clips(plate)
        old = self._present(plate, well, field)
        judged = self._measuring.judgement(plate)
        changes = []
        for info in self._measuring.metrics(plate):
            metric = info.id.rpartition(".")[0]
            if info.channel is None or metric not in metrics:
                continue
            stored = field_value(info.id, measured, clips, basis)
            changes.append(
                _change(
                    info,
                    old.get(info.id),
                    number_of(stored),
                    judged.cuts.get(info.id) if judged.ready else None,
                )
            )
        return tuple(changes)

    def means(self, plate: ServedPlate) -> dict[int, list[float]]:
        """Return the means of all measured fields, by channel."""
        means = {}
        for channel in plate.channels:
            wells = self._measuring.field_numbers(plate, f"mean.{channel.index}", None)
            means[channel.index] = [
                value for fields in wells.values() for value in fields.values()
            ]
        return means

    def highs(
        self, plate: ServedPlate, well: str, field: str | None
    ) -> dict[int, float]:
        """Return the 99th percentile of each channel of a field, as far as known."""
        values = self._present(plate, well, field)
        highs = {}
        for channel in plate.channels:
            value = values.get(f"p99.{channel.index}")
            if value is not None:
                highs[channel.index] = value
        return highs

    def _present(
        self, plate: ServedPlate, well: str, field: str | None
    ) -> Mapping[str, float | None]:
        for values in self._measuring.field_values(plate, well):
            if values.field == field:
                return values.values
        return {}


def _change(
    info: MetricInfo, old: float | None, new: float | None, cut: Cut | None
) -> MetricChange:
    metric = info.id.rpartition(".")[0]
    kinds = [rule.kind for rule in FAILURE_RULES if rule.metric == metric]
    return MetricChange(
        metric=info.id,
        title=definition(metric).title,
        unit=info.unit,
        channel=info.channel or 0,
        kind=kinds[0] if kinds else "",
        old=old,
        new=new,
        suspect_before=_is_beyond(old, cut),
        suspect_after=_is_beyond(new, cut),
    )


def _is_beyond(value: float | None, cut: Cut | None) -> bool:
    """Whether a value lies at a cut-off or beyond it."""
    if value is None or cut is None:
        return False
    low, high = cut
    return (low is not None and value <= low) or (high is not None and value >= high)
