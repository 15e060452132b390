"""Whether a server can do its work now: database, roots, disk, threads, workers.

Each look has a second or two: a share that does not answer is an answer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from dashboard.child_environment import environment
from dashboard.plates.registry import is_address
from dashboard.storage.database import begin_alone
from dashboard.storage.reserve import free_beyond_reserve
from dashboard.threads import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.service import Service

_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a look at a server came to."""

    problems: Mapping[str, str]
    """By what was looked at: what is wrong with it, "" where nothing is."""

    absent: tuple[str, ...] = ()
    """Keys of plates that cannot be reached. The server stays ready for all others."""

    @property
    def ready(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.problems.values())


class ReadinessChecks:
    """Looks at what a server needs; one that hangs is not begun again.

    Parameters
    ----------
    service
        The service. Of the places that it serves, addresses are not looked at.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        roots = service.storage.plates.roots
        self._roots = tuple(Path(root) for root in roots if not is_address(root))
        self._running: dict[str, Future[str]] = {}
        self._lock = threading.Lock()
        self._asked: Future[Readiness] | None = None
        # Apart from the threads that are looked at.
        self._thread = ThreadPoolExecutor(1, "ready")

    def asked(self) -> Future[Readiness]:
        """Return the look that is under way, else one that begins now (fast).

        Each takes seconds where something is wrong; those who ask every now and then
        would wait for all who asked before them.
        """
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self.look)
            return self._asked

    def look(self) -> Readiness:
        """Return how ready it is; takes up to two seconds."""
        with self._lock:
            looks = {
                name: self._begun(name, check) for name, check in self._checks().items()
            }
        wait(looks.values(), timeout=_SECONDS)
        problems = {name: _said(look) for name, look in looks.items()}
        return Readiness(problems, self._service.plates.absent())

    def _checks(self) -> dict[str, Callable[[], str]]:
        return {
            "database": self._database,
            "disk": self._disk,
            "roots": self._roots_there,
            "threads": self._threads,
            "workers": _workers,
        }

    def _begun(self, name: str, check: Callable[[], str]) -> Future[str]:
        running = self._running.get(name)
        if running is not None and not running.done():
            return running
        future: Future[str] = Future()

        def run() -> None:
            try:
                future.set_result(check())
            except Exception as error:  # noqa: BLE001 - that is what is asked for
                future.set_result(str(error).splitlines()[0][:300] or "it failed")

        # A thread that hangs at a dead share must not keep the server from ending.
        threading.Thread(target=run, name=f"look-{name}", daemon=True).start()
        self._running[name] = future
        return future

    def _database(self) -> str:
        """Return whether a verdict could be written now."""
        with self._service.storage.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # Waits where another writer does not let go, as a verdict would.
                begin_alone(connection, 0)
                return ""
            answer = connection.execute(text("SHOW transaction_read_only")).scalar()
        return "it takes no changes (read-only)" if answer == "on" else ""

    def _disk(self) -> str:
        """Return whether the workspace takes bytes, and for how long yet."""
        path = self._service.workspace.path
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"x")
            file.flush()
        if free_beyond_reserve(path) >= 0:
            return ""
        usage = shutil.disk_usage(path)
        return f"{usage.free >> 20} MiB are free where the workspace is"

    def _roots_there(self) -> str:
        problems = filter(None, map(_against_root, self._roots))
        return "; ".join(problems)

    def _threads(self) -> str:
        """Return whether the threads that pages wait for take work, and none ended."""
        ended = [
            thread.name
            for thread in self._service.background
            if thread.ident is not None and not thread.is_alive()
        ]
        if ended:
            return f"ended, and start again with the server: {', '.join(ended)}"
        looks = {
            pool.label: self._service.threads.submit(lambda: None, pool)
            for pool in (Pool.WORK, Pool.ACTS)
        }
        wait(looks.values(), timeout=_SECONDS / 2)
        busy = [label for label, look in looks.items() if not look.done()]
        if not busy:
            return ""
        return f"all are at work for longer than {_SECONDS / 2:g} s: {', '.join(busy)}"


def _workers() -> str:
    """Return whether processes can be started.

    Workers live as long as a job does, and decoders as long as a file: what keeps the
    next ones from coming is what there is to look at.
    """
    command = [sys.executable, "-I", "-S", "-c", ""]
    try:
        ended = subprocess.run(  # noqa: S603 - nothing of it comes from anybody
            command,
            env=environment(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except OSError as error:
        return f"none can be started: {sys.executable} ({error.strerror})"
    except subprocess.TimeoutExpired:
        return f"none starts within {_SECONDS:g} s"
    if ended.returncode == 0:
        return ""
    said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
    return f"none can be started: exit {ended.returncode} {''.join(said)}".strip()


def _against_root(root: Path) -> str:
    """Return why a root cannot be served now, "" where it can."""
    try:
        if root.is_dir():
            with os.scandir(root) as entries:
                next(entries, None)
        else:
            root.open("rb").close()
    except OSError as error:
        return f"cannot be reached: {root} ({error.strerror})"
    return ""


def _said(look: Future[str]) -> str:
    try:
        return look.result(0)
    except TimeoutError:
        return f"no answer within {_SECONDS:g} s"
