"""What is wrong with a plate as a whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hcs.qc.aggregation import field_values
from hcs.qc.baseline import channels_of
from hcs.qc.failures import FAILURE_RULES, Rule
from hcs.qc.results import spoken
from hcs.qc.screen import finite, median_of, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.qc.results import FieldResult

_EARLIER = 3
"""Earlier plates of a project that a comparison needs."""


def plate_banner(
    results: Sequence[FieldResult],
    *,
    rules: Sequence[Rule] = FAILURE_RULES,
    nuclear: str | None = None,
    earlier: Mapping[tuple[str, str], Sequence[float]] | None = None,
) -> list[str]:
    """Return what is wrong with a plate as a whole, in words.

    Parameters
    ----------
    earlier
        Medians of earlier plates of the project, by metric and channel.
    """
    told = []
    for rule in rules:
        for channel in channels_of(results, rule.metric):
            if rule.wider != 1 and nuclear is not None and channel != nuclear:
                continue
            values = field_values(results, rule.metric, channel).values()
            middle = median_of(value for value, _ in values)
            side = rule.side or 1
            if rule.whole is not None and (middle - rule.whole) * side >= 0:
                told.append(
                    f"{rule.kind} is bad on the whole plate ({spoken(channel)}, "
                    f"median {middle:.3g}; usual is {'above' if side < 0 else 'below'} "
                    f"{rule.whole:g})"
                )
                continue
            told.extend(_against_earlier(rule, channel, middle, earlier or {}))
    return told


def _against_earlier(
    rule: Rule,
    channel: str,
    middle: float,
    earlier: Mapping[tuple[str, str], Sequence[float]],
) -> Iterable[str]:
    """Compare a plate's median with those of earlier plates."""
    before = finite(list(earlier.get((rule.metric, channel), ())))
    if before.size < _EARLIER or math.isnan(middle):
        return
    usual = median_of(before)
    least = rule.least * (abs(usual) if rule.relative is not None else 1.0)
    away = (middle - usual) * rule.side if rule.side else abs(middle - usual)
    if away >= max(rule.z * spread(before), least) > 0:
        yield (
            f"{rule.kind} is worse than on {before.size} earlier plates (channel "
            f"{channel}, median {middle:.3g}; before {usual:.3g})"
        )
