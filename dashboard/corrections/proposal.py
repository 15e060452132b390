"""What some uploads are for, as pages see it and people correct it."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboard.errors import NotServedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.corrections.values import Staged
    from hcs.ingest import MatchTable

_MOST = 200
"""Proposals that stay; the oldest of all goes for another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The table of one drop of files; nothing of it is staged.

    The id of a row is that of its first upload. A row's picture is at
    ``pixels/staged/<id of the row>/...``.
    """

    id: str
    """Unguessable."""

    key: str
    """Of the plate."""

    table: MatchTable


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStaged:
    """A field of a proposal that could not be staged."""

    well: str
    field_label: str
    reason: str
    """Why, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedProposal:
    """What came of staging a proposal."""

    staged: tuple[Staged, ...]
    """One a field, in the order of the plate."""

    failed: tuple[NotStaged, ...] = ()


@dataclass(slots=True)
class _Entry:
    proposal: Proposal
    token: str
    owner: str


class Proposals:
    """The proposals of all pages, in memory.

    Thread safety: one lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._table: dict[str, _Entry] = {}

    def add(self, key: str, table: MatchTable, token: str, owner: str) -> Proposal:
        """Take a table in."""
        proposal = Proposal(id=secrets.token_urlsafe(18), key=key, table=table)
        with self._lock:
            while len(self._table) >= _MOST:
                del self._table[next(iter(self._table))]
            self._table[proposal.id] = _Entry(proposal, token, owner)
        return proposal

    def get(self, identifier: str, owner: str) -> Proposal:
        """Return a proposal of a visitor.

        Raises
        ------
        NotServedError
            If there is none of this id (any more), or it is somebody else's.
        """
        return self._entry(identifier, owner).proposal

    def token(self, identifier: str, owner: str) -> str:
        """Return the page whose uploads a proposal is of."""
        return self._entry(identifier, owner).token

    def change(
        self, identifier: str, owner: str, change: Callable[[MatchTable], MatchTable]
    ) -> Proposal:
        """Put another table in the place of a proposal's and return it."""
        entry = self._entry(identifier, owner)
        with self._lock:
            table = change(entry.proposal.table)
            entry.proposal = replace(entry.proposal, table=table)
            return entry.proposal

    def drop(self, identifier: str, owner: str) -> None:
        """Forget a proposal; its uploads stay."""
        self._entry(identifier, owner)
        with self._lock:
            self._table.pop(identifier, None)

    def close(self, token: str) -> None:
        """Forget the proposals of a page."""
        with self._lock:
            gone = [key for key, entry in self._table.items() if entry.token == token]
            for key in gone:
                del self._table[key]

    def _entry(self, identifier: str, owner: str) -> _Entry:
        with self._lock:
            entry = self._table.get(identifier)
        if entry is None or entry.owner != owner:
            raise NotServedError(
                "There is no such table of files; its page may have been closed."
            )
        return entry
