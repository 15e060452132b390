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

_FEW = 2
"""Looks at new objects between two of ours, up to which nobody does anything: some 50
open pages need one or two."""

_LATE_SECONDS = 0.05
"""Of a look, from which on the machine has more to do than it can: then those who act
make few objects, too, and wait for each of them."""

_RESTING = 3
"""Looks in a row that found nobody at work."""

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
        self._calm = 0
        self._at = time.monotonic()

    def follow(self, loop: IOLoop) -> None:
        """Look every now and then, on an event loop, whether nobody waits."""

        def look(at: float) -> None:
            self.look(loop.time() - at)
            follow()

        def follow() -> None:
            at = loop.time() + LOOK_SECONDS
            loop.call_at(at, look, at)

        follow()

    def look(self, late: float = 0.0) -> None:
        """Collect where it is worth it, and nobody waits or it is due.

        Parameters
        ----------
        late
            Seconds by which the event loop comes to it late.
        """
        seen, self._seen = self._seen, _looks_at_new()
        calm = self._seen - seen <= _FEW and late < _LATE_SECONDS
        self._calm = self._calm + 1 if calm else 0
        due = time.monotonic() - self._at >= LATEST_SECONDS
        if gc.get_count()[2] >= _WORTH and (self._calm >= _RESTING or due):
            gc.collect()
            self._at = time.monotonic()

    def end(self) -> None:
        """Leave it to Python again."""
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()


def _looks_at_new() -> int:
    looks: int = gc.get_stats()[0]["collections"]
    return looks
