"""Pools of processes leave the process that starts them as it was."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hcs.qc.run import workers

NAME = "OMP_NUM_THREADS"


@pytest.mark.parametrize("before", [None, "7"])
def test_pools_that_start_at_once_leave_the_environment_as_it_was(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if before is not None:
        monkeypatch.setenv(NAME, before)
    inside, seen = threading.Barrier(2), []

    def start() -> None:
        inside.wait(60)
        with workers._environment_of_workers():
            seen.append(os.environ.get(NAME))

    with ThreadPoolExecutor(2) as pool:
        for _ in range(50):
            for each in [pool.submit(start), pool.submit(start)]:
                each.result()
            assert os.environ.get(NAME) == before
    assert set(seen) == {"1"}
