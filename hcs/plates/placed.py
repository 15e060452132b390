"""Where a plate is, if it is anywhere yet."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from hcs.errors import PlateNotFoundError, StoreError
from hcs.images.companions import TABLES, listed_names
from hcs.ngff.envelope import detect_version
from hcs.ngff.plate import read_plate
from hcs.plates.description import PlateDescription
from hcs.stores.root import open_plate, read_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.metadata import PlateWell
    from hcs.stores.store import PlateStore


class PlacedPlate(PlateDescription):
    """A described plate with the place that it is in, or will be written to.

    Parameters
    ----------
    place
        As for `hcs.open_store`, or None; looked at when that is needed.
    """

    def __init__(self, place: Any) -> None:
        self._place = place
        self.is_described = False
        self._fingerprint: str | None = None
        self._store: PlateStore | None = None
        self._version: str | None = None
        self._attributes: dict[str, Any] = {}
        self._table_conditions: dict[str, dict[str, Any]] | None = None
        self._lock = Lock()

    @property
    def version(self) -> str | None:
        """NGFF version; None for a plate that is only described."""
        return self._version

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the plate group as they were last read."""
        if not self._attributes and self._opened is not None:
            self._attributes = read_group(self._opened)[0]
        return self._attributes

    @property
    def store(self) -> PlateStore | None:
        """The store; None for a plate that is only described.

        That of a local plate is its path as well. Where nothing is yet, it is the path
        that was given.
        """
        return self._place if self._opened is None else self._opened

    @property
    def _opened(self) -> PlateStore | None:
        """The store, None where there is no plate yet."""
        if self._store is None and self._place is not None:
            plate = open_plate(self._place)
            if plate is not None:
                with self._lock:
                    self._store, self._version = plate
        return self._store

    def _read_documents(self, store: PlateStore) -> None:
        """Take what the plate document says now; where it is broken, all stays."""
        attributes, zarr_format, key = read_group(store)
        where = store.where(key)
        plate = read_plate(attributes, where)
        version = detect_version(attributes, zarr_format, where)
        with self._lock:
            self._attributes = attributes
            self._version = version
            self._fingerprint = self._table_conditions = None
            self.metadata = plate
            self.is_described = False

    def _store_of(self, listed: PlateWell) -> PlateStore:
        """Return the store that a listed well is in."""
        store = self._opened
        if store is None and self._place is not None:
            raise PlateNotFoundError(
                f"There is no plate at {self._place} yet, so it has no well "
                f"{listed.path!r}. Write it with to_hcs_zarr or HCSPlateWriter first."
            )
        if store is None:
            raise StoreError(f"{self!r} has no store, so it has no wells to open.")
        return store

    def _is_as_read(self) -> bool:
        """Whether the metadata is what the document said when it was read."""
        if self._store is None or not self._attributes:
            return False
        return read_plate(self._attributes, self._store.location) == self.metadata

    def _stored_conditions(self) -> dict[str, dict[str, Any]]:
        """Return what condition tables inside the plate say; they are read once."""
        known, store = self._table_conditions, self._opened
        if known is not None or store is None:
            return known or {}
        conditions: dict[str, dict[str, Any]] = {}
        version = self._version or ""
        # What reads tables takes longer to load than most plates to open.
        if listed_names(store, TABLES, version, TABLES):
            from hcs.plates.stored_tables import stored_conditions

            conditions = stored_conditions(store, self.metadata, version)
        # Only now: other threads take it for all that there is.
        self._table_conditions = conditions
        return conditions

    @property
    def location(self) -> str | None:
        """Where the plate is, without credentials; None where it is nowhere yet."""
        return None if self._opened is None else self._opened.location

    @property
    def writable(self) -> bool:
        """Whether the plate can be corrected where it is."""
        return self._opened is not None and self._opened.writable
