"""How many pages and connections there are at once; a word for who is one too many.

A page holds memory here until its browser leaves: a program that opens one after the
other would take all of it. Those that no browser is connected with are fewer: a page
connects within seconds of its HTML, and whoever only asks for that never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dashboard.accounts import Visitor

AGAIN_SECONDS: Final = 60
"""After which who was turned away may try again: the life of a page that no browser is
connected with."""

IDLE_SECONDS: Final = 75.0
"""That a connection may be silent between requests, or before it has asked anything;
longer than proxies keep theirs."""


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
        self._coming: dict[object, str] = {}
        """Whose pages are being made, by their connections."""

        self.connections: Callable[[], int] = lambda: 0
        """How many there are."""

    def guard(self, server: Any) -> None:
        """Count the connections of a Tornado server; the most of all get no answer."""
        accept = server.handle_stream
        self.connections = lambda: len(server._connections)
        most = self.capacity.connections + max(1, self.capacity.connections // 10)

        def handle_stream(stream: Any, address: object) -> None:
            if self.connections() >= most:
                stream.close()
            else:
                accept(stream, address)

        server.handle_stream = handle_stream

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
