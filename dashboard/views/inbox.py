"""The exports that wait, are imported or failed, beside the list of plates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.inbox.values import JobState, Phase
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.writes import GuardedWrites
from hcs.terminal import duration
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.inbox.arrival import Arrival
    from dashboard.inbox.values import ImportJob
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_AGAIN_SECONDS = 2.0
"""How old the list may be while somebody looks at it: other servers work too."""

_MOST = 100
"""Imports that are listed, those that are open first; the others are counted."""

_ORDER = {
    JobState.RUNNING: 0,
    JobState.WAITING: 1,
    JobState.FAILED: 2,
    JobState.GREW: 2,
    JobState.STOPPED: 3,
    JobState.DONE: 4,
    JobState.IGNORED: 5,
}

_ACTS = {
    JobState.RUNNING: ("stop",),
    JobState.WAITING: ("stop", "ignore"),
    JobState.FAILED: ("again", "pattern", "ignore"),
    JobState.GREW: ("add", "ignore"),
    JobState.STOPPED: ("again", "ignore"),
    JobState.IGNORED: ("again",),
    JobState.DONE: (),
}
"""What people can do with an import; ``add`` tries again as well."""

_TEXTS = {
    JobState.WAITING: "Waits",
    JobState.FAILED: "Failed",
    JobState.GREW: "Grew after import",
    JobState.STOPPED: "Stopped",
    JobState.IGNORED: "Ignored",
}


class InboxIsland(Island):
    """See ``assets/panels/inbox.js``."""

    module = "panels/inbox.js"
    rare = True


class InboxPage(Part):
    """Lists imports; who may not act on them sees how far they are."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, InboxIsland())
        self._writes = GuardedWrites(session, self._redraw)
        self._jobs: tuple[ImportJob, ...] = ()
        self._read_at = 0.0
        self._revision = -1
        self._busy = False
        desk = session.service.inbox
        acts: dict[str, Callable[[str], object]] = {
            "again": lambda job_id: desk.try_again(job_id, session.who()),
            "ignore": desk.ignore,
            "stop": desk.stop,
        }
        for kind, act in acts.items():
            self.component.on(kind, self._acting(act), asks=Act.ADD_PLATES)
        self.component.on("pattern", self._use_pattern, asks=Act.ADD_PLATES)
        self.component.on("plate", self._open, asks=Act.LOOK)
        session.each_poll(self._look)

    def concerns(self, message: Message) -> set[str]:
        """Return the key of no plate: who acts on imports needs the role everywhere."""
        del message
        return {""}

    # --- messages ---------------------------------------------------------------------

    def _acting(self, act: Callable[[str], object]) -> Callable[[Message], None]:
        def handle(message: Message) -> None:
            job_id = text_of(message, "id", 40)
            self._writes.make(lambda: self._acted(act(job_id)))

        return handle

    def _use_pattern(self, message: Message) -> None:
        job_id, pattern = text_of(message, "id", 40), text_of(message, "pattern", 2000)
        desk = self._session.service.inbox
        who = self._session.who()
        self._writes.make(lambda: self._acted(desk.use_pattern(job_id, pattern, who)))

    def _acted(self, _: object) -> None:
        """Have the list read again at the next look."""
        self._revision = -1

    def _open(self, message: Message) -> None:
        key = text_of(message, "plate")
        if any(entry.key == key for entry in self._session.service.plates.entries()):
            self._session.state.update(plate=key)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was done, where it was asked."""
        del message
        self._writes.refuse(reason)

    # --- what is shown ----------------------------------------------------------------

    def draw(self, now: Snapshot) -> None:
        """Show the imports where no plate is open and there are any."""
        self._now = now
        desk = self._session.service.inbox
        if now.stage != "plates" or not (desk.folders or self._jobs):
            self.component.put({"shown": False})
            self._look()
            return
        acts = self.reason_against(Act.ADD_PLATES, {}) == ""
        jobs = sorted(self._jobs, key=lambda job: _ORDER[job.state])
        keys = {entry.location: entry.key for entry in now.plates}
        self.component.put(
            {
                "shown": True,
                "inboxes": [
                    [plain_text(folder.folder, 300), plain_text(folder.into, 300)]
                    for folder in desk.folders
                    if acts
                ],
                "jobs": [_job(job, keys, acts=acts) for job in jobs[:_MOST]],
                "more": max(0, len(jobs) - _MOST),
                "arrivals": [_arrival(entry) for entry in desk.arrivals()[:_MOST]],
                "barred": self.barred(),
                "refused": self._writes.content(),
            }
        )
        self._look()

    def _look(self) -> None:
        """Read the imports again, in a thread, where some may have changed."""
        now, desk = self._now, self._session.service.inbox
        if now is None or now.stage != "plates" or self._busy:
            return
        fresh = time.monotonic() - self._read_at < _AGAIN_SECONDS
        if fresh and self._revision == desk.revision:
            return
        self._busy = True
        revision = desk.revision
        self._session.run(
            desk.jobs,
            lambda jobs: self._take(jobs, revision),
            failed=lambda _: self._done(),
        )

    def _take(self, jobs: tuple[ImportJob, ...], revision: int) -> None:
        self._done()
        changed = jobs != self._jobs or revision != self._revision
        self._jobs, self._revision = jobs, revision
        if changed:
            self._redraw()

    def _done(self) -> None:
        self._busy = False
        self._read_at = time.monotonic()


def _job(job: ImportJob, keys: dict[str, str], *, acts: bool) -> dict[str, Any]:
    """Return an import as the page shows it.

    Where an export lies, and what its files say, is for those who may act on it: it
    tells how disks are laid out, and perhaps what is in wells.
    """
    running = job.state is JobState.RUNNING
    content: dict[str, Any] = {
        "id": job.id,
        "name": plain_text(job.name, 200),
        "state": job.state.value,
        "text": _text(job),
        "plate": keys.get(job.target, "") if job.state is not JobState.WAITING else "",
        "done": job.done if running else 0,
        "total": job.total if running and job.phase == Phase.IMPORTING else 0,
        "changed": job.changed,
        "bad": [],
        "reason": "",
        "acts": [],
        "source": "",
        "found": "",
        "details": [],
        "proposals": [],
    }
    if acts:
        content |= {
            "bad": [plain_text(text, 300) for text in job.summary.get("bad", ())],
            "reason": plain_text(job.reason, 800),
            "acts": _ACTS[job.state],
            "source": plain_text(job.source, 400),
            "found": _contents(job),
            "details": _details(job),
            "proposals": [
                [plain_text(text, 300) for text in pair]
                for pair in job.summary.get("proposals", ())
            ],
        }
    return content


def _text(job: ImportJob) -> str:
    """Return how far an import is, in one line."""
    if job.state is JobState.DONE:
        bad = ", bad as a whole" if job.summary.get("bad") else ""
        complete = job.summary.get("complete")
        if job.summary.get("plates"):
            return counted(job.summary["plates"], "plate")
        if not job.target:
            return "Not imported again"
        if complete is None:
            return f"Ready{bad}; seems complete"
        return f"Ready{bad}; {'complete' if complete else 'not said to be complete'}"
    if job.state is not JobState.RUNNING:
        return _TEXTS[job.state]
    if job.wish == "stop":
        return "Stops at the next field"
    left = job.seconds_left
    remaining = "" if left is None else f", about {duration(left)} left"
    if job.phase == Phase.IMPORTING:
        return f"{job.done:,} of {counted(job.total, 'field')}{remaining}"
    if job.phase == Phase.MEASURING:
        return f"Imported; being measured{remaining}"
    return "Being scanned"


def _contents(job: ImportJob) -> str:
    """Return what an export holds, "" before it was looked through."""
    counts = job.summary.get("found")
    if not counts:
        return ""
    return (
        f"{counted(counts['wells'], 'well')} × {counted(counts['fields'], 'field')} × "
        f"{counted(counts['channels'], 'channel')}, {counted(counts['z'], 'z')}, "
        f"{counted(counts['t'], 'time point')}"
    )


def _details(job: ImportJob) -> list[list[str]]:
    """Return what was missing, skipped and noted: kind and text."""
    summary = job.summary
    lines = [["Barcode", summary["barcode"]]] if summary.get("barcode") else []
    if summary.get("plate_map"):
        lines.append(["Plate map", summary["plate_map"]])
    gaps: Sequence[str] = summary.get("gaps", ())
    if summary.get("gap_count"):
        more = summary["gap_count"] - len(gaps)
        lines += [["Missing", gap] for gap in gaps]
        lines += [["Missing", f"and {more:,} more"]] if more > 0 else []
    for entry in summary.get("skipped", ()):
        others = entry["count"] - len(entry["names"])
        names = ", ".join(entry["names"]) + (f" and {others:,} more" if others else "")
        lines.append(["Skipped", f"{names}: {entry['reason']}"])
    lines += [["Note", note] for note in summary.get("notes", ())]
    return [[kind, plain_text(text, 400)] for kind, text in lines]


def _arrival(arrival: Arrival) -> dict[str, Any]:
    if arrival.problem:
        text = f"{arrival.problem[:1].upper()}{arrival.problem[1:]}"
    else:
        known = "Changed since it was imported; " if arrival.known else "Arriving: "
        text = (
            f"{known}{counted(arrival.files, 'file')}, quiet for "
            f"{duration(arrival.quiet)} of {duration(arrival.needed)}"
        )
    return {
        "name": plain_text(arrival.name, 200),
        "text": plain_text(text, 300),
        "problem": bool(arrival.problem),
    }
