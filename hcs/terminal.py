"""Text for a terminal: safe to print, aligned, and a bar for what takes long."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

_BAR_COLUMNS = 30
_SECONDS_BETWEEN = 0.1
"""Ten steps a second are enough for an eye, and cost nothing over a slow line."""


def safe(text: object) -> str:
    r"""Return text in one line, without what a terminal would obey.

    Names come from files, and a name may hold escape sequences, line breaks or marks
    that turn the direction of writing.

    >>> safe("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    line = str(text).replace("\n", " ").replace("\t", " ")
    return "".join(char if char.isprintable() else "\ufffd" for char in line)


def say(line: object = "") -> None:
    """Write one line of a command's result."""
    sys.stdout.write(f"{safe(line)}\n")


def say_error(line: object) -> None:
    """Write one line for the person, apart from the result."""
    sys.stderr.write(f"{safe(line)}\n")


@contextmanager
def logged(verbose: bool) -> Iterator[None]:
    """Show what the library logs meanwhile: warnings, and all it does if `verbose`."""
    import logging

    class Lines(logging.Handler):
        """Writes what the library logs as lines for the person."""

        def emit(self, record: logging.LogRecord) -> None:
            say_error(record.getMessage())

    logger, lines = logging.getLogger("hcs"), Lines()
    before = logger.level
    lines.setLevel(logging.INFO if verbose else logging.WARNING)
    logger.addHandler(lines)
    if verbose:
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(lines)
        logger.setLevel(before)


def printable(argument: str) -> str:
    r"""Return an argument with bytes that are no text replaced.

    They can be a file's name, and stay where one has it; nothing else that is typed,
    such as a reason, could be kept with them.

    >>> printable("re-imaged \udcff")
    're-imaged ?'
    """
    text = argument.encode(errors="replace").decode()
    return argument if text == argument or os.path.lexists(argument) else text


TRACEBACK = "HCS_TRACEBACK"
"""Environment variable that lets errors which nobody foresaw through."""


def internal_error(error: Exception) -> str:
    """Return a line on an error that no command has words for; raise it where asked to.

    Such an error is a fault of the program, save where the system refuses something.
    """
    if os.environ.get(TRACEBACK):
        raise error
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}."
    reason = str(error).partition("\n")[0][:300].rstrip(".") or "no reason was given"
    return (
        f"{type(error).__name__}: {reason}. This is a fault of the program: run it "
        f"again with {TRACEBACK}=1 to see where, and report that."
    )


def processes(text: str) -> int:
    """Return the number of an option such as ``--workers``, for argparse.

    >>> processes("2")
    2
    """
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


processes.__name__ = "number of processes"  # what argparse calls it in its message


def table(rows: Iterable[Sequence[object]], indent: str = "") -> list[str]:
    """Return rows as lines with aligned columns; the last column may be long.

    >>> table([("a", "bb"), ("ccc", "d")])
    ['a    bb', 'ccc  d']
    """
    cells = [[safe(cell) for cell in row] for row in rows]
    widths = [
        max(len(row[column]) for row in cells if column < len(row))
        for column in range(max(map(len, cells), default=0))
    ]
    lines = []
    for row in cells:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(f"{indent}{'  '.join(padded)}".rstrip())
    return lines


LEAST_PACE = 2.0
"""Seconds after which a pace is worth being shown."""


def seconds_left(done: int, total: int, spent: float) -> float | None:
    """Return how long the rest will take at the pace so far, None while unknown.

    >>> seconds_left(10, 40, 5.0)
    15.0
    """
    if done < 1 or spent < LEAST_PACE or done >= total:
        return None
    return spent * (total - done) / done


def duration(seconds: float) -> str:
    """Return a duration for people.

    >>> duration(8), duration(75), duration(3 * 3600)
    ('8 s', '2 min', '3.0 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{-(-seconds // 60):.0f} min"
    return f"{seconds / 3600:.1f} h"


class Bar:
    """A progress bar on standard error, silent where that is no terminal.

    Use it as a context manager, and call it with what is done and the total.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self._shown = False
        self._next = 0.0
        self._first: tuple[float, int] | None = None
        self._on = sys.stderr.isatty()

    def __call__(self, done: int, total: int | None) -> None:
        """Show that `done` of `total` steps are done."""
        if not self._on or not total:
            return
        moment = time.monotonic()
        if self._first is None:
            # What was done before, as of an interrupted run, says nothing of the pace.
            self._first = moment, done
        if moment < self._next and done < total:
            return
        self._next = moment + _SECONDS_BETWEEN
        start, before = self._first
        left = seconds_left(done - before, total - before, moment - start)
        remaining = "" if left is None else f"  {duration(left)} left"
        filled = _BAR_COLUMNS * min(done, total) // total
        bar = "#" * filled + "." * (_BAR_COLUMNS - filled)
        sys.stderr.write(f"\r{self.label} [{bar}] {done}/{total}{remaining}\x1b[K")
        sys.stderr.flush()
        self._shown = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
