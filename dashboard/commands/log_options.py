"""The options of `serve` for whoever keeps a server: logs and counts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dashboard.logs import FORMATS, LOG_DAYS, json_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def add_log(parser: Any) -> None:
    """Add the options."""
    parser.add_argument(
        "--log-format",
        choices=FORMATS,
        default="text",
        help="lines of text, or one JSON document a line",
    )
    parser.add_argument(
        "--log-days",
        type=_days,
        default=LOG_DAYS,
        metavar="DAYS",
        help=f"files of the log that are kept in the workspace, one a day; default "
        f"{LOG_DAYS}, 0 keeps none",
    )
    parser.add_argument(
        "--metrics",
        type=_place,
        metavar="ADDRESS:PORT",
        help="answer Prometheus there, without asking who it is; admins also see "
        "/metrics",
    )


def log_form(words: Sequence[str]) -> str:
    """Return the log's format before anything else of a command is looked at.

    Parameters
    ----------
    words
        Of the command line; they may be wrong, and so may the settings file.
    """
    from dashboard.commands.settings_file import log_format_of

    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--log-format")
    parser.add_argument("--config", type=Path)
    try:
        options, _ = parser.parse_known_args(words)
    except argparse.ArgumentError:
        return "text"
    form = options.log_format or (options.config and log_format_of(options.config))
    return form if form in FORMATS else "text"


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days")
    return int(text)


def _place(text: str) -> tuple[str, int]:
    address, colon, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    if not colon or not 0 < number < 65536:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address and port, such as 127.0.0.1:9100"
        )
    return address.strip("[]"), number


def greet(lines: Iterable[str], *, form: str, stream: TextIO | None = None) -> None:
    """Print what a server says when it starts; as lines of the log where that is JSON.

    They go where the log goes then, so that nothing else stands between its documents,
    and into no file: a line may let somebody in.

    Parameters
    ----------
    lines
        For a person.
    form
        Of the log, ``"text"`` or ``"json"``.
    stream
        Where text goes; standard output if not given.
    """
    for line in lines:
        if form == "json":
            print(json_line(line.strip()), file=sys.stderr, flush=True)
        else:
            print(line, file=stream, flush=True)
