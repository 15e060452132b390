"""One attempt at an import: a worker process is started, listened to, and answered."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.inbox.child import Worker
from dashboard.inbox.condition import bad_as_a_whole
from dashboard.inbox.folders import INBOX
from dashboard.inbox.jobs import BEAT_SECONDS
from dashboard.inbox.places import places, reason_against_room
from dashboard.inbox.values import JobState, Phase
from hcs.errors import HCSError
from hcs.ingest import growth
from hcs.terminal import seconds_left
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dashboard.inbox.running import Importing
    from dashboard.inbox.values import ImportJob
    from dashboard.progress import Progress

_MOST_PLATES = 1000
_LONGEST_REASON = 4000

_STOPPED = "Stopped by a person. Written fields stay; Try again resumes there."

SETTLED = (JobState.DONE, JobState.GREW, JobState.FAILED)
"""Ends that stand until the export is another, or a person says more."""

End = tuple[JobState, str]
"""How a job ended, and why."""


class Attempt:
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
                # What nobody asked for is done by the server's own account.
                "who": None
                if self._job.who == INBOX.name
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
                return True, self._failed(
                    str(event["reason"]), passes=bool(event.get("passes"))
                )
            case "died":
                return True, self._died(event)
        return False, None

    def _split(self, plates: Sequence[str]) -> End:
        """Have each plate of a source imported by itself."""
        job = self._job
        if len(plates) > _MOST_PLATES:
            return JobState.FAILED, (
                f"Its names tell {len(plates):,} plates apart, up to {_MOST_PLATES:,} "
                f"are taken. Use a pattern that reads the plate's name from them."
            )
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
                self._jobs.change(same.id, SETTLED, state=JobState.WAITING, reason="")
        self._tell(summary={"plates": len(plates)})
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

    def _failed(self, reason: str, *, passes: bool) -> End:
        """A disk that is full or away is waited for; what a file says stays so."""
        reason = reason[:_LONGEST_REASON]
        if passes:
            return JobState.WAITING, f"{reason} It is tried again automatically."
        for path in (self._job.source, self._job.folder):
            if not os.path.lexists(path):
                return JobState.WAITING, (
                    f"{path} cannot be reached. The import resumes when it is "
                    f"available again."
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
