"""Many fields in one picture: those of a well, or the first of each well of a plate."""

from __future__ import annotations

import functools
from itertools import chain
from typing import TYPE_CHECKING

from dashboard.errors import NotServedError, OutOfRangeError
from dashboard.pictures import cancellation, first_fields, rendering, well_sprites
from dashboard.pictures.bounds import check_any, check_channels
from dashboard.pictures.encoded import EncodedPicture, picture_address
from dashboard.pictures.planes import PlaneRequest, default_channels
from dashboard.pictures.plate_sprite import PlateSprite, bitmap
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dashboard.pictures.previews import Previews
    from dashboard.pictures.thumbnails import Thumbnails
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting, PlateOverview, WellView

_SPRITES_BYTES = 64 << 20
"""Sprites of plates that are still being drawn."""


class Incomplete(Exception):
    """Carries a picture that must not be kept, past the caches."""

    def __init__(self, data: bytes) -> None:
        super().__init__("picture with errors")
        self.data = data


class Sprites:
    """Makes what gallery and plate canvas show of many fields at once.

    Thread safety: may be used from any thread; the caches have their own locks.
    """

    def __init__(
        self, plates: Plates, previews: Previews, thumbnails: Thumbnails
    ) -> None:
        self._plates = plates
        self._previews = previews
        self._thumbnails = thumbnails
        self._sprites: LRUCache[str, PlateSprite] = LRUCache(None, _SPRITES_BYTES)

    def of_well(
        self,
        key: str,
        well: str,
        digest: str,
        size: int,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
        fields: Sequence[str] = (),
    ) -> EncodedPicture:
        """Return all fields of a well, or the chosen ones in their order."""
        plate = self._plates.get(key)
        check_channels(len(plate.channels), channels)
        channels = channels or default_channels(plate)
        view = plate.well(well)
        names = list(dict.fromkeys(fields)) or [field.name for field in view.fields]
        if len(names) > max(len(view.fields), 1):
            raise NotServedError(
                f"{len(names)} fields of {view.label} were asked for, which has "
                f"{len(view.fields)}; ask for fields that it has."
            )
        check_any([field for field in view.fields if field.name in names], request)
        address = well_sprites.address_of(
            plate.plate.id, view, names, size, channels, request
        )

        def cells() -> Iterator[NDArray[np.uint8] | None]:
            for name in names:
                cancellation.check()
                yield self._thumbnails.cell(plate, view, name, size, channels, request)

        def make() -> bytes:
            data, complete = well_sprites.assembled(cells(), len(names), size)
            if not complete:
                raise Incomplete(data)
            return data

        final = digest == view.digest
        try:
            return EncodedPicture(self._previews.get(address, make), final)
        except Incomplete as partial:
            return EncodedPicture(partial.data, final=False)

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

    def of_plate(
        self,
        key: str,
        digest: str,
        size: int,
        channels: Sequence[ChannelSetting],
        acquisition: int | None = None,
        request: PlaneRequest | None = None,
        seconds: float | None = None,
    ) -> EncodedPicture:
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
        request = request or PlaneRequest()
        self._check_plate(plate, overview, acquisition, request)
        looks = (overview.id, acquisition, size, channels, request)
        address = picture_address("plate", overview.digest, *looks)
        final = overview.surveyed and digest == overview.digest
        data = self._previews.peek(address)
        if data is not None:
            return EncodedPicture(data, final)
        sprite = self._sprites.setdefault(
            picture_address(*looks, len(overview.wells)),
            PlateSprite(len(overview.rows), len(overview.columns), size),
        )

        def cell(view: WellView, name: str) -> NDArray[np.uint8] | None:
            return self._thumbnails.cell(plate, view, name, size, channels, request)

        ready = functools.partial(self._thumbnails.ready, plate)
        cells = [
            first_fields.first_field_cell(plate, well, acquisition, cell, ready)
            for well in overview.wells
        ]
        canvas, waiting, failed = sprite.fill(cells, seconds)
        data = rendering.encode_jpeg(canvas)
        if waiting:
            return EncodedPicture(data, False, bitmap(waiting, len(cells)))
        if failed:
            return EncodedPicture(data, final=False)
        return EncodedPicture(self._previews.get(address, lambda: data), final)

    # --- inside -----------------------------------------------------------------------

    def _check_plate(
        self,
        plate: ServedPlate,
        overview: PlateOverview,
        acquisition: int | None,
        request: PlaneRequest,
    ) -> None:
        """Check that any field has a plane; mostly the first one that is looked at."""
        if acquisition is None and request == PlaneRequest(
            projection=request.projection
        ):
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
            check_any(chain([first], fields), request)
        elif acquisition is not None and overview.surveyed:
            raise OutOfRangeError(f"There is no field of acquisition {acquisition}.")
