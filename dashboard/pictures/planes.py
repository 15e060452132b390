"""Planes of images: which one is asked for, and how it is read."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.errors import OutOfRangeError
from dashboard.pictures import rendering
from dashboard.pictures.bounds import out_of_range
from dashboard.pictures.projection import Projection, project
from hcs.errors import UnsafeDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting
    from hcs import Multiscales, NgffImage

PLANE_BYTES = 512 << 20
"""A single plane that is larger is not sent whole."""

PICTURE_BYTES = 1 << 30
"""Planes that are held at once for one picture or one file."""

Region = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneRequest:
    """Which plane of an image."""

    level: int = 0
    channel: int = 0
    z: int | None = None
    """None is the middle one."""

    t: int | None = None
    """None is the first one."""

    region: Region | None = None
    """None is the whole plane; what lies outside of it is left out."""

    projection: Projection = ""
    """``"max"`` or ``"mean"`` over all z instead of one plane."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A plane as it is sent."""

    data: bytes
    shape: tuple[int, ...]
    dtype: str


def read_plane(level: NgffImage, request: PlaneRequest) -> NDArray[Any]:
    """Return one plane ``(y, x)`` of a level.

    Raises
    ------
    OutOfRangeError
        If there is no such channel, z or t.
    UnsafeDataError
        If it is too large to be sent.
    """
    sizes = sizes_of(level)
    place = {
        "c": request.channel,
        "z": sizes.get("z", 1) // 2 if request.z is None else request.z,
        "t": 0 if request.t is None else request.t,
    }
    for axis, index in place.items():
        if index >= sizes.get(axis, 1):
            raise out_of_range(axis, index, sizes.get(axis, 1))
    rows, columns = sizes["y"], sizes["x"]
    if request.region is not None:
        left, top, width, height = request.region
        place_y = slice(min(top, rows), min(top + height, rows))
        place_x = slice(min(left, columns), min(left + width, columns))
        rows, columns = place_y.stop - place_y.start, place_x.stop - place_x.start
        if not rows or not columns:
            raise OutOfRangeError(
                f"The region at {left}, {top} lies outside of the plane, which has "
                f"{sizes['x']} x {sizes['y']} pixels."
            )
    nbytes = rows * columns * np.dtype(level.data.dtype).itemsize
    if nbytes > PLANE_BYTES:
        raise UnsafeDataError(
            f"A plane of {columns} x {rows} pixels takes {nbytes} bytes; at "
            f"most {PLANE_BYTES} are sent. Ask for a coarser level."
        )
    selection: dict[str, int | slice] = {**place}
    if request.region is not None:
        selection |= {"y": place_y, "x": place_x}

    def read(**more: slice) -> NDArray[Any]:
        where = {**selection, **more}
        index_of = tuple(where.get(axis, slice(None)) for axis in level.dims)
        return np.asarray(level.data[index_of])

    left_axes = [axis for axis in level.dims if axis in "zyx"]
    if request.projection and sizes.get("z", 1) > 1:
        stack = lambda z: np.moveaxis(read(z=z), left_axes.index("z"), 0)  # noqa: E731
        plane = project(stack, sizes["z"], nbytes, request.projection)
    else:
        plane = read()
    return plane.T if level.dims.index("y") > level.dims.index("x") else plane


def existing(
    level: NgffImage, channels: Iterable[ChannelSetting]
) -> list[ChannelSetting]:
    """Return the channels that a level has, each once."""
    count = sizes_of(level).get("c", 1)
    present: dict[int, ChannelSetting] = {}
    for channel in channels:
        if channel.index < count:
            present.setdefault(channel.index, channel)
    return list(present.values())


def default_channels(plate: ServedPlate) -> tuple[ChannelSetting, ...]:
    """Return how the plate is shown where an address does not say it."""
    channels = plate.channels
    return tuple(channel.setting() for channel in channels if channel.active) or tuple(
        channel.setting() for channel in channels
    )


def check_together(level: NgffImage, count: int, region: Region | None = None) -> None:
    """Refuse to hold so many planes of a level at once.

    Raises
    ------
    UnsafeDataError
        If they are too large together.
    """
    rows, columns = plane_shape(level)
    if region is not None:
        columns, rows = min(columns, region[2]), min(rows, region[3])
    nbytes = rows * columns * np.dtype(level.data.dtype).itemsize * count
    if nbytes > PICTURE_BYTES:
        raise UnsafeDataError(
            f"{count} planes of {columns} x {rows} pixels take {nbytes} bytes; at most "
            f"{PICTURE_BYTES} are read at once. Switch channels off, or ask for a "
            f"coarser level."
        )


def level_of(images: Sequence[NgffImage], request: PlaneRequest) -> NgffImage:
    """Return the level that is asked for.

    Raises
    ------
    OutOfRangeError
        If there is none.
    """
    if request.level >= len(images):
        raise out_of_range("level", request.level, len(images))
    return images[request.level]


def of_mask(image: Multiscales, request: PlaneRequest) -> PlaneRequest:
    """Return the plane of a mask that belongs to a plane of the image below it.

    Masks often lack z or t, and then hold for all of them. The mean of numbers of
    objects means nothing.
    """
    sizes = sizes_of(image.images[0])
    return dataclasses.replace(
        request,
        channel=0,
        z=request.z if sizes.get("z", 1) > 1 else None,
        t=request.t if sizes.get("t", 1) > 1 else None,
        projection="max" if request.projection else "",
    )


def of_channel(request: PlaneRequest, channel: int) -> PlaneRequest:
    """Return the same plane of another channel."""
    return dataclasses.replace(request, channel=channel)


def sizes_of(level: NgffImage) -> dict[str, int]:
    """Return the size of a level along each of its axes."""
    return dict(zip(level.dims, map(int, level.data.shape), strict=True))


def plane_shape(level: NgffImage) -> tuple[int, int]:
    """Return rows and columns of a level."""
    sizes = sizes_of(level)
    return sizes["y"], sizes["x"]


def raw(plane: NDArray[Any]) -> Raw:
    """Return a plane as it is sent."""
    data, dtype = rendering.little_endian(plane)
    return Raw(data, plane.shape, dtype)
