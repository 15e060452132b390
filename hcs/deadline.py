"""Work that a file starts ends by a time, or as soon as somebody stops it.

No thread can be ended from outside. So what goes through as much as a file holds asks
at each row whether it shall go on: `go_on`. It costs 0.1 µs, and nothing is asked of
work that has no deadline. What may not come back at all runs in a child process that is
killed instead (`hcs.lifeline`).
"""

from __future__ import annotations

import contextlib
import math
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hcs.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Deadline:
    """Until when some work may go on.

    Parameters
    ----------
    seconds
        From now on; None where only `stop` ends it.
    help
        What a person can do about work that takes longer, as a sentence.
    """

    def __init__(self, seconds: float | None = None, help: str = "") -> None:
        self._seconds = seconds
        self._end = math.inf if seconds is None else time.monotonic() + seconds
        self._help = help
        self._reason = ""

    def stop(self, reason: str) -> None:
        """End the work at its next step, for a reason that is a sentence."""
        self._reason = reason
        self._end = -math.inf

    @property
    def over(self) -> bool:
        """Whether the work is to end."""
        return time.monotonic() >= self._end

    def go_on(self) -> None:
        """Do nothing, or end the work.

        Raises
        ------
        StoppedError
            If its time is over, or it was stopped.
        """
        if self.over:
            raise StoppedError(
                self._reason
                or f"It took longer than {self._seconds:g} seconds, and was given up. "
                f"{self._help}".rstrip()
            )


_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """Give what is done meanwhile, in this thread, a deadline."""
    token = _CURRENT.set(deadline)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def go_on() -> None:
    """Do nothing, or end the work of this thread whose deadline is over.

    Raises
    ------
    StoppedError
        If its time is over, or it was stopped.
    """
    deadline = _CURRENT.get()
    if deadline is not None:
        deadline.go_on()


def is_over() -> bool:
    """Return whether the work of this thread is to end, where it may end in order."""
    deadline = _CURRENT.get()
    return deadline is not None and deadline.over
