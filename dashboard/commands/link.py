"""``hcs-dashboard link``: a new line to come in by, for who started the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_link(commands: Any) -> None:
    """Add the command to a parser's commands."""
    link = commands.add_parser(
        "link",
        help="print a new line to open a running server by",
        description="Print a new line to open a running server by, good for one "
        "browser and for an hour. Only whoever started the server can read what it "
        "is made of.",
    )
    link.add_argument(
        "--workspace", type=Path, help="that the server was given; default: your own"
    )
    link.add_argument(
        "--port", type=int, help="of the server, where several run on the workspace"
    )
    link.set_defaults(run=_link, verbose=False)


def _link(options: argparse.Namespace) -> int:
    from dashboard.accounts.running import running
    from dashboard.accounts.tokens import LINK_SECONDS, Tokens
    from dashboard.errors import DashboardError
    from dashboard.workspace import workspace_folder

    folder = workspace_folder(options.workspace)
    servers = [
        server
        for server in running(folder)
        if options.port is None or f":{options.port}/" in server.address
    ]
    if not servers:
        asked = "" if options.port is None else f" at port {options.port}"
        raise DashboardError(
            f"No server of yours that asks for a token runs on the workspace "
            f"{folder}{asked}. Start one with `hcs-dashboard PLATE`, or give "
            f"--workspace as the server was given it. Where people sign in, or with "
            f"--no-token, the address that the server printed is enough."
        )
    for server in servers:
        print(open_line(server.address, Tokens(server.secret).new(LINK_SECONDS)))
    return 0


def open_line(address: str, token: str = "") -> str:
    """Return the line that says where to look; programs read it too.

    >>> open_line("http://127.0.0.1:5006/", "abc")
    'Open http://127.0.0.1:5006/?token=abc'
    """
    return f"Open {address}?token={token}" if token else f"Open {address}"
