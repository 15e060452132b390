"""``hcs-dashboard backup`` and ``restore``: a workspace's database in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.database import add_database, database_of
from dashboard.commands.version import version
from dashboard.errors import DashboardError

if TYPE_CHECKING:
    import argparse


def add_backup(commands: Any) -> None:
    """Add both commands to a parser's commands."""
    backup = commands.add_parser(
        "backup",
        help="write decisions, measurements and settings into one file",
        description="Write the database of a workspace (decisions, measurements, "
        "settings of projects) into one file, also while it is served.",
    )
    backup.set_defaults(run=_back_up)
    restore = commands.add_parser(
        "restore",
        help="bring back what `backup` wrote",
        description="Put the database of a backup into a workspace in which no server "
        "is at work. The database that was there is kept beside it.",
    )
    restore.set_defaults(run=_restore)
    for parser in (backup, restore):
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--workspace", type=Path, help="default: your own")
        add_database(parser)
        parser.set_defaults(verbose=False)


def _back_up(options: argparse.Namespace) -> int:
    from dashboard.backup import back_up
    from hcs.stores import possible_path

    possible_path(options.file)
    backup = back_up(_file_of(options), options.file, version())
    print(
        f"{options.file}: {backup.nbytes / 2**20:,.1f} MB of decisions, measurements "
        f"and settings, as of {backup.when}."
    )
    return 0


def _restore(options: argparse.Namespace) -> int:
    from dashboard.backup import restore
    from dashboard.workspace import open_workspace
    from hcs.stores import possible_path

    possible_path(options.file)
    database = _file_of(options)
    open_workspace(options.workspace)
    backup, former = restore(options.file, database)
    print(f"Restored what was kept at {backup.when} into {database.parent}.")
    if former is not None:
        print(f"What was there is in {former}.")
    return 0


def _file_of(options: argparse.Namespace) -> Path:
    """Return the file of the database.

    Raises
    ------
    DashboardError
        If it is no file, as a database server keeps it.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from dashboard.workspace import Workspace, workspace_folder
    from hcs.stores import possible_path

    address = database_of(options)
    if address is None:
        return possible_path(Workspace(workspace_folder(options.workspace)).database)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise DashboardError("The address of the database is none.") from error
    if url.drivername.startswith("sqlite") and not url.database:
        raise DashboardError("A database in memory has no file to back up or restore.")
    if not url.drivername.startswith("sqlite"):
        raise DashboardError(
            f"The decisions are kept by a {url.drivername.partition('+')[0]} server: "
            f"back it up with its own tools (pg_dump, pg_restore)."
        )
    return possible_path(url.database or "")
