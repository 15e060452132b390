"""What can be had of something slow in a moment: a store may hang, a cell must not."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


@dataclass(slots=True)
class Taken(Generic[T]):
    """What a moment was enough for.

    Attributes
    ----------
    items
        In their order.
    complete
        Whether there was nothing more.
    error
        What ended them.
    """

    items: list[T] = field(default_factory=list)
    complete: bool = False
    error: Exception | None = None


def take(items: Callable[[], Iterable[T]], seconds: float) -> Taken[T]:
    """Return what comes of some items within a time.

    Parameters
    ----------
    items
        Called, and iterated over, in a thread of its own. It is asked for no further
        item once the time is over; the one that is being made then is lost.
    seconds
        How long to wait at most.

    Examples
    --------
    >>> take(lambda: range(3), 5.0)
    Taken(items=[0, 1, 2], complete=True, error=None)
    """
    taken: Taken[T] = Taken()
    over = threading.Event()

    def run() -> None:
        try:
            for item in items():
                if over.is_set():
                    return
                taken.items.append(item)
        except Exception as error:  # noqa: BLE001  (said to who asked, in its thread)
            taken.error = error
        taken.complete = taken.error is None

    # A daemon: an interpreter that ends waits for no store.
    thread = threading.Thread(target=run, name="hcs-moment", daemon=True)
    thread.start()
    thread.join(seconds)
    over.set()
    # A copy: the thread may be about to add one.
    return Taken(list(taken.items), taken.complete, taken.error)
