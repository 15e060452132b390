"""Texts of a page on their way to its browsers, as one message of Bokeh's protocol.

Bokeh makes an event of each value, combines, checks and spells them, and Panel has a
task wait for each of the three frames of a message. That takes five times as long as
the rest of what a page does when somebody else has judged a well, and all pages do it.
A text needs none of it: it is no model, and nobody watches it on the server.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamBufferFullError, StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT_FRAME = 0x81
"""First byte of a whole websocket message that is a text (RFC 6455, 5.2)."""


_HEADER = json.dumps({"msgid": "texts", "msgtype": "PATCH-DOC", "num_buffers": 0})
"""Of all messages: an id is what an answer names, and a browser answers none."""


def change(model: Any, texts: Mapping[str, str]) -> None:
    """Change texts of a model, now and when a browser connects again, in one message.

    Call it on the event loop.

    Parameters
    ----------
    model
        Of Bokeh; its properties are texts.
    texts
        By property; nothing on the server hears of them.
    """
    # What a browser gets that comes later. Setting them would tell of each.
    model._property_values.update(texts)
    context = None if model.document is None else model.document.session_context
    session: Any = getattr(context, "session", None)
    if session is None or not session.connection_count:
        return
    message = b"".join(map(_frame, _message(model.id, texts)))
    for connection in tuple(session._subscribed_connections):
        _send(connection._socket, message)


def _message(model: str, texts: Mapping[str, str]) -> tuple[str, str, str]:
    """Return header, metadata and content of a message, as Bokeh spells them."""
    events = [
        {"kind": "ModelChanged", "model": {"id": model}, "attr": name, "new": text}
        for name, text in texts.items()
    ]
    return _HEADER, "{}", json.dumps({"events": events})


def _frame(text: str) -> bytes:
    """Return a text as a websocket frame of a server; this one compresses none."""
    data = text.encode()
    size = len(data)
    if size < 126:
        return struct.pack("!BB", _TEXT_FRAME, size) + data
    if size < 1 << 16:
        return struct.pack("!BBH", _TEXT_FRAME, 126, size) + data
    return struct.pack("!BBQ", _TEXT_FRAME, 127, size) + data


def _send(socket: Any, message: bytes) -> None:
    """Write a message whole: not between the frames of another, and after it."""
    turn = socket.write_lock.acquire()

    def write(turn: Any) -> None:
        with turn.result():
            connection = socket.ws_connection
            if connection is None or connection.is_closing():
                return
            try:
                connection.stream.write(message)
            except StreamClosedError:
                return  # the page has gone, which Bokeh is told by itself
            except StreamBufferFullError:
                connection.stream.close()  # its browser has read nothing for long

    if turn.done():
        write(turn)
    else:
        turn.add_done_callback(write)
