"""Measurements as a table, one row a field, z and t."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hcs.lines import line_order
from hcs.qc.columns import feature, metadata, place_cells
from hcs.qc.plates.aggregation import best_plane
from hcs.qc.registry import chosen
from hcs.tables.results import ResultTable, result_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.plates.plate import HCSPlate
    from hcs.qc.definitions import Definition
    from hcs.qc.results import FieldResult, PlaneResult
    from hcs.tables.results import Cell

_LAST = (metadata("NotComputable"), metadata("Error"))


def measured_table(
    results: Iterable[FieldResult],
    plate: HCSPlate | None = None,
    *,
    metrics: Iterable[str | Definition] | None = None,
) -> ResultTable:
    """Return one row for each field, z and t, with one column a metric and channel.

    Of a stack, ``Metadata_BestZ_<channel>`` says which z stands for the field.

    Parameters
    ----------
    results
        What `measure_plate` yields, in any order; see `settle_clips` for saturation.
    plate
        Where they are from: its name, id and conditions stand in each row, and wells
        with names of no usual kind in its order.
    metrics
        Ids and definitions of those that become columns; all that are installed where
        not given. Definitions of your own have to be given.
    """
    definitions = chosen(metrics)
    listed = list(results)
    wells = [] if plate is None else [well.path for well in plate.wells]
    ranks = _ranks([*wells, *(result.well for result in listed)])
    listed.sort(key=lambda r: (ranks[r.well], r.acquisition or 0, r.field))
    places = _WellPlaces(plate)
    rows = [row for result in listed for row in _rows(result, places, definitions)]
    channels = dict.fromkeys(p.channel for r in listed for p in r.planes)
    features = [feature(entry, name) for name in channels for entry in definitions]
    return result_table(rows, features, last=_LAST)


class _WellPlaces:
    """Says of which well a row is."""

    def __init__(self, plate: HCSPlate | None) -> None:
        self.name = "" if plate is None else plate.name or ""
        self.id = "" if plate is None else plate.id
        self.conditions = {} if plate is None else plate.conditions
        self.indices = (
            {}
            if plate is None
            else {w.path: (w.rowIndex, w.columnIndex) for w in plate.wells}
        )
        names = (name for wells in self.conditions.values() for name in wells)
        self.names = tuple(dict.fromkeys(names))

    def cells(self, well: str) -> dict[str, Cell]:
        """Return the cells that say which well it is, and what is in it."""
        conditions = self.conditions.get(well, {})
        cells = place_cells(
            plate=self.name,
            plate_id=self.id,
            well=well,
            indices=self.indices.get(well, (0, 0)),
            conditions={name: _cell(conditions.get(name)) for name in self.names},
        )
        if well not in self.indices:
            del cells["Metadata_RowIndex"], cells["Metadata_ColumnIndex"]
        return cells


def _cell(value: Any) -> Cell:
    """Return what a plate's document holds of a condition as a cell."""
    plain = value is None or isinstance(value, str | int | float)
    return value if plain else json.dumps(value, ensure_ascii=False)


def _rows(
    result: FieldResult, places: _WellPlaces, definitions: Sequence[Definition]
) -> list[dict[str, Cell]]:
    planes: dict[tuple[int, int], list[PlaneResult]] = defaultdict(list)
    for plane in result.planes:
        planes[plane.t, plane.z].append(plane)
    sharpest = _best_planes(result)
    return [
        {
            **places.cells(result.well),
            "Metadata_Site": result.label,
            "Metadata_FieldName": result.field,
            "Metadata_Acquisition": result.acquisition,
            "Metadata_Version": result.version,
            "Metadata_T": t,
            "Metadata_Z": z,
            **sharpest,
            **{
                entry.header(plane.channel): plane.values[entry.id]
                for plane in together
                for entry in definitions
                if entry.id in plane.values
            },
            "Metadata_NotComputable": _reasons(together, definitions),
            "Metadata_Error": result.error or "",
        }
        for (t, z), together in sorted(planes.items()) or [((0, 0), [])]
    ]


def _ranks(wells: Iterable[str]) -> dict[str, int]:
    """Return the place of each well, by path, in the order people read them in."""
    paths = list(dict.fromkeys(wells))
    if not paths:
        return {}
    names = [path.partition("/")[::2] for path in paths]
    rows, columns = (
        {lines[index]: rank for rank, index in enumerate(line_order(lines))}
        for lines in (list(dict.fromkeys(axis)) for axis in zip(*names, strict=True))
    )
    names.sort(key=lambda name: (rows[name[0]], columns[name[1]]))
    return {"/".join(name): rank for rank, name in enumerate(names)}


def _best_planes(result: FieldResult) -> dict[str, Cell]:
    """Return which z stands for a channel of a stack: where it is in focus."""
    if len({plane.z for plane in result.planes}) < 2:
        return {}
    channels = dict.fromkeys(plane.channel for plane in result.planes)
    return {
        metadata(f"BestZ_{channel}"): best_plane(
            plane for plane in result.planes if plane.channel == channel
        )
        for channel in channels
    }


def _reasons(planes: Sequence[PlaneResult], definitions: Sequence[Definition]) -> str:
    """Return why values are missing, as JSON by column; empty where none is."""
    headers = {entry.id: entry for entry in definitions}
    reasons = {
        headers[id].header(plane.channel): why
        for plane in planes
        for id, why in plane.reasons.items()
        if id in headers
    }
    return json.dumps(reasons, ensure_ascii=False) if reasons else ""
