"""The wells that somebody should look at, and why; or why the chosen well is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.island import Island, Message, text_of
from dashboard.views.redrawing import Redrawn
from dashboard.views.writes import Attempts
from hcs.terminal import counted

if TYPE_CHECKING:
    from dashboard.quality.judgement import Judgement, SuspectView
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST = 200
"""More suspects than this are counted and not listed: then the plate is what is bad."""


class SuspectsIsland(Island):
    """See ``assets/panels/suspects.js``."""

    module = "panels/suspects.js"


class Suspects(Redrawn):
    """Lists suspects where no well is chosen, else gives the reasons of the well."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._attempts = Attempts(session, self._redraw)
        self.component = SuspectsIsland()
        self.component.on("metric", self._metric)
        self.component.on("anew", self._anew)

    def _metric(self, message: Message) -> None:
        asked = text_of(message, "metric", 200)
        if self._now and any(one.id == asked for one in self._now.metrics):
            self._session.state.update(metric=asked)

    def _anew(self, _: Message) -> None:
        now = self._now
        if now and now.state.plate and not self._session.read_only:
            service, key = self._session.service, now.state.plate
            self._attempts.make(lambda: service.quality.judge_anew(key))

    def draw(self, now: Snapshot) -> None:
        """Show what is suspect on the plate or the well."""
        self._now = now
        if now.overview is None:
            self.component.put({"shown": False})
            return
        judged = now.judgement
        label = now.state.well
        chosen = judged.by_well.get(label) if label else None
        self.component.put(
            {
                "shown": not label or chosen is not None,
                "title": f"Why {plain_text(label, 20)} is suspect"
                if label
                else "Suspects",
                "pending": "" if judged.ready else _pending(now),
                "banner": [plain_text(one) for one in judged.banner],
                "moved": judged.moved,
                "writable": not self._session.read_only,
                "refused": self._attempts.content(),
                "few": plain_text(judged.few, 600),
                "clean": _clean(judged),
                "checks": [] if label or not judged.ready else _checks(judged),
                "more": 0 if label else max(0, len(judged.suspects) - _MOST),
                "list": [] if label else _list(judged),
                "reasons": [] if chosen is None else _reasons(chosen),
                "unusual": [] if label else _unusual(judged),
            }
        )


def _pending(now: Snapshot) -> str:
    progress = now.progress
    if progress is not None and progress.message:
        return f"Measuring stopped: {plain_text(progress.message)}"
    if progress is None or not progress.total:
        return "Pending until the plate is measured."
    return f"Pending: {progress.done} of {progress.total} fields are measured."


def _clean(judged: Judgement) -> str:
    """Return that nothing was found, in words, "" where something was or may be."""
    if not judged.ready or judged.suspects:
        return ""
    if judged.few:
        return "Nothing is beyond these."
    return f"Nothing stands out in {counted(judged.fields, 'field')}."


def _checks(judged: Judgement) -> list[list[str]]:
    return [
        [plain_text(check.kind, 60), plain_text(check.text, 400)]
        for check in judged.checks
    ]


def _list(judged: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "well": one.well,
            "kind": ", ".join(dict.fromkeys(each.kind for each in one.reasons)),
            "text": plain_text(one.text, 600),
            "first": plain_text(one.reasons[0].text, 200),
            "score": one.score,
            "more": len(one.reasons) - 1,
        }
        for one in judged.suspects[:_MOST]
    ]


def _unusual(judged: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "well": one.well,
            "text": plain_text(one.text, 600),
            "first": plain_text(one.reasons[0].text, 200),
        }
        for one in judged.unusual[:_MOST]
    ]


def _reasons(one: SuspectView) -> list[dict[str, Any]]:
    return [
        {"text": plain_text(each.text, 400), "kind": each.kind, "metric": each.metric}
        for each in one.reasons
    ]
