"""A worker process as its server sees it: started, listened to, stopped."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from dashboard.child_environment import python_environment
from hcs.lifeline import Child

if TYPE_CHECKING:
    from collections.abc import Mapping

_STOP_SECONDS = 5.0
"""That a worker may take to stop at the next field, before it is ended."""

_LONGEST_LINE = 64 << 20
"""What it found: a digest a field."""

ENDS = ("done", "several", "asked", "failed", "stopped", "died")
"""Kinds of what a worker says last."""


_ASK_SECONDS = 60.0


def says_complete(source: str) -> bool:
    """Return whether an export's metadata say that all of it is there.

    Its files are read by a process of their own; what fails there says nothing.
    """
    worker = Worker({"only_ask": True, "source": source})
    try:
        event = worker.event(_ASK_SECONDS)
        return event is not None and event.get("complete") is True
    finally:
        worker.close()


class Worker:
    """One process that imports, and its order.

    Parameters
    ----------
    order
        What it is to do.
    module
        That it runs.

    Notes
    -----
    It ends with this process, also where that is killed: see `hcs.lifeline`.
    """

    def __init__(
        self, order: Mapping[str, Any], module: str = "dashboard.inbox.worker"
    ) -> None:
        self._process = Child(
            [sys.executable, "-m", module],
            python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.say(order)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def say(self, answer: Mapping[str, Any] | None) -> None:
        """Answer it; None asks it to stop at the next field."""
        line = "stop" if answer is None else json.dumps(answer)
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        # Where it has died, that is what it says next.
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    def event(self, seconds: float) -> dict[str, Any] | None:
        """Return what it says next, None where that is nothing for some seconds."""
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None

    def _read(self) -> None:
        """Take what it says; where it dies without an end, say that for it."""
        said = ""
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - it was asked for
        while line := stream.readline(_LONGEST_LINE):
            try:
                event = json.loads(line)
                said = str(event["kind"])
            except (ValueError, TypeError, KeyError):
                continue
            self._events.put(event)
        code = self._process.wait()
        if said not in ENDS:
            self._events.put({"kind": "died", "signal": max(0, -code), "code": code})

    def close(self) -> None:
        """End it: at the next field, or at once where that takes too long."""
        self.say(None)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
