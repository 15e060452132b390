"""Memory of tasks: kept while they run, given back afterwards."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import ctypes, resource, time
import numpy as np
from hcs.qc.run import heap
from hcs.qc.run.heap import held_memory

# Where the kernel has pages of 2 MB to give, an array faults 500 times less.
PR_SET_THP_DISABLE = 41
prctl = getattr(ctypes.CDLL(None), "prctl", None)
prctl and prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        plane = np.ones((1080, 1080), dtype=np.float32)
        plane = plane + 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
outside = faults()
with held_memory():
    with held_memory():
        faults()
    inside = faults()
end = time.monotonic() + 120
while heap._HEAP._holding and time.monotonic() < end:
    time.sleep(0.1)
print(outside, inside, faults())
"""


def counted(**environment: str) -> tuple[int, int, int]:
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    outside, inside, after = map(int, made.stdout.split())
    return outside, inside, after


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep"
)
def test_a_worker_of_dask_keeps_its_memory_while_tasks_run_and_no_longer() -> None:
    outside, inside, after = counted(MALLOC_TRIM_THRESHOLD_="65536")
    assert outside > 10_000  # each of 20 planes of 1139 pages
    assert inside < outside / 10
    assert after > outside / 2


@pytest.mark.parametrize("limit", ["", "none", str(2 << 30)])
def test_a_process_without_that_limit_is_left_as_it_is(limit: str) -> None:
    outside, inside, after = counted(MALLOC_TRIM_THRESHOLD_=limit)
    assert abs(outside - inside) <= outside / 2 + 2000
    assert abs(outside - after) <= outside / 2 + 2000
