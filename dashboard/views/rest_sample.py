"""Some wells drawn at random of those that would be passed without being opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.reviews.queue import unjudged
from dashboard.views.samples import Sample, pictures, random_wells, read_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateOverview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST = 32
_SIZE = 160
"""Pixels of a picture's longer side."""


class RestSample:
    """What a person looks at before the rest of a plate is passed.

    Parameters
    ----------
    session
        Whose page it is.
    changed
        Called when the wells have been read.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self._session = session
        self._changed = changed
        self._drawn: tuple[str, int, tuple[Sample, ...]] | None = None
        """The plate, the seed, and what was drawn."""

    def draw(self, overview: PlateOverview, seed: int) -> None:
        """Draw wells and read them in a thread; `seed` tells samples apart."""
        key, service = overview.key, self._session.service
        review = service.reviews.review(key, self._session.who())
        looks = self._session.looks
        rest = {well.label for well in unjudged(overview, review)}
        unopened = rest - looks.labels(key, "field", "thumbnails")
        # Others with each draw, until all of them were seen in a montage.
        requests = random_wells(
            overview, _MOST, unopened - looks.labels(key) or unopened
        )

        def shown(samples: tuple[Sample, ...]) -> None:
            self._drawn = (key, seed, samples)
            self._changed()

        self._session.run(
            lambda: read_samples(
                requests, lambda label: service.plates.well(key, label)
            ),
            shown,
            failed=lambda _: shown(()),
            of=lambda: self._session.state.plate,
        )

    def content(self, now: Snapshot, overview: PlateOverview) -> dict[str, Any] | None:
        """Return the pictures as the page gets them, None before any was drawn."""
        if self._drawn is None or self._drawn[0] != overview.key:
            return None
        _, seed, samples = self._drawn
        items = pictures(samples, self._session.urls, overview, now.state, _SIZE)
        return {"seed": seed, "items": items}
