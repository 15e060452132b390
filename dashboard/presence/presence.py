"""Who looks at what now, over all processes that share the database.

A page says where it is; what others say is read at most every half second a plate and
process, so it costs a query and not one a page.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.presence.rows import GONE_SECONDS, PresenceRow, PresenceRows
from dashboard.presence.values import Present
from dashboard.storage.faults import DatabaseFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from hcs.metadata import Who

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How long what another process's pages do may go unnoticed."""

BEAT_SECONDS = 5.0
"""How often a page that does not move says that it is still there."""


@dataclass(slots=True)
class _PagePresence:
    plate: str
    present: Present
    written_at: float = 0.0
    """When its row was written last, on the wall clock; 0 where it must be."""

    seen_at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class _Listing:
    """All on a plate, made once for all pages that show them."""

    everybody: tuple[tuple[str, Present], ...]
    """In the order in which they are shown."""

    people: frozenset[tuple[str, str, bool]]
    """Who it is, and whether they are deciding."""

    by_well: dict[str, tuple[str, ...]]
    """Whose pages are at a well."""

    @classmethod
    def of(cls, everybody: dict[str, Present]) -> _Listing:
        by_well: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for name, present in everybody.items():
            by_well[present.well] += (name,)
        return cls(
            tuple(
                sorted(
                    everybody.items(),
                    key=lambda item: (item[1].who.lower(), item[1].well),
                )
            ),
            frozenset(
                (name, present.who, present.deciding)
                for name, present in everybody.items()
            ),
            dict(by_well),
        )


class Presence:
    """Tells pages of each other.

    Parameters
    ----------
    engine
        Where processes meet.
    submit
        Runs something in a thread.
    hidden
        Whether nobody may know of others on a plate, by its id: a blind round.

    Notes
    -----
    Thread safety: one lock guards the tables; the database is asked outside it.
    """

    def __init__(
        self,
        engine: Engine,
        submit: Callable[[Callable[[], None]], object],
        hidden: Callable[[str], bool] = lambda plate: False,
    ) -> None:
        self._rows = PresenceRows(engine)
        self._submit = submit
        self._hidden = hidden
        self._lock = threading.Lock()
        self._pages: dict[str, _PagePresence] = {}
        self._leaving: set[str] = set()
        """Pages that are gone, and whose rows may still be there."""

        self._away: set[str] = set()
        """Those whose browser has said good-bye, while their session still lives."""

        self._others: dict[str, dict[str, Present]] = {}
        self._listed: dict[str, _Listing] = {}
        """All on a plate, until it changes."""

        self._changes: Counter[str] = Counter()
        """How often who is on a plate, and where, has changed."""

        self._read_at: dict[str, float] = {}
        self._working = False
        self._work_again = False

    def touch(
        self,
        token: str,
        plate: str,
        who: Who | None,
        *,
        well: str = "",
        field: str = "",
        deciding: bool = False,
    ) -> None:
        """Say where a page is (fast); the same again costs nothing.

        Parameters
        ----------
        token
            Of the page's session.
        plate
            Id of the plate (`PlateOverview.id`), "" where none is open.
        who
            Who looks.
        well, field
            Label of the well, and name of the field, where one is open.
        deciding
            They are about to give a verdict.
        """
        name = _hashed(token)
        now = Present(
            who=who.name if who else "",
            known=who.known if who else "",
            well=well,
            field=field,
            deciding=deciding,
        )
        with self._lock:
            if name in self._away:
                return
            page = self._pages.get(name)
            if page is not None and (page.plate, page.present) == (plate, now):
                page.seen_at = time.monotonic()
                return
            moved = page is not None and page.plate == plate
            # Only other servers need its row, and where there is none it may be old.
            alone = not any(self._others.values())
            written_at = page.written_at if page and moved and alone else 0.0
            self._pages[name] = _PagePresence(plate, now, written_at)
            self._changed(plate, page.plate if page else plate)
        if not moved:
            self._sync()  # else with the next look at what others do

    def browser_closed(self, token: str) -> None:
        """Say that a page's browser has closed it (fast).

        Its session lives on for a while, and what it says of itself counts no more
        until `shown`: a browser may show a page again that it has put aside.
        """
        with self._lock:
            self._away.add(_hashed(token))
        self._leave(token)

    def shown(self, token: str) -> None:
        """Say that a page is shown again (fast)."""
        with self._lock:
            self._away.discard(_hashed(token))

    def session_ended(self, token: str) -> None:
        """Say that a page's session has ended (fast)."""
        self._leave(token)
        self.shown(token)

    def _leave(self, token: str) -> None:
        name = _hashed(token)
        with self._lock:
            page = self._pages.pop(name, None)
            if page is None:
                return
            self._leaving.add(name)
            self._changed(page.plate)
        with contextlib.suppress(RuntimeError):  # the server is stopping
            self._sync()

    def close(self) -> None:
        """Say that all pages of this process are gone.

        Also those that have left, where no thread came to say so any more.
        """
        with self._lock:
            names = [*self._pages, *self._leaving]
            self._pages.clear()
        self._delete(names)

    def look(self, token: str, plate: str) -> int:
        """Return a number that changes with who has a plate open, and where (fast).

        A page asks each half second, which also says that it is still there. 0 while a
        blind round is open, and nobody may know of others.
        """
        moment = time.monotonic()
        with self._lock:
            page = self._pages.get(_hashed(token))
            if page is not None:
                page.seen_at = moment
            due = moment - self._read_at.get(plate, -LOOK_SECONDS) >= LOOK_SECONDS
            if due:
                self._read_at[plate] = moment
            number = 1 + self._changes[plate]
        if due:
            self._sync()
        return 0 if self._hidden(plate) else number

    def others(self, token: str, plate: str) -> tuple[Present, ...]:
        """Return who else has a plate open (fast).

        Nobody, while a blind round is open.
        """
        if self.look(token, plate) == 0:
            return ()
        own = _hashed(token)
        with self._lock:
            everybody = self._listing(plate).everybody
        return tuple(present for name, present in everybody if name != own)

    def near(self, token: str, plate: str, well: str) -> tuple[object, ...]:
        """Return what is another value once a page should soon be told (fast).

        That is who is on the plate and who decides, and who else is at the page's well.
        It is asked for by all pages after each move of one.
        """
        if self._hidden(plate):
            return ()
        own = _hashed(token)
        with self._lock:
            listing = self._listing(plate)
        at_well = listing.by_well.get(well, ()) if well else ()
        return listing.people, tuple(name for name in at_well if name != own)

    # --- inside -----------------------------------------------------------------------

    def _listing(self, plate: str) -> _Listing:
        """Return all on a plate; the lock is held."""
        listing = self._listed.get(plate)
        if listing is None:
            everybody = dict(self._others.get(plate, {}))
            everybody |= {
                name: page.present
                for name, page in self._pages.items()
                if page.plate == plate
            }
            listing = self._listed[plate] = _Listing.of(everybody)
        return listing

    def _changed(self, *plates: str) -> None:
        """Note that who is on plates has changed; the lock is held."""
        for plate in plates:
            self._changes[plate] += 1
            self._listed.pop(plate, None)

    def _sync(self) -> None:
        with self._lock:
            if self._working:
                self._work_again = True
                return
            self._working = True
        try:
            self._submit(self._work)
        except RuntimeError:
            self._working = False
            raise

    def _work(self) -> None:
        while True:
            with self._lock:
                self._work_again = False
                leaving = list(self._leaving)
            try:
                self._delete(leaving)
                self._write()
                self._read()
            except DatabaseFault:
                pass  # the log has it once; it is done again in half a second
            except Exception:  # noqa: BLE001 - so is it here
                _LOG.warning("Who is here cannot be told.", exc_info=True)
            with self._lock:
                if not self._work_again:
                    self._working = False
                    return

    def _write(self) -> None:
        """Write what has changed, and that those who stay are still there."""
        moment, wall = time.monotonic(), time.time()
        with self._lock:
            ages = {
                name: wall - page.written_at
                for name, page in self._pages.items()
                if moment - page.seen_at < GONE_SECONDS
            }
            if all(age <= BEAT_SECONDS for age in ages.values()):
                return
            # Together with those that would be due soon, in one transaction.
            due = {
                name: self._pages[name]
                for name, age in ages.items()
                if age > BEAT_SECONDS / 2
            }
            rows = [
                PresenceRow(page=name, plate=page.plate, present=page.present)
                for name, page in due.items()
            ]
        self._rows.write(rows, wall)
        with self._lock:
            for page in due.values():
                page.written_at = wall

    def _read(self) -> None:
        with self._lock:
            plates = {page.plate for page in self._pages.values()} - {""}
        if not plates:
            return
        others = self._rows.read(plates)
        with self._lock:
            # Pages of this process are known better than their rows, which may be of
            # before they left.
            for pages in others.values():
                for name in (*self._pages, *self._leaving):
                    pages.pop(name, None)
            before, self._others = self._others, others
            self._changed(
                *(
                    plate
                    for plate in before.keys() | others.keys()
                    if before.get(plate, {}) != others.get(plate, {})
                )
            )

    def _delete(self, names: list[str]) -> None:
        if not names:
            return
        try:
            self._rows.delete(names)
        except DatabaseFault:
            return
        except Exception:  # noqa: BLE001 - tried again; its row grows old by itself
            _LOG.warning("A page that left cannot be forgotten.", exc_info=True)
            return
        with self._lock:
            self._leaving.difference_update(names)


@lru_cache(1000)
def _hashed(token: str) -> str:
    """Return what others may see of a token, which is as good as a password."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]
