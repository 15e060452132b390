"""From the values of fields to those of wells; pure."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dashboard.colour_scales import ends, value_limits
from dashboard.errors import NotServedError
from dashboard.quality.field_numbers import infos_of, middle_of, numbers_of
from dashboard.quality.imported_tables import STRANGE, WHOLE
from dashboard.quality.scores import (
    COMPLETENESS,
    SUSPICION,
)
from dashboard.quality.stock import NOTHING_EXCLUDED, Excluded, Stock
from dashboard.quality.values import MetricInfo, MetricValue, MetricValues
from dashboard.text import plain_text
from hcs.qc import WAYS, aggregate, default_way, definition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from dashboard.plates.values import WellState
    from dashboard.quality.field_numbers import FieldNumbers
    from dashboard.quality.imported_tables import Values
    from dashboard.quality.judgement import Judgement
    from hcs.qc import How

FIELD = "field:"
"""Begins a way that shows one field of each well instead of all of them together."""

_SPREADS = ("sd", "cv")

Wells = dict[str, MetricValue]
"""A metric's values by label of the well."""

_NONE: frozenset[str] = frozenset()
_NO_VALUES: Mapping[str, MetricValue] = MappingProxyType({})


def known_way(way: str) -> bool:
    """Return whether fields can be brought to wells in this way."""
    return way in ("", *WAYS) or way.startswith(FIELD)


def well_values(
    stock: Stock,
    metric: str,
    acquisition: int | None,
    way: str = "",
    excluded: Excluded = NOTHING_EXCLUDED,
    holding: Mapping[str, MetricValue] = _NO_VALUES,
) -> MetricValues:
    """Return a metric over the wells that the plate lists.

    Parameters
    ----------
    stock
        What is known of the plate.
    metric
        Id on the page.
    acquisition
        Only fields of this one; all where None.
    way
        How fields become wells, one of `WAYS` or `FIELD` and a name; "" is the
        metric's own: worst for technical ones, else the median.
    excluded
        Fields that count neither for their wells nor for the limits of the colours.
    holding
        Values by label that were made before and hold; those of other wells are made.

    Raises
    ------
    NotServedError
        If there is no such metric.
    """
    info = _info(stock, metric, way)
    way = way if known_way(way) else ""
    others = [well for well in stock.overview.wells if well.label not in holding]
    made = _values(stock, info, acquisition, way, excluded, others)
    both = {**holding, **made}
    wells = {
        well.label: both[well.label]
        for well in stock.overview.wells
        if well.label in both
    }
    low, high = value_limits(value.value for value in wells.values())
    if low is not None and high is not None:
        low, high = ends(info.scale, low, high, right=info.right, notable=info.notable)
    return MetricValues(
        metric=info, wells=wells, low=low, high=high, progress=stock.progress
    )


def common_basis(
    stock: Stock, metric: str, acquisition: int | None, way: str = ""
) -> tuple[object, ...]:
    """Return what the values of all wells are made of, without what is a well's own.

    Where it differs, no value of before holds.

    Parameters
    ----------
    stock, metric, acquisition, way
        As `well_values` has them.

    Raises
    ------
    NotServedError
        If there is no such metric.
    """
    info = _info(stock, metric, way)
    if metric == COMPLETENESS:
        return (info,)
    if metric == SUSPICION:
        return info, stock.judged
    # As text: what is no number equals nothing, not even itself.
    middle = str(_usual(stock, info, acquisition, way))
    return *settled_basis(stock, info), middle


def settled_basis(stock: Stock, info: MetricInfo) -> tuple[object, ...]:
    """Return what `common_basis` has of a measured metric, but for what is usual.

    People decide about this; what is usual follows from what was measured last, and is
    found among the fields of all wells.
    """
    clip = (stock.clips or {}).get(info.channel) if info.channel is not None else None
    return info, stock.basis, clip, stock.values


def _info(stock: Stock, metric: str, way: str) -> MetricInfo:
    info = next((info for info in infos_of(stock) if info.id == metric), None)
    if info is None:
        raise NotServedError(f"There is no metric {plain_text(metric, 100)!r} here.")
    if way in _SPREADS:
        # How much fields differ has no place where all is well, and no other side.
        info = replace(info, scale="sequential", notable=None)
    return info


def values_of(
    stock: Stock,
    labels: Collection[str],
    imported: Callable[[str], Values],
    recall: Callable[[Stock, MetricInfo], Wells] = lambda *_: {},
) -> dict[str, Wells]:
    """Return all metrics of some wells, by id on the page.

    They are those of `well_values`, in each metric's own way, and take no longer than
    there are wells asked for: what one of them costs is not what its plate does.

    Parameters
    ----------
    stock
        What is known of the plate.
    labels
        Of the wells.
    imported
        Returns the values of an imported metric.
    recall
        Returns those of a metric that were made before and hold; the others are made.
    """
    wells = stock.overview.wells
    some = [well for well in wells if well.listed and well.label in labels]
    values = {}
    for info in infos_of(stock):
        if info.kind == "imported":
            stock = replace(stock, values=imported(info.id))
        made = values[info.id] = recall(stock, info)
        others = [well for well in some if well.label not in made]
        if others:
            made |= _values(stock, info, None, "", NOTHING_EXCLUDED, others)
    return values


def _values(
    stock: Stock,
    info: MetricInfo,
    acquisition: int | None,
    way: str,
    excluded: Excluded,
    some: Sequence[WellState],
) -> Wells:
    if info.id not in (COMPLETENESS, SUSPICION):
        return _measured(stock, info, acquisition, way, excluded, some)
    return {
        well.label: _completeness(well)
        if info.id == COMPLETENESS
        else _suspicion(well, stock.judged)
        for well in some
        if well.listed
    }


def _completeness(well: WellState) -> MetricValue:
    if well.state in ("missing", "pending"):
        return MetricValue(value=0.0, reason=well.error)
    if well.n_fields is None:
        return MetricValue(value=None, reason=well.error or "not looked at yet")
    expected = well.expected_fields or well.n_fields
    return MetricValue(value=100.0 * well.n_fields / expected if expected else 0.0)


def _suspicion(well: WellState, judged: Judgement) -> MetricValue:
    if not judged.ready:
        reason = judged.problem or "pending until the plate is measured"
        return MetricValue(value=None, reason=reason)
    if well.state == "pending":
        return MetricValue(value=None, reason=well.error)
    suspect = judged.by_well.get(well.label)
    if suspect is None:
        return MetricValue(value=0.0, reason="nothing stands out")
    return MetricValue(value=suspect.score, reason=suspect.text)


def _measured(
    stock: Stock,
    info: MetricInfo,
    acquisition: int | None,
    way: str,
    excluded: Excluded,
    some: Sequence[WellState],
) -> Wells:
    numbers = numbers_of(stock, info, acquisition, some)
    middle = _usual(stock, info, acquisition, way)
    errors = {well.label: well.error for well in some}
    failed = excluded.by_well()
    return {
        label: _enough(
            _well(fields, info, way, middle, errors[label], failed.get(label, _NONE)),
            way,
            excluded.minimum,
        )
        for label, fields in numbers.items()
    }


def _usual(stock: Stock, info: MetricInfo, acquisition: int | None, way: str) -> float:
    """Return what is usual on the plate, NaN where no well's value depends on it."""
    if how(info, way) == "worst" and info.direction not in ("low", "high"):
        # What is furthest from usual asks all wells what is.
        return middle_of(stock, info, acquisition)
    return math.nan


def _well(
    fields: FieldNumbers,
    info: MetricInfo,
    way: str,
    middle: float,
    error: str | None,
    failed: frozenset[str],
) -> MetricValue:
    """Return what the fields of one well become, without those that failed."""
    if way.startswith(FIELD):
        name = way.removeprefix(FIELD)
        fields = [field for field in fields if field[0] == name]
        if not fields:
            return MetricValue(value=None, reason=error or "no such field")
        way = "median"
    known = {name: value for name, value in fields if not isinstance(value, str)}
    if not known:
        return _nothing(fields, info, error)
    chosen = how(info, way)
    if info.kind == "imported" and all(
        name == WHOLE or name.startswith(STRANGE) for name, _ in fields
    ):
        # Nobody can say of how many of ours; no rule about fields is meant.
        value = aggregate(
            list(known.values()), chosen, bad=info.direction, middle=middle
        )
        return MetricValue(value=None if math.isnan(value) else value)
    rest = known
    if failed:
        rest = {name: value for name, value in known.items() if name not in failed}
    of, left_out = len(fields), len(known) - len(rest)
    note = f"{len(rest)} of {of} fields; {left_out} failed" if left_out else ""
    if not rest:
        return MetricValue(value=None, reason=note, n=0, of=of)
    names, values = list(rest), list(rest.values())
    value = aggregate(values, chosen, bad=info.direction, middle=middle)
    if math.isnan(value):
        why = f"{note}; needs two" if note else "needs two fields"
        return MetricValue(value=None, reason=why, n=len(rest), of=of)
    single = chosen in ("worst", "min", "max")
    return MetricValue(
        value=value,
        reason=note or None,
        field=names[values.index(value)] if single else None,
        n=len(rest),
        of=of,
    )


def _nothing(fields: FieldNumbers, info: MetricInfo, error: str | None) -> MetricValue:
    reasons = [value for _, value in fields if isinstance(value, str) and value]
    absent = (
        "the imported table has no value"
        if info.kind == "imported"
        else "no field of this acquisition"
    )
    why = error or (reasons[0] if reasons else absent)
    return MetricValue(value=None, reason=why, n=0, of=len(fields))


def _enough(value: MetricValue, way: str, minimum: int) -> MetricValue:
    """Return a well's value, none where fewer fields have one than are asked for."""
    if way.startswith(FIELD) or not value.n or value.n >= minimum:
        return value
    note = (
        f"{value.n} of {value.of} fields, fewer than the project's minimum of {minimum}"
    )
    return replace(value, value=None, field=None, reason=note)


def how(info: MetricInfo, way: str) -> How:
    """Return how fields become wells where `way` leaves it open."""
    if way in WAYS:
        return way
    if info.channel is None:
        return "median"
    return default_way(definition(info.id.rpartition(".")[0]))
