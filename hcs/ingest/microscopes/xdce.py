"""What an .xdce file of an IN Cell Analyzer says of a plate.

The operator, logins and the protocol's password in it are not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats import markup
from hcs.ingest.formats.numbers import count, finite, positive
from hcs.layout import PlateFormat, Position
from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

_RECORDS: Final = (
    "ImageStack",
    "UUID",
    "ObjectiveCalibration",
    "Binning",
    "Wavelength",
    "Plate",
    "Exclude",
    "FieldOffsets",
    "ZDimensionParameters",
    "Images",
    "Well",
    "Image",
    "Event",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One wavelength of the protocol."""

    name: str
    """As file names spell it: ``"UV - DAPI"``."""

    excitation: float | None
    emission: float | None
    """Nanometres."""

    exposure: str | None
    mode: str
    """``"2-D"``, ``"3-D"``, ``"Max Intensity Projection"`` ..."""

    slices: int
    step: float | None
    """Micrometres between slices."""

    @property
    def is_projection(self) -> bool:
        """Whether its slices were projected along z."""
        return "projection" in self.mode.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One image of the list; its numbers count from 0."""

    name: str
    well: Position
    field: int
    wave: int
    z: int
    time: int
    offset: tuple[float, float] | None
    """From the centre of the well along x and y, micrometres, y upwards."""

    taken: float | None
    """Seconds since 1970 (UTC)."""


@dataclass(slots=True)
class StackRecord:
    """What an .xdce file says, collected element by element."""

    plate: str | None = None
    identity: str | None = None
    format: PlateFormat | None = None
    pixel_size: tuple[float, float] | None = None
    binned: bool = False
    waves: dict[int, Wave] = field(default_factory=dict)
    excluded: set[Position] = field(default_factory=set)
    fields: int | None = None
    """None where they were chosen one by one."""

    declared: int | None = None
    """Images that it says there are."""

    finished: bool = False
    images: list[ImageRecord] = field(default_factory=list)
    _well: Position | None = None

    def add(self, kind: str, record: Mapping[str, str]) -> None:
        """Take one element."""
        if kind == "ImageStack":
            self.plate = record.get("@PlateID", "").strip() or None
        elif kind == "UUID":
            self.identity = self.identity or record.get("@value") or None
        elif kind == "ObjectiveCalibration":
            y, x = (positive(record.get(f"@pixel_{side}")) for side in _SIDES)
            self.pixel_size = (y, x) if y and x else None
        elif kind == "Binning":
            self.binned = record.get("@value", "1 X 1").split()[0] not in ("1", "")
        elif kind == "Wavelength":
            self._add_wave(record)
        elif kind == "Exclude":
            row, column = count(record.get("@row")), count(record.get("@col"))
            if row and column:
                self.excluded.add((row - 1, column - 1))
        elif kind == "Event":
            self.finished |= record.get("@type") == "PLATE_SCAN_FINISHED"
        elif kind in ("Well", "Image"):
            self._add_image(kind, record)
        else:
            self._add_layout(kind, record)

    def _add_layout(self, kind: str, record: Mapping[str, str]) -> None:
        if kind == "Plate":
            rows, columns = count(record.get("@rows")), count(record.get("@columns"))
            if rows and columns:
                try:
                    self.format = PlateFormat(rows, columns)
                except InvalidPathError:
                    self.format = None
        elif kind == "FieldOffsets":
            chosen = record.get("@flex_num_fields") == "true"
            self.fields = None if chosen else count(record.get("@number_of_fields"))
        elif kind == "Images":
            # With leading zeros: "0000001536".
            self.declared = count((record.get("@number") or "").lstrip("0"))

    def _add_wave(self, record: Mapping[str, str]) -> None:
        number = count(record.get("@index"), least=0)
        if number is None:
            return
        time, unit = positive(record.get("Exposure@time")), "Exposure@unit"
        self.waves[number] = Wave(
            name=" - ".join(
                text
                for kind in ("Excitation", "Emission")
                if (text := record.get(f"{kind}Filter@name", "").strip())
            ),
            excitation=positive(record.get("ExcitationFilter@wavelength")),
            emission=positive(record.get("EmissionFilter@wavelength")),
            exposure=None if time is None else f"{time:g} {record.get(unit, 'ms')}",
            mode=record.get("@imaging_mode", ""),
            slices=count(record.get("@z_slice")) or 1,
            step=positive(record.get("@z_step")),
        )

    def _add_image(self, kind: str, record: Mapping[str, str]) -> None:
        if kind == "Well":
            self._well = _well(record)
            return
        well, self._well = self._well, None
        numbers = [
            count(record.get(f"Identifier@{axis}_index"), least=0)
            for axis in ("field", "wave", "z", "time")
        ]
        name = record.get("@filename", "").replace("\\", "/").rpartition("/")[2]
        site, wave, z, time = numbers
        if not name or well is None or site is None or wave is None:
            return
        x, y = (finite(record.get(f"OffsetFromWellCenter@{axis}")) for axis in "xy")
        self.images.append(
            ImageRecord(
                name=name,
                well=well,
                field=site,
                wave=wave,
                z=z or 0,
                time=time or 0,
                offset=None if x is None or y is None else (x, y),
                taken=positive(record.get("@timestamp_sec")),
            )
        )


_SIDES = ("height", "width")


def _well(record: Mapping[str, str]) -> Position | None:
    """Return the well of an image: its label, else its numbers."""
    if well := named_well(record.get("@label", "")):
        return well
    row, column = count(record.get("Row@number")), count(record.get("Column@number"))
    return (row - 1, column - 1) if row and column else None


def read_stack(stream: BinaryIO, where: str) -> StackRecord:
    """Return what an .xdce file says.

    Raises
    ------
    SourceError
        If it is no XML, or none of a plate.
    """
    stack, kinds = StackRecord(), set()
    for kind, record in markup.records(stream, _RECORDS, where):
        kinds.add(kind)
        stack.add(kind, record)
    if "ImageStack" not in kinds:
        raise SourceError(f"{where} is no .xdce file: it describes no images.")
    return stack
