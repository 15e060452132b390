"""The pools of threads that pages and pictures are served from, and their limits.

Each pool has one kind of work, so that a stuck file, a slow disk or a crowd at one part
of the page holds up its like and nothing else: verdicts above all.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from hcs.deadline import Deadline, until
from hcs.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

_Result = TypeVar("_Result")

_HELP = (
    "Leave out rows and columns that are not needed, or give it in smaller parts; "
    "others could not use files meanwhile."
)
_ENDS = "The server is being restarted. It was stopped; nothing of it was kept."


class Pool(Enum):
    """Kinds of work: name, threads at one time, and seconds that it may take."""

    WORK = "work", 4, None
    """What a page shows."""

    ACTS = "acts", 8, None
    """Verdicts and signatures: what people wait for, and what must never be kept from
    them. It reads memory and writes the database, and opens no file."""

    DATABASE = "database", 4, None
    """What the database is asked and keeps beside acts: who is here, what others
    judged. A busy database holds it up, and no page by it."""

    FILES = "files", 2, 60.0
    """What a file or a folder decides the length of: tables, plate maps, listings."""

    ARRIVALS = "arrivals", 8, None
    """Waiting for uploads until they are decoded, by children with limits of their own;
    such a thread only sleeps."""

    CHANGES = "changes", 3, None
    """Corrections and tables that are written into plates, whose disk may be slow."""

    PIXELS = "pixels", 4, None
    """Pictures."""

    STACKS = "stacks", 2, None
    """Projections and files to be saved, each of which may hold a gigabyte."""

    UPLOADS = "uploads", 2, None
    """Bytes that arrive: a disk that syncs must not hold up what somebody looks at."""

    def __init__(self, label: str, threads: int, seconds: float | None) -> None:
        self.label, self.threads, self.seconds = label, threads, seconds


class Threads:
    """A pool of threads for each kind of work.

    Work bears the context it was given in, and so the id of its request in the log.
    """

    def __init__(self) -> None:
        self._pools = {
            pool: ThreadPoolExecutor(pool.threads, pool.label) for pool in Pool
        }
        self._lock = threading.Lock()
        self._running: dict[Deadline, Pool] = {}
        self._closing = False

    def submit(
        self, work: Callable[[], _Result], pool: Pool = Pool.WORK
    ) -> Future[_Result]:
        """Do work of a kind as soon as a thread for it is free."""
        return self._pools[pool].submit(
            copy_context().run, lambda: self._work(work, pool)
        )

    def waiting(self) -> dict[str, int]:
        """Return how much work of each kind waits for a thread (fast)."""
        return {
            pool.label: executor._work_queue.qsize()
            for pool, executor in self._pools.items()
        }

    def running(self, pool: Pool) -> tuple[Deadline, ...]:
        """Return the deadlines of what is being done of a kind."""
        with self._lock:
            return tuple(
                deadline for deadline, kind in self._running.items() if kind is pool
            )

    def close(self, seconds: float) -> bool:
        """Stop what can be stopped, drop what has not begun, and wait for the rest.

        Returns
        -------
            Whether all of it has ended within some seconds.
        """
        with self._lock:
            self._closing = True
            running = list(self._running)
        for deadline in running:
            deadline.stop(_ENDS)
        for executor in self._pools.values():
            # Not waiting here: that has no time limit.
            executor.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + seconds
        threads = [
            thread
            for executor in self._pools.values()
            for thread in tuple(executor._threads)
        ]
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _work(self, work: Callable[[], _Result], pool: Pool) -> _Result:
        deadline = Deadline(pool.seconds, _HELP)
        with self._lock:
            # Asked under the lock, so that no work begins which `close` does not see.
            if self._closing:
                raise StoppedError(_ENDS)
            self._running[deadline] = pool
        try:
            with until(deadline):
                return work()
        finally:
            with self._lock:
                del self._running[deadline]
