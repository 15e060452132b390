"""Running a writer in a process of its own, and killing it at a chosen moment.

The processes are forked from `tests.faults.zygote`, which has the library loaded, so
that hundreds of kills take minutes. A process replaces
`hcs.writing.targets.step.reached`; nothing in the library knows.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 120
"""Seconds after which a process that should have ended is given up."""


@dataclass(frozen=True)
class Outcome:
    """How a process ended, and what it said before."""

    killed: bool
    steps: tuple[str, ...]
    done: tuple[str, ...]
    """What it reported as done."""

    error: str | None


def run(
    scenario: str,
    place: Path,
    version: str,
    *,
    kill_at: int | None = None,
    kill_after: float | None = None,
    file_size: int | None = None,
    before: str | None = None,
    log: Path | None = None,
) -> Outcome:
    """Run a scenario and return its outcome.

    Parameters
    ----------
    kill_at
        Number of the step at which it kills itself, from 1.
    kill_after
        Seconds after which it is killed from outside.
    file_size
        Bytes at which a growing file gets it killed by the system.
    before
        Name of a function of `scenarios` that it calls first, to lose rights.
    log
        Where it writes what it does; by default in `place`.
    """
    log = log or place / "log.txt"
    log.unlink(missing_ok=True)
    request = {
        "scenario": scenario,
        "place": str(place),
        "log": str(log),
        "version": version,
        "kill_at": kill_at,
        "kill_after": kill_after,
        "file_size": file_size,
        "before": before,
    }
    zygote = _zygote()
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    zygote.stdin.write(json.dumps(request) + "\n")
    zygote.stdin.flush()
    signal = int(zygote.stdout.readline())
    lines = log.read_text().splitlines() if log.exists() else []
    return Outcome(
        killed=signal != 0,
        steps=tuple(line[5:] for line in lines if line.startswith("step ")),
        done=tuple(line[5:] for line in lines if line.startswith("done ")),
        error=next((line[6:] for line in lines if line.startswith("error ")), None),
    )


@cache
def _zygote() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.zygote"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def processes(target: Any, arguments: list[tuple[Any, ...]]) -> list[int]:
    """Run a function in several processes at once and return their exit codes."""
    context = multiprocessing.get_context("forkserver")
    running = [context.Process(target=target, args=argument) for argument in arguments]
    for process in running:
        process.start()
    for process in running:
        process.join(PATIENCE)
    return [-1 if ended.exitcode is None else ended.exitcode for ended in running]
