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

    export = options.kind == "export"
    with opened(options, options.folder, read_only=export) as service:
        transfer = ProjectTransfer(service)
        if export:
            found = transfer.write(options.file)
        else:
            found = transfer.read(options.file, replace=options.replace)
    told = f"{found.plates} plates, {found.acts} acts, {found.settings} settings"
    lines = [
        f"{told} written to {options.file}."
        if export
        else f"{found.acts} acts and {found.settings} settings of {options.file} are "
        f"new ({found.plates} plates).",
        *(f"not here: {name}" for name in found.away),
    ]
    print("\n".join(lines))
    return 0
