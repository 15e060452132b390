"""A plate that was there and cannot be reached now: since when, and why.

A share that is unmounted, a folder that was renamed, a bucket that does not answer, an
archive that something else was written over: what is known of the plate stays on the
pages as it was last seen, nothing is decided on it, and it comes back by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.events import now
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.plate_opening import PlateOpening

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Absence:
    """That a plate cannot be reached."""

    since: str
    """When that was noticed: UTC, ISO 8601."""

    reason: str
    """What the last look came to, in a sentence; it may name the plate's place."""

    moved_to: str = ""
    """Key of another served plate with the same id; "" where there is none."""


class Reach:
    """Whether one plate can be reached, as far as anybody looked.

    Parameters
    ----------
    key
        Of the plate.
    opening
        What opens it.
    changed
        Called when it has gone or come back.

    Notes
    -----
    Thread safety: one lock. Each change of state is one line of the log.
    """

    def __init__(
        self, key: str, opening: PlateOpening, changed: Callable[[], object]
    ) -> None:
        self._key = key
        self._opening = opening
        self._changed = changed
        self._lock = threading.Lock()
        self._absence: Absence | None = None
        self._absent_at = 0.0

    @property
    def absence(self) -> Absence | None:
        """That it cannot be reached; None where it can."""
        return self._absence

    @property
    def absent_seconds(self) -> float:
        """For how long it cannot be reached; 0 where it can."""
        return 0.0 if self._absence is None else time.monotonic() - self._absent_at

    def lose(self, reason: str, moved_to: str = "") -> None:
        """Note that it cannot be reached; the first time is the one that counts."""
        with self._lock:
            before = self._absence
            if before is None:
                self._absent_at = time.monotonic()
            since = before.since if before else now()
            self._absence = absence = Absence(since, reason, moved_to)
        if before is None:
            _LOG.warning("Plate %s cannot be reached: %s", self._key, reason)
        if absence != before:
            self._changed()

    def regain(self) -> bool:
        """Note that it can be reached; return whether that is news."""
        with self._lock:
            before, self._absence = self._absence, None
        if before is None:
            return False
        _LOG.warning(
            "Plate %s is there again; it was away since %s.", self._key, before.since
        )
        self._changed()
        return True

    def is_there(self) -> bool:
        """Whether its document can be read at this moment (slow).

        For work that goes on without anybody looking: what fails on a plate that has
        gone says nothing of its fields.
        """
        try:
            self._opening.check()
        except HCSError as error:
            self.lose(str(error))
            return False
        return True
