"""Where decisions are kept: the option, the settings file, the environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.errors import DashboardError

if TYPE_CHECKING:
    import argparse


def add_database(parser: Any) -> None:
    """Add the options that say where decisions are kept."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help="default: SQLite in the workspace; an address with a password comes from "
        "--config or HCS_DATABASE_URL",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings file with secrets, which only its owner may read",
    )


def database_of(options: argparse.Namespace) -> str | None:
    """Return the database's address, None for that of the workspace.

    Raises
    ------
    DashboardError
        If a password stands in the command, or the settings file cannot be used.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from dashboard.commands.settings_file import read_settings_file

    if options.database is None:
        return read_settings_file(options.config).text("database", "url") or None
    try:
        password = make_url(options.database).password
    except (ArgumentError, ValueError):
        password = None  # what it is instead is said where it is opened
    if password is not None:
        raise DashboardError(
            "--database has a password in it, which everybody on this machine can "
            "read in the list of processes. Put the address into the settings file "
            "(`url` of [database], given by --config) or into HCS_DATABASE_URL."
        )
    return str(options.database)
