"""Small pictures of fields: from their previews, else from their coarse planes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.pictures import preview, rendering, shrinking
from dashboard.pictures.coarse import SIDES, Coarse
from dashboard.pictures.planes import existing, of_channel, plane_shape
from hcs.errors import CorruptDataError, HCSError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dashboard.pictures.plane_cache import PlaneCache
    from dashboard.pictures.planes import PlaneRequest
    from dashboard.pictures.previews import Previews
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting, FieldState, WellView
    from hcs import Multiscales, NgffImage

    Where = tuple[str, str, str, str]
    """Id of the plate, well, field and its version."""


class Thumbnails:
    """Draws fields that are looked at among others.

    A field without a preview is drawn from its coarse planes, which stay in memory:
    the background job makes the preview of them, so that nobody waits for that.
    """

    def __init__(self, previews: Previews, planes: PlaneCache) -> None:
        self._previews = previews
        self._planes = planes

    def draw(
        self,
        plate: ServedPlate,
        where: Where,
        size: int,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> NDArray[np.uint8]:
        """Return a field version as a picture whose longer side has `size` pixels.

        Raises
        ------
        HCSError
            If it cannot be read.
        """
        if previewed(size, request):
            coarse = self._coarse(plate, where)
            picture = drawn_from(coarse, size, channels)
            if picture is not None:
                return picture
        return self._reduced(plate.image(*where[1:]), where, size, channels, request)

    def cell(
        self,
        plate: ServedPlate,
        view: WellView,
        name: str,
        size: int,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> NDArray[np.uint8] | None:
        """Return a field's cell of a sprite, None where it cannot be read."""
        field = view.field(name)
        if field is None or field.error is not None:
            return None
        try:
            return self.draw(
                plate, where_of(plate, view, field), size, channels, request
            )
        except HCSError:
            return None

    def ready(self, plate: ServedPlate, view: WellView, field: FieldState) -> bool:
        """Whether drawing a field reads nothing of the plate."""
        return self._previews.has(preview.address_of(*where_of(plate, view, field)))

    def _coarse(self, plate: ServedPlate, where: Where) -> preview.Preview | Coarse:
        """Return the small planes of a field version, read where there are none."""
        address = preview.address_of(*where)
        data = self._previews.load(address)
        if data is not None:
            try:
                return preview.parse(data)
            except CorruptDataError:
                # The workspace's copy, not the plate's pixels.
                self._previews.discard(address)
        return self._planes.coarse(address, lambda: plate.image(*where[1:]))

    def _reduced(
        self,
        image: Multiscales,
        where: Where,
        size: int,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> NDArray[np.uint8]:
        shapes = [plane_shape(level) for level in image.images]
        level = rendering.level_for(shapes, size)
        smaller = dataclasses.replace(request, level=level)
        used = existing(image.images[level], channels)
        small = [
            shrinking.shrink(
                self._planes.read(image, where, of_channel(smaller, channel.index)),
                size,
            )
            for channel in used
        ]
        return rendering.fit(drawn(small, used, image.images[level]), size)


def drawn_from(
    coarse: preview.Preview | Coarse, size: int, channels: Sequence[ChannelSetting]
) -> NDArray[np.uint8] | None:
    """Return a field as a picture of small planes, None where they cannot be drawn."""
    if not coarse.holds([channel.index for channel in channels], size):
        return None
    used = [channel for channel in channels if channel.index < coarse.channels]
    if not used:
        return None
    small = [
        shrinking.shrink(coarse.plane(channel.index, size), size) for channel in used
    ]
    return rendering.fit(rendering.composite(small, used), size)


def previewed(size: int, request: PlaneRequest) -> bool:
    """Whether previews hold the plane that is asked for, at this size."""
    middle = request.z is None and request.t is None and not request.projection
    return middle and size < 2 * SIDES[-1]


def where_of(plate: ServedPlate, view: WellView, field: FieldState) -> Where:
    """Return what names a field version."""
    return plate.plate.id, view.label, field.name, field.version


def drawn(
    planes: Sequence[NDArray[Any]], used: Sequence[ChannelSetting], level: NgffImage
) -> NDArray[np.uint8]:
    """Return planes in their colours; black where no channel is on."""
    if planes:
        return rendering.composite(planes, used)
    return np.zeros((*plane_shape(level), 3), dtype=np.uint8)
