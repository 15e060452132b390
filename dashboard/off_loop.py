"""Work that nobody on an event loop waits for, and everybody else does."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from concurrent.futures import Future

_LOG = logging.getLogger(__name__)

SOON = 0.05
"""Seconds for which an event loop waits: what is small is there by then."""

_THREADS = 2


@dataclass(slots=True)
class _Work:
    future: Future[None]
    late: bool = False
    """Somebody went on without it."""


class OffLoop:
    """Does each piece of work once, in a thread.

    Thread safety: its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[Hashable, _Work] = {}
        self._threads = ThreadPoolExecutor(_THREADS, "off-loop")
        self._closed = False

    def close(self) -> None:
        """Finish what has begun, and begin nothing else."""
        with self._lock:
            self._closed = True
        self._threads.shutdown(wait=True, cancel_futures=True)

    def run(
        self,
        key: Hashable,
        work: Callable[[], object],
        later: Callable[[], object],
        patience: float = SOON,
    ) -> bool:
        """Do some work and wait for it, on an event loop for a moment only.

        Parameters
        ----------
        key
            The same work has the same one; it is not done twice at once.
        work
            Raises what whoever waits is to get.
        later
            Called once it is done, where somebody did not wait so long.
        patience
            Seconds for which an event loop waits.

        Returns
        -------
            Whether it is done.
        """
        with self._lock:
            if self._closed:
                return False
            job = self._works.get(key)
            if job is None:
                job = _Work(self._threads.submit(self._work, key, work, later))
                self._works[key] = job
        if not on_event_loop():
            job.future.result()
            return True
        if not job.late:
            try:
                job.future.result(patience)
                return True
            except TimeoutError:
                # It may have ended just now: then nobody would call `later`.
                with self._lock:
                    job.late = self._works.get(key) is job
        return not job.late

    def _work(
        self, key: Hashable, work: Callable[[], object], later: Callable[[], object]
    ) -> None:
        try:
            work()
        except Exception:
            if self._ended(key).late:
                # Whoever asks next tries again.
                _LOG.exception("Reading %r failed.", key)
            raise
        if self._ended(key).late:
            later()

    def _ended(self, key: Hashable) -> _Work:
        with self._lock:
            return self._works.pop(key)


def on_event_loop() -> bool:
    """Return whether whoever calls is on an event loop, where nothing may wait."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
