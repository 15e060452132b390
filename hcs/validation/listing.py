"""The listing of an archive, for the rules of RFC-9."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.rules.archive import Archive
    from hcs.store import PlateStore


def listing(store: PlateStore) -> Archive | None:
    """Return the listing of a store that is an archive, None for any other."""
    return None
