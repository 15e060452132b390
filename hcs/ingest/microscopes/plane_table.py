"""The tables of HCS.ai and MetaXpress Acquire with one row a plane."""

from __future__ import annotations

import codecs
import csv
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import IO, TYPE_CHECKING

from hcs.errors import SourceError
from hcs.ingest.formats.numbers import count, finite, positive
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneRow:
    """What a table says of one plane."""

    name: str
    """Of its file, below the folder of the .jdce file."""

    parts: NameParts
    seconds: float | None
    """Since 1970."""

    exposure: str | None
    height: float | None
    """Of the stage along z, micrometres."""

    centre: tuple[float, float] | None
    """Of the field from the centre of the well along y and x, micrometres; both grow as
    those of the pixels do."""


def read_rows(stream: IO[bytes]) -> Iterator[PlaneRow | None]:
    """Yield the rows of a table of planes; None for one that names no plane."""
    lines = codecs.iterdecode(stream, "utf-8-sig", "replace")
    for record in csv.DictReader(lines):
        yield _row(record)


def _row(record: Mapping[str, str | None]) -> PlaneRow | None:
    numbers = [
        count(record.get(key), least=0)
        for key in ("Field", "Wavelength", "ZIndex", "Timepoint")
    ]
    name, well = record.get("ImageFileName"), _well(record)
    if not name or well is None or None in numbers:
        return None
    site, wave, z, t = (
        name_part(str(number), f"{letter}{number}")
        for number, letter in zip(numbers, "swzt", strict=True)
    )
    folder = (record.get("ImageSubFolderPath") or "").replace("\\", "/").strip("/")
    y, x = (finite(record.get(f"FieldOffsetPoint{axis}")) for axis in "YX")
    exposure = positive(record.get("ExposureTimeMs"))
    return PlaneRow(
        name=f"{folder}/{name}" if folder else name,
        parts=NameParts(well=well, field=site, channel=wave, z=z, t=t),
        seconds=positive(record.get("TimeStampSec")),
        exposure=None if exposure is None else f"{exposure:g} ms",
        height=finite(record.get("PositionZUm")),
        centre=None if y is None or x is None else (y, x),
    )


def _well(record: Mapping[str, str | None]) -> Position | None:
    row, column = count(record.get("Row")), count(record.get("Column"))
    text = f"r{row}c{column}" if row and column else record.get("Well") or ""
    return named_well(text)


@dataclass(slots=True)
class PlaneTable:
    """What the tables of planes say together."""

    documents: list[str] = field(default_factory=list)
    files: dict[str, NameParts] = field(default_factory=dict)
    """Of the planes, by the names of their files."""

    centres: dict[tuple[Position, NamePart | None], tuple[float, float]] = field(
        default_factory=dict
    )
    times: dict[str, float] = field(default_factory=dict)
    """Seconds since 1970, by the names of files."""

    damaged: int = 0
    """Rows that name no plane."""

    _exposures: defaultdict[NamePart | None, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )
    _heights: defaultdict[tuple[object, NamePart], dict[NamePart, float]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def read(self, source: ExportSource, table: ExportFile) -> None:
        """Add the planes of a table.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        folder = f"{table.folder}/" if table.folder else ""
        self.documents.append(table.name)
        try:
            with source.opener(table.name)() as stream:
                for row in read_rows(stream):
                    if row is None:
                        self.damaged += 1
                    else:
                        self._add(row, folder + row.name)
        except (OSError, csv.Error) as error:
            raise SourceError(f"{table.name} cannot be read: {error}.") from error

    def _add(self, row: PlaneRow, name: str) -> None:
        parts = row.parts
        self.files[name] = parts
        if row.centre is not None and parts.well is not None:
            self.centres.setdefault((parts.well, parts.field), row.centre)
        if row.seconds is not None:
            self.times[name] = row.seconds
        if row.exposure is not None:
            self._exposures[parts.channel].add(row.exposure)
        if row.height is not None and parts.channel is not None and parts.z is not None:
            place = (parts.well, parts.field, parts.t)
            self._heights[place, parts.z][parts.channel] = row.height

    def exposure(self, channel: NamePart) -> str | None:
        """Return the exposure of a channel, where all of its planes have one."""
        exposures = self._exposures[channel]
        return next(iter(exposures)) if len(exposures) == 1 else None

    def z_offset(self, channel: NamePart, first: NamePart) -> float | None:
        """Return how far a channel's stacks begin above those of another, µm."""
        lowest = min((place[-1] for place in self._heights), default=None)
        offsets = [
            heights[channel] - heights[first]
            for place, heights in self._heights.items()
            if place[-1] == lowest and channel in heights and first in heights
        ]
        return round(median(offsets), 1) if offsets else None
