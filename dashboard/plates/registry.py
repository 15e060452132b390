"""The plates that are served: found below the roots, known by keys, never by paths.

A key is a plate's path below the root that it was found under. Pages name plates by
keys; a key is looked up here and nowhere becomes a path.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, NotServedError
from dashboard.plates.served import ServedPlate
from dashboard.text import plain_text, without_halves
from hcs.stores import possible_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from dashboard.plates.values import PlateEntry

_LOG = logging.getLogger(__name__)

ABSENT_SECONDS = 24 * 3600.0
"""So long a plate that went stays in the list; then it is taken for deleted."""

DEPTH = 3
"""How many folders below a root plates are looked for."""

WATCHED_SECONDS = 15.0
"""A plate that no page has asked for so long is not looked after; one that looks at it
asks twice a second."""

_DOCUMENTS = ("zarr.json", ".zattrs", ".zgroup", ".zarray")
"""Of Zarr 3, and of Zarr 2."""

_ARCHIVES = (".ozx",)
_MAX_FOLDERS = 20_000
"""Folders that are looked into below one root, so that `/` ends some time."""


class Plates:
    """All served plates by key.

    Parameters
    ----------
    roots
        Plates, folders of plates, archives, addresses.
    read_only
        Nothing may be written, whatever the places allow.

    Raises
    ------
    DashboardError
        If a path is not there.

    Notes
    -----
    Thread safety: one lock guards the table; plates have their own.
    """

    def __init__(self, roots: Iterable[str], *, read_only: bool = False) -> None:
        self._roots = tuple(roots)
        self._read_only = read_only
        self._lock = threading.Lock()
        self._plates: dict[str, ServedPlate] = {}
        self._entries: tuple[PlateEntry, ...] = ()
        self._revision = 0
        self._folders: frozenset[str] = frozenset()
        for root in self._roots:
            refuse_nothing(root)
        self._folders = frozenset(self.folders)
        self.rescan(opening=False)

    @property
    def revision(self) -> int:
        """Changes when plates come or go."""
        return self._revision

    @property
    def folders(self) -> tuple[str, ...]:
        """Paths of the roots that are folders of plates, and no plates themselves."""
        paths = (os.path.realpath(r) for r in self._roots if not is_address(r))
        return tuple(
            dict.fromkeys(p for p in paths if Path(p).is_dir() and not is_hierarchy(p))
        )

    def rescan(self, *, opening: bool = True) -> bool:
        """Look for plates again; return whether there are others than before.

        New ones are opened here, in the caller's thread, before anybody hears of
        them; at the start whoever lists them first does it.
        """
        locations = dict(unique_keys(self._roots))
        with self._lock:
            same = {
                key: plate
                for key, plate in self._plates.items()
                if locations.get(key) == plate.location
            }
            absent = {
                key: plate
                for key, plate in self._plates.items()
                if key not in locations and self._stays(plate)
            }
            gone = [
                self._plates[key]
                for key in self._plates.keys() - same.keys() - absent.keys()
            ]
            there = absent | {
                key: same.get(key)
                or ServedPlate(
                    key,
                    location,
                    read_only=self._read_only,
                    on_absence=self._list_changed,
                )
                for key, location in locations.items()
                if not self._hides(location)
            }
            # A plate that is away for a while keeps its place in the list.
            places = _in_places(locations, absent, self._plates)
            new = {key: there[key] for key in places if key in there}
            changed = set(new) != set(self._plates) or bool(gone)
            known, self._plates = self._plates, new
        if opening:
            for key in new.keys() - known.keys():
                new[key].opening.entry()
        recovered = [plate for plate in self.all() if plate.opening.retry()]
        for plate in (*absent.values(), *same.values()):
            # What was named itself is in the list, there or not.
            if plate.key in absent or _has_gone(plate):
                self.lost(plate, f"There is nothing at {plate.location} now.")
        with self._lock:
            changed = changed or bool(recovered)
            if changed:
                self._revision += 1
        for plate in gone:
            plate.close()
        return changed

    def add(self, root: str) -> str:
        """Serve another root from now on; return the key of its first plate.

        For whoever runs the server; no page may name a root.

        Raises
        ------
        DashboardError
            If there is nothing, or no plate.
        """
        refuse_nothing(root)
        with self._lock:
            if root not in self._roots:
                self._roots = (*self._roots, root)
            self._folders = frozenset(self.folders)
        self.rescan()
        keys = {location: key for key, location in unique_keys(self._roots)}
        for _, location in discover(root):
            return keys[location]
        raise DashboardError(f"There is no plate below {root}.")

    def lost(self, plate: ServedPlate, reason: str) -> None:
        """Note that a plate that was there cannot be reached, and why."""
        plate.reach.lose(reason, self._moved_to(plate))

    def _list_changed(self) -> None:
        with self._lock:
            self._revision += 1

    def _stays(self, plate: ServedPlate) -> bool:
        """Whether a plate that is not where it was stays in the list (locked).

        Not where it is in the list under another name, and nobody looks at it.
        """
        if plate.opening.opened is None:
            return False
        if plate.reach.absent_seconds > ABSENT_SECONDS:
            return False
        moved = plate.absence and plate.absence.moved_to
        return is_watched(plate, time.monotonic()) or not moved

    def _hides(self, location: str) -> bool:
        """Whether a place is that of a folder of plates which is gone."""
        return location in self._folders and not Path(location).is_dir()

    def _moved_to(self, plate: ServedPlate) -> str:
        """Return the key of the same plate at another place, "" if there is none."""
        opened = plate.opening.opened
        if opened is None:
            return ""
        for other in self.all():
            there = other.opening.opened
            if other is plate or there is None or other.absence is not None:
                continue
            if opened.has_own_id and there.has_own_id and there.id == opened.id:
                return other.key
        return ""

    @property
    def roots(self) -> tuple[str, ...]:
        """Where plates are looked for, as they were given."""
        return self._roots

    def entries(self) -> tuple[PlateEntry, ...]:
        """Return the plates in the order of the roots, then by name."""
        with self._lock:
            plates = list(self._plates.values())
        entries = tuple(plate.entry() for plate in plates)
        known = self._entries
        if entries == known:
            return known  # the same object, by which pages see that nothing changed
        self._entries = entries
        return entries

    def get(self, key: str) -> ServedPlate:
        """Return the plate of a key.

        Raises
        ------
        NotServedError
            If there is none.
        """
        with self._lock:
            plate = self._plates.get(key)
        if plate is None:
            raise NotServedError(f"No plate {plain_text(key, 200)!r} is served here.")
        return plate

    def all(self) -> tuple[ServedPlate, ...]:
        """Return the plates."""
        with self._lock:
            return tuple(self._plates.values())

    def close(self) -> None:
        """Release all stores."""
        for plate in self.all():
            plate.close()


def _has_gone(plate: ServedPlate) -> bool:
    opened = plate.opening.opened is not None
    return (
        opened and not is_address(plate.location) and not Path(plate.location).exists()
    )


def _in_places(
    present: Iterable[str], absent: Collection[str], before: Iterable[str]
) -> list[str]:
    """Return keys in their order, absent ones after what they came after before."""
    keys = list(present)
    place = 0
    for key in before:
        if key in absent:
            keys.insert(place, key)
        if key in keys:
            place = keys.index(key) + 1
    return keys


def refuse_nothing(root: str) -> None:
    """Raise `DashboardError` where a path that is to be served is not there."""
    if not is_address(root) and not possible_path(root).exists():
        raise DashboardError(
            f"There is nothing at {Path(root).absolute()}. Give a plate, a folder that "
            f"holds plates, or an address."
        )


def is_address(root: str) -> bool:
    """Whether a root is a URL."""
    return "://" in root


def unique_keys(roots: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield key and location of every plate below the roots, each key once."""
    keys: set[str] = set()
    locations: set[str] = set()
    for root in roots:
        for key, location in discover(root):
            if location in locations:
                continue
            locations.add(location)
            yield _free(key, keys), location


def _free(key: str, keys: set[str]) -> str:
    free, number = key, 2
    while free in keys:
        free, number = f"{key}~{number}", number + 1
    keys.add(free)
    return free


def discover(root: str) -> Iterator[tuple[str, str]]:
    """Yield key and location of the plates at or below a root."""
    if is_address(root):
        path = root.partition("?")[0].rstrip("/")
        yield path.rpartition("/")[2] or path, root
        return
    path = os.path.realpath(root)
    if not os.path.isdir(path) or is_hierarchy(path):  # noqa: PTH112 - as os.walk below
        # Given by name, so it is listed even where it is no plate, with the reason.
        yield without_halves(Path(path).name or path), path
        return
    budget = [_MAX_FOLDERS]
    for folder in _below(path, DEPTH, budget):
        yield without_halves(Path(folder).relative_to(path).as_posix()), folder
    if budget[0] <= 0:
        _LOG.warning("Stopped to look for plates below %s: too many folders.", path)


def _below(folder: str, depth: int, budget: list[int]) -> Iterator[str]:
    if depth == 0:
        return
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: natural(entry.name))
    except OSError as error:
        _LOG.warning("Cannot look into %s: %s", folder, error.strerror)
        return
    for entry in entries:
        if entry.name.startswith(".") or budget[0] <= 0:
            continue
        budget[0] -= 1
        # A link could lead out of what the person who started the server meant.
        if entry.is_dir(follow_symlinks=False):
            if is_hierarchy(entry.path):
                if names_plate(entry.path):
                    yield entry.path
            else:
                yield from _below(entry.path, depth - 1, budget)
        elif entry.name.lower().endswith(_ARCHIVES) and entry.is_file(
            follow_symlinks=False
        ):
            yield entry.path


def is_hierarchy(folder: str) -> bool:
    """Whether a folder is a node of a Zarr hierarchy."""
    return any(os.path.lexists(os.path.join(folder, name)) for name in _DOCUMENTS)  # noqa: PTH118


def names_plate(folder: str) -> bool:
    """Whether a document of the folder speaks of a plate; what it says is for later."""
    for name in ("zarr.json", ".zattrs"):
        path = Path(folder, name)
        try:
            small = path.is_file() and path.stat().st_size < 1 << 25
            if small and b'"plate"' in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def natural(name: str) -> tuple[int | str, ...]:
    """Return a key that sorts ``plate 2`` before ``plate 10``."""
    # Splitting at digits alternates text and numbers, so like meets like.
    parts = re.split(r"([0-9]+)", name.lower())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def is_watched(plate: ServedPlate, now: float) -> bool:
    """Whether a page looks at a plate, at a time of `time.monotonic`."""
    return bool(plate.watched) and now - plate.watched < WATCHED_SECONDS
