"""The index of Harmony and Columbus: every plane, and what is known of channels.

Versions differ in where a channel is described: at each image (HarmonyV5 and before,
Columbus), or once in a map of channels (HarmonyV6 and V7). Both are read alike, and
what an image says itself counts first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats import markup
from hcs.ingest.formats.numbers import moment
from hcs.ingest.microscopes.export import ChannelNote
from hcs.ingest.microscopes.harmony.names import name_parts
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.ingest.sources.files import MAX_FILES
from hcs.layout import PlateFormat, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

_RECORDS = ("Image", "Entry", "Plate")
_METRE: Final = 1e6
_EVEN = 0.05
"""Relative spread of steps that still counts as one: no stage or clock is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedPlane:
    """One plane that an index lists."""

    url: str
    """Name of the file as the index writes it, ``/`` between folders; "" for none."""

    page: int
    """Of the file, from 0."""

    parts: NameParts
    """By the record, and as the name spells it where it is one of Harmony's."""

    named: NameParts | None
    """By the file's name alone."""

    well: Position | None
    """By the record alone."""

    moment: float | None = None
    """When it was taken, in seconds since 1970 (UTC)."""

    problem: str = ""
    """Why there is no image, as the index says; "" where there is one."""


def read_index(stream: BinaryIO, where: str) -> Index:
    """Return what an index says.

    Raises
    ------
    SourceError
        If it is no XML that is read; see `hcs.ingest.formats.markup`.
    """
    index = Index()
    for kind, record in markup.records(stream, _RECORDS, where):
        index.add(kind, record)
    index.count_times_from_one()
    return index


def read_profile_texts(stream: BinaryIO, where: str) -> dict[NamePart, str]:
    """Return the flat-field profiles of a document ``FFC_Profile`` by channel.

    Raises
    ------
    SourceError
        As `read_index` does.
    """
    index = Index()
    for kind, record in markup.records(stream, ("Entry",), where):
        index.add(kind, record)
    return index.profiles


@dataclass(slots=True)
class Index:
    """What an index says, collected record by record.

    Only what is named here is taken from it: users and paths stay behind.
    """

    plate: str | None = None
    barcode: str | None = None
    measurement: str | None = None
    format: PlateFormat | None = None
    planes: list[IndexedPlane] = field(default_factory=list)
    centres: dict[tuple[Position, NamePart | None], tuple[float, float]] = field(
        default_factory=dict
    )
    profiles: dict[NamePart, str] = field(default_factory=dict)
    """Flat-field profiles by channel, as Harmony writes them."""

    _channels: dict[NamePart, dict[str, str]] = field(default_factory=dict)
    _sizes: set[tuple[float, float]] = field(default_factory=set)
    _heights: dict[NamePart | None, dict[NamePart, float]] = field(default_factory=dict)
    """Of planes by channel: each may be focused at a distance of its own."""

    _uneven: bool = False

    def add(self, kind: str, record: dict[str, str]) -> None:
        """Take one record in."""
        if kind == "Plate":
            self._add_plate(record)
        elif channel := _channel_of(record):
            self._add_channel(channel, record)
        if kind == "Image":
            self._add_image(record)
            if len(self.planes) > MAX_FILES:
                raise SourceError(f"The index lists more than {MAX_FILES:,} images.")

    def _add_plate(self, record: dict[str, str]) -> None:
        self.plate = record.get("Name") or record.get("PlateID") or None
        self.barcode = record.get("PlateID") or None
        self.measurement = record.get("MeasurementID") or None
        rows, columns = record.get("PlateRows", ""), record.get("PlateColumns", "")
        if _is_count(rows) and _is_count(columns):
            try:
                self.format = PlateFormat(int(rows), int(columns))
            except InvalidPathError:
                self.format = None

    def _add_channel(self, channel: NamePart, record: dict[str, str]) -> None:
        texts = self._channels.setdefault(channel, {})
        for key in _CHANNEL_KEYS:
            if text := record.get(key):
                texts.setdefault(key, text)
        if profile := record.get("FlatfieldProfile"):
            self.profiles.setdefault(channel, profile)
        sizes = [_number(record, f"ImageResolution{axis}") for axis in "YX"]
        if sizes[0] and sizes[1]:
            self._sizes.add((_micrometres(sizes[0]), _micrometres(sizes[1])))

    def _add_image(self, record: dict[str, str]) -> None:
        url = record.get("URL", "").replace("\\", "/")
        named, stated = name_parts(url.rpartition("/")[2]), _parts_of(record)
        parts = named or stated
        if parts is None:
            return
        state = record.get("State", "")
        problem = "" if url else "was not recorded, as the index says"
        if state and state.lower() != "ok":
            problem = f"is in state {state[:40]!r}, as the index says"
        page = record.get("URL@BufferNo", "0")
        self.planes.append(
            IndexedPlane(
                url=url,
                page=int(page) if _is_count(page) else 0,
                parts=parts,
                named=named,
                well=None if stated is None else stated.well,
                moment=moment(record.get("AbsTime", "")),
                problem=problem,
            )
        )
        self._add_place(parts, record)

    def _add_place(self, parts: NameParts, record: dict[str, str]) -> None:
        x, y = _number(record, "PositionX"), _number(record, "PositionY")
        if x is not None and y is not None and parts.well is not None:
            # The stage's y points up, that of an image down.
            self.centres[parts.well, parts.field] = _micrometres(0 - y), _micrometres(x)
        height = _number(record, "PositionZ")
        if height is not None and parts.z is not None:
            heights = self._heights.setdefault(parts.channel, {})
            first_height = heights.setdefault(parts.z, height)
            self._uneven |= not math.isclose(first_height, height, abs_tol=1e-8)

    def count_times_from_one(self) -> None:
        """Count time points as names do: HarmonyV5 and before count them from 0."""
        numbers = {plane.parts.t for plane in self.planes if plane.named is None}
        if not any(part is not None and part.number == 0 for part in numbers):
            return
        self.planes = [
            plane
            if plane.named
            else replace(plane, parts=replace(plane.parts, t=_next(plane.parts.t)))
            for plane in self.planes
        ]

    @property
    def channels(self) -> dict[NamePart, ChannelNote]:
        """What is said of each channel."""
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

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """Micrometres along y and x, where all channels have one."""
        return next(iter(self._sizes)) if len(self._sizes) == 1 else None

    @property
    def z_step(self) -> float | None:
        """Micrometres between planes, where they are evenly apart."""
        if self._uneven:
            return None
        step = _even_step(
            [heights[z] for z in sorted(heights)] for heights in self._heights.values()
        )
        return None if step is None else _micrometres(step)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the index."""
        if len(self._sizes) > 1:
            return ("The index gives several pixel sizes; none was taken.",)
        return ()


_CHANNEL_KEYS = (
    "ChannelName",
    "MainEmissionWavelength",
    "MainExcitationWavelength",
    "MaxIntensity",
    "ExposureTime",
    "ExposureTime@Unit",
)


def _is_count(text: str) -> bool:
    # Texts of thousands of digits are no numbers for Python, and none of a plate.
    return len(text) <= 6 and text.isascii() and text.isdigit()


def _channel_of(record: Mapping[str, str]) -> NamePart | None:
    number = record.get("ChannelID") or record.get("@ChannelID") or ""
    return name_part(number, f"ch{number}") if _is_count(number) else None


def _parts_of(record: Mapping[str, str]) -> NameParts | None:
    """Return what a record says of an image, whatever its file is called."""
    row, column = record.get("Row", ""), record.get("Col", "")
    if not (_is_count(row) and _is_count(column) and int(row) and int(column)):
        return None
    field_id, plane, time = (
        name_part(text, f"{letter}{int(text):02d}")
        if _is_count(text := record.get(key, ""))
        else None
        for key, letter in (("FieldID", "f"), ("PlaneID", "p"), ("TimepointID", "t"))
    )
    return NameParts(
        well=(int(row) - 1, int(column) - 1),
        field=field_id,
        channel=_channel_of(record),
        z=plane,
        t=time,
    )


def _next(time: NamePart | None) -> NamePart | None:
    if time is None or time.number is None:
        return time
    return name_part(str(time.number + 1), f"t{time.number + 1:02d}")


def _even_step(series: Iterable[Sequence[float]]) -> float | None:
    """Return the distance of neighbours, where it is about the same everywhere."""
    steps = [high - low for values in series for low, high in pairwise(values)]
    if not steps or min(steps) <= 0 or max(steps) - min(steps) > _EVEN * max(steps):
        return None
    return sum(steps) / len(steps)


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
