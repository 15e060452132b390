"""The turns of the event loop in which a page does what it has put off.

Bokeh's own callbacks are copied, wrapped twice and take the document's lock, which
guards changes of its models: pages change none, see `dashboard.views.patch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """Calls functions on the event loop of the thread that makes it."""

    def __init__(self) -> None:
        # Results are read without a page, and then without what serves pages.
        from tornado.ioloop import IOLoop

        self._loop = IOLoop.current()

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Call `act` after a while; call this on the event loop."""
        self._loop.call_later(seconds, act)

    def next(self, act: Callable[[], object]) -> None:
        """Call `act` in the next turn; call this from any thread."""
        self._loop.add_callback(act)
