"""The command line: ``hcs COMMAND ...``."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, NoReturn

from hcs import __version__
from hcs.commands import (
    correct,
    demo,
    info,
    ingest,
    measure,
    transfer,
    upkeep,
    validate,
    versions,
)
from hcs.errors import HCSError
from hcs.terminal import internal_error, logged, printable, say_error

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = (ingest, info, validate, measure, transfer, versions, correct, upkeep, demo)

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print the usage too."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("expected one argument"):
            message += "; one that begins with a dash is written --option=-value"
        say_error(f"{self.prog}: {message} (see {self.prog} --help)")
        sys.exit(USAGE)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="hcs",
        description="Read, check and write high-content-screening plates in OME-Zarr.",
    )
    top.add_argument("--version", action="version", version=f"hcs {__version__}")
    commands = top.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True
    )
    for module in _COMMANDS:
        module.add_to(commands)
    top.set_defaults(logs=True)
    for command in commands.choices.values():
        command.add_argument(
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
    options = parser().parse_args([printable(argument) for argument in command_line])
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
