"""The process-wide service behind all pages: a registry of desks, by noun.

A desk takes plain values and returns plain values; it never calls a page. Everything
may be called from any thread. All errors are `hcs.errors.HCSError` with a sentence for
people. `dashboard.compose` builds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from sqlalchemy import Engine

    from dashboard.access import Access
    from dashboard.accounts.audit import Audit
    from dashboard.adding.desk import AddDesk
    from dashboard.corrections.batch_desk import BatchDesk
    from dashboard.corrections.desk import CorrectionDesk
    from dashboard.corrections.pending_desk import PendingDesk
    from dashboard.events import Events
    from dashboard.inbox.desk import ImportDesk
    from dashboard.pictures.desk import PreviewDesk
    from dashboard.pictures.picture import Pictures
    from dashboard.pictures.saving import Saving
    from dashboard.pictures.sprites import Sprites
    from dashboard.plates.desk import PlateDesk
    from dashboard.plates.registry import Plates
    from dashboard.presence.presence import Presence
    from dashboard.projects.assay_setup import AssaySetup
    from dashboard.projects.desk import ProjectDesk
    from dashboard.projects.imports import Imports
    from dashboard.projects.plate_links import Links
    from dashboard.quality.desk import QualityDesk
    from dashboard.reviews.amending import Amending
    from dashboard.reviews.assay_windows import AssayWindows
    from dashboard.reviews.blind import BlindReviews
    from dashboard.reviews.decisions import Decisions
    from dashboard.reviews.ledger import Ledger
    from dashboard.reviews.plate_list import PlateList
    from dashboard.reviews.plate_trends import PlateTrends
    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.signing import Signing
    from dashboard.reviews.usability import PlateUse
    from dashboard.sessions import Sessions
    from dashboard.settings import Settings
    from dashboard.shared import Shared
    from dashboard.threads import Threads
    from dashboard.uploads.uploads import Uploads
    from dashboard.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceStorage:
    """Where everything is kept, for what is taken to a file and back as a whole."""

    engine: Engine
    ledger: Ledger
    settings: Settings
    links: Links
    plates: Plates


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What pages, exports and commands ask."""

    workspace: Workspace
    access: Access
    audit: Audit
    plates: PlateDesk
    pictures: Pictures
    sprites: Sprites
    previews: PreviewDesk
    saving: Saving
    quality: QualityDesk
    projects: ProjectDesk
    assay: AssaySetup
    imports: Imports
    reviews: Reviews
    decisions: Decisions
    usability: PlateUse
    signing: Signing
    blind: BlindReviews
    amending: Amending
    plate_list: PlateList
    plate_trends: PlateTrends
    assay_windows: AssayWindows
    uploads: Uploads
    corrections: CorrectionDesk
    batches: BatchDesk
    pending: PendingDesk
    inbox: ImportDesk
    adding: AddDesk
    presence: Presence
    events: Events
    sessions: Sessions
    shared: Shared
    threads: Threads
    storage: WorkspaceStorage
    workspace_id: str
    """Tells this workspace from others, for ever: all servers of it share it. Browsers
    keep what is typed by it, for two servers may share an address."""

    background: tuple[threading.Thread, ...]
    """Those that work as long as the service does, where they were started."""

    close: Callable[[], None]
    """Stops the background work and releases everything."""

    @property
    def read_only(self) -> bool:
        """Whether this server writes nothing."""
        return self.access.read_only
