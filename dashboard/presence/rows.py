"""The rows by which processes tell each other of their pages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from dashboard.presence.values import Present
from dashboard.storage.database import presence
from dashboard.storage.faults import patiently

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Engine

GONE_SECONDS = 20.0
"""A page that said nothing for so long is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRow:
    """Where a page is, as the database has it."""

    page: str
    """Digest of the page's token."""

    plate: str
    present: Present


class PresenceRows:
    """Reads and writes rows; one that is not written again grows old by itself.

    Thread safety: the engine's own; every call is one transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, rows: Collection[PresenceRow], moment: float) -> None:
        """Put rows in place of those of the same pages, and drop what is too old."""
        values = [
            {
                "token": row.page,
                "plate": row.plate,
                "who": row.present.who,
                "known": row.present.known,
                "well": row.present.well[:300],
                "field": row.present.field[:300],
                "deciding": int(row.present.deciding),
                "at": moment,
            }
            for row in rows
        ]
        pages = [row.page for row in rows]

        def write() -> None:
            with self._engine.begin() as connection:
                old = presence.c.token.in_(pages) | (
                    presence.c.at < moment - GONE_SECONDS
                )
                connection.execute(delete(presence).where(old))
                connection.execute(insert(presence), values)

        patiently(write)

    def read(self, plates: Collection[str]) -> dict[str, dict[str, Present]]:
        """Return who is where, by plate and page."""
        query = select(presence).where(
            presence.c.plate.in_(plates), presence.c.at > time.time() - GONE_SECONDS
        )
        pages: dict[str, dict[str, Present]] = {plate: {} for plate in plates}
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                pages[row["plate"]][row["token"]] = Present(
                    who=row["who"],
                    known=row["known"],
                    well=row["well"],
                    field=row["field"],
                    deciding=bool(row["deciding"]),
                )
        return pages

    def delete(self, pages: Collection[str]) -> None:
        """Drop the rows of pages that are gone."""
        with self._engine.begin() as connection:
            connection.execute(delete(presence).where(presence.c.token.in_(pages)))
