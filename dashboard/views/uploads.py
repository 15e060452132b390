"""The files on their way to the server, and where the page sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.text import plain_text
from dashboard.views.island import Island, Part

if TYPE_CHECKING:
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


class UploadsIsland(Island):
    """See ``assets/panels/uploads.js``."""

    module = "panels/uploads.js"


class UploadTray(Part):
    """Tells the page where files go, for which plate, and whether they may.

    How far they are the page knows itself: it sends them.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, UploadsIsland())

    def draw(self, now: Snapshot) -> None:
        """Say where files go that are dropped now."""
        session, overview = self._session, now.overview
        refused = session.reason_against(Act.UPLOAD)
        self.component.put(
            {
                "address": session.urls.uploads(),
                "page": session.token,
                "plate": now.state.plate,
                "well": plain_text(now.state.well, 20),
                "most": max(1, len(overview.channels)) if overview else 1,
                "refused": refused,
            }
        )
