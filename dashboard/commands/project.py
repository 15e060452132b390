"""``hcs-dashboard project``: a project to a file and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.opening import add_places, opened

if TYPE_CHECKING:
    import argparse


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
    from dashboard.exports.project_transfer import ProjectTransfer
    from hcs.stores import possible_path

    export = options.kind == "export"
    if export:
        possible_path(options.file)
    with opened(options, options.folder, read_only=export) as service:
        transfer = ProjectTransfer(service)
        if export:
            outcome = transfer.write(options.file)
        else:
            outcome = transfer.read(options.file, replace=options.replace)
    counts = (
        f"{outcome.plates} plates, {outcome.acts} acts, {outcome.settings} settings"
    )
    lines = [
        f"{counts} written to {options.file}."
        if export
        else f"{outcome.acts} acts and {outcome.settings} settings of {options.file} "
        f"are new ({outcome.plates} plates).",
        *(f"not here: {name}" for name in outcome.away),
    ]
    print("\n".join(lines))
    return 0
