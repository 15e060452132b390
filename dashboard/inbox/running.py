"""One import at a time: a worker process writes the plate, then it is made ready."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from dashboard.inbox.attempt import SETTLED, Attempt, LostError
from dashboard.inbox.look import look
from dashboard.inbox.places import reason_against_room
from dashboard.inbox.values import JobState
from dashboard.storage.faults import DatabaseFault
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.inbox.condition import PlateCondition
    from dashboard.inbox.jobs import ImportJobs
    from dashboard.inbox.values import ImportJob
    from dashboard.progress import Progress

_LOG = logging.getLogger(__name__)

_TICK = 1.0
_REST_SECONDS = 30.0
"""Before an import is tried again whose disk was full or away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLimits:
    """What importing may take."""

    reserve_bytes: int = 2 << 30
    """Of the disk that plates are written to, which stay free."""

    threads: int = max(1, (os.cpu_count() or 2) - 1)
    """That write, so that pages have a core."""

    grace: float | None = None
    """Seconds that readers may hold on to fields whose files have changed; None leaves
    the library's own."""

    maps: str | None = None
    """Folder of plate maps that are called as barcodes."""


class Importing:
    """Takes jobs and runs them, one after the other, until it is closed.

    Parameters
    ----------
    jobs
        Where they are; other servers may take them too.
    limits
        What importing may take.
    prepare
        Begins to measure a plate and to make its previews, by its path; returns what
        says how far that is. It is called again after a restart.
    condition
        Returns what measuring a plate came to, by its path.
    reason_against
        Returns why a plate may not change, by its path; "" where it may.
    ended
        Called with each job that came to an end by itself, never by a person's act.
    changed
        Called whenever a job has become another.
    """

    def __init__(
        self,
        jobs: ImportJobs,
        limits: ImportLimits,
        *,
        prepare: Callable[[str], Callable[[], Progress]],
        condition: Callable[[str], PlateCondition],
        reason_against: Callable[[str], str],
        ended: Callable[[ImportJob], None],
        changed: Callable[[], None],
    ) -> None:
        self.reason_against, self.condition = reason_against, condition
        self.jobs, self.limits, self.changed = jobs, limits, changed
        self._prepare, self._ended = prepare, ended
        self.woken = threading.Event()
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="importing", daemon=True)
        self._tried_again_at: dict[str, float] = {}
        """Jobs whose disk was full or away, and when they are tried again."""

        self.worker_pid: int | None = None
        """Of the process that imports now."""

    @property
    def thread(self) -> threading.Thread:
        """What does the work."""
        return self._thread

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: there is a job, or a wish."""
        self.woken.set()

    def close(self) -> None:
        """Stop at the next field; what was running waits for whoever is next."""
        self.closing.set()
        self.woken.set()
        if self._thread.is_alive():
            self._thread.join()

    # --- inside -----------------------------------------------------------------------

    def _run(self) -> None:
        while not self.closing.is_set():
            self.woken.wait(_TICK)
            self.woken.clear()
            try:
                while not self.closing.is_set() and (job := self.jobs.take(self._may)):
                    self.changed()
                    self._do(job)
                    self.changed()
            except DatabaseFault:
                pass  # the log has it once; a worker has ended with its job by now
            except (HCSError, SQLAlchemyError) as error:
                _LOG.warning("Imports cannot be looked after: %s", error)
            except Exception:  # noqa: BLE001 - the next job may be another matter
                _LOG.exception("Looking after imports failed.")

    def _may(self, job: ImportJob) -> bool:
        """Whether this server sees the folders and there is room."""
        return (
            time.monotonic() >= self._tried_again_at.get(job.id, 0.0)
            and os.path.lexists(job.source)
            and Path(job.folder).is_dir()
            and not (
                job.bytes
                and reason_against_room(job, job.bytes, self.limits.reserve_bytes)
            )
        )

    def _do(self, job: ImportJob) -> None:
        try:
            stamp = look(job.source).stamp
            run = Attempt(self, job)
            end = run.write(lambda pid: setattr(self, "worker_pid", pid))
            self.worker_pid = None
            if end is None:
                end = run.make_ready(self._prepare)
        except SQLAlchemyError:
            raise  # it stays this server's, which takes it up again
        except LostError as error:
            _LOG.warning("%s", error)
            return
        except Exception as error:  # noqa: BLE001 - the list says what it is
            end = JobState.FAILED, f"{type(error).__name__}: {error}"
            _LOG.exception("Importing %s failed.", job.source)
        state, reason = end
        if state is JobState.WAITING and reason:
            self._tried_again_at[job.id] = time.monotonic() + _REST_SECONDS
        values: dict[str, Any] = {}
        if state in SETTLED:
            values["stamp"] = stamp
        if state is JobState.DONE and job.choices.renew:
            values["choices"] = replace(job.choices, renew=False)
        if self.jobs.end(job.id, state, reason, **values):
            job = self.jobs.get(job.id)
            if state in SETTLED:
                self._ended(job)
