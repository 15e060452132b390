"""Statistics of a plate: how well controls separate, how far wells are from the rest.

Pure: numbers in, numbers out. Each number stands for one well, never for a field, so
that n is the number of wells. MAD is scaled by 1.4826 here; SD has ddof 1. Values that
are not finite are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy  # its parts are loaded when used: `stats` takes a second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike, NDArray

MAD_SCALE = 1.4826
"""Makes the median absolute deviation agree with the SD of a normal distribution."""

LEAST_CONTROLS = 4
"""Wells of each role below which no statistic of controls is given."""

STABLE_CONTROLS = 8
"""Wells of each role below which a statistic of controls is marked unstable."""

LEAST_WELLS = 8
"""Wells below which a plate gives no robust z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One number about a plate, with what it is based on."""

    id: str
    value: float
    """NaN where there is none; then `note` says why."""

    n: tuple[int, ...]
    """Wells that it is based on: positives and negatives, or all."""

    note: str = ""
    """Why there is no number, or what to keep in mind with it."""


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return the finite values in one dimension."""
    flat = np.asarray(values, np.float64).ravel()
    return flat[np.isfinite(flat)]


def mad(values: ArrayLike) -> float:
    """Return the scaled median absolute deviation; NaN without values."""
    numbers = finite(values)
    if numbers.size == 0:
        return math.nan
    return MAD_SCALE * float(np.median(np.abs(numbers - np.median(numbers))))


def z_prime(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return Z' (Zhang, Chung & Oldenburg 1999): 1 ideal, below 0 no separation.

    Examples
    --------
    >>> round(z_prime([10, 11, 9, 10.5, 9.5, 10], [2, 2.5, 1.5, 2.2, 1.8, 2.0]), 10)
    0.6071145593
    """
    p, n = finite(positive), finite(negative)
    return _one_minus(3 * (_sd(p) + _sd(n)), abs(_mean(p) - _mean(n)))


def robust_z_prime(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return Z' with medians and scaled MADs; NaN where a MAD is 0.

    A MAD of 0 says that half of the wells are equal and nothing of the others.
    """
    p, n = finite(positive), finite(negative)
    if _without_spread(p, n):
        return math.nan
    return _one_minus(3 * (mad(p) + mad(n)), abs(_median(p) - _median(n)))


def ssmd(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the strictly standardised mean difference, with its sign."""
    p, n = finite(positive), finite(negative)
    return _ratio(_mean(p) - _mean(n), math.sqrt(_sd(p) ** 2 + _sd(n) ** 2))


def robust_ssmd(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return SSMD with medians and scaled MADs; NaN where a MAD is 0."""
    p, n = finite(positive), finite(negative)
    if _without_spread(p, n):
        return math.nan
    return _ratio(_median(p) - _median(n), math.sqrt(mad(p) ** 2 + mad(n) ** 2))


def signal_to_background(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the mean of the positives over that of the negatives."""
    return _ratio(_mean(finite(positive)), _mean(finite(negative)))


def signal_to_noise(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the difference of the means over the negatives' SD."""
    p, n = finite(positive), finite(negative)
    return _ratio(_mean(p) - _mean(n), _sd(n))


def signal_window(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the signal window (Sittampalam et al. 1997): 2 and more is usable.

    What lies between the controls, 3 SDs off each, in SDs of the control with the
    higher signal: the positives of an activation, the negatives of an inhibition.
    """
    p, n = finite(positive), finite(negative)
    room = abs(_mean(p) - _mean(n)) - 3 * (_sd(p) + _sd(n))
    return _ratio(room, _sd(p if _mean(p) >= _mean(n) else n))


def cv_percent(values: ArrayLike) -> float:
    """Return the SD as a percentage of the mean."""
    numbers = finite(values)
    return 100 * _ratio(_sd(numbers), _mean(numbers))


_OF_CONTROLS: tuple[tuple[str, Callable[[ArrayLike, ArrayLike], float]], ...] = (
    ("z_prime", z_prime),
    ("robust_z_prime", robust_z_prime),
    ("ssmd", ssmd),
    ("robust_ssmd", robust_ssmd),
    ("signal_to_background", signal_to_background),
    ("signal_to_noise", signal_to_noise),
    ("signal_window", signal_window),
)


def control_statistics(
    positive: ArrayLike, negative: ArrayLike
) -> tuple[Statistic, ...]:
    """Return all statistics of the controls of one plate.

    Parameters
    ----------
    positive, negative
        One value a well.

    Returns
    -------
        Z', SSMD, both also robust, S/B, S/N, signal window, and CV of both roles. NaN
        below 4 wells a role; marked unstable below 8.
    """
    p, n = finite(positive), finite(negative)
    number = (p.size, n.size)
    if min(number) < LEAST_CONTROLS:
        note = (
            f"needs {LEAST_CONTROLS} positive and {LEAST_CONTROLS} negative wells; "
            f"there are {p.size} and {n.size}"
        )
    elif min(number) < STABLE_CONTROLS:
        note = f"unstable: fewer than {STABLE_CONTROLS} wells of a role"
    else:
        note = ""
    statistics = [_statistic(id, compute, p, n, note) for id, compute in _OF_CONTROLS]
    for id, wells in (("cv_positive", p), ("cv_negative", n)):
        few = wells.size < LEAST_CONTROLS
        statistics.append(
            Statistic(
                id=id,
                value=math.nan if few else cv_percent(wells),
                n=(wells.size,),
                note=f"needs {LEAST_CONTROLS} wells; there are {wells.size}"
                if few
                else "",
            )
        )
    return tuple(statistics)


def _statistic(
    id: str,
    compute: Callable[[ArrayLike, ArrayLike], float],
    p: NDArray[np.float64],
    n: NDArray[np.float64],
    note: str,
) -> Statistic:
    few = min(p.size, n.size) < LEAST_CONTROLS
    value = math.nan if few else compute(p, n)
    if not few and math.isnan(value):
        equal = _without_spread(p, n) if id.startswith("robust_") else ""
        note = equal or "the controls do not differ, or do not vary"
    return Statistic(id=id, value=value, n=(p.size, n.size), note=note)


def _without_spread(p: NDArray[np.float64], n: NDArray[np.float64]) -> str:
    """Return which control has a MAD of 0, in words; "" where none has."""
    for role, values in (("positive", p), ("negative", n)):
        if values.size and mad(values) == 0:
            return f"at least half of the {role} wells are equal: their MAD is 0"
    return ""


def robust_z(
    values: ArrayLike, baseline: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return how many scaled MADs each value is from the median; shape as `values`.

    Parameters
    ----------
    values
        Any shape; what is not finite stays NaN.
    baseline
        What median and MAD are taken of; the values themselves where not given. Where
        the MAD is 0, a quarter-based SD is used; where that is 0 too, all are NaN.

    Examples
    --------
    >>> robust_z([1, 2, 3, 4, 100]).round(6).tolist()
    [-1.348982, -0.674491, 0.0, 0.674491, 65.425604]
    """
    numbers = finite(values if baseline is None else baseline)
    return _scaled(np.asarray(values, np.float64), _median(numbers), spread(numbers))


def spread(values: ArrayLike) -> float:
    """Return the scaled MAD, or where it is 0 the interquartile range over 1.349."""
    numbers = finite(values)
    width = mad(numbers)
    if width == 0 and numbers.size:
        low, high = np.percentile(numbers, [25, 75])
        width = float(high - low) / 1.349
    return width


def replicate_correlation(first: ArrayLike, second: ArrayLike) -> tuple[Statistic, ...]:
    """Return Pearson's and Spearman's correlation of two replicate plates' wells.

    Parameters
    ----------
    first
        A value a well of one plate; NaN where there is none.
    second
        The same wells, in the same order, of its replicate.
    """
    a, b = (np.asarray(values, np.float64).ravel() for values in (first, second))
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    few = a.size < LEAST_WELLS
    note = ""
    if few:
        note = f"needs {LEAST_WELLS} wells on both plates; there are {a.size}"
    elif np.ptp(a) == 0 or np.ptp(b) == 0:
        note = "one plate does not vary"
    correlations: dict[str, Any] = {"pearson": math.nan, "spearman": math.nan}
    if not note:
        correlations["pearson"] = float(scipy.stats.pearsonr(a, b).statistic)
        correlations["spearman"] = float(scipy.stats.spearmanr(a, b).statistic)
    return tuple(
        Statistic(id=id, value=value, n=(a.size,), note=note)
        for id, value in correlations.items()
    )


def median_of(values: Iterable[float]) -> float:
    """Return the median of the finite values; NaN without any."""
    return _median(finite(list(values)))


def _scaled(
    values: NDArray[np.float64], centre: float, scale: float
) -> NDArray[np.float64]:
    if not (math.isfinite(scale) and scale != 0):
        return np.full(values.shape, math.nan)
    return np.where(np.isfinite(values), (values - centre) / scale, math.nan)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else math.nan


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else math.nan


def _sd(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else math.nan


def _ratio(upper: float, lower: float) -> float:
    return upper / lower if lower else math.nan


def _one_minus(upper: float, lower: float) -> float:
    return 1 - upper / lower if lower else math.nan
