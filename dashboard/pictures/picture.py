"""Pictures and planes of single fields, as bytes that can be sent.

Every answer is decided by its address alone. Decoded planes are kept in memory within
a number of bytes; encoded pictures in `dashboard.pictures.previews`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.pictures import rendering, shrinking
from dashboard.pictures.bounds import check_channels, check_plane
from dashboard.pictures.encoded import EncodedPicture, picture_address
from dashboard.pictures.planes import (
    PlaneRequest,
    Raw,
    check_together,
    default_channels,
    existing,
    level_of,
    of_channel,
    of_mask,
    plane_shape,
    raw,
    read_plane,
    sizes_of,
)
from dashboard.pictures.thumbnails import drawn, previewed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dashboard.pictures.plane_cache import PlaneCache
    from dashboard.pictures.previews import Previews
    from dashboard.pictures.thumbnails import Thumbnails
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelSetting
    from hcs import Multiscales, NgffImage


class Pictures:
    """Makes what the HTTP handlers send.

    Thread safety: may be used from any thread; the caches have their own locks.
    """

    def __init__(
        self,
        plates: Plates,
        previews: Previews,
        planes: PlaneCache,
        thumbnails: Thumbnails,
    ) -> None:
        self._plates = plates
        self._previews = previews
        self._planes = planes
        self._thumbnails = thumbnails

    # --- planes -----------------------------------------------------------------------

    def plane(
        self, key: str, well: str, field: str, version: str, request: PlaneRequest
    ) -> Raw:
        """Return one plane of a field version."""
        plate = self._plates.get(key)
        self._check(plate, (well, field, version), request)
        image = plate.image(well, field, version)
        where = (plate.plate.id, well, field, version)
        return raw(self._planes.read(image, where, request))

    def label_plane(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        label: str,
        request: PlaneRequest,
    ) -> Raw:
        """Return one plane of an integer mask of a field version."""
        plate = self._plates.get(key)
        # A mask has channels and levels of its own.
        self._check(plate, (well, field, version), replace(request, level=0, channel=0))
        image = plate.image(well, field, version).label(label)
        request = of_mask(image, request)
        where = (
            plate.plate.id,
            well,
            field,
            version,
            "label",
            label,
            # It may be replaced while the version of the field stays.
            image.version or "",
        )
        return raw(self._planes.read(image, where, request))

    def staged_plane(self, images: Sequence[NgffImage], request: PlaneRequest) -> Raw:
        """Return one plane of what is on no plate, from its resolutions."""
        return raw(read_plane(level_of(images, request), request))

    # --- pictures ---------------------------------------------------------------------

    def thumbnail(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        size: int,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> EncodedPicture:
        """Return a small picture of a field version."""
        plate = self._plates.get(key)
        self._check(plate, (well, field, version), request, channels)
        channels = channels or default_channels(plate)
        where = (plate.plate.id, well, field, version)
        address = picture_address("thumb", *where, size, channels, request)

        def make() -> bytes:
            return rendering.encode_jpeg(
                self._thumbnails.draw(plate, where, size, channels, request)
            )

        # What comes of a preview is drawn faster than a file is written.
        keep = not previewed(size, request)
        return EncodedPicture(self._previews.get(address, make, keep=keep))

    def picture(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> EncodedPicture:
        """Return a whole level of a field version, drawn."""
        plate = self._plates.get(key)
        self._check(plate, (well, field, version), request, channels)
        channels = channels or default_channels(plate)
        where = (plate.plate.id, well, field, version)
        address = picture_address("field", *where, channels, request)

        def make() -> bytes:
            image = plate.image(well, field, version)
            planes, used = self._chosen(image, where, channels, request)
            return rendering.encode_jpeg(rendering.composite(planes, used), 90)

        # Pictures of whole fields are large and drawn once; memory is enough.
        return EncodedPicture(self._previews.get(address, make, keep=False))

    def staged_thumbnail(
        self,
        images: Sequence[NgffImage],
        size: int,
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> EncodedPicture:
        """Return a small picture of what is on no plate, from its resolutions."""
        shapes = [plane_shape(level) for level in images]
        fine = replace(request, level=rendering.level_for(shapes, size))
        level = level_of(images, fine)
        used = existing(level, channels)
        small = [
            shrinking.shrink(read_plane(level, of_channel(fine, setting.index)), size)
            for setting in used
        ]
        picture = rendering.fit(drawn(small, used, level), size)
        return EncodedPicture(rendering.encode_jpeg(picture), final=False)

    def staged_picture(
        self,
        images: Sequence[NgffImage],
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> EncodedPicture:
        """Return a level of what is on no plate, drawn."""
        level = level_of(images, request)
        used = existing(level, channels)
        if not used:
            check_channels(sizes_of(level).get("c", 1), channels)
        check_together(level, len(used), request.region)
        planes = [
            read_plane(level, of_channel(request, channel.index)) for channel in used
        ]
        return EncodedPicture(
            rendering.encode_jpeg(drawn(planes, used, level), 90), final=False
        )

    # --- inside -----------------------------------------------------------------------

    def _check(
        self,
        plate: ServedPlate,
        place: tuple[str, str, str],
        request: PlaneRequest,
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
            check_plane(view, request)

    def _chosen(
        self,
        image: Multiscales,
        where: tuple[str, ...],
        channels: Sequence[ChannelSetting],
        request: PlaneRequest,
    ) -> tuple[list[NDArray[Any]], list[ChannelSetting]]:
        """Return planes and settings of the channels that the image has."""
        level = level_of(image.images, request)
        used = existing(level, channels)
        check_together(level, len(used), request.region)
        planes = [
            self._planes.read(image, where, of_channel(request, channel.index))
            for channel in used
        ]
        return planes, used
