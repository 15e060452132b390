"""``hcs measure``: the metrics of every field, as a table in a file."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.terminal import Bar, complain, counted, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor

    from hcs.qc.results import FieldResult

_KEYS = ("well", "field", "label", "acquisition", "version", "channel", "z", "t")
"""Columns before those of the metrics; an ``error`` follows them."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "measure",
        help="measure the image quality of every field",
        description="Measure every field: one row for each channel, z and t.",
    )
    parser.add_argument("plate", metavar="PLATE", help="path, .ozx archive or address")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="where to: .csv or .parquet",
    )
    parser.add_argument(
        "--metrics", help="ids separated by commas (default: all that apply)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_count, default=0, metavar="N")
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster that sees the plate"
    )
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


_count.__name__ = "number of processes"  # what argparse calls it in its message


def run(options: argparse.Namespace) -> int:
    """Measure and write; 1 where no field could be measured."""
    suffix = _check_output(options.output)
    results = _measure(options)
    rows = list(_rows(results))
    _write(options.output, suffix, rows)
    failed = [result for result in results if result.error is not None]
    for result in failed[:3]:
        complain(f"{result.well} field {result.label}: {result.error}")
    if failed:
        complain(f"{counted(len(failed), 'field')} could not be measured.")
    done = len(results) - len(failed)
    say(f"Measured {counted(done, 'field')}; wrote {options.output}.")
    return int(bool(failed) and done == 0)


def _check_output(path: Path) -> str:
    """Return the suffix of the output, checked before minutes are spent on it."""
    from hcs.errors import SourceError, StoreError

    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise SourceError(
            f"The output is called {path.name!r}; it must end with .csv or .parquet."
        )
    if not path.absolute().parent.is_dir():
        raise StoreError(f"There is no folder {path.absolute().parent} to write into.")
    if suffix == ".parquet":
        _parquet()
    return suffix


def _measure(options: argparse.Namespace) -> list[FieldResult]:
    from hcs.plates.plate import from_hcs_zarr
    from hcs.qc.measure import measure_plate, plate_settings
    from hcs.qc.results import settle_clips

    metrics = None if options.metrics is None else options.metrics.split(",")
    with from_hcs_zarr(options.plate) as plate, Bar("Measuring") as bar:
        settings = plate_settings(plate, metrics=metrics)
        found = measure_plate(
            plate,
            settings=settings,
            workers=options.workers,
            executor=_executor(options.scheduler),
            on_result=lambda _, done, total: bar(done, total),
        )
        results, _ = settle_clips(found, settings)
        order = {listed.path: place for place, listed in enumerate(plate.wells)}
    # Workers finish in any order; a table has that of the plate.
    return sorted(
        results,
        key=lambda one: (
            order.get(one.well, len(order)),
            one.acquisition or 0,
            len(one.field),
            one.field,
        ),
    )


def _executor(address: str | None) -> Executor | None:
    if address is None:
        return None
    from hcs.errors import MissingExtraError, StoreError

    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError(
            "--scheduler needs Dask; install the extra 'cluster' of this package."
        ) from error
    try:
        client: Any = distributed.Client
        executor: Executor = client(address, timeout="10s").get_executor()
    except (OSError, ValueError) as error:
        raise StoreError(f"No Dask scheduler answers at {address}: {error}") from error
    return executor


def _rows(results: Sequence[FieldResult]) -> Iterator[dict[str, Any]]:
    for result in results:
        start = {
            "well": result.well,
            "field": result.field,
            "label": result.label,
            "acquisition": result.acquisition,
            "version": result.version,
        }
        if not result.planes:
            yield {**start, "error": result.error or "no planes"}
        for plane in result.planes:
            place = {"channel": plane.channel, "z": plane.z, "t": plane.t}
            values = {
                name: None if math.isnan(value) else value
                for name, value in plane.values.items()
            }
            yield {**start, **place, **values, "error": result.error}


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    known = {*_KEYS, "error"}
    metrics = dict.fromkeys(name for row in rows for name in row if name not in known)
    return [*_KEYS, *metrics, "error"]


def _write(path: Path, suffix: str, rows: Sequence[dict[str, Any]]) -> None:
    from hcs.errors import StoreError

    columns = _columns(rows)
    # Written aside, so that nobody finds half a table.
    part = path.with_name(f".{path.name}.part")
    try:
        if suffix == ".parquet":
            arrow, parquet = _parquet()
            table = {name: [row.get(name) for row in rows] for name in columns}
            parquet.write_table(arrow.table(table), part)
        else:
            with part.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"Cannot write {path}: {error.strerror or error}.") from error


def _parquet() -> tuple[Any, Any]:
    from hcs.errors import MissingExtraError

    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(
            "Parquet needs pyarrow; install the extra 'parquet' of this package, or "
            "write a .csv file."
        ) from error
    return pyarrow, pyarrow.parquet
