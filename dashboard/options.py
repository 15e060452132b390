"""How a service is set up, whichever command or script builds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.inbox.folders import InboxSettings
from dashboard.inbox.running import ImportLimits
from dashboard.pictures.plane_cache import PLANE_CACHE_BYTES
from dashboard.pictures.previews import DISK_BYTES, MEMORY_BYTES

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from dashboard.uploads.values import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a service is set up; the defaults are those of the command line."""

    read_only: bool = False
    """Refuse everything that would write to a plate."""

    database: str | None = None
    """Address for SQLAlchemy; the workspace's own SQLite where None."""

    cache_bytes: int = PLANE_CACHE_BYTES
    """Decoded planes in memory."""

    preview_bytes: int = MEMORY_BYTES
    """Encoded pictures in memory."""

    preview_disk_bytes: int = DISK_BYTES
    """Encoded pictures in the workspace."""

    quotas: Quotas | None = None
    """Bounds of uploads."""

    executor: Executor | None = None
    """Measures fields; a pool of processes of our own where None."""

    workers: int | None = None
    """Processes of that pool; one less than the cores where None."""

    measure: bool = True
    """Whether plates are measured as soon as somebody looks at them."""

    watch: bool = True
    """Whether plates are followed, and prepared for pages, in the background."""

    imports: bool = False
    """Whether exports that wait in the database are imported: by servers, and by no
    command that comes and goes."""

    inbox: InboxSettings = field(default_factory=InboxSettings)
    """Folders whose exports are imported by themselves."""

    add_from: tuple[str, ...] = ()
    """Folders that people may pick exports from."""

    on_plate: tuple[str, ...] = ()
    """Program and arguments that are called with imported plates."""

    import_limits: ImportLimits = field(default_factory=ImportLimits)
    """What importing may take."""

    settle_after: float | None = None
    """Seconds after a commit until the field is brought back to its first path; None
    leaves the library's own grace time."""
