"""What is known of a plate's wells and channels; in memory, nothing is read here."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.plates.poll_order import next_turn
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from dashboard.plates.values import ChannelDisplay, WellStatus

_WATCHED_WELLS = 32
"""Wells that are looked at more often because pages show them."""

_GROWING_SECONDS = 600.0
"""After something has come, what is not there yet is pending for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWell:
    """What a look at a well document has shown."""

    state: WellStatus
    n_fields: int | None = None
    error: str | None = None
    corrected: bool = False
    revised: bool = False
    corrected_fields: int = 0
    """Fields that show something else than their first version."""

    unsettled: int = 0
    """Fields with something left to be put in its place."""

    moving: int = 0
    """Corrected ones of them."""

    fields: tuple[tuple[str, int | None], ...] = ()
    """Names and acquisitions of its fields."""

    mark: str = ""
    """Changes with any version of any of its fields."""

    stamp: Hashable | None = None
    """Of the document when it was read."""


class PlateKnowledge:
    """Filled by the survey and by every look at a well.

    Thread safety: one lock guards the table of wells.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wells: dict[str, KnownWell] = {}
        """By path, in the order in which they were last chosen for a look."""

        self._watched: LRUCache[str, bool] = LRUCache(_WATCHED_WELLS)
        """Paths of the wells that pages have asked for last."""

        self._grown = -math.inf
        self.channels: tuple[ChannelDisplay, ...] = ()
        """The plate's channels and contrast; empty until they are known."""

        self.surveyed = False
        """Whether every well was looked at once."""

    def well(self, path: str) -> KnownWell | None:
        """Return what is known of a well, None where nothing is."""
        return self._wells.get(path)

    def watch(self, path: str) -> None:
        """Note that a page shows a well."""
        self._watched.set(path, True)

    def learn(self, path: str, well: KnownWell) -> bool:
        """Take what a look at a well has shown; return whether it is news."""
        with self._lock:
            before = self._wells.get(path)
            self._wells[path] = well
            more = (well.n_fields or 0) > ((before and before.n_fields) or 0)
            if self.surveyed and more:
                self._grown = time.monotonic()
        # A document that was written again with the same content is no news.
        return before is None or dataclasses.replace(before, stamp=well.stamp) != well

    def keep_only(self, paths: Collection[str]) -> None:
        """Forget the wells that the plate does not list any more."""
        with self._lock:
            for path in self._wells.keys() - set(paths):
                del self._wells[path]

    def without(self, paths: Collection[str]) -> list[str]:
        """Return those of some wells that nobody has looked at."""
        with self._lock:
            return [path for path in paths if path not in self._wells]

    def next_to_look_at(self, at_most: int | None) -> list[tuple[str, KnownWell]]:
        """Return wells to look at now, those first that had to wait longest."""
        with self._lock:
            watched = {path for path, _ in self._watched.items()}
            turn = next_turn(self._wells, watched, at_most)
            chosen = [(path, self._wells.pop(path)) for path in turn]
            # Moved to the end: the others have their turn next time.
            self._wells.update(chosen)
        return chosen

    @property
    def growing(self) -> bool:
        """Whether wells or fields have come not long ago, while somebody looked."""
        return time.monotonic() - self._grown < _GROWING_SECONDS

    def wells(self, *, more_to_come: bool) -> dict[str, KnownWell]:
        """Return what is known by path.

        Parameters
        ----------
        more_to_come
            The plate is still being written: what is missing has only not come yet.
        """
        with self._lock:
            wells = dict(self._wells)
        if more_to_come or self.growing:
            for path, well in wells.items():
                if well.state == "missing":
                    wells[path] = dataclasses.replace(well, state="pending")
        return wells

    def unsettled_wells(self) -> tuple[str, ...]:
        """Return the wells with a corrected field that is not at its first path."""
        with self._lock:
            return tuple(path for path, well in self._wells.items() if well.unsettled)

    def fields_by_well(self) -> dict[str, tuple[tuple[str, int | None], ...]]:
        """Return names and acquisitions of the known fields by path of the well."""
        with self._lock:
            return {path: well.fields for path, well in self._wells.items()}
