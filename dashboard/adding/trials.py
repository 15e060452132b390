"""Dry runs: each in a child that may be stopped, and that tells how far it is."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dashboard.inbox.child import Worker
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.adding.values import Questions, Source

AT_ONCE = 2
"""Dry runs at one time; more wait, for the machine is there to show plates."""

SECONDS = 900.0
"""That a dry run may take."""

_TICK = 0.2
_MODULE = "dashboard.adding.trial_child"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """How far a dry run is, and what it found."""

    phase: str
    """``"waiting"``, ``"running"``, ``"done"``, ``"failed"`` or ``"stopped"``."""

    text: str = ""
    """What it does, or why it failed, as a sentence."""

    done: int = 0
    total: int = 0
    """Images that were looked at, and that there are."""

    plates: tuple[tuple[str, int, int], ...] = ()
    """The plates of the source: name, number of images, bytes."""

    plate_count: int = 0
    plate: str = ""
    """That the outcome is of."""

    sheets: tuple[str, ...] = ()
    """Of the tables: those that name wells."""

    proposals: tuple[Mapping[str, Any], ...] = ()
    """Patterns that the names suggest, see `outcome.proposals_of`."""

    outcome: Mapping[str, Any] = field(default_factory=dict)
    """See `outcome.outcome_of`; empty until it is done."""

    map_text: str = ""
    """The plate map that was given, as the import takes it."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self.phase in ("done", "failed", "stopped")


class Trial:
    """One dry run.

    Parameters
    ----------
    source, questions
        What is tried, and how.
    maps
        Folder of plate maps that are called as barcodes; None where there is none.
    slots
        Taken while its child runs.
    """

    def __init__(
        self,
        source: Source,
        questions: Questions,
        maps: str | None,
        slots: threading.Semaphore,
    ) -> None:
        self.source, self.questions = source, questions
        self._maps, self._slots = maps, slots
        self._stopping = threading.Event()
        self.state = TrialState(
            phase="waiting", text="Waits until other dry runs are done."
        )
        self._thread = threading.Thread(target=self._run, name="dry-run", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it as soon as possible."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    # --- inside -----------------------------------------------------------------------

    def _run(self) -> None:
        while not self._slots.acquire(timeout=_TICK):
            if self._stopping.is_set():
                self._say(phase="stopped", text="")
                return
        try:
            self._say(phase="running", text="Looking through the names of the files…")
            self._listen()
        except Exception as error:  # noqa: BLE001 - the page says that it failed
            self._say(phase="failed", text=f"The dry run failed: {error}")
        finally:
            self._slots.release()

    def _listen(self) -> None:
        worker = Worker(self._order(), _MODULE)
        end = time.monotonic() + SECONDS
        try:
            while not self.state.over:
                if self._stopping.is_set():
                    self._say(phase="stopped", text="")
                elif time.monotonic() > end:
                    self._fail(
                        f"It took longer than {SECONDS / 60:.0f} minutes, and was "
                        f"given up."
                    )
                elif event := worker.event(_TICK):
                    self._take(event)
        finally:
            worker.close()

    def _order(self) -> dict[str, Any]:
        questions = self.questions
        return {
            "source": self.source.path,
            "maps": self._maps,
            "plate": questions.plate,
            "pattern": questions.pattern,
            "format": questions.format,
            "pages": questions.pages,
            "channel_names": dict(questions.channel_names),
            "sheet": questions.sheet,
            "tables": [
                {"name": table.name, "data": base64.b64encode(table.data).decode()}
                for table in questions.tables
            ],
        }

    def _take(self, event: Mapping[str, Any]) -> None:
        """Note what the child says."""
        match event["kind"]:
            case "sheets":
                self._say(sheets=tuple(event["sheets"]))
            case "plates":
                plates = tuple((n, i, size) for n, i, size in event["plates"])
                self._say(
                    plates=plates, plate_count=event["count"], plate=event["plate"]
                )
            case "progress":
                done, total = event["done"], event["total"]
                text = f"Looked at {done:,} of {counted(total, 'image')}"
                self._say(done=done, total=total, text=text)
            case "done":
                self._say(
                    phase="done",
                    text="",
                    outcome=event["outcome"],
                    map_text=event["map_text"],
                    proposals=tuple(event["proposals"]),
                )
            case "failed":
                self._say(proposals=tuple(event["proposals"]))
                self._fail(str(event["reason"]))
            case "died":
                self._fail(
                    "The process that looked at it was ended, such as for want of "
                    "memory or time: a file is damaged or made to do harm."
                )

    def _fail(self, reason: str) -> None:
        # An upload lies where its person need not know, under a name that says nothing.
        self._say(phase="failed", text=reason.replace(self.source.path, self.name))

    @property
    def name(self) -> str:
        """What people call the source."""
        return self.source.name

    def _say(self, **values: Any) -> None:
        self.state = replace(self.state, **values)


class Trials:
    """All dry runs of a server."""

    def __init__(self) -> None:
        self._slots = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._running: set[Trial] = set()

    def start(self, source: Source, questions: Questions, maps: str | None) -> Trial:
        """Begin to try a source out."""
        trial = Trial(source, questions, maps, self._slots)
        with self._lock:
            self._running = {trial for trial in self._running if not trial.state.over}
            self._running.add(trial)
        return trial

    def close(self) -> None:
        """Stop all of them."""
        with self._lock:
            running = list(self._running)
        for trial in running:
            trial.stop()
        for trial in running:
            trial.join()
