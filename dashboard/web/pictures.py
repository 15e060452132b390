"""Pictures and planes out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from tornado.web import HTTPError

from dashboard.access import Act
from dashboard.pictures.planes import PlaneRequest, Raw
from dashboard.pictures.projection import PROJECTIONS, Projection
from dashboard.pictures.rendering import encode_jpeg, error_cell
from dashboard.text import plain_text
from dashboard.web.handler import FOREVER, Handler

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.pictures.encoded import EncodedPicture
    from hcs import NgffImage

_MAX_THUMB = 2048
_MAX_SPRITE_CELL = 512
_SOON = 0.3
"""Seconds that a picture of the plate takes which may be unfinished."""


class PictureHandler(Handler):
    """Answers with a JPEG; an error is a picture too, with its words in a header."""

    async def picture(
        self, make: Callable[[], EncodedPicture], *, size: int = 135
    ) -> None:
        """Send what `make` returns, made in a thread."""
        try:
            picture = await self.in_thread(make)
        except asyncio.CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            status, message = self.explain(error)
            self.set_status(status)
            self.set_header("Cache-Control", "no-store")
            self.set_header("X-Error", quote(plain_text(message, 500)))
            data = encode_jpeg(error_cell(min(size, 512)))
        else:
            data = picture.data
            if picture.waiting:
                self.set_header("X-Waiting", picture.waiting)
            self.set_header("Cache-Control", FOREVER if picture.final else "no-store")
        self.set_header("Content-Type", "image/jpeg")
        await self.finish(data)

    async def raw(self, make: Callable[[], Raw], *, final: bool = True) -> None:
        """Send a plane's bytes with its shape and dtype.

        Parameters
        ----------
        final
            Whether the address will always stand for these pixels.
        """
        plane = await self.made(make)
        if plane is None:
            return
        self.set_header("Cache-Control", FOREVER if final else "no-store")
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Shape", ",".join(map(str, plane.shape)))
        self.set_header("X-Dtype", plane.dtype)
        await self.finish(plane.data)

    def plane_request(self) -> PlaneRequest:
        """Return which plane the query asks for."""
        return PlaneRequest(
            level=self.number("level", 0) or 0,
            channel=self.number("channel", 0) or 0,
            z=self.number("z"),
            t=self.number("t"),
            region=self.region(),
            projection=self.projection(),
        )

    def projection(self) -> Projection:
        """Return how a stack is to become one plane."""
        request = self.get_query_argument("projection", "")
        projection = next((way for way in PROJECTIONS if way == request), None)
        if projection is None:
            raise HTTPError(422, reason="projection must be max or mean")
        self.slow |= bool(projection)
        return projection

    def region(self) -> tuple[int, int, int, int] | None:
        """Return ``region=left,top,width,height`` of the query."""
        text = self.get_query_argument("region", None)
        if text is None:
            return None
        parts = text.split(",")
        if len(parts) != 4 or not all(
            part.isascii() and part.isdigit() and len(part) < 10 for part in parts
        ):
            raise HTTPError(422, reason="region must be left,top,width,height")
        left, top, width, height = map(int, parts)
        return left, top, width, height

    def size(self, largest: int) -> int:
        """Return the size asked for, bounded."""
        size = self.number("size", 135)
        if size is None or not 8 <= size <= largest:
            raise HTTPError(422, reason=f"size must be 8 to {largest}")
        return size


class FieldHandler(PictureHandler):
    """Thumbnails, whole pictures, raw planes and masks of one field version."""

    asks = Act.LOOK

    async def get(
        self, plate: str, well: str, field: str, version: str, what: str
    ) -> None:
        """Answer for one field."""
        pictures = self.service.pictures
        request = self.plane_request()
        where = (plate, well, field, version)
        if what == "plane.bin":
            await self.raw(lambda: pictures.plane(*where, request))
        elif what == "label.bin":
            label = self.get_query_argument("label")
            # A label image may be replaced while the version of its field stays.
            await self.raw(
                lambda: pictures.label_plane(*where, label, request), final=False
            )
        elif what == "thumb.jpg":
            size, channels = self.size(_MAX_THUMB), self.channels()
            await self.picture(
                lambda: pictures.thumbnail(*where, size, channels, request), size=size
            )
        else:
            channels = self.channels()
            await self.picture(lambda: pictures.picture(*where, channels, request))


class WellSpriteHandler(PictureHandler):
    """All fields of a well in one picture."""

    asks = Act.LOOK

    async def get(self, plate: str, well: str) -> None:
        """Answer for one well."""
        size, channels = self.size(_MAX_SPRITE_CELL), self.channels()
        fields = tuple(self.get_query_arguments("field", strip=False))
        digest = self.get_query_argument("v", "")
        request = self.plane_request()
        make = partial(
            self.service.sprites.of_well,
            plate,
            well,
            digest,
            size,
            channels,
            request,
            fields,
        )
        await self.picture(make, size=size)


class PlateSpriteHandler(PictureHandler):
    """The first field of every well in one picture."""

    asks = Act.LOOK

    async def get(self, plate: str) -> None:
        """Answer for one plate."""
        size, channels = self.size(_MAX_SPRITE_CELL), self.channels()
        digest = self.get_query_argument("v", "")
        acquisition = self.number("acquisition")
        request = self.plane_request()
        # Answers soon with what there is, and says what is still to come.
        seconds = _SOON if self.get_query_argument("soon", "") else None
        await self.picture(
            lambda: self.service.sprites.of_plate(
                plate, digest, size, channels, acquisition, request, seconds
            ),
            size=size,
        )


class StagedHandler(PictureHandler):
    """Planes and pictures of an upload, or of a correction that is not committed."""

    asks = Act.LOOK

    def plate_key(self) -> str:
        """Return the plate that it is for, "" of an upload; nobody else's is there."""
        owner = self.visitor.subject
        return self.service.corrections.plate_of(self.path_args[0], owner)

    async def get(self, staged: str, what: str) -> None:
        """Answer for an upload or a staged correction."""
        owner = self.visitor.subject
        await self.answer(partial(self.service.corrections.images, staged, owner), what)

    async def answer(
        self, images: Callable[[], tuple[NgffImage, ...]], what: str
    ) -> None:
        """Answer with a plane or a picture of what is on no plate."""
        request, pictures = self.plane_request(), self.service.pictures
        if what == "plane.bin":
            await self.raw(lambda: pictures.staged_plane(images(), request))
        elif what == "thumb.jpg":
            size, channels = self.size(_MAX_THUMB), self.channels()
            await self.picture(
                lambda: pictures.staged_thumbnail(images(), size, channels, request),
                size=size,
            )
        else:
            channels = self.channels()
            await self.picture(
                lambda: pictures.staged_picture(images(), channels, request)
            )


class PendingHandler(StagedHandler):
    """Planes and pictures of a correction of a plate that cannot be written."""

    def plate_key(self) -> str:
        """Return the plate that it is for."""
        return self.path_args[0]

    async def get(self, plate: str, pending: str, what: str) -> None:  # type: ignore[override]
        """Answer for a pending correction."""
        await self.answer(partial(self.service.pending.images, plate, pending), what)
