"""Children that end with the process that started them, however that ended.

A parent keeps the writing end of a pipe that nobody writes to. The system closes it
with the parent, also where that is killed. On Linux the system then kills the child by
itself, so that also one ends that does not come back to Python: a search for a pattern,
a decoder, a read from a share that is away. Elsewhere a thread of the child waits.

The signal of Linux for this purpose (``PR_SET_PDEATHSIG``) comes when the *thread* ends
that started a child; pools of ours are started in threads that come and go.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
import weakref
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SINGLE_THREADED: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "BLOSC_NTHREADS": "1",
}
"""Variables of a child whose libraries are to use one thread: there is a child for each
core. They are read when the libraries are loaded."""

_VARIABLE: Final = "HCS_LIFELINE"
"""Number of the pipe that a child reads."""

_PIPES: Final = os.name == "posix"
"""Elsewhere children cannot be given pipes; theirs are stdin, which they wait for."""


class Child(subprocess.Popen[bytes]):
    """A process that ends with this one, once it has called `end_with_parent`.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        Of the child; this process's own where it is None.
    stdin, stdout, stderr
        As of `subprocess.Popen`.
    own_session
        Interrupting this process, by Ctrl+C or in a notebook, leaves the child alone.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | IO[bytes] | None = None,
        own_session: bool = False,
    ) -> None:
        pipes: dict[str, Any] = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
        pipes["start_new_session"] = own_session
        values = dict(os.environ if environment is None else environment)
        if not _PIPES:
            super().__init__(command, env=values, **pipes)
            return
        reading, writing = os.pipe()
        try:
            super().__init__(
                command,
                env={**values, _VARIABLE: str(reading)},
                pass_fds=(reading,),
                **pipes,
            )
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        weakref.finalize(self, os.close, writing)


def end_with_parent() -> None:
    """Have this process end as soon as its parent does, at any moment.

    For children that `Child` or `multiprocessing` starts; anywhere else, and where it
    was called before, it does nothing.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        if not _kill_at_end_of(parent.sentinel):
            _in_thread(parent.join)
        return
    number = os.environ.pop(_VARIABLE, "")
    if number.isdecimal():
        pipe = int(number)
        os.set_inheritable(pipe, False)
        if not _kill_at_end_of(pipe):
            _in_thread(os.read, pipe, 1)


def _kill_at_end_of(pipe: int) -> bool:
    """Have the system kill this process when a pipe's other end closes (Linux)."""
    if sys.platform != "linux":
        return False
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_ASYNC)
        closing = select.poll()
        closing.register(pipe, select.POLLIN)
        if closing.poll(0):  # it closed before this was said
            os._exit(1)
        return True
    return False


def _in_thread(wait: Any, *arguments: Any) -> None:
    def follow() -> None:
        with contextlib.suppress(OSError):  # however it ends, the parent is gone
            wait(*arguments)
        os._exit(1)

    threading.Thread(target=follow, name="lifeline", daemon=True).start()
