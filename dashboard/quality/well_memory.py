"""Values of wells that are remembered: what differs from before is made anew.

A correction changes four wells of hundreds, a verdict one or none; making a hundred
metrics of all of them anew takes a second, during which nobody else is answered well.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dashboard.quality.stock import NOTHING_EXCLUDED
from dashboard.quality.wells import common_basis, settled_basis, well_values
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from dashboard.plates.values import WellState
    from dashboard.quality.stock import Excluded, Stock
    from dashboard.quality.values import MetricInfo, MetricValue, MetricValues

_MOST = 300
"""Metrics of one plate whose wells are remembered: 30 of each of some channels."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A metric's values, and what they are of."""

    values: MetricValues
    mark: tuple[object, ...]
    basis: tuple[object, ...]
    excluded: Excluded
    moment: int
    """That of the sources: what came while they were made has a later one."""


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the values of each well are made of, and since which moment."""

    mark: tuple[object, ...] = ()
    wells: Mapping[str, object] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)
    newest: int = 0
    """The latest of these moments, or when a well came or went."""

    moment: int = 0
    """When it was looked what differs."""


class WellMemory:
    """What metrics of a plate were last, by metric, acquisition and way.

    Thread safety: what it holds is never changed, only replaced. Two threads that ask
    at once may make the same twice.
    """

    def __init__(self) -> None:
        self._moments: Iterator[int] = itertools.count(1)
        self._sources = _Sources()
        self._made: LRUCache[tuple[object, ...], _Made] = LRUCache(_MOST)

    def current(
        self,
        mark: tuple[object, ...],
        metric: str,
        acquisition: int | None,
        way: str,
        excluded: Excluded,
    ) -> MetricValues | None:
        """Return a metric's values where they were made of just this, else None.

        Parameters
        ----------
        mark
            Differs where anything differs that values are made of.
        metric, acquisition, way, excluded
            As `well_values` has them.
        """
        made = self._made.get((metric, acquisition, way, excluded.minimum))
        if made is None or made.mark != mark or made.excluded != excluded:
            return None
        return made.values

    def renewed(
        self,
        mark: tuple[object, ...],
        stock: Stock,
        metric: str,
        acquisition: int | None,
        way: str,
        excluded: Excluded,
    ) -> MetricValues:
        """Return a metric's values, of which those that still hold are not made anew.

        Parameters
        ----------
        stock
            What is known of the plate.
        mark, metric, acquisition, way, excluded
            As `current` has them.

        Raises
        ------
        NotServedError
            If there is no such metric.
        """
        sources = self._now(stock, mark)
        basis = common_basis(stock, metric, acquisition, way)
        key = (metric, acquisition, way, excluded.minimum)
        made = self._made.get(key)
        if made is None or made.basis != basis:
            values = well_values(stock, metric, acquisition, way, excluded)
        else:
            values = _brought_up(
                made, stock, sources, metric, acquisition, way, excluded
            )
        self._made.set(key, _Made(values, mark, basis, excluded, sources.moment))
        return values

    def recall(
        self, stock: Stock, labels: Collection[str]
    ) -> Callable[[Stock, MetricInfo], dict[str, MetricValue]]:
        """Return what returns the last values of a metric, of wells that are as then.

        For whoever is about to judge one of them: what is usual on the plate may be
        that of a moment ago, since a thread finds it anew among all fields.

        Parameters
        ----------
        stock
            What is known of the plate.
        labels
            Of the wells.
        """
        sources = self._sources
        since = {
            well.label: sources.since[well.label]
            for well in stock.overview.wells
            if well.label in labels
            and sources.wells.get(well.label) == _source(stock, well)
        }

        def of(stock: Stock, info: MetricInfo) -> dict[str, MetricValue]:
            made = self._made.get((info.id, None, "", NOTHING_EXCLUDED.minimum))
            if made is None or made.basis[:-1] != settled_basis(stock, info):
                return {}
            others = made.excluded.by_well()
            return {
                label: made.values.wells[label]
                for label, moment in since.items()
                if moment <= made.moment
                and label not in others
                and label in made.values.wells
            }

        return of

    def _now(self, stock: Stock, mark: tuple[object, ...]) -> _Sources:
        before = self._sources
        if before.mark == mark:
            return before
        moment = next(self._moments)
        wells = {well.label: _source(stock, well) for well in stock.overview.wells}
        since = {
            label: before.since[label] if before.wells.get(label) == source else moment
            for label, source in wells.items()
        }
        differs = wells.keys() != before.wells.keys() or moment in since.values()
        newest = moment if differs else before.newest
        self._sources = _Sources(mark, wells, since, newest, moment)
        return self._sources


def _source(stock: Stock, well: WellState) -> object:
    """Return all that a well's values are made of, but for what is of others."""
    fields = stock.fields.get(well.path, ())
    places = [(well.path, name) for name, _ in fields]
    return (
        well,
        fields,
        [stock.latest.get(place) for place in places],
        [stock.errors.get(place) for place in places],
    )


def _brought_up(
    made: _Made,
    stock: Stock,
    sources: _Sources,
    metric: str,
    acquisition: int | None,
    way: str,
    excluded: Excluded,
) -> MetricValues:
    """Return values of before, with those wells made anew that differ."""
    before, now = made.excluded.by_well(), excluded.by_well()
    others = {
        label
        for label in before.keys() | now.keys()
        if before.get(label) != now.get(label)
    }
    if not others and sources.newest <= made.moment:
        return replace(made.values, progress=stock.progress)
    holding = {
        label: value
        for label, value in made.values.wells.items()
        if label not in others
        and sources.since.get(label, made.moment + 1) <= made.moment
    }
    return well_values(stock, metric, acquisition, way, excluded, holding)
