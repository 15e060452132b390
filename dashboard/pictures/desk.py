"""What pages ask of previews: how far they are, and to stop or go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.access import Access
    from dashboard.pictures.cache_fill import CacheFill
    from dashboard.pictures.job import PreviewJobs
    from dashboard.pictures.plane_cache import PlaneCache
    from dashboard.pictures.previews import Previews
    from dashboard.progress import Progress


class PreviewDesk:
    """Previews of plates by key; all answers come from memory."""

    def __init__(
        self, access: Access, jobs: PreviewJobs, previews: Previews, planes: PlaneCache
    ) -> None:
        self._access = access
        self._jobs = jobs
        self._previews = previews
        self._planes = planes

    def caches(self) -> tuple[CacheFill, ...]:
        """Return how full the caches are."""
        return self._planes.fill(), *self._previews.fill()

    def progress(self, key: str) -> Progress:
        """Return how far the previews of a plate are."""
        return self._jobs.progress(self._access.plate(key).key)

    def stopped(self, key: str) -> bool:
        """Whether a person has stopped the previews of a plate."""
        return self._jobs.stopped(self._access.plate(key).key)

    def stop(self, key: str) -> None:
        """Make no more previews of a plate for now."""
        self._jobs.stop(self._access.plate(key).key)

    def resume(self, key: str) -> None:
        """Go on making previews of a plate, in the background."""
        self._jobs.resume(self._access.plate(key))
