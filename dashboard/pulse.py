"""The pulse of a server: all pages look for changes, one after the other."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.ioloop import IOLoop

BEAT_SECONDS = 0.5
"""How often a page looks for changes: one integer from memory."""


class Pulse:
    """Has all pages look for changes, so often.

    A page that finds some draws them, and the next one waits for the next turn of the
    event loop: requests come in between, however many pages there are.
    """

    def __init__(self) -> None:
        self._pages: dict[str, Callable[[], bool]] = {}
        self._beating = False

    def join(self, token: str, look: Callable[[], bool]) -> None:
        """Have a page look for changes from now on; call it on the event loop.

        Parameters
        ----------
        token
            The page's.
        look
            Looks, and returns whether it took a while, for something was drawn.
        """
        self._pages[token] = look
        if not self._beating:
            self._beating = True
            _loop().call_later(BEAT_SECONDS, self._beat)

    def leave(self, token: str) -> None:
        """Let a page look no more."""
        self._pages.pop(token, None)

    def _beat(self) -> None:
        self._go_on(deque(self._pages))

    def _go_on(self, tokens: deque[str]) -> None:
        """Have pages look until one has drawn; go on in the next turn of the loop."""
        while tokens:
            look = self._pages.get(tokens.popleft())
            if look is not None and look():
                _loop().add_callback(self._go_on, tokens)
                return
        self._beating = bool(self._pages)
        if self._beating:
            _loop().call_later(BEAT_SECONDS, self._beat)


def _loop() -> IOLoop:
    # Results are read without a page, and then without what serves pages.
    from tornado.ioloop import IOLoop

    return IOLoop.current()
