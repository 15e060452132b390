"""Measured values, kept in the workspace for as long as their field version lives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.settings import Settings
from dashboard.storage.database import insert_all, metric_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Engine


_ERROR = "error"
"""Instead of a metric: why a field could not be measured."""

_BEFORE = "ids-before"


@dataclass(frozen=True, slots=True)
class FieldKey:
    """What a measured value belongs to."""

    well: str
    """Path of the well, ``"B/2"``: it does not depend on how labels are padded."""

    field: str
    version: str


StoredValue = float | str
"""A number, or why there is none, "" where nobody knows.

A plate has half a million of them. Of objects that could be part of a circle Python
looks through all now and then, for those that nobody reaches, and answers nobody
meanwhile: 0.3 s. Plain numbers and texts it leaves alone, and the `dict` that holds
nothing else.
"""


def number_of(stored: StoredValue | None) -> float | None:
    """Return the number, None where there is none."""
    return None if stored is None or isinstance(stored, str) else stored


class MetricStore:
    """Stored values of all plates, by plate id.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._settings = Settings(engine)

    def renamed(self, before: str, plate: str) -> None:
        """Note that a plate had another id, so that its values stay with it.

        A first correction writes an id into a plate that had only a fingerprint.
        """
        earlier = self._ids_before(plate)
        if before != plate and before not in earlier:
            self._settings.put([*earlier, before], _BEFORE, plate)

    def ids(self, plate: str, also: Sequence[str] = ()) -> set[str]:
        """Return all ids that a plate's values may be kept under; see `load`."""
        return {plate, *also, *self._ids_before(plate)}

    def _ids_before(self, plate: str) -> list[str]:
        earlier = self._settings.get(_BEFORE, plate)
        return [str(id) for id in earlier] if isinstance(earlier, list) else []

    def load(
        self,
        plate: str,
        also: Sequence[str] = (),
        wells: Collection[str] | None = None,
    ) -> tuple[dict[FieldKey, dict[str, StoredValue]], dict[FieldKey, str]]:
        """Return everything that was measured on a plate, and what could not be.

        Parameters
        ----------
        plate
            Id of the plate.
        also
            Ids that it may have had before; those that were noted are known.
        wells
            Only what was measured in these, by their paths; all where None.

        Returns
        -------
            Values by field and metric, and errors by field.
        """
        table = metric_values.c
        query = select(
            table.well,
            table.field,
            table.version,
            table.metric,
            table.value,
            table.reason,
        ).where(table.plate.in_(self.ids(plate, also)))
        if wells is not None:
            query = query.where(table.well.in_(wells))
        values: dict[FieldKey, dict[str, StoredValue]] = {}
        errors: dict[FieldKey, str] = {}
        with self.engine.connect() as connection:
            for well, field, version, metric, value, reason in connection.execute(
                query
            ):
                key = FieldKey(well, field, version)
                if metric == _ERROR:
                    errors[key] = reason or ""
                else:
                    # The same hundred names with every field.
                    stored = intern(reason or "") if value is None else value
                    values.setdefault(key, {})[intern(metric)] = stored
        return values, errors

    def save(
        self,
        plate: str,
        measured: Iterable[tuple[FieldKey, Mapping[str, StoredValue]]],
    ) -> None:
        """Add values; what is there already stays, as it can only be the same."""
        rows = [
            {
                "plate": plate,
                "well": key.well,
                "field": key.field,
                "version": key.version,
                "metric": metric,
                "value": _storable(stored),
                "reason": (stored if isinstance(stored, str) else "") or None,
            }
            for key, values in measured
            for metric, stored in values.items()
        ]
        if not rows:
            return
        dialect = sqlite if self.engine.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(metric_values).on_conflict_do_nothing()
        insert_all(self.engine, statement, rows)

    def fail(self, plate: str, errors: Mapping[FieldKey, str]) -> None:
        """Keep why fields could not be measured."""
        rows = [
            {
                "plate": plate,
                "well": key.well,
                "field": key.field,
                "version": key.version,
                "metric": _ERROR,
                "value": None,
                "reason": why,
            }
            for key, why in errors.items()
        ]
        if not rows:
            return
        dialect = sqlite if self.engine.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(metric_values).on_conflict_do_nothing()
        insert_all(self.engine, statement, rows)

    def forget_errors(self, plate: str, also: Sequence[str] = ()) -> None:
        """Forget what could not be measured, before it is tried again.

        Parameters
        ----------
        plate, also
            As `load` has them: what is read under an id must be forgotten under it.
        """
        table = metric_values.c
        ids = self.ids(plate, also)
        statement = delete(metric_values).where(
            table.plate.in_(ids), table.metric == _ERROR
        )
        with self.engine.begin() as connection:
            connection.execute(statement)


def _storable(stored: StoredValue) -> float | None:
    number = number_of(stored)
    return None if number is None or not math.isfinite(number) else float(number)
