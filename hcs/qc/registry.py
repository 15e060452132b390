"""All metrics that there are: ours, and those of other installed packages.

A package adds some by an entry point of the group ``hcs.metrics``, which leads to a
`Definition` or to several.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from hcs.errors import ArgumentError, NotFoundError
from hcs.plugins import Plugin, broken, plugins
from hcs.qc.definitions import DEFINITIONS, Definition

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "hcs.metrics"


@cache
def all_definitions() -> tuple[Definition, ...]:
    """Return all metrics: ours in the order in which they are shown, then others."""
    return _registered()[0]


def broken_metrics() -> tuple[Plugin, ...]:
    """Return the entry points for metrics that cannot be used, and why."""
    return _registered()[1]


@cache
def _registered() -> tuple[tuple[Definition, ...], tuple[Plugin, ...]]:
    taken = {entry.id: entry for entry in DEFINITIONS}
    unusable = []
    for plugin in plugins(GROUP):
        if plugin.problem:
            unusable.append(plugin)
            continue
        value = plugin.value
        several = isinstance(value, list | tuple)
        for entry in value if several else (value,):
            if why := _unfit(entry, taken):
                unusable.append(broken(plugin.name, plugin.source, why))
            else:
                taken[entry.id] = replace(entry, source=plugin.source)
    return tuple(taken.values()), tuple(unusable)


def _unfit(entry: object, taken: dict[str, Definition]) -> str:
    """Return why something is no metric that can be added, "" where it is one."""
    if not isinstance(entry, Definition):
        return f"it is {type(entry).__name__}, and no hcs.qc.Definition"
    if entry.id in taken:
        other = taken[entry.id].source or "this program"
        return f"{other} has a metric {entry.id!r} already"
    return ""


def definition(id: str) -> Definition:
    """Return one metric's entry.

    Parameters
    ----------
    id
        Of a metric that is installed, such as ``"mean"``.

    Raises
    ------
    NotFoundError
        If there is no such metric.
    """
    try:
        return _by_id()[id]
    except KeyError:
        raise NotFoundError(
            f"There is no metric {id!r}; there are {', '.join(_by_id())}."
        ) from None


@cache
def _by_id() -> dict[str, Definition]:
    return {entry.id: entry for entry in all_definitions()}


def has_metric(metric: str | Definition) -> bool:
    """Return whether a metric can be measured in this process."""
    return isinstance(metric, Definition) or metric in _by_id()


def chosen(metrics: Iterable[str | Definition] | None) -> tuple[Definition, ...]:
    """Return the entries of some metrics in the table's order; None means all.

    Raises
    ------
    NotFoundError
        If there is no metric of an id.
    ArgumentError
        If a definition has the id of another metric, or there is no list of metrics.
    """
    if metrics is None:
        return all_definitions()
    if isinstance(metrics, str | Definition):
        raise ArgumentError(
            f"metrics is {getattr(metrics, 'id', metrics)!r} alone; expected a list, "
            f"also of one metric."
        )
    known, own = set(), dict[str, Definition]()
    for metric in metrics:
        if isinstance(metric, str):
            known.add(definition(metric).id)
        elif is_registered(metric):
            known.add(metric.id)
        elif metric.id in _by_id() or own.get(metric.id, metric) != metric:
            raise ArgumentError(
                f"There is a metric {metric.id!r} already; give yours another id."
            )
        else:
            own[metric.id] = metric
    return (*(entry for entry in all_definitions() if entry.id in known), *own.values())


def is_registered(entry: Definition) -> bool:
    """Return whether a definition is one that every process finds by its id."""
    return _by_id().get(entry.id) == entry


_OURS = frozenset(map(id, DEFINITIONS))


def is_ours(entry: Definition) -> bool:
    """Return whether a definition is of this package, so that its faults are ours."""
    return id(entry) in _OURS
