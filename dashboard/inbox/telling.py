"""A command that is called with plates: ready, failed, or bad as a whole.

It is named where the server is started, never by a page. It is run as a list of
arguments without a shell, gets JSON on stdin and nothing of the server's environment
but where programs and languages are found.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from dashboard.child_environment import environment
from dashboard.inbox.values import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.inbox.values import ImportJob

_LOG = logging.getLogger(__name__)

SECONDS = 60.0
"""That the command may take."""

_MOST_WAITING = 1000


def message_of(job: ImportJob) -> dict[str, Any] | None:
    """Return what is said of an import that came to an end, None where nothing is."""
    bad = tuple(job.summary.get("bad", ()))
    if job.state is JobState.FAILED:
        event = "failed"
    elif job.state is JobState.DONE and job.target:
        event = "bad" if bad else "ready"
    else:
        return None
    return {
        "event": event,
        "plate": job.summary.get("plate", job.name),
        "barcode": job.summary.get("barcode", ""),
        "location": job.target,
        "source": job.source,
        "reasons": [job.reason] if event == "failed" else list(bad),
        "fields": job.done,
        "gaps": job.summary.get("gap_count", 0),
        "skipped": job.summary.get("skipped_count", 0),
        "when": job.changed,
    }


class Telling:
    """Runs the command, once for each message, one after the other.

    Parameters
    ----------
    command
        The program and its arguments; empty tells nobody.
    seconds
        After which a run is ended.
    """

    def __init__(self, command: Sequence[str], seconds: float = SECONDS) -> None:
        self._command, self._seconds = tuple(command), seconds
        self._messages: queue.Queue[Mapping[str, Any] | None] = queue.Queue(
            _MOST_WAITING
        )
        self._thread: threading.Thread | None = None

    def tell(self, job: ImportJob) -> None:
        """Tell of an import that came to an end, in the background."""
        message = message_of(job)
        if message is None or not self._command:
            return
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="telling", daemon=True
            )
            self._thread.start()
        try:
            self._messages.put_nowait(message)
        except queue.Full:
            _LOG.warning("The command of --on-plate is too slow: it misses a plate.")

    def close(self) -> None:
        """Finish what is being reported."""
        if self._thread is not None:
            self._messages.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            try:
                self._send(json.dumps(message).encode())
            except OSError as error:
                _LOG.warning(
                    "%s cannot be run (--on-plate): %s.",
                    self._command[0],
                    error.strerror,
                )

    def _send(self, message: bytes) -> None:
        with subprocess.Popen(  # noqa: S603 - who started the server has named it
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,
        ) as process:
            try:
                process.communicate(message, self._seconds)
            except subprocess.TimeoutExpired:
                _end(process)
                _LOG.warning(
                    "%s (--on-plate) was ended: it took longer than %.0f s.",
                    self._command[0],
                    self._seconds,
                )
                return
        if process.returncode:
            _LOG.warning(
                "%s (--on-plate) ended with %d.", self._command[0], process.returncode
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            # A session of its own: its group is its own as well.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
