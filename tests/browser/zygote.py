"""A process that has loaded the dashboard, and forks a server on request.

Loading takes longer than most of what a test does with its server. Everything else is
as where the program is started: its arguments, its environment, its output, its own
session, and the workers that it starts. See `tests.browser.forked`.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import threading
from importlib import import_module
from typing import Any

_LOADED = (
    *("dashboard.app", "dashboard.compose", "dashboard.cli"),
    # What a start and a first page load, and what they would in each process anew.
    *("dashboard.garbage", "dashboard.views.page", "dashboard.accounts.running"),
    *("dashboard.commands.local", "dashboard.commands.sign_in", "dashboard.options"),
    *("alembic.operations", "alembic.runtime.migration", "alembic.script"),
    # What the first pixels of a process load.
    *("zarr", "hcs.images.lazy_array", "hcs.stores.array"),
    *("PIL.JpegImagePlugin", "PIL.PngImagePlugin"),
)


def main() -> int:
    """Answer each request by the number of the process that serves it."""
    wire = socket.socket(fileno=int(sys.argv[1]))
    for name in _LOADED:
        import_module(name)
    # What is looked through for garbage is written to, and so copied in each process.
    gc.collect()
    gc.freeze()
    # A fork takes along one thread only.
    assert threading.active_count() == 1
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that ended
    while True:
        text, outputs, _, _ = socket.recv_fds(wire, 1 << 20, 1)
        if not text:
            return 0
        (output,) = outputs
        child = os.fork()
        if child == 0:
            wire.close()
            return _serve(json.loads(text), output)
        os.close(output)
        wire.sendall(f"{child}\n".encode())


def _serve(request: dict[str, Any], output: int) -> int:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[:] = ["hcs-dashboard", *request["arguments"]]
    # Its workers load again what their parent was started as.
    sys.modules["__main__"] = import_module("dashboard.cli")
    status = int(sys.modules["__main__"].main())
    gc.freeze()  # also not at the end of all
    return status


if __name__ == "__main__":
    sys.exit(main())
