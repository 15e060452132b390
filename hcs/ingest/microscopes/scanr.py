"""Exports of Evident (Olympus) ScanR: names with counted wells, and an OME-XML."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats import markup
from hcs.ingest.formats.numbers import count, even_step, finite, positive
from hcs.ingest.microscopes import levels, positions
from hcs.ingest.microscopes.export import ChannelNote, Expected, Export, unmatched
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import by_folder
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.layout import FORMATS, parse_well, well_label
from hcs.spellings import named_well
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import PlateFormat, Position

_NAME = re.compile(
    r"(?P<label>.*?)--W(?P<W>[0-9]{5})--P(?P<P>[0-9]{5})--Z(?P<Z>[0-9]{5})"
    r"--T(?P<T>[0-9]{5})--(?P<channel>.+?)(?:\.ome)?\.tiff?",
    re.IGNORECASE | re.ASCII,
)
_TITLE = re.compile(r"Well ([0-9]{1,5}), Position [0-9]+ \(([^)]*)\)", re.ASCII)
_METADATA: Final = "metadata.ome.xml"


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as ScanR names images."""
    return _NAME.fullmatch(file.base) is not None


def name_parts(base: str) -> NameParts | None:
    """Return what an image's name says; a well that is a number depends on others."""
    match = _NAME.fullmatch(base)
    if match is None:
        return None
    well = named_well(match["label"])
    return _parts(match, {} if well is None else {match["W"]: well})


def _described(files: Sequence[ExportFile]) -> str:
    there = any(file.base.lower() == _METADATA for file in files)
    return f"{_METADATA} is there" if there else ""


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what an export of ScanR says.

    Raises
    ------
    SourceError
        If it holds no image named so, metadata that cannot be read, or wells that are
        numbers alone.
    """
    names = {file.name: m for file in files if (m := _NAME.fullmatch(file.base))}
    root = _folder(names, source.name)
    document = next(
        (
            file.name
            for file in files
            if file.base.lower() == _METADATA and file.folder == root
        ),
        None,
    )
    metadata = _Metadata()
    if document is not None:
        with source.opener(document)() as stream:
            for kind, record in markup.records(stream, _RECORDS, document):
                metadata.add(kind, record)
    wells, format, well_notes = _wells(names.values(), metadata.labels)
    file_parts = {name: _parts(match, wells) for name, match in names.items()}
    listed = [m for base in metadata.files if (m := _NAME.fullmatch(base))]
    camera = levels.look(source, file_parts, metadata.bits, with_offset=True)
    parts = root.split("/")
    plate = parts[-2] if len(parts) > 1 and parts[-1].lower() == "data" else parts[-1]
    return Export(
        preset="scanr",
        reason=reason,
        plate=source.name if plate.lower() in ("", "data") else plate,
        file_parts=file_parts,
        skipped=tuple(
            (file.name, unmatched(file))
            for file in files
            if file.name not in file_parts and file.name != document
        ),
        documents=() if document is None else (document,),
        format=format,
        format_source="as the numbers of its wells say",
        expected=Expected(
            listed=frozenset(
                _parts(match, wells) for match in listed if match["W"] in wells
            )
            if listed
            else None
        ),
        channels={
            channel: ChannelNote(
                clip=camera.clip,
                offset=camera.offset,
                exposure=metadata.exposures.get(channel.label),
            )
            for channel in {parts.channel for parts in file_parts.values()}
            if channel is not None
        },
        pixel_size=next(iter(metadata.sizes)) if len(metadata.sizes) == 1 else None,
        z_step=metadata.z_step,
        centres=metadata.centres(wells),
        notes=(
            *well_notes,
            *camera.notes,
            *metadata.notes(document is not None),
        ),
    )


def _folder(names: Iterable[str], name: str) -> str:
    first = next(iter(names), None)
    if first is None:
        raise SourceError(
            f"{name} holds no image named as ScanR names them, such as "
            f"A1--W00001--P00001--Z00000--T00000--DAPI.tif."
        )
    return first.rpartition("/")[0]


def _wells(
    matches: Iterable[re.Match[str]], labels: Mapping[str, str]
) -> tuple[dict[str, Position], PlateFormat | None, tuple[str, ...]]:
    """Return the well of each number, the plate where that follows, and notes.

    Raises
    ------
    SourceError
        If a number has no name of a well beside it, and others do not say how many
        columns they are counted on.
    """
    texts: dict[str, set[str]] = defaultdict(set)
    for match in matches:
        texts[match["W"]].add(match["label"].strip())
    for number, label in labels.items():
        texts[number].add(label.strip())
    named: dict[str, Position] = {}
    for number, spellings in texts.items():
        positions = {p for text in spellings if (p := named_well(text)) is not None}
        if len(positions) > 1:
            wells = some(sorted(well_label(*position) for position in positions), 4)
            raise SourceError(
                f"The well W{number} is called {wells}, and its images may be of any "
                f"of these. Take those that are named wrongly out of the source."
            )
        if positions:
            (named[number],) = positions
    columns = {
        (int(number) - 1 - column) / row
        for number, (row, column) in named.items()
        if row
    }
    format = next((f for f in FORMATS.values() if columns == {f.columns}), None)
    unnamed = sorted(set(texts) - set(named))
    if unnamed and format is None:
        raise SourceError(
            f"Wells {some(unnamed, 4)} are numbers without a name, and nothing says "
            f"of which plate. Use the pattern "
            f"'{{*}}--W{{well}}--P{{field}}--Z{{z}}--T{{t}}--{{channel}}.tif' with the "
            f"plate's format."
        )
    notes = []
    if unnamed and format is not None:
        named |= {number: _counted(number, format) for number in unnamed}
        notes.append(
            f"{len(unnamed)} wells are numbers alone; they are counted row by row on "
            f"{format.columns} columns, as the named ones are."
        )
    if len(columns) > 1:
        notes.append(
            "Numbers and names of the wells do not follow one another row by row; the "
            "names count."
        )
    if len(set(named.values())) < len(named):
        repeats = Counter(named.values())
        doubled = [n for n, position in named.items() if repeats[position] > 1]
        raise SourceError(
            f"Several numbers of wells, {some(sorted(doubled), 4)}, have the name of "
            f"one well; use a pattern and the plate's format to take the numbers."
        )
    return named, format, tuple(notes)


def _counted(number: str, format: PlateFormat) -> Position:
    try:
        return parse_well(number, format)
    except InvalidPathError as error:
        raise SourceError(
            f"The well W{number} has no name, and as a number it lies outside of the "
            f"{format} on which the others are counted. Take its images out of the "
            f"source, or correct their names."
        ) from error


def _parts(match: re.Match[str], wells: Mapping[str, Position]) -> NameParts:
    field, z, t = (name_part(match[key], f"{key}{match[key]}") for key in "PZT")
    return NameParts(
        well=wells.get(match["W"]),
        field=field,
        channel=name_part(match["channel"], match["channel"]),
        z=z,
        t=t,
    )


_RECORDS = ("Image", "Pixels", "Channel", "Plane", "UUID")


@dataclass(slots=True)
class _Metadata:
    """What metadata.ome.xml says, collected element by element."""

    labels: dict[str, str] = field(default_factory=dict)
    """Names of wells by their numbers."""

    files: set[str] = field(default_factory=set)
    sizes: set[tuple[float, float]] = field(default_factory=set)
    exposures: dict[str, str] = field(default_factory=dict)
    """By channel."""

    _bits: set[int] = field(default_factory=set)
    _positions: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    _heights: dict[int, float] = field(default_factory=dict)
    _channels: list[str] = field(default_factory=list)
    _planes: list[dict[str, str]] = field(default_factory=list)
    _files: list[str] = field(default_factory=list)

    def add(self, kind: str, record: dict[str, str]) -> None:
        if kind == "Channel":
            self._channels.append(record.get("@Name", ""))
        elif kind == "Plane":
            self._planes.append(record)
        elif kind == "UUID" and record.get("@FileName"):
            self._files.append(
                record["@FileName"].replace("\\", "/").rpartition("/")[2]
            )
        elif kind == "Pixels":
            y, x = (positive(record.get(f"@PhysicalSize{axis}")) for axis in "YX")
            if y and x:
                self.sizes.add((y, x))
            if bits := count(record.get("@SignificantBits")):
                self._bits.add(bits)
        elif kind == "Image":
            self._add_image(record)

    def _add_image(self, record: Mapping[str, str]) -> None:
        """Take what was collected as that of the image that ends here."""
        title = _TITLE.fullmatch(record.get("@Name", ""))
        if title is not None:
            self.labels[f"{int(title[1]):05d}"] = title[2]
        self.files.update(self._files)
        first = next(filter(None, map(_NAME.fullmatch, self._files)), None)
        for plane in self._planes:
            x, y = (finite(plane.get(f"@Position{axis}")) for axis in "XY")
            if first is not None and x is not None and y is not None:
                self._positions.setdefault((first["W"], first["P"]), (y, x))
            height = finite(plane.get("@PositionZ"))
            z, c = (count(plane.get(f"@The{axis}"), least=0) for axis in "ZC")
            if height is not None and z is not None:
                # Of the first field alone: each has a focus of its own.
                self._heights.setdefault(z, height)
            exposure = positive(plane.get("@ExposureTime"))
            if exposure and c is not None and c < len(self._channels):
                self.exposures.setdefault(self._channels[c], f"{exposure:g} s")
        self._channels, self._planes, self._files = [], [], []

    @property
    def bits(self) -> int | None:
        """Bits of the camera, None where images differ or do not say it."""
        return next(iter(self._bits)) if len(self._bits) == 1 else None

    @property
    def z_step(self) -> float | None:
        steps = [
            abs(self._heights[high] - self._heights[low]) / (high - low)
            for low, high in pairwise(sorted(self._heights))
        ]
        return even_step(steps)

    def centres(
        self, wells: Mapping[str, Position]
    ) -> dict[tuple[Position, NamePart | None], tuple[float, float]]:
        """Return where fields lie around the middle of those of their well.

        The stage's positions are absolute, its y points up.
        """
        return positions.around_middle(
            {
                (wells[well], name_part(number, f"P{number}")): (-y, x)
                for (well, number), (y, x) in self._positions.items()
                if well in wells
            }
        )

    def notes(self, present: bool) -> Iterator[str]:
        if not present:
            yield (
                f"No {_METADATA} is in the source: pixel size, positions and what was "
                f"expected are not known from it."
            )
            return
        if len(self.sizes) > 1:
            yield f"{_METADATA} gives several pixel sizes; none was taken."
        if self._positions:
            yield positions.NOTE


MICROSCOPE: Final = Microscope(
    preset="scanr",
    maker="ScanR",
    matches=matches,
    read=read_export,
    name_parts=name_parts,
    plates=partial(by_folder, is_image=matches),
    described=_described,
)
