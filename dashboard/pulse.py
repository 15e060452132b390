"""The pulse of a server: all pages look for changes, one after the other."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.ioloop import IOLoop

_LOG = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
"""How often a page looks for changes: one integer from memory."""

_REST = 3.0
"""After a page that has drawn, times as long as that took: while all pages take notice
of a commit, most of the event loop is left to those who act."""

_MOST_REST_SECONDS = 0.1
"""On a machine that has more to do than it can, a page may take long."""

_GIVING_WAY_SECONDS = 0.005
"""Until it looks again whether somebody still acts."""


class Pulse:
    """Has all pages look for changes, so often.

    A page that finds some draws them, and leaves the event loop free before the next:
    requests come in between, however many pages there are and however much they draw.

    Parameters
    ----------
    gives_way
        Whether pages that were to look at a moment (monotonic) are to wait on, since
        somebody acts.
    """

    def __init__(
        self, gives_way: Callable[[float], bool] = lambda since: False
    ) -> None:
        self._gives_way = gives_way
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
        self._go_on(deque(self._pages), time.monotonic())

    def _go_on(self, tokens: deque[str], since: float) -> None:
        """Have pages look until one has drawn; go on after a rest."""
        while tokens:
            if self._gives_way(since):
                _loop().call_later(_GIVING_WAY_SECONDS, self._go_on, tokens, since)
                return
            look = self._pages.get(tokens.popleft())
            start = time.monotonic()
            if look is not None and _drawn(look):
                rest = min(_REST * (time.monotonic() - start), _MOST_REST_SECONDS)
                _loop().call_later(rest, self._go_on, tokens, since)
                return
        self._beating = bool(self._pages)
        if self._beating:
            _loop().call_later(BEAT_SECONDS, self._beat)


def _drawn(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except Exception:  # noqa: BLE001
        # One page that cannot look must not keep all others from it for good.
        _LOG.exception("A page could not look for changes.")
        return False


def _loop() -> IOLoop:
    # Results are read without a page, and then without what serves pages.
    from tornado.ioloop import IOLoop

    return IOLoop.current()
