"""The background threads: surveys, changes on disk, settling.

It looks only at plates that some page has asked for within the last seconds, so a
server with hundreds of plates and nobody watching is idle.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dashboard.plates.registry import WATCHED_SECONDS, is_watched
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.5
"""Between two looks at the documents of a watched plate."""

LIST_SECONDS = 4.0
"""Between two looks for new plates, while a page shows the list."""

SETTLE_SECONDS = 5.0
"""Between two looks for corrections that are due to settle."""

REMOTE_WELLS = 8
"""Documents of a remote plate that one look asks for; the others have their turn."""

LOCAL_WELLS = 128
"""Documents of a plate on a disk that one look asks for: the disk may be a share."""

SILENT_SECONDS = 10.0
"""A place that has not answered for so long counts as one that is not there."""

_TICK = 0.5
_AT_ONCE = 3
"""Plates that are looked after at a time."""


class Watcher:
    """Looks after watched plates until it is stopped.

    Parameters
    ----------
    plates
        What to look after.
    survey
        Called once for a plate that pages look at.
    wells_changed
        Called with a plate and the paths of wells whose documents have changed.
    returned
        Called with a plate that is there again, after it could not be reached.
    settle
        Called with a plate and the grace time; returns whether something is left to
        settle. None where nothing may be written.
    settle_after
        Grace time in seconds, None for the library's own.
    """

    def __init__(
        self,
        plates: Plates,
        *,
        survey: Callable[[ServedPlate], None],
        wells_changed: Callable[[ServedPlate, list[str]], None],
        returned: Callable[[ServedPlate], None],
        settle: Callable[[ServedPlate, float | None], bool] | None,
        settle_after: float | None = None,
    ) -> None:
        self._plates = plates
        self._survey = survey
        self._wells_changed = wells_changed
        self._returned = returned
        self._settle = settle
        self._settle_after = settle_after
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._list_watched = 0.0
        self._due_at: dict[tuple[str, str], float] = {}
        self._failed: dict[str, str] = {}
        self._busy: set[str] = set()
        self._asked_at: dict[str, float] = {}
        """Since when a plate's place has been asked whether it is there."""

        self._pool = ThreadPoolExecutor(_AT_ONCE, "watching")
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether background work should end."""
        return self._stop.is_set()

    @property
    def thread(self) -> threading.Thread:
        """What does the work."""
        return self._thread

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for what is being done."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """Look at once, as a page waits for a survey."""
        self._wake.set()

    def look_at_list(self) -> None:
        """Note that a page shows the list of plates."""
        self._list_watched = time.monotonic()

    def _run(self) -> None:
        while not self.stopping:
            self._wake.wait(_TICK)
            self._wake.clear()
            now = time.monotonic()
            if self._listis_watched(now) and self._due("", "list", LIST_SECONDS):
                self._safely("", self._plates.rescan)
            for plate in self._plates.all():
                self._note_silence(plate, now)
                if plate.key not in self._busy and self._asks_for_care(plate, now):
                    # A slow plate, far away, must not keep the others waiting.
                    self._busy.add(plate.key)
                    self._pool.submit(self._look_after_and_free, plate, now)

    def _listis_watched(self, now: float) -> bool:
        """Whether somebody looks at the list, or for a plate that may have moved."""
        return now - self._list_watched < WATCHED_SECONDS or any(
            plate.absence is not None and is_watched(plate, now)
            for plate in self._plates.all()
        )

    def _asks_for_care(self, plate: ServedPlate, now: float) -> bool:
        return (
            is_watched(plate, now)
            or plate.absence is not None
            or bool(plate.knowledge.unsettled_wells())
        )

    def _look_after_and_free(self, plate: ServedPlate, now: float) -> None:
        try:
            self._safely(plate.key, self._look_after, plate, now)
        finally:
            self._busy.discard(plate.key)

    def _look_after(self, plate: ServedPlate, now: float) -> None:
        watched = is_watched(plate, now)
        due = self._due(plate.key, "look", LOOK_SECONDS)
        if due and not self._reach(plate):
            return
        try:
            if watched and not plate.surveyed:
                self._survey(plate)
            elif watched and due:
                self._look(plate)
            if self._settle is not None and self._is_to_settle(plate):
                self._settle(plate, self._settle_after)
        except HCSError:
            # Where the whole plate has gone meanwhile, that is what is to be said.
            if self._reach(plate):
                raise

    def _is_to_settle(self, plate: ServedPlate) -> bool:
        return (
            plate.surveyed
            and plate.absence is None
            and plate.writable
            and (
                bool(plate.knowledge.unsettled_wells())
                or (plate.key, "settle") not in self._due_at
            )
            and self._due(plate.key, "settle", SETTLE_SECONDS)
        )

    def _reach(self, plate: ServedPlate) -> bool:
        """Read the plate document where it is another; return whether it is there.

        Raises
        ------
        HCSError
            If the plate could never be opened: its page says why.
        """
        opened = plate.opening.opened is not None
        self._asked_at[plate.key] = time.monotonic()
        try:
            changed = plate.reread()
        except HCSError as error:
            if not opened:
                raise
            self._plates.lost(plate, str(error))
            return False
        finally:
            self._asked_at.pop(plate.key, None)
        if plate.reach.regain():
            self._returned(plate)
        if changed:
            plate.bump()
        return True

    def _note_silence(self, plate: ServedPlate, now: float) -> None:
        """Say that a place does not answer, which the thread that asks it cannot."""
        asked_at = self._asked_at.get(plate.key)
        if asked_at is not None and now - asked_at > SILENT_SECONDS:
            self._plates.lost(plate, f"{plate.location} does not answer.")

    def _look(self, plate: ServedPlate) -> None:
        remote = plate.store.is_remote
        paths = plate.changed_wells(REMOTE_WELLS if remote else LOCAL_WELLS)
        paths += plate.unknown_wells()
        if paths:
            self._wells_changed(plate, paths)

    def _due(self, key: str, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due_at.get((key, what), 0.0):
            return False
        self._due_at[key, what] = now + seconds
        return True

    def _safely(self, key: str, work: Callable[..., object], *args: object) -> None:
        """Do it; an error of one plate must not end the thread, nor fill the log."""
        try:
            work(*args)
            self._failed.pop(key, None)
        except Exception as error:  # noqa: BLE001
            text = f"{type(error).__name__}: {error}"
            if self._failed.get(key) == text:
                return
            self._failed[key] = text
            if isinstance(error, HCSError):
                _LOG.warning("Plate %s cannot be looked after: %s", key, error)
            else:
                _LOG.exception("Looking after plate %s failed.", key)
