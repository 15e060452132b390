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

from dashboard.inbox.child import Worker
from dashboard.inbox.condition import bad_as_a_whole
from dashboard.inbox.jobs import BEAT_SECONDS
from dashboard.inbox.look import look
from dashboard.inbox.places import places, reason_against_room
from dashboard.inbox.values import JobState, Phase
from hcs.errors import HCSError
from hcs.ingest import growth
from hcs.terminal import seconds_left
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dashboard.inbox.condition import PlateCondition
    from dashboard.inbox.jobs import ImportJobs
    from dashboard.inbox.values import ImportJob
    from dashboard.progress import Progress

_LOG = logging.getLogger(__name__)

_TICK = 1.0
_SETTLED = (JobState.DONE, JobState.GREW, JobState.FAILED)
"""Ends that stand until the export is another, or a person says more."""

_STOPPED = "Somebody stopped it. What is written stays; trying again goes on there."


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
        self.worker_pid: int | None = None
        """Of the process that imports now."""

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
            except (HCSError, SQLAlchemyError) as error:
                # The database is away: a worker has ended with its job by now.
                _LOG.warning("Imports cannot be looked after: %s", error)
            except Exception:  # noqa: BLE001 - the next job may be another matter
                _LOG.exception("Looking after imports failed.")

    def _may(self, job: ImportJob) -> bool:
        """Whether this server sees the folders and there is room."""
        return (
            os.path.lexists(job.source)
            and Path(job.folder).is_dir()
            and not (
                job.bytes
                and reason_against_room(job, job.bytes, self.limits.reserve_bytes)
            )
        )

    def _do(self, job: ImportJob) -> None:
        try:
            stamp = look(job.source).stamp
            run = _Run(self, job)
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
        values: dict[str, Any] = {}
        if state in _SETTLED:
            values["stamp"] = stamp
        if state is JobState.DONE and job.choices.renew:
            values["choices"] = replace(job.choices, renew=False)
        if self.jobs.end(job.id, state, reason, **values):
            job = self.jobs.get(job.id)
            if state in _SETTLED:
                self._ended(job)


End = tuple[JobState, str]
"""How a job ended, and why."""


class _Run:
    """One attempt at a job."""

    def __init__(self, importing: Importing, job: ImportJob) -> None:
        self._jobs, self._job, self._limits = importing.jobs, job, importing.limits
        self._closing, self._changed = importing.closing, importing.changed
        self._woken, self._reason_against = importing.woken, importing.reason_against
        self._condition = importing.condition
        self._fields: dict[str, str] = {}
        self._target = job.target
        self._progress: dict[str, Any] = {"done": job.done, "total": job.total}
        self._first: tuple[int, float] | None = None
        self._beat_at = 0.0

    def write(self, started: Callable[[int], object]) -> End | None:
        """Have a worker write the plate; return how that ended, None where it did."""
        self._tell(phase=Phase.LOOKING)
        worker = Worker(
            {
                "only_ask": False,
                "source": self._job.source,
                "part": self._job.part,
                "choices": self._job.choices.as_dict(),
                "maps": self._limits.maps,
                "threads": self._limits.threads,
                "grace": self._limits.grace,
                # What an inbox imports is done by the server's own account.
                "who": None
                if self._job.origin == "inbox"
                else [self._job.who, self._job.known],
            }
        )
        started(worker.pid)
        try:
            return self._listen(worker)
        finally:
            worker.close()

    def _listen(self, worker: Worker) -> End | None:
        while True:
            event = worker.event(BEAT_SECONDS / 4)
            if event is not None:
                ended, end = self._take(worker, event)
                if ended:
                    return end
            if self._closing.is_set():
                return JobState.WAITING, ""
            if not self._alive():
                return JobState.STOPPED, _STOPPED

    def _take(
        self, worker: Worker, event: Mapping[str, Any]
    ) -> tuple[bool, End | None]:
        """Act on what a worker says; return whether that was its end, and which."""
        match event["kind"]:
            case "several":
                return True, self._split(event["plates"])
            case "proposals":
                self._tell(summary={"proposals": event["proposals"]})
            case "planned":
                end = self._place(worker, event)
                return end is not None, end
            case "progress":
                self._count(event["done"], event["total"])
            case "done":
                self._tell(
                    summary=event["summary"],
                    fields=event["fields"],
                    fingerprint=event["fingerprint"],
                    done=self._progress["total"],
                    wish="",
                )
                return True, None
            case "stopped":
                return True, (JobState.STOPPED, _STOPPED)
            case "failed":
                return True, self._failed(str(event["reason"]))
            case "died":
                return True, self._died(event)
        return False, None

    def _split(self, plates: Sequence[str]) -> End:
        """Have each plate of a source imported by itself."""
        job = self._job
        for part in plates:
            same = self._jobs.of_source(job.source, part, job.folder)
            if same is None:
                self._jobs.add(
                    job.source,
                    job.folder,
                    job.choices,
                    part=part,
                    origin=job.origin,
                    who=job.who,
                    known=job.known,
                )
            else:
                self._jobs.change(same.id, _SETTLED, state=JobState.WAITING, reason="")
        self._tell(summary={"plates": list(plates)})
        return JobState.DONE, (
            f"It holds {len(plates)} plates, each of which is imported by itself: "
            f"{some(plates, 8)}."
        )

    def _place(self, worker: Worker, planned: Mapping[str, Any]) -> End | None:
        """Say where the plate is to lie, or return why it is not written now."""
        job = self._job
        self._fields = planned["fields"]
        before = self._jobs.fields(job.id) if self._has_plate() else {}
        self._tell(
            summary=planned["summary"],
            bytes=planned["bytes"],
            total=planned["total"],
            phase=Phase.IMPORTING,
        )
        self._progress["total"] = planned["total"]
        end = self._grow(before, planned) if before else self._claim(planned)
        if end is not None:
            return end
        against = reason_against_room(job, planned["bytes"], self._limits.reserve_bytes)
        if against:
            return JobState.WAITING, against
        # Before a field is written: a run after a crash knows by it what has changed.
        self._tell(fields={**self._fields, **before})
        worker.say({"target": self._target, "grown_from": before or None})
        return None

    def _has_plate(self) -> bool:
        return bool(self._target) and Path(self._target).exists()

    def _claim(self, planned: Mapping[str, Any]) -> End | None:
        """Find a place for a new plate, unless another job has imported the same."""
        job, fingerprint = self._job, planned["fingerprint"]
        names = places(job.folder, planned["plate"], fingerprint)
        target, other = self._jobs.claim_target(job, fingerprint, names)
        if other is None:
            self._target = target
            return None
        return JobState.DONE, (
            f"{other.name} holds the same files, and was imported as "
            f"{Path(target).name}; nothing was written."
        )

    def _grow(
        self, before: Mapping[str, str], planned: Mapping[str, Any]
    ) -> End | None:
        """Go on with the plate that is there, or return why a person is to say so."""
        job = self._job
        grown = growth(before, self._fields)
        closed = self._reason_against(self._target) if grown else ""
        unfinished = job.done < job.total
        if closed or (grown.changed and not (job.choices.renew or unfinished)):
            return JobState.GREW, (
                f"It grew after import: {counted(len(grown.new), 'new field')}, "
                f"{counted(len(grown.changed), 'field')} of other files than before. "
                + (
                    closed
                    or "Adding what is new gives those a new version; the one before "
                    "is kept."
                )
            )
        self._tell(fingerprint=planned["fingerprint"])
        return None

    def _failed(self, reason: str) -> End:
        for path in (self._job.source, self._job.folder):
            if not os.path.lexists(path):
                return JobState.WAITING, (
                    f"{path} cannot be reached. It is gone on with as soon as it is "
                    f"there again."
                )
        return JobState.FAILED, reason

    def _died(self, event: Mapping[str, Any]) -> End:
        """A worker that got further is followed by another; else it would go round."""
        if self._progress["done"] > self._job.done:
            return JobState.WAITING, ""
        how = f"signal {event['signal']}" if event["signal"] else "an error"
        return JobState.FAILED, (
            f"The process that imported it was ended by {how}, such as for want of "
            f"memory, before it had written a field. Try again; if it ends so again, "
            f"a file is damaged or made to do harm."
        )

    # --- making ready -----------------------------------------------------------------

    def make_ready(self, prepare: Callable[[str], Callable[[], Progress]]) -> End:
        """Wait until the plate is measured and its previews are made."""
        self._tell(phase=Phase.MEASURING, seconds_left=None)
        progress_of = prepare(self._target)
        while not self._closing.wait(BEAT_SECONDS / 4):
            progress = progress_of()
            self._progress["seconds_left"] = progress.seconds_left
            if not progress.running and progress.message:
                return JobState.DONE, f"It is not measured: {progress.message}"
            if not progress.running:
                self._judge()
                return JobState.DONE, ""
            if not self._alive():
                return JobState.STOPPED, _STOPPED
        return JobState.WAITING, ""

    def _judge(self) -> None:
        """Keep whether the plate is bad as a whole."""
        summary = self._jobs.get(self._job.id).summary
        planes, expected = summary["found"]["planes"], summary["expected"]["planes"]
        bad = bad_as_a_whole(self._condition(self._target), planes, expected)
        self._tell(summary={**summary, "bad": bad})

    # --- telling ----------------------------------------------------------------------

    def _count(self, done: int, total: int) -> None:
        moment = time.monotonic()
        if self._first is None:
            self._first = done, moment
        first, since = self._first
        self._progress = {
            "done": done,
            "total": total,
            "seconds_left": seconds_left(done - first, total - first, moment - since),
        }

    def _alive(self) -> bool:
        """Count the job on, now and then; return whether it is to be gone on with."""
        if not self._woken.is_set() and (
            time.monotonic() - self._beat_at < BEAT_SECONDS
        ):
            return True
        self._woken.clear()
        return self._tell(**self._progress)

    def _tell(self, **values: Any) -> bool:
        """Keep what has changed; return whether the job is to be gone on with.

        Raises
        ------
        _LostError
            If another server has it.
        """
        self._beat_at = time.monotonic()
        wish = self._jobs.beat(self._job.id, **values)
        if wish is None:
            raise LostError(f"Another server imports {self._job.source} by now.")
        self._changed()
        return wish != "stop"


class LostError(HCSError):
    """A job belongs to another server by now, which thought that this one had died."""
