"""``hcs measure``: the metrics of every field, as a table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.terminal import Bar, processes, say, say_error
from hcs.wording import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from hcs.qc.results import FieldResult
    from hcs.tables.results import ResultTable


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "measure",
        help="measure the image quality of every field",
        description="Measure every field: one row for each z and t, one column for "
        "each metric and channel, named as CellProfiler names them. Ends with 0 where "
        "all fields were measured, with 1 where one could not be, and with 2 for wrong "
        "usage.",
    )
    parser.add_argument("plate", metavar="PLATE", help="path, .ozx archive or address")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="where to: .csv or .parquet, or - for standard output",
    )
    parser.add_argument(
        "--tidy", action="store_true", help="a row for each number, and no column"
    )
    parser.add_argument(
        "--metrics", help="ids separated by commas (default: all that apply)"
    )
    parser.add_argument(
        "--nuclear",
        metavar="CHANNEL",
        help="the one with nuclei (default: by its name)",
    )
    parser.add_argument(
        "--clip",
        action="append",
        default=[],
        type=_clip,
        metavar="CHANNEL=COUNTS",
        help="where the camera saturates (default: as imported, or as the pixels show)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=processes, default=0, metavar="N")
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster that sees the plate"
    )
    parser.set_defaults(run=run)


def _clip(text: str) -> tuple[str, float]:
    name, equals, level = text.rpartition("=")
    if not equals or not name:
        raise ValueError(text)
    return name, float(level)


_clip.__name__ = "CHANNEL=COUNTS"


def run(options: argparse.Namespace) -> int:
    """Measure and write; 1 where a field could not be measured."""
    from hcs.tables.results import check_target

    check_target(options.output)
    table, results = _measure(options)
    (table.tidy() if options.tidy else table).write(options.output)
    failed = [result for result in results if result.error is not None]
    for result in failed[:3]:
        field = f" field {result.label}" if result.label else ""
        say_error(f"{result.well}{field}: {result.error}")
    if failed:
        say_error(f"{counted(len(failed), 'field')} could not be measured.")
    done = len(results) - len(failed)
    _teller(options)(f"Measured {counted(done, 'field')}; wrote {options.output}.")
    return int(bool(failed))


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    """Return what says something: beside the table where that goes to the output."""
    return say_error if str(options.output) == "-" else say


def _measure(options: argparse.Namespace) -> tuple[ResultTable, list[FieldResult]]:
    from hcs.plates.opening import from_hcs_zarr
    from hcs.qc.results import settle_clips
    from hcs.qc.run.cluster import connected
    from hcs.qc.run.export import measured_table
    from hcs.qc.run.measure import measure_plate
    from hcs.qc.run.plate_settings import plate_settings

    metrics = None if options.metrics is None else options.metrics.split(",")
    with (
        from_hcs_zarr(options.plate) as plate,
        connected(options.scheduler) as executor,
        Bar("Measuring") as bar,
    ):
        settings = plate_settings(
            plate, metrics=metrics, clips=dict(options.clip), nuclear=options.nuclear
        )
        measurements = measure_plate(
            plate,
            settings=settings,
            workers=options.workers,
            executor=executor,
            on_result=lambda _, done, total: bar(done, total),
        )
        results, clips = settle_clips(measurements, settings)
        table = measured_table(results, plate)
    tell = _teller(options)
    for channel, clip in clips.items():
        level = "unknown" if clip.level is None else f"{clip.level:g}"
        tell(f"Clip level of {channel}: {level} ({clip.source}).")
    tell(f"Nuclear channel: {settings.nuclear or 'none; name it with --nuclear'}.")
    return table, results
