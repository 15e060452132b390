"""How a server ends: in order and soon, whatever is being done.

A signal tells the pages, stops what can be stopped and waits for commits. What has not
ended after some seconds ends with the process: it is a read of a file or a share, or a
write that is made to bear a kill at any byte (`hcs.writing.versions`).
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing import util
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG = logging.getLogger(__name__)

_HANGUP: Final = getattr(signal, "SIGHUP", None)
"""Tells that the terminal was closed, or the line to it lost; Windows has none."""

MOST_SECONDS: Final = 10.0
"""From the first signal to the end, at most."""

BACKGROUND_SECONDS: Final = 4.0
"""That jobs and their processes may take of it to stop at the next field; those that
have not by then are killed with the server, and gone on with by the next one."""

THREADS_SECONDS: Final = 3.0
"""That commits, verdicts and other work in threads may take then."""

TELLING_SECONDS: Final = 1.0
"""In which open pages hear of it; they ask twice a second."""


_CLEANING_SECONDS: Final = 1.0


def close_all(closings: Mapping[str, Callable[[], object]], seconds: float) -> None:
    """Close parts at the same time, and go on after some seconds in any case.

    Parameters
    ----------
    closings
        What closes each part, by its name for the log. They wait for no other.
    """
    threads = {
        name: threading.Thread(target=_closed, args=(name, close), daemon=True)
        for name, close in closings.items()
    }
    for thread in threads.values():
        thread.start()
    end = time.monotonic() + seconds
    for name, thread in threads.items():
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            _LOG.warning("%s did not stop in time; it ends with the server.", name)


def _closed(name: str, close: Callable[[], object]) -> None:
    try:
        close()
    except Exception:  # noqa: BLE001 - the others are still to be closed
        _LOG.exception("%s could not be closed.", name)


class Ending:
    """Ends the process on a signal: in order on the first, at once on the second.

    Parameters
    ----------
    loop
        The event loop of the server.
    tell
        Has open pages say that the server ends; returns whether there are any.
    """

    def __init__(self, loop: Any, tell: Callable[[], bool]) -> None:
        self._loop = loop
        self._tell = tell
        self._begun = False

    def on_signals(self) -> None:
        """Listen to the signals by which people and systems end programs."""
        for name in ("SIGINT", "SIGTERM"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._signal)
        # `nohup` has a server go on when its terminal is closed.
        if _HANGUP and signal.getsignal(_HANGUP) is not signal.SIG_IGN:
            signal.signal(_HANGUP, self._signal)

    def _signal(self, number: int, _: object) -> None:
        if self._begun:
            # Of a terminal that is closed, both its shell and the system tell.
            if number != _HANGUP:
                os._exit(128 + number)
            return
        self._begun = True
        limit = threading.Timer(MOST_SECONDS, _leave_late)
        limit.daemon = True
        limit.start()
        self._loop.add_callback_from_signal(self._stop)

    def _stop(self) -> None:
        if self._tell():
            self._loop.call_later(TELLING_SECONDS, self._loop.stop)
        else:
            self._loop.stop()


def _leave_late() -> None:
    _LOG.warning("The server did not end within %.0f s; it ends now.", MOST_SECONDS)
    leave()


def _clean_locks() -> None:
    """Do what Python would at its end; a queue's lock may be held by a thread."""
    util._run_finalizers(0)  # type: ignore[attr-defined]


def leave(status: int = 0) -> None:
    """End the process now, whatever its threads do; Python would wait for them.

    Its workers end with it, also those that have only just been started.
    """
    for worker in multiprocessing.active_children():
        worker.kill()
    # Else Python's resource tracker takes locks of pools off the system, and complains.
    cleaning = threading.Thread(target=_clean_locks, daemon=True)
    cleaning.start()
    cleaning.join(_CLEANING_SECONDS)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a terminal that is closed
            stream.flush()
    os._exit(status)
