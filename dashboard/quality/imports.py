"""Measurements of other programs, kept beside our own while people want them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dashboard.errors import RefusedError
from dashboard.text import plain_text
from hcs.cache import LRUCache
from hcs.errors import InvalidPathError
from hcs.layout import parse_well

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dashboard.plates.values import PlateOverview
    from dashboard.settings import Settings
    from hcs.layout import Position
    from hcs.qc.imported import ImportedTable

PREFIX = "imported:"
"""Begins the id of an imported metric."""

WHOLE = ""
"""Instead of a field's name: a number that is the well's as a whole."""

_LIST = "imported-list"
_ROWS = "imported-rows"

_MOST = 500
"""Columns that one plate may have: more cannot be chosen from a list."""

Values = dict[str, list[tuple[str, float]]]
"""Numbers by label of the well; each with its field, "" for the well as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMetric:
    """A column that was taken."""

    column: str
    table: str
    """Id of the table."""

    source: str
    """Name of the file."""

    who: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What a table would bring, for a person to look at."""

    name: str
    columns: tuple[tuple[str, int, float, float], ...]
    """Name, wells with a number, least and greatest."""

    wells: int
    """Wells of the plate that it names."""

    unmatched: tuple[str, ...]
    """Wells that it names and the plate does not have."""

    missing: int
    """Wells with images that it does not name."""

    field_column: str
    left_out: tuple[str, ...]
    problems: tuple[str, ...]


def preview_import(table: ImportedTable, overview: PlateOverview) -> ImportPreview:
    """Return what a table would bring to a plate."""
    labels = places(overview)
    named = {well for well, _ in table.rows}
    here = {labels[well] for well in named if well in labels}
    present = {well.label for well in overview.wells if well.state == "present"}
    lost = sorted(named - set(labels))
    return ImportPreview(
        name=table.name,
        columns=tuple(
            (
                one.name,
                len(
                    {w for (w, _), row in table.rows.items() if one.name in row}
                    & set(labels)
                ),
                one.low,
                one.high,
            )
            for one in table.columns
        ),
        wells=len(here),
        unmatched=tuple(f"row {row + 1}, column {column + 1}" for row, column in lost),
        missing=len(present - here),
        field_column=table.field_column or "",
        left_out=table.left_out,
        problems=table.problems,
    )


def places(overview: PlateOverview) -> dict[Position, str]:
    """Return the labels of a plate's wells by where their names say they are."""
    found = {}
    for well in overview.wells:
        try:
            found[parse_well(well.label)] = well.label
        except InvalidPathError:
            found[well.row, well.column] = well.label
    return found


class ImportBook:
    """Imported metrics of plates, in the workspace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # What a table holds never changes, so it is read once.
        self._tables: LRUCache[str, dict[str, Values]] = LRUCache(8)

    def metrics(self, overview: PlateOverview) -> tuple[ImportedMetric, ...]:
        """Return the columns that were taken for a plate."""
        told = self._settings.get(_LIST, overview.id)
        return tuple(
            ImportedMetric(**{key: str(one.get(key, "")) for key in _FIELDS})
            for one in (told if isinstance(told, list) else [])
            if isinstance(one, dict)
        )

    def values(self, overview: PlateOverview, column: str) -> Values:
        """Return the numbers of a column; none where there is no such column."""
        for one in self.metrics(overview):
            if one.column == column:
                return self._table(overview.id, one.table).get(column, {})
        return {}

    def _table(self, plate: str, table: str) -> dict[str, Values]:
        found = self._tables.get(table)
        if found is None:
            told = self._settings.get(_ROWS, plate, table)
            found = _from_json(told)
            self._tables.set(table, found)
        return found

    def take(
        self,
        overview: PlateOverview,
        table: ImportedTable,
        columns: Collection[str],
        who: str,
    ) -> None:
        """Keep columns of a table as metrics; equal names of before are replaced.

        Raises
        ------
        RefusedError
            If no column or too many would be there, or no well is of this plate.
        """
        chosen = [one.name for one in table.columns if one.name in columns]
        kept = [one for one in self.metrics(overview) if one.column not in chosen]
        if not chosen or len(chosen) + len(kept) > _MOST:
            raise RefusedError(
                f"{len(chosen)} columns were chosen and {len(kept)} are there already; "
                f"a plate has 1 to {_MOST} imported metrics."
            )
        labels = places(overview)
        rows = {column: _column(table.rows, column, labels) for column in chosen}
        if not any(rows.values()):
            raise RefusedError(f"{table.name} names no well of this plate.")
        id = uuid.uuid4().hex
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made = [
            ImportedMetric(
                column=column,
                table=id,
                source=plain_text(table.name, 200),
                who=who,
                when=now,
            )
            for column in chosen
        ]
        self._settings.put(rows, _ROWS, overview.id, id)
        self._write_list(overview, [*kept, *made])

    def remove(self, overview: PlateOverview, columns: Collection[str]) -> None:
        """Forget columns."""
        before = self.metrics(overview)
        kept = [one for one in before if one.column not in columns]
        self._write_list(overview, kept)

    def _write_list(self, overview: PlateOverview, kept: list[ImportedMetric]) -> None:
        before = {one.table for one in self.metrics(overview)}
        value = [{key: getattr(one, key) for key in _FIELDS} for one in kept]
        self._settings.put(value or None, _LIST, overview.id)
        for table in before - {one.table for one in kept}:
            self._settings.put(None, _ROWS, overview.id, table)


_FIELDS = ("column", "table", "source", "who", "when")


def _column(
    rows: Mapping[tuple[Position, str | None], Mapping[str, float]],
    column: str,
    labels: Mapping[Position, str],
) -> Values:
    found: Values = {}
    for (well, field), row in rows.items():
        if well in labels and column in row:
            found.setdefault(labels[well], []).append((field or WHOLE, row[column]))
    return found


def _from_json(told: Any) -> dict[str, Values]:
    if not isinstance(told, dict):
        return {}
    return {
        column: {
            label: [(str(field), float(value)) for field, value in pairs]
            for label, pairs in wells.items()
        }
        for column, wells in told.items()
    }
