"""Acts on the ledger that a page asked for: one after the other, each answered."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.failure import failure
from dashboard.views.island import Message, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.reviews.values import Outcome
    from dashboard.session import Session

NOT_SAVED = "It was not saved"

_MOST_ANSWERS = 20
"""So many answers are repeated, so that a slow page misses none."""


class ActQueue:
    """Does acts in the order in which a page asked for them, each in a thread.

    Parameters
    ----------
    session
        The page's.
    answered
        Called after each answer; shows `answers`.
    failed
        What is said of an act that has failed, before why.
    """

    def __init__(
        self,
        session: Session,
        answered: Callable[[], object],
        failed: str = NOT_SAVED,
    ) -> None:
        self._session = session
        self._answered = answered
        self._words = failed
        self._answers: deque[dict[str, Any]] = deque(maxlen=_MOST_ANSWERS)
        self.count = 0
        """How many answers were given: what is drawn says which it was drawn after."""

    def add(self, message: Message, act: Callable[[], Outcome | None]) -> None:
        """Do an act when those before it are done, and answer its message."""
        acts = self._session.acts

        def run() -> None:
            self._session.run(
                act,
                acts.ending(lambda outcome: self._done(message, outcome)),
                failed=acts.ending(lambda error: self._failed(message, error)),
                pool=Pool.ACTS,
            )

        acts.add(run)

    def refuse(self, message: Message, text: str) -> None:
        """Answer a message with why nothing was done."""
        self.answer(message, error=text)

    def answer(self, message: Message, **content: Any) -> None:
        """Answer a message; the page tells its acts apart by type and batch."""
        self.count += 1
        self._answers.append(
            {
                "n": self.count,
                "type": text_of(message, "type", 20),
                "batch": text_of(message, "batch", 32),
                **content,
            }
        )
        self._answered()

    def answers(self) -> list[dict[str, Any]]:
        """Return the last answers, oldest first."""
        return list(self._answers)

    def _done(self, message: Message, outcome: Outcome | None) -> None:
        self.answer(message, **({} if outcome is None else _in_words(outcome)))

    def _failed(self, message: Message, error: BaseException) -> None:
        self.refuse(message, failure(error, self._words))


def _in_words(outcome: Outcome) -> dict[str, Any]:
    left = list(outcome.left)
    return {
        "text": plain_text(outcome.text),
        "left": [plain_text(well, 40) for well in left[:5]],
        "more": max(0, len(left) - 5),
    }
