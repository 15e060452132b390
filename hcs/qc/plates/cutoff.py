"""From which values on a field is suspect: what is drawn is what is judged by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hcs.qc.plates.failures import FAILURE_RULES, Rule
from hcs.qc.plates.readings import Readings
from hcs.qc.registry import definition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hcs.qc.plates.baseline import Baseline, BaselineKey
    from hcs.qc.results import FieldResult

Cut = tuple[float | None, float | None]
"""Values from which on a field is suspect, downwards and upwards; None: never."""


def cut_offs(
    results: Sequence[FieldResult],
    baselines: Mapping[BaselineKey, Baseline],
    *,
    rules: Sequence[Rule] = FAILURE_RULES,
    nuclear: str | None = None,
    cuts: Mapping[tuple[str, str], Cut] | None = None,
) -> dict[tuple[str, str], Cut]:
    """Return from which values on fields are suspect, by metric and channel.

    They hold for every well alike, controls too, and are what `find_suspects` goes by.
    One that no field can reach, such as a background below 0, is None.

    Parameters
    ----------
    results, baselines, rules, nuclear, cuts
        As `find_suspects` has them.
    """
    set_cuts = cuts or {}
    by_place = {}
    readings = Readings.of(results)
    for rule in rules:
        for channel in readings.channels(rule.metric):
            place = rule.metric, channel
            if place in set_cuts:
                by_place[place] = set_cuts[place]
                continue
            values = readings.finite(rule.metric, channel)
            by_place[place] = _possible(
                _cut_off(rule, channel, baselines, nuclear), rule.metric, values
            )
    return by_place


def _cut_off(
    rule: Rule,
    channel: str,
    baselines: Mapping[BaselineKey, Baseline],
    nuclear: str | None,
) -> Cut:
    low: list[float] = []
    high: list[float] = [] if rule.limit is None else [rule.limit]
    usual = baselines.get((rule.metric, channel, None))
    if rule.scored and usual is not None:
        least = least_effect(rule, channel, baselines, nuclear)
        far = max(rule.z * usual.spread, least)
        if 0 < far < math.inf and rule.side <= 0:
            low.append(usual.median - far)
        if 0 < far < math.inf and rule.side >= 0:
            high.append(usual.median + far)
    return max(low, default=None), min(high, default=None)


def least_effect(
    rule: Rule,
    channel: str,
    baselines: Mapping[BaselineKey, Baseline],
    nuclear: str | None,
) -> float:
    """Return how far from what is usual something is at least, in the metric's unit.

    Infinite where what it is a share of is not known.
    """
    least = rule.least * (1.0 if channel == nuclear else rule.wider)
    if rule.relative is None:
        return least
    whole = baselines.get((rule.relative, channel, None))
    return math.inf if whole is None else least * abs(whole.median)


def _possible(cut: Cut, metric: str, known: NDArray[np.float64]) -> Cut:
    """Return a cut-off without the ends that no field can reach."""
    entry = definition(metric)
    least, most = entry.low, entry.high
    if least is None and entry.unit == "counts" and known.size and known.min() >= 0:
        least = 0.0  # a camera's counts; what was computed may lie below
    low, high = cut
    return (
        None if low is None or (least is not None and low < least) else low,
        None if high is None or (most is not None and high > most) else high,
    )


def beyond(value: float, cut: Cut, median: float) -> float:
    """Return how many cut-offs a value is away from the median: 1 at one, 0 within.

    Parameters
    ----------
    value
        Of one field.
    cut
        See `cut_offs`.
    median
        What is usual; NaN where that is not known. Where it lies beyond the cut-off
        itself, the score is the value over the cut-off.
    """
    scores = [0.0]
    for end, side in zip(cut, (-1, 1), strict=True):
        if end is None or (value - end) * side < 0:
            continue
        room = (end - median) * side
        if room > 0:
            scores.append((value - median) * side / room)
        else:
            scores.append(value / end if side > 0 and end > 0 else 1.0)
    return max(scores)
