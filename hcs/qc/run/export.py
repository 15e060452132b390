"""Measurements as a table: CSV or Parquet, one row a field, z and t.

Columns are named as CellProfiler names them where it has the metric
(``ImageQuality_FocusScore_DNA``), so that scripts for its tables work.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.errors import MissingExtraError, SourceError, StoreError
from hcs.lines import line_order
from hcs.qc.definitions import DEFINITIONS
from hcs.qc.plates.aggregation import best_plane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hcs.qc.results import FieldResult, PlaneResult

Row = dict[str, str | float | int | None]


def table_rows(
    results: Iterable[FieldResult],
    *,
    plate: str = "",
    plate_id: str = "",
    labels: Mapping[str, str] | None = None,
) -> list[Row]:
    """Return one row for each field, z and t, wide: one column a metric and channel.

    Of a stack, ``BestZ_<channel>`` says which z stands for the field.

    Parameters
    ----------
    plate, plate_id
        Name and id of the plate.
    labels
        What people call the wells, by path: ``{"B/2": "B02"}``. Wells with names of
        no usual kind stand in this order.
    """
    rows: list[Row] = []
    listed = list(results)
    ranks = _ranks([*(labels or ()), *(result.well for result in listed)])
    for result in sorted(
        listed,
        key=lambda one: (ranks[one.well], one.acquisition or 0, one.field),
    ):
        sharpest = _best_planes(result)
        places: dict[tuple[int, int], list[PlaneResult]] = defaultdict(list)
        for plane in result.planes:
            places[plane.t, plane.z].append(plane)
        for (t, z), planes in sorted(places.items()) or [((0, 0), [])]:
            rows.append(
                {
                    "Metadata_Plate": plate,
                    "Metadata_PlateID": plate_id,
                    "Metadata_Well": (labels or {}).get(result.well, result.well),
                    "Metadata_Field": result.field,
                    "Metadata_FieldLabel": result.label,
                    "Metadata_Acquisition": result.acquisition,
                    "Metadata_Version": result.version,
                    "Metadata_T": t,
                    "Metadata_Z": z,
                    **_values(planes),
                    **sharpest,
                    "NotComputable": _reasons(planes),
                    "Error": result.error or "",
                }
            )
    return rows


def _ranks(wells: Iterable[str]) -> dict[str, int]:
    """Return the place of each well, by path, in the order people read them in."""
    paths = list(dict.fromkeys(wells))
    names = [path.partition("/")[::2] for path in paths]
    rows, columns = (
        {lines[index]: rank for rank, index in enumerate(line_order(lines))}
        for lines in (list(dict.fromkeys(axis)) for axis in zip(*names, strict=True))
    )
    names.sort(key=lambda name: (rows[name[0]], columns[name[1]]))
    return {"/".join(name): rank for rank, name in enumerate(names)}


def _values(planes: Sequence[PlaneResult]) -> Row:
    return {
        entry.header(plane.channel): plane.values[entry.id]
        for plane in planes
        for entry in DEFINITIONS
        if entry.id in plane.values
    }


def _best_planes(result: FieldResult) -> Row:
    """Return which z stands for a channel of a stack: where it is in focus."""
    if len({plane.z for plane in result.planes}) < 2:
        return {}
    channels = dict.fromkeys(plane.channel for plane in result.planes)
    return {
        f"BestZ_{channel}": best_plane(
            plane for plane in result.planes if plane.channel == channel
        )
        for channel in channels
    }


def _reasons(planes: Sequence[PlaneResult]) -> str:
    """Return why values are missing, as JSON by column; empty where none is."""
    headers = {entry.id: entry for entry in DEFINITIONS}
    told = {
        headers[id].header(plane.channel): why
        for plane in planes
        for id, why in plane.reasons.items()
    }
    return json.dumps(told, ensure_ascii=False) if told else ""


def check_target(path: str | Path) -> None:
    """Find out whether `write_rows` could write there, before minutes are spent.

    Raises
    ------
    SourceError
        If the name ends with neither ``.csv`` nor ``.parquet``.
    StoreError
        If there is no folder to write into.
    MissingExtraError
        If it is Parquet, and pyarrow is not installed.
    """
    target = Path(path)
    _writer(target)
    if not target.absolute().parent.is_dir():
        raise StoreError(
            f"There is no folder {target.absolute().parent} to write into."
        )
    if target.suffix.lower() == ".parquet":
        _parquet()


def _writer(target: Path) -> Callable[[Sequence[Row], Sequence[str], Path], None]:
    write = {".csv": _write_csv, ".parquet": _write_parquet}.get(target.suffix.lower())
    if write is None:
        raise SourceError(
            f"Measurements cannot be written to {target.name!r}; "
            f"name a file that ends with .csv or .parquet."
        )
    return write


def write_rows(rows: Sequence[Row], path: str | Path) -> None:
    """Write rows to a ``.csv`` or ``.parquet`` file, in one step at the end.

    Raises
    ------
    SourceError
        If the name ends with neither.
    StoreError
        If it cannot be written.
    MissingExtraError
        If it is Parquet, and pyarrow is not installed.
    """
    target = Path(path)
    write = _writer(target)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    # Notes belong at the end, also where the first rows lack some channel.
    columns.sort(key=lambda name: name in ("NotComputable", "Error"))
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        write(rows, columns, aside)
        aside.replace(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error}.") from error
    finally:
        aside.unlink(missing_ok=True)


def _write_csv(rows: Sequence[Row], columns: Sequence[str], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _plain(value) for name, value in row.items()})


def _plain(value: str | float | int | None) -> str | float | int:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    # A cell that starts like this would be run as a formula by a spreadsheet.
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value


def _write_parquet(rows: Sequence[Row], columns: Sequence[str], path: Path) -> None:
    arrow, parquet = _parquet()
    table = arrow.table(
        {name: [_null(row.get(name)) for row in rows] for name in columns}
    )
    # Which definitions gave these numbers, for who compares with another year's.
    keys = ",".join(entry.key for entry in DEFINITIONS)
    parquet.write_table(table.replace_schema_metadata({"hcs.metrics": keys}), path)


def _null(value: str | float | int | None) -> str | float | int | None:
    return None if isinstance(value, float) and math.isnan(value) else value


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "Parquet needs pyarrow; install the extra 'parquet' of this package, or "
            "write a .csv file."
        ) from error
    return pyarrow, parquet
