"""``hcs-dashboard backup``, ``restore``, ``salvage``: a workspace's database."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dashboard.commands.database import add_database, database_of
from dashboard.errors import DashboardError
from hcs import __version__


def add_backup(commands: Any) -> None:
    """Add the commands to a parser's commands."""
    backup = commands.add_parser(
        "backup",
        help="write decisions, measurements and settings into one file",
        description="Write the database of a workspace (decisions, measurements, "
        "settings of projects) into one file, also while it is served.",
    )
    backup.set_defaults(run=_back_up)
    backup.add_argument(
        "--keep",
        type=_count,
        metavar="NUMBER",
        help="of a folder: remove those before the newest NUMBER, once this is written",
    )
    restore = commands.add_parser(
        "restore",
        help="bring back what `backup` wrote",
        description="Put the database of a backup into a workspace in which no server "
        "is at work. The database that was there is kept beside it.",
    )
    restore.set_defaults(run=_restore)
    salvage = commands.add_parser(
        "salvage",
        help="save what can be read of a damaged database",
        description="Make a new database of what can still be read of a damaged one, "
        "where there is no backup. The damaged one is kept beside it.",
    )
    salvage.set_defaults(run=_salvage)
    for parser, text in (
        (backup, "file to write, or a folder: there it is named by the time"),
        (restore, "what `backup` wrote"),
    ):
        parser.add_argument("file", metavar="FILE", type=Path, help=text)
    for parser in (backup, restore, salvage):
        parser.add_argument("--workspace", type=Path, help="default: your own")
        add_database(parser)
        parser.set_defaults(verbose=False)


def _back_up(options: argparse.Namespace) -> int:
    from dashboard.storage.backup import back_up, dated_file, remove_older
    from hcs.stores import possible_path

    target = possible_path(options.file)
    folder = target if target.is_dir() else None
    if options.keep is not None and folder is None:
        raise DashboardError(
            f"--keep {options.keep} is for backups in a folder, and {target} is none."
        )
    if folder is not None:
        target = dated_file(folder)
    backup = back_up(_file_of(options), target, __version__)
    print(
        f"{target}: {backup.nbytes / 2**20:,.1f} MB of decisions, measurements "
        f"and settings, as of {backup.when}."
    )
    if folder is not None and options.keep is not None:
        for path in remove_older(folder, options.keep):
            print(f"{path}: removed, as {options.keep} newer ones are there.")
    return 0


def _salvage(options: argparse.Namespace) -> int:
    from dashboard.storage.salvage import salvage

    salvaged = salvage(_file_of(options))
    for table, number in salvaged.rows.items():
        gap = "  (some could not be read)" if table in salvaged.gaps else ""
        print(f"{number:9,}  {table}{gap}")
    print(f"The damaged database is in {salvaged.former}.")
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)


def _restore(options: argparse.Namespace) -> int:
    from dashboard.storage.backup import restore
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
