"""Opening the plates of a command, and the options that say where decisions are."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands.database import add_database, database_of
from dashboard.errors import DashboardError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dashboard.service import Service


def add_places(parser: Any) -> None:
    """Add the options that say where decisions are kept."""
    parser.add_argument("--workspace", type=Path, help="default: your own")
    add_database(parser)
    parser.add_argument("--verbose", action="store_true", help="log what is done")


@contextlib.contextmanager
def served(
    options: argparse.Namespace, *, read_only: bool
) -> Iterator[tuple[Service, str]]:
    """Open the one plate of a command; yield the service and the plate's key."""
    with opened(options, options.plate, read_only=read_only) as service:
        entries = service.plates.entries()
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
    from dashboard.compose import compose
    from dashboard.options import Options
    from dashboard.workspace import open_workspace

    service = compose(
        [place],
        open_workspace(options.workspace),
        Options(database=database_of(options), read_only=read_only, measure=False),
    )
    try:
        yield service
    finally:
        service.close()
