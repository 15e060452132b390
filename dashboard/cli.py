"""``hcs-dashboard``: parsing, start-up text and exit codes; nothing is decided here.

Heavy imports stand inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from dashboard.commands.backup import add_backup
from dashboard.commands.decisions import add_decisions
from dashboard.commands.link import add_link
from dashboard.commands.loaddata import add_loaddata
from dashboard.commands.log_options import log_form
from dashboard.commands.measure import add_measure
from dashboard.commands.project import add_project
from dashboard.commands.relink import add_relink
from dashboard.commands.reopen import add_reopen
from dashboard.commands.results import add_results
from dashboard.commands.serve import add_serve
from dashboard.commands.user import add_user
from dashboard.errors import UsageError
from dashboard.logs import begin_log, log_is_json, say_end
from hcs import __version__
from hcs.errors import HCSError
from hcs.extras import refuse_missing
from hcs.terminal import internal_error, printable

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
    # Also what is wrong in the words themselves is said as the log is to be.
    form = log_form(words) if words[0] == "serve" else "text"
    begin_log(verbose=False, form=form)
    options = parser.parse_args(words)
    try:
        refuse_missing("page", "The page")
        if before := getattr(options, "before", None):
            before(options)
            options = parser.parse_args(words)
        begin_log(verbose=options.verbose, form=form)
        return int(options.run(options))
    except HCSError as error:
        say_end(str(error))
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - no command ends in a traceback
        say_end(internal_error(error), error)
        return 1


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the words of a command as the log is to be."""

    def error(self, message: str) -> NoReturn:
        if log_is_json():
            say_end(message)
            self.exit(2)
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
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
