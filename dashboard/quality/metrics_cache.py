"""What the process knows of plates: read off the event loop, and no more than fits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dashboard.quality.plate_metrics import Knowledge
from dashboard.quality.well_memory import WellMemory
from hcs.plates import plate_fingerprint

if TYPE_CHECKING:
    import threading

    from dashboard.off_loop import OffLoop
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.metrics import MetricStore

MOST_VALUES = 2_000_000
"""Numbers in memory, some 130 bytes each: five plates of 384 wells x 9 fields x 4
channels. Plates that pages show are beyond it where they must."""

_IDLE = 60.0
"""Seconds after the last look at a plate until its numbers may leave."""


class Memory:
    """Knowledge of plates, loaded when it is first asked for.

    Thread safety: one lock, shared with what fills knowledge.

    Parameters
    ----------
    store
        Where values are kept.
    off_loop
        Reads them.
    lock
        Guards what is known.
    held
        Whether nothing is measured until somebody asks.
    most
        Numbers that stay in memory.
    idle
        Seconds after which those of a plate may leave.
    """

    def __init__(
        self,
        store: MetricStore,
        off_loop: OffLoop,
        lock: threading.RLock,
        *,
        held: bool = False,
        most: int = MOST_VALUES,
        idle: float = _IDLE,
    ) -> None:
        self._store = store
        self._off_loop = off_loop
        self._lock = lock
        self._held = held
        self._most = most
        self._idle = idle
        self._plates: dict[str, tuple[ServedPlate, Knowledge]] = {}

    def __contains__(self, key: str) -> bool:
        """Whether anybody has asked for a plate."""
        return key in self._plates

    def awake(self, key: str) -> bool:
        """Whether a plate's numbers are in memory."""
        entry = self._plates.get(key)
        return entry is not None and entry[1].loaded

    def get(self, plate: ServedPlate) -> Knowledge:
        """Return what is known of a plate.

        On an event loop it may be without numbers: they are being read, and the
        plate's revision says when they are there. Everybody else waits for them.

        Raises
        ------
        SQLAlchemyError
            If they cannot be read.
        """
        known = self._current(plate)
        known.touched = time.monotonic()
        if not known.loaded:
            what = ("values", plate.key, known.id)
            self._off_loop.run(what, lambda: self._load(plate, known), plate.bump)
        return known

    def _current(self, plate: ServedPlate) -> Knowledge:
        """Return what belongs to the plate that is at this place now."""
        id = plate.plate.id
        with self._lock:
            _, known = self._plates.get(plate.key, (None, None))
            if known is not None and known.id == id:
                return known
        # A first correction writes an id; what was measured stays known. But another
        # plate may have been put in its place.
        same = known is not None and known.id in fingerprints(plate)
        with self._lock:
            _, now = self._plates.get(plate.key, (None, None))
            if now is not None and now.id == id:
                return now
            if same and now is not None and now is known:
                before, now.id = now.id, id
            else:
                before = ""
                if now is not None:
                    now.held = True  # its job ends with the next field
                now = Knowledge(id, held=self._held)
                self._plates[plate.key] = plate, now
        if before:
            note = lambda: self._store.renamed(before, id)  # noqa: E731
            self._off_loop.run(("renamed", before, id), note, lambda: None)
        return now

    def _load(self, plate: ServedPlate, known: Knowledge) -> None:
        values, errors = self._store.load(known.id, fingerprints(plate))
        with self._lock:
            if not known.changes:
                # Later on, the job knows better which version is live.
                known.errors = errors
                known.latest = {(key.well, key.field): key for key in values}
            known.values = values
            known.changes += 1
            known.wells = WellMemory()
            known.loaded = True
        self._make_room()

    def _make_room(self) -> None:
        """Let go of the numbers that nobody has looked at for the longest time."""
        now = time.monotonic()
        with self._lock:
            awake = [entry for entry in self._plates.values() if entry[1].loaded]
            sizes = {id(known): known.size for _, known in awake}
            total = sum(sizes.values())
            for plate, known in sorted(awake, key=lambda entry: _looked(*entry)):
                if total <= self._most:
                    return
                if known.idle and now - _looked(plate, known) > self._idle:
                    total -= sizes[id(known)]
                    known.rest()


def _looked(plate: ServedPlate, known: Knowledge) -> float:
    return max(plate.watched, known.touched)


def fingerprints(plate: ServedPlate) -> tuple[str, ...]:
    """Return what a plate was known by before it was given an id of its own."""
    return (plate_fingerprint(plate.plate),) if plate.plate.has_own_id else ()
