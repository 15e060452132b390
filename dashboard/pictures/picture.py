"""Pictures and planes of fields, as bytes that can be sent.

Every answer is decided by its address alone. Decoded planes are kept in memory within
a number of bytes; encoded pictures in `dashboard.pictures.previews`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.errors import NotServedError
from dashboard.pictures import leaving, preview, rendering
from dashboard.pictures.plate_sprite import PlateSprite, Wanted, bitmap
from dashboard.pictures.projection import Projection, project
from dashboard.plates.values import CacheFill
from dashboard.web.urls import encode_channels, sprite_columns
from hcs.cache import LRUCache
from hcs.errors import CorruptDataError, HCSError, UnsafeDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from dashboard.pictures.previews import Previews
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import (
        ChannelSetting,
        FieldView,
        WellState,
        WellView,
    )
    from hcs.images.image import Multiscales, NgffImage

    Staged = Callable[[str], Sequence[NgffImage]]
    Where = tuple[str, str, str, str]

PLANE_CACHE_BYTES = 256 << 20
PLANE_BYTES = 512 << 20
"""A single plane that is larger is not sent whole."""

PICTURE_BYTES = 1 << 30
"""Planes that are held at once for one picture or one file."""

_SPRITES_BYTES = 64 << 20
"""Sprites of plates that are still being drawn."""

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


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture."""

    data: bytes
    final: bool = True
    """False where another answer may follow at the same address: it shows an error,
    or the plate has moved on."""

    waiting: str = ""
    """Cells of a sprite that are not drawn yet, as `plate_sprite.bitmap`."""


class Incomplete(Exception):
    """Carries a picture that must not be kept, past the caches."""

    def __init__(self, data: bytes) -> None:
        super().__init__("picture with errors")
        self.data = data


class Pictures:
    """Makes what the HTTP handlers send.

    Thread safety: may be used from any thread; the caches have their own locks.
    """

    def __init__(
        self,
        plates: Plates,
        previews: Previews,
        staged: Staged,
        cache_bytes: int = PLANE_CACHE_BYTES,
    ) -> None:
        self._plates = plates
        self._previews = previews
        self._staged = staged
        self._planes: LRUCache[tuple[object, ...], NDArray[Any]] = LRUCache(
            None, cache_bytes
        )
        self._sprites: LRUCache[str, PlateSprite] = LRUCache(None, _SPRITES_BYTES)

    def fill(self) -> tuple[CacheFill, ...]:
        """Return how full the caches are."""
        planes = CacheFill(
            name="decoded planes",
            entries=len(self._planes),
            nbytes=self._planes.nbytes,
            max_bytes=self._planes.max_bytes,
        )
        return (planes, *self._previews.fill())

    @property
    def previews(self) -> Previews:
        """Where encoded pictures and previews are kept."""
        return self._previews

    # --- planes -----------------------------------------------------------------------

    def plane(
        self, key: str, well: str, field: str, version: str, asked: PlaneRequest
    ) -> Raw:
        """Return one plane of a field version."""
        plate = self._plates.get(key)
        image = plate.image(well, field, version)
        where = (plate.plate.id, well, field, version)
        return _raw(self._read(image, where, asked))

    def label_plane(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        label: str,
        asked: PlaneRequest,
    ) -> Raw:
        """Return one plane of an integer mask of a field version."""
        plate = self._plates.get(key)
        image = plate.image(well, field, version).label(label)
        asked = _of_mask(image, asked)
        where = (plate.plate.id, well, field, version, "label", label)
        return _raw(self._read(image, where, asked))

    def staged_plane(self, staged: str, asked: PlaneRequest) -> Raw:
        """Return one plane of a correction that is not committed."""
        return _raw(read_plane(_level(self._staged(staged), asked), asked))

    # --- pictures ---------------------------------------------------------------------

    def thumbnail(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> Picture:
        """Return a small picture of a field version."""
        plate = self._plates.get(key)
        channels = channels or default_channels(plate)
        where = (plate.plate.id, well, field, version)
        address = _address("thumb", *where, size, channels, asked)

        def make() -> bytes:
            return rendering.encode_jpeg(
                self._small(plate, where, size, channels, asked)
            )

        # What comes of a preview is drawn faster than a file is written.
        keep = size > preview.SIDES[-1] or not _plain(asked)
        return Picture(self._previews.get(address, make, keep=keep))

    def picture(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> Picture:
        """Return a whole level of a field version, drawn."""
        plate = self._plates.get(key)
        channels = channels or default_channels(plate)
        where = (plate.plate.id, well, field, version)
        address = _address("field", *where, channels, asked)

        def make() -> bytes:
            image = plate.image(well, field, version)
            planes, used = self._chosen(image, where, channels, asked)
            return rendering.encode_jpeg(rendering.composite(planes, used), 90)

        # Pictures of whole fields are large and drawn once; memory is enough.
        return Picture(self._previews.get(address, make, keep=False))

    def staged_picture(
        self, staged: str, channels: Sequence[ChannelSetting], asked: PlaneRequest
    ) -> Picture:
        """Return a level of a correction that is not committed, drawn."""
        level = _level(self._staged(staged), asked)
        used = existing(level, channels)
        check_together(level, len(used), asked.region)
        planes = [read_plane(level, _of(asked, one.index)) for one in used]
        return Picture(
            rendering.encode_jpeg(_drawn(planes, used, level), 90), final=False
        )

    def well_sprite(
        self,
        key: str,
        well: str,
        digest: str,
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
        fields: Sequence[str] = (),
    ) -> Picture:
        """Return all fields of a well, or the chosen ones in their order."""
        plate = self._plates.get(key)
        channels = channels or default_channels(plate)
        view = plate.well(well)
        names = list(dict.fromkeys(fields)) or [one.name for one in view.fields]
        if len(names) > max(len(view.fields), 1):
            raise NotServedError(
                f"{len(names)} fields of {view.label} were asked for, which has "
                f"{len(view.fields)}; ask for fields that it has."
            )
        address = _address(
            "well", plate.plate.id, well, view.digest, names, size, channels, asked
        )

        def make() -> bytes:
            # One cell at a time: together they take as much again as the canvas.
            canvas = rendering.empty_sprite(
                len(names), size, sprite_columns(len(names))
            )
            failed = False
            for index, name in enumerate(names):
                leaving.check()
                cell = self._cell(plate, view, name, size, channels, asked)
                failed |= cell is None
                rendering.place(canvas, index, _or_error(cell, size), size)
            data = rendering.encode_jpeg(canvas)
            if failed:
                raise Incomplete(data)
            return data

        return self._answer(address, make, final=digest == view.digest)

    def plate_sprite(
        self,
        key: str,
        digest: str,
        size: int,
        channels: Sequence[ChannelSetting],
        acquisition: int | None = None,
        asked: PlaneRequest | None = None,
        seconds: float | None = None,
    ) -> Picture:
        """Return the first field of every well of a plate, or of an acquisition.

        Parameters
        ----------
        seconds
            Draw for so long and say which wells are waiting; None draws all.
        """
        plate = self._plates.get(key)
        channels = channels or default_channels(plate)
        overview = plate.overview()
        asked = asked or PlaneRequest()
        drawn = (overview.id, acquisition, size, channels, asked)
        address = _address("plate", overview.digest, *drawn)
        final = overview.surveyed and digest == overview.digest
        found = self._previews.peek(address)
        if found is not None:
            return Picture(found, final)
        sprite = self._sprites.setdefault(
            _address(*drawn, len(overview.wells)),
            PlateSprite(len(overview.rows), len(overview.columns), size),
        )
        wanted = [
            self._wanted(plate, well, acquisition, size, channels, asked)
            for well in overview.wells
        ]
        canvas, waiting, failed = sprite.fill(wanted, seconds)
        data = rendering.encode_jpeg(canvas)
        if waiting:
            return Picture(data, False, bitmap(waiting, len(wanted)))
        if failed:
            return Picture(data, final=False)
        return Picture(self._previews.get(address, lambda: data), final)

    def _wanted(
        self,
        plate: ServedPlate,
        well: WellState,
        acquisition: int | None,
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> Wanted:
        """Return what a well shows on the sprite, without reading more than names."""
        if well.state not in ("present", "unreadable"):
            return _NOTHING

        if well.state == "unreadable":
            return _UNREADABLE
        known = plate.known_view(well.label)
        field = None if known is None else _first(known, acquisition)

        def ready() -> bool:
            if known is None:
                return False
            if field is None or field.error is not None:
                return True
            where = (plate.plate.id, well.label, field.name, field.version)
            return self._previews.has(preview.address_of(*where))

        def draw() -> tuple[str, NDArray[np.uint8] | None]:
            view = plate.well(well.label)
            field = _first(view, acquisition)
            if field is None:
                # A well without a field of this acquisition is empty, not broken.
                return _mark(field), None if view.error else _EMPTY
            cell = self._cell(plate, view, field.name, size, channels, asked)
            return _mark(field), cell

        mark = "?" if known is None else _mark(field)
        return Wanted(mark, ready, draw)

    # --- inside -----------------------------------------------------------------------

    def _answer(
        self, address: str, make: Callable[[], bytes], *, final: bool
    ) -> Picture:
        try:
            return Picture(self._previews.get(address, make), final)
        except Incomplete as partial:
            return Picture(partial.data, final=False)

    def _cell(
        self,
        plate: ServedPlate,
        view: WellView,
        name: str,
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> NDArray[np.uint8] | None:
        """Return a field's cell of a sprite, None where it cannot be read."""
        field = view.field(name)
        if field is None or field.error is not None:
            return None
        where = (plate.plate.id, view.label, name, field.version)
        try:
            return self._small(plate, where, size, channels, asked)
        except HCSError:
            return None

    def _small(
        self,
        plate: ServedPlate,
        where: Where,
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> NDArray[np.uint8]:
        """Return a field version as a small picture, from its preview if that does."""
        if _plain(asked) and size <= preview.SIDES[-1]:
            found = self._preview(plate, where)
            if found.holds([one.index for one in channels], size):
                used = [one for one in channels if one.index < found.channels]
                small = [
                    rendering.shrink(found.plane(one.index, size), size) for one in used
                ]
                if small:
                    return rendering.fit(rendering.composite(small, used), size)
        return self._reduced(plate.image(*where[1:]), where, size, channels, asked)

    def _preview(self, plate: ServedPlate, where: Where) -> preview.Preview:
        """Return the preview of a field version, made where there is none."""
        address = preview.address_of(*where)

        def get() -> preview.Preview:
            make = lambda: preview.make(plate.image(*where[1:]))  # noqa: E731
            return preview.parse(self._previews.get(address, make, memory=False))

        try:
            return get()
        except CorruptDataError:
            # The workspace's copy, not the plate's pixels, or else it fails again.
            self._previews.discard(address)
            return get()

    def _reduced(
        self,
        image: Multiscales,
        where: Where,
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> NDArray[np.uint8]:
        shapes = [_plane_shape(level) for level in image.images]
        level = rendering.level_for(shapes, size)
        smaller = dataclasses.replace(asked, level=level)
        used = existing(image.images[level], channels)
        small = [
            rendering.shrink(self._read(image, where, _of(smaller, one.index)), size)
            for one in used
        ]
        return rendering.fit(_drawn(small, used, image.images[level]), size)

    def _chosen(
        self,
        image: Multiscales,
        where: tuple[str, ...],
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> tuple[list[NDArray[Any]], list[ChannelSetting]]:
        """Return planes and settings of the channels that the image has."""
        level = _level(image.images, asked)
        used = existing(level, channels)
        check_together(level, len(used), asked.region)
        planes = [self._read(image, where, _of(asked, one.index)) for one in used]
        return planes, used

    def _read(
        self, image: Multiscales, where: tuple[str, ...], asked: PlaneRequest
    ) -> NDArray[Any]:
        key = (*where, asked)
        plane = self._planes.get(key)
        if plane is None:
            plane = read_plane(_level(image.images, asked), asked)
            self._planes.set(key, plane)
        return plane


def default_channels(plate: ServedPlate) -> tuple[ChannelSetting, ...]:
    """Return how the plate is shown where an address does not say it."""
    channels = plate.channels
    return tuple(one.setting() for one in channels if one.active) or tuple(
        one.setting() for one in channels
    )


def read_plane(level: NgffImage, asked: PlaneRequest) -> NDArray[Any]:
    """Return one plane ``(y, x)`` of a level.

    Raises
    ------
    NotServedError
        If there is no such channel, z or t.
    UnsafeDataError
        If it is too large to be sent.
    """
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    place = {
        "c": asked.channel,
        "z": sizes.get("z", 1) // 2 if asked.z is None else asked.z,
        "t": 0 if asked.t is None else asked.t,
    }
    for axis, index in place.items():
        if index >= sizes.get(axis, 1):
            raise NotServedError(
                f"There is no {axis} {index}; the image has {sizes.get(axis, 1)}."
            )
    rows, columns = sizes["y"], sizes["x"]
    if asked.region is not None:
        left, top, width, height = asked.region
        place_y = slice(min(top, rows), min(top + height, rows))
        place_x = slice(min(left, columns), min(left + width, columns))
        rows, columns = place_y.stop - place_y.start, place_x.stop - place_x.start
        if not rows or not columns:
            raise NotServedError(
                f"The region at {left}, {top} lies outside of the plane, which has "
                f"{sizes['x']} x {sizes['y']} pixels."
            )
    nbytes = rows * columns * np.dtype(level.data.dtype).itemsize
    if nbytes > PLANE_BYTES:
        raise UnsafeDataError(
            f"A plane of {columns} x {rows} pixels takes {nbytes} bytes; at "
            f"most {PLANE_BYTES} are sent. Ask for a coarser level."
        )
    wanted: dict[str, int | slice] = {**place}
    if asked.region is not None:
        wanted |= {"y": place_y, "x": place_x}

    def read(**more: slice) -> NDArray[Any]:
        where = {**wanted, **more}
        index_of = tuple(where.get(axis, slice(None)) for axis in level.dims)
        return np.asarray(level.data[index_of])

    left_axes = [axis for axis in level.dims if axis in "zyx"]
    if asked.projection and sizes.get("z", 1) > 1:
        stack = lambda z: np.moveaxis(read(z=z), left_axes.index("z"), 0)  # noqa: E731
        plane = project(stack, sizes["z"], nbytes, asked.projection)
    else:
        plane = read()
    return plane.T if level.dims.index("y") > level.dims.index("x") else plane


def existing(
    level: NgffImage, channels: Iterable[ChannelSetting]
) -> list[ChannelSetting]:
    """Return the channels that a level has, each once."""
    count = _count(level)
    found: dict[int, ChannelSetting] = {}
    for one in channels:
        if one.index < count:
            found.setdefault(one.index, one)
    return list(found.values())


def check_together(level: NgffImage, count: int, region: Region | None = None) -> None:
    """Refuse to hold so many planes of a level at once.

    Raises
    ------
    UnsafeDataError
        If they are too large together.
    """
    rows, columns = _plane_shape(level)
    if region is not None:
        columns, rows = min(columns, region[2]), min(rows, region[3])
    nbytes = rows * columns * np.dtype(level.data.dtype).itemsize * count
    if nbytes > PICTURE_BYTES:
        raise UnsafeDataError(
            f"{count} planes of {columns} x {rows} pixels take {nbytes} bytes; at most "
            f"{PICTURE_BYTES} are read at once. Switch channels off, or ask for a "
            f"coarser level."
        )


def _level(images: Sequence[NgffImage], asked: PlaneRequest) -> NgffImage:
    if asked.level >= len(images):
        raise NotServedError(
            f"There is no level {asked.level}; the image has {len(images)}."
        )
    return images[asked.level]


def _of_mask(image: Multiscales, asked: PlaneRequest) -> PlaneRequest:
    """Return the plane of a mask that belongs to a plane of the image below it.

    Masks often lack z or t, and then hold for all of them. The mean of numbers of
    objects means nothing.
    """
    sizes = dict(zip(image.images[0].dims, image.images[0].data.shape, strict=True))
    return dataclasses.replace(
        asked,
        channel=0,
        z=asked.z if sizes.get("z", 1) > 1 else None,
        t=asked.t if sizes.get("t", 1) > 1 else None,
        projection="max" if asked.projection else "",
    )


def _of(asked: PlaneRequest, channel: int) -> PlaneRequest:
    return dataclasses.replace(asked, channel=channel)


def _count(level: NgffImage) -> int:
    return int(level.data.shape[level.dims.index("c")]) if "c" in level.dims else 1


def _plane_shape(level: NgffImage) -> tuple[int, int]:
    sizes = dict(zip(level.dims, level.data.shape, strict=True))
    return int(sizes["y"]), int(sizes["x"])


def _drawn(
    planes: Sequence[NDArray[Any]], used: Sequence[ChannelSetting], level: NgffImage
) -> NDArray[np.uint8]:
    if planes:
        return rendering.composite(planes, used)
    return np.zeros((*_plane_shape(level), 3), dtype=np.uint8)


def _or_error(cell: NDArray[np.uint8] | None, size: int) -> NDArray[np.uint8]:
    return rendering.error_cell(size) if cell is None else cell


def _first(view: WellView, acquisition: int | None) -> FieldView | None:
    for field in view.fields:
        if acquisition is None or (field.acquisition or 0) == acquisition:
            return field
    return None


def _plain(asked: PlaneRequest) -> bool:
    """Whether the plane is the one that previews hold."""
    return asked.z is None and asked.t is None and not asked.projection


def _mark(field: FieldView | None) -> str:
    return "-" if field is None else f"{field.name}\t{field.version}"


_EMPTY = np.zeros((1, 1, 3), dtype=np.uint8)
_NOTHING = Wanted("", lambda: True, lambda: ("", None))
_UNREADABLE = Wanted("!", lambda: True, lambda: ("!", None))


def _raw(plane: NDArray[Any]) -> Raw:
    data, dtype = rendering.little_endian(plane)
    return Raw(data, plane.shape, dtype)


def _address(*parts: Any) -> str:
    return "\n".join(
        encode_channels(part)
        if isinstance(part, tuple) and part and hasattr(part[0], "color")
        else repr(part)
        for part in parts
    )
