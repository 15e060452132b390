"""Names of files and folders as MetaXpress writes them, and what they are of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hcs.errors import SourceError
from hcs.ingest.microscopes.export import unmatched
from hcs.ingest.microscopes.plates import PlateKey
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import Position

_NAME = re.compile(
    # Lower-case s, w, t or z with a number is an ending or a time point, never a row:
    # no well is called s10. An earlier part is the well where only endings follow it.
    r"(?:(?P<plate>.*?)_)??(?:t(?P<t>[0-9]{1,6})_)?"
    r"(?P<well>(?-i:(?![swtz][0-9]))[A-Z]{1,2}(?!0+(?![0-9]))[0-9]{2,3})"
    r"(?:_s(?P<field>[0-9]{1,5}))?"
    r"(?:_w(?P<channel>[0-9]{1,2}))?(?:_z(?P<z>[0-9]{1,5}))?"
    r"(?P<thumb>_thumb)?"
    r"(?P<guid>_?[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12})?"
    r"\.tiff?",
    re.IGNORECASE | re.ASCII,
)
_TIME = re.compile(
    r"(?:^|(?<=/))TimePoint_?([0-9]{1,6})(?=/|$)", re.IGNORECASE | re.ASCII
)
_STEP = re.compile(r"(?:^|(?<=/))ZStep_?([0-9]{1,6})(?=/|$)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """An image and what its name and folders say."""

    file: ExportFile
    parts: NameParts
    step: int | None
    """Number of the folder ``ZStep_1`` that it is in, None of others."""


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as MetaXpress alone names images."""
    match = _NAME.fullmatch(file.base)
    if match is None:
        return False
    endings = match["field"] or match["channel"] or match["t"] or match["guid"]
    return bool(endings or _TIME.search(file.folder))


def name_parts(base: str, folder: str = "") -> NameParts | None:
    """Return what a MetaXpress file name says, or None where it is none."""
    match = _NAME.fullmatch(base)
    well = match and _well(match["well"])
    if match is None or well is None:
        return None
    time = _TIME.search(folder)
    spelled = f"t{match['t']}" if match["t"] else None
    if time and (spelled is None or int(match["t"]) != int(time[1])):
        t: NamePart | None = name_part(time[1], time[0])
    else:
        t = name_part(match["t"], spelled) if spelled else None
    return NameParts(
        well=well,
        field=_part(match["field"], "s"),
        channel=_part(match["channel"], "w"),
        z=_part(match["z"], "z"),
        t=t,
        plate=_plate(match, folder) or None,
    )


def _part(digits: str | None, letter: str) -> NamePart | None:
    return name_part(digits, letter + digits) if digits else None


@lru_cache(4096)
def _well(text: str) -> Position | None:
    return named_well(text)


def _plate(match: re.Match[str], folder: str) -> str:
    plate, time = match["plate"] or "", _TIME.search(folder)
    if match["t"] and time and int(match["t"]) != int(time[1]):
        # The plate is called so: its folder says another time point.
        return f"{plate}_t{match['t']}" if plate else f"t{match['t']}"
    return plate


def plate_of(file: ExportFile) -> PlateKey | None:
    """Return the plate of an image: its folder, and the name before the well's."""
    match = _NAME.fullmatch(file.base)
    if match is None:
        return None
    return PlateKey(root(file.folder), _plate(match, file.folder))


def plates(files: Iterable[ExportFile]) -> dict[str, PlateKey]:
    """Return the plates of images, by the images' names."""
    return {file.name: key for file in files if (key := plate_of(file)) is not None}


def root(folder: str) -> str:
    """Return the folder around those of time points and z steps."""
    starts = [
        match.start() for pattern in (_TIME, _STEP) if (match := pattern.search(folder))
    ]
    return folder[: min(starts, default=len(folder))].rstrip("/")


def place(
    files: Iterable[ExportFile],
) -> tuple[list[PlacedFile], list[tuple[str, str]]]:
    """Return the images, and why other files are none."""
    placed, skipped = [], []
    for file in files:
        parts, match = name_parts(file.base, file.folder), _NAME.fullmatch(file.base)
        if parts is None or match is None:
            skipped.append((file.name, unmatched(file)))
        elif match["thumb"]:
            skipped.append((file.name, "is a thumbnail"))
        else:
            placed.append(_placed(file, parts))
    return placed, skipped


def _placed(file: ExportFile, parts: NameParts) -> PlacedFile:
    step = _STEP.search(file.folder)
    if step:
        parts = replace(parts, z=name_part(step[1], step[0]))
    return PlacedFile(file, parts, int(step[1]) if step else None)


def counts_from_0(placed: Iterable[PlacedFile]) -> bool:
    """Return whether numbers of sites, waves and time points begin at 0, not 1."""
    return any(
        part is not None and part.number == 0
        for image in placed
        for part in (image.parts.field, image.parts.channel, image.parts.t)
    )


def plate_name(placed: Iterable[PlacedFile], document: str | None, source: str) -> str:
    """Return the plate's name: that of its images, else of what describes it.

    A folder is called by a number where it stands for the plate in the database.
    """
    images = list(placed)
    names = [image.parts.plate for image in images if image.parts.plate]
    folders = root(images[0].file.folder).split("/") if images else []
    if document is not None:
        names.append(document.rpartition("/")[2].rpartition(".")[0])
    names += [folder for folder in reversed(folders) if not folder.isdigit()]
    return next(filter(None, names), source)


def no_images(source: ExportSource) -> SourceError:
    """Return that a source holds none."""
    return SourceError(
        f"{source.name} holds no image named as MetaXpress names them, such as "
        f"plate_B02_s1_w1.TIF."
    )
