"""Run one function over many items: here, in a pool of processes, on a cluster."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import threading
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
from hcs.qc.run.heap import kept_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

Result = TypeVar("Result")

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "BLOSC_NTHREADS",
)

_NICE = 10
"""How far workers step back behind the page that people wait for."""

_IN_FLIGHT = 2
"""Tasks handed out for each process: one in work, one waiting."""

_CLUSTER_IN_FLIGHT = 64
"""Tasks handed out to an executor whose size is not known."""

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

    They have a low priority, libraries in them use one thread, and they end with this
    process, also where it is killed.
    """
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
    )
    with _one_thread():
        # Processes start with the first tasks, and take the environment of then.
        wait([pool.submit(_never) for _ in range(workers)])
    return pool


def _begin() -> None:
    """Make a process that has just started a worker of its parent."""
    end_with_parent()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICE)


_starting = threading.Lock()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Have processes that start meanwhile use one thread a library.

    The libraries read this when they are loaded, which is before an initializer of the
    pool runs, and a spawned process has its parent's environment. One pool at a time:
    two at once would take each other's for the environment to go back to.
    """
    with _starting:
        before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


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
    one: whatever breaks a pool alone is guilty.
    """
    alone: deque[tuple[Any, ...]] = deque()
    while (waiting or alone) and not stop():
        pool = process_pool(workers)
        try:
            while alone and not stop():
                item = alone.popleft()
                try:
                    yield pool.submit(function, *item).result()
                except BrokenExecutor:
                    alone.extendleft(reversed(pieces := list(parts(item))))
                    if len(pieces) == 1:
                        yield died(alone.popleft(), "the process that measured it died")
                    break
            else:
                window = _IN_FLIGHT * workers
                alone.extend(
                    (yield from _drain(pool, function, waiting, died, stop, window))
                )
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _run_on(
    executor: Executor,
    function: Callable[..., Result],
    waiting: deque[tuple[Any, ...]],
    died: Callable[[tuple[Any, ...], str], Result],
    stop: Callable[[], bool],
    parts: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]],
) -> Iterator[Result]:
    """Use somebody else's executor; when it breaks as a whole, so does the work."""
    size = getattr(executor, "_max_workers", None)
    window = _IN_FLIGHT * size if isinstance(size, int) else _CLUSTER_IN_FLIGHT
    in_kept_memory = functools.partial(_in_kept_memory, function)
    lost = yield from _drain(
        executor, in_kept_memory, waiting, died, stop, window, parts
    )
    for item in (*lost, *waiting) if lost else ():
        yield died(item, "the pool of processes that measured it broke")


def _in_kept_memory(function: Callable[..., Result], *item: Any) -> Result:
    with kept_memory():
        return function(*item)


def _drain(
    pool: Executor,
    function: Callable[..., Result],
    waiting: deque[tuple[Any, ...]],
    died: Callable[[tuple[Any, ...], str], Result],
    stop: Callable[[], bool],
    window: int,
    parts: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]] = _whole,
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
                    return [*flying.values(), item]
            ended, _ = wait(flying, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
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
        for future in flying:
            future.cancel()
