"""Acts of several people, written to a plate's ledger in the order of their coming.

Those that wait at the same time are written in one transaction, where none changes what
another is about: a transaction is alone on its plate for some round trips to the
database, and fifty people would stand in line for one each.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.reviews.acts import check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.reviews.acts import ReviewAct, Subject
    from dashboard.reviews.verdicts import Verdicts


@dataclass(slots=True, eq=False)
class Entry:
    """What somebody does, until it is in the ledger."""

    make: Callable[[Verdicts], Sequence[ReviewAct]]
    """Gets what holds, and returns the acts; raises where they must not be."""

    about: frozenset[Subject] | None = None
    """All that it is about, None where it may depend on everything."""

    signing: bool = False
    """Nobody may change settings in between either."""

    ended: bool = False
    error: BaseException | None = None
    """Why it is not in the ledger."""

    def acts(self, verdicts: Verdicts) -> list[ReviewAct]:
        """Return what is to be added: nothing where `error` then says why."""
        self.error = None  # of a time when the database had failed
        try:
            return [check(act) for act in self.make(verdicts)]
        except Exception as error:  # noqa: BLE001 - of whoever it is about, who raises it
            self.error = error
            return []


class WriteQueue:
    """Entries that wait, and the one thread of this process that writes."""

    def __init__(self) -> None:
        self._waiting: deque[Entry] = deque()
        self._arriving = threading.Lock()
        self._writing = threading.Lock()

    def put(self, entry: Entry, write: Callable[[Sequence[Entry]], object]) -> None:
        """Return when an entry is written, with all that had come before it.

        Parameters
        ----------
        entry
            What is to be written.
        write
            Adds what some entries make in one transaction. Raises what kept all of them
            from it, and notes in an entry what kept it alone.

        Raises
        ------
        BaseException
            What kept the entry from the ledger.
        """
        with self._arriving:
            self._waiting.append(entry)
        with self._writing:
            while not entry.ended:
                _write(self._next_group(), write)
        if entry.error is not None:
            raise entry.error

    def _next_group(self) -> list[Entry]:
        """Take the entries that come next and can be written together."""
        with self._arriving:
            group = [self._waiting.popleft()]
            about = group[0].about
            while about is not None and self._waiting:
                further = self._waiting[0].about
                if further is None or not about.isdisjoint(further):
                    break
                about |= further
                group.append(self._waiting.popleft())
            return group


def _write(group: Sequence[Entry], write: Callable[[Sequence[Entry]], object]) -> None:
    for entry in group:
        entry.error = None  # of a time when it was written with others
    try:
        write(group)
    except BaseException as error:  # noqa: BLE001 - of whoever it is about, who raises it
        if len(group) > 1:
            # What one of them has brought must not keep the others from the ledger.
            for entry in group:
                _write([entry], write)
            return
        group[0].error = error
    for entry in group:
        entry.ended = True
