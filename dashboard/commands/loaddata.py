"""``hcs-dashboard loaddata``: the images that were not failed, for CellProfiler."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.opening import add_places, served
from hcs.terminal import say
from hcs.wording import counted

if TYPE_CHECKING:
    import argparse


def add_loaddata(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser(
        "loaddata",
        help="write a LoadData.csv for CellProfiler without failed images",
        description="Write the table that CellProfiler's LoadData takes: an image set "
        "a row, without wells and fields that were failed or cannot be read. The "
        "plate must be a folder in OME-Zarr 0.4, or on S3.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument(
        "-o",
        "--output",
        default="LoadData.csv",
        type=Path,
        metavar="FILE",
        help="where to; default: LoadData.csv here; - for standard output",
    )
    add_places(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the table and print how many image sets it has."""
    from dashboard.exports.load_data import load_data
    from hcs.tables import check_target

    check_target(options.output)
    with served(options, read_only=True) as (service, key):
        service.quality.read_measured(key)
        table = load_data(service, key)
    table.write(options.output)
    if str(options.output) != "-":
        sets = counted(len(table.rows), "image set")
        say(f"{sets} written to {options.output}.")
    return 0
