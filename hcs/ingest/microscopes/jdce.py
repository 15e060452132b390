"""The .jdce file of HCS.ai and MetaXpress Acquire: how an experiment was set up.

Taken from it is only what is named here: names of operators, logins and protocols stay
where they are. The plate's geometry is not believed but for rows and columns, as its
unit may be wrong (µm for mm).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import InvalidPathError, SourceError
from hcs.ingest.formats.numbers import MAX_COUNT, count, micrometres, positive
from hcs.ingest.microscopes.export import ChannelNote
from hcs.ingest.names import NamePart, name_part
from hcs.layout import PlateFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX: Final = ".jdce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wavelength:
    """What a .jdce file says of one wavelength."""

    channel: NamePart
    note: ChannelNote
    slices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What a .jdce file says."""

    plate: str | None
    identity: str | None
    barcode: str | None
    complete: bool | None
    format: PlateFormat | None
    pixel_size: tuple[float, float] | None
    """Micrometres along y and x."""

    z_step: float | None
    """Micrometres."""

    time_points: int | None
    wavelengths: tuple[Wavelength, ...]
    tables: tuple[str, ...]
    """Names of the tables of planes, in the folder of the file."""


def read_experiment(data: bytes, where: str) -> Experiment:
    """Return what a .jdce file says.

    Raises
    ------
    SourceError
        If it is no JSON, or none of HCS.ai.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{where} cannot be read: {error}. Export or copy it again."
        ) from error
    stack = _at(document, "ImageStack")
    protocol = _at(stack, "AutoLeadAcquisitionProtocol")
    if not isinstance(protocol, dict):
        raise SourceError(
            f"{where} is no .jdce file of HCS.ai: it has no "
            f"ImageStack.AutoLeadAcquisitionProtocol."
        )
    z = _at(protocol, "PlateMap", "ZDimensionParameters")
    slices = count(_at(z, "NumberOfSlices")) if _at(z, "Enabled") is True else 1
    times = _at(protocol, "PlateMap", "TimeSchedule")
    complete = _at(protocol, "CollectionComplete")
    waves = tuple(_wavelengths(_at(protocol, "Wavelengths"), slices or 1))
    return Experiment(
        plate=_text(_at(stack, "PlateId")),
        identity=_text(_at(stack, "Uuid")),
        barcode=_text(_at(stack, "SpecimenHolder", "Barcode")),
        complete=complete if isinstance(complete, bool) else None,
        format=_format(_at(protocol, "Plate")),
        pixel_size=_pixel_size(_at(protocol, "ObjectiveCalibration")),
        z_step=positive(_at(z, "Step")) if (slices or 1) > 1 else None,
        time_points=count(_at(times, "NumberOfTimepoints"))
        if _at(times, "Enabled") is True
        else 1,
        wavelengths=waves,
        tables=tuple(
            name for name in _list(_at(stack, "ImageMetadataFiles")) if _text(name)
        ),
    )


def _wavelengths(records: object, slices: int) -> Iterator[Wavelength]:
    for record in _list(records):
        index = _at(record, "Index")
        if not isinstance(index, int) or not 0 <= index < MAX_COUNT:
            continue
        emission = _wave(_at(record, "EmissionFilter"))
        excitation = _wave(_at(record, "ExcitationFilter"))
        stack = _at(record, "ImagingMode") == "3-D"
        yield Wavelength(
            channel=name_part(str(index), f"w{index}"),
            note=ChannelNote(
                name=_text(_at(record, "EmissionFilter", "Name")),
                emission=emission,
                # Both are given as one number where only the emission is known.
                excitation=excitation if excitation != emission else None,
            ),
            slices=(count(_at(record, "ZSlice")) or slices) if stack else 1,
        )


def _wave(record: object) -> float | None:
    value, unit = positive(_at(record, "Wavelength")), _at(record, "Unit")
    return value if unit == "nm" else None


def _format(record: object) -> PlateFormat | None:
    rows, columns = count(_at(record, "Rows")), count(_at(record, "Columns"))
    if rows is None or columns is None:
        return None
    try:
        return PlateFormat(rows, columns)
    except InvalidPathError:
        return None


def _pixel_size(record: object) -> tuple[float, float] | None:
    unit = micrometres(_at(record, "Unit"))
    y, x = (positive(_at(record, f"Pixel{side}")) for side in ("Height", "Width"))
    return None if None in (unit, y, x) else (y * unit, x * unit)  # type: ignore[operator]


def _at(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
