"""What is usual on a plate: kept, so that it does not move under a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.qc.plates.failures import FAILURE_RULES, RANGE
from hcs.qc.plates.readings import Readings
from hcs.qc.plates.screen import finite, median_of, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hcs.qc.results import FieldKey, FieldResult

LEAST_FIELDS = 16
"""Fields that a channel's baseline needs; before, suspicion is pending."""

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
    readings = Readings.of(results)
    own = {RANGE, *(rule.metric for rule in FAILURE_RULES)}
    chosen = sorted(own) if metrics is None else list(metrics)
    made: dict[BaselineKey, Baseline] = {}
    for metric in chosen:
        for channel in readings.channels(metric):
            values = readings.numbers(metric, channel)
            if skip is not None:
                values = {key: n for key, n in values.items() if not skip(key)}
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
