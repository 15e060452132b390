"""Exports of Opera Phenix and Operetta (Harmony): names by number, and an index."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats import markup
from hcs.ingest.microscopes.export import ChannelNote, Expected, Export, unmatched
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import by_folder
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.layout import PlateFormat, Position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource

_NAME = re.compile(
    r"r(?P<row>[0-9]{2})c(?P<column>[0-9]{2})f(?P<field>[0-9]{2,4})"
    r"p(?P<plane>[0-9]{2,4})(?:rc[0-9]+)?-ch(?P<channel>[0-9]{1,2})sk(?P<slow>[0-9]{1,5})"
    r"fk(?P<fast>[0-9]{1,5})fl(?P<flim>[0-9]{1,5})\.tiff?",
    re.IGNORECASE | re.ASCII,
)
_INDEX: Final = ("index.idx.xml", "index.xml")
_METRE = 1e6


def matches(file: ExportFile) -> bool:
    """Return whether a file is named as Harmony names images."""
    return _NAME.fullmatch(file.base) is not None


def _is_index(file: ExportFile) -> bool:
    return file.base.lower() in _INDEX


def read_export(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return what a Phenix export says.

    Raises
    ------
    SourceError
        If it holds no image named so, images of several measurements, or an index
        that cannot be read.
    """
    indices = [file for file in files if _is_index(file)]
    images = [file for file in files if file not in indices]
    file_parts: dict[str, NameParts] = {}
    skipped = []
    for file in images:
        parts = name_parts(file.base)
        if parts is None:
            skipped.append((file.name, unmatched(file)))
        else:
            file_parts[file.name] = parts
    folder = _only_folder(file_parts, source.name)
    indices.sort(key=lambda file: file.folder != folder)
    document = indices[0].name if indices else None
    skipped += [
        (file.name, f"is another index than {document}") for file in indices[1:]
    ]
    index = _Index()
    if document is not None:
        with source.opener(document)() as stream:
            for kind, record in markup.records(stream, _RECORDS, document):
                index.add(kind, record)
    return Export(
        preset="phenix",
        reason=reason,
        plate=index.plate or _plate_name(folder, source.name),
        file_parts=file_parts,
        skipped=tuple(skipped),
        documents=() if document is None else (document,),
        format=index.format,
        expected=index.expected(),
        channels=index.channels(),
        pixel_size=index.only_size(),
        z_step=index.z_step(),
        centres=index.centres,
        identity=index.measurement,
        notes=index.notes(document is not None),
    )


def name_parts(base: str) -> NameParts | None:
    """Return what a Phenix file name says, or None where it is none.

    ``sk`` is the time point; where a fast series (``fk``) was taken it counts within.
    """
    match = _NAME.fullmatch(base)
    if match is None or int(match["row"]) < 1 or int(match["column"]) < 1:
        return None
    slow, fast = int(match["slow"]), int(match["fast"])
    time = name_part(match["slow"], f"sk{match['slow']}")
    if fast > 1:
        time = NamePart((0, slow, f"fk{fast:05d}"), f"sk{slow}fk{fast}")
    return NameParts(
        well=(int(match["row"]) - 1, int(match["column"]) - 1),
        field=name_part(match["field"], f"f{match['field']}"),
        channel=name_part(match["channel"], f"ch{match['channel']}"),
        z=name_part(match["plane"], f"p{match['plane']}"),
        t=time,
    )


def _only_folder(file_parts: Mapping[str, NameParts], name: str) -> str:
    folders = sorted({file.rpartition("/")[0] for file in file_parts})
    if not folders:
        raise SourceError(
            f"{name} holds no image named as Harmony names them, such as "
            f"r01c01f01p01-ch1sk1fk1fl1.tiff."
        )
    return folders[0]


def _plate_name(folder: str, name: str) -> str:
    """Return a name from the folders: Harmony puts images into one called Images."""
    parts = folder.split("/")
    nested = len(parts) > 1 and parts[-1].lower() == "images"
    return parts[-2] if nested else name


_RECORDS = ("Image", "Entry", "Plate")


@dataclass(slots=True)
class _Index:
    """What Index.xml says, collected record by record."""

    plate: str | None = None
    measurement: str | None = None
    format: PlateFormat | None = None
    listed: set[NameParts] = field(default_factory=set)
    centres: dict[tuple[Position, NamePart | None], tuple[float, float]] = field(
        default_factory=dict
    )
    _channels: dict[NamePart, dict[str, str]] = field(default_factory=dict)
    _sizes: set[tuple[float, float]] = field(default_factory=set)
    _heights: dict[NamePart, float] = field(default_factory=dict)
    _uneven: set[NamePart] = field(default_factory=set)

    def add(self, kind: str, record: dict[str, str]) -> None:
        if kind == "Plate":
            self._add_plate(record)
        elif "ChannelID" in record or "@ChannelID" in record:
            self._add_channel(record)
        if kind == "Image" and record.get("URL"):
            self._add_image(record)

    def _add_plate(self, record: dict[str, str]) -> None:
        self.plate = record.get("Name") or record.get("PlateID") or None
        self.measurement = record.get("MeasurementID") or None
        rows, columns = record.get("PlateRows", ""), record.get("PlateColumns", "")
        if rows.isdigit() and columns.isdigit():
            try:
                self.format = PlateFormat(int(rows), int(columns))
            except InvalidPathError:
                self.format = None

    def _add_channel(self, record: dict[str, str]) -> None:
        number = record.get("ChannelID") or record.get("@ChannelID") or ""
        if number.isdigit():
            texts = self._channels.setdefault(name_part(number, f"ch{number}"), {})
            for key, text in record.items():
                if text:
                    texts.setdefault(key, text)
        sizes = [_number(record, f"ImageResolution{axis}") for axis in "YX"]
        if sizes[0] and sizes[1]:
            self._sizes.add((_micrometres(sizes[0]), _micrometres(sizes[1])))

    def _add_image(self, record: dict[str, str]) -> None:
        parts = name_parts(record["URL"].replace("\\", "/").rpartition("/")[2])
        if parts is None or parts.well is None:
            return
        self.listed.add(parts)
        x, y = _number(record, "PositionX"), _number(record, "PositionY")
        if x is not None and y is not None:
            # The stage's y points up, that of an image down.
            self.centres[parts.well, parts.field] = (_micrometres(-y), _micrometres(x))
        height = _number(record, "PositionZ")
        if height is not None and parts.z is not None:
            first_height = self._heights.setdefault(parts.z, height)
            if not math.isclose(first_height, height, abs_tol=1e-8):
                self._uneven.add(parts.z)

    def expected(self) -> Expected:
        return Expected(listed=frozenset(self.listed)) if self.listed else Expected()

    def channels(self) -> dict[NamePart, ChannelNote]:
        return {
            channel: ChannelNote(
                name=record.get("ChannelName") or None,
                emission=_positive(record, "MainEmissionWavelength"),
                excitation=_positive(record, "MainExcitationWavelength"),
                clip=_clip(record),
                exposure=_exposure(record),
            )
            for channel, record in self._channels.items()
        }

    def only_size(self) -> tuple[float, float] | None:
        return next(iter(self._sizes)) if len(self._sizes) == 1 else None

    def z_step(self) -> float | None:
        heights = [self._heights[z] for z in sorted(self._heights)]
        steps = [high - low for low, high in pairwise(heights)]
        if self._uneven or not steps or min(steps) <= 0:
            return None
        even = max(steps) - min(steps) < 0.05 * max(steps)
        return _micrometres(sum(steps) / len(steps)) if even else None

    def notes(self, has_index: bool) -> tuple[str, ...]:
        if not has_index:
            return (
                "No Index.idx.xml is in the source: the plate's format, pixel size, "
                "positions and the channels' names are not known from it.",
            )
        if len(self._sizes) > 1:
            return ("The index gives several pixel sizes; none was taken.",)
        return ()


def _number(record: Mapping[str, str], key: str) -> float | None:
    try:
        value = float(record[key])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _positive(record: Mapping[str, str], key: str) -> float | None:
    value = _number(record, key)
    return value if value is not None and value > 0 else None


def _micrometres(metres: float) -> float:
    return float(f"{metres * _METRE:.9g}")


def _clip(record: Mapping[str, str]) -> int | None:
    # "MaxIntensity" is 65536 of a 16-bit camera: one more than the largest value.
    value = _positive(record, "MaxIntensity")
    if value is None or value != int(value):
        return None
    number = int(value)
    return number - 1 if number & (number - 1) == 0 else number


def _exposure(record: Mapping[str, str]) -> str | None:
    text = record.get("ExposureTime")
    unit = record.get("ExposureTime@Unit", "s")
    return f"{text} {unit}" if text else None


MICROSCOPE: Final = Microscope(
    preset="phenix",
    maker="Opera Phenix",
    matches=matches,
    read=read_export,
    plates=partial(by_folder, is_image=matches, is_document=_is_index),
)
