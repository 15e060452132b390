"""Looking over a plate in the background: what wells hold, and how to show them."""

from __future__ import annotations

import itertools
import logging
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.plates.contrast import may_be_empty, plate_channels
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelDisplay
    from hcs import Multiscales, NgffImage
    from hcs.metadata import Channel

_LOG = logging.getLogger(__name__)

SAMPLED_WELLS = 16
"""Wells whose pixels decide the contrast, spread over the plate."""

_BATCH_SECONDS = 0.4
"""Between two revisions while wells are looked at."""

_PLANE_BYTES = 64 << 20
"""A lowest level that is larger is sampled by a window in its middle."""

_WINDOW = 1024
"""Pixels of that window's sides."""

_FULL_IMAGES = 3
"""Fields of which channels that may be empty are read in full resolution."""

_MOST_CHANNELS = 64
"""A broken document may declare thousands; each costs the reading of a plane."""


def survey(plate: ServedPlate, stopped: Callable[[], bool]) -> None:
    """Look at the wells that nobody has looked at, and choose the contrast once.

    Contrast comes first: without it no picture can be drawn.
    """
    if not plate.channels:
        plate.knowledge.channels = choose_channels(plate)
        plate.bump()
    changed = look_at(plate, plate.unknown_wells(), stopped)
    if stopped():
        return
    if not plate.surveyed:
        plate.knowledge.surveyed = True
        changed = True
    if changed:
        plate.bump()


def look_at(
    plate: ServedPlate, paths: Iterable[str], stopped: Callable[[], bool]
) -> bool:
    """Look at well documents; return whether any change has not been announced yet."""
    untold, last = False, time.monotonic()
    for path in paths:
        if stopped():
            break
        untold = plate.learn_well(path) or untold
        if untold and time.monotonic() - last > _BATCH_SECONDS:
            plate.bump()
            untold, last = False, time.monotonic()
    return untold


def choose_channels(plate: ServedPlate) -> tuple[ChannelDisplay, ...]:
    """Return the channels of a plate with one contrast for all of it."""
    stored: list[tuple[Channel, ...]] = []
    samples: list[list[NDArray[Any]]] = []
    images: list[Multiscales] = []
    dtype: np.dtype[Any] | None = None
    for image in _sampled_images(plate):
        planes: list[NDArray[Any]] = []
        images.append(image)
        try:
            # The names first: channels whose pixels cannot be read still have some.
            stored.append(image.channels)
            dtype = dtype or np.dtype(image.images[-1].data.dtype)
            planes = _lowest_planes(image.images[-1])
        except HCSError as error:
            _LOG.info("A field was left out of the contrast: %s", error)
        while len(samples) < len(planes):
            samples.append([])
        for index, plane in enumerate(planes):
            samples[index].append(plane)
    full = [
        _full_planes(images[:_FULL_IMAGES], index) if may_be_empty(planes) else []
        for index, planes in enumerate(samples)
    ]
    return plate_channels(stored, samples, dtype, full)


def _full_planes(images: Sequence[Multiscales], channel: int) -> list[NDArray[Any]]:
    """Return the middles of a channel's planes in full resolution."""
    planes = []
    for image in images:
        try:
            planes.append(_plane(image.images[0], channel, _WINDOW // 2))
        except (HCSError, IndexError) as error:
            _LOG.info("A field was left out of the noise: %s", error)
    return planes


def _sampled_images(plate: ServedPlate) -> Iterable[Multiscales]:
    """Yield one image of wells spread over the plate, each of another field."""
    wells = plate.plate.wells
    sampled = 0
    for turn, index in enumerate(_spread(len(wells), 2 * SAMPLED_WELLS)):
        if sampled == SAMPLED_WELLS:
            return
        row, _, column = wells[index].path.partition("/")
        try:
            well = plate.plate.get_well(row, column)
            if well is None or not well.fields:
                continue
            # Not always the first field: it may be the one at the well's rim.
            yield well.fields[turn % len(well.fields)].image()
            sampled += 1
        except HCSError as error:
            _LOG.info("A well was left out of the contrast: %s", error)


def _spread(count: int, most: int) -> Sequence[int]:
    """Return indices over a range, coarse first, so that a few stand for all."""
    if count <= most:
        return range(count)
    steps = sorted({round(part * (count - 1) / (most - 1)) for part in range(most)})
    return [*steps[::2], *steps[1::2]]


def _lowest_planes(level: NgffImage) -> list[NDArray[Any]]:
    """Return the middle plane of every channel of a level."""
    shape = dict(zip(level.dims, level.data.shape, strict=True))
    itemsize = np.dtype(level.data.dtype).itemsize
    large = shape["y"] * shape["x"] * itemsize > _PLANE_BYTES
    return [
        _plane(level, channel, _WINDOW if large else None)
        for channel in range(min(shape.get("c", 1), _MOST_CHANNELS))
    ]


def _plane(level: NgffImage, channel: int, side: int | None) -> NDArray[Any]:
    """Return a channel's middle plane, or a square of so many pixels in its middle."""
    shape = dict(zip(level.dims, level.data.shape, strict=True))
    place: dict[str, Any] = {"c": channel, "z": shape.get("z", 1) // 2, "t": 0}
    if side is not None:
        for axis in ("y", "x"):
            start = max(0, shape[axis] // 2 - side // 2)
            place[axis] = slice(start, start + side)
    index = tuple(place.get(axis, slice(None)) for axis in level.dims)
    return np.asarray(level.data[index])


def first_field(plate: ServedPlate, at_most: int = 24) -> tuple[str, str] | None:
    """Return label of well and name of field of some readable field of a plate."""
    listed = [well for well in plate.overview().wells if well.state == "present"]
    for well in itertools.islice(listed, at_most):
        for field in plate.well(well.label).fields:
            if field.error is None:
                return well.label, field.name
    return None
