"""Work on a picture that ends early once nobody waits for it any more."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")

_LEFT: ContextVar[Callable[[], bool] | None] = ContextVar("left", default=None)


class LeftError(Exception):
    """Who asked has left. No `HCSError`, for those become pictures of an error."""


def until_left(left: Callable[[], bool], work: Callable[[], _Result]) -> _Result:
    """Do work in this thread that `check` ends once `left` says so."""
    token = _LEFT.set(left)
    try:
        return work()
    finally:
        _LEFT.reset(token)


def check() -> None:
    """End the work in this thread if who asked for it has left.

    Raises
    ------
    LeftError
        Out of `until_left`.
    """
    left = _LEFT.get()
    if left is not None and left():
        raise LeftError("Nobody waits for this any more.")
