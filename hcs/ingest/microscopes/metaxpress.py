"""Names of files and folders as MetaXpress writes them, and what they are of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.microscopes.export import unmatched
from hcs.ingest.microscopes.plates import PlateKey
from hcs.ingest.names import NameParts, name_part
from hcs.layout import parse_well

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.ingest.sources import ExportFile, ExportSource

_NAME = re.compile(
    # Lower-case s, w, t or z with a number is an ending or a time point, never a row:
    # no well is called s10. An earlier part is the well where only endings follow it.
    r"(?:(?P<plate>.*?)_)??(?:t(?P<t>[0-9]{1,6})_)?"
    r"(?P<well>(?-i:(?![swtz][0-9]))[A-Z]{1,2}[0-9]{2,3})"
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
    if match is None or name_parts(file.base) is None:
        return False
    endings = match["field"] or match["channel"] or match["t"] or match["guid"]
    return bool(endings or _TIME.search(file.folder))


def name_parts(base: str, folder: str = "") -> NameParts | None:
    """Return what a MetaXpress file name says, or None where it is none."""
    match = _NAME.fullmatch(base)
    if match is None:
        return None
    plate, time = match["plate"], _TIME.search(folder)
    if match["t"] and time and int(match["t"]) != int(time[1]):
        # The plate is called so: its folder says another time point.
        plate = "_".join(filter(None, (plate, f"t{match['t']}")))
    try:
        well = parse_well(match["well"])
    except InvalidPathError:
        return None
    field, channel, z, t = (
        name_part(match[axis], f"{letter}{match[axis]}") if match[axis] else None
        for axis, letter in (("field", "s"), ("channel", "w"), ("z", "z"), ("t", "t"))
    )
    if time and (t is None or t.number != int(time[1])):
        t = name_part(time[1], time[0])
    return NameParts(
        well=well, field=field, channel=channel, z=z, t=t, plate=plate or None
    )


def plate_of(file: ExportFile) -> PlateKey | None:
    """Return the plate of an image: its folder, and the name before the well's."""
    parts = name_parts(file.base, file.folder)
    return None if parts is None else PlateKey(root(file.folder), parts.plate or "")


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
