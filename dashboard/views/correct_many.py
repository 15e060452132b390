"""The way to the table of corrections: what waits in it, and where to drop files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.views.island import Island, Part
from hcs.ingest import SUFFIXES
from hcs.wording import counted

if TYPE_CHECKING:
    from dashboard.session import Session
    from dashboard.views.batch_work import BatchWork
    from dashboard.views.snapshot import Snapshot


class CorrectManyIsland(Island):
    """See ``assets/panels/correct_many.js``."""

    module = "panels/correct_many.js"


class CorrectMany(Part):
    """Leads to the table of corrections from wherever one is on a plate."""

    def __init__(self, session: Session, work: BatchWork) -> None:
        super().__init__(session, CorrectManyIsland())
        self._work = work

    def draw(self, now: Snapshot) -> None:
        """Say what waits for the plate that is looked at."""
        self._now = now
        draft, overview = self._work.draft, now.overview
        if overview is None or self._session.read_only:
            self.component.put({"shown": False})
            return
        rows = len(draft.order) if draft.key == overview.key else 0
        refused = self._session.reason_against(Act.UPLOAD)
        self.component.put(
            {
                "shown": True,
                "accept": ",".join(SUFFIXES),
                "refused": refused,
                "waiting": f"{counted(rows, 'file')} in the table" if rows else "",
            }
        )
