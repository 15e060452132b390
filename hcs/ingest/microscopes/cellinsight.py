"""Exports of Thermo CellInsight and ArrayScan (Cellomics): names with well, f and d.

Their database (.MDB) is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.microscopes.export import Export, unmatched
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey
from hcs.ingest.names import NameParts, name_part
from hcs.layout import parse_well

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource

_NAME = re.compile(
    r"(?P<plate>.+)_(?P<well>[A-Z]{1,2}[0-9]{2})f(?P<field>[0-9]{2,4})"
    r"(?P<kind>[do])(?P<channel>[0-9]{1,2})\.(?:c01|tiff?|png)",
    re.IGNORECASE | re.ASCII,
)


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as CellInsight names images."""
    match = _NAME.fullmatch(file.base)
    return match is not None and match["kind"].lower() == "d"


def plates(files: Iterable[ExportFile]) -> dict[str, PlateKey]:
    """Return the plates of images, by the images' names."""
    return {
        file.name: PlateKey(file.folder, match["plate"])
        for file in files
        if matches(file) and (match := _NAME.fullmatch(file.base))
    }


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an export of CellInsight says.

    Raises
    ------
    SourceError
        If it holds no image named so.
    """
    file_parts: dict[str, NameParts] = {}
    skipped = []
    for file in files:
        parts = name_parts(file.base)
        if parts is not None:
            file_parts[file.name] = parts
        elif (match := _NAME.fullmatch(file.base)) and match["kind"].lower() != "d":
            skipped.append((file.name, "is a drawing of the objects that were found"))
        else:
            skipped.append((file.name, unmatched(file)))
    if not file_parts:
        raise SourceError(
            f"{source.name} holds no image named as CellInsight names them, such as "
            f"MFGTMP_141029170001_A01f00d0.C01."
        )
    return Export(
        preset="cellinsight",
        reason=reason,
        plate=next(parts.plate or "" for parts in file_parts.values()),
        file_parts=file_parts,
        skipped=tuple(skipped),
        notes=(
            "The database of a CellInsight is not read: names of the channels, "
            "positions and what was expected are not known from it.",
        ),
    )


def name_parts(base: str) -> NameParts | None:
    """Return what an image's name says."""
    match = _NAME.fullmatch(base)
    if match is None or match["kind"].lower() != "d":
        return None
    try:
        return NameParts(
            well=parse_well(match["well"]),
            field=name_part(match["field"], f"f{match['field']}"),
            channel=name_part(match["channel"], f"d{match['channel']}"),
            plate=match["plate"],
        )
    except InvalidPathError:
        return None


MICROSCOPE: Final = Microscope(
    preset="cellinsight",
    maker="CellInsight",
    matches=matches,
    read=read_export,
    name_parts=name_parts,
    plates=plates,
)
