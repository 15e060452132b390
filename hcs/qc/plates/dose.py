"""Responses by dose: points, one a compound and dose; no curve is fitted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hcs.qc.plates.screen import mad

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hcs.layout import Position
    from hcs.qc.plates.roles import WellRole


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePoint:
    """The wells that got one compound in one dose."""

    compound: str
    """Empty where the map names no compounds."""

    dose: float
    """In the unit of the plate map."""

    n: int
    """Number of wells."""

    mean: float
    median: float
    sd: float
    """With ddof 1; NaN for one well."""

    mad: float
    """Scaled by 1.4826."""


def dose_response(
    values: Mapping[Position, float],
    roles: Mapping[Position, WellRole],
    *,
    failed: Collection[Position] = (),
) -> dict[str, tuple[DosePoint, ...]]:
    """Return the points of each compound, by rising dose.

    Parameters
    ----------
    values
        One a well; what is not finite is left out.
    roles
        Dose and compound of the wells; wells without a dose are left out.
    failed
        Wells that are left out.
    """
    groups: dict[tuple[str, float], list[float]] = defaultdict(list)
    for well, value in values.items():
        role = roles.get(well)
        known = role is not None and role.dose is not None and np.isfinite(value)
        if role is not None and role.dose is not None and known and well not in failed:
            groups[role.compound or "", role.dose].append(value)
    curves: dict[str, list[DosePoint]] = defaultdict(list)
    for (compound, dose), group in sorted(groups.items()):
        curves[compound].append(_point(compound, dose, np.array(group)))
    return {compound: tuple(points) for compound, points in curves.items()}


def _point(
    compound: str, dose: float, group: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> DosePoint:
    return DosePoint(
        compound=compound,
        dose=dose,
        n=group.size,
        mean=float(group.mean()),
        median=float(np.median(group)),
        sd=float(group.std(ddof=1)) if group.size > 1 else float("nan"),
        mad=mad(group),
    )
