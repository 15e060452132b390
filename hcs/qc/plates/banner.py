"""What is wrong with a plate as a whole, alone and beside its project's others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hcs.qc.plates.failures import BRIGHTNESS, FAILURE_RULES, RANGE, SIGNAL, Rule
from hcs.qc.plates.readings import Readings
from hcs.qc.plates.screen import finite, median_of, spread
from hcs.qc.registry import definition
from hcs.qc.results import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.qc.plates.cutoff import Cut
    from hcs.qc.results import FieldResult

LEAST_PLATES = 5
"""Other plates of a project that a comparison of whole plates needs."""

Medians = dict[tuple[str, str], float]
"""A plate's medians by metric (or `RANGE` or `SIGNAL`) and channel."""


def plate_medians(
    results: Sequence[FieldResult], *, rules: Sequence[Rule] = FAILURE_RULES
) -> Medians:
    """Return what other plates are compared with: the medians over a plate's fields.

    Only those of metrics that half of the fields with the channel have: a few fields
    are not the plate.

    Parameters
    ----------
    results
        What `measure_plate` yielded.
    rules
        Rules whose metrics are taken.
    """
    readings = Readings.of(results)
    medians = {}
    for name in (*dict.fromkeys(rule.metric for rule in rules), RANGE, SIGNAL):
        for channel in readings.channels(name):
            values = readings.finite(name, channel)
            if values.size and 2 * values.size >= readings.fields_with(channel):
                medians[name, channel] = median_of(values)
    return medians


def plate_banner(
    results: Sequence[FieldResult],
    *,
    rules: Sequence[Rule] = FAILURE_RULES,
    nuclear: str | None = None,
    others: Mapping[tuple[str, str], Sequence[float]] | None = None,
    cuts: Mapping[tuple[str, str], Cut] | None = None,
) -> list[str]:
    """Return what is wrong with a plate as a whole, in words.

    Parameters
    ----------
    results, rules, nuclear, cuts
        As `find_suspects` has them.
    others
        Medians of the project's other plates with the same channel, objective and
        exposure, see `plate_medians`.
    """
    readings = Readings.of(results)
    medians = plate_medians(readings, rules=rules)
    sentences = []
    for rule in (*rules, BRIGHTNESS):
        channels = readings.channels(rule.metric)
        unit = _unit_of(rule)
        middles = {c: medians.get((rule.metric, c), math.nan) for c in channels}
        for channel, middle in middles.items():
            side = rule.side or 1
            # Other channels than the nuclear may be smooth in focus; but not all.
            sure = channel == nuclear if nuclear else _all_beyond(rule, middles)
            bad = _bad_from(rule, (cuts or {}).get((rule.metric, channel)), sure=sure)
            if bad is not None and (middle - bad) * side >= 0:
                sentences.append(
                    f"{rule.everywhere} ({spoken(channel)}, median {middle:.3g}{unit}; "
                    f"usual is {'above' if side < 0 else 'below'} {bad:g}{unit})"
                )
                continue
            sentences.extend(
                _against_others(rule, channel, medians, others or {}, nuclear)
            )
    return sentences


def _unit_of(rule: Rule) -> str:
    """Return what a number of the rule's metric was computed from."""
    unit = "" if rule.metric == SIGNAL else definition(rule.metric).unit
    return f" {unit}" if unit else ""


def _all_beyond(rule: Rule, middles: Mapping[str, float]) -> bool:
    if rule.whole is None:
        return False
    side, whole = rule.side or 1, rule.whole
    return all((middle - whole) * side >= 0 for middle in middles.values())


def _bad_from(rule: Rule, cut: Cut | None, *, sure: bool) -> float | None:
    """Return the median from which a plate is bad without any comparison."""
    if cut is not None and rule.side:
        return cut[0] if rule.side < 0 else cut[1]
    if rule.limit is not None:
        return rule.limit
    return rule.whole if sure else None


def _against_others(
    rule: Rule,
    channel: str,
    medians: Medians,
    others: Mapping[tuple[str, str], Sequence[float]],
    nuclear: str | None,
) -> Iterable[str]:
    """Compare a plate's median with those of the other plates."""
    if rule.limit is not None and not rule.scored:
        return  # the limit says it already
    middle = medians.get((rule.metric, channel), math.nan)
    values = finite(list(others.get((rule.metric, channel), ())))
    if values.size < LEAST_PLATES or math.isnan(middle):
        return
    usual = median_of(values)
    least = rule.least * (1.0 if channel == nuclear else rule.wider)
    if rule.relative is not None:
        least *= abs(median_of(others.get((rule.relative, channel), ())))
    away = (middle - usual) * rule.side if rule.side else abs(middle - usual)
    if away >= max(rule.z * spread(values), least) > 0:
        yield (
            f"{rule.kind} {'is worse than' if rule.side else 'differs from that'} on "
            f"{values.size} other plates ({spoken(channel)}, median "
            f"{middle:.3g}{_unit_of(rule)}; there {usual:.3g}{_unit_of(rule)})"
        )
