"""How many pages and connections there are at once; a word for who is one too many.

A page holds memory here until its browser leaves: a program that opens one after the
other would take all of it. Those that no browser is connected with are fewer: a page
connects within seconds of its HTML, and whoever only asks for that never does.

Connections that have asked nothing, or not to the end, keep nobody out: one that comes
takes the place of the one that has been silent for longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tornado.ioloop import IOLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dashboard.accounts import Visitor

AGAIN_SECONDS: Final = 60
"""After which who was turned away may try again: the life of a page that no browser is
connected with."""

IDLE_SECONDS: Final = 75.0
"""That a connection may be silent between requests; longer than proxies keep theirs."""

ASKING_SECONDS: Final = 20.0
"""In which the first request of a connection has come with all of its header: a slow
line takes a second, and a browser that connects ahead can connect again."""

_LOADING_SHARE: Final = 0.4
"""Part of the pages that may have no browser connected: all people of a laboratory who
come within a minute, and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a server has at once at most; each page takes some 0.5 MB."""

    pages: int = 400
    person_pages: int = 100
    """Of one person who signed in; without a sign-in all are one to the server."""

    connections: int = 800
    """A system gives a process 1024 files and connections, unless it is told more."""


class Admission:
    """Lets pages and connections in as long as there is room.

    Parameters
    ----------
    capacity
        How much room there is.
    pages
        Returns of each open page whose it is and whether a browser is connected.
    """

    def __init__(
        self, capacity: Capacity, pages: Callable[[], Iterable[tuple[str, bool]]]
    ) -> None:
        self.capacity = capacity
        self._pages = pages
        self._silent: dict[Any, object | None] = {}
        """Streams of connections that have no whole request, that of longest ago first,
        and what ends them in time if it would be their first."""

        self._asked: set[Any] = set()
        self._leaving: set[Any] = set()
        self._coming: dict[object, str] = {}
        """Whose pages are being made, by their connections."""

        self.connections: Callable[[], int] = lambda: 0
        """How many there are."""

    def guard(self, server: Any) -> None:
        """Count the connections of a Tornado server; the most of all get no answer."""
        accept, forget = server.handle_stream, server.on_close
        self.connections = lambda: len(server._connections) - len(self._leaving)
        most = self.capacity.connections + max(1, self.capacity.connections // 10)

        def handle_stream(stream: Any, address: object) -> None:
            if self.connections() >= self.capacity.connections:
                self._make_room()
            if self.connections() >= most:
                stream.close()
            else:
                self.expect(stream)
                accept(stream, address)

        def on_close(connection: Any) -> None:
            self.closed(connection.stream)
            forget(connection)

        server.handle_stream = handle_stream
        # What answers requests does not hear of the end: Tornado keeps that to itself.
        server.on_close = on_close

    def expect(self, stream: Any) -> None:
        """Note that the next request of a connection has yet to come."""
        if stream in self._silent:
            return
        end = None
        if stream not in self._asked:
            end = IOLoop.current().call_later(ASKING_SECONDS, stream.close)
        self._silent[stream] = end

    def asked(self, stream: Any) -> None:
        """Note that a request has come with all of its header."""
        self._asked.add(stream)
        self._expect_no_more(stream)

    def closed(self, stream: Any) -> None:
        """Forget a connection that has ended."""
        self._expect_no_more(stream)
        self._asked.discard(stream)
        self._leaving.discard(stream)

    def _expect_no_more(self, stream: Any) -> None:
        end = self._silent.pop(stream, None)
        if end is not None:
            IOLoop.current().remove_timeout(end)

    def _make_room(self) -> None:
        """Close the connection that has been silent for longest."""
        stream = next(iter(self._silent), None)
        if stream is not None:
            self._expect_no_more(stream)
            self._leaving.add(stream)
            stream.close()

    def reason_against_connection(self) -> str:
        """Return why a request is not answered, "" where it is."""
        if self.connections() <= self.capacity.connections:
            return ""
        return (
            f"The server has {self.capacity.connections} connections, as many as it "
            f"may. Try again in a minute."
        )

    def reason_against_page(self, visitor: Visitor) -> tuple[int, str] | None:
        """Return status and sentence why somebody gets no further page."""
        pages = [*self._pages(), *((owner, False) for owner in self._coming.values())]
        mine = (
            [] if visitor.types_name else [p for p in pages if p[0] == visitor.subject]
        )
        for status, here, limit, text in (
            (429, mine, self.capacity.person_pages, _MINE),
            (503, pages, self.capacity.pages, _ALL),
        ):
            loading = max(1, round(_LOADING_SHARE * limit))
            if len(here) >= limit:
                return status, text.format(f"{limit} pages are open")
            if sum(not connected for _, connected in here) >= loading:
                return status, text.format(f"{loading} pages are being loaded")
        return None

    def begin(self, connection: object, visitor: Visitor) -> None:
        """Count a page that is about to be made, until `end`."""
        self._coming[connection] = visitor.subject

    def end(self, connection: object) -> None:
        """Count it no more: it is open now, or its browser has left."""
        self._coming.pop(connection, None)


_MINE = (
    "{} in your name, as many as one person may have. Close those that you do not "
    "need, and try again in a minute."
)
_ALL = (
    "{} at this server, as many as it may have. Try again in a minute; whoever keeps "
    "the server can allow more (--max-pages)."
)
