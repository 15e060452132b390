"""HTTP handlers: pixels out, uploads in, assets, health.

A handler checks what it was sent, hands the work to a thread, and answers. Nothing in
an address is used as a path: plates, wells, fields and staged corrections are looked
up by name. Errors become a sentence and an id that stands in the log, never a
traceback.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import hashlib
import json
import logging
import mimetypes
import os
import re
import secrets
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from tornado.web import HTTPError, RequestHandler, stream_request_body

from dashboard.addresses import decode_channels
from dashboard.errors import NotServedError, RefusedError
from dashboard.pictures.cancellation import LeftError, until_left
from dashboard.pictures.planes import PlaneRequest, Raw
from dashboard.pictures.projection import PROJECTIONS, Projection
from dashboard.pictures.rendering import encode_jpeg, error_cell
from dashboard.text import plain_text
from hcs.errors import HCSError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from tornado.httputil import HTTPServerRequest

    from dashboard.pictures.picture import Picture
    from dashboard.plates.values import ChannelSetting
    from dashboard.service import Service

_LOG = logging.getLogger(__name__)

FOREVER = "public, max-age=31536000, immutable"
_MAX_THUMB = 2048
_MAX_SPRITE_CELL = 512
_SOON = 0.3
"""Seconds that a picture of the plate takes which may be unfinished."""


def routes(
    service: Service, *, origins: Sequence[str], assets: Path
) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the patterns for Tornado, without prefix.

    Parameters
    ----------
    service
        Answers them; a read-only one gets no route that writes.
    origins
        ``host:port`` that a page may come from when it sends something.
    assets
        Folder of scripts and styles.
    """
    name = r"([^/]+)"
    about: dict[str, Any] = {"service": service}
    patterns: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        (rf"/pixels/staged/{name}/(plane\.bin|field\.jpg)", StagedHandler, about),
        (rf"/pixels/{name}/plate\.jpg", PlateSpriteHandler, about),
        (rf"/pixels/{name}/{name}/sprite\.jpg", WellSpriteHandler, about),
        (
            rf"/pixels/{name}/{name}/{name}/{name}"
            r"/(thumb\.jpg|field\.jpg|plane\.bin|label\.bin)",
            FieldHandler,
            about,
        ),
        (r"/health", HealthHandler, about),
        (r"/leave", LeaveHandler, {"service": service, "origins": origins}),
        (r"/assets/([A-Za-z0-9._/-]+)", AssetHandler, {"folder": assets}),
    ]
    if not service.read_only:
        patterns.append(
            (r"/upload", UploadHandler, {"service": service, "origins": origins})
        )
    return patterns


class Handler(RequestHandler):
    """What all handlers share: threads, headers, and errors in words."""

    service: Service

    slow = False
    """Whether its work may take seconds, so that other pictures must not wait."""

    def initialize(self, service: Service) -> None:
        """Take the service."""
        self.service = service
        self._work: Future[Any] | None = None
        self._left = threading.Event()

    def set_default_headers(self) -> None:
        """Never let a browser guess what an answer is."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'")
        self.clear_header("Server")

    def compute_etag(self) -> None:
        """Skip it: the address tells versions apart, and hashing pixels takes time."""

    def check_xsrf_cookie(self) -> None:
        """Leave it to the session token, which no other site can know."""

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Do the work off the event loop; a browser that leaves cancels it."""
        submit = (
            self.service.threads.submit_stack
            if self.slow
            else self.service.threads.submit_pixels
        )
        self._work = submit(lambda: until_left(self._left.is_set, work))
        try:
            return await asyncio.wrap_future(self._work)
        except LeftError as error:
            raise asyncio.CancelledError from error

    def on_connection_close(self) -> None:
        """Drop work that has not begun, and end what has between two blocks."""
        self._left.set()
        if self._work is not None:
            self._work.cancel()

    def number(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number >= 0 from the query."""
        text = self.get_query_argument(name, None)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise HTTPError(400, reason=f"{name} must be a whole number")
        return int(text)

    def channels(self) -> tuple[ChannelSetting, ...]:
        """Return the channels of the query."""
        try:
            return decode_channels(self.get_query_argument("channels", ""))
        except ValueError as error:
            raise HTTPError(400, str(error), reason="channels are malformed") from error

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with JSON: a sentence, and for what nobody expected an id."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, HTTPError):
            message = plain_text(error.log_message or self._reason, 500)
        else:
            message = self._reason
        self.answer_error(status_code, message)

    def answer_error(self, status: int, message: str) -> None:
        """End with an error as JSON."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": message}))

    def explain(self, error: Exception) -> tuple[int, str]:
        """Return status and sentence for an error, logging what is unexpected."""
        if isinstance(error, RefusedError):
            return 403, str(error)
        if isinstance(error, (NotServedError, NotFoundError)):
            return 404, str(error)
        if isinstance(error, HCSError):
            return 422, str(error)
        if isinstance(error, ValueError):
            return 400, str(error)
        number = secrets.token_hex(4)
        _LOG.error("Error %s at %s", number, self.request.path, exc_info=error)
        return 500, f"The server failed (error {number} in its log)."


class PictureHandler(Handler):
    """Answers with a JPEG; an error is a picture too, with its words in a header."""

    async def picture(self, make: Callable[[], Picture], *, size: int = 135) -> None:
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

    async def raw(self, make: Callable[[], Raw]) -> None:
        """Send a plane's bytes with its shape and dtype."""
        try:
            plane = await self.in_thread(make)
        except asyncio.CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self.answer_error(*self.explain(error))
            return
        self.set_header("Cache-Control", FOREVER)
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
        asked = self.get_query_argument("projection", "")
        found = next((one for one in PROJECTIONS if one == asked), None)
        if found is None:
            raise HTTPError(400, reason="projection must be max or mean")
        self.slow |= bool(found)
        return found

    def region(self) -> tuple[int, int, int, int] | None:
        """Return ``region=left,top,width,height`` of the query."""
        text = self.get_query_argument("region", None)
        if text is None:
            return None
        parts = text.split(",")
        if len(parts) != 4 or not all(
            part.isascii() and part.isdigit() and len(part) < 10 for part in parts
        ):
            raise HTTPError(400, reason="region must be left,top,width,height")
        left, top, width, height = map(int, parts)
        return left, top, width, height

    def size(self, largest: int) -> int:
        """Return the size asked for, bounded."""
        size = self.number("size", 135) or 135
        if not 8 <= size <= largest:
            raise HTTPError(400, reason=f"size must be 8 to {largest}")
        return size


class FieldHandler(PictureHandler):
    """Thumbnails, whole pictures, raw planes and masks of one field version."""

    async def get(
        self, plate: str, well: str, field: str, version: str, what: str
    ) -> None:
        """Answer for one field."""
        pictures = self.service.pictures
        asked = self.plane_request()
        where = (plate, well, field, version)
        if what == "plane.bin":
            await self.raw(lambda: pictures.plane(*where, asked))
        elif what == "label.bin":
            label = self.get_query_argument("label")
            await self.raw(lambda: pictures.label_plane(*where, label, asked))
        elif what == "thumb.jpg":
            size, channels = self.size(_MAX_THUMB), self.channels()
            await self.picture(
                lambda: pictures.thumbnail(*where, size, channels, asked), size=size
            )
        else:
            channels = self.channels()
            await self.picture(lambda: pictures.picture(*where, channels, asked))


class WellSpriteHandler(PictureHandler):
    """All fields of a well in one picture."""

    async def get(self, plate: str, well: str) -> None:
        """Answer for one well."""
        size, channels = self.size(_MAX_SPRITE_CELL), self.channels()
        fields = tuple(self.get_query_arguments("field", strip=False))
        digest = self.get_query_argument("v", "")
        asked = self.plane_request()
        make = functools.partial(
            self.service.pictures.well_sprite,
            plate,
            well,
            digest,
            size,
            channels,
            asked,
            fields,
        )
        await self.picture(make, size=size)


class PlateSpriteHandler(PictureHandler):
    """The first field of every well in one picture."""

    async def get(self, plate: str) -> None:
        """Answer for one plate."""
        size, channels = self.size(_MAX_SPRITE_CELL), self.channels()
        digest = self.get_query_argument("v", "")
        acquisition = self.number("acquisition")
        asked = self.plane_request()
        # Answers soon with what there is, and says what is still to come.
        seconds = _SOON if self.get_query_argument("soon", "") else None
        await self.picture(
            lambda: self.service.pictures.plate_sprite(
                plate, digest, size, channels, acquisition, asked, seconds
            ),
            size=size,
        )


class StagedHandler(PictureHandler):
    """Planes and pictures of a correction that is not committed."""

    async def get(self, staged: str, what: str) -> None:
        """Answer for a staged correction; its id is as good as a password."""
        asked = self.plane_request()
        pictures = self.service.pictures
        if what == "plane.bin":
            await self.raw(lambda: pictures.staged_plane(staged, asked))
        else:
            channels = self.channels()
            await self.picture(lambda: pictures.staged_picture(staged, channels, asked))


class HealthHandler(Handler):
    """Says that the server answers."""

    def get(self) -> None:
        """Answer without touching a plate."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(
            json.dumps({"status": "ok", "plates": len(self.service.plates.entries())})
        )


def assets_version(folder: Path) -> str:
    """Return a name for what is in the folder now; it changes with any of its files."""
    files = sorted(
        (file.path, stat.st_size, stat.st_mtime_ns)
        for file in _files(folder)
        for stat in (file.stat(),)
    )
    return "v" + hashlib.sha256(repr(files).encode()).hexdigest()[:12]


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    # Asked with each request for a script: `Path.rglob` takes five times as long.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                yield entry


class AssetHandler(RequestHandler):
    """Scripts and styles of the page."""

    def initialize(self, folder: Path) -> None:
        """Take the folder."""
        self.folder = folder

    def get(self, name: str) -> None:
        """Send a file of the folder.

        Below the folder's present version a browser keeps it for ever; else it asks
        again each time whether it has changed.
        """
        folder = self.folder.resolve()
        version, slash, rest = name.partition("/")
        present = bool(slash) and version == assets_version(self.folder)
        if slash and re.fullmatch("v[0-9a-f]{12}", version):
            name = rest
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise HTTPError(404)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kind = "text/javascript" if path.suffix in (".js", ".mjs") else kind
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", FOREVER if present else "no-cache")
        data = path.read_bytes()
        self.write(data)
        self.set_etag_header()
        if self.check_etag_header():
            self.set_status(304)
            self.clear()
            self.set_status(304)
        self.finish()


def refuse_foreign(request: HTTPServerRequest, origins: Sequence[str]) -> None:
    """Raise where what is sent does not come from this server's own pages."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc not in origins:
        raise RefusedError("Only this server's own pages may send anything.")


class LeaveHandler(Handler):
    """Hears that a page was closed."""

    def initialize(  # type: ignore[override]
        self, service: Service, origins: Sequence[str]
    ) -> None:
        """Take the service and the hosts that pages may come from."""
        super().initialize(service)
        self.origins = origins

    def post(self) -> None:
        """Let the page be present no more; nobody is there to read an answer."""
        try:
            refuse_foreign(self.request, self.origins)
            self.service.sessions.leave(self.get_query_argument("token", ""))
        except HCSError as error:
            self.answer_error(*self.explain(error))
            return
        self.set_status(204)


@stream_request_body
class UploadHandler(Handler):
    """Takes one file as the body of a POST, straight to the disk, within quotas."""

    def initialize(  # type: ignore[override]
        self, service: Service, origins: Sequence[str]
    ) -> None:
        """Take the service and the hosts that pages may come from."""
        super().initialize(service)
        self.origins = origins
        self._upload: Any = None
        self._error: tuple[int, str] | None = None

    async def prepare(self) -> None:
        """Refuse before a byte is kept: foreign pages, dead sessions, quotas."""
        if self.request.method != "POST":
            return
        try:
            refuse_foreign(self.request, self.origins)
            token = self.get_query_argument("token", "")
            name = unquote(self.request.headers.get("X-Filename", ""))
            length = self.request.headers.get("Content-Length", "")
            size = int(length) if length.isascii() and length.isdigit() else None
            self._upload = self.service.corrections.begin_upload(token, name, size)
            self.request.connection.set_max_body_size(  # type: ignore[union-attr]
                self._upload.limit + 1
            )
        except HCSError as error:
            # Ending here closes the connection, so no byte of the body is read.
            self.set_header("Connection", "close")
            self.answer_error(*self.explain(error))

    async def data_received(self, chunk: bytes) -> None:
        """Write what has come; over the quota, forget it and stop."""
        if self._upload is None or self._error is not None:
            return
        try:
            await asyncio.wrap_future(
                self.service.threads.submit_pixels(
                    functools.partial(self._upload.write, chunk)
                )
            )
        except HCSError as error:
            self._upload.abandon()
            self._error = self.explain(error)

    async def post(self) -> None:
        """Look into the file and answer what it holds."""
        if self._error is None:
            try:
                found = await asyncio.wrap_future(
                    self.service.threads.submit(self._upload.finish)
                )
            except Exception as error:  # noqa: BLE001 - answered in words, and logged
                self._upload.abandon()
                self._error = self.explain(error)
        if self._error is not None:
            self.answer_error(*self._error)
            return
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(dataclasses.asdict(found)))

    def on_connection_close(self) -> None:
        """Remove what came of a file whose browser went away."""
        if self._upload is not None:
            self._upload.abandon()
        super().on_connection_close()
