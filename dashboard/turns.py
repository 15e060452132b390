"""The turns of the event loop in which pages do what they have put off.

Bokeh's own callbacks are copied, wrapped twice and take the document's lock, which
guards changes of its models: pages change none, see `dashboard.views.patch`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from tornado.ioloop import IOLoop

_Answer = TypeVar("_Answer")

_TURN_SECONDS = 0.004
"""How long put-off work goes on before what has arrived has its turn."""

_PATIENCE_SECONDS = 0.25
"""How long it gives way to acts that are under way."""

_REST_SECONDS = 0.005
"""Until it looks again whether they are."""


class InOrder:
    """Acts of one page: each begins when the one before it has ended.

    Thread safety: none; on the event loop.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._busy = False

    def add(self, begin: Callable[[], object]) -> None:
        """Begin an act in its turn; whoever began it says when it has ended."""
        self._waiting.append(begin)
        self._next()

    def end(self) -> None:
        """The act that was begun last has ended."""
        self._busy = False
        self._next()

    def ending(self, take: Callable[[_Answer], object]) -> Callable[[_Answer], None]:
        """Return what takes an act's answer, upon which the act has ended."""

        def taken(answer: _Answer) -> None:
            try:
                take(answer)
            finally:
                self.end()

        return taken

    def _next(self) -> None:
        if not self._busy and self._waiting:
            self._busy = True
            self._waiting.popleft()()


class PutOff:
    """What all pages of a server have put off: little in each turn of the loop.

    A loop does all that is due in one turn, and looks only then for messages: one page
    after the other would draw what nobody waits for while verdicts lie there.

    Thread safety: acts are noted from any thread; all else is done on the event loop.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Callable[[], object]]] = deque()
        """With the moment since when each waits."""

        self._going = False
        self._lock = threading.Lock()
        self._acts = 0
        """Those that somebody waits for."""

    def give_way_to(self, act: Future[Any]) -> None:
        """Note that somebody waits for an act of theirs; call it from any thread."""
        with self._lock:
            self._acts += 1
        act.add_done_callback(self._end_act)

    def _end_act(self, _: Future[Any]) -> None:
        with self._lock:
            self._acts -= 1

    def gives_way(self, since: float) -> bool:
        """Whether what has waited since a moment (monotonic) is to wait on."""
        return self._acts > 0 and time.monotonic() - since < _PATIENCE_SECONDS

    def add(self, loop: IOLoop, act: Callable[[], object]) -> None:
        """Do something in a turn to come."""
        # As by the loop itself: what is logged of it names the act that it follows.
        in_context = partial(copy_context().run, act)
        self._waiting.append((time.monotonic(), in_context))
        if not self._going:
            self._going = True
            loop.call_later(0, self._go_on, loop)

    def _go_on(self, loop: IOLoop) -> None:
        end, rest = time.monotonic() + _TURN_SECONDS, 0.0
        try:
            while self._waiting and time.monotonic() < end:
                since, act = self._waiting[0]
                if self.gives_way(since):
                    rest = _REST_SECONDS
                    break
                self._waiting.popleft()
                act()
        finally:
            self._going = bool(self._waiting)
            if self._going:
                loop.call_later(rest, self._go_on, loop)


class Turns:
    """Calls functions on the event loop of the thread that makes it.

    Parameters
    ----------
    put_off
        What all pages have put off.
    """

    def __init__(self, put_off: PutOff) -> None:
        # Results are read without a page, and then without what serves pages.
        from tornado.ioloop import IOLoop

        self._loop = IOLoop.current()
        self._put_off = put_off

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Call `act` after a while; call this on the event loop."""
        if seconds:
            self._loop.call_later(seconds, self._put_off.add, self._loop, act)
        else:
            self._put_off.add(self._loop, act)

    def next(self, act: Callable[[], object]) -> None:
        """Call `act` in the next turn; call this from any thread."""
        self._loop.add_callback(act)
