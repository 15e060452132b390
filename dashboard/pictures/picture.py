"""Pictures and planes of fields, as bytes that can be sent.

Every answer is decided by its address alone. Decoded planes are kept in memory within
a number of bytes; encoded pictures in `dashboard.pictures.previews`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from dashboard.addresses import encode_channels, sprite_columns
from dashboard.errors import NotServedError, OutOfRangeError
from dashboard.pictures import cancellation as leaving
from dashboard.pictures import first_fields, rendering
from dashboard.pictures.bounds import check_any, check_channels, check_plane
from dashboard.pictures.plane_cache import PLANE_CACHE_BYTES, PlaneCache
from dashboard.pictures.planes import (
    PlaneRequest,
    Raw,
    check_together,
    existing,
    level_of,
    of_channel,
    of_mask,
    raw,
    read_plane,
    sizes_of,
)
from dashboard.pictures.plate_sprite import PlateSprite, bitmap
from dashboard.pictures.thumbnails import Thumbnails, drawn, previewed
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dashboard.pictures.cache_fill import CacheFill
    from dashboard.pictures.previews import Previews
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting, PlateOverview, WellView
    from hcs import Multiscales, NgffImage

    Staged = Callable[[str], Sequence[NgffImage]]

_SPRITES_BYTES = 64 << 20
"""Sprites of plates that are still being drawn."""


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
        self._planes = PlaneCache(cache_bytes)
        self._thumbnails = Thumbnails(previews, self._planes)
        self._sprites: LRUCache[str, PlateSprite] = LRUCache(None, _SPRITES_BYTES)

    def fill(self) -> tuple[CacheFill, ...]:
        """Return how full the caches are."""
        return (self._planes.fill(), *self._previews.fill())

    @property
    def previews(self) -> Previews:
        """Where encoded pictures and previews are kept."""
        return self._previews

    @property
    def decoded(self) -> PlaneCache:
        """Where decoded planes are kept."""
        return self._planes

    # --- planes -----------------------------------------------------------------------

    def plane(
        self, key: str, well: str, field: str, version: str, asked: PlaneRequest
    ) -> Raw:
        """Return one plane of a field version."""
        plate = self._plates.get(key)
        self._check(plate, (well, field, version), asked)
        image = plate.image(well, field, version)
        where = (plate.plate.id, well, field, version)
        return raw(self._planes.read(image, where, asked))

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
        # A mask has channels and levels of its own.
        self._check(plate, (well, field, version), replace(asked, level=0, channel=0))
        image = plate.image(well, field, version).label(label)
        asked = of_mask(image, asked)
        where = (plate.plate.id, well, field, version, "label", label)
        return raw(self._planes.read(image, where, asked))

    def staged_plane(self, staged: str, asked: PlaneRequest) -> Raw:
        """Return one plane of a correction that is not committed."""
        return raw(read_plane(level_of(self._staged(staged), asked), asked))

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
        self._check(plate, (well, field, version), asked, channels)
        channels = channels or default_channels(plate)
        where = (plate.plate.id, well, field, version)
        address = _address("thumb", *where, size, channels, asked)

        def make() -> bytes:
            return rendering.encode_jpeg(
                self._thumbnails.draw(plate, where, size, channels, asked)
            )

        # What comes of a preview is drawn faster than a file is written.
        keep = not previewed(size, asked)
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
        self._check(plate, (well, field, version), asked, channels)
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
        level = level_of(self._staged(staged), asked)
        used = existing(level, channels)
        if not used:
            check_channels(sizes_of(level).get("c", 1), channels)
        check_together(level, len(used), asked.region)
        planes = [read_plane(level, of_channel(asked, one.index)) for one in used]
        return Picture(
            rendering.encode_jpeg(drawn(planes, used, level), 90), final=False
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
        check_channels(len(plate.channels), channels)
        channels = channels or default_channels(plate)
        view = plate.well(well)
        names = list(dict.fromkeys(fields)) or [one.name for one in view.fields]
        if len(names) > max(len(view.fields), 1):
            raise NotServedError(
                f"{len(names)} fields of {view.label} were asked for, which has "
                f"{len(view.fields)}; ask for fields that it has."
            )
        check_any([one for one in view.fields if one.name in names], asked)
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
                cell = self._thumbnails.cell(plate, view, name, size, channels, asked)
                failed |= cell is None
                rendering.place(canvas, index, _or_error(cell, size), size)
            data = rendering.encode_jpeg(canvas)
            if failed:
                raise Incomplete(data)
            return data

        return self._answer(address, make, final=digest == view.digest)

    def previewed(self, key: str, view: WellView) -> bool:
        """Whether all fields of a well have a preview, so that none must be waited for.

        Fields that cannot be read have none, and need none.
        """
        plate = self._plates.get(key)
        return all(
            self._thumbnails.ready(plate, view, field)
            for field in view.fields
            if field.error is None
        )

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
        check_channels(len(plate.channels), channels)
        channels = channels or default_channels(plate)
        overview = plate.overview()
        asked = asked or PlaneRequest()
        self._check_plate(plate, overview, acquisition, asked)
        looks = (overview.id, acquisition, size, channels, asked)
        address = _address("plate", overview.digest, *looks)
        final = overview.surveyed and digest == overview.digest
        found = self._previews.peek(address)
        if found is not None:
            return Picture(found, final)
        sprite = self._sprites.setdefault(
            _address(*looks, len(overview.wells)),
            PlateSprite(len(overview.rows), len(overview.columns), size),
        )

        def cell(view: WellView, name: str) -> NDArray[np.uint8] | None:
            return self._thumbnails.cell(plate, view, name, size, channels, asked)

        ready = functools.partial(self._thumbnails.ready, plate)
        wanted = [
            first_fields.wanted(plate, well, acquisition, cell, ready)
            for well in overview.wells
        ]
        canvas, waiting, failed = sprite.fill(wanted, seconds)
        data = rendering.encode_jpeg(canvas)
        if waiting:
            return Picture(data, False, bitmap(waiting, len(wanted)))
        if failed:
            return Picture(data, final=False)
        return Picture(self._previews.get(address, lambda: data), final)

    # --- inside -----------------------------------------------------------------------

    def _check(
        self,
        plate: ServedPlate,
        place: tuple[str, str, str],
        asked: PlaneRequest,
        channels: Sequence[ChannelSetting] = (),
    ) -> None:
        """Check numbers against the live version of a field; others say it when read.

        Raises
        ------
        OutOfRangeError
            If one is impossible.
        """
        well, name, version = place
        check_channels(len(plate.channels), channels)
        view = plate.field(well, name)
        if view.version == version:
            check_plane(view, asked)

    def _check_plate(
        self,
        plate: ServedPlate,
        overview: PlateOverview,
        acquisition: int | None,
        asked: PlaneRequest,
    ) -> None:
        """Check that any field has a plane; mostly the first one that is looked at."""
        if acquisition is None and asked == PlaneRequest(projection=asked.projection):
            return  # every field has that, so that none must be read for it
        fields = (
            field
            for well in overview.wells
            if well.state == "present"
            for field in plate.well(well.label).fields
            if acquisition is None or (field.acquisition or 0) == acquisition
        )
        first = next(fields, None)
        if first is not None:
            check_any(chain([first], fields), asked)
        elif acquisition is not None and overview.surveyed:
            raise OutOfRangeError(f"There is no field of acquisition {acquisition}.")

    def _answer(
        self, address: str, make: Callable[[], bytes], *, final: bool
    ) -> Picture:
        try:
            return Picture(self._previews.get(address, make), final)
        except Incomplete as partial:
            return Picture(partial.data, final=False)

    def _chosen(
        self,
        image: Multiscales,
        where: tuple[str, ...],
        channels: Sequence[ChannelSetting],
        asked: PlaneRequest,
    ) -> tuple[list[NDArray[Any]], list[ChannelSetting]]:
        """Return planes and settings of the channels that the image has."""
        level = level_of(image.images, asked)
        used = existing(level, channels)
        check_together(level, len(used), asked.region)
        planes = [
            self._planes.read(image, where, of_channel(asked, one.index))
            for one in used
        ]
        return planes, used


def default_channels(plate: ServedPlate) -> tuple[ChannelSetting, ...]:
    """Return how the plate is shown where an address does not say it."""
    channels = plate.channels
    return tuple(one.setting() for one in channels if one.active) or tuple(
        one.setting() for one in channels
    )


def _or_error(cell: NDArray[np.uint8] | None, size: int) -> NDArray[np.uint8]:
    return rendering.error_cell(size) if cell is None else cell


def _address(*parts: Any) -> str:
    return "\n".join(
        encode_channels(part)
        if isinstance(part, tuple) and part and hasattr(part[0], "color")
        else repr(part)
        for part in parts
    )
