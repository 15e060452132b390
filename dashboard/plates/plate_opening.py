"""Opening a plate: once, when it is first needed, and not again and again in vain."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from dashboard.plates.overview import PlateGrid
from dashboard.plates.redirects import refuse_redirects
from dashboard.plates.values import PlateEntry
from dashboard.text import without_halves
from hcs import from_hcs_zarr
from hcs.errors import HCSError, PlateNotFoundError, StoreError
from hcs.ngff import group_document

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hcs import HCSPlate

_RETRY_SECONDS = 10.0
"""Before a plate that could not be opened is tried again."""


class PlateOpening:
    """A location, and the plate of the library that it becomes.

    Thread safety: one lock is held while the plate is opened or closed.
    """

    def __init__(self, key: str, location: str, *, read_only: bool) -> None:
        self._key = key
        self._location = location
        self._read_only = read_only
        self._lock = threading.Lock()
        self._plate: HCSPlate | None = None
        self._failure: HCSError | None = None
        self._retry_at = 0.0
        self._stamp: Hashable | None = None
        """Of the plate document that was read."""

    @property
    def plate(self) -> HCSPlate:
        """The plate of the library.

        Raises
        ------
        HCSError
            If it cannot be opened; for some seconds without trying again, as a place
            that does not answer would hold up whoever asks.
        """
        with self._lock:
            if self._plate is None:
                if time.monotonic() < self._retry_at and self._failure is not None:
                    raise self._failure
                try:
                    _refuse_halves(self._location)
                    refuse_redirects(self._location)
                    plate = from_hcs_zarr(self._location)
                    # What cannot be shown is said like a broken plate.
                    PlateGrid.of(plate)
                except HCSError as error:
                    # The frames of the traceback would keep what they hold alive.
                    self._failure = error.with_traceback(None)
                    self._retry_at = time.monotonic() + _RETRY_SECONDS
                    raise
                self._stamp = _document_stamp(plate)
                self._plate, self._failure = plate, None
            return self._plate

    def retry(self) -> bool:
        """Try again to open a plate that could not be; return whether it can now."""
        if self._failure is None:
            return False
        self._retry_at = 0.0
        try:
            return self.plate is not None
        except HCSError:
            return False

    @property
    def writable(self) -> bool:
        """Whether corrections can be committed."""
        return not self._read_only and self.plate.writable

    @property
    def opened(self) -> HCSPlate | None:
        """The plate where it was opened before; nothing is read for it."""
        return self._plate

    def entry(self, absence: str = "", absent_since: str = "") -> PlateEntry:
        """Return the plate as a line of a list; an error is part of it.

        A plate that could not be opened is not tried again: see `retry`.

        Parameters
        ----------
        absence, absent_since
            Why and since when it cannot be reached, "" where it can: then its place is
            asked for nothing.
        """
        opened = self._plate
        if absence:
            return PlateEntry(
                key=self._key,
                name=(opened and opened.name) or self._key,
                location=(opened and opened.location)
                or _without_credentials(self._location),
                writable=False,
                error=absence,
                absent_since=absent_since,
            )
        try:
            if self._failure is not None:
                raise self._failure
            plate = self.plate
        except HCSError as error:
            return PlateEntry(
                key=self._key,
                name=self._key,
                location=_without_credentials(self._location),
                writable=False,
                error=str(error),
            )
        return PlateEntry(
            key=self._key,
            name=plate.name or self._key,
            location=plate.location or "",
            writable=self.writable,
        )

    def reread(self) -> bool:
        """Read the plate document again if it has changed; return whether it had.

        Raises
        ------
        HCSError
            If it cannot be read (any more).
        """
        plate = self.plate
        if plate.store is not None:
            # An archive is another file from now on where there is one; or none.
            plate.store.refresh()
        # Taken before reading: a change in between is seen at the next look.
        stamp = _document_stamp(plate)
        if stamp == self._stamp:
            return False
        plate.refresh()
        self._stamp = stamp
        return True

    def check(self) -> None:
        """Raise `HCSError` where the plate document is not there any more (slow)."""
        plate = self.plate
        if plate.store is not None:
            plate.store.refresh()
        if _document_stamp(plate) is None:
            raise PlateNotFoundError(f"There is no plate at {plate.location} now.")

    def close(self) -> None:
        """Release the store."""
        with self._lock:
            plate, self._plate = self._plate, None
        if plate is not None:
            plate.close()


def _refuse_halves(location: str) -> None:
    """Raise `StoreError` for a path that no database, page or table can hold."""
    if location != without_halves(location):
        raise StoreError(
            f"The path {without_halves(location)} has a name that is not in UTF-8. "
            f"Rename it, and the plate is opened."
        )


def _document_stamp(plate: HCSPlate) -> Hashable | None:
    store = plate.store
    if store is None:
        return None
    return store.stamp(group_document(plate.version or ""))


def _without_credentials(location: str) -> str:
    """Return a location without user, password and query, which may be a signature."""
    scheme, separator, address = location.partition("://")
    if not separator:
        return without_halves(location)
    host, slash, path = address.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
