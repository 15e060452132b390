"""What the XML of a CZI says of its scenes, channels and sizes.

Nothing else of it is read: it names who acquired the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.ingest.formats.numbers import count, positive
from hcs.spellings import named_well

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from hcs.layout import Position

_METRE = 1e6


@dataclass(frozen=True, slots=True)
class CziScene:
    """One scene of a file."""

    name: str
    well: Position | None
    """None where it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CziChannel:
    """One channel of a file; None where nothing is said."""

    name: str | None
    emission: float | None
    excitation: float | None
    """Nanometres."""

    exposure: str | None
    bits: int | None
    """Of the camera; those of a whole type say nothing of it."""


def read_scenes(root: Element | None) -> Mapping[int, CziScene]:
    """Return the scenes by their numbers."""
    scenes = {}
    for element in root.iter("Scene") if root is not None else ():
        number = count(element.get("Index"), least=0)
        if number is not None:
            name = element.get("Name", "")[:80]
            scenes[number] = CziScene(name, _well(element))
    return scenes


def _well(scene: Element) -> Position | None:
    """Return the well of a scene: by its array, its shape, or its row and column."""
    shape = scene.find("Shape")
    of_shape = shape.get("Name") if shape is not None else None
    for text in filter(None, (scene.findtext("ArrayName"), of_shape)):
        if well := named_well(text):
            return well
    if shape is None:
        return None
    row = count(shape.findtext("RowIndex"))
    column = count(shape.findtext("ColumnIndex"))
    return (row - 1, column - 1) if row and column else None


def read_channels(root: Element | None) -> tuple[CziChannel, ...]:
    """Return the channels in their order."""
    path = "./Metadata/Information/Image/Dimensions/Channels/Channel"
    return tuple(map(_channel, root.findall(path) if root is not None else ()))


def _channel(element: Element) -> CziChannel:
    bits = count(element.findtext("ComponentBitCount"))
    nanoseconds = positive(element.findtext("ExposureTime"))
    return CziChannel(
        name=element.get("Name") or element.findtext("Fluor"),
        emission=positive(element.findtext("EmissionWavelength")),
        excitation=positive(element.findtext("ExcitationWavelength")),
        exposure=None if nanoseconds is None else f"{nanoseconds * 1e-6:g} ms",
        bits=bits if bits is not None and 8 < bits < 16 else None,
    )


def read_distance(root: Element | None, axis: str) -> float | None:
    """Return the distance of neighbours along X, Y or Z in micrometres."""
    if root is None:
        return None
    path = f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value"
    metres = positive(root.findtext(path))
    return None if metres is None else float(f"{metres * _METRE:.9g}")


def read_pixel_size(root: Element | None) -> tuple[float, float] | None:
    """Return the size of a pixel along y and x in micrometres."""
    y, x = read_distance(root, "Y"), read_distance(root, "X")
    return None if y is None or x is None else (y, x)
