"""What a plate was checked for, and what each kind of failure was compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.qc.plates.banner import LEAST_PLATES
from hcs.qc.plates.baseline import LEAST_FIELDS
from hcs.qc.plates.failures import BRIGHTNESS, FAILURE_RULES, SIGNAL, Rule
from hcs.qc.plates.readings import Readings
from hcs.qc.registry import definition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.qc.plates.baseline import Baseline, BaselineKey
    from hcs.qc.plates.cutoff import Cut
    from hcs.qc.results import FieldResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one kind of failure was compared with on a plate."""

    kind: str
    text: str
    """``"limit 50 %; compared with 96 fields of this plate"``."""

    limit: float | None = None
    """Value that is suspect whatever the plate is like."""

    fields: int = 0
    """Fields of the plate that each was compared with, 0 where there are too few."""

    measured: bool = True
    """Whether there was any number to look at."""


def checks(
    results: Sequence[FieldResult],
    baselines: Mapping[BaselineKey, Baseline],
    *,
    rules: Sequence[Rule] = FAILURE_RULES,
    others: Mapping[tuple[str, str], Sequence[float]] | None = None,
    cuts: Mapping[tuple[str, str], Cut] | None = None,
) -> tuple[Check, ...]:
    """Return what each kind of failure was compared with.

    Parameters
    ----------
    results, baselines, rules, cuts
        As `find_suspects` has them.
    others
        As `plate_banner` has them.
    """
    readings = Readings.of(results)
    first = Check(
        kind="missing, unreadable, constant", text="seen without any comparison"
    )
    return (
        first,
        *(
            _check(rule, readings, baselines, others or {}, cuts or {})
            for rule in rules
        ),
        Check(
            kind=BRIGHTNESS.kind,
            text=f"whole plate only; {_plates(SIGNAL, others or {})}",
        ),
    )


def _check(
    rule: Rule,
    results: Readings,
    baselines: Mapping[BaselineKey, Baseline],
    others: Mapping[tuple[str, str], Sequence[float]],
    cuts: Mapping[tuple[str, str], Cut],
) -> Check:
    channels = results.channels(rule.metric)
    known = {channel: results.finite(rule.metric, channel).size for channel in channels}
    if not any(known.values()):
        return Check(
            kind=rule.kind,
            text=f"not checked: {_why(rule, results)}",
            measured=False,
        )
    unit = definition(rule.metric).unit
    parts = []
    if rule.limit is not None:
        parts.append(f"limit {rule.limit:g}{f' {unit}' if unit else ''}")
    own = [channel for channel in channels if (rule.metric, channel) in cuts]
    if own:
        parts.append(f"cut-off set for this project ({', '.join(own)})")
    compared = [
        baselines[rule.metric, channel, None].n
        for channel in channels
        if (rule.metric, channel, None) in baselines
    ]
    if rule.scored:
        parts.append(
            f"compared with {min(compared)} fields of this plate"
            if compared
            else f"too few fields to compare ({max(known.values())} of {LEAST_FIELDS})"
        )
        parts.append(_plates(rule.metric, others))
    return Check(
        kind=rule.kind,
        text="; ".join(parts),
        limit=rule.limit,
        fields=min(compared, default=0) if rule.scored else 0,
    )


def _plates(name: str, others: Mapping[tuple[str, str], Sequence[float]]) -> str:
    number = max(
        (len(v) for (metric, _), v in others.items() if metric == name), default=0
    )
    if number >= LEAST_PLATES:
        return f"compared with {number} other plates"
    return f"too few other plates to compare ({number} of {LEAST_PLATES})"


def _why(rule: Rule, results: Sequence[FieldResult]) -> str:
    """Return why there is no number of a kind at all."""
    reasons = [
        plane.reasons[rule.metric]
        for result in results
        for plane in result.planes
        if rule.metric in plane.reasons
        and math.isnan(plane.values.get(rule.metric, math.nan))
    ]
    return max(set(reasons), key=reasons.count) if reasons else "nothing was measured"
