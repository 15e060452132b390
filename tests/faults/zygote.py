"""A process that forks writers on request; see `tests.faults.harness`.

It reads one request a line, and answers with the number of the signal that ended the
writer, 0 where none did. It ends with its input.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numcodecs.blosc  # noqa: F401  (what the library imports late, once for all)
import zarr.storage  # noqa: F401

from hcs.writing.targets import step
from tests.faults import scenarios

_PATIENCE = 100


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            # What is written here must not reach the one who waits for the answer.
            os.dup2(2, 1)
            try:
                _write(request)
            finally:
                os._exit(0)
        after = request["kill_after"]
        status = _wait(child, _PATIENCE if after is None else after)
        answer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _wait(child: int, seconds: float) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _write(request: dict[str, Any]) -> None:
    place = Path(request["place"])
    descriptor = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    count = 0

    def say(line: str) -> None:
        os.write(descriptor, f"{line}\n".encode())

    def reached(name: str) -> None:
        nonlocal count
        count += 1
        say(f"step {name}")
        if count == request["kill_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    if request["before"] is not None:
        getattr(scenarios, request["before"])(place)
    step.reached = reached
    if request["file_size"] is not None:
        _limit(request["file_size"])
    try:
        scenarios.SCENARIOS[request["scenario"]](place, request["version"], say)
    except Exception as error:
        notes = " ".join(getattr(error, "__notes__", ()))
        say(f"error {type(error).__name__}: {error} {notes}".replace("\n", " "))


def _limit(file_size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    # Python ignores the signal and gets an error; the system's default kills.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


if __name__ == "__main__":
    main()
