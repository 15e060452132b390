"""When Python looks for objects that only hold each other: in moments of rest.

Looking through all objects of plates and pages takes 100 ms and more, in which nobody
is answered. Python begins when many have come into being, so mostly when many act.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.ioloop import IOLoop

LOOK_SECONDS = 2.0

LATEST_SECONDS = 120.0
"""Without a moment of rest they are looked for all the same: closed pages are among
them, and need memory."""

_RESTING = 4
"""Looks at new objects between two of ours, up to which nobody does anything."""

_WORTH = 10
"""Looks at newer objects after which one at all is worth it, as Python takes it."""

_NEVER = 1 << 30


class Garbage:
    """Has Python look through all objects when nobody waits.

    What is there when it begins is never looked at again: modules stay.
    """

    def __init__(self) -> None:
        self._thresholds = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*self._thresholds[:2], _NEVER)
        self._seen = _looks_at_new()
        self._at = time.monotonic()

    def follow(self, loop: IOLoop) -> None:
        """Look every now and then, on an event loop, whether nobody waits."""

        def look() -> None:
            self.look()
            loop.call_later(LOOK_SECONDS, look)

        loop.call_later(LOOK_SECONDS, look)

    def look(self) -> None:
        """Collect where it is worth it, and nobody waits or it is due."""
        seen, self._seen = self._seen, _looks_at_new()
        resting = self._seen - seen <= _RESTING
        due = time.monotonic() - self._at >= LATEST_SECONDS
        if gc.get_count()[2] >= _WORTH and (resting or due):
            gc.collect()
            self._at = time.monotonic()

    def end(self) -> None:
        """Leave it to Python again."""
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()


def _looks_at_new() -> int:
    looks: int = gc.get_stats()[0]["collections"]
    return looks
