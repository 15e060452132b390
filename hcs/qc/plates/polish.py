"""Two-way median polish of a plate, and the B-score that is based on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hcs.qc.plates.screen import mad, robust_z

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_SWEEPS = 10
_TOLERANCE = 0.01
"""Change of the residuals' sum, relative to it, at which the polish ends."""

_LEAST_IN_LINE = 3
"""Values of a row or column below which its effect says little."""

_HIT = 3.0
"""Robust z from which a well stands out."""


@dataclass(frozen=True, slots=True, eq=False)
class Polish:
    """A plate taken apart: ``overall + row + column + residual``."""

    overall: float
    rows: NDArray[np.float64]
    """Effect of each row; NaN where it has no value."""

    columns: NDArray[np.float64]
    """Effect of each column; NaN where it has no value."""

    residuals: NDArray[np.float64]
    """Shape (rows, columns); NaN where there was no value."""

    sweeps: int


@dataclass(frozen=True, slots=True, eq=False)
class BScore:
    """B-scores of a plate, with what to keep in mind."""

    scores: NDArray[np.float64]
    """Shape (rows, columns); NaN where there is none."""

    note: str = ""
    """Why there are none, or why they may be biased."""


def median_polish(values: ArrayLike) -> Polish:
    """Return row and column effects by repeated medians, as Tukey described.

    Rows first, then columns, ending as R's ``medpolish`` does: when the sum of the
    absolute residuals changes by less than 1 %, or after 10 sweeps.

    Parameters
    ----------
    values
        Shape (rows, columns); NaN where there is no value.
    """
    residuals = np.array(values, np.float64)
    rows, columns = np.zeros(residuals.shape[0]), np.zeros(residuals.shape[1])
    overall, before, sweeps = 0.0, 0.0, 0
    while sweeps < _MOST_SWEEPS:
        sweeps += 1
        step = _medians(residuals, axis=1)
        residuals -= step[:, np.newaxis]
        rows += step
        columns, shift = _centred(columns)
        overall += shift
        step = _medians(residuals, axis=0)
        residuals -= step
        columns += step
        rows, shift = _centred(rows)
        overall += shift
        now = float(np.nansum(np.abs(residuals)))
        if now == 0 or abs(now - before) < _TOLERANCE * now:
            break
        before = now
    return Polish(overall, rows, columns, residuals, sweeps)


def _medians(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return medians along an axis; NaN where a line has no value."""
    present = np.isfinite(values).any(axis=axis)
    lines = np.compress(present, values, axis=1 - axis)
    medians = np.full(values.shape[1 - axis], math.nan)
    medians[present] = np.nanmedian(lines, axis=axis)
    return medians


def _centred(effects: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return effects less their median, and that; lines without a value have none."""
    known = effects[np.isfinite(effects)]
    shift = float(np.median(known)) if known.size else 0.0
    return effects - shift, shift


def b_score(values: ArrayLike, fitted: ArrayLike | None = None) -> BScore:
    """Return the residuals of the median polish over their scaled MAD.

    Parameters
    ----------
    values
        One a well, shape (rows, columns); NaN where there is none.
    fitted
        True for the wells that the effects are taken from: samples that did not fail.
        The others are scored with these effects; a row or column of which no well was
        fitted counts as one without an effect. All where not given.
    """
    given = np.asarray(values, np.float64)
    used = np.isfinite(given)
    if fitted is not None:
        used &= np.asarray(fitted, bool)
    nothing = np.full(given.shape, math.nan)
    if np.count_nonzero(used) < _LEAST_IN_LINE**2:
        return BScore(nothing, "too few wells to tell rows and columns apart")
    polish = median_polish(np.where(used, given, math.nan))
    scale = mad(polish.residuals)
    if not scale > 0:
        return BScore(
            nothing, "rows and columns explain the plate fully: the residual MAD is 0"
        )
    # A line of which no well was fitted is scored like the middle one.
    rows, columns = np.nan_to_num(polish.rows), np.nan_to_num(polish.columns)
    effects = polish.overall + rows[:, np.newaxis] + columns
    scores = (given - effects) / scale
    return BScore(scores, _bias(np.where(used, given, math.nan), used))


def _bias(values: NDArray[np.float64], used: NDArray[np.bool_]) -> str:
    """Say which rows and columns the polish may have misjudged."""
    few, hits = 0, 0
    scores = robust_z(values)
    for axis in (0, 1):
        number = used.sum(axis=axis)
        many = (np.abs(scores) > _HIT).sum(axis=axis) > 0.5 * number
        few += int(np.count_nonzero((number > 0) & (number < _LEAST_IN_LINE)))
        hits += int(np.count_nonzero(many & (number > 0)))
    doubts = []
    if few:
        doubts.append(f"{few} rows or columns have under {_LEAST_IN_LINE} wells")
    if hits:
        doubts.append(
            f"in {hits} rows or columns more than half of the wells stand out, which "
            f"may be response"
        )
    return "; ".join(doubts)
