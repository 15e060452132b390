"""What is usual on a plate: kept, so that it does not move under a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.qc.plates.aggregation import field_values, planes_in_focus
from hcs.qc.plates.failures import FAILURE_RULES, RANGE, SIGNAL
from hcs.qc.plates.screen import finite, median_of, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hcs.qc.results import FieldKey, FieldResult

LEAST_FIELDS = 16
"""Fields that a channel's baseline rests on at least; before, suspicion is pending."""

_LEAST_IN_ROLE = 8
"""Fields of a role from which on it has a baseline of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual for one metric of one channel on one plate."""

    metric: str
    channel: str
    role: str | None
    """The role whose fields these are; None for the whole plate."""

    median: float
    spread: float
    n: int


BaselineKey = tuple[str, str, str | None]
"""Metric, channel, role."""


def make_baselines(
    results: Sequence[FieldResult],
    *,
    metrics: Iterable[str] | None = None,
    roles: Mapping[str, str | None] | None = None,
    skip: Callable[[FieldKey], bool] | None = None,
) -> dict[BaselineKey, Baseline]:
    """Return what is usual on a plate; keep it, so that it does not move by itself.

    Parameters
    ----------
    results
        What `measure_plate` yielded. Those with an `error` take no part.
    metrics
        Those that `FAILURE_RULES` need where not given, and `RANGE`.
    roles
        Role by path of the well; a role of eight fields or more gets its own baseline.
    skip
        Says of a field that it is left out, for example because it failed.
    """
    own = {RANGE, *(rule.metric for rule in FAILURE_RULES)}
    chosen = sorted(own) if metrics is None else list(metrics)
    made: dict[BaselineKey, Baseline] = {}
    for metric in chosen:
        for channel in channels_of(results, _MADE_OF.get(metric, metric)):
            values = {
                key: value
                for key, value in numbers(results, metric, channel).items()
                if skip is None or not skip(key)
            }
            groups: dict[str | None, list[float]] = {None: list(values.values())}
            for key, value in values.items():
                if roles is not None and (role := roles.get(key[0])) is not None:
                    groups.setdefault(role, []).append(value)
            for role, group in groups.items():
                finite_group = finite(group)
                if finite_group.size >= (
                    LEAST_FIELDS if role is None else _LEAST_IN_ROLE
                ):
                    made[metric, channel, role] = Baseline(
                        metric=metric,
                        channel=channel,
                        role=role,
                        median=median_of(group),
                        spread=spread(finite_group),
                        n=finite_group.size,
                    )
    return made


_MADE_OF = {RANGE: "background_level", SIGNAL: "p99"}


def numbers(
    results: Sequence[FieldResult], name: str, channel: str
) -> dict[FieldKey, float]:
    """Return a metric, `RANGE` or `SIGNAL` of each field, NaN where there is none."""
    if name == RANGE:
        highest = {result.key: _highest(result, channel) for result in results}
    elif name == SIGNAL:
        highest = _plain(field_values(results, "p99", channel))
    else:
        return _plain(field_values(results, name, channel))
    background = _plain(field_values(results, "background_level", channel))
    return {key: value - background[key] for key, value in highest.items()}


def _plain(values: Mapping[FieldKey, tuple[float, str]]) -> dict[FieldKey, float]:
    return {key: value for key, (value, _) in values.items()}


def _highest(result: FieldResult, channel: str) -> float:
    """Return a field's brightest value in counts, of the plane in focus."""
    planes = planes_in_focus(result.planes, channel)
    tops = [plane.top.highest for plane in planes if plane.top is not None]
    return tops[0] if len(tops) == 1 else median_of(tops)


def channels_of(results: Iterable[FieldResult], metric: str) -> list[str]:
    """Return the channels that a metric was measured on, in their order."""
    positions = {
        plane.channel: plane.channel_index
        for result in results
        for plane in result.planes
        if metric in plane.values
    }
    return sorted(positions, key=lambda name: positions[name])
