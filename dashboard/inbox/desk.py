"""What pages ask of imports: which there are, and acts on them.

An import is added by `ImportDesk.add`, by an inbox or by somebody on a page; from then
on it is a row of the database that some server takes up, whatever becomes of this one::

    job = desk.add("/exports/P1", "/plates", JobChoices(pattern=...), person)
    desk.jobs()  # state, phase, done of total, seconds left, reason, summary
    desk.stop(job.id), desk.try_again(job.id), desk.use_pattern(job.id, pattern)
"""

from __future__ import annotations

import dataclasses
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, RefusedError
from dashboard.inbox.values import JobChoices, JobState
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.access import Access
    from dashboard.inbox.arrival import Arrival
    from dashboard.inbox.folders import InboxFolder
    from dashboard.inbox.jobs import ImportJobs
    from dashboard.inbox.running import Importing
    from dashboard.inbox.values import ImportJob, JobMark
    from hcs.metadata import Who

_AGAIN = (JobState.GREW, JobState.FAILED, JobState.STOPPED, JobState.IGNORED)
_OPEN = (JobState.WAITING, JobState.GREW, JobState.FAILED, JobState.STOPPED)

_LONGEST_PATTERN = 1000


class ImportDesk:
    """The imports of a database, and what people may do with them.

    Parameters
    ----------
    access
        Says whether this server writes at all; roles are asked before this desk is.
    jobs
        The rows.
    importing
        Runs them.
    folders
        That are watched.
    arrivals
        Returns what lies in the inboxes and is no import yet.

    Notes
    -----
    Thread safety: everything may be called from any thread; acts are one transaction,
    so not on an event loop. `revision` is memory.
    """

    def __init__(
        self,
        access: Access,
        jobs: ImportJobs,
        importing: Importing,
        folders: tuple[InboxFolder, ...],
        arrivals: Callable[[], tuple[Arrival, ...]],
    ) -> None:
        self.folders = folders
        self._access, self._jobs, self._importing = access, jobs, importing
        self._arrivals = arrivals
        self._lock = threading.Lock()
        self._revision = 0

    @property
    def revision(self) -> int:
        """Changes with every import that this server knows to have changed (fast)."""
        return self._revision

    @property
    def worker_pid(self) -> int | None:
        """Process that imports now, None where none does."""
        return self._importing.worker_pid

    def bump(self) -> None:
        """Note that an import has changed."""
        with self._lock:
            self._revision += 1

    # --- answers ----------------------------------------------------------------------

    def jobs(self) -> tuple[ImportJob, ...]:
        """Return what is to do or waits for a person, and the newest that is over."""
        return self._jobs.recent()

    def marks(self) -> tuple[JobMark, ...]:
        """Return all imports by what they were taken as."""
        return self._jobs.marks()

    def arrivals(self) -> tuple[Arrival, ...]:
        """Return what lies in the inboxes and is no import yet (fast)."""
        return self._arrivals()

    def job(self, job_id: str) -> ImportJob:
        """Return an import.

        Raises
        ------
        NotServedError
            If there is none of this id.
        """
        return self._jobs.get(job_id)

    # --- acts -------------------------------------------------------------------------

    def add(
        self,
        source: str | Path,
        folder: str | Path,
        choices: JobChoices,
        who: Who,
        *,
        part: str = "",
        origin: str = "page",
    ) -> ImportJob:
        """Have an export imported; where that was asked for before, take it up again.

        Parameters
        ----------
        source
            A folder or a zip that every server of the database sees at this path; it
            has to stay there until the job is done.
        folder
            That the plate is to lie in: below a served root, so that it is listed. The
            plate is called as the export or `choices` call it.
        choices
            What somebody decided after they saw what the import would do.
        who
            Who wants it.
        part
            Which plate of a source that holds several.
        origin
            ``"page"`` or ``"inbox"``.

        Returns
        -------
            The job: the one that there is, where it runs, waits or is done.

        Raises
        ------
        DashboardError
            If nothing is at `source`, or `folder` is none.
        RefusedError
            If this server is read-only.
        """
        self._access.may_write()
        source, folder = os.path.abspath(source), os.path.abspath(folder)  # noqa: PTH100
        if not os.path.lexists(source):
            raise DashboardError(
                f"Nothing is at {plain_text(source, 200)} (any more): choose another "
                f"folder or zip."
            )
        if not Path(folder).is_dir():
            raise DashboardError(
                f"{plain_text(folder, 200)} is no folder that plates can be put into."
            )
        before = self._jobs.of_source(source, part, folder)
        if before is None:
            job = self._jobs.add(
                source,
                folder,
                choices,
                part=part,
                origin=origin,
                who=who.name,
                known=who.known,
            )
        else:
            # Somebody has removed the plate, and wants it again.
            gone = before.state is JobState.DONE and not Path(before.target).exists()
            job = self._again(before, choices, who, (JobState.DONE,) if gone else ())
        self._woken()
        return job

    def try_again(self, job_id: str, who: Who | None = None) -> ImportJob:
        """Take an import up again: that failed, was stopped, or whose export grew.

        Parameters
        ----------
        job_id
            Of the import.
        who
            Who wants it; the history of fields that get a new version names them.
        """
        self._access.may_write()
        job = self._jobs.get(job_id)
        grew = job.state is JobState.GREW
        return self._acted(
            job, self._again(job, dataclasses.replace(job.choices, renew=grew), who)
        )

    def use_pattern(
        self, job_id: str, pattern: str, who: Who | None = None
    ) -> ImportJob:
        """Take an import up again, its files' names read by a pattern.

        Raises
        ------
        DashboardError
            If it is empty or too long; whether it fits, the import says.
        """
        self._access.may_write()
        if not pattern.strip() or len(pattern) > _LONGEST_PATTERN:
            raise DashboardError(
                f"A pattern has 1 to {_LONGEST_PATTERN} letters, such as "
                f"'(?P<well>[A-H]\\d\\d)_s(?P<field>\\d)_w(?P<channel>\\d)'."
            )
        job = self._jobs.get(job_id)
        choices = dataclasses.replace(job.choices, preset="auto", pattern=pattern)
        return self._acted(job, self._again(job, choices, who))

    def ignore(self, job_id: str) -> ImportJob:
        """Have an export not imported, until somebody tries it again."""
        self._access.may_write()
        job = self._jobs.get(job_id)
        return self._acted(
            job, self._jobs.change(job_id, _OPEN, state=JobState.IGNORED)
        )

    def stop(self, job_id: str) -> ImportJob:
        """Have an import stopped at its next field; what is written stays."""
        self._access.may_write()
        job = self._jobs.get(job_id)
        changed = self._jobs.change(
            job_id, (JobState.WAITING,), state=JobState.STOPPED, reason=""
        ) or self._jobs.change(job_id, (JobState.RUNNING,), wish="stop")
        return self._acted(job, changed)

    def take_again(self, job_id: str) -> ImportJob:
        """Take an import up again whose export has become another, done or not."""
        job = self._jobs.get(job_id)
        job = self._again(job, job.choices, also=(JobState.DONE,))
        self._woken()
        return job

    # --- inside -----------------------------------------------------------------------

    def _again(
        self,
        job: ImportJob,
        choices: JobChoices,
        who: Who | None = None,
        also: tuple[JobState, ...] = (),
    ) -> ImportJob:
        """Return the job, waiting where it had come to an end without a plate."""
        changed = self._jobs.change(
            job.id,
            (*_AGAIN, *also),
            state=JobState.WAITING,
            choices=choices,
            reason="",
            wish="",
            bytes=0,
            **({} if who is None else {"who": who.name, "known": who.known}),
        )
        return changed or self._jobs.get(job.id)

    def _acted(self, before: ImportJob, job: ImportJob | None) -> ImportJob:
        if job is None:
            raise RefusedError(
                f"The import of {plain_text(before.name, 100)} has changed meanwhile: "
                f"it is {self._jobs.get(before.id).state} by now."
            )
        self._woken()
        return job

    def _woken(self) -> None:
        self.bump()
        self._importing.wake()
