"""Worker processes that start afresh, with an environment of their own.

`multiprocessing` starts processes with the environment of their parent. To change it
there meanwhile is seen by every thread of the parent; to change it in the child is too
late: numpy may have been loaded by the program's main module, and the system goes on
showing what a process was started with. So they are started here.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from multiprocessing import context, reduction, resource_tracker, spawn, util
from typing import TYPE_CHECKING, Any

from hcs.lifeline import SINGLE_THREADED

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_OF_SERVERS = "HCS_"
"""Begins variables that a server has its secrets in, such as the address of its
database; no worker needs one. What object stores are read with is left to it."""


def environment() -> dict[str, str]:
    """Return what workers get of this process's environment."""
    ours = os.environ.copy()
    passed_on = {
        name: value for name, value in ours.items() if not name.startswith(_OF_SERVERS)
    }
    return passed_on | SINGLE_THREADED


if sys.platform == "win32":
    # It has no such way in; its workers have all of their parent's.
    WorkerContext = context.SpawnContext
else:
    from multiprocessing import popen_spawn_posix

    def _close(*pipes: int) -> None:
        for pipe in pipes:
            os.close(pipe)

    class _Started(popen_spawn_posix.Popen):
        """A process that was started for a `_Worker`: Python's, but for `environment`.

        Python's program for the child is used, and what it asks for is handed to it: a
        pipe from which it reads what to do, and which tells it of its parent's end.
        """

        def duplicate_for_child(self, fd: int) -> int:
            self._passed_on.append(fd)
            return fd

        def _launch(self, process_obj: BaseProcess) -> None:
            self._passed_on: list[int] = []
            tracker: Any = resource_tracker.getfd()
            message = io.BytesIO()
            # Locks and queues ask for the process whose message they are written into.
            context.set_spawning_popen(self)
            try:
                reduction.dump(spawn.get_preparation_data(process_obj.name), message)
                reduction.dump(process_obj, message)
            finally:
                context.set_spawning_popen(None)
            reading, writing = os.pipe()
            # The child writes nothing into this one: it closes when the child ends.
            self.sentinel, childs = os.pipe()
            self.finalizer = util.Finalize(self, _close, (writing, self.sentinel))
            try:
                self._process = subprocess.Popen(  # noqa: S603 - this Python itself
                    spawn.get_command_line(tracker_fd=tracker, pipe_handle=reading),
                    executable=spawn.get_executable(),
                    env=environment(),
                    pass_fds=(*self._passed_on, tracker, reading, childs),
                )
            finally:
                os.close(reading)
                os.close(childs)
            self.pid = self._process.pid
            with open(writing, "wb", closefd=False) as pipe:
                pipe.write(message.getbuffer())

        def poll(self, flag: int = os.WNOHANG) -> int | None:
            # By whoever started it: each would take the other's answer of the system.
            waits = flag & os.WNOHANG == 0
            self.returncode = self._process.wait() if waits else self._process.poll()
            return self.returncode

    class _Worker(context.SpawnProcess):
        @staticmethod
        def _Popen(process_obj: Any) -> Any:
            return _Started(process_obj)

    class WorkerContext(context.SpawnContext):
        """How workers are started, for executors and pools."""

        Process = _Worker
