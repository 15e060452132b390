"""``hcs-dashboard decisions``: what was decided, to a file and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.opening import add_places, served
from dashboard.errors import DashboardError

if TYPE_CHECKING:
    import argparse


def add_decisions(commands: Any) -> None:
    """Add the command to a parser's commands."""
    decisions = commands.add_parser(
        "decisions",
        help="export or import what was decided about a plate",
        description=(
            "Take the verdicts on a plate to a file or back, without loss, or put the "
            "table of wells inside the plate for other tools."
        ),
    )
    decisions.add_argument(
        "kind",
        choices=("export", "import", "table"),
        help="write every act on the plate to the file; add those of the file; or "
        "write tables/qc into the plate, as AnnData keeps it",
    )
    decisions.add_argument("plate", metavar="PLATE")
    decisions.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        nargs="?",
        help="one JSON document a line; none for `table`",
    )
    add_places(decisions)
    decisions.add_argument(
        "--another-plate",
        action="store_true",
        help="import although the file is of a plate with another id",
    )
    decisions.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Export, import or write the table; print how much."""
    from dashboard.exports.anndata_table import write_tables
    from dashboard.exports.decisions_file import export_decisions, import_decisions
    from hcs.stores import possible_path

    if (options.file is None) != (options.kind == "table"):
        raise DashboardError(
            f"`decisions {options.kind} PLATE` takes "
            f"{'no file' if options.kind == 'table' else 'the name of a file'}."
        )
    if options.kind == "export":
        possible_path(options.file)
    # Nothing but the ledger is written here, and by an export not even that.
    with served(options, read_only=options.kind == "export") as (service, key):
        if options.kind == "export":
            count = export_decisions(service, key, options.file)
            message = f"{count} acts written to {options.file}."
        elif options.kind == "table":
            service.quality.measure(key)
            message = f"{write_tables(service, key)} has the tables qc and qc_fields."
        else:
            count = import_decisions(
                service, key, options.file, another_plate=options.another_plate
            )
            message = f"{count} acts of {options.file} are new."
    print(message)
    return 0
