"""The append-only record of what was done to plates from here."""

from __future__ import annotations

import dataclasses
import datetime
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from dashboard.storage.database import events
from dashboard.storage.faults import patiently

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act on a plate."""

    action: str
    """``"commit-begun"``, then ``"commit"``, ``"commit-failed"`` or, where the server
    died in between, ``"commit-interrupted"``; ``"revert"`` or ``"revert-failed"``."""

    plate: str
    """Id of the plate."""

    location: str
    who: str
    known: str
    well: str = ""
    field: str = ""
    version: str = ""
    supersedes: str = ""
    why: str = ""
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    at: str = ""
    """UTC; set when it is recorded."""


def now() -> str:
    """Return the present time as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.datetime.now(datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Events:
    """Records acts and reads them back, oldest first.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, act: Event) -> None:
        """Add one row; when this returns, it is on disk."""
        row = {
            "at": now(),
            "plate": act.plate,
            "location": act.location,
            "well": act.well,
            "field": act.field,
            "action": act.action,
            "version": act.version,
            "supersedes": act.supersedes,
            "who": act.who,
            "known": act.known,
            "why": act.why,
            "details": json.dumps(dict(act.details), ensure_ascii=False),
        }
        patiently(lambda: self._insert(row))

    def _insert(self, row: Mapping[str, str]) -> None:
        with self._engine.begin() as connection:
            connection.execute(insert(events).values(**row))

    def unfinished(self, plate: str) -> tuple[Event, ...]:
        """Return the commits that were begun and of which no end was recorded."""
        begun: dict[tuple[str, str], list[Event]] = {}
        for act in self.of_plate(plate):
            open_commits = begun.setdefault((act.well, act.field), [])
            if act.action == "commit-begun":
                open_commits.append(act)
            elif act.action.startswith("commit") and open_commits:
                open_commits.pop()
        return tuple(act for acts in begun.values() for act in acts)

    def of_plate(self, plate: str) -> tuple[Event, ...]:
        """Return the acts on a plate in the order in which they were recorded."""
        query = select(events).where(events.c.plate == plate).order_by(events.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(
            Event(
                **{name: row[name] for name in row if name not in ("id", "details")},
                details=json.loads(row["details"]),
            )
            for row in rows
        )
