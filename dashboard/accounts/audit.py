"""Acts of accounts: who came in, what was refused, what was taken out.

They stand beside the ledger, which holds what was done to plates. The newest are kept,
so that nobody can fill the disk with them.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.storage.database import account_acts
from dashboard.storage.faults import patiently
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from dashboard.accounts.visitor import Visitor

_LOG = logging.getLogger(__name__)

MOST_ROWS = 100_000
"""Rows; the oldest go."""

_WAITING = 1000
"""Acts that are not written yet; where there are more, the newest are lost."""

_TRIM_EACH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAct:
    """An act of an account."""

    act: str
    """``"sign-in"``, ``"sign-in-failed"``, ``"sign-out"``, ``"refused"``,
    ``"export"``, ``"session-ended"`` or ``"users-changed"``."""

    who: str = ""
    """The name, as it was given where nobody has been let in by it."""

    known: str = ""
    """How the name is known, see `Visitor.known`; "" where it is not."""

    address: str = ""
    """Of the browser or proxy."""

    session: str = ""
    details: str = ""
    at: str = ""
    """UTC; set when it is added."""


class Audit:
    """Records what accounts do, and reads it back.

    Parameters
    ----------
    engine
        The workspace's database.
    submit
        Runs something in a thread.

    Notes
    -----
    Thread safety: one lock guards what waits to be written.
    """

    def __init__(
        self, engine: Engine, submit: Callable[[Callable[[], None]], object]
    ) -> None:
        self._engine = engine
        self._submit = submit
        self._lock = threading.Lock()
        self._waiting: deque[AccountAct] = deque()
        self._lost = 0
        self._written = 0

    def add(
        self,
        act: str,
        visitor: Visitor | None = None,
        *,
        who: str = "",
        address: str = "",
        details: str = "",
    ) -> None:
        """Record an act (fast); it is written in a thread.

        Parameters
        ----------
        act
            See `AccountAct.act`.
        visitor
            Whose act it is, where that is known.
        who
            The name that was given, where there is no visitor.
        address
            Of the browser or proxy.
        details
            In words; no secret.
        """
        moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        entry = AccountAct(
            act=act,
            who=plain_text(visitor.name or visitor.subject if visitor else who, 200),
            known=visitor.known if visitor else "",
            address=plain_text(address, 100),
            session=visitor.session if visitor else "",
            details=plain_text(details, 1000),
            at=moment.replace("+00:00", "Z"),
        )
        with self._lock:
            if len(self._waiting) >= _WAITING:
                self._lost += 1
                return
            self._waiting.append(entry)
            first = len(self._waiting) == 1
        if first:
            try:
                self._submit(self.write)
            except RuntimeError:  # the server ends, and writes the rest itself
                return

    def write(self) -> None:
        """Write what waits."""
        with self._lock:
            entries = list(self._waiting)
            self._waiting.clear()
            lost, self._lost = self._lost, 0
        if lost:
            _LOG.warning("%d acts of accounts were too many at once to be kept.", lost)
        if not entries:
            return
        try:
            patiently(lambda: self._insert(entries))
        except SQLAlchemyError:
            _LOG.warning("Acts of accounts could not be kept.", exc_info=True)

    def _insert(self, entries: list[AccountAct]) -> None:
        rows = [
            {name: getattr(entry, name) for name in AccountAct.__slots__}
            for entry in entries
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(account_acts), rows)
            if self._written % _TRIM_EACH < len(rows):
                newest = select(account_acts.c.id).order_by(account_acts.c.id.desc())
                last = connection.execute(newest.offset(MOST_ROWS).limit(1)).scalar()
                if last is not None:
                    connection.execute(
                        delete(account_acts).where(account_acts.c.id <= last)
                    )
        self._written += len(rows)

    def recent(self, limit: int = 200) -> list[AccountAct]:
        """Return the newest acts, newest first."""
        query = select(account_acts).order_by(account_acts.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            AccountAct(**{name: row[name] for name in AccountAct.__slots__})
            for row in rows
        ]
