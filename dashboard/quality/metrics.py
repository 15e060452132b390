"""Measured values, kept in the workspace for as long as their field version lives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.database import metric_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class FieldKey:
    """What a measured value belongs to."""

    well: str
    """Path of the well, ``"B/2"``: it does not depend on how labels are padded."""

    field: str
    version: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, or why there is none."""

    value: float | None
    reason: str | None = None


class MetricStore:
    """Stored values of all plates, by plate id.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, plate: str) -> dict[FieldKey, dict[str, Measured]]:
        """Return everything that was measured on a plate, by field and metric."""
        table = metric_values.c
        query = select(
            table.well,
            table.field,
            table.version,
            table.metric,
            table.value,
            table.reason,
        ).where(table.plate == plate)
        found: dict[FieldKey, dict[str, Measured]] = {}
        with self._engine.connect() as connection:
            for well, field, version, metric, value, reason in connection.execute(
                query
            ):
                key = FieldKey(well, field, version)
                found.setdefault(key, {})[metric] = Measured(value, reason)
        return found

    def save(
        self,
        plate: str,
        measured: Iterable[tuple[FieldKey, Mapping[str, Measured]]],
    ) -> None:
        """Add values; what is there already stays, as it can only be the same."""
        rows = [
            {
                "plate": plate,
                "well": key.well,
                "field": key.field,
                "version": key.version,
                "metric": metric,
                "value": _storable(one.value),
                "reason": one.reason,
            }
            for key, values in measured
            for metric, one in values.items()
        ]
        if not rows:
            return
        dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(metric_values).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(statement, rows)


def _storable(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
