"""A page's websocket, as a browser opens it whose page's session has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from bokeh.client.websocket import WebSocketClientConnectionWrapper
from bokeh.protocol import Protocol
from bokeh.protocol.receiver import Receiver
from bokeh.util.token import generate_jwt_token, generate_session_id
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from tests.integration.serving import Served

_PROTOCOL = Protocol()


def page_token(served: Served, query: str = "") -> str:
    """Return what the HTML of a page holds for its websocket; no session is made."""
    bokeh = served.server._tornado
    secret = {"secret_key": bokeh.secret_key, "signed": bokeh.sign_sessions}
    arguments = {
        name: [text.encode() for text in texts]
        for name, texts in parse_qs(query).items()
    }
    return generate_jwt_token(
        generate_session_id(**secret),
        extra_payload={"headers": {}, "cookies": {}, "arguments": arguments},
        **secret,
    )


def document(
    served: Served, query: str = "", *, token: str = "", prefix: str = "/hcs"
) -> Any:
    """Open a page, take its document as JSON, and close it."""
    return asyncio.run(_document(served, token or page_token(served, query), prefix))


async def _document(served: Served, token: str, prefix: str) -> Any:
    address = f"ws://127.0.0.1:{served.port}{prefix}/ws"
    socket = await websocket_connect(
        HTTPRequest(address, headers=served.sent_by_pages),
        subprotocols=["bokeh", token],
    )
    receiver = Receiver(_PROTOCOL)
    try:
        await _message(socket, receiver)  # that the session is there
        asked = _PROTOCOL.create("PULL-DOC-REQ")
        await asked.send(WebSocketClientConnectionWrapper(socket))
        while (answer := await _message(socket, receiver)).msgtype != "PULL-DOC-REPLY":
            pass
    except _ClosedError as error:
        socket.close()
        raise AssertionError("the server closed the websocket") from error
    except BaseException:
        socket.close()
        raise
    socket.close()
    while await socket.read_message() is not None:
        pass
    return answer.content


class _ClosedError(Exception):
    """The other end has closed the websocket."""


async def _message(socket: Any, receiver: Receiver) -> Any:
    message = None
    while message is None:
        fragment = await socket.read_message()
        if fragment is None:
            raise _ClosedError
        message = await receiver.consume(fragment)
    return message
