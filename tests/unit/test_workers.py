"""Pools of processes leave the process that starts them as it is, at every moment."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hcs.qc.run.workers import process_pool

LIMIT = "OMP_NUM_THREADS"
SECRET = "HCS_DATABASE_URL"


def of_a_worker() -> list[str | None]:
    with process_pool(1) as pool:
        return [pool.submit(os.getenv, name).result() for name in (LIMIT, SECRET)]


@pytest.mark.parametrize("before", [None, "7"])
def test_no_thread_sees_another_environment_while_pools_start(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(LIMIT, raising=False)
    if before is not None:
        monkeypatch.setenv(LIMIT, before)
    monkeypatch.setenv(SECRET, "postgresql://")
    environment, seen, ended = dict(os.environ), [], threading.Event()

    def watch() -> None:
        while not ended.is_set():
            # Raises where a name goes while the names are gone through.
            now = dict(os.environ)
            if now != environment:
                seen.append(now)

    with ThreadPoolExecutor(3) as threads:
        watching = threads.submit(watch)
        try:
            starting = [threads.submit(of_a_worker) for _ in range(2)]
            assert [pool.result() for pool in starting] == [["1", None]] * 2
        finally:
            ended.set()
        watching.result()
    assert not seen


def test_a_worker_that_is_killed_is_known_to_have_been() -> None:
    with process_pool(1) as pool:
        pool.submit(os.getpid).result()
        (worker,) = pool._processes.values()
        worker.kill()
        worker.join()
        assert (worker.exitcode, worker.is_alive()) == (-9, False)
