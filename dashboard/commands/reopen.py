"""``hcs-dashboard reopen``: parsing and printing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.commands.database import database_of
from dashboard.commands.opening import add_places

if TYPE_CHECKING:
    import argparse


def add_reopen(commands: Any) -> None:
    """Add the command to a parser's commands."""
    reopen = commands.add_parser(
        "reopen",
        help="open a signed plate again that is not served any more",
        description=(
            "A signed plate locks the settings of its project. Where it was deleted or "
            "taken away, open it again by its id; who did it and why stays in the "
            "ledger."
        ),
    )
    reopen.add_argument("id", metavar="ID", help="as the refusal of a change tells it")
    reopen.add_argument("--reason", default="", help="kept in the ledger")
    add_places(reopen)
    reopen.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Open it again, and print that."""
    from dashboard.reviews.ledger import Ledger
    from dashboard.reviews.signing import reopen_away
    from dashboard.storage.engine import open_database
    from dashboard.workspace import open_workspace
    from hcs import login_name

    workspace = open_workspace(options.workspace)
    engine = open_database(database_of(options) or workspace.database_url)
    try:
        reopen_away(Ledger(engine), options.id, login_name(), options.reason)
    finally:
        engine.dispose()
    print(f"{options.id} is open again.")
    return 0
