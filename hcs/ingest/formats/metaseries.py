"""What MetaXpress writes into each TIFF: the plane's own description."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.ingest.formats import markup
from hcs.ingest.formats.numbers import micrometres

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneRecord:
    """The properties of one plane that an import can use; None where not written."""

    guid: str | None = None
    """Identity of the plane: equal in files that are copies of one another."""

    pixel_size: tuple[float, float] | None = None
    """Micrometres between pixels along y and x."""

    wavelength: float | None = None
    """Emission, in nanometres."""

    setting: str | None = None
    """Name of the illumination setting, which names the channel."""

    projection: str | None = None
    """Method, such as ``"Maximum"``, where the plane is a projection along z."""

    z_position: float | None = None
    """Of the stage, in micrometres."""

    offset: tuple[float, float] | None = None
    """Centre of the field from the centre of the well along y and x, micrometres."""

    acquired: str | None = None
    """Local date and time, ``YYYYMMDD hh:mm:ss.fff``."""

    bits: int | None = None
    """Bit depth of the camera."""

    stage_label: str | None = None
    """Well and site as MetaXpress names them, ``"B02 : Site 1"``."""

    exposure: str | None = None


def read_plane_record(description: str, where: str) -> PlaneRecord:
    """Return the record that stands in a MetaSeries image description.

    Raises
    ------
    SourceError
        If the description is broken XML.
    """
    properties: dict[str, str] = {}
    for element in markup.parse(description, where).iter():
        if element.tag in ("prop", "custom-prop"):
            name, value = element.get("id"), element.get("value")
            if name and value:
                properties.setdefault(name, value)
    calibrated = properties.get("spatial-calibration-state") == "on"
    unit = micrometres(properties.get("spatial-calibration-units"))
    return PlaneRecord(
        guid=properties.get("plane-guid"),
        pixel_size=_pair(properties, "spatial-calibration-{}", "yx", unit)
        if calibrated and unit
        else None,
        wavelength=_positive(properties, "wavelength"),
        setting=properties.get("_IllumSetting_"),
        projection=properties.get("Z Projection Method"),
        z_position=_number(properties, "z-position"),
        offset=_pair(properties, "OffsetFromWellCenterUm{}", "YX", None),
        acquired=properties.get("acquisition-time-local"),
        bits=_whole(properties, "Camera Bit Depth"),
        stage_label=properties.get("stage-label"),
        exposure=properties.get("Exposure Time"),
    )


def _number(properties: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(properties[name])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _positive(properties: Mapping[str, str], name: str) -> float | None:
    value = _number(properties, name)
    return value if value is not None and value > 0 else None


def _whole(properties: Mapping[str, str], name: str) -> int | None:
    value = _positive(properties, name)
    return int(value) if value is not None and value == int(value) else None


def _pair(
    properties: Mapping[str, str], name: str, axes: str, unit: float | None
) -> tuple[float, float] | None:
    """Return the numbers along y and x; a size (one with a unit) must be positive."""
    values = [_number(properties, name.format(axis)) for axis in axes]
    first, second = values
    if first is None or second is None:
        return None
    if unit is None:
        return first, second
    return (first * unit, second * unit) if min(first, second) > 0 else None
