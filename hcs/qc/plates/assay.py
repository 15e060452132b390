"""What one metric says about a plate: controls, positions, hits, doses.

Everything is given over all wells and over those that did not fail, side by side, so
that nobody can better a plate unseen by failing wells.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hcs.qc.plates.dose import DosePoint, dose_response
from hcs.qc.plates.polish import BScore, b_score
from hcs.qc.plates.position import Effect, position_effects
from hcs.qc.plates.roles import WellRole, confounding
from hcs.qc.plates.screen import LEAST_WELLS, Statistic, control_statistics, robust_z

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from hcs.layout import Position

_BASES: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("samples and negative controls", ("sample", "negative", None)),
    ("samples", ("sample", None)),
)
"""Wells that position tests rest on, the first choice first; None: no role known."""

_OFFERED = ("untreated and negative wells", ("untreated", "negative"))
"""What is offered where samples tell nothing about positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One statistic over all wells and over those that did not fail."""

    all: Statistic
    counted: Statistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """How a metric depends on where wells are."""

    basis: str
    """Which wells it is based on."""

    n: int
    effects: tuple[Effect, ...] = ()
    refusal: str = ""
    """Why there are no effects: ``"not interpretable: dose follows columns"``."""

    offered: Positions | None = None
    """The same on wells without treatment, where samples tell nothing."""

    @property
    def material(self) -> tuple[Effect, ...]:
        """The effects that matter."""
        return tuple(effect for effect in self.effects if effect.material)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssayReport:
    """What one metric says about one plate."""

    controls: tuple[Compared, ...]
    exploratory: bool
    """Whether this is another metric than the project's assay metric."""

    left_out: dict[str, int]
    """How many failed wells of each role."""

    robust_z: NDArray[np.float64]
    """Of each well against the samples, shape (rows, columns)."""

    b_score: BScore
    positions: Positions
    doses: dict[str, tuple[DosePoint, ...]]
    """Points by compound."""


def assay_report(
    values: Mapping[Position, float],
    roles: Mapping[Position, WellRole],
    shape: tuple[int, int],
    *,
    failed: Collection[Position] = (),
    assay_metric: bool = False,
) -> AssayReport:
    """Return all statistics of one metric on one plate.

    Parameters
    ----------
    values
        One a well, by zero-based row and column.
    roles
        What each well is for; a well that is not in it has no role.
    shape
        Rows and columns of the plate.
    failed
        Wells that a person failed.
    assay_metric
        Whether the project names this metric as what its assay measures.
    """
    counted = {well: value for well, value in values.items() if well not in failed}
    wells = {well: roles.get(well, WellRole()) for well in values}
    lost = Counter(wells[well].role or "no role" for well in values if well in failed)
    positions = judge_positions(counted, wells, shape)
    return AssayReport(
        controls=tuple(
            Compared(all=whole, counted=rest)
            for whole, rest in zip(
                _controls(values, wells), _controls(counted, wells), strict=True
            )
        ),
        exploratory=not assay_metric,
        left_out=dict(lost),
        robust_z=_robust_z(values, counted, wells, shape),
        b_score=_b_score(values, counted, wells, shape, positions.refusal),
        positions=positions,
        doses=dose_response(values, wells, failed=failed),
    )


def to_grid(
    values: Mapping[Position, float], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Return one value a well as an array of shape (rows, columns), else NaN."""
    grid = np.full(shape, math.nan)
    for well, value in values.items():
        grid[well] = value
    return grid


def _controls(
    values: Mapping[Position, float], roles: Mapping[Position, WellRole]
) -> tuple[Statistic, ...]:
    positive, negative = (
        [value for well, value in values.items() if roles[well].role == role]
        for role in ("positive", "negative")
    )
    return control_statistics(positive, negative)


def _robust_z(
    values: Mapping[Position, float],
    counted: Mapping[Position, float],
    roles: Mapping[Position, WellRole],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Return robust z against the samples that did not fail."""
    base = [v for well, v in counted.items() if roles[well].role in ("sample", None)]
    if len(base) < LEAST_WELLS:
        return np.full(shape, math.nan)
    return robust_z(to_grid(values, shape), base)


def _b_score(
    values: Mapping[Position, float],
    counted: Mapping[Position, float],
    roles: Mapping[Position, WellRole],
    shape: tuple[int, int],
    refusal: str,
) -> BScore:
    if refusal:
        return BScore(np.full(shape, math.nan), refusal)
    fitted = np.zeros(shape, bool)
    for well in counted:
        fitted[well] = roles[well].role in ("sample", None)
    return b_score(to_grid(values, shape), fitted)


def judge_positions(
    values: Mapping[Position, float],
    roles: Mapping[Position, WellRole],
    shape: tuple[int, int],
) -> Positions:
    """Return position effects on the wells whose treatment does not go with position.

    Where treatment follows rows, columns or the edge, or most wells should respond, a
    difference between positions may be biology: then the reason is given instead, and
    the same is offered on wells without treatment.
    """
    why: tuple[str, ...] = ()
    for basis, wanted in _BASES:
        used = {w: v for w, v in values.items() if roles[w].role in wanted}
        if not used:
            continue
        why = confounding({well: roles[well] for well in used}, shape)
        if not why:
            return _effects(basis, used, shape)
    basis, untreated = _OFFERED
    used = {w: v for w, v in values.items() if roles[w].role in untreated}
    return Positions(
        basis="samples",
        n=0,
        refusal=f"not interpretable: {', '.join(why) or 'there are no samples'}",
        offered=_effects(basis, used, shape) if used else None,
    )


def _effects(
    basis: str, used: Mapping[Position, float], shape: tuple[int, int]
) -> Positions:
    grid = to_grid(used, shape)
    number = int(np.isfinite(grid).sum())
    return Positions(basis=basis, n=number, effects=position_effects(grid))
