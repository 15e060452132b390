"""How the channels of a whole plate are shown: one window and one colour each."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from hcs import contrast
from hcs.errors import SourceError
from hcs.metadata import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hcs.ingest.formats.image_file import ImageFile
    from hcs.ingest.microscopes.export import ChannelNote
    from hcs.ingest.plate.grid import PlaneGrid, PlaneSource

SAMPLE_FIELDS: Final = 32
"""Fields looked at for each channel, spread evenly over the plate."""

_SAMPLE_SIDE = 256
"""Pixels taken along y and x of each, at least, evenly spread: memory for whole planes
of 32 fields and every channel would be gigabytes."""


def display_channels(
    grid: PlaneGrid, images: Mapping[str, ImageFile], notes: Sequence[ChannelNote]
) -> tuple[Channel, ...]:
    """Return name, colour and window of each channel, one for the whole plate.

    The windows are percentiles over a sample of fields spread over the plate, always
    the same for the same files. Planes that cannot be decoded are passed over.
    """
    colors = channel_colors(notes)
    samples, middles = _samples(grid, images, len(notes))
    return tuple(
        Channel(
            name=note.name,
            color=color,
            window=contrast.window_of(
                contrast.sample(planes),
                contrast.IMPORT,
                grid.dtype,
                note.clip,
                contrast.least_width(full, grid.dtype),
            ),
        )
        for planes, full, note, color in zip(
            samples, middles, notes, colors, strict=True
        )
    )


def _samples(
    grid: PlaneGrid, images: Mapping[str, ImageFile], channels: int
) -> tuple[list[list[NDArray[Any]]], list[list[NDArray[Any]]]]:
    """Return planes of each channel, thinned, and their middles in full resolution.

    None where none can be read.
    """
    planes_of: defaultdict[str, list[tuple[int, PlaneSource]]] = defaultdict(list)
    for c in range(channels):
        for plane in _spread(_middle_planes(grid, c), SAMPLE_FIELDS):
            planes_of[plane.file].append((c, plane))
    samples: list[list[NDArray[Any]]] = [[] for _ in range(channels)]
    middles: list[list[NDArray[Any]]] = [[] for _ in range(channels)]
    for file, planes in planes_of.items():
        for c, plane in planes:
            t, channel, z = plane.index
            try:
                pixels = images[file].plane(t=t, c=channel, z=z)
            except SourceError:
                # The writing of this plane meets the same error and reports it.
                continue
            step = tuple(max(1, size // _SAMPLE_SIDE) for size in pixels.shape)
            samples[c].append(pixels[:: step[0], :: step[1]])
            middles[c].append(_middle(pixels))
        images[file].close()
    return samples, middles


def _middle(plane: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of a plane's middle, so that the rest need not stay in memory."""
    top, left = (max(0, (size - _SAMPLE_SIDE) // 2) for size in plane.shape)
    return plane[top : top + _SAMPLE_SIDE, left : left + _SAMPLE_SIDE].copy()


def _middle_planes(grid: PlaneGrid, c: int) -> list[PlaneSource]:
    """Return for each field that has the channel the plane in the middle of t and z."""
    middles = []
    for planes in grid.planes.values():
        indices = sorted((t, z) for t, channel, z in planes if channel == c)
        if indices:
            t, z = indices[len(indices) // 2]
            middles.append(planes[t, c, z])
    return middles


def _spread(planes: Sequence[PlaneSource], count: int) -> list[PlaneSource]:
    if len(planes) <= count:
        return list(planes)
    return [planes[round(i * (len(planes) - 1) / (count - 1))] for i in range(count)]


_BY_EMISSION = (
    (480.0, "0080FF"),
    (500.0, "00FFFF"),
    (565.0, "00FF00"),
    (595.0, "FFD000"),
    (645.0, "FF4000"),
    (720.0, "FF00FF"),
)
_FAR = "B0B0B0"
_BY_NAME = (
    (r"dapi|hoechst|\bdna\b|draq|nucle|\bbfp\b|405", "0080FF"),
    (r"\bcfp\b|cyan", "00FFFF"),
    (r"gfp|fitc|488|\byfp\b|green|syto", "00FF00"),
    (r"tritc|cy3|555|546|568|orange", "FFD000"),
    (r"texas|594|mcherry|rfp|\bred\b|561|tdtomato", "FF4000"),
    (r"cy5|647|640|far.?red", "FF00FF"),
    (r"bright|trans|phase|\bdic\b|\bbf\b", "FFFFFF"),
)
_CYCLE = ("00FF00", "0080FF", "FF4000", "FF00FF", "FFD000", "00FFFF")


def channel_colors(notes: Sequence[ChannelNote]) -> tuple[str, ...]:
    """Return a colour ``RRGGBB`` for each channel.

    By its emission, else by what its name usually means; else the next colour that no
    other channel has, and white where there is a single channel.
    """
    colors = [_known_color(note) for note in notes]
    if colors == [None]:
        return ("FFFFFF",)
    free = [color for color in _CYCLE if color not in colors]
    return tuple(color or (free.pop(0) if free else "FFFFFF") for color in colors)


def _known_color(note: ChannelNote) -> str | None:
    if note.emission is not None:
        return next((c for limit, c in _BY_EMISSION if note.emission < limit), _FAR)
    for words, color in _BY_NAME:
        if re.search(words, note.name or "", re.IGNORECASE):
            return color
    return None
