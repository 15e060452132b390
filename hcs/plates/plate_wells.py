"""The wells of a plate that were opened, as many as are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.cache import LRUCache
from hcs.errors import HCSError
from hcs.ngff.document import group_document
from hcs.ngff.names import join
from hcs.plates.well import HCSWell
from hcs.settings import config

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.metadata import PlateWell
    from hcs.plates.well_names import WellNames
    from hcs.stores.store import PlateStore


class PlateWells(LRUCache[str, HCSWell]):
    """Opened wells by their path, those that were used last.

    Parameters
    ----------
    max_size
        Most wells to keep; their bytes are bounded by ``config.hcs_cache_bytes``.

    Notes
    -----
    Thread safety: as `LRUCache`.
    """

    def __init__(self, max_size: int | None) -> None:
        super().__init__(max_size, config.hcs_cache_bytes, lambda well: well.nbytes)

    def refresh(self, names: WellNames) -> tuple[str, ...]:
        """Look at the documents of all again; forget those that changed.

        Parameters
        ----------
        names
            What the plate lists now.

        Returns
        -------
            The paths of those that changed, are gone, or are broken since.
        """
        changed = []
        for path, well in self.items():
            try:
                is_same = names.at_path(path) is not None and not well.refresh()
            except HCSError:
                # Whoever asks for it next gets the reason.
                is_same = False
            if not is_same:
                changed.append(path)
                self.discard(path)
        return tuple(changed)

    def prefetch(
        self, listed: Iterable[PlateWell], store: PlateStore | None, version: str | None
    ) -> None:
        """Have a remote store fetch the documents of wells that are not here yet.

        Parameters
        ----------
        listed
            Entries of the plate document.
        store
            The plate's; nothing is done for a local store, or for None.
        version
            NGFF version of the plate.
        """
        if store is not None and store.is_remote and version:
            document = group_document(version)
            store.prefetch(
                join(well.path, document) for well in listed if well.path not in self
            )
