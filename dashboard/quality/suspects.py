"""Which wells somebody should look at: what is stored of a plate, judged; pure.

Suspicion waits until the whole plate is measured once. What is usual on it is then
kept, so that it does not move while people review: a correction is judged by the plate
as it was, and a notice says when the plate has become another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboard.quality.judgement import MOST, Judgement, ReasonView, SuspectView
from dashboard.quality.measure_settings import AssaySettings, channel_keys
from dashboard.quality.scores import reader
from dashboard.quality.tops import clip_levels, top_of
from hcs.qc import (
    FAILURE_RULES,
    Baseline,
    BaselineKey,
    FieldResult,
    PlaneResult,
    Readings,
    checks,
    cut_offs,
    find_suspects,
    find_unusual,
    make_baselines,
    plate_banner,
    plate_medians,
    with_limits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dashboard.plates.values import ChannelDisplay, FieldState, PlateOverview
    from dashboard.quality.metrics import StoredValue
    from hcs.qc import Clip, Suspect

_BIOLOGY = ("nucleus_count", "nucleus_area", "mean", "nucleus_ring_ratio")
"""What treatment moves: counted as unusual, which may be biology."""

_MOVED = 0.5
"""Share of a spread by which a median may differ before the baseline is old."""

_RULED = tuple(rule.metric for rule in FAILURE_RULES)
_NEEDED = tuple(dict.fromkeys((*_RULED, "percent_maximal", "p99", *_BIOLOGY)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateEvidence:
    """What is known of a plate when it is judged."""

    overview: PlateOverview
    fields: Mapping[str, Sequence[FieldState]]
    """Fields by path of the well."""

    channels: Sequence[ChannelDisplay]
    latest: Mapping[tuple[str, str], Mapping[str, StoredValue]]
    """What is stored of each field, by well path and name."""

    errors: Mapping[tuple[str, str], str]
    basis: AssaySettings = field(default_factory=AssaySettings)
    """What the numbers rest on."""

    others: Mapping[tuple[str, str], Sequence[float]] = field(default_factory=dict)
    """Medians of the project's other plates, by metric and channel."""

    clips: Mapping[int, Clip] | None = None
    """At which counts cameras saturate; found from all fields where None."""

    exposures: Mapping[str, str] = field(default_factory=dict)
    """By key of the channel, as far as the plate says."""


_ChannelReaders = tuple[
    int,
    str,
    "list[tuple[str, Callable[[Mapping[str, StoredValue]], StoredValue | None]]]",
]
"""Position and key of a channel, and what finds its metrics, by their ids."""


def results_of(evidence: PlateEvidence) -> list[FieldResult]:
    """Return what is stored in the shape in which the library judges."""
    clips = evidence.clips
    if clips is None:
        indices = [channel.index for channel in evidence.channels]
        clips = clip_levels(list(evidence.latest.values()), indices, evidence.basis)
    channels = _channel_readers(evidence, clips)
    results = []
    for well in evidence.overview.wells:
        if well.state in ("missing", "unreadable"):
            why = "nothing is there" if well.state == "missing" else well.error
            results.append(_result(well.path, "", "", None, error=why or "?"))
        for view in evidence.fields.get(well.path, ()):
            measured = evidence.latest.get((well.path, view.name))
            error = view.error or evidence.errors.get((well.path, view.name))
            if measured is None and error is None:
                continue
            planes = () if measured is None else _planes(measured, channels)
            results.append(
                _result(
                    well.path,
                    view.name,
                    view.label,
                    view.acquisition,
                    planes,
                    error if measured is None or view.error else None,
                )
            )
    return results


def _result(
    well: str,
    name: str,
    label: str,
    acquisition: int | None,
    planes: tuple[PlaneResult, ...] = (),
    error: str | None = None,
) -> FieldResult:
    return FieldResult(
        well=well,
        field=name,
        label=label,
        acquisition=acquisition,
        version="",
        planes=planes,
        error=error,
    )


def _channel_readers(
    evidence: PlateEvidence, clips: Mapping[int, Clip]
) -> list[_ChannelReaders]:
    """Return what finds the metrics of each channel in what is stored of a field."""
    keys = channel_keys(evidence.channels)
    return [
        (
            channel.index,
            keys[channel.index],
            [
                (name, reader(f"{name}.{channel.index}", clips, evidence.basis))
                for name in _NEEDED
            ],
        )
        for channel in evidence.channels
    ]


def _planes(
    measured: Mapping[str, StoredValue], channels: Sequence[_ChannelReaders]
) -> tuple[PlaneResult, ...]:
    planes = []
    for index, key, readers in channels:
        values: dict[str, float] = {}
        reasons: dict[str, str] = {}
        for name, value_in in readers:
            value = value_in(measured)
            if value is not None:
                values[name] = math.nan if isinstance(value, str) else value
                if isinstance(value, str) and value:
                    reasons[name] = value
        if values:
            planes.append(
                PlaneResult(
                    channel=key,
                    channel_index=index,
                    z=0,
                    t=0,
                    values=values,
                    reasons=reasons,
                    top=top_of(measured, index),
                )
            )
    return tuple(planes)


def judge(
    evidence: PlateEvidence,
    roles: Mapping[str, str | None],
    stored: Mapping[BaselineKey, Baseline] | None,
) -> tuple[Judgement, dict[BaselineKey, Baseline]]:
    """Return what is odd about a measured plate, and the baselines that it is based on.

    Parameters
    ----------
    evidence
        Everything that was measured.
    roles
        Role by path of the well.
    kept
        Baselines of an earlier judgement, which hold; None makes new ones.
    """
    results = Readings(results_of(evidence))
    good = results.readable
    now = {
        key: baseline
        for key, baseline in make_baselines(good, roles=roles).items()
        if math.isfinite(baseline.median) and math.isfinite(baseline.spread)
    }
    used = now if stored is None else dict(stored)
    rules = with_limits(evidence.basis.limits)
    nuclear = evidence.basis.nuclear
    keys = channel_keys(evidence.channels)
    name = None if nuclear is None else keys[nuclear]
    cuts = {
        (metric.rpartition(".")[0], keys[int(metric.rpartition(".")[2])]): cut
        for metric, cut in evidence.basis.cuts.items()
    }
    suspects = find_suspects(
        results,
        used,
        rules=rules,
        nuclear=name,
        roles=roles,
        cuts=cuts,
        expected={
            well.path: well.expected_fields
            for well in evidence.overview.wells
            if well.state == "present" and well.expected_fields is not None
        },
    )
    by_well = _by_well(evidence, suspects)
    indices = {key: index for index, key in keys.items()}
    return (
        Judgement(
            ready=True,
            suspects=tuple(
                sorted(by_well.values(), key=lambda suspect: -suspect.score)
            ),
            banner=tuple(
                plate_banner(
                    good, rules=rules, nuclear=name, others=evidence.others, cuts=cuts
                )
            ),
            unusual=_unusual(evidence, good, roles, by_well),
            cuts={
                f"{metric}.{index}": cut
                for (metric, channel), cut in cut_offs(
                    good, used, rules=rules, nuclear=name, cuts=cuts
                ).items()
                for index in (indices[channel],)
            },
            own_cuts=frozenset(evidence.basis.cuts),
            medians=plate_medians(good),
            checks=checks(good, used, rules=rules, others=evidence.others, cuts=cuts),
            others=max(map(len, evidence.others.values()), default=0),
            fields=sum(bool(result.field) for result in results),
            moved=stored is not None and _moved(stored, now),
            by_well=by_well,
        ),
        used,
    )


def _by_well(
    evidence: PlateEvidence, suspects: Sequence[Suspect]
) -> dict[str, SuspectView]:
    labels = {well.path: well.label for well in evidence.overview.wells}
    channels = {key: index for index, key in channel_keys(evidence.channels).items()}
    together: dict[str, list[Suspect]] = {}
    for suspect in suspects:
        together.setdefault(labels.get(suspect.well, suspect.well), []).append(suspect)
    return {
        label: SuspectView(
            well=label,
            score=_bounded(own[0].score),
            field=own[0].field,
            reasons=tuple(
                ReasonView(
                    kind=reason.kind,
                    text=reason.text,
                    brief=", ".join(filter(None, (reason.account, reason.channel))),
                    field=suspect.field,
                    metric=f"{reason.metric}.{channels[reason.channel]}"
                    if reason.metric and reason.channel in channels
                    else "",
                    score=_bounded(reason.score),
                )
                for suspect in own
                for reason in suspect.reasons
            ),
        )
        for label, own in together.items()
    }


def _unusual(
    evidence: PlateEvidence,
    good: Sequence[FieldResult],
    roles: Mapping[str, str | None],
    suspects: Mapping[str, SuspectView],
) -> tuple[SuspectView, ...]:
    """Return the wells that stand out in what treatment moves and are not suspect."""
    unusual = find_unusual(good, _BIOLOGY, roles=roles)
    # A well is listed once, however many of its fields stand out.
    by_well = _by_well(evidence, unusual)
    worst = sorted(by_well.values(), key=lambda suspect: -suspect.score)
    return tuple(suspect for suspect in worst if suspect.well not in suspects)


def _bounded(score: float) -> float:
    return MOST if math.isnan(score) or score > MOST else float(score)


def _moved(
    before: Mapping[BaselineKey, Baseline], now: Mapping[BaselineKey, Baseline]
) -> bool:
    """Return whether a median has left where the kept baseline had it."""
    if before.keys() != now.keys():
        return True
    return any(
        abs(now[key].median - old.median) > _MOVED * max(old.spread, now[key].spread)
        for key, old in before.items()
    )


def baselines_to_json(made: Mapping[BaselineKey, Baseline]) -> list[list[Any]]:
    """Return baselines as lists that JSON can hold."""
    return [
        [
            baseline.metric,
            baseline.channel,
            baseline.role,
            baseline.median,
            baseline.spread,
            baseline.n,
        ]
        for baseline in made.values()
    ]


def baselines_from_json(stored: Any) -> dict[BaselineKey, Baseline] | None:
    """Return kept baselines, None where they cannot be read."""
    try:
        return {
            (metric, channel, role): Baseline(
                metric=metric,
                channel=channel,
                role=role,
                median=float(median),
                spread=float(spread),
                n=int(n),
            )
            for metric, channel, role, median, spread, n in stored
        }
    except (TypeError, ValueError):
        return None
