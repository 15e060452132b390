"""Pages without a browser: what a visitor's page sends, and what it is told."""

from __future__ import annotations

import json
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from bokeh.document import Document
from panel.io.state import set_curdoc

from dashboard.accounts import LOCAL, Visitor
from dashboard.addresses import Urls
from dashboard.session import Session
from dashboard.state import decode
from dashboard.turns import Turns
from dashboard.views.page import Page
from tests.integration.judged import ADA
from tests.integration.serving import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.service import Service
    from dashboard.views.island import Part

KNOWN: set[tuple[str, str]] = set()
"""Each part and text that a page has, whether anything was sent in it or not."""


class PutOff(Turns):
    """Keeps what a page has put off until somebody does it."""

    def __init__(self) -> None:
        self._acts: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._for_later: SimpleQueue[Callable[[], object]] = SimpleQueue()

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        del seconds
        self._for_later.put(act)

    def next(self, act: Callable[[], object]) -> None:
        self._acts.put(act)

    def take(self, *, later: bool = True) -> list[Callable[[], object]]:
        """Return what has been put off so far, to be done now.

        Parameters
        ----------
        later
            Also what may be put off further, since nobody waits for it.
        """
        queues = (self._acts, self._for_later) if later else (self._acts,)
        return [queue.get() for queue in queues for _ in range(queue.qsize())]


class Visit:
    """A page without a browser; what it has put off is done by `rest`."""

    def __init__(
        self,
        made: Service,
        query: str,
        texts: set[tuple[str, str, str]] | None = None,
        visitor: Visitor = LOCAL,
        *,
        connected: bool = True,
    ):
        self._document = Document()
        self._turns = PutOff()
        self._texts = set() if texts is None else texts
        self.visitor: Visitor | None = visitor
        with set_curdoc(self._document):
            self.session = Session(
                made,
                Urls(),
                self._document,
                visitor,
                lambda: self.visitor,
                0,
                self._turns,
            )
            self.session.state.show(decode(query))
            self.session.person = ADA.name
            self._page = Page(self.session)
            self._page.start()
            self._take()
        self.rest()
        if connected:
            self.connect()

    def connect(self) -> None:
        """Say the first thing that a page says, and wait until all is drawn."""
        with set_curdoc(self._document):
            self._page._theme(dark=False)
        self.rest()
        with set_curdoc(self._document):
            self._page._draw_all(self._page._snapshots.now)
        self.rest()

    def rest(self, *, later: bool = True) -> None:
        """Do what was put off, until nothing was for a while; see `PutOff.take`."""
        end = time.monotonic() + PATIENCE
        idle = 0
        while idle < 15:
            assert time.monotonic() < end
            put_off = self._turns.take(later=later)
            with set_curdoc(self._document):
                for act in put_off:
                    act()
            idle = 0 if put_off else idle + 1
            time.sleep(0.02)
        self._take()

    @property
    def parts(self) -> dict[str, Part]:
        return self._page.parts

    def act(self, part: str, **message: Any) -> None:
        self.send(part, **message)
        self.rest()

    def send(self, part: str, **message: Any) -> None:
        """Send a message without waiting for what comes of it."""
        with set_curdoc(self._document):
            self.parts[part].component.handle({"seq": 1, **message})

    def content(self, part: str, text: str = "content") -> Any:
        """Return what a part shows."""
        return json.loads(self.parts[part].component.texts[text] or "{}")

    def texts(self) -> dict[tuple[str, str], str]:
        """Return all that the page has, by part and text."""
        return {
            (name, text): content
            for name, part in self.parts.items()
            for text, content in part.component.texts.items()
        }

    def look(self) -> None:
        """Do what a page does twice a second."""
        with set_curdoc(self._document):
            self.session._look()

    def until(self, part: str, text: str) -> None:
        """Wait for a text that a thread is at work for."""

        def sent() -> bool:
            self.rest()
            return bool(self.parts[part].component.texts[text])

        wait_for(sent, f"for {part}.{text}")

    def close(self) -> None:
        with set_curdoc(self._document):
            self.session.close()

    def _take(self) -> None:
        for name, part in self.parts.items():
            for text, content in part.component.texts.items():
                KNOWN.add((name, text))
                if content:
                    self._texts.add((name, text, content))
