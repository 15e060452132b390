"""Numbers of fields, by well: of our own metrics and of imported ones; pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dashboard.quality.imported_tables import PREFIX as IMPORTED
from dashboard.quality.metrics import StoredValue
from dashboard.quality.scores import (
    COMPLETENESS,
    SATURATION,
    SUSPICION,
    metric_infos,
    reader,
)
from dashboard.quality.tops import clip_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import WellState
    from dashboard.quality.stock import Stock
    from dashboard.quality.values import MetricInfo

FieldNumbers = list[tuple[str, StoredValue]]
"""Name and value of the fields of one well."""

_CLIPS = f"{SATURATION}."


def infos_of(stock: Stock) -> tuple[MetricInfo, ...]:
    """Return the metrics of a plate."""
    return metric_infos(stock.overview.channels, stock.basis, stock.imported)


def field_numbers(
    stock: Stock, metric: str, acquisition: int | None
) -> dict[str, dict[str, float]]:
    """Return the numbers of a metric by label of the well and name of the field."""
    info = next((info for info in infos_of(stock) if info.id == metric), None)
    if info is None or metric in (COMPLETENESS, SUSPICION):
        return {}
    return {
        label: {name: value for name, value in fields if not isinstance(value, str)}
        for label, fields in numbers_of(
            stock, info, acquisition, stock.overview.wells
        ).items()
    }


def middle_of(stock: Stock, info: MetricInfo, acquisition: int | None) -> float:
    """Return the median of a metric over all fields, NaN where none is measured."""
    key = info.id, acquisition, stock.overview.revision
    middle = stock.middles.get(key)
    if middle is None:
        numbers = numbers_of(stock, info, acquisition, stock.overview.wells)
        known = [
            value
            for fields in numbers.values()
            for _, value in fields
            if not isinstance(value, str)
        ]
        middle = stock.middles[key] = float(np.median(known)) if known else math.nan
    return middle


def numbers_of(
    stock: Stock,
    info: MetricInfo,
    acquisition: int | None,
    some: Sequence[WellState],
) -> dict[str, FieldNumbers]:
    """Return names and numbers of the fields of some wells, by label."""
    if info.id.startswith(IMPORTED):
        return _imported(stock, acquisition, some)
    return _own(stock, info, acquisition, some)


def _imported(
    stock: Stock, acquisition: int | None, some: Sequence[WellState]
) -> dict[str, FieldNumbers]:
    """Return imported numbers, without those of fields of other acquisitions.

    Numbers of no field of ours are of any: the table does not say of which.
    """
    rows = stock.values or {}
    numbers: dict[str, FieldNumbers] = {}
    for well in some:
        if not well.listed:
            continue
        others = {
            name
            for name, run in stock.fields.get(well.path, ())
            if acquisition is not None and (run or 0) != acquisition
        }
        numbers[well.label] = [
            (name, value)
            for name, value in rows.get(well.label, ())
            if name not in others
        ]
    return numbers


def _own(
    stock: Stock,
    info: MetricInfo,
    acquisition: int | None,
    some: Sequence[WellState],
) -> dict[str, FieldNumbers]:
    clips = stock.clips or {}
    if stock.clips is None and info.channel is not None and info.id.startswith(_CLIPS):
        clips = clip_levels(list(stock.latest.values()), [info.channel], stock.basis)
    value_in = reader(info.id, clips, stock.basis)
    numbers: dict[str, FieldNumbers] = {}
    for well in some:
        if not well.listed:
            continue
        fields: FieldNumbers = []
        for name, run in stock.fields.get(well.path, ()):
            if acquisition is not None and (run or 0) != acquisition:
                continue
            measured = stock.latest.get((well.path, name))
            value = None if measured is None else value_in(measured)
            if value is None:
                value = stock.errors.get((well.path, name)) or "not measured yet"
            fields.append((name, value))
        numbers[well.label] = fields
    return numbers
