"""Which fields somebody should look at, and why, in words.

A field is suspect for one of a few kinds of failure, each told by one technical
metric, on the side that is bad, compared with the other fields of its plate. What
treatment moves never raises suspicion: it is only called unusual.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hcs.qc.plates.baseline import make_baselines
from hcs.qc.plates.cutoff import beyond, cut_offs
from hcs.qc.plates.failures import FAILURE_RULES, Rule
from hcs.qc.plates.readings import Readings
from hcs.qc.registry import definition
from hcs.qc.results import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from hcs.qc.plates.baseline import Baseline, BaselineKey
    from hcs.qc.plates.cutoff import Cut
    from hcs.qc.results import FieldKey, FieldResult

_RANKED = 10
"""Up to which place a rank is worth its words: "75th worst of 96" says nothing."""

_UNUSUAL = 3.5
"""Robust z from which a treatment's metric is called unusual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a field is suspect."""

    kind: str
    text: str
    """``"channel DNA, field s3: out of focus? (focus -6.1), worst of 96"``."""

    account: str
    """What is wrong, without where and how far: ``"out of focus? (focus -6.1)"``."""

    channel: str | None = None
    metric: str | None = None
    value: float = math.nan
    score: float = math.nan
    """How many cut-offs away from the plate's median: 1 at the cut-off, infinite for
    what leaves nothing to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One field (or, with an empty name, one well) that somebody should look at."""

    well: str
    field: str
    label: str
    acquisition: int | None
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> float:
        """The largest of its reasons' scores; suspects are shown by it."""
        return max(_order(reason.score) for reason in self.reasons)


def find_suspects(
    results: Sequence[FieldResult],
    baselines: Mapping[BaselineKey, Baseline],
    *,
    rules: Sequence[Rule] = FAILURE_RULES,
    nuclear: str | None = None,
    roles: Mapping[str, str | None] | None = None,
    expected: Mapping[str, int] | None = None,
    cuts: Mapping[tuple[str, str], Cut] | None = None,
) -> list[Suspect]:
    """Return the fields that somebody should look at, the worst first.

    Parameters
    ----------
    results
        What `measure_plate` yielded.
    baselines
        See `make_baselines`; without one only limits hold.
    rules
        Cut-offs; those of the project where it has its own.
    nuclear
        Name of the nuclear channel.
    roles
        Role by path of the well; one that is said to be empty is not suspect for that.
    expected
        How many fields each well should have, by path.
    cuts
        Cut-offs that a person set instead of a rule's own, by metric and channel.
    """
    reasons: dict[FieldKey, list[Reason]] = {}
    readings = Readings.of(results)
    places = _places(readings)
    for result in readings:
        if reason := _without_metric(result, places[result.key]):
            reasons.setdefault(result.key, []).append(reason)
    drawn = cut_offs(readings, baselines, rules=rules, nuclear=nuclear, cuts=cuts)
    for rule in rules:
        for channel in readings.channels(rule.metric):
            judged = _judged(readings, rule, channel, places)
            usual = baselines.get((rule.metric, channel, None))
            median = math.nan if usual is None else usual.median
            cut = drawn[rule.metric, channel]
            for key in judged.beyond(cut):
                if rule.usual_in and (roles or {}).get(key[0]) == rule.usual_in:
                    continue
                if reason := judged.reason(key, cut, median):
                    reasons.setdefault(key, []).append(reason)
    for well, reason in _missing(readings, expected or {}):
        reasons.setdefault((well, "", None), []).append(reason)
    return _suspects(readings, reasons)


def _suspects(
    results: Sequence[FieldResult], reasons: Mapping[FieldKey, Sequence[Reason]]
) -> list[Suspect]:
    """Return fields with their reasons, the worst first."""
    labels = {result.key: result.label or result.field for result in results}
    suspects = [
        Suspect(
            well=key[0],
            field=key[1],
            label=labels.get(key, ""),
            acquisition=key[2],
            reasons=tuple(sorted(own, key=lambda reason: -_order(reason.score))),
        )
        for key, own in reasons.items()
    ]
    return sorted(suspects, key=lambda suspect: -suspect.score)


def _order(score: float) -> float:
    return 1.0 if math.isnan(score) else score


def _places(results: Sequence[FieldResult]) -> dict[FieldKey, str]:
    """Return what fields are called: ``"field s3"``, "" of a well's only one.

    A single field that its source gave no label is not named by its path.
    """
    numbers = Counter(result.well for result in results if result.field)
    places = {}
    for result in results:
        label = result.label or result.field
        alone = numbers[result.well] == 1 and label == result.field
        places[result.key] = f"field {label}" if label and not alone else ""
    return places


def _without_metric(result: FieldResult, place: str) -> Reason | None:
    """Tell what needs no comparison: unreadable, not finite, all zero, constant."""
    name = f"{place}: " if place else ""
    channel_name = f", {name}" if place else ": "
    if result.error is not None:
        kind = "unreadable" if result.field else "missing"
        account = f"{kind}: {result.error}"
        return Reason(
            kind=kind, text=f"{name}{account}", account=account, score=math.inf
        )
    for plane in result.planes:
        if why := plane.reasons.get("mean"):
            # Without a mean there is no other number either: nothing would stand out.
            account = f"not measured: {why}"
            return Reason(
                kind="not finite",
                text=f"{spoken(plane.channel)}{channel_name}{account}",
                account=account,
                channel=plane.channel,
                score=math.inf,
            )
        if plane.values.get("percent_maximal", 0.0) == 100.0:
            level = plane.values.get("mean", math.nan)
            what = "all pixels are 0" if level == 0 else "all pixels are equal"
            return Reason(
                kind="constant",
                text=f"{spoken(plane.channel)}{channel_name}{what}",
                account=what,
                channel=plane.channel,
                score=math.inf,
            )
    return None


def _missing(
    results: Sequence[FieldResult], expected: Mapping[str, int]
) -> Iterable[tuple[str, Reason]]:
    """Tell wells with fewer fields than they should have."""
    there: dict[str, int] = dict.fromkeys(expected, 0)
    for result in results:
        if result.field:
            there[result.well] = there.get(result.well, 0) + 1
    unread = {result.well for result in results if not result.field}
    for well, number in expected.items():
        if there[well] < number and well not in unread:
            text = f"missing: {number - there[well]} of {number} fields"
            yield (
                well,
                Reason(kind="missing", text=text, account=text, score=math.inf),
            )


@dataclass(frozen=True, slots=True)
class _Judged:
    """One metric of one channel on a plate, and what is usual and suspect in it."""

    rule: Rule
    channel: str
    values: Mapping[FieldKey, float]
    finite: NDArray[np.float64]
    """The finite ones."""

    places: Mapping[FieldKey, str]

    def beyond(self, cut: Cut) -> list[FieldKey]:
        """Return the fields at a cut-off or beyond it: no other has a reason."""
        low, high = cut
        return [
            key
            for key, value in self.values.items()
            if (low is not None and -math.inf < value <= low)
            or (high is not None and high <= value < math.inf)
        ]

    def reason(self, key: FieldKey, cut: Cut, median: float) -> Reason | None:
        """Return why a field is suspect, None where it is not."""
        value, rule = self.values[key], self.rule
        score = beyond(value, cut, median)
        if score < 1:
            return None
        place = ", ".join(filter(None, (spoken(self.channel), self.places[key])))
        account = _account(rule, value)
        return Reason(
            kind=rule.kind,
            text=f"{place}: {account}{self._rank(value, median)}",
            account=account,
            channel=self.channel,
            metric=rule.metric,
            value=value,
            score=math.inf if rule.hard else score,
        )

    def _rank(self, value: float, median: float) -> str:
        side = self.rule.side
        if side:
            own, badness = value * side, self.finite * side
        else:
            own, badness = abs(value - median), np.abs(self.finite - median)
        place = 1 + int(np.count_nonzero(badness > own))
        return f", {_rank(place)} of {badness.size}" if place <= _RANKED else ""


def _account(rule: Rule, value: float) -> str:
    """Return what is wrong with a field, and the number that says so."""
    unit = definition(rule.metric).unit
    number = f"{value:.3g} {unit}" if unit else f"{value:.3g}"
    if not rule.words:
        return f"{rule.kind} {number}"
    said = number if unit else f"{rule.kind} {number}"
    return f"{rule.words}{'?' if rule.asked else ''} ({said})"


def _judged(
    readings: Readings, rule: Rule, channel: str, places: Mapping[FieldKey, str]
) -> _Judged:
    return _Judged(
        rule,
        channel,
        readings.numbers(rule.metric, channel),
        readings.finite(rule.metric, channel),
        places,
    )


def _rank(place: int) -> str:
    if place == 1:
        return "worst"
    tail = (
        "th"
        if 10 <= place % 100 <= 20
        else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    )
    return f"{place}{tail} worst"


def find_unusual(
    results: Sequence[FieldResult],
    metrics: Iterable[str],
    *,
    roles: Mapping[str, str | None] | None = None,
) -> list[Suspect]:
    """Return fields that stand out within their role in what treatment moves.

    They may well be biology, and are never suspect for this alone.

    Parameters
    ----------
    results
        What `measure_plate` yielded.
    metrics
        Ids of the metrics to look at.
    roles
        Role by path of the well. A field is compared with those of its role, or with
        all where there are too few.
    """
    chosen = list(metrics)
    readable = Readings.of(results).readable
    places = _places(readable)
    baselines = make_baselines(readable, metrics=chosen, roles=roles)
    reasons: dict[FieldKey, list[Reason]] = {}
    for metric in chosen:
        rule = _unusual_rule(metric)
        for channel in readable.channels(metric):
            judged = _judged(readable, rule, channel, places)
            whole = baselines.get((metric, channel, None))
            cuts: dict[str | None, tuple[float, tuple[float, float]] | None] = {}
            for key, value in judged.values.items():
                role = roles.get(key[0]) if roles else None
                if role not in cuts:
                    usual = baselines.get((metric, channel, role)) or whole
                    cuts[role] = _unusual_cut(usual)
                if (limits := cuts[role]) is None or not math.isfinite(value):
                    continue
                median, (low, high) = limits
                if low < value < high:
                    continue
                if reason := judged.reason(key, (low, high), median):
                    reasons.setdefault(key, []).append(reason)
    return _suspects(readable, reasons)


def _unusual_cut(usual: Baseline | None) -> tuple[float, tuple[float, float]] | None:
    """Return the median of a group and from where on its fields are unusual."""
    if usual is None or usual.spread == 0:
        return None
    far = _UNUSUAL * usual.spread
    return usual.median, (usual.median - far, usual.median + far)


def _unusual_rule(metric: str) -> Rule:
    return Rule(
        kind=definition(metric).title,
        metric=metric,
        side=0,
        least=0.0,
        asked=False,
        everywhere="",
        why="",
    )
