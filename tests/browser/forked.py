"""Servers that are forked by a process which has loaded the dashboard already."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from typing import IO, TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _Zygote:
    """The process that forks: it ends when nobody holds the other end of its wire."""

    def __init__(self) -> None:
        # Each request arrives as a whole.
        self._wire, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.browser.zygote", str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._end)

    def fork(self, request: Mapping[str, object], output: int) -> int:
        """Return the number of a new process that writes to a descriptor."""
        socket.send_fds(self._wire, [json.dumps(request).encode()], [output])
        return int(self._wire.recv(100))

    def _end(self) -> None:
        self._wire.close()
        self._process.wait(60)


@cache
def _zygote() -> _Zygote:
    return _Zygote()


class Forked:
    """A server's process, as `subprocess.Popen` shows one.

    Parameters
    ----------
    arguments
        What the program is given.
    environment
        All variables that it has.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        read, write = os.pipe()
        self.stdout: IO[str] = os.fdopen(read)
        request = {"arguments": list(arguments), "environment": dict(environment)}
        try:
            self.pid = _zygote().fork(request, write)
        finally:
            os.close(write)
        self._handle: int | None = None
        with suppress(ProcessLookupError):  # it may have ended
            self._handle = os.pidfd_open(self.pid)

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it lives."""
        if self._handle is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the process has ended."""
        if self._handle is None:
            return
        # A handle can be read from when its process has ended.
        if not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"server {self.pid}", timeout or 0.0)
        os.close(self._handle)
        self._handle = None
