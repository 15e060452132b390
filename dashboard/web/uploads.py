"""Files in, by the tus protocol 1.0: any tus client can send them, and go on.

``POST /uploads`` announces a file, ``PATCH /uploads/<id>`` brings bytes, ``HEAD`` says
where to go on, ``DELETE`` gives up. Two answers of our own: ``GET /uploads`` lists what
the visitor has here, ``GET /uploads/<id>`` says what became of a file, as JSON.

The id is in an address and no secret: to others than its owner there is no such upload.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tornado.web import stream_request_body

from dashboard.access import Act
from dashboard.addresses import PAGE_HEADER, Urls
from dashboard.errors import NotServedError, TooLargeError
from dashboard.threads import Pool
from dashboard.uploads.values import Purpose
from dashboard.web import tus
from dashboard.web.body_length import body_length
from dashboard.web.handler import Handler
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from dashboard.accounts import Identify
    from dashboard.corrections.values import Upload
    from dashboard.service import Service
    from dashboard.uploads.receiving import Receiving
    from dashboard.uploads.values import UploadedFile

ACTS = {Purpose.CORRECTION: Act.UPLOAD, Purpose.PLATE: Act.ADD_PLATES}
"""What sending a file for a purpose asks for."""

_OVERRIDES = ("POST", "PATCH", "DELETE")
"""What a client that can only POST may mean."""

_WRITE_BYTES = 1 << 20
"""Bytes that are written at once; the network brings some 64 kB at a time."""

_LISTENING_BYTES = 32 << 20
"""Bytes of a refused body that are read and dropped, for a browser hears of no answer
before it has sent all; what is longer is cut off."""


class TusHandler(Handler):
    """What both addresses of uploads share."""

    asks = Act.UPLOAD

    def set_default_headers(self) -> None:
        """Say which protocol is spoken."""
        super().set_default_headers()
        self.set_header("Tus-Resumable", tus.VERSION)
        self.set_header("Cache-Control", "no-store")

    async def prepare(self) -> None:
        """Refuse who may not, and who speaks another version."""
        override = self.request.headers.get("X-HTTP-Method-Override", "").upper()
        if override and self.request.method == "POST":
            if override not in _OVERRIDES:
                self.answer_error(405, f"{override[:20]!r} cannot be sent by POST.")
                return
            self.request.method = override
        method = self.request.method
        try:
            # What is one's own may always be asked for, and always go.
            act = self.act() if method in ("POST", "PATCH") else Act.LOOK
            self._refuse(self.visitor, act)
        except HCSError as error:
            self.answer_error(*self.explain(error))
            return
        spoken = self.request.headers.get("Tus-Resumable")
        if method not in ("OPTIONS", "GET") and spoken != tus.VERSION:
            self.set_header("Tus-Version", tus.VERSION)
            self.answer_error(412, f"Say Tus-Resumable: {tus.VERSION}.")

    def act(self) -> Act:
        """Return what sending this asks for."""
        raise NotImplementedError

    @property
    def owner(self) -> str:
        """Whose uploads these are."""
        return self.visitor.subject

    async def options(self, *_: str) -> None:
        """Tell what is understood."""
        self.set_status(204)
        self.set_header("Tus-Version", tus.VERSION)
        self.set_header("Tus-Extension", tus.EXTENSIONS)
        self.set_header("Tus-Max-Size", str(self.service.uploads.quotas.file_bytes))

    async def on_disk(self, work: Callable[[], Any]) -> Any:
        """Do work with files in the threads for that."""
        return await asyncio.wrap_future(
            self.service.threads.submit(work, Pool.UPLOADS)
        )

    def explain(self, error: Exception) -> tuple[int, str]:
        """Return status and sentence, those of the protocol among them."""
        if isinstance(error, tus.TusError):
            return (415 if isinstance(error, tus.MediaTypeError) else 400), str(error)
        return super().explain(error)

    async def first(self, outcomes: Sequence[Future[Upload]]) -> None:
        """Wait until a file was read, as long as the request allows."""
        seconds = tus.seconds_to_wait(self.request.headers)
        if seconds:
            waiting = [asyncio.wrap_future(outcome) for outcome in outcomes]
            for outcome in waiting:
                # Who asks next hears of it; asyncio would log that nobody has.
                outcome.add_done_callback(_heard)
            await asyncio.wait(
                waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )

    def outcome_state(self, outcome: Future[Upload] | None) -> dict[str, Any]:
        """Return what is known of a file that is, or was, looked into."""
        if outcome is None:
            return {}
        if not outcome.done():
            return {"state": "reading"}
        try:
            outcome.result()
            return {"state": "ready"}
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            return {"state": "refused", "error": self.explain(error)[1]}

    def answer_json(self, document: Any) -> None:
        """End with a document."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(document))


def _heard(outcome: asyncio.Future[Upload]) -> None:
    """Take note of what has failed."""
    if not outcome.cancelled():
        outcome.exception()


def _state(file: UploadedFile) -> dict[str, Any]:
    """Return an upload as its owner sees it."""
    sent = file.file
    return {
        "id": file.id,
        "name": sent.name,
        "folder": sent.folder,
        "size": sent.size,
        "offset": file.offset,
        "modified": sent.modified,
        "digest": sent.digest,
        "purpose": sent.purpose,
        "plate": sent.plate,
        "well": sent.well,
        "expires": file.expires,
        "state": "received" if file.whole else "receiving",
    }


class UploadsHandler(TusHandler):
    """Announces files, and lists those of the visitor."""

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, urls: Urls
    ) -> None:
        """Take the service, what tells who asks, and how addresses are spelled."""
        super().initialize(service, identify)
        self._urls = urls

    def act(self) -> Act:
        """Return what the purpose of the file asks for."""
        return ACTS[tus.purpose_of(self.request.headers)]

    def plate_key(self) -> str:
        """Return the plate that a file is given for; a new plate is of no project."""
        headers = self.request.headers
        if self.request.method != "POST" or tus.purpose_of(headers) is Purpose.PLATE:
            return ""
        return tus.plate_of(headers)

    async def post(self) -> None:
        """Expect a file."""
        headers = self.request.headers
        page = headers.get(PAGE_HEADER, "")
        if not self.service.sessions.is_of(page, self.owner):
            # Of a server that has ended since: the file is its person's all the same.
            page = ""
        try:
            self.service.access.may_write()
            sent = tus.file_of(headers)
            make = partial(self.service.uploads.create, self.owner, sent, page)
            file = await self.on_disk(make)
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self.answer_error(*self.explain(error))
            return
        self.set_status(201)
        self.set_header("Location", f"{self._urls.uploads()}/{file.id}")
        self.set_header("Upload-Expires", tus.expires(file))
        self.set_header("Upload-Offset", "0")

    async def get(self) -> None:
        """List what the visitor has here."""
        files = self.service.uploads.owned_by(self.owner)
        known = self.service.corrections.known_outcomes(files)
        pending = [outcome for outcome in known.values() if not outcome.done()]
        if pending:
            await self.first(pending)
        states = [
            _state(file) | self.outcome_state(known.get(file.id)) for file in files
        ]
        self.answer_json({"uploads": states})


@stream_request_body
class UploadHandler(TusHandler):
    """Takes the bytes of a file, and tells what is here of it."""

    def initialize(self, service: Service, identify: Identify) -> None:
        """Take the service, and what tells who asks."""
        super().initialize(service, identify)
        self._receiving: Receiving | None = None
        self._waiting = bytearray()
        """Bytes that have come and were not written yet."""

        self._writing = False
        self._dropped = 0
        self._error: tuple[int, str] | None = None

    def act(self) -> Act:
        """Return what the purpose of the file asks for."""
        file = self._own_file()
        return Act.UPLOAD if file is None else ACTS[file.file.purpose]

    def plate_key(self) -> str:
        """Return the plate that bytes are given for."""
        file = self._own_file() if self.request.method == "PATCH" else None
        if file is None or file.file.purpose is Purpose.PLATE:
            return ""
        return file.file.plate

    def _own_file(self) -> UploadedFile | None:
        try:
            return self.service.uploads.get(self.owner, self.path_args[0])
        except NotServedError:
            return None

    # --- bytes ------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Refuse before a byte is written: who may not, no such file, elsewhere."""
        await super().prepare()
        if self._finished:
            return
        if self.request.method != "PATCH":
            if (body_length(self.request) or 0) > 0:
                self.answer_error(400, "Only PATCH has a body here.")
            return
        try:
            self._receiving = await self._begin()
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self._error = self.explain(error)

    async def _begin(self) -> Receiving:
        headers, uploads = self.request.headers, self.service.uploads
        offset, name = tus.offset_of(headers), self.path_args[0]
        length = body_length(self.request)
        left = uploads.get(self.owner, name).file.size - offset
        if length is not None and length > left:
            raise TooLargeError(
                f"{length:,} bytes are to come, and {max(left, 0):,} are missing."
            )
        receive = partial(uploads.receive, self.owner, name, offset)
        return cast("Receiving", await self.on_disk(receive))

    def answer_error(self, status: int, message: str) -> None:
        """End with an error, and read no byte more of a body."""
        if not self._finished:
            self.set_header("Connection", "close")
            super().answer_error(status, message)

    async def data_received(self, chunk: bytes) -> None:
        """Write what has come; what was refused is dropped, and not for long."""
        if self._error is not None or self._receiving is None:
            self._dropped += len(chunk)
            if self._dropped > _LISTENING_BYTES:
                self.answer_error(*(self._error or (400, "There is nothing to send.")))
            return
        self._waiting += chunk
        if len(self._waiting) >= _WRITE_BYTES:
            await self._write()

    async def _write(self) -> None:
        receiving, chunk = self._receiving, bytes(self._waiting)
        self._waiting.clear()
        if receiving is None or not chunk:
            return
        self._writing = True
        try:
            await self.on_disk(partial(receiving.write, chunk))
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self._error = self.explain(error)
        finally:
            self._writing = False

    async def patch(self, name: str) -> None:
        """Say how many bytes are here for good."""
        if self._receiving is None:
            self.answer_error(*(self._error or (400, "There is nothing to send.")))
            return
        if self._error is None:
            await self._write()
        try:
            await self.on_disk(self._receiving.end)
            file = self.service.uploads.get(self.owner, name)
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self._error = self._error or self.explain(error)
        if self._error is not None:
            self.answer_error(*self._error)
            return
        self._answer_offset(file)

    def on_connection_close(self) -> None:
        """Keep what came of a file whose browser went away."""
        super().on_connection_close()
        receiving, chunk = self._receiving, bytes(self._waiting)
        if receiving is None:
            return
        # Two threads may write: what has come after a write that goes on would overtake
        # it. It was not acknowledged, so it may go.
        in_order = chunk if not self._writing and self._error is None else b""

        def keep() -> None:
            try:
                # Its connection is gone; whoever comes back for it hears how far it is.
                with contextlib.suppress(HCSError):
                    receiving.write(in_order)
            finally:
                receiving.end()

        with contextlib.suppress(RuntimeError):  # the server ends, and ends it itself
            self.service.threads.submit(keep, Pool.UPLOADS)

    # --- the rest ---------------------------------------------------------------------

    async def head(self, name: str) -> None:
        """Say where to go on; a request that brings bytes meanwhile is given up."""
        try:
            settled = partial(self.service.uploads.settled, self.owner, name)
            file = await self.on_disk(settled)
        except Exception as error:  # noqa: BLE001 - answered in words, and logged
            self.answer_error(*self.explain(error))
            return
        self._answer_offset(file, 200)
        self.set_header("Upload-Length", str(file.file.size))
        if file.file.metadata:
            self.set_header("Upload-Metadata", file.file.metadata)

    async def get(self, name: str) -> None:
        """Tell what is known of a file; ``Prefer: wait=20`` waits until it was read."""
        try:
            file = self.service.uploads.get(self.owner, name)
            state = _state(file)
            if file.whole and file.file.purpose is Purpose.CORRECTION:
                upload_outcome = self.service.corrections.upload_outcome
                outcome = upload_outcome(self.owner, name)
                await self.first([outcome])
                state |= self.outcome_state(outcome)
                if state["state"] == "ready":
                    state["picture"] = dataclasses.asdict(outcome.result())
        except HCSError as error:
            self.answer_error(*self.explain(error))
            return
        self.answer_json(state)

    async def delete(self, name: str) -> None:
        """Forget a file."""
        try:
            self.service.uploads.get(self.owner, name)
            await self.on_disk(partial(self.service.uploads.remove, self.owner, [name]))
        except HCSError as error:
            self.answer_error(*self.explain(error))
            return
        self.set_status(204)

    def _answer_offset(self, file: UploadedFile, status: int = 204) -> None:
        self.set_status(status)
        self.set_header("Upload-Offset", str(file.offset))
        self.set_header("Upload-Expires", tus.expires(file))
