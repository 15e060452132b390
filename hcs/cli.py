"""The command line: ``hcs COMMAND ...``."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from hcs import __version__
from hcs.errors import HCSError
from hcs.terminal import internal_error, logged, printable, say_error

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "import": "ingest",
    "info": "info",
    "validate": "validate",
    "measure": "measure",
    "pack": "transfer",
    "unpack": "transfer",
    "convert": "transfer",
    "history": "versions",
    "revert": "versions",
    "correct": "correct",
    "settle": "upkeep",
    "recover": "upkeep",
    "purge": "upkeep",
    "demo": "demo",
}
"""The module of each command, in the order of the help."""

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print the usage too."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("expected one argument"):
            message += "; one that begins with a dash is written --option=-value"
        say_error(f"{self.prog}: {message} (see {self.prog} --help)")
        sys.exit(USAGE)


def parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of the commands of one module, or of all.

    Parameters
    ----------
    command
        One of theirs; where there is none of this name, all are there to be listed.
    """
    top = _Parser(
        prog="hcs",
        description="Read, check and write high-content-screening plates in OME-Zarr.",
    )
    top.add_argument("--version", action="version", version=f"hcs {__version__}")
    commands = top.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True
    )
    # To load all modules and make all options would be a tenth of `hcs info`.
    needed = {command} & _COMMANDS.keys() or _COMMANDS
    for module in dict.fromkeys(_COMMANDS[name] for name in needed):
        import_module(f"hcs.commands.{module}").add_to(commands)
    top.set_defaults(logs=True)
    for choice in commands.choices.values():
        choice.add_argument(
            "-v", "--verbose", action="store_true", help="say what is being done"
        )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 where it failed.

    Wrong usage exits with 2. Failures are one line on standard error.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    command_line = sys.argv[1:] if arguments is None else arguments
    words = [printable(argument) for argument in command_line]
    options = parser(words[0] if words else "").parse_args(words)
    try:
        # To load logging takes a while, and some commands have nothing to log.
        with logged(options.verbose) if options.logs else nullcontext():
            code = int(options.run(options))
        sys.stdout.flush()
    except HCSError as error:
        say_error(f"hcs {options.command}: {_with_notes(str(error), error)}")
        return FAILURE
    except KeyboardInterrupt as error:
        say_error(f"hcs {options.command}: {_with_notes('interrupted.', error)}")
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads has seen enough, as in `hcs validate ... | head`. Python would
        # complain when it closes standard output, so that is led elsewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except Exception as error:  # noqa: BLE001 - no command ends in a traceback
        say_error(f"hcs {options.command}: {internal_error(error)}")
        return FAILURE
    return code


def _with_notes(text: str, error: BaseException) -> str:
    """Return the error, and the notes of a writer on the fields that it wrote."""
    return " ".join((text, *getattr(error, "__notes__", ())))


if __name__ == "__main__":
    sys.exit(main())
