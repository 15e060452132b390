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
from hcs.qc import match_sites

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dashboard.plates.values import PlateOverview
    from dashboard.settings import Settings
    from hcs.layout import Position
    from hcs.qc import ImportedTable, OwnField, SiteMap, SiteRule

    Fields = Mapping[Position, Sequence[OwnField]]

PREFIX = "imported:"
"""Begins the id of an imported metric."""

WHOLE = ""
"""Instead of a field's name: a number that is the well's as a whole."""

STRANGE = "site "
"""Begins, instead of a field's name, a site of a table that is no field of ours. No
path holds a blank, so nothing that is said of our fields is said of it."""

_LIST = "imported-list"
_ROWS = "imported-rows"

MOST_METRICS = 500
"""Columns that one plate may have: more cannot be chosen from a list."""

Values = dict[str, list[tuple[str, float]]]
"""Numbers by label of the well; each with its field, `WHOLE` or `STRANGE`."""


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
    columns: tuple[tuple[str, int, float, float, int], ...]
    """Name, wells with a number, least and greatest, cells that are no number."""

    wells: int
    """Wells of the plate that it names."""

    unmatched: tuple[str, ...]
    """Wells that it names and the plate does not have."""

    missing: int
    """Wells with images that it does not name."""

    field_column: str
    site_rule: SiteRule
    sites: tuple[tuple[str, str, int], ...]
    """Field of the table, label of ours that it is, and in how many wells."""

    strange_sites: tuple[tuple[str, int], ...]
    """Fields of the table that are none of ours, and in how many wells."""

    left_out: tuple[str, ...]
    problems: tuple[str, ...]


def preview_import(
    table: ImportedTable, overview: PlateOverview, fields: Fields
) -> ImportPreview:
    """Return what a table would bring to a plate.

    Parameters
    ----------
    table
        What was read.
    overview
        The plate.
    fields
        Its fields, by well.
    """
    labels = places(overview)
    ours = labels.keys()
    sites = _sites(table, labels, fields)
    named = {well for well, _ in table.rows}
    here = {labels[well] for well in named if well in labels}
    present = {well.label for well in overview.wells if well.state == "present"}
    lost = sorted(named - set(labels))
    return ImportPreview(
        name=table.name,
        columns=tuple(
            (
                column.name,
                len(
                    {w for (w, _), row in table.rows.items() if column.name in row}
                    & ours
                ),
                column.low,
                column.high,
                column.not_numbers,
            )
            for column in table.columns
        ),
        wells=len(here),
        unmatched=tuple(f"row {row + 1}, column {column + 1}" for row, column in lost),
        missing=len(present - here),
        field_column=table.field_column or "",
        site_rule=sites.rule,
        sites=sites.matched,
        strange_sites=sites.unmatched,
        left_out=table.left_out,
        problems=table.problems,
    )


def _sites(
    table: ImportedTable, labels: Mapping[Position, str], fields: Fields
) -> SiteMap:
    sites = [(well, text) for well, text in table.rows if text and well in labels]
    return match_sites(sites, fields)


def places(overview: PlateOverview) -> dict[Position, str]:
    """Return the labels of a plate's wells by where their names say they are."""
    labels = {}
    for well in overview.wells:
        try:
            labels[parse_well(well.label)] = well.label
        except InvalidPathError:
            labels[well.row, well.column] = well.label
    return labels


class ImportStore:
    """Imported metrics of plates, in the workspace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # What a table holds never changes, so it is read once.
        self._tables: LRUCache[str, dict[str, Values]] = LRUCache(8)

    def metrics(self, overview: PlateOverview) -> tuple[ImportedMetric, ...]:
        """Return the columns that were taken for a plate."""
        return _listed(self._settings.get(_LIST, overview.id))

    def in_memory(self, overview: PlateOverview, column: str) -> bool:
        """Return whether the numbers of a column need not be read first."""
        table = self._table_of(overview, column)
        return table is None or self._tables.get(table) is not None

    def values(self, overview: PlateOverview, column: str) -> Values:
        """Return the numbers of a column; none where there is no such column."""
        table = self._table_of(overview, column)
        return {} if table is None else self._table(overview.id, table).get(column, {})

    def _table_of(self, overview: PlateOverview, column: str) -> str | None:
        listed = self.metrics(overview)
        return next(
            (metric.table for metric in listed if metric.column == column), None
        )

    def _table(self, plate: str, table: str) -> dict[str, Values]:
        rows = self._tables.get(table)
        if rows is None:
            rows = _from_json(self._settings.fresh(_ROWS, plate, table))
            self._tables.set(table, rows)
        return rows

    def take(
        self,
        overview: PlateOverview,
        table: ImportedTable,
        columns: Collection[str],
        who: str,
        fields: Fields,
    ) -> None:
        """Keep columns of a table as metrics; equal names of before are replaced.

        Parameters
        ----------
        overview, table
            The plate, and what was read.
        columns
            Names of those that become metrics.
        who
            Who says so.
        fields
            The plate's fields by well: a table's own are kept under their names.

        Raises
        ------
        RefusedError
            If no column is chosen, too many would be there, or no well is of this
            plate.
        """
        ticked = frozenset(columns)
        chosen = [column.name for column in table.columns if column.name in ticked]
        labels = places(overview)
        names = _sites(table, labels, fields).names
        rows = {column: _column(table, column, labels, names) for column in chosen}
        if not chosen:
            raise RefusedError("No column was chosen; tick those to take as metrics.")
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
        # First: who finds the list finds the rows.
        self._settings.put(rows, _ROWS, overview.id, id)
        try:
            self._replace(overview, chosen, made)
        except RefusedError:
            self._settings.put(None, _ROWS, overview.id, id)
            raise

    def remove(self, overview: PlateOverview, columns: Collection[str]) -> None:
        """Forget columns."""
        self._replace(overview, columns, ())

    def _replace(
        self,
        overview: PlateOverview,
        columns: Collection[str],
        made: Sequence[ImportedMetric],
    ) -> None:
        """List others instead of some columns, and forget tables without any."""
        unused: set[str] = set()
        replaced = frozenset(columns)

        def change(stored: Any) -> list[dict[str, str]] | None:
            before = _listed(stored)
            others = [metric for metric in before if metric.column not in replaced]
            after = [*others, *made]
            if made and len(after) > MOST_METRICS:
                raise RefusedError(
                    f"{len(made)} columns were chosen and {len(others)} are there "
                    f"already; a plate has up to {MOST_METRICS} imported metrics."
                )
            unused.clear()
            unused.update(
                {metric.table for metric in before} - {metric.table for metric in after}
            )
            return [
                {key: getattr(metric, key) for key in _FIELDS} for metric in after
            ] or None

        self._settings.change(change, _LIST, overview.id)
        for table in unused:
            self._settings.put(None, _ROWS, overview.id, table)


_FIELDS = ("column", "table", "source", "who", "when")


def _listed(stored: Any) -> tuple[ImportedMetric, ...]:
    return tuple(
        ImportedMetric(**{key: str(entry.get(key, "")) for key in _FIELDS})
        for entry in (stored if isinstance(stored, list) else [])
        if isinstance(entry, dict)
    )


def _column(
    table: ImportedTable,
    column: str,
    labels: Mapping[Position, str],
    names: Mapping[tuple[Position, str], str],
) -> Values:
    values: Values = {}
    for (well, site), row in table.rows.items():
        if well in labels and column in row:
            field = names.get((well, site), STRANGE + site) if site else WHOLE
            values.setdefault(labels[well], []).append((field, row[column]))
    return values


def _from_json(stored: Any) -> dict[str, Values]:
    if not isinstance(stored, dict):
        return {}
    return {
        column: {
            label: [(str(field), float(value)) for field, value in pairs]
            for label, pairs in wells.items()
        }
        for column, wells in stored.items()
    }
