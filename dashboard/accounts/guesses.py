"""Limits on guessing passwords: each failure makes the next try wait longer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

_REMEMBERED = 10_000
"""Names and addresses; those that failed last."""

_FORGIVEN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are free, and how long one waits after them at most."""

    free: int
    longest: float
    """Seconds."""

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures.

        >>> patience = Patience(free=3, longest=60)
        >>> [patience.wait(failures) for failures in (3, 4, 5, 6, 99)]
        [0.0, 1.0, 2.0, 4.0, 60.0]
        """
        over = failures - self.free
        return 0.0 if over <= 0 else float(min(2 ** min(over - 1, 30), self.longest))


NAME = Patience(free=4, longest=60.0)
"""Whoever knows a name keeps its person waiting, but at browsers that they came in from
before: see `dashboard.accounts.known_browsers`."""

ADDRESS = Patience(free=20, longest=60.0)
"""Behind a proxy all people have one address."""


class Guesses:
    """Failed tries to sign in, by name and by address.

    Parameters
    ----------
    clock
        Seconds that only grow.

    Notes
    -----
    Thread safety: one lock guards the counts. Memory is bounded: what failed longest
    ago is forgotten first, and each after an hour without a failure.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, LRUCache[str, tuple[int, float]]] = {
            "name": LRUCache(_REMEMBERED),
            "address": LRUCache(_REMEMBERED),
        }

    def wait(self, name: str, address: str) -> float:
        """Return the seconds that this name and this address still have to wait."""
        with self._lock:
            return max(
                self._wait("name", _short(name), NAME),
                self._wait("address", address, ADDRESS),
            )

    def _wait(self, kind: str, key: str, patience: Patience) -> float:
        failures, last = self._failures[kind].get(key) or (0, 0.0)
        return max(0.0, last + patience.wait(failures) - self._clock())

    def begin(self, name: str, address: str) -> None:
        """Count a try as failed until `succeeded`: many at once are no way around."""
        with self._lock:
            for kind, key in (("name", _short(name)), ("address", address)):
                failures, last = self._failures[kind].get(key) or (0, 0.0)
                moment = self._clock()
                if moment - last > _FORGIVEN_SECONDS:
                    failures = 0
                self._failures[kind].set(key, (failures + 1, moment))

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of a name, and this try's of its address.

        The address keeps its others: one known password must not pay for guesses at
        other people's.
        """
        with self._lock:
            self._failures["name"].set(_short(name), (0, 0.0))
            failures, last = self._failures["address"].get(address) or (1, 0.0)
            self._failures["address"].set(address, (max(0, failures - 1), last))


def _short(name: str) -> str:
    return name.strip().casefold()[:200]
