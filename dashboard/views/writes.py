"""What a part of the page asks to be written, and why it was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.threads import Pool
from dashboard.views.failure import failure
from dashboard.views.island import Message, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.session import Session

NOT_OPEN = "Open that plate first: nothing was done."
"""Said of a message about a plate that is not looked at any more."""


class GuardedWrites:
    """Writes off the event loop; where that is refused, the part is drawn again.

    Parameters
    ----------
    session
        The page's.
    redraw
        Shows what is kept, and the words of the refusal.
    """

    def __init__(self, session: Session, redraw: Callable[[], object]) -> None:
        self._session = session
        self._redraw = redraw
        self._plate = ""
        self._count = 0
        self._refusal = ""

    def make(self, work: Callable[[], object]) -> None:
        """Do what writes, for the plate that is looked at."""
        state = self._session.state
        self._plate = state.plate
        self._session.run(
            work,
            self._done,
            failed=self._failed,
            of=lambda: state.plate,
            pool=Pool.ACTS,
        )

    def make_at(self, message: Message, work: Callable[[str], object]) -> None:
        """Do what writes to the plate that a message names, where that is open.

        What a page shows may be of the plate that it had before.
        """
        key = self._session.state.plate
        if not key or text_of(message, "plate") != key:
            return self.refuse(NOT_OPEN)
        return self.make(lambda: work(key))

    def refuse(self, reason: str) -> None:
        """Say why what a person entered was not kept."""
        self._plate = self._session.state.plate
        self._count += 1
        self._refusal = reason
        self._redraw()

    def content(self) -> list[object]:
        """Return how often it was refused, and why it was the last time.

        The number makes the page take back what a person entered, also where the
        words and what is kept are the same as before.
        """
        same_plate = self._plate == self._session.state.plate
        return [self._count, self._refusal if same_plate else ""]

    def _done(self, _: object) -> None:
        previous, self._refusal = self._refusal, ""
        if previous:
            self._redraw()

    def _failed(self, error: BaseException) -> None:
        self.refuse(failure(error, limit=600))
