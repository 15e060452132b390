"""Measurements of other programs that people give to plates, or take back."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dashboard.projects.plate_maps import barcodes_of, microplate
from dashboard.quality.imported_tables import places, preview_import
from hcs.errors import HCSError
from hcs.plates import feature_tables, field_features
from hcs.qc import OwnField
from hcs.tables import map_plates, measurements_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.imported_tables import (
        ImportedMetric,
        ImportPreview,
        ImportStore,
    )
    from hcs.layout import Position
    from hcs.qc import ImportedTable
    from hcs.tables import Sources


class Imports:
    """Keeps columns of tables as metrics of plates.

    Parameters
    ----------
    plates
        The served plates.
    store
        Where the columns are kept.
    changing
        Makes what a block keeps of plates, by their keys, one transaction; raises where
        nothing may be written.
    """

    def __init__(
        self,
        plates: Plates,
        store: ImportStore,
        changing: Callable[..., AbstractContextManager[None]],
    ) -> None:
        self._plates = plates
        self._store = store
        self._changing = changing

    def metrics(self, key: str) -> tuple[ImportedMetric, ...]:
        """Return the columns that were imported (fast)."""
        return self._store.metrics(self._plates.get(key).overview())

    def tables_inside(self, key: str) -> tuple[str, ...]:
        """Return the names of the tables of features inside a plate; reads some."""
        return feature_tables(self._plates.get(key).plate)

    def read_inside(self, key: str, name: str) -> bytes:
        """Return a table of features inside a plate as a file that can be previewed.

        It has a row a field: the number of objects, and the median of each feature.
        """
        return field_features(self._plates.get(key).plate, name).csv().encode()

    def preview(
        self,
        key: str,
        data: Sources,
        name: str,
        acquisition: int | None = None,
        part: str | None = None,
    ) -> ImportPreview:
        """Return which metrics a table would bring; nothing is kept.

        Parameters
        ----------
        key
            The plate.
        data, name
            The file, or several; see `hcs.tables.measurements_table`.
        acquisition
            Whose fields the table's are; of any where None.
        part
            Sheet, or table of a database; the first that names wells where None.
        """
        plate = self._plates.get(key)
        table = self._table(plate, data, name, part)
        return preview_import(table, plate.overview(), _fields(plate, acquisition))

    def take(
        self,
        key: str,
        data: Sources,
        name: str,
        columns: Collection[str],
        who: str,
        acquisition: int | None = None,
        part: str | None = None,
    ) -> None:
        """Keep columns of a table as metrics of a plate; see `preview`."""
        plate = self._plates.get(key)
        table, fields = (
            self._table(plate, data, name, part),
            _fields(plate, acquisition),
        )
        with self._changing(key):
            self._store.take(plate.overview(), table, columns, who, fields)
        plate.bump()

    def remove(self, key: str, columns: Collection[str]) -> None:
        """Forget imported metrics of a plate."""
        plate = self._plates.get(key)
        with self._changing(key):
            self._store.remove(plate.overview(), columns)
        plate.bump()

    def _table(
        self, plate: ServedPlate, data: Sources, name: str, part: str | None
    ) -> ImportedTable:
        from hcs.qc import read_measurements

        overview = plate.overview()
        table = measurements_table(data, name=name, part=part)
        # A table of several plates: the rows of this one, where they can be known.
        names = {code.casefold().strip(): code for code in map_plates(table)}
        own = [names[code] for code in sorted(barcodes_of(overview) & names.keys())]
        return read_measurements(
            table,
            format=microplate(overview),
            plate=own[0] if own else None,
        )


def _fields(
    plate: ServedPlate, acquisition: int | None
) -> dict[Position, list[OwnField]]:
    """Return the fields of an acquisition by well; reads wells that nobody has read."""
    states = {well.label: well.state for well in plate.overview().wells}
    fields = {}
    for place, label in places(plate.overview()).items():
        if states[label] != "present":
            continue
        with contextlib.suppress(HCSError):
            # Of a well that cannot be read, no site is known.
            fields[place] = [
                OwnField(field.name, field.label)
                for field in plate.open_well(label).fields
                if acquisition is None or (field.acquisition or 0) == acquisition
            ]
    return fields
