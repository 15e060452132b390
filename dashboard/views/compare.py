"""The comparison: the present field beside the staged one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.field_viewer import picture_content, shown_plane
from dashboard.views.island import Island, Part

if TYPE_CHECKING:
    from dashboard.corrections.values import Staged
    from dashboard.plates.values import FieldView
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


class CompareIsland(Island):
    """See ``assets/pixels/compare.js``."""

    module = "pixels/compare.js"


class Compare(Part):
    """Shows old and new through one viewport and one contrast."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, CompareIsland())

    def draw(self, now: Snapshot) -> None:
        """Show the staged correction where it belongs to what is looked at."""
        staged = now.staged
        if staged is None or not now.comparing or now.loading:
            self.component.put({"staged": None})
            return
        old = self._present(now, staged)
        new = picture_content(staged.view)
        urls = self._session.urls
        self.component.put(
            {
                "title": plain_text(staged.action, 200),
                "old": old,
                "old_text": plain_text(staged.field_label, 60),
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
                "hint": "Both move together: wheel zooms, drag moves.",
            }
        )

    def _present(self, now: Snapshot, staged: Staged) -> dict[str, Any] | None:
        if staged.base is None or now.well is None:
            return None
        field: FieldView | None = now.well.field(staged.field, staged.acquisition)
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


def _place(field: FieldView, now: Snapshot) -> dict[str, int]:
    """Return z and t that a field shows; old and new can have different numbers."""
    z, t = shown_plane(field, now.state)
    return {"z": z, "t": t}
