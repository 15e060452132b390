"""Exports of the Leica matrix screener (HCS A): axes that are counted in names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.microscopes import levels
from hcs.ingest.microscopes.export import ChannelNote, Export, unmatched
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey
from hcs.ingest.names import NameParts, name_part
from hcs.layout import FORMATS, parse_well

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import PlateFormat, Position

_NAME = re.compile(
    # The well, a treatment that may be any text, then numbers.
    r"(?P<plate>.+?)--(?P<well>[A-Z]{1,2}[0-9]{1,2})--(?:.*?)"
    r"--W(?P<W>[0-9]{4,5})--P(?P<P>[0-9]{3,5})--T(?P<T>[0-9]{4,5})"
    r"--Z(?P<Z>[0-9]{3,5})--C(?P<C>[0-9]{2,3})(?:\.ome)?\.tiff?",
    re.IGNORECASE | re.ASCII,
)
_FOLDERS = re.compile(r"(?:^|/)[WP][0-9]{3,5}--[^/]*", re.IGNORECASE | re.ASCII)


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as the matrix screener names images."""
    return _NAME.fullmatch(file.base) is not None


def plates(files: Iterable[ExportFile]) -> dict[str, PlateKey]:
    """Return the plates of images, by the images' names."""
    return {
        file.name: PlateKey(_root(file.folder), match["plate"])
        for file in files
        if (match := _NAME.fullmatch(file.base))
    }


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an export of the matrix screener says.

    Raises
    ------
    SourceError
        If it holds no image named so.
    """
    file_parts: dict[str, NameParts] = {}
    numbers: dict[int, Position] = {}
    for file in files:
        match = _NAME.fullmatch(file.base)
        parts = match and _parts(match)
        if match is None or parts is None or parts.well is None:
            continue
        file_parts[file.name] = parts
        numbers[int(match["W"])] = parts.well
    if not file_parts:
        raise SourceError(
            f"{source.name} holds no image named as the Leica matrix screener names "
            f"them, such as run--B9--drug--W0021--P000--T0000--Z000--C00.ome.tif."
        )
    format = _format(numbers)
    camera = levels.look(source, file_parts)
    return Export(
        preset="leica",
        reason=reason,
        plate=next(parts.plate or "" for parts in file_parts.values()),
        file_parts=file_parts,
        skipped=tuple(
            (file.name, unmatched(file))
            for file in files
            if file.name not in file_parts
        ),
        format=format,
        format_source="as the numbers of its wells say",
        channels={
            channel: ChannelNote(clip=camera.clip)
            for channel in {parts.channel for parts in file_parts.values()}
            if channel is not None
        },
        notes=(
            *camera.notes,
            "Names of the Leica matrix screener give neither pixel size nor positions "
            "nor what was expected.",
        ),
    )


def _root(folder: str) -> str:
    """Return a folder without those of a well and of a field."""
    match = _FOLDERS.search(folder)
    return folder if match is None else folder[: match.start()].rstrip("/")


def name_parts(base: str) -> NameParts | None:
    """Return what an image's name says."""
    match = _NAME.fullmatch(base)
    return match and _parts(match)


def _parts(match: re.Match[str]) -> NameParts | None:
    try:
        well = parse_well(match["well"])
    except InvalidPathError:
        return None
    field, t, z, channel = (
        name_part(match[axis], f"{axis}{match[axis]}") for axis in "PTZC"
    )
    return NameParts(
        well=well, field=field, channel=channel, z=z, t=t, plate=match["plate"]
    )


def _format(numbers: Mapping[int, Position]) -> PlateFormat | None:
    """Return the plate on which the numbers of wells count from 1, if that is sure."""
    fitting = [
        format
        for format in FORMATS.values()
        if all(
            number == row * format.columns + column + 1
            for number, (row, column) in numbers.items()
        )
    ]
    return fitting[0] if len(fitting) == 1 else None


MICROSCOPE: Final = Microscope(
    preset="leica",
    maker="the Leica matrix screener",
    matches=matches,
    read=read_export,
    name_parts=name_parts,
    plates=plates,
)
