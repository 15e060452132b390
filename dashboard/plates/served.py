"""One served plate: what pages see of it, and what has changed.

The overview costs the plate document alone. What the wells hold is looked up by
`dashboard.plates.survey` in the background and filled in here; each change raises the
revision, which pages compare.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from typing import TYPE_CHECKING, Any

from dashboard.errors import NotServedError
from dashboard.plates.absence import Reach
from dashboard.plates.fields import records_of
from dashboard.plates.overview import PlateGrid, describe_plate
from dashboard.plates.plate_knowledge import PlateKnowledge
from dashboard.plates.plate_opening import PlateOpening
from dashboard.plates.values import WellView
from dashboard.plates.wells import describe_well, is_unfinished, known_well
from dashboard.text import plain_text
from hcs import Multiscales
from hcs.cache import LRUCache
from hcs.errors import HCSError, NotFoundError
from hcs.ngff import group_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dashboard.plates import values
    from dashboard.plates.absence import Absence
    from dashboard.plates.values import ChannelDisplay, FieldState, PlateOverview
    from hcs import HCSPlate, HCSWell, PlateStore

_VIEWS = 4000
"""Well views that stay in memory: plain values of some kilobytes."""

_EARLIER_IMAGES = 100
"""Opened images of versions that are not live; what is opened is their metadata."""


class ServedPlate:
    """A plate at a location, opened when it is first needed.

    Attributes
    ----------
    key, location
        What pages call it, and where it is.
    opening
        Opens it, and says why it cannot.
    knowledge
        What looking at its wells has shown.
    watched
        When a page last asked for the revision, on the monotonic clock.
    reach
        Knows whether it can be reached.

    Notes
    -----
    Thread safety: one lock guards revision and overview; documents are read outside it.
    """

    def __init__(
        self,
        key: str,
        location: str,
        *,
        read_only: bool = False,
        on_absence: Callable[[], object] = lambda: None,
    ) -> None:
        self.key = key
        self.location = location
        self.opening = PlateOpening(key, location, read_only=read_only)
        self.knowledge = PlateKnowledge()
        self.watched = 0.0
        self.reach = Reach(key, self.opening, self._reach_changed)
        self._on_absence = on_absence
        self._lock = threading.Lock()
        self._revision = 1
        self._plate_map: Mapping[str, Mapping[str, Any]] | None = None
        self._overview: PlateOverview | None = None
        self._views: LRUCache[str, WellView] = LRUCache(_VIEWS)
        self._earlier: LRUCache[tuple[str, str], Multiscales] = LRUCache(
            _EARLIER_IMAGES
        )
        self._paths: dict[str, str] = {}
        """Of every position of the grid, by label."""

        self._listed: frozenset[str] = frozenset()
        """Paths of the wells that the plate document lists."""

    # --- the plate of the library -----------------------------------------------------

    @property
    def plate(self) -> HCSPlate:
        """The plate of the library; see `PlateOpening.plate`."""
        return self.opening.plate

    @property
    def store(self) -> PlateStore:
        """The plate's bytes."""
        store = self.plate.store
        assert store is not None  # noqa: S101 - it was opened from a location
        return store

    @property
    def writable(self) -> bool:
        """Whether corrections can be committed."""
        return self.opening.writable

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

    # --- what pages see ---------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Changes with everything that a page could show."""
        return self._revision

    @property
    def channels(self) -> tuple[ChannelDisplay, ...]:
        """The plate's channels; empty until they are known."""
        return self.knowledge.channels

    @property
    def surveyed(self) -> bool:
        """Whether every well was looked at once."""
        return self.knowledge.surveyed

    def watch(self) -> None:
        """Note that a page shows the plate."""
        self.watched = time.monotonic()

    def apply_plate_map(
        self, conditions: Mapping[str, Mapping[str, Any]] | None
    ) -> None:
        """Take conditions of wells, by path, instead of the store's; None: the store's.

        What people say of a plate in its project goes before what came with it.
        """
        if conditions == self._plate_map:
            return
        with self._lock:
            self._plate_map = conditions
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
        view = self._views.get(label)
        if view is not None:
            self.knowledge.watch(view.path)
            return view
        path = self._path(label)
        if path not in self._listed:
            return WellView(label=label, path=path, error="This well was not acquired.")
        self.knowledge.watch(path)
        before = self._revision
        view = self._read_view(label, path)
        # A change that came while it was read may have been missed by the reading.
        if self._revision == before and view.error is None:
            self._views.set(label, view)
        return view

    def view_in_memory(self, label: str) -> WellView | None:
        """Return a well as `well` does, None where it would have to be read."""
        return self._views.get(label)

    def field(self, label: str, name: str) -> FieldState:
        """Return one field of a well.

        Raises
        ------
        NotServedError
            If there is no such field.
        """
        field = self.well(label).field(name)
        if field is None:
            raise NotServedError(
                f"Well {label} has no field {plain_text(name, 100)!r} (any more)."
            )
        return field

    def image(self, label: str, name: str, version: str) -> Multiscales:
        """Return the pixels of a version of a field, live or earlier.

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
        return self._earlier_image(well, name, version)

    # --- whether it is there ----------------------------------------------------------

    @property
    def absence(self) -> Absence | None:
        """That it cannot be reached now; None where it can."""
        return self.reach.absence

    def entry(self) -> values.PlateEntry:
        """Return the plate as a line of a list; see `PlateOpening.entry`."""
        absence = self.absence
        if absence is None:
            return self.opening.entry()
        return self.opening.entry(absence.reason, absence.since)

    def _reach_changed(self) -> None:
        # A field that could not be read may be there by now.
        self.drop_views()
        self.bump()
        self._on_absence()

    # --- what changes -----------------------------------------------------------------

    def learn_well(self, path: str) -> bool:
        """Look at a well document again; return whether what is known has changed.

        Raises
        ------
        HCSError
            If it is the whole plate that is not there: its wells are no missing ones.
        """
        # Taken before reading: a change in between is seen at the next look.
        stamp = self.store.stamp(self._document(path))
        well = dataclasses.replace(known_well(self.plate, path), stamp=stamp)
        if well.error is not None:
            self.opening.check()
        before = self.knowledge.well(path)
        changed = self.knowledge.learn(path, well)
        if changed or before is None or before.stamp != stamp:
            # Written anew and nothing changed: a field may have a new label image.
            self.drop_views((path,))
        return changed

    def drop_views(self, paths: Iterable[str] | None = None) -> None:
        """Drop what was read of some wells, of all where None is given."""
        if paths is None:
            self._views.clear()
            return
        changed = set(paths)
        for label, view in self._views.items():
            if view.path in changed:
                self._views.discard(label)

    def changed_wells(self, at_most: int | None = None) -> list[str]:
        """Return the wells whose document is not the one that was read.

        Parameters
        ----------
        at_most
            How many to look at. Half of them are wells that pages show or that lack
            fields, the others any; in each half those first that had to wait longest.
        """
        store = self.store
        return [
            path
            for path, well in self.knowledge.next_to_look_at(at_most)
            if store.stamp(self._document(path)) != well.stamp
        ]

    def unknown_wells(self) -> list[str]:
        """Return the listed wells that nobody has looked at."""
        return self.knowledge.without([well.path for well in self.plate.wells])

    def reread(self) -> bool:
        """Read the plate document again if it has changed; return whether it had."""
        if not self.opening.reread():
            return False
        with self._lock:
            self.knowledge.keep_only([well.path for well in self.plate.wells])
            self._paths = {}
            self._overview = None
        self.drop_views()
        return True

    def close(self) -> None:
        """Release the store."""
        self.opening.close()

    # --- inside -----------------------------------------------------------------------

    def _document(self, path: str) -> str:
        return f"{path}/{group_document(self.plate.version or '')}"

    def _read_view(self, label: str, path: str) -> WellView:
        known = self.knowledge.well(path)
        if known is not None and known.error is not None:
            # The library still has what it read before the document broke.
            return WellView(label=label, path=path, error=known.error)
        try:
            return describe_well(self.plate, self.open_well(label), label)
        except HCSError as error:
            return WellView(label=label, path=path, error=str(error))

    def _earlier_image(self, well: HCSWell, name: str, version: str) -> Multiscales:
        key = f"{well.path}/{name}", version
        image = self._earlier.get(key)
        if image is not None:
            return image
        try:
            image = self._open_version(well, name, version)
        except NotFoundError:
            well.refresh()  # it was put away since the well was read
            image = self._open_version(well, name, version)
        self._earlier.set(key, image)
        return image

    def _open_version(self, well: HCSWell, name: str, version: str) -> Multiscales:
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
        if image.version not in (None, version):
            # A later correction may have got the path that this one had.
            raise NotFoundError(
                f"{well.path}/{event.path} holds another version than "
                f"{plain_text(version, 80)!r} by now."
            )
        return image

    def _path(self, label: str) -> str:
        # Taken once: another thread forgets them when the plate document changes.
        paths = self._paths
        if not paths:
            self.overview()
            paths = self._paths
        path = paths.get(label)
        if path is None:
            raise NotServedError(f"The plate has no well {plain_text(label, 100)!r}.")
        return path

    def _make_overview(self, plate: HCSPlate) -> PlateOverview:
        grid = PlateGrid.of(plate)
        self._listed = frozenset(well.path for well in plate.wells)
        self._paths = dict(zip(grid.labels, grid.paths, strict=True))
        surveyed = self.surveyed  # asked first: wells may be looked at meanwhile
        return describe_plate(
            plate,
            grid,
            self.knowledge.wells(more_to_come=is_unfinished(plate)),
            key=self.key,
            # Of a share that does not answer nothing is asked.
            writable=self.absence is None and self.writable,
            absence=self.absence,
            channels=self.channels,
            surveyed=surveyed,
            revision=self._revision,
            conditions=plate.conditions if self._plate_map is None else self._plate_map,
        )
