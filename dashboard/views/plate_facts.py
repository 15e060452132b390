"""What is the same for all who look at a plate, until its revision changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.projects.roles import RolesView
    from dashboard.quality.values import MetricInfo
    from dashboard.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateFacts:
    """What is the same for all who look at a plate, until its revision changes."""

    overview: PlateOverview
    metrics: tuple[MetricInfo, ...]
    roles: RolesView
    field_names: tuple[str, ...]
    assay_metric: str
    failed: frozenset[str]


def plate_facts(service: Service, key: str, revision: int) -> PlateFacts:
    """Return what is known of a plate at a revision.

    Raises
    ------
    HCSError
        If it cannot be opened.
    """
    del revision  # what this is kept by, see `Shared`
    return PlateFacts(
        overview=service.plates.overview(key),
        metrics=service.quality.metrics(key),
        roles=service.projects.roles(key),
        field_names=service.plates.field_names(key),
        assay_metric=service.quality.assay_metric(key),
        failed=service.quality.failed_wells(key),
    )
