"""Pictures and planes of fields, as bytes that can be sent.

Every answer is decided by its address alone. Decoded planes are kept in memory within
a number of bytes; encoded pictures in `dashboard.pictures.previews`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.errors import NotServedError
from dashboard.pictures import rendering
from dashboard.plates.values import CacheFill
from dashboard.web.urls import encode_channels, sprite_columns
from hcs.cache import LRUCache
from hcs.errors import HCSError, UnsafeDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dashboard.pictures.previews import Previews
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting, WellView
    from hcs.images.image import Multiscales, NgffImage

    Staged = Callable[[str], Sequence[NgffImage]]

PLANE_CACHE_BYTES = 256 << 20
PLANE_BYTES = 512 << 20
"""A single plane that is larger is not sent whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneRequest:
    """Which plane of an image."""

    level: int = 0
    channel: int = 0
    z: int | None = None
    """None is the middle one."""

    t: int | None = None
    """None is the first one."""


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

    def fill(self) -> tuple[CacheFill, ...]:
        """Return how full the caches are."""
        planes = CacheFill(
            name="decoded planes",
            entries=len(self._planes),
            nbytes=self._planes.nbytes,
            max_bytes=self._planes.max_bytes,
        )
        return (planes, *self._previews.fill())

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
            image = plate.image(well, field, version)
            return rendering.encode_jpeg(
                self._small(image, where, size, channels, asked)
            )

        return Picture(self._previews.get(address, make))

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
        address = _address("field", *where, asked.level, channels, asked)

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
        used = [one for one in channels if one.index < _count(level)]
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
        names = list(fields) or [one.name for one in view.fields]
        address = _address(
            "well", plate.plate.id, well, view.digest, names, size, channels, asked
        )

        def make() -> bytes:
            cells = [
                self._cell(plate, view, name, size, channels, asked) for name in names
            ]
            data = rendering.encode_jpeg(
                rendering.sprite(
                    [_or_error(cell, size) for cell in cells],
                    size,
                    sprite_columns(len(cells)),
                )
            )
            if any(cell is None for cell in cells):
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
    ) -> Picture:
        """Return the first field of every well of a plate, or of an acquisition."""
        plate = self._plates.get(key)
        channels = channels or default_channels(plate)
        overview = plate.overview()
        asked = PlaneRequest()
        address = _address(
            "plate", overview.id, overview.digest, acquisition, size, channels, asked
        )

        def make() -> bytes:
            failed = False
            cells: list[NDArray[np.uint8] | None] = []
            for well in overview.wells:
                if well.state not in ("present", "unreadable"):
                    cells.append(None)
                    continue
                view = plate.well(well.label)
                name = _first(view, acquisition)
                if name is None and view.error is None:
                    cells.append(None)
                    continue
                cell = (
                    None
                    if name is None
                    else self._cell(plate, view, name, size, channels, asked)
                )
                failed = failed or cell is None
                cells.append(_or_error(cell, size))
            data = rendering.encode_jpeg(
                rendering.sprite(cells, size, max(1, len(overview.columns)))
            )
            if failed:
                raise Incomplete(data)
            return data

        final = overview.surveyed and digest == overview.digest
        return self._answer(address, make, final=final)

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
            image = plate.image(view.label, name, field.version)
            return self._small(image, where, size, channels, asked)
        except HCSError:
            return None

    def _small(
        self,
        image: Multiscales,
        where: tuple[str, ...],
        size: int,
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> NDArray[np.uint8]:
        shapes = [_plane_shape(level) for level in image.images]
        level = rendering.level_for(shapes, size)
        smaller = PlaneRequest(level=level, z=asked.z, t=asked.t)
        planes, used = self._chosen(image, where, channels, smaller)
        small = [rendering.shrink(plane, size) for plane in planes]
        return rendering.fit(_drawn(small, used, image.images[level]), size)

    def _chosen(
        self,
        image: Multiscales,
        where: tuple[str, ...],
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> tuple[list[NDArray[Any]], list[ChannelSetting]]:
        """Return planes and settings of the channels that the image has."""
        count = _count(_level(image.images, asked))
        used = [one for one in channels if one.index < count]
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
    nbytes = sizes["y"] * sizes["x"] * np.dtype(level.data.dtype).itemsize
    if nbytes > PLANE_BYTES:
        raise UnsafeDataError(
            f"A plane of {sizes['x']} x {sizes['y']} pixels takes {nbytes} bytes; at "
            f"most {PLANE_BYTES} are sent. Ask for a coarser level."
        )
    index_of = tuple(place.get(axis, slice(None)) for axis in level.dims)
    plane = np.asarray(level.data[index_of])
    return plane.T if level.dims.index("y") > level.dims.index("x") else plane


def _level(images: Sequence[NgffImage], asked: PlaneRequest) -> NgffImage:
    if asked.level >= len(images):
        raise NotServedError(
            f"There is no level {asked.level}; the image has {len(images)}."
        )
    return images[asked.level]


def _of(asked: PlaneRequest, channel: int) -> PlaneRequest:
    return PlaneRequest(level=asked.level, channel=channel, z=asked.z, t=asked.t)


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


def _first(view: WellView, acquisition: int | None) -> str | None:
    for field in view.fields:
        if acquisition is None or (field.acquisition or 0) == acquisition:
            return field.name
    return None


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
