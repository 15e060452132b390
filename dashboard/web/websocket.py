"""A page's websocket: what a browser says is taken in the turn in which it arrives."""

from __future__ import annotations

import asyncio
from types import coroutine
from typing import TYPE_CHECKING, Any

from panel.io.server import WSHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Generator

    from bokeh.protocol.message import Message


_FRAMES = 8
"""Taken at most before others have their turn: a few messages."""


class PageSocket(WSHandler):
    """Takes the frames of a message without a task for each.

    A message of Bokeh has three frames or more. Tornado makes a task of each and reads
    on when that is done, which takes three turns of the event loop. In each of them
    other pages draw, and a thread that computes may get the interpreter first.
    """

    _frames = 0

    async def _handle(self, message: Message[Any]) -> Any | None:
        """Do what a message asks for, and return what is to be answered.

        Bokeh answers each patch with three frames that nothing waits for, and reads on
        when they are sent: turns of the event loop in which others come first.
        """
        answer = await super()._handle(message)
        nothing = message.msgtype == "PATCH-DOC" and answer and answer.msgtype == "OK"
        return None if nothing else answer

    def on_message(  # type: ignore[override]
        self, fragment: str | bytes
    ) -> Awaitable[None] | None:
        """Take a frame; what is returned is waited for before the next one is read."""
        rest = as_far_as_it_gets(super().on_message(fragment))
        if rest is not None:
            return rest
        # Who sends many at once, or a message of many, must not keep the event loop.
        self._frames = (self._frames + 1) % _FRAMES
        return asyncio.sleep(0) if self._frames == 0 else None


def as_far_as_it_gets(work: Coroutine[Any, Any, None]) -> Awaitable[None] | None:
    """Run a coroutine up to where it waits for something; return the rest of it.

    Returns
    -------
        What is still to be awaited, None where nothing is. Until there it runs in no
        task of its own, and in the context of whoever calls this.
    """
    try:
        awaited = work.send(None)
    except StopIteration:
        return None
    return _rest(work, awaited)


@coroutine
def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Wait for what a coroutine has begun to wait for, and go on with it."""
    try:
        while True:
            try:
                answer = yield awaited
            except BaseException as error:  # noqa: BLE001 - it gets those of its task
                awaited = work.throw(error)
            else:
                awaited = work.send(answer)
    except StopIteration:
        return
