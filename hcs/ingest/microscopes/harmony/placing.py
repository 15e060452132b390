"""Which file is of which plane: by its name, or by the index that lists it."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hcs.layout import well_label

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hcs.ingest.microscopes.harmony.index import IndexedPlane
    from hcs.ingest.names import NameParts


@dataclass(slots=True)
class PlacedFiles:
    """What the files of a measurement are of."""

    file_parts: dict[str, NameParts]
    pages: dict[str, dict[int, NameParts]] = field(default_factory=dict)
    """Of files that hold several planes, by the page from 0."""

    contradictions: dict[str, str] = field(default_factory=dict)
    """Files that are named for one well and listed for another, and how."""

    absent: dict[NameParts, str] = field(default_factory=dict)
    """Why planes have no file, as the index says."""


def place_files(
    named: Mapping[str, NameParts],
    others: Collection[str],
    planes: Collection[IndexedPlane],
    folders: Collection[str],
) -> PlacedFiles:
    """Return what files are of.

    Parameters
    ----------
    named
        Files whose names say it.
    others
        Names of the other files; an index may list them.
    planes
        What the index lists.
    folders
        From which the index may count its names.
    """
    finder = _Finder([*named, *others], folders)
    placed = PlacedFiles(dict(named))
    listed: defaultdict[str, dict[int, NameParts]] = defaultdict(dict)
    for plane in planes:
        name = finder.find(plane.url)
        if name is None:
            if plane.problem:
                placed.absent[plane.parts] = plane.problem
        elif name not in named:
            listed[name][plane.page] = plane.parts
        elif plane.named and plane.well not in (None, plane.named.well):
            placed.contradictions[name] = _contradiction(plane)
            placed.file_parts.pop(name, None)
    for name, pages in listed.items():
        placed.file_parts[name] = _in_common(list(pages.values()))
        if len(pages) > 1 or 0 not in pages:
            placed.pages[name] = pages
    present = set(placed.file_parts.values())
    placed.absent = {p: why for p, why in placed.absent.items() if p not in present}
    return placed


def _contradiction(plane: IndexedPlane) -> str:
    labels = [well_label(*well) for well in (plane.parts.well, plane.well) if well]
    return f"is named for well {labels[0]}, and the index lists it for {labels[1]}"


def _in_common(pages: list[NameParts]) -> NameParts:
    """Return the parts that all pages of a file share."""
    first = pages[0]
    differing = {
        axis: None
        for axis in ("field", "channel", "z", "t")
        if any(getattr(parts, axis) != getattr(first, axis) for parts in pages)
    }
    if len(pages) > 1:
        # A name that gives one plane along an axis would contradict the pages.
        differing |= dict.fromkeys(("channel", "z", "t"))
    return replace(first, **differing)


class _Finder:
    """Finds the file that an index means; names are looked up, never opened."""

    def __init__(self, names: Collection[str], folders: Collection[str]) -> None:
        self._names, self._folders = set(names), list(folders)
        self._by_base: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            self._by_base[name.rpartition("/")[2].lower()].append(name)

    def find(self, url: str) -> str | None:
        """Return the file's name, None where there is none or several could be."""
        if not url:
            return None
        for folder in self._folders:
            name = posixpath.normpath(posixpath.join(folder, url))
            if name in self._names:
                return name
        same = self._by_base.get(url.rpartition("/")[2].lower(), [])
        return same[0] if len(same) == 1 else None
