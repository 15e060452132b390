"""``hcs-dashboard suspects``, ``wells`` and ``fields``: what is known, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.commands.database import database_of
from dashboard.commands.measure import add_executor
from dashboard.commands.opening import add_places
from hcs.terminal import Bar, say_error

if TYPE_CHECKING:
    import argparse

    from dashboard.results import QCResults

_ROWS = {
    "suspects": "a row for each reason to look at a well, the worst well first",
    "wells": "a row for each well: verdict, suspicion with its reasons, measurements",
    "fields": "a row for each field: verdict, reasons to look at it, measurements",
}


def add_results(commands: Any) -> None:
    """Add the three commands to a parser's commands."""
    for name, rows in _ROWS.items():
        _add(commands, name, rows)


def _add(commands: Any, name: str, rows: str) -> None:
    parser = commands.add_parser(
        name,
        help=f"write a table with {rows.partition(':')[0]}",
        description=f"Write a table with {rows}. Verdicts, cut-offs and reasons are "
        f"those of the workspace; what is not measured yet is measured into it first. "
        f"Nothing is written to a plate.",
        epilog="Ends with 0 where the table is complete, with 1 where a plate could "
        "not be read or a field not be measured (the table has the rest), and with 2 "
        "for wrong usage.",
    )
    parser.add_argument(
        "plates", nargs="+", metavar="PLATE", help="a plate, a folder of plates, a URL"
    )
    parser.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="where to: .csv, .parquet, or - for standard output (the default)",
    )
    parser.add_argument(
        "--no-measure",
        action="store_true",
        help="refuse a plate that is not measured, instead of measuring it",
    )
    if name != "suspects":
        parser.add_argument(
            "--tidy", action="store_true", help="a row for each number, and no column"
        )
    add_places(parser)
    add_executor(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the table; 1 where it is not complete."""
    from hcs.tables import check_target

    check_target(options.output)
    results = _read(options)
    table = getattr(results, options.command)
    if getattr(options, "tidy", False):
        table = table.tidy()
    table.write(options.output)
    for problem in results.problems:
        say_error(problem)
    return int(bool(results.problems))


def _read(options: argparse.Namespace) -> QCResults:
    from dashboard.results import read_qc
    from hcs.qc import connected

    with connected(options.scheduler) as executor, Bar("Measuring") as bar:
        return read_qc(
            *options.plates,
            workspace=options.workspace,
            database=database_of(options),
            measure=not options.no_measure,
            workers=options.workers,
            executor=executor,
            progress=lambda _, done, total: bar(done, total),
        )
