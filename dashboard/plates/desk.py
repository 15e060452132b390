"""What pages ask of plates: which there are, what is in them, whether they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.errors import NotServedError
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.access import Access
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateEntry, PlateOverview, WellView
    from dashboard.plates.watcher import Watcher


class PlateDesk:
    """Answers from memory or from a few documents; may be called on the event loop.

    Parameters
    ----------
    plates, access, watcher
        What is served, what may be seen of it, and what looks for changes.
    judged
        Returns a number that changes with a plate's verdicts.
    """

    def __init__(
        self,
        plates: Plates,
        access: Access,
        watcher: Watcher,
        judged: Callable[[ServedPlate], int],
    ) -> None:
        self._plates = plates
        self._access = access
        self._watcher = watcher
        self._judged = judged
        self._field_names: dict[str, tuple[ServedPlate, int, tuple[str, ...]]] = {}
        """With the plate and its revision, which verdicts do not change."""

    def entries(self) -> tuple[PlateEntry, ...]:
        """Return the served plates; the first time, each is opened."""
        return self._plates.entries()

    def __len__(self) -> int:
        """Return how many plates are served; none is opened to count them."""
        return len(self._plates.all())

    def absent(self) -> tuple[str, ...]:
        """Return the keys of the plates that cannot be reached (fast)."""
        return tuple(
            plate.key for plate in self._plates.all() if plate.absence is not None
        )

    def add(self, root: str) -> str:
        """Serve another root; see `Plates.add`."""
        return self._plates.add(root)

    def overview(self, key: str) -> PlateOverview:
        """Return what the first paint of a plate needs: one document is read."""
        return self._access.overview(key)

    def well(self, key: str, label: str) -> WellView:
        """Return a well with its fields: some documents, then from memory."""
        return self._access.watched(key).well(label)

    def revision(self, key: str) -> int:
        """Return what changes with the plate; of the list of plates for ""."""
        if not key:
            self._watcher.look_at_list()
            return self._plates.revision
        try:
            plate = self._access.watched(key)
        except NotServedError:
            return 0
        try:
            return plate.revision + self._judged(plate)
        except HCSError:
            # Nothing is known of a plate that cannot be opened; the page says why.
            return plate.revision

    def field_names(self, key: str) -> tuple[str, ...]:
        """Return the names that fields have on a plate."""
        plate = self._access.watched(key)
        revision, known = plate.revision, self._field_names.get(key)
        if known is not None and known[:2] == (plate, revision):
            return known[2]
        wells = plate.knowledge.fields_by_well().values()
        names = tuple(dict.fromkeys(name for fields in wells for name, _ in fields))
        self._field_names[key] = plate, revision, names
        return names
