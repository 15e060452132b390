"""How far the plate is measured, what could not be, and who may stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part
from dashboard.views.snapshot import OF_A_WELL
from dashboard.views.writes import GuardedWrites
from hcs.errors import HCSError
from hcs.qc import broken_metrics
from hcs.terminal import duration
from hcs.wording import counted

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.progress import Progress
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST = 100
"""Fields that could not be measured and are listed; the others are counted."""


class MeasuringIsland(Island):
    """See ``assets/panels/measuring.js``."""

    module = "panels/measuring.js"


class MeasuringJob(Part):
    """Shows the job of the plate while there is something to say."""

    ignores = Part.ignores | OF_A_WELL

    def __init__(self, session: Session) -> None:
        super().__init__(session, MeasuringIsland())
        self._writes = GuardedWrites(session, self._redraw)
        self.component.on("hold", self._hold, asks=Act.MEASURE)
        self.component.on("resume", self._resume, asks=Act.MEASURE)

    def _hold(self, message: Message) -> None:
        self._writes.make_at(message, self._session.service.quality.hold_measuring)

    def _resume(self, message: Message) -> None:
        self._writes.make_at(message, self._session.service.quality.resume_measuring)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was kept, where it was asked."""
        del message
        self._writes.refuse(reason)

    def draw(self, now: Snapshot) -> None:
        """Show how far the plate is."""
        self._now = now
        progress = now.progress
        if now.overview is None or progress is None or not _worth_saying(progress):
            self.component.put({"shown": False})
            return
        self.component.put(
            {
                "shown": True,
                "plate": now.state.plate,
                "status": status(progress),
                "done": progress.done,
                "total": progress.total,
                "running": progress.running,
                "act": _act(progress),
                "barred": self.barred(),
                "failures": self._failures(now.overview, progress),
                "failed": progress.failed,
                "refused": self._writes.content(),
                "plugins": _broken(),
            }
        )

    def _failures(
        self, overview: PlateOverview, progress: Progress
    ) -> list[dict[str, Any]]:
        if not progress.failed or self._now is None:
            return []
        service, key = self._session.service, self._now.state.plate
        labels = {well.path: well.label for well in overview.wells}
        try:
            unmeasured = sorted(service.quality.unmeasured(key).items())[:_MOST]
            # People know a field by its label; the wells are known from the survey.
            names = {
                (path, field.name): field.words
                for path in {path for (path, _), _ in unmeasured} & labels.keys()
                for field in service.plates.well(key, labels[path]).fields
            }
        except HCSError:
            return []
        return [
            {
                "well": labels.get(key_of_field[0], key_of_field[0]),
                "field": plain_text(names.get(key_of_field, key_of_field[1]), 60),
                "why": plain_text(why, 400),
            }
            for key_of_field, why in unmeasured
        ]


def _worth_saying(progress: Progress) -> bool:
    return bool(
        progress.running
        or progress.held
        or progress.waiting
        or progress.failed
        or progress.message
        or broken_metrics()
    )


def _broken() -> list[str]:
    """Return which metrics of other packages are left out, and why."""
    return [plain_text(plugin.warning, 400) for plugin in broken_metrics()]


def _act(progress: Progress) -> str:
    """Return what the button does."""
    if progress.held:
        return "resume" if progress.done else "measure"
    if progress.running or progress.waiting:
        return "hold"
    return "again"


def status(progress: Progress) -> str:
    """Return how far a job is, in one line."""
    if progress.message:
        return f"Measuring stopped: {plain_text(progress.message)}"
    if progress.waiting and not progress.running:
        return "Waiting until other plates are measured."
    part = f"{progress.done:,} of {counted(progress.total, 'field')}"
    if progress.held and not progress.running:
        return f"Stopped: {part} measured." if progress.done else "Not measured yet."
    if progress.running:
        left = progress.seconds_left
        remaining = "" if left is None else f", about {duration(left)} left"
        return f"{part}{remaining}"
    done = progress.done - progress.failed
    return f"{done:,} of {counted(progress.total, 'field')} measured."
