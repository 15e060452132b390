"""The wells that somebody should look at, and why; or why the chosen well is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.measuring import status
from dashboard.views.writes import GuardedWrites
from hcs.wording import counted

if TYPE_CHECKING:
    from dashboard.quality.judgement import Judgement, SuspectView
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST = 200
"""More suspects than this are counted and not listed: then the plate is what is bad."""


class SuspectsIsland(Island):
    """See ``assets/panels/suspects.js``."""

    module = "panels/suspects.js"


class Suspects(Part):
    """Lists suspects where no well is chosen, else gives the reasons of the well."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, SuspectsIsland())
        self._writes = GuardedWrites(session, self._redraw)
        self.component.on("metric", self._metric, asks=Act.LOOK)
        self.component.on("anew", self._anew, asks=Act.CUT_OFFS)
        self.component.on("measure", self._measure, asks=Act.MEASURE)

    def _metric(self, message: Message) -> None:
        metric_id = text_of(message, "metric", 200)
        if self._now and any(metric.id == metric_id for metric in self._now.metrics):
            self._session.state.update(metric=metric_id)

    def _anew(self, message: Message) -> None:
        self._writes.make_at(message, self._session.service.quality.judge_anew)

    def _measure(self, message: Message) -> None:
        self._writes.make_at(message, self._session.service.quality.resume_measuring)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was kept, where it was asked."""
        del message
        self._writes.refuse(reason)

    def draw(self, now: Snapshot) -> None:
        """Show what is suspect on the plate or the well."""
        self._now = now
        if now.overview is None:
            self.component.put({"shown": False})
            return
        judgement = now.judgement
        label = now.state.well
        chosen = judgement.by_well.get(label) if label else None
        well = now.overview.well(label) if label else None
        empty = bool(label) and (well is None or well.state != "present")
        pending = not (judgement.ready or empty)
        self.component.put(
            {
                "shown": True,
                "plate": now.state.plate,
                "title": _title(label, chosen is not None, empty, judgement),
                "pending": _pending(now) if pending else _problem(judgement),
                # Who measures again has it judged again, too.
                "held": bool(judgement.problem) or (pending and _held(now)),
                "banner": [plain_text(line) for line in judgement.banner],
                "moved": judgement.moved,
                "barred": self.barred(),
                "refused": self._writes.content(),
                "few": plain_text(judgement.few, 600),
                "clean": _clean(judgement)
                if not label or chosen is not None
                else _clean_well(empty, judgement),
                "checks": [] if label or not judgement.ready else _checks(judgement),
                "more": 0 if label else max(0, len(judgement.suspects) - _MOST),
                "list": [] if label else _list(judgement),
                "reasons": [] if chosen is None else _reasons(chosen),
                "unusual": [] if label else _unusual(judgement),
            }
        )


def _title(label: str, suspect: bool, empty: bool, judgement: Judgement) -> str:
    if not label or not (suspect or empty or judgement.ready):
        return "Suspects"
    name = plain_text(label, 20)
    if empty and not suspect:
        return f"{name} has no image"
    return f"Why {name} is suspect" if suspect else f"{name} is not suspect"


def _clean_well(empty: bool, judgement: Judgement) -> str:
    """Return that nothing speaks against a well that is no suspect."""
    if empty:
        return "There is nothing to check in this well."
    return "No check found anything unusual in this well." if judgement.ready else ""


def _held(now: Snapshot) -> bool:
    """Return whether measuring waits for a person to say so."""
    progress = now.progress
    return progress is not None and progress.held and not progress.running


def _problem(judgement: Judgement) -> str:
    """Return why the plate could not be judged, "" where it could."""
    return plain_text(judgement.problem, 400)


def _pending(now: Snapshot) -> str:
    progress = now.progress
    if now.judgement.problem:
        return _problem(now.judgement)
    if progress is None:
        return "Reading the plate…"
    if progress.message or progress.held or progress.waiting:
        return status(progress)
    if not progress.total:
        return "Reading the plate…"
    return f"Pending: {progress.done} of {progress.total} fields are measured."


def _clean(judgement: Judgement) -> str:
    """Return that nothing was found, in words, "" where something was or may be."""
    if not judgement.ready or judgement.suspects:
        return ""
    if judgement.few:
        return "No field is beyond these limits."
    fields = counted(judgement.fields, "field")
    return f"No suspects: nothing stands out in {fields}. Look at some wells at random."


def _checks(judgement: Judgement) -> list[list[str]]:
    return [
        [plain_text(check.kind, 60), plain_text(check.text, 400)]
        for check in judgement.checks
    ]


def _list(judgement: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "well": suspect.well,
            "kind": ", ".join(dict.fromkeys(reason.kind for reason in suspect.reasons)),
            "text": plain_text(suspect.text, 600),
            "brief": plain_text(suspect.reasons[0].brief, 200),
            "score": suspect.score,
            "more": len(suspect.reasons) - 1,
        }
        for suspect in judgement.suspects[:_MOST]
    ]


def _unusual(judgement: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "well": well.well,
            "text": plain_text(well.text, 600),
            "brief": plain_text(well.reasons[0].brief, 200),
        }
        for well in judgement.unusual[:_MOST]
    ]


def _reasons(suspect: SuspectView) -> list[dict[str, Any]]:
    return [
        {
            "text": plain_text(reason.text, 400),
            "kind": reason.kind,
            "metric": reason.metric,
        }
        for reason in suspect.reasons
    ]
