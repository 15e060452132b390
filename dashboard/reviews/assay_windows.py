"""Z' of a project's assay metric, of plates that nobody has open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import HCSError
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.access import Access
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateOverview
    from dashboard.projects.roles import RoleStore
    from dashboard.quality.statistics import PlateStatistics
    from dashboard.quality.well_value_store import WellValueStore
    from dashboard.reviews.plate_trends import PlateTrends
    from hcs.qc import RoleMapping

_HIDDEN = "hidden while the blind review is under way"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssayWindow:
    """How far the controls of a plate lie apart in its project's assay metric."""

    metric: str
    """Id; "" where the project has named none."""

    title: str = ""
    z_prime: float | None = None
    """Over the wells that were not failed; 1 is ideal, below 0 controls overlap."""

    note: str = ""
    """Wells that it is based on, or why there is no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricOffer:
    """The metrics that one project could name."""

    plate: str
    """Key of a plate of it."""

    project: str
    """Its folder."""

    metric: str
    metrics: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Controls:
    overview: PlateOverview
    mapping: RoleMapping | None
    positive: frozenset[str]
    negative: frozenset[str]


class AssayWindows:
    """Answers from what was kept when plates were judged: no plate is loaded for it.

    Parameters
    ----------
    access, statistics, roles, trends, well_values
        What the answers are made of.
    """

    def __init__(
        self,
        access: Access,
        statistics: PlateStatistics,
        roles: RoleStore,
        trends: PlateTrends,
        well_values: WellValueStore,
    ) -> None:
        self._access = access
        self._statistics = statistics
        self._roles = roles
        self._trends = trends
        self._well_values = well_values
        self._controls: dict[str, _Controls] = {}

    def of(self, plate: ServedPlate) -> AssayWindow:
        """Return the assay window of a plate, in a thread.

        Raises
        ------
        HCSError
            If the plate cannot be read now.
        """
        overview = plate.overview()
        metric = self._statistics.assay_metric(overview)
        if not metric:
            return AssayWindow(metric="")
        listed = self._well_values.metrics(overview.id)
        title = next((info["title"] for info in listed if info["id"] == metric), metric)
        if self._access.hides_conditions(plate.key):
            return AssayWindow(metric=metric, title=title, note=_HIDDEN)
        numbers = self._trends.numbers(plate, metric)
        if not numbers:
            return AssayWindow(metric=metric, title=title, note="not measured yet")
        # NumPy and the library's statistics are loaded by who names an assay metric.
        from hcs.qc import control_statistics

        controls = self._controls_of(overview)
        values = [
            [numbers[label] for label in sorted(wells & numbers.keys())]
            for wells in (controls.positive, controls.negative)
        ]
        z_prime = control_statistics(*values)[0]
        wells = " and ".join(
            f"{counted(number, f'{role} control')}"
            for number, role in zip(z_prime.n, ("positive", "negative"), strict=True)
        )
        return AssayWindow(
            metric=metric,
            title=title,
            z_prime=z_prime.value if math.isfinite(z_prime.value) else None,
            note="; ".join(filter(None, (wells, z_prime.note))),
        )

    def offers(self, keys: Iterable[str]) -> tuple[MetricOffer, ...]:
        """Return what the project of each plate could name, in a thread."""
        offers: dict[str, MetricOffer] = {}
        for key in keys:
            try:
                overview = self._access.plate(key).overview()
            except HCSError:
                continue
            project = self._statistics.project(overview)
            known = offers.get(project)
            metrics = {info["id"]: info for info in known.metrics} if known else {}
            metrics |= {
                info["id"]: info for info in self._well_values.metrics(overview.id)
            }
            offers[project] = MetricOffer(
                plate=known.plate if known else key,
                project=project,
                metric=self._statistics.assay_metric(overview),
                metrics=tuple(metrics.values()),
            )
        return tuple(offers.values())

    def _controls_of(self, overview: PlateOverview) -> _Controls:
        """Return the wells of either control; proposing roles takes a while."""
        before = self._controls.get(overview.key)
        mapping = self._roles.chosen_mapping(overview, overview.condition_names)
        if (
            before is not None
            and before.overview is overview
            and before.mapping == mapping
        ):
            return before
        roles = self._roles.view(overview).wells
        positive, negative = (
            frozenset(label for label, well in roles.items() if well.role == role)
            for role in ("positive", "negative")
        )
        controls = _Controls(overview, mapping, positive, negative)
        self._controls[overview.key] = controls
        return controls
