"""How likely a difference is by chance alone: p of rank tests, exact where few.

The usual formulas hold for many values. Of fewer than ten all orders are gone through,
since for them the formulas may be wrong by any factor: six lines in perfect order have
p 1/360, where the formula says 0.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import scipy  # its parts are loaded when used: `stats` takes a second

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MANY = 10
"""Values from which on the formulas are used; the orders of nine are 362,880."""

_ALIKE = 1e-9
"""Difference of two statistics that is rounding."""

_LEAST_PRINTED = 1e-300


def spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return Spearman's correlation of two series, and its two-sided p.

    Exact below ten pairs, also with ties; else by Student's t, and never below what
    the best of all orders has. NaN and 1 where one of them does not vary.
    """
    first, second = (scipy.stats.rankdata(values) for values in (x, y))
    first, second = first - first.mean(), second - second.mean()
    length = math.sqrt(float(first @ first) * float(second @ second))
    if length == 0:
        return math.nan, 1.0
    number = len(first)
    correlation = float(np.clip(float(first @ second) / length, -1, 1))
    if number < _MANY:
        likeness = np.abs(second[_orders(number)] @ first) / length
        return correlation, float(np.mean(likeness >= abs(correlation) - _ALIKE))
    least = 2 / math.factorial(number)
    return correlation, max(float(scipy.stats.spearmanr(x, y).pvalue), least)


def kruskal(groups: Sequence[NDArray[np.float64]]) -> float:
    """Return the p of Kruskal and Wallis; 1 where nothing varies.

    Exact below ten values, which of two groups is the test of Mann and Whitney.
    """
    values = np.concatenate(groups)
    if np.ptp(values) == 0:
        return 1.0
    if values.size >= _MANY:
        return float(scipy.stats.kruskal(*groups).pvalue)
    sizes = np.array([group.size for group in groups])
    member = np.repeat(np.eye(len(groups)), sizes, axis=0)
    ranks = scipy.stats.rankdata(values)
    spread = ((ranks[_orders(values.size)] @ member) ** 2 / sizes).sum(axis=1)
    seen = float(((ranks @ member) ** 2 / sizes).sum())
    return float(np.mean(spread >= seen - _ALIKE))


def mann_whitney(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[float, float]:
    """Return Cliff's delta of two groups, -1 to 1, and the two-sided p."""
    test = scipy.stats.mannwhitneyu(first, second, alternative="two-sided")
    delta = 2 * float(test.statistic) / (first.size * second.size) - 1
    if first.size + second.size < _MANY:
        return delta, kruskal([first, second])
    return delta, float(test.pvalue)


def p_text(p: float) -> str:
    """Return a p for people; never zero, for nothing is impossible by chance."""
    return f"p {p:.2g}" if p >= _LEAST_PRINTED else f"p < {_LEAST_PRINTED:g}"


@lru_cache(maxsize=_MANY)
def _orders(number: int) -> NDArray[np.int8]:
    return np.array(list(permutations(range(number))), np.int8)
