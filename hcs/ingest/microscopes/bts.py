"""What Yokogawa's measurement files say: .mlf (planes), .mrf (plate), .mes (protocol).

They are XML of the namespace ``bts``. The operator's name in them is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats import markup
from hcs.ingest.formats.numbers import MAX_COUNT, count, finite, moment, positive
from hcs.layout import PlateFormat, Position

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO
    from xml.etree.ElementTree import Element

_LONGEST_TEXT = 200
"""Characters of a message that the microscope wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlfRecord:
    """One record of the .mlf file: a plane that was taken, or an error instead."""

    well: Position
    """Zero-based ``(row, column)``."""

    field: int | None
    """Counted from 1; None where the error names none."""

    time: int
    """Counted from 1 over all timelines."""

    timeline: int
    action: int | None
    z: int | None
    channel: int | None
    centre: tuple[float, float] | None
    """From the centre of the well along x and y, micrometres, y upwards."""

    height: float | None
    """Micrometres."""

    projection: str
    """``"Maximum"`` and the like; "" of a plane."""

    depth: float | None
    """Micrometres that a projection spans."""

    taken: float | None
    """Seconds since 1970 (UTC)."""

    text: str
    """Path of the image from the folder of the .mlf file, or the error."""

    is_error: bool


def read_planes(stream: BinaryIO, where: str) -> list[MlfRecord]:
    """Return the records of an .mlf file; what places no plane is left out.

    Raises
    ------
    SourceError
        If it is no XML.
    """
    records = markup.records(stream, ("MeasurementRecord",), where)
    return [plane for _, record in records if (plane := _plane(record)) is not None]


def _plane(record: Mapping[str, str]) -> MlfRecord | None:
    row, column = count(record.get("@Row")), count(record.get("@Column"))
    is_error = record.get("@Type") == "ERR"
    site = count(record.get("@FieldIndex")) or count(record.get("@PartialTileIndex"))
    channel = count(record.get("@Ch"))
    text = record.get("", "")
    if not row or not column or not (is_error or (text and site and channel)):
        return None
    x, y = finite(record.get("@X")), finite(record.get("@Y"))
    top, bottom = finite(record.get("@ZTop")), finite(record.get("@ZBottom"))
    processing = record.get("@ZImageProcessing", "")
    return MlfRecord(
        well=(row - 1, column - 1),
        field=site,
        time=count(record.get("@TimePoint")) or 1,
        timeline=count(record.get("@TimelineIndex")) or 1,
        action=count(record.get("@ActionIndex")),
        z=count(record.get("@ZIndex")),
        channel=channel,
        centre=None if x is None or y is None else (x, y),
        height=finite(record.get("@Z")),
        projection="" if processing.lower() in ("", "none") else processing,
        depth=None if top is None or bottom is None else abs(top - bottom),
        taken=moment(record.get("@Time")),
        text=_printable(text) if is_error else text.replace("\\", "/"),
        is_error=is_error,
    )


def _printable(text: str) -> str:
    words = " ".join(text.split())[:_LONGEST_TEXT]
    return "".join(letter for letter in words if letter.isprintable())


@dataclass(slots=True, kw_only=True)
class PlateDetail:
    """What an .mrf file says; None where it is silent."""

    plate: str | None = None
    title: str | None = None
    format: PlateFormat | None = None
    fields: int | None = None
    z: int | None = None
    times: int | None = None
    ended: float | None = None
    """When the measurement ended, in seconds since 1970 (UTC)."""

    protocol: str = ""
    """Name of the .mes file."""

    sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Micrometres a pixel along y and x, by channel."""

    bits: dict[int, int] = field(default_factory=dict)


def read_detail(stream: BinaryIO, where: str) -> PlateDetail:
    """Return what an .mrf file says.

    Raises
    ------
    SourceError
        If it is no XML, or none of a measurement.
    """
    detail = PlateDetail()
    names = ("MeasurementDetail", "MeasurementSamplePlate", "MeasurementChannel")
    kinds = set()
    for kind, record in markup.records(stream, names, where):
        kinds.add(kind)
        if kind == "MeasurementDetail":
            _add_detail(detail, record)
        elif kind == "MeasurementSamplePlate":
            detail.plate = record.get("@Name") or None
        elif number := count(record.get("@Ch")):
            y = finite(record.get("@VerticalPixelDimension"))
            x = finite(record.get("@HorizontalPixelDimension"))
            if y and x and y > 0 and x > 0:
                detail.sizes[number] = (float(f"{y:.9g}"), float(f"{x:.9g}"))
            if bits := count(record.get("@InputBitDepth")):
                detail.bits[number] = bits
    if "MeasurementDetail" not in kinds:
        raise SourceError(f"{where} is no .mrf file: it describes no measurement.")
    return detail


def _add_detail(detail: PlateDetail, record: Mapping[str, str]) -> None:
    detail.title = record.get("@Title") or None
    detail.protocol = record.get("@MeasurementSettingFileName", "")
    detail.ended = moment(record.get("@EndTime"))
    rows, columns = count(record.get("@RowCount")), count(record.get("@ColumnCount"))
    if rows and columns:
        try:
            detail.format = PlateFormat(rows, columns)
        except InvalidPathError:
            detail.format = None
    detail.fields = count(record.get("@FieldCount"))
    detail.z = count(record.get("@ZCount"))
    detail.times = count(record.get("@TimePointCount"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolChannel:
    """What an .mes file says of one channel."""

    target: str | None
    emission: float | None
    """Centre of the filter, nanometres."""

    excitation: float | None
    """Of its one laser, nanometres."""

    exposure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a timeline: channels, and planes along z."""

    channels: tuple[int, ...]
    z: int
    """Planes that are kept, 1 of a projection."""

    slices: int
    """Planes that are taken."""

    step: float | None
    """Micrometres between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What was to be taken together."""

    wells: tuple[Position, ...]
    fields: int | None
    """None where a method says it that is not understood."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What an .mes file says."""

    channels: Mapping[int, ProtocolChannel]
    timelines: tuple[Timeline, ...]


def read_protocol(data: bytes, where: str) -> Protocol:
    """Return what an .mes file says.

    Raises
    ------
    SourceError
        If it is no XML, or none of a protocol.
    """
    root = markup.parse(data, where)
    if root.tag != "MeasurementSetting":
        raise SourceError(f"{where} is no .mes file: it begins with {root.tag[:80]!r}.")
    lasers: dict[str, float] = {}
    for source in root.iter("LightSource"):
        wave = positive(source.get("WaveLength"))
        if wave:
            lasers[source.get("Name", "")] = wave
    return Protocol(
        channels=dict(_channels(root, lasers)),
        timelines=tuple(_timeline(element) for element in root.iter("Timeline")),
    )


def _record(element: Element) -> dict[str, str]:
    return {f"@{key}": text for key, text in element.attrib.items()}


def _channels(
    root: Element, lasers: Mapping[str, float]
) -> Iterator[tuple[int, ProtocolChannel]]:
    for element in root.iter("Channel"):
        record = _record(element)
        number = count(record.get("@Ch"))
        if number is None:
            continue
        lights = [(light.text or "").strip() for light in element.iter()][1:]
        exposure = finite(record.get("@ExposureTime"))
        yield (
            number,
            ProtocolChannel(
                target=record.get("@Target", "").strip() or None,
                emission=_band(record.get("@Acquisition", "")),
                excitation=lasers.get(lights[0]) if len(lights) == 1 else None,
                exposure=None if exposure is None else f"{exposure:g} ms",
            ),
        )


def _band(text: str) -> float | None:
    """Return the centre of a band-pass filter such as ``BP445/45``."""
    match = re.fullmatch(r"BP([0-9]{3,4})/[0-9]{1,4}", text.strip(), re.ASCII)
    return float(match[1]) if match else None


def _timeline(element: Element) -> Timeline:
    wells = []
    for target in element.iter("TargetWell"):
        record = _record(target)
        row, column = count(record.get("@Row")), count(record.get("@Column"))
        if row and column and (target.text or "").strip().lower() == "true":
            wells.append((row - 1, column - 1))
    points = sum(1 for _ in element.iter("Point"))
    method = element.find("./PointSequence")
    fixed = method is not None and method.get("Method") == "FixedPosition"
    return Timeline(
        wells=tuple(dict.fromkeys(wells)),
        fields=points if fixed and 0 < points <= MAX_COUNT else None,
        actions=tuple(
            action
            for group in element.iter("ActionList")
            for step in group
            if (action := _action(step)) is not None
        ),
    )


def _action(element: Element) -> Action | None:
    """Return what a step takes, None where it takes no images."""
    channels = tuple(
        int(text)
        for child in element.iter("Ch")
        if re.fullmatch(r"[0-9]{1,3}", text := (child.text or "").strip(), re.ASCII)
    )
    if not element.tag.startswith("ActionAcquire") or not channels:
        return None
    record = _record(element)
    step = finite(record.get("@SliceLength"))
    top, bottom = (
        finite(record.get("@TopDistance")),
        finite(record.get("@BottomDistance")),
    )
    slices = 1
    if step and step > 0 and top is not None and bottom is not None:
        # A hair more: 2.0 / 0.1 is 19.999.
        slices = min(MAX_COUNT, int(abs(top - bottom) / step + 1e-6) + 1)
    processing = record.get("@ImageProcessing", "").lower()
    return Action(
        channels=channels,
        z=slices if processing in ("", "none") else 1,
        slices=slices,
        step=step if slices > 1 else None,
    )
