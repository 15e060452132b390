"""One served plate: what is known of it, and what has changed.

The overview costs the plate document alone. What the wells hold is looked up by
`dashboard.plates.survey` in the background and filled in here; each change raises the
revision, which pages compare.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import threading
import time
from typing import TYPE_CHECKING, Any

from dashboard.errors import NotServedError
from dashboard.plates.fields import (
    describe_field,
    is_corrected,
    is_revised,
    is_unsettled,
    records_of,
)
from dashboard.plates.overview import Grid, KnownWell, acquisitions_of, describe_plate
from dashboard.plates.poll_order import next_turn
from dashboard.plates.values import PlateEntry, WellView
from dashboard.text import plain_text
from hcs import HCSPlate, Multiscales, from_hcs_zarr
from hcs.cache import LRUCache
from hcs.errors import HCSError, NotFoundError
from hcs.ngff import group_document

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from dashboard.plates.values import (
        ChannelDisplay,
        FieldView,
        PlateOverview,
        WellStatus,
    )
    from hcs import HCSWell, PlateStore
    from hcs.metadata import PlateWell

_RETRY_SECONDS = 10.0
"""Before a plate that could not be opened is tried again."""

_ASKED = 32
"""Wells that are looked at more often because somebody has asked for them."""

_GROWING_SECONDS = 600.0
"""After something has come, what is not there yet is pending for so long."""

_VIEWS = 4000
"""Well views that are kept: plain values of some kilobytes."""


class ServedPlate:
    """A plate at a location, opened when it is first needed.

    Thread safety: one lock guards what is known; documents are read outside it.
    """

    def __init__(self, key: str, location: str, *, read_only: bool = False) -> None:
        self.key = key
        self.location = location
        self.watched = 0.0
        """When a page last asked for the revision, on the monotonic clock."""

        self._read_only = read_only
        self._lock = threading.RLock()
        self._opening = threading.Lock()
        self._plate: HCSPlate | None = None
        self._failure: HCSError | None = None
        self._retry_at = 0.0
        self._revision = 1
        self._known: dict[str, KnownWell] = {}
        self._channels: tuple[ChannelDisplay, ...] = ()
        self._surveyed = False
        self._given: Mapping[str, Mapping[str, Any]] | None = None
        self._overview: PlateOverview | None = None
        self._views: LRUCache[str, WellView] = LRUCache(_VIEWS)
        self._old: LRUCache[tuple[str, str], Multiscales] = LRUCache(100)
        self._paths: dict[str, str] = {}
        self._listed: dict[str, PlateWell] = {}
        self._stamp: Hashable | None = None
        self._grown = -math.inf
        self._asked: LRUCache[str, bool] = LRUCache(_ASKED)
        """Paths of the wells that pages have asked for last."""

    # --- opening ----------------------------------------------------------------------

    @property
    def plate(self) -> HCSPlate:
        """The plate of the library.

        Raises
        ------
        HCSError
            If it cannot be opened; for some seconds without trying again, as a place
            that does not answer would hold up whoever asks.
        """
        with self._opening:
            if self._plate is None:
                if time.monotonic() < self._retry_at and self._failure is not None:
                    raise self._failure
                try:
                    plate = from_hcs_zarr(self.location)
                    Grid.of(plate)  # what cannot be shown is said like a broken plate
                except HCSError as error:
                    self._failure = error.with_traceback(None)
                    self._retry_at = time.monotonic() + _RETRY_SECONDS
                    raise
                self._stamp = _plate_stamp(plate)
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
    def store(self) -> PlateStore:
        """The plate's bytes."""
        store = self.plate.store
        assert store is not None  # noqa: S101 - it was opened from a location
        return store

    @property
    def writable(self) -> bool:
        """Whether corrections can be committed."""
        return not self._read_only and self.plate.writable

    def entry(self) -> PlateEntry:
        """Return the plate as a line of a list; an error is part of it.

        A plate that could not be opened is not tried again: see `retry`.
        """
        try:
            if self._failure is not None:
                raise self._failure
            plate = self.plate
        except HCSError as error:
            return PlateEntry(
                key=self.key,
                name=self.key,
                location=_printable(self.location),
                writable=False,
                error=str(error),
            )
        return PlateEntry(
            key=self.key,
            name=plate.name or self.key,
            location=plate.location or "",
            writable=self.writable,
        )

    def close(self) -> None:
        """Release the store."""
        with self._opening:
            plate, self._plate = self._plate, None
        if plate is not None:
            plate.close()

    # --- what pages see ---------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Changes with everything that a page could show."""
        return self._revision

    def look(self) -> int:
        """Return the revision and remember that somebody is looking."""
        self.watched = time.monotonic()
        return self._revision

    def apply_plate_map(
        self, conditions: Mapping[str, Mapping[str, Any]] | None
    ) -> None:
        """Take conditions of wells, by path, instead of the store's; None: the store's.

        What people say of a plate in its project goes before what came with it.
        """
        if conditions == self._given:
            return
        with self._lock:
            self._given = conditions
        self.bump()

    def bump(self) -> None:
        """Tell pages that something has changed."""
        with self._lock:
            self._revision += 1
            self._overview = None

    def overview(self) -> PlateOverview:
        """Return the plate as it is known at this moment."""
        plate = self.plate
        with self._lock:
            if self._overview is None:
                self._overview = self._make_overview(plate)
            return self._overview

    def well(self, label: str) -> WellView:
        """Return a well with its fields; what cannot be read says why.

        Raises
        ------
        NotServedError
            If the plate's grid has no such position.
        """
        found = self._views.get(label)
        if found is not None:
            self._asked.set(found.path, True)
            return found
        listed = self.listed(label)
        if listed is None:
            path = self._path(label)
            return WellView(label=label, path=path, error="This well was not acquired.")
        self._asked.set(listed.path, True)
        before = self._revision
        view = self._view(label, listed)
        # A change that came while it was read may have been missed by the reading.
        if self._revision == before and view.error is None:
            self._views.set(label, view)
        return view

    def known_view(self, label: str) -> WellView | None:
        """Return a well as `well` does, None where it would have to be read."""
        return self._views.get(label)

    def field(self, label: str, name: str) -> FieldView:
        """Return one field of a well.

        Raises
        ------
        NotServedError
            If there is no such field.
        """
        found = self.well(label).field(name)
        if found is None:
            raise NotServedError(
                f"Well {label} has no field {plain_text(name, 100)!r} (any more)."
            )
        return found

    def image(self, label: str, name: str, version: str) -> Multiscales:
        """Return the pixels of a version of a field, live or kept.

        Raises
        ------
        NotServedError
            If there is no such field or version.
        HCSError
            If it cannot be read.
        """
        view = self.field(label, name)
        well = self.open_well(label)
        if view.version == version:
            if view.error is not None:
                raise HCSError(view.error)
            return well.field(name, view.acquisition).image()
        return self._kept(well, name, version)

    def listed(self, label: str) -> PlateWell | None:
        """Return the plate's entry for a well, None where it lists none.

        Raises
        ------
        NotServedError
            If the plate's grid has no such position.
        """
        # The look-up of the path fills the table where it is not there yet.
        path = self._path(label)
        return self._listed.get(path)

    def open_well(self, label: str) -> HCSWell:
        """Return the well of the library.

        Raises
        ------
        NotServedError
            If the plate lists no such well.
        HCSError
            If its document cannot be read.
        """
        row, _, column = self._path(label).partition("/")
        well = self.plate.get_well(row, column)
        if well is None:
            raise NotServedError(f"The plate lists no well {plain_text(label, 100)}.")
        return well

    # --- what is found out ------------------------------------------------------------

    def learn_well(self, path: str) -> bool:
        """Look at a well document again; return whether what is known has changed."""
        key = f"{path}/{group_document(self.plate.version or '')}"
        stamp = self.store.stamp(key)
        known = dataclasses.replace(self._read_well(path), stamp=stamp)
        with self._lock:
            before = self._known.get(path)
            self._known[path] = known
            more = (known.n_fields or 0) > ((before and before.n_fields) or 0)
            if self._surveyed and more:
                self._grown = time.monotonic()
        changed = before is None or dataclasses.replace(before, stamp=stamp) != known
        if changed:
            self.forget((path,))
        return changed

    def learn_channels(self, channels: tuple[ChannelDisplay, ...]) -> None:
        """Take over the plate's channels and contrast."""
        with self._lock:
            self._channels = channels

    def learn_all(self) -> None:
        """Note that every well was looked at."""
        with self._lock:
            self._surveyed = True

    @property
    def surveyed(self) -> bool:
        """Whether every well was looked at once."""
        return self._surveyed

    def unsettled_wells(self) -> tuple[str, ...]:
        """Return the wells with a corrected field that is not at its first path."""
        with self._lock:
            return tuple(path for path, one in self._known.items() if one.unsettled)

    def fields_by_well(self) -> dict[str, tuple[tuple[str, int | None], ...]]:
        """Return names and acquisitions of the known fields by path of the well."""
        with self._lock:
            return {path: one.fields for path, one in self._known.items()}

    @property
    def channels(self) -> tuple[ChannelDisplay, ...]:
        """The plate's channels; empty until they are known."""
        return self._channels

    def forget(self, paths: Iterable[str] | None = None) -> None:
        """Drop what was read of some wells, of all where None is given."""
        if paths is None:
            self._views.clear()
            return
        wanted = set(paths)
        for label, view in self._views.items():
            if view.path in wanted:
                self._views.discard(label)

    def changed_wells(self, at_most: int | None = None) -> list[str]:
        """Return the wells whose document is not the one that was read.

        Parameters
        ----------
        at_most
            How many to look at. Half of them are wells that pages show or that lack
            fields, the others any; in each half those first that had to wait longest.
        """
        name = group_document(self.plate.version or "")
        with self._lock:
            known = self._next_to_look_at(at_most)
        store = self.store
        return [
            path for path, one in known if store.stamp(f"{path}/{name}") != one.stamp
        ]

    def _next_to_look_at(self, at_most: int | None) -> list[tuple[str, KnownWell]]:
        asked = {path for path, _ in self._asked.items()}
        turn = next_turn(self._known, asked, at_most)
        chosen = [(path, self._known.pop(path)) for path in turn]
        # Moved to the end: the others have their turn next time.
        self._known.update(chosen)
        return chosen

    @property
    def growing(self) -> bool:
        """Whether wells or fields have come not long ago, while somebody looked."""
        return time.monotonic() - self._grown < _GROWING_SECONDS

    def reread(self) -> bool:
        """Read the plate document again if it has changed; return whether it had."""
        plate = self.plate
        stamp = _plate_stamp(plate)
        if stamp == self._stamp:
            return False
        plate.refresh()
        with self._lock:
            self._stamp = stamp
            listed = {well.path for well in plate.wells}
            for path in self._known.keys() - listed:
                del self._known[path]
            self._paths = {}
            self._overview = None
        self.forget()
        return True

    def unknown_wells(self) -> list[str]:
        """Return the listed wells that nobody has looked at."""
        with self._lock:
            return [
                well.path for well in self.plate.wells if well.path not in self._known
            ]

    # --- inside -----------------------------------------------------------------------

    def _read_well(self, path: str) -> KnownWell:
        row, _, column = path.partition("/")
        try:
            well = self.plate.get_well(row, column)
            if well is None:
                return KnownWell(state="not_acquired")
            well.refresh()
            records = records_of(well)
            fields = well.fields
        except NotFoundError as error:
            state: WellStatus = "pending" if self._unfinished() else "missing"
            return KnownWell(state=state, error=str(error))
        except HCSError as error:
            return KnownWell(state="unreadable", error=str(error))
        pairs = [(field, records.get(field.name)) for field in fields]
        mark = hashlib.sha256(
            "\n".join(f"{one.name}\t{one.live or one.path}" for one in fields).encode()
        ).hexdigest()
        return KnownWell(
            state="present",
            n_fields=len(fields),
            corrected=any(is_corrected(record) for _, record in pairs),
            revised=any(is_revised(record) for _, record in pairs),
            unsettled=sum(is_unsettled(field, record) for field, record in pairs),
            fields=tuple((one.name, one.acquisition) for one in fields),
            mark=mark,
        )

    def _view(self, label: str, listed: PlateWell) -> WellView:
        known = self._known.get(listed.path)
        if known is not None and known.error is not None:
            # The library still has what it read before the document broke.
            return WellView(label=label, path=listed.path, error=known.error)
        try:
            well = self.open_well(label)
            records = records_of(well)
            names = {one.id: one.name for one in acquisitions_of(self.plate)}
            fields = tuple(
                describe_field(field, records.get(field.name), names)
                for field in well.fields
            )
        except HCSError as error:
            return WellView(label=label, path=listed.path, error=str(error))
        return WellView(label=label, path=listed.path, fields=fields)

    def _kept(self, well: HCSWell, name: str, version: str) -> Multiscales:
        kept = self._old.get((f"{well.path}/{name}", version))
        if kept is not None:
            return kept
        record = records_of(well).get(name)
        event = None if record is None else record.find(version)
        if event is None:
            raise NotServedError(
                f"Field {plain_text(name, 100)!r} of well {well.path} has no version "
                f"{plain_text(version, 80)!r}; the page may be out of date."
            )
        image = Multiscales.open(
            self.store, f"{well.path}/{event.path}", well.format_version
        )
        self._old.set((f"{well.path}/{name}", version), image)
        return image

    def _path(self, label: str) -> str:
        if not self._paths:
            self.overview()
        path = self._paths.get(label)
        if path is None:
            raise NotServedError(f"The plate has no well {plain_text(label, 100)!r}.")
        return path

    def _unfinished(self) -> bool:
        return self._import().get("state") == "unfinished"

    def _import(self) -> dict[str, Any]:
        found = self._extension().get("import")
        return found if isinstance(found, dict) else {}

    def _extension(self) -> dict[str, Any]:
        found = self.plate.attributes.get("hcs")
        return found if isinstance(found, dict) else {}

    def _expected(self) -> dict[str, KnownWell]:
        """Return what is known; what is missing has only not come yet, if so."""
        if not (self.growing or self._unfinished()):
            return self._known
        return {
            path: dataclasses.replace(one, state="pending")
            if one.state == "missing"
            else one
            for path, one in self._known.items()
        }

    def _make_overview(self, plate: HCSPlate) -> PlateOverview:
        grid = Grid.of(plate)
        self._listed = {well.path: well for well in plate.wells}
        self._paths = dict(zip(grid.labels, grid.paths, strict=True))
        return describe_plate(
            plate,
            grid,
            self._expected(),
            key=self.key,
            writable=self.writable,
            channels=self._channels,
            surveyed=self._surveyed,
            revision=self._revision,
            conditions=plate.conditions if self._given is None else self._given,
        )


def _plate_stamp(plate: HCSPlate) -> Hashable | None:
    store = plate.store
    if store is None:
        return None
    return store.stamp(group_document(plate.version or ""))


def _printable(location: str) -> str:
    """Return a location without the credentials that an address may hold."""
    scheme, found, rest = location.partition("://")
    if not found:
        return location
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
