"""Files in."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tornado.web import stream_request_body

from dashboard.access import Act
from dashboard.addresses import PAGE_HEADER
from dashboard.web.body_length import body_length
from dashboard.web.handler import Handler
from hcs.errors import HCSError

if TYPE_CHECKING:
    from dashboard.accounts import Identify
    from dashboard.service import Service


@stream_request_body
class UploadHandler(Handler):
    """Takes one file as the body of a POST, straight to the disk, within quotas."""

    asks = Act.UPLOAD

    def initialize(self, service: Service, identify: Identify) -> None:
        """Take the service, and what tells who asks."""
        super().initialize(service, identify)
        self._upload: Any = None
        self._error: tuple[int, str] | None = None

    async def prepare(self) -> None:
        """Refuse before a byte is kept: who may not, dead sessions, quotas."""
        super().prepare()
        if self.request.method != "POST" or self._finished:
            return
        try:
            token = self.request.headers.get(PAGE_HEADER, "")
            name = unquote(self.request.headers.get("X-Filename", ""))
            self._upload = self.service.corrections.begin_upload(
                token, name, body_length(self.request), self.visitor.subject
            )
            self.request.connection.set_max_body_size(  # type: ignore[union-attr]
                self._upload.limit + 1
            )
        except HCSError as error:
            self.answer_error(*self.explain(error))

    def plate_key(self) -> str:
        """Return the plate that its page looks at; staging the file asks again."""
        return self.service.sessions.plate(self.request.headers.get(PAGE_HEADER, ""))

    def answer_error(self, status: int, message: str) -> None:
        """End with an error, and read no byte more of the body."""
        self.set_header("Connection", "close")
        super().answer_error(status, message)

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
                upload = await asyncio.wrap_future(
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
        self.finish(json.dumps(dataclasses.asdict(upload)))

    def on_connection_close(self) -> None:
        """Remove what came of a file whose browser went away."""
        if self._upload is not None:
            self._upload.abandon()
        super().on_connection_close()
