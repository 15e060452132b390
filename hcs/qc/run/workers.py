"""Run one function over many items: here, in a pool of processes, on a cluster."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections import deque
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from typing import TYPE_CHECKING, Any, TypeVar

from hcs.lifeline import end_with_parent
from hcs.qc.run.heap import held_memory
from hcs.qc.run.spawning import WorkerContext

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

Result = TypeVar("Result")

_NICE = 10
"""How far workers step back behind the page that people wait for."""

_IN_FLIGHT = 2
"""Tasks handed out for each process: one in work, one waiting."""

_CLUSTER_IN_FLIGHT = 64
"""Tasks handed out to an executor whose size is not known."""

_STOP_SECONDS = 2.0
"""That tasks in work may take to end, once no more of them are wanted."""

_STUCK_SECONDS = 1800.0
"""Without the end of any task one of them is taken for stuck: usual ones take seconds,
and the largest field that is read, on a slow share, some minutes."""

_PATIENCE = 0.5
"""Seconds after which a wait for results looks whether it was cancelled."""


def in_workers(
    function: Callable[..., Result],
    items: Sequence[tuple[Any, ...]],
    died: Callable[[tuple[Any, ...], str], Result],
    *,
    workers: int = 0,
    executor: Executor | None = None,
    cancelled: Callable[[], bool] | None = None,
    split: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]] | None = None,
) -> Iterator[Result]:
    """Yield ``function(*item)`` for each item, in the order in which they are done.

    Parameters
    ----------
    function
        Importable by its name, and catching its own errors.
    items
        Arguments of each call.
    died
        Makes the result of an item whose worker died or could not be reached, from the
        item and a sentence.
    workers
        Number of processes; 0 runs here.
    executor
        Used instead of own processes.
    cancelled
        Asked again and again; once true, no other item is started.
    split
        Takes an item apart that killed its worker, so that only its guilty part is
        recorded; items cannot be taken apart where it is not given.
    """
    parts = split if split is not None else _whole
    stop = cancelled if cancelled is not None else _never
    if executor is not None:
        yield from _run_on(executor, function, deque(items), died, stop, parts)
    elif workers < 1:
        for item in items:
            if stop():
                return
            yield function(*item)
    else:
        yield from _run_in_processes(function, deque(items), died, workers, stop, parts)


def _never() -> bool:
    return False


def _whole(item: tuple[Any, ...]) -> Sequence[tuple[Any, ...]]:
    return [item]


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of processes that start afresh, never as copies of this one.

    They have a low priority, libraries in them use one thread, none of our servers'
    variables is in their environment, and they end with this process, also where it is
    killed. They start with the first tasks.
    """
    return ProcessPoolExecutor(
        workers,
        mp_context=WorkerContext(),
        initializer=_begin,
    )


def _begin() -> None:
    """Make a process that has just started a worker of its parent."""
    end_with_parent()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):  # a container may not allow it
            os.nice(_NICE)


def _run_in_processes(
    function: Callable[..., Result],
    waiting: deque[tuple[Any, ...]],
    died: Callable[[tuple[Any, ...], str], Result],
    workers: int,
    stop: Callable[[], bool],
    parts: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]],
) -> Iterator[Result]:
    """Use a pool; when one of its processes dies, find out whose fault it was.

    A dying process breaks the whole pool, so what was in work is tried again one by
    one: whatever breaks a pool alone is guilty. One that does not come back is ended.
    """
    alone: deque[tuple[Any, ...]] = deque()
    while (waiting or alone) and not stop():
        pool = process_pool(workers)
        patience = _Patience(pool, stop)
        try:
            while alone and not stop():
                item = alone.popleft()
                try:
                    yield patience.result(pool.submit(function, *item))
                except BrokenExecutor:
                    alone.extendleft(reversed(pieces := list(parts(item))))
                    # Where work is stopped we have ended the process: nobody is guilty.
                    if len(pieces) == 1 and not stop():
                        yield died(alone.popleft(), patience.reason)
                    break
            else:
                window = _IN_FLIGHT * workers
                draining = _drain(
                    pool, function, waiting, died, stop, window, patience=patience
                )
                alone.extend((yield from draining))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Patience:
    """Ends the processes of a pool of ours whose tasks do not come back.

    Parameters
    ----------
    pool
        The pool; it breaks then, as where a process dies.
    stop
        Whether no more results are wanted.
    """

    def __init__(self, pool: ProcessPoolExecutor, stop: Callable[[], bool]) -> None:
        self._pool, self._stop = pool, stop
        self._since = time.monotonic()
        self._stopping = False
        self.reason = "the process that measured it died"

    def result(self, future: Future[Result]) -> Result:
        """Return the result of a task, as `Future.result`."""
        self.renew()
        while not wait([future], timeout=_PATIENCE).done:
            self.look()
        return future.result()

    def renew(self) -> None:
        """Count from now on: a task has begun or ended."""
        if not self._stopping:
            self._since = time.monotonic()

    def look(self) -> None:
        """End the processes if it has been too long; called while tasks are in work."""
        if self._stop() and not self._stopping:
            self.renew()
            self._stopping = True
        limit = _STOP_SECONDS if self._stopping else _STUCK_SECONDS
        if time.monotonic() - self._since > limit:
            self.reason = f"it took longer than {limit / 60:.0f} minutes"
            self.end()

    def end(self) -> None:
        """End the processes now."""
        for process in tuple((self._pool._processes or {}).values()):
            process.kill()


def _run_on(
    executor: Executor,
    function: Callable[..., Result],
    waiting: deque[tuple[Any, ...]],
    died: Callable[[tuple[Any, ...], str], Result],
    stop: Callable[[], bool],
    parts: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]],
) -> Iterator[Result]:
    """Use somebody else's executor; when it breaks as a whole, so does the work."""
    # Python's own executors say their size so, those of clusters do not.
    size = getattr(executor, "_max_workers", None)
    window = _IN_FLIGHT * size if isinstance(size, int) else _CLUSTER_IN_FLIGHT
    in_held_memory = functools.partial(_in_held_memory, function)
    lost = yield from _drain(
        executor, in_held_memory, waiting, died, stop, window, parts
    )
    for item in (*lost, *waiting) if lost else ():
        yield died(item, "the pool of processes that measured it broke")


def _in_held_memory(function: Callable[..., Result], *item: Any) -> Result:
    with held_memory():
        return function(*item)


def _drain(
    pool: Executor,
    function: Callable[..., Result],
    waiting: deque[tuple[Any, ...]],
    died: Callable[[tuple[Any, ...], str], Result],
    stop: Callable[[], bool],
    window: int,
    parts: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]] = _whole,
    patience: _Patience | None = None,
) -> Generator[Result, None, list[tuple[Any, ...]]]:
    """Keep a window of items in work; return those in work when the pool broke."""
    flying: dict[Future[Result], tuple[Any, ...]] = {}
    try:
        while (waiting and not stop()) or flying:
            while waiting and len(flying) < window and not stop():
                item = waiting.popleft()
                try:
                    flying[pool.submit(function, *item)] = item
                except BrokenExecutor:
                    # A process may die between two tasks, and then nothing is taken.
                    return [*flying.values(), item]
            ended, _ = wait(flying, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
            if patience is not None:
                if ended:
                    patience.renew()
                patience.look()
            if stop():
                for future in [future for future in flying if future.cancel()]:
                    del flying[future]
            for future in ended & flying.keys():
                error = future.exception()
                if isinstance(error, BrokenExecutor):
                    return list(flying.values())
                item = flying.pop(future)
                if error is not None and len(pieces := list(parts(item))) > 1:
                    waiting.extend(pieces)
                elif error is not None:
                    yield died(item, f"its worker failed: {error!r}")
                else:
                    yield future.result()
        return []
    finally:
        # Of these nobody takes a result any more, and closing the pool waits for them.
        left = [future for future in flying if not (future.cancel() or future.done())]
        if left and patience is not None:
            patience.end()
