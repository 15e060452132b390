"""Folders that microscopes write into: what comes, when it is complete, what grew.

They are looked at again and again, for shares tell nobody of changes. A look at an
export that is known asks its folders for their times; its files are asked when those
have changed, when it has been quiet for long enough to be taken, and now and then, ever
more rarely, for files that grow without that their folder changes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from dashboard.inbox.arrival import Arrival
from dashboard.inbox.child import says_complete
from dashboard.inbox.folders import INBOX
from dashboard.inbox.look import Look, folders_changed, look
from dashboard.inbox.values import JobChoices, JobState
from dashboard.storage.faults import DatabaseFault
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashboard.inbox.desk import ImportDesk
    from dashboard.inbox.folders import InboxFolder, InboxSettings
    from dashboard.inbox.values import JobMark

_LOG = logging.getLogger(__name__)

_SELDOM_SECONDS = 3600.0
"""Most time between two looks at all files of an export that does not change."""

_MOST_EXPORTS = 20_000

_TAKEN_AGAIN = (JobState.DONE, JobState.GREW, JobState.FAILED)
"""What is taken up again when its export has changed; who stopped or ignored one
meant the export, whatever becomes of it."""


@dataclass(slots=True)
class _Export:
    """What is remembered of an export between two looks."""

    look: Look
    changed_at: float
    """When it was last seen to be another, on the monotonic clock."""

    due_at: float
    """When all its files are asked again, whatever its folders say."""

    rest: float
    settled: bool = False
    """Whether it was taken as it is now."""

    asked: str = ""
    """The stamp that it had when its metadata were last asked."""


class Inbox:
    """Watches folders and has what comes in them imported.

    Parameters
    ----------
    settings
        What is watched.
    desk
        Takes what is complete.
    clock
        Tells seconds that never go back.
    """

    def __init__(
        self,
        settings: InboxSettings,
        desk: ImportDesk,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._desk, self._clock = settings, desk, clock
        self._exports: dict[tuple[str, str], _Export] = {}
        self._arrivals: tuple[Arrival, ...] = ()
        self._asked = False
        """Whether an export's metadata were asked during this look."""

        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    @property
    def thread(self) -> threading.Thread:
        """What does the work."""
        return self._thread

    def start(self) -> None:
        """Begin to watch, where there is a folder to watch."""
        if self._settings.folders:
            self._thread.start()

    def close(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def arrivals(self) -> tuple[Arrival, ...]:
        """Return what has come and is not taken yet, and what cannot be (fast)."""
        return self._arrivals

    @property
    def folders(self) -> tuple[InboxFolder, ...]:
        """What is watched."""
        return self._settings.folders

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look_through()
            except DatabaseFault:
                pass  # the log has it once
            except (HCSError, SQLAlchemyError) as error:
                _LOG.warning("An inbox cannot be looked through: %s", error)
            except Exception:  # noqa: BLE001 - the next look may find it mended
                _LOG.exception("Looking through an inbox failed.")
            self._stopping.wait(self._settings.look_seconds)

    def look_through(self) -> None:
        """Look at all folders once, and have taken what is complete."""
        # A part follows its source, which is announced with all of its plates.
        jobs = {
            (job.source, job.folder): job for job in self._desk.marks() if not job.part
        }
        self._asked = False
        arrivals = tuple(
            arrival
            for folder in self._settings.folders
            for arrival in self._of_folder(folder, jobs)
        )
        if arrivals != self._arrivals:
            self._arrivals = arrivals
            self._desk.bump()

    def _of_folder(
        self, inbox: InboxFolder, jobs: dict[tuple[str, str], JobMark]
    ) -> Iterator[Arrival]:
        paths, refused, problem = _entries(inbox.folder)
        yield from refused
        if problem:
            # A share that is away: nothing of it has changed, and nothing is gone.
            yield Arrival(source=inbox.folder, problem=problem)
            return
        gone = {key for key in self._exports if key[1] == inbox.folder} - {
            (path, inbox.folder) for path in paths
        }
        for key in gone:
            del self._exports[key]
        for path in paths:
            if self._stopping.is_set():
                return
            job = jobs.get((path, inbox.into))
            try:
                arrival = self._of_export(path, inbox, job)
            except HCSError as error:  # the others are looked at all the same
                arrival = Arrival(source=path, problem=str(error))
            if arrival is not None:
                yield arrival

    def _of_export(
        self, path: str, inbox: InboxFolder, job: JobMark | None
    ) -> Arrival | None:
        """Look at an export; have it taken if it is complete, else say how it is."""
        export = self._looked(path, inbox.folder, job)
        if export.settled or (job is not None and job.state not in _TAKEN_AGAIN):
            return None
        quiet = self._clock() - export.changed_at
        if export.look.problem or not export.look.files:
            problem = export.look.problem or "holds no files yet"
            return Arrival(source=path, problem=problem)
        if quiet < self._settings.quiet_seconds and not self._complete(path, export):
            return Arrival(
                source=path,
                files=export.look.files,
                bytes=export.look.bytes,
                quiet=quiet,
                needed=self._settings.quiet_seconds,
                known=job is not None,
            )
        self._take(path, inbox, job)
        return None

    def _complete(self, path: str, export: _Export) -> bool:
        """Whether an export that changes no more says itself that it is complete.

        Asked once for each state of it, and of one export a look: a process is started.
        """
        if (
            self._asked
            or export.asked == export.look.stamp
            or export.changed_at == self._clock()
        ):
            return False
        self._asked = True
        export.asked = export.look.stamp
        # Files may grow that no folder tells of.
        export.look = look(path)
        return export.look.stamp == export.asked and says_complete(path)

    def _looked(self, path: str, folder: str, job: JobMark | None) -> _Export:
        """Look at an export as closely as its time has come for."""
        moment, settings = self._clock(), self._settings
        export = self._exports.get((path, folder))
        if export is None:
            export = _Export(look(path), moment, moment + settings.quiet_seconds, 0.0)
            self._exports[path, folder] = export
        elif moment >= export.due_at or folders_changed(export.look):
            now = look(path)
            if now.stamp != export.look.stamp or now.problem:
                export.changed_at, export.settled, export.rest = moment, False, 0.0
            export.look = now
            export.rest = min(
                _SELDOM_SECONDS, max(settings.quiet_seconds, 2 * export.rest)
            )
            export.due_at = moment + export.rest
        if job is not None and not export.settled:
            export.settled = job.stamp == export.look.stamp and not export.look.problem
        return export

    def _take(self, path: str, inbox: InboxFolder, job: JobMark | None) -> None:
        if job is None:
            self._desk.add(path, inbox.into, JobChoices(), INBOX, origin="inbox")
        else:
            self._desk.take_again(job.id)


def _entries(folder: str) -> tuple[list[str], list[Arrival], str]:
    """Return the exports of a folder, what cannot be one, and why it cannot be read."""
    exports: list[str] = []
    refused: list[Arrival] = []
    loose = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if not _is_text(entry.name):
                    name = os.fsencode(entry.name).decode("utf-8", "replace")
                    problem = "has a name that is no text; rename it"
                    refused.append(Arrival(source=name, problem=problem))
                elif entry.is_symlink():
                    problem = "is a link, which is not followed"
                    refused.append(Arrival(source=entry.path, problem=problem))
                elif entry.is_dir() or entry.name.lower().endswith(".zip"):
                    exports.append(entry.path)
                else:
                    loose += 1
                if len(exports) > _MOST_EXPORTS:
                    return [], [], f"holds more than {_MOST_EXPORTS:,} exports"
    except OSError as error:
        return [], [], f"cannot be reached ({error.strerror})"
    if loose:
        problem = (
            f"holds {loose} files beside its folders, which belong to no export: put "
            f"each export into a folder of its own"
        )
        refused.append(Arrival(source=folder, problem=problem))
    return sorted(exports), sorted(refused, key=lambda entry: entry.source), ""


def _is_text(name: str) -> bool:
    """Whether a name can be kept: those of other systems may be any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
