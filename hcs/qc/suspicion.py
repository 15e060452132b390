"""Which fields somebody should look at, and why, in words.

A field is suspect for one of a few kinds of failure, each told by one technical
metric, on the side that is bad, compared with the other fields of its plate. What
treatment moves never raises suspicion: it is only called unusual.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.qc.aggregation import field_values
from hcs.qc.baseline import Baseline, BaselineKey, channels_of, make_baselines
from hcs.qc.definitions import definition
from hcs.qc.failures import FAILURE_RULES, Rule
from hcs.qc.results import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.qc.results import FieldKey, FieldResult

_UNUSUAL = 3.5
"""Robust z from which a treatment's metric is called unusual."""


Cut = tuple[float | None, float | None]
"""Values from which on a field is suspect, downwards and upwards; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a field is suspect."""

    kind: str
    text: str
    """``"channel DNA, field s3: focus -6.1, worst of 96"``."""

    channel: str | None = None
    metric: str | None = None
    value: float = math.nan
    score: float = math.nan
    """How many cut-offs away from the plate's median: 1 at the cut-off."""


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
    baselines
        See `make_baselines`; without one only limits hold.
    rules
        Cut-offs; those of the project where it has its own.
    nuclear
        Name of the nuclear channel.
    roles
        Role by path of the well.
    expected
        How many fields each well should have, by path.
    cuts
        Cut-offs that a person set instead of a rule's own, by metric and channel.
    """
    reasons: dict[FieldKey, list[Reason]] = {}
    labels = {result.key: result.label or result.field for result in results}
    for result in results:
        if told := _without_metric(result):
            reasons.setdefault(result.key, []).append(told)
    for rule in rules:
        for channel in channels_of(results, rule.metric):
            values = field_values(results, rule.metric, channel)
            cut = (cuts or {}).get((rule.metric, channel))
            judge = _Judge(rule, channel, baselines, nuclear, roles, cut)
            for key, told in judge.reasons(values, labels):
                reasons.setdefault(key, []).append(told)
    for well, told in _missing(results, expected or {}):
        reasons.setdefault((well, "", None), []).append(told)
    found = [
        Suspect(
            well=key[0],
            field=key[1],
            label=labels.get(key, ""),
            acquisition=key[2],
            reasons=tuple(sorted(told, key=lambda r: -_order(r.score))),
        )
        for key, told in reasons.items()
    ]
    return sorted(found, key=lambda suspect: -suspect.score)


def _order(score: float) -> float:
    return 1.0 if math.isnan(score) else score


def _without_metric(result: FieldResult) -> Reason | None:
    """Tell what needs no comparison: unreadable, all zero, constant."""
    name = f"field {result.label or result.field}: " if result.field else ""
    if result.error is not None:
        kind = "unreadable" if result.field else "missing"
        return Reason(kind=kind, text=f"{name}{kind}: {result.error}", score=math.inf)
    for plane in result.planes:
        if plane.values.get("percent_maximal", 0.0) == 100.0:
            level = plane.values.get("mean", math.nan)
            what = "all pixels are 0" if level == 0 else "all pixels are equal"
            return Reason(
                kind="constant",
                text=f"{spoken(plane.channel)}, {name}{what}",
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
            yield well, Reason(kind="missing", text=text, score=math.inf)


class _Judge:
    """Applies one rule to one channel."""

    def __init__(
        self,
        rule: Rule,
        channel: str,
        baselines: Mapping[BaselineKey, Baseline],
        nuclear: str | None,
        roles: Mapping[str, str | None] | None = None,
        cut: Cut | None = None,
    ) -> None:
        self.rule = rule
        self.channel = channel
        self.baselines = baselines
        self.roles = roles or {}
        self.cut = cut
        other = nuclear is not None and channel != nuclear
        self.least = rule.least * (rule.wider if other else 1.0)

    def reasons(
        self,
        values: Mapping[FieldKey, tuple[float, str]],
        labels: Mapping[FieldKey, str],
    ) -> Iterable[tuple[FieldKey, Reason]]:
        """Yield the fields that the rule makes suspect."""
        known = {
            key: value for key, (value, _) in values.items() if not math.isnan(value)
        }
        for key, value in known.items():
            score = self.score(key, value)
            if score < 1:
                continue
            worse = sum(
                self._badness(other) > self._badness(value) for other in known.values()
            )
            entry = definition(self.rule.metric)
            unit = f" {entry.unit}" if entry.unit else ""
            text = (
                f"{spoken(self.channel)}, field {labels[key]}: {self.rule.kind} "
                f"{value:.3g}{unit}, {_rank(worse + 1)} of {len(known)}"
            )
            yield (
                key,
                Reason(
                    kind=self.rule.kind,
                    text=text,
                    channel=self.channel,
                    metric=self.rule.metric,
                    value=value,
                    score=score,
                ),
            )

    def score(self, key: FieldKey, value: float) -> float:
        """Return how many cut-offs a field is away on the bad side; 1 is at it."""
        if self.cut is not None:
            return self._beyond(value, self.cut)
        scores = [0.0]
        limit = self.rule.limit
        if limit is not None and limit != 0:
            scores.append(value / limit if value >= limit else 0.0)
        if self.rule.scored and (usual := self._baseline(key)) is not None:
            away = value - usual.median
            away = abs(away) if self.rule.side == 0 else away * self.rule.side
            cut = max(self.rule.z * usual.spread, self.least * self._unit())
            scores.append(away / cut if cut > 0 else 0.0)
        return max(scores)

    def _beyond(self, value: float, cut: Cut) -> float:
        """Return the score where a person has set the cut-offs: nobody else's hold."""
        whole = self.baselines.get((self.rule.metric, self.channel, None))
        scores = [0.0]
        for end, side in zip(cut, (-1, 1), strict=True):
            if end is None or (value - end) * side < 0:
                continue
            room = math.nan if whole is None else (end - whole.median) * side
            far = (value - whole.median) * side if whole is not None else 0.0
            scores.append(far / room if room > 0 else 1.0)
        return max(scores)

    def ends(self) -> Cut:
        """Return the values from which fields of no special role are suspect."""
        if self.cut is not None:
            return self.cut
        low: list[float] = []
        high: list[float] = [] if self.rule.limit is None else [self.rule.limit]
        whole = self.baselines.get((self.rule.metric, self.channel, None))
        if self.rule.scored and whole is not None:
            far = max(self.rule.z * whole.spread, self.least * self._unit())
            if math.isfinite(far) and self.rule.side <= 0:
                low.append(whole.median - far)
            if math.isfinite(far) and self.rule.side >= 0:
                high.append(whole.median + far)
        return max(low, default=None), min(high, default=None)

    def _unit(self) -> float:
        """Return what `least` is a share of."""
        if self.rule.relative is None:
            return 1.0
        usual = self.baselines.get((self.rule.relative, self.channel, None))
        return math.inf if usual is None else abs(usual.median)

    def _baseline(self, key: FieldKey) -> Baseline | None:
        """Return the baseline of the well's role if it has one, else the plate's."""
        role = self.roles.get(key[0])
        whole = self.baselines.get((self.rule.metric, self.channel, None))
        own = self.baselines.get((self.rule.metric, self.channel, role))
        return whole if role in (None, "sample") or own is None else own

    def _badness(self, value: float) -> float:
        if self.rule.side:
            return value * self.rule.side
        whole = self.baselines.get((self.rule.metric, self.channel, None))
        return abs(value - whole.median) if whole is not None else value


def cut_offs(
    results: Sequence[FieldResult],
    baselines: Mapping[BaselineKey, Baseline],
    *,
    rules: Sequence[Rule] = FAILURE_RULES,
    nuclear: str | None = None,
    cuts: Mapping[tuple[str, str], Cut] | None = None,
) -> dict[tuple[str, str], Cut]:
    """Return from which values on fields are suspect, by metric and channel.

    Parameters
    ----------
    results, baselines, rules, nuclear, cuts
        As `find_suspects` has them.
    """
    told = cuts or {}
    return {
        (rule.metric, channel): _Judge(
            rule, channel, baselines, nuclear, cut=told.get((rule.metric, channel))
        ).ends()
        for rule in rules
        for channel in channels_of(results, rule.metric)
    }


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
    """
    chosen = list(metrics)
    baselines = make_baselines(results, metrics=chosen, roles=roles)
    rules = [
        Rule(kind=definition(id).title, metric=id, side=0, z=_UNUSUAL, least=0.0)
        for id in chosen
    ]
    readable = [result for result in results if result.error is None]
    return find_suspects(readable, baselines, rules=rules, roles=roles)
