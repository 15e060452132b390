"""The folders of the server that plates may be added from, listed by id.

Which folders is set where the server is started, and by no page. A page names what it
was shown by an id that nobody can guess; no text of a page ever becomes a path.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.adding.values import EntryKind, FolderEntry, Listing
from dashboard.errors import DashboardError, NotServedError
from dashboard.plates.registry import is_hierarchy, natural
from dashboard.text import plain_text
from hcs.ingest import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MOST_ENTRIES = 1000
"""Entries of a folder that are listed; the others are counted."""

_MOST_LOOKED = 20_000
"""Entries of a folder that are looked at to find those."""

_MOST_MARKED = 100
"""Folders of a listing that are looked into for what they hold."""

_MOST_SEEN = 200
"""Entries of each of those."""

_MOST_INSIDE = 3
"""Folders of each of those, where it holds no images itself."""

_MOST_IDS = 50_000

_DOCUMENTS = {
    ".htd": "ImageXpress",
    "index.idx.xml": "Harmony",
    "index.ref.xml": "Harmony",
    "index.xml": "Harmony",
    ".mlf": "CellVoyager",
    ".xdce": "IN Cell",
    ".jdce": "HCS.ai",
    "experiment_descriptor.xml": "ScanR",
    ".czi": "CZI",
}
"""Names, or ends of names, by which people know an export before it is read."""


class Folders:
    """What may be picked from.

    Parameters
    ----------
    roots
        Paths of folders.

    Notes
    -----
    Thread safety: one lock guards the table of ids; disks are asked outside of it.
    """

    def __init__(self, roots: Iterable[str]) -> None:
        self.roots = tuple(os.path.abspath(root) for root in roots)  # noqa: PTH100
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._places: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        """Root and parts of the path below it, by id; the last asked for last."""

    def top(self) -> tuple[FolderEntry, ...]:
        """Return the roots."""
        return tuple(
            FolderEntry(id=self._id((root,)), name=root, kind=EntryKind.FOLDER)
            for root in self.roots
        )

    def listing(self, identifier: str) -> Listing:
        """Return what is in a folder, folders first, as far as a page can show it.

        Raises
        ------
        NotServedError
            If no folder that was listed has this id.
        DashboardError
            If it is gone or cannot be read.
        """
        place = self._place(identifier)
        path = _reached(place)
        shown: list[tuple[str, EntryKind]] = []
        count = 0
        try:
            with os.scandir(path) as listing:
                for entry in listing:
                    count += 1
                    if count <= _MOST_LOOKED and (kind := _kind_of(entry)):
                        shown.append((entry.name, kind))
        except OSError as error:
            raise _away(path, error) from error
        shown.sort(key=lambda item: (item[1] is EntryKind.ZIP, natural(item[0])))
        more = max(0, len(shown) - _MOST_ENTRIES) + max(0, count - _MOST_LOOKED)
        entries = list(self._entries(place, path, shown[:_MOST_ENTRIES]))
        return Listing(path=self._path(place), entries=tuple(entries), more=more)

    def path(self, identifier: str) -> str:
        """Return where something lies that was listed.

        Raises
        ------
        NotServedError
            If nothing that was listed has this id.
        DashboardError
            If it is gone, or has become a link that leads elsewhere.
        """
        return _reached(self._place(identifier))

    # --- inside -----------------------------------------------------------------------

    def _entries(
        self, place: tuple[str, ...], path: str, shown: Sequence[tuple[str, EntryKind]]
    ) -> Iterator[FolderEntry]:
        marked = 0
        for name, kind in shown:
            note = ""
            if kind is EntryKind.FOLDER and marked < _MOST_MARKED:
                marked += 1
                inside = Path(path, name)
                if is_hierarchy(str(inside)):
                    kind, note = EntryKind.PLATE, "a plate already"
                elif note := holds(inside):
                    kind = EntryKind.EXPORT
            elif kind is EntryKind.LINK:
                note = "a link, which is not followed"
            chosen = kind not in (EntryKind.LINK, EntryKind.PLATE)
            yield FolderEntry(
                id=self._id((*place, name)) if chosen else "",
                name=name,
                kind=kind,
                note=note,
            )

    def _path(self, place: tuple[str, ...]) -> tuple[FolderEntry, ...]:
        return tuple(
            FolderEntry(
                id=self._id(place[: depth + 1]),
                name=place[depth],
                kind=EntryKind.FOLDER,
            )
            for depth in range(len(place))
        )

    def _id(self, place: tuple[str, ...]) -> str:
        """Return the id of a place, which is known from now on."""
        text = "\0".join(place).encode("utf-8", "surrogateescape")
        identifier = hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:32]
        with self._lock:
            self._places[identifier] = place
            self._places.move_to_end(identifier)
            while len(self._places) > _MOST_IDS:
                self._places.popitem(last=False)
        return identifier

    def _place(self, identifier: str) -> tuple[str, ...]:
        with self._lock:
            place = self._places.get(identifier)
        if place is None:
            raise NotServedError(
                "There is no such folder (any more): list the folders again."
            )
        return place


def _kind_of(entry: os.DirEntry[str]) -> EntryKind | None:
    """Return what an entry is, None where it is not shown."""
    if entry.name.startswith("."):
        return None
    try:
        # Windows has links of folders of its own kind, and Python knows since 3.12.
        junction = getattr(entry, "is_junction", lambda: False)
        if entry.is_symlink() or junction():
            return EntryKind.LINK
        if entry.is_dir(follow_symlinks=False):
            return EntryKind.FOLDER
        is_zip = entry.name.lower().endswith(".zip")
        return EntryKind.ZIP if is_zip and entry.is_file() else None
    except OSError:
        return None


def holds(folder: Path) -> str:
    """Return what a folder seems to hold, in words; "" where that is no export.

    A look at names, some of this folder and of the first ones in it.
    """
    note, inside = _holds(folder)
    for name in sorted(inside, key=natural)[:_MOST_INSIDE]:
        note = note or _holds(folder / name)[0]
    return note


def _holds(folder: Path) -> tuple[str, list[str]]:
    images, folders, seen = False, [], 0
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                seen += 1
                if seen > _MOST_SEEN:
                    break
                name = entry.name.lower()
                for end, maker in _DOCUMENTS.items():
                    if name.endswith(end) and (end[0] == "." or name == end):
                        return maker, []
                images = images or name.endswith(SUFFIXES)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
    except OSError:
        return "", []
    return ("images" if images else ""), folders


def _reached(place: tuple[str, ...]) -> str:
    """Return the path of a place, which is there and not by a link."""
    root, *parts = place
    path = str(Path(root, *parts))
    try:
        status = os.lstat(path)
        strays = os.path.realpath(path) != str(Path(os.path.realpath(root), *parts))
    except (OSError, ValueError) as error:
        raise _away(path, error) from error
    if parts and (stat.S_ISLNK(status.st_mode) or strays):
        raise DashboardError(
            f"{plain_text(parts[-1], 200)} has become a link, which is not followed: "
            f"list the folders again."
        )
    return path


def _away(path: str, error: Exception) -> DashboardError:
    reason = getattr(error, "strerror", None) or str(error)
    return DashboardError(
        f"{plain_text(path, 300)} cannot be listed ({reason}). It may have been moved, "
        f"or its share is away: list the folders again when it is there."
    )
