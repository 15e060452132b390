"""``hcs-dashboard``: parsing, start-up text and exit codes; nothing is decided here.

Heavy imports stand inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from dashboard.commands.backup import add_backup
from dashboard.commands.decisions import add_decisions
from dashboard.commands.link import add_link
from dashboard.commands.loaddata import add_loaddata
from dashboard.commands.measure import add_measure
from dashboard.commands.project import add_project
from dashboard.commands.relink import add_relink
from dashboard.commands.reopen import add_reopen
from dashboard.commands.results import add_results
from dashboard.commands.serve import add_serve
from dashboard.commands.user import add_user
from dashboard.logs import begin_log, json_line
from hcs import __version__
from hcs.errors import HCSError
from hcs.extras import refuse_missing
from hcs.terminal import internal_error, printable, say_error

if TYPE_CHECKING:
    from collections.abc import Sequence


_COMMANDS = (
    *("serve", "measure", "suspects", "wells", "fields", "loaddata"),
    *("decisions", "project", "relink", "reopen", "user", "link"),
    *("backup", "restore", "salvage"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 1 for a failure, 2 for wrong usage."""
    words = [*map(printable, sys.argv[1:] if arguments is None else arguments)]
    if not words or words[0] not in (*_COMMANDS, "-h", "--help", "--version"):
        # `serve` may be left out; a plate called "serve" is given as ./serve.
        words.insert(0, "serve")
    parser = _parser()
    options = parser.parse_args(words)
    begin_log(verbose=options.verbose)
    try:
        refuse_missing("page", "The page")
        if before := getattr(options, "before", None):
            before(options)
            options = parser.parse_args(words)
        return int(options.run(options))
    except HCSError as error:
        _say(options, str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - no command ends in a traceback
        _say(options, internal_error(error))
        return 1


def _say(options: argparse.Namespace, why: str) -> None:
    """Say why a command has failed, where its log goes and as that is written."""
    line = f"hcs-dashboard: {why}"
    if getattr(options, "log_format", "") == "json":
        line = json_line(line, logging.ERROR)
    say_error(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hcs-dashboard",
        description="Look at, judge and correct high-content-screening plates.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_serve(commands)
    add_measure(commands)
    add_results(commands)
    add_loaddata(commands)
    add_decisions(commands)
    add_project(commands)
    add_relink(commands)
    add_reopen(commands)
    add_user(commands)
    add_link(commands)
    add_backup(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
