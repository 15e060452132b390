"""A browser that leaves is no error of the server, whatever was on its way to it."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketClosedError

from dashboard.app import new_loop
from dashboard.web.handler import Handler


class Abandoned(Handler):
    """Answers when nobody is there any more."""

    asks = None

    def initialize(self) -> None:
        super().initialize(None, None)  # type: ignore[arg-type]

    def prepare(self) -> None:
        """Ask nobody who it is."""

    async def get(self) -> None:
        self.request.connection.stream.close()  # type: ignore[attr-defined, union-attr]
        await self.finish("too late")


def test_who_leaves_before_the_answer_is_not_logged_as_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ask() -> bytes:
        (listener,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(Application([("/", Abandoned)]))
        server.add_socket(listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        answer = await reader.read()
        writer.close()
        server.stop()
        return answer

    assert asyncio.run(ask()) == b""
    assert "Uncaught" not in caplog.text


@pytest.mark.parametrize(
    ("error", "records"), [(WebSocketClosedError(), 0), (ValueError("odd"), 1)]
)
def test_only_what_went_wrong_is_logged_of_what_nobody_waited_for(
    error: Exception, records: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise error

    loop = new_loop()
    task = loop.asyncio_loop.create_task(fail())
    loop.asyncio_loop.run_until_complete(asyncio.wait([task]))
    del task
    gc.collect()
    loop.close()
    assert [each.levelno for each in caplog.records] == [logging.ERROR] * records
