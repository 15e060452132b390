"""Answers to one question that is asked again and again, in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")


class Answers:
    """Takes no answer after a later one: a disk may hold up the earlier.

    Not only the last: of what changes all the time, nothing would ever be shown.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._taken = 0

    @property
    def awaited(self) -> bool:
        """Whether the last question has no answer yet."""
        return self._asked != self._taken

    def ask(self) -> Callable[[Callable[[_Answer], object]], Callable[[_Answer], None]]:
        """Ask once more.

        Returns
        -------
            What makes a function that takes this answer, unless it comes too late.
        """
        self._asked += 1
        number = self._asked

        def in_order(take: Callable[[_Answer], object]) -> Callable[[_Answer], None]:
            def taken(answer: _Answer) -> None:
                if number > self._taken:
                    self._taken = number
                    take(answer)

            return taken

        return in_order
