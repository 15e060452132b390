"""``hcs-dashboard decisions`` and ``project``: parsing and printing only."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dashboard.service import Service


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


def add_project(commands: Any) -> None:
    """Add the command to a parser's commands."""
    project = commands.add_parser(
        "project",
        help="export or import a project: all that was agreed on and decided",
        description=(
            "Take the plates of a folder to another workspace, in one file and without "
            "loss: verdicts, sign-offs, plate maps, roles, cut-offs, reasons, keys and "
            "imported tables. Pixels stay where they are."
        ),
    )
    project.add_argument("kind", choices=("export", "import"))
    project.add_argument("folder", metavar="FOLDER", help="the plates of one project")
    project.add_argument(
        "file", metavar="FILE", type=Path, help="one JSON document a line"
    )
    add_places(project)
    project.add_argument(
        "--replace",
        action="store_true",
        help="import settings although the project has others here",
    )
    project.set_defaults(run=run_project)


def run_project(options: argparse.Namespace) -> int:
    """Export or import; print how much."""
    export = options.kind == "export"
    with opened(options, options.folder, read_only=export) as service:
        if export:
            found = service.project.write(options.file)
        else:
            found = service.project.read(options.file, replace=options.replace)
    told = f"{found.plates} plates, {found.acts} acts, {found.settings} settings"
    lines = [
        f"{told} written to {options.file}."
        if export
        else f"{found.acts} acts and {found.settings} settings of {options.file} are "
        f"new ({found.plates} plates).",
        *(f"not here: {name}" for name in found.away),
    ]
    print("\n".join(lines))  # noqa: T201 - a command prints
    return 0


def add_places(parser: Any) -> None:
    """Add the options that say where decisions are kept."""
    parser.add_argument("--workspace", type=Path, help="default: your own")
    parser.add_argument(
        "--database", metavar="URL", help="default: SQLite in the workspace"
    )
    parser.add_argument("--verbose", action="store_true", help="log what is done")


def run(options: argparse.Namespace) -> int:
    """Export, import or write the table; print how much."""
    from dashboard.exports.anndata_table import write_beside
    from dashboard.exports.decisions_file import export_decisions, import_decisions

    if (options.file is None) != (options.kind == "table"):
        raise DashboardError(
            f"`decisions {options.kind} PLATE` takes "
            f"{'no file' if options.kind == 'table' else 'the name of a file'}."
        )
    # Nothing but the ledger is written here, and by an export not even that.
    with served(options, read_only=options.kind == "export") as (service, key):
        if options.kind == "export":
            count = export_decisions(service, key, options.file)
            told = f"{count} acts written to {options.file}."
        elif options.kind == "table":
            service.measure(key)
            told = f"{write_beside(service, key)} has the tables qc and qc_fields."
        else:
            count = import_decisions(
                service, key, options.file, another_plate=options.another_plate
            )
            told = f"{count} acts of {options.file} are new."
    print(told)  # noqa: T201 - a command prints
    return 0


@contextlib.contextmanager
def served(
    options: argparse.Namespace, *, read_only: bool
) -> Iterator[tuple[Service, str]]:
    """Open the one plate of a command; yield the service and the plate's key."""
    with opened(options, options.plate, read_only=read_only) as service:
        entries = service.plates()
        if len(entries) != 1:
            raise DashboardError(
                f"{options.plate} holds {len(entries)} plates; name one of them."
            )
        yield service, entries[0].key


@contextlib.contextmanager
def opened(
    options: argparse.Namespace, place: str, *, read_only: bool
) -> Iterator[Service]:
    """Open the plates of a command and close them again."""
    from dashboard.service import Service
    from dashboard.workspace import open_workspace

    service = Service(
        [place],
        open_workspace(options.workspace),
        database=options.database,
        read_only=read_only,
        measure=False,
    )
    try:
        yield service
    finally:
        service.close()
