"""``hcs measure``: the metrics of every field, as a table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.terminal import Bar, say, say_error
from hcs.wording import counted

if TYPE_CHECKING:
    import argparse

    from hcs.qc.results import FieldResult
    from hcs.qc.run.export import Row


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "measure",
        help="measure the image quality of every field",
        description="Measure every field: one row for each z and t, one column for "
        "each metric and channel, named as CellProfiler names them where it has them.",
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


def _clip(text: str) -> tuple[str, float]:
    name, equals, level = text.rpartition("=")
    if not equals or not name:
        raise ValueError(text)
    return name, float(level)


_clip.__name__ = "CHANNEL=COUNTS"
_count.__name__ = "number of processes"  # what argparse calls it in its message


def run(options: argparse.Namespace) -> int:
    """Measure and write; 1 where a field could not be measured."""
    from hcs.qc.run.export import check_target, write_rows

    check_target(options.output)
    rows, results = _measure(options)
    write_rows(rows, options.output)
    failed = [result for result in results if result.error is not None]
    for result in failed[:3]:
        field = f" field {result.label}" if result.label else ""
        say_error(f"{result.well}{field}: {result.error}")
    if failed:
        say_error(f"{counted(len(failed), 'field')} could not be measured.")
    done = len(results) - len(failed)
    say(f"Measured {counted(done, 'field')}; wrote {options.output}.")
    return int(bool(failed))


def _measure(options: argparse.Namespace) -> tuple[list[Row], list[FieldResult]]:
    from hcs.plates.opening import from_hcs_zarr
    from hcs.qc.results import settle_clips
    from hcs.qc.run.cluster import connected
    from hcs.qc.run.export import table_rows
    from hcs.qc.run.measure import measure_plate, plate_settings

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
        labels = {listed.path: plate.label(listed) for listed in plate.wells}
        rows = table_rows(
            results,
            plate=plate.name or "",
            plate_id=plate.id,
            labels=labels,
        )
    for channel, clip in clips.items():
        level = "unknown" if clip.level is None else f"{clip.level:g}"
        say(f"Clip level of {channel}: {level} ({clip.source}).")
    say(f"Nuclear channel: {settings.nuclear or 'none; name it with --nuclear'}.")
    return rows, results
