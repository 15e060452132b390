"""The comparison: the present field beside the staged one, in pictures and numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.failure import failure
from dashboard.views.field_picture import picture_content, shown_plane
from dashboard.views.island import Island, Message, Part, short
from dashboard.views.match_rows import differences, field_id

if TYPE_CHECKING:
    from dashboard.corrections.comparison import Comparison
    from dashboard.corrections.values import Staged
    from dashboard.plates.values import FieldState
    from dashboard.session import Session
    from dashboard.views.batch_work import BatchWork
    from dashboard.views.snapshot import Snapshot


class CompareIsland(Island):
    """See ``assets/pixels/compare.js``."""

    module = "pixels/compare.js"
    rare = True

    names = ("content", "values")
    """`values`: metrics and histograms of both."""


class Compare(Part):
    """Shows old and new through one viewport and one contrast, with their metrics."""

    def __init__(self, session: Session, work: BatchWork) -> None:
        super().__init__(session, CompareIsland())
        self._work = work
        self._measured = ""
        """Id of the correction whose metrics are asked for, or here."""

        on = self.component.on
        on("next", lambda message: self._next(message), asks=Act.LOOK)
        on("table", lambda _: work.look_at(None), asks=Act.LOOK)

    def _next(self, message: Message) -> None:
        self._work.step(-1 if message.get("by") == -1 else 1)

    def draw(self, now: Snapshot) -> None:
        """Show the staged correction where it belongs to what is looked at."""
        self._now = now
        staged = now.staged
        if staged is None or not now.comparing or now.loading:
            self.component.put({"staged": None})
            return
        self._measure(staged)
        old = self._present(now, staged)
        new = picture_content(staged.view)
        urls = self._session.urls
        self.component.put(
            {
                "place": plain_text(f"{staged.well} {staged.view.words}", 80),
                "title": plain_text(staged.action, 200),
                "old": old,
                "old_text": plain_text(staged.view.words, 60),
                "new_text": plain_text(", ".join(staged.sources), 200),
                "staged": {
                    **new,
                    **_place(staged.view, now),
                    "id": staged.id,
                    "plane": urls.staged_plane(staged.id, level=0, channel=0),
                    "picture": urls.staged_picture(staged.id, level=0, channels=()),
                },
                "pixel": new["pixel"],
                "unit": new["unit"],
                "hint": "Both pictures move together: wheel zooms, drag moves.",
                "table": self._of_table(staged),
            }
        )

    def _of_table(self, staged: Staged) -> dict[str, Any] | None:
        """Return which of the table's corrections it is; None where it is of none."""
        draft = self._work.draft
        if draft.compared is not staged:
            return None
        fields = list(draft.staged or ())
        return {
            "key": field_id((staged.well, staged.field)),
            "number": fields.index((staged.well, staged.field)) + 1,
            "total": len(fields),
            "differences": differences(staged.differences),
            "barred": self._session.reason_against(Act.STAGE),
        }

    # --- metrics ----------------------------------------------------------------------

    def _measure(self, staged: Staged) -> None:
        """Ask once for the metrics of a correction, in a thread."""
        if self._measured == staged.id:
            return
        self._measured = staged.id
        self.component.put({"staged": staged.id, "busy": True, "error": ""}, "values")
        service, owner = self._session.service, self._session.visitor.subject
        self._session.run(
            lambda: service.batches.comparison(staged.id, owner),
            lambda comparison: self.component.put(compared(comparison), "values"),
            failed=lambda error: self.component.put(
                {"staged": staged.id, "busy": False, "error": failure(error)},
                "values",
            ),
            of=lambda: self._measured,
            pool=Pool.FILES,
        )

    def _present(self, now: Snapshot, staged: Staged) -> dict[str, Any] | None:
        if staged.base is None or now.well is None:
            return None
        field: FieldState | None = now.well.field(staged.field, staged.acquisition)
        if field is None:
            return None
        where = (staged.key, staged.well, field.name, field.version)
        urls = self._session.urls
        return {
            **picture_content(field),
            **_place(field, now),
            "id": field.version,
            "plane": urls.plane(*where, level=0, channel=0),
            "picture": urls.picture(*where, level=0, channels=()),
        }


def compared(comparison: Comparison) -> dict[str, Any]:
    """Return metrics and histograms of both as a page shows them."""
    return {
        "staged": comparison.staged,
        "busy": False,
        "error": "",
        "rows": [
            {
                "title": plain_text(row.change.title, 80),
                "channel": plain_text(row.channel_name, 60),
                "unit": plain_text(row.change.unit, 20),
                "old": _finite(row.change.old),
                "new": _finite(row.change.new),
                "verdict": row.verdict,
                "text": plain_text(row.text, 200),
            }
            for row in comparison.rows
        ],
        "histograms": [
            {
                "channel": histogram.channel,
                "name": plain_text(histogram.name, 60),
                "low": histogram.low,
                "high": histogram.high,
                "old": list(histogram.old),
                "new": list(histogram.new),
            }
            for histogram in comparison.histograms
        ],
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else short(value)


def _place(field: FieldState, now: Snapshot) -> dict[str, int]:
    """Return z and t that a field shows; old and new can have different numbers."""
    z, t = shown_plane(field, now.state)
    return {"z": z, "t": t}
