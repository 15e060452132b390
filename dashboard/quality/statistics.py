"""What a metric says about a plate as an assay: numbers with what they mean.

Every n is a number of wells. The library decides what can be said at all; here it gets
words for people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.quality.missing_values import why_none
from dashboard.settings import project_of
from hcs.lines import physical_plate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dashboard.plates.values import PlateOverview
    from dashboard.projects.roles import RoleStore
    from dashboard.quality.values import MetricInfo, MetricValues
    from dashboard.settings import Settings
    from hcs.layout import Position
    from hcs.qc import AssayReport, Compared, Positions, WellRole

_KIND = "assay-metric"

TITLES: dict[str, tuple[str, str]] = {
    "z_prime": (
        "Z'",
        "Room between the controls' means and their spread: 1 ideal, 0.5 to 1 "
        "excellent, 0 to 0.5 marginal, below 0 the controls overlap.",
    ),
    "robust_z_prime": (
        "robust Z'",
        "Z' from medians and MADs: a single odd control well moves it little.",
    ),
    "ssmd": (
        "SSMD",
        "Difference of the controls' means over the spread of that difference, with "
        "its sign; 3 and more is good for a strong control, 2 for a moderate one.",
    ),
    "robust_ssmd": ("robust SSMD", "SSMD from medians and MADs."),
    "signal_to_background": (
        "S/B",
        "Mean of the positives over that of the negatives. Says nothing about spread, "
        "and an offset of the camera draws it towards 1.",
    ),
    "signal_to_noise": (
        "S/N",
        "Difference of the means over the negatives' standard deviation. Does not "
        "look at the positives' spread.",
    ),
    "signal_window": (
        "signal window",
        "Room between the controls, 3 standard deviations off each, in standard "
        "deviations of the control with the higher signal; 2 and more is usable.",
    ),
    "cv_positive": (
        "CV of positives",
        "Standard deviation over mean; up to 20 % is common for controls.",
    ),
    "cv_negative": (
        "CV of negatives",
        "Standard deviation over mean; up to 20 % is common for controls.",
    ),
}
"""Name and meaning of each statistic of controls."""

EFFECTS: dict[str, str] = {
    "edge": "The outermost wells against all others; over 20 % must be corrected.",
    "row": "How far rows differ, in MADs of what rows and columns leave over.",
    "column": "How far columns differ, in MADs of what rows and columns leave over.",
    "drift along rows": "Steady change from the first row to the last.",
    "drift along columns": "Steady change from the first column to the last.",
}
"""Meaning of each effect; the others are patterns of dispensing."""

_PATTERN = "Wells filled in one step against those of another."


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticLine:
    """A statistic of the controls."""

    id: str
    title: str
    meaning: str
    value: float | None
    """Over all wells."""

    counted: float | None
    """Over the wells that were not failed."""

    n: str
    """``"8 + 16"``: positives and negatives, or the one role that counts."""

    note: str = ""
    """Why there is no number, or what to keep in mind with it."""

    percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectLine:
    """One way in which wells differ by where they are."""

    title: str
    text: str
    """Size, p and n in words."""

    meaning: str
    material: bool
    """Hardly chance, and large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsView:
    """How the metric depends on where wells are, or why that is not known."""

    basis: str
    n: int
    effects: tuple[EffectLine, ...] = ()
    refusal: str = ""
    offered: PositionsView | None = None
    """The same over wells without treatment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseLine:
    """The wells of one compound at one dose."""

    compound: str
    dose: float
    n: int
    mean: float
    sd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsView:
    """All statistics of one metric on one plate."""

    metric: MetricInfo
    wells: int
    """Wells with a value."""

    exploratory: bool
    """It is not the metric that the project's assays measure."""

    assay_metric: str = ""
    """Id of that one, "" where nobody named it."""

    missing: str = ""
    """Why no well has a value, "" where one has."""

    controls: tuple[StatisticLine, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    """Failed wells by role."""

    positions: PositionsView
    assumed: str = ""
    """The microplate that positions are of, where the plate document states none."""

    doses: tuple[DoseLine, ...] = ()
    dose_unit: str = ""
    robust_z: dict[str, float]
    """By well label."""

    b_score: dict[str, float]
    b_note: str = ""
    """Why there is no B-score, or why it may be biased."""


class PlateStatistics:
    """Computes statistics, and knows which metric a project's assays measure."""

    def __init__(self, settings: Settings, roles: RoleStore) -> None:
        self._settings = settings
        self._roles = roles

    def project(self, overview: PlateOverview) -> str:
        """Return the project that shares an assay metric with a plate."""
        return project_of(overview.location)

    def assay_metric(self, overview: PlateOverview) -> str:
        """Return the id of the project's assay metric, "" where it has none."""
        metric = self._settings.get(_KIND, self.project(overview))
        return metric if isinstance(metric, str) else ""

    def keep_assay_metric(self, overview: PlateOverview, metric: str | None) -> None:
        """Name the project's assay metric; None takes it back."""
        self._settings.put(metric or None, _KIND, self.project(overview))

    def view(
        self,
        overview: PlateOverview,
        values: MetricValues,
        failed: Collection[str] = (),
    ) -> StatisticsView:
        """Return what a metric says about a plate.

        Parameters
        ----------
        overview, values
            The plate and the metric over its wells.
        failed
            Labels of the wells that a person failed.
        """
        # SciPy's statistics take a second to load; only who asks for them waits.
        from hcs.qc import assay_report

        roles = self._roles.view(overview)
        physical = physical_plate(overview.rows, overview.columns)
        places: dict[str, Position] = {
            well.label: physical.position(well.row, well.column)
            for well in overview.wells
        }
        numbers = {
            places[label]: value.value
            for label, value in values.wells.items()
            if value.value is not None
        }
        role_of: dict[Position, WellRole] = {
            places[label]: role for label, role in roles.wells.items()
        }
        named = self.assay_metric(overview)
        report = assay_report(
            numbers,
            role_of,
            physical.shape,
            failed={places[label] for label in failed},
            assay_metric=values.metric.id == named,
        )
        return StatisticsView(
            metric=values.metric,
            wells=len(numbers),
            exploratory=report.exploratory,
            assay_metric=named,
            missing=why_none(values),
            controls=tuple(map(_line, report.controls)),
            left_out=tuple(sorted(report.left_out.items())),
            positions=_positions(report.positions),
            assumed=str(physical.format) if physical.assumed else "",
            doses=tuple(_doses(report)),
            dose_unit=roles.mapping.unit or "",
            robust_z=_by_label(places, report.robust_z),
            b_score=_by_label(places, report.b_score.scores),
            b_note=report.b_score.note,
        )


def _line(compared: Compared) -> StatisticLine:
    control = compared.all
    title, meaning = TITLES.get(control.id, (control.id, ""))
    return StatisticLine(
        id=control.id,
        title=title,
        meaning=meaning,
        value=_finite(control.value),
        counted=_finite(compared.counted.value),
        n=" + ".join(map(str, control.n)),
        note=control.note,
        percent=control.id.startswith("cv_"),
    )


def _positions(positions: Positions) -> PositionsView:
    return PositionsView(
        basis=positions.basis,
        n=positions.n,
        effects=tuple(
            EffectLine(
                title=effect.id,
                text=effect.text.removeprefix(f"{effect.id}: "),
                meaning=EFFECTS.get(effect.id, _PATTERN),
                material=effect.material,
            )
            for effect in positions.effects
        ),
        refusal=positions.refusal,
        offered=None if positions.offered is None else _positions(positions.offered),
    )


def _doses(report: AssayReport) -> Iterable[DoseLine]:
    for compound, points in report.doses.items():
        for point in points:
            yield DoseLine(
                compound=compound,
                dose=point.dose,
                n=point.n,
                mean=point.mean,
                sd=_finite(point.sd),
            )


def _by_label(places: dict[str, Position], grid: object) -> dict[str, float]:
    import numpy as np

    scores = np.asarray(grid, np.float64)
    return {
        label: float(scores[place])
        for label, place in places.items()
        if math.isfinite(scores[place])
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
