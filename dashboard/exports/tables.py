"""Decisions and metrics as tables, a line a well or a line a field."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.quality.scores import COMPLETENESS, SUSPICION
from dashboard.reviews.acts import Subject, field_key
from dashboard.text import Cell, safe_cell
from hcs.errors import HCSError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.corrections.values import VersionView
    from dashboard.plates.values import FieldView, PlateOverview, WellState
    from dashboard.projects.rules import ReviewRules
    from dashboard.quality.values import FieldValues, MetricInfo, MetricValues
    from dashboard.reviews.values import HeldVerdict, PlateReview
    from dashboard.service import Service

_WHOLE = (COMPLETENESS, SUSPICION)
"""Metrics of a well that are no summary of its fields' values."""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Columns and rows; a missing value is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> str:
        """Return it as CSV that no spreadsheet executes."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(map(safe_cell, self.columns))
        writer.writerows([[safe_cell(cell) for cell in row] for row in self.rows])
        return text.getvalue()

    def parquet(self) -> bytes:
        """Return it as a Parquet file; numbers stay numbers, nothing is changed.

        Raises
        ------
        MissingExtraError
            Without pyarrow.
        """
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise MissingExtraError(
                "Parquet needs pyarrow; install hcs-dashboard[parquet], or export CSV."
            ) from error
        columns = {
            name: [row[index] for row in self.rows]
            for index, name in enumerate(self.columns)
        }
        table = pyarrow.table(
            {name: _column(pyarrow, cells) for name, cells in columns.items()}
        )
        out = io.BytesIO()
        parquet.write_table(table, out)
        return out.getvalue()

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows as mappings."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def _column(pyarrow: Any, cells: Sequence[Cell]) -> Any:
    """Return a column of one type: text as soon as there is one."""
    if any(isinstance(cell, str) for cell in cells):
        texts = [None if cell is None else str(cell) for cell in cells]
        return pyarrow.array(texts, pyarrow.string())
    if any(isinstance(cell, float) for cell in cells):
        return pyarrow.array(cells, pyarrow.float64())
    if any(isinstance(cell, int) for cell in cells):
        return pyarrow.array(cells, pyarrow.int64())
    return pyarrow.nulls(len(cells), pyarrow.float64())


class PlateTables:
    """Makes the tables of one plate, as it is at this moment.

    Reads every well, so it belongs into a thread.

    Parameters
    ----------
    service
        Answers for the plate.
    key
        Of the plate.
    """

    def __init__(self, service: Service, key: str) -> None:
        self._service = service
        self._key = key
        self.overview: PlateOverview = service.plates.overview(key)
        self.review: PlateReview = service.reviews.read(key)
        self.rules: ReviewRules = service.projects.rules(key)
        self.metrics: tuple[MetricInfo, ...] = service.quality.metrics(key)
        self.values: dict[str, MetricValues] = {
            info.id: service.quality.values(key, info.id) for info in self.metrics
        }

    def wells(self) -> DecisionTable:
        """Return a line for each well that the plate lists."""
        return _table(self._well(well) for well in self._listed())

    def fields(self) -> DecisionTable:
        """Return a line for each field that can be found."""
        return _table(row for well in self._listed() for row in self._fields(well))

    def _listed(self) -> list[WellState]:
        return [well for well in self.overview.wells if well.state != "not_acquired"]

    def _well(self, well: WellState) -> dict[str, Cell]:
        fields = self._service.plates.well(self._key, well.label).fields
        subject = Subject(well.path)
        out = [field for field in fields if self._excluded(well, field)]
        used = len(fields) - len(out)
        return {
            **self._place(well),
            "state": well.state,
            "fields": len(fields),
            "fields_expected": well.expected_fields,
            "fields_used": f"{used} of {len(fields)}",
            **self._judged(subject),
            "version": ";".join(
                f"{field_key(field.name, field.acquisition)}={field.version}"
                for field in fields
            ),
            **self._corrected(well, fields),
            **self._well_metrics(well),
        }

    def _fields(self, well: WellState) -> Iterable[dict[str, Cell]]:
        fields = self._service.plates.well(self._key, well.label).fields
        values = self._values(well)
        for index, field in enumerate(fields):
            subject = Subject(well.path, field.name, field.acquisition)
            measured = values.get((field.name, field.acquisition), {})
            yield {
                **self._place(well),
                "field": field.label,
                "field_name": field.name,
                "field_path": f"{well.path}/{field.name}",
                "field_index": index,
                "acquisition": field.acquisition,
                "state": "unreadable" if field.error else "present",
                **self._judged(subject),
                "version": field.version,
                **self._corrected(well, [field]),
                **{
                    info.id: measured.get(info.id)
                    for info in self.metrics
                    if info.id not in _WHOLE
                },
            }

    def _place(self, well: WellState) -> dict[str, Cell]:
        named = dict(well.conditions)
        row_index, column_index = self.overview.indices(well)
        return {
            "plate_id": self.overview.id,
            "plate": self.overview.name,
            "well": well.label,
            "well_path": well.path,
            "row": self.overview.rows[well.row],
            "column": self.overview.columns[well.column],
            "row_index": row_index,
            "column_index": column_index,
            **{
                f"condition_{name}": named.get(name, "")
                for name in self.overview.condition_names
            },
        }

    def _judged(self, subject: Subject) -> dict[str, Cell]:
        held, source = self._held(subject)
        act = held.act if held else None
        amended = held.amended if held else None
        signed = self.review.signed
        return {
            "qc_exclude": int(self.review.excluded(subject)),
            "verdict": act.verdict if act else "",
            "verdict_source": source,
            "reviewed": "yes" if act and source != "inherited" else "",
            "stale": ("yes" if held.stale else "no") if held else "",
            "basis": act.basis if act else "",
            "reason": act.reason if act else "",
            "reason_text": self.rules.words(act.reason) if act else "",
            "note": act.note if act else "",
            "reviewer": act.who if act else "",
            "reviewer_known": act.known if act else "",
            "decided_at": act.at if act else "",
            "settings_revision": act.settings if act else "",
            "amended_by": amended.who if amended else "",
            "amended_at": amended.at if amended else "",
            "signed_off": signed.text if signed else "",
        }

    def _held(self, subject: Subject) -> tuple[HeldVerdict | None, str]:
        """Return the verdict that holds on a subject, and where it comes from.

        A field takes over what was decided of its well; a well takes over only that
        its plate failed: that a plate passed says nothing of a well nobody saw.
        """
        own = self.review.of(subject)
        if own is not None:
            return own, "bulk" if own.bulk else "own"
        plate = self.review.of(Subject())
        if plate is not None and plate.act.fails:
            return plate, "inherited"
        if subject.field and (well := self.review.of(Subject(subject.well))):
            return well, "inherited"
        return None, ""

    def _excluded(self, well: WellState, field: FieldView) -> bool:
        held = self.review.of(Subject(well.path, field.name, field.acquisition))
        return held is not None and held.act.fails

    def _corrected(
        self, well: WellState, fields: Sequence[FieldView]
    ) -> dict[str, Cell]:
        last = self._last_correction(
            well, [field for field in fields if field.corrected]
        )
        return {
            "corrected": "yes" if last else "no",
            "corrected_by": last.who if last else "",
            "corrected_at": last.when if last else "",
            "corrected_why": last.why if last else "",
        }

    def _last_correction(
        self, well: WellState, fields: Sequence[FieldView]
    ) -> VersionView | None:
        changes = []
        for field in fields:
            try:
                history = self._service.corrections.history(
                    self._key, well.label, field.name
                )
            except HCSError:
                continue
            changes += [event for event in history if event.action != "write"]
        return max(changes, key=lambda event: event.when, default=None)

    def _values(self, well: WellState) -> dict[tuple[str, int | None], dict[str, Any]]:
        try:
            measured: Iterable[FieldValues] = self._service.quality.field_values(
                self._key, well.label
            )
        except HCSError:
            return {}
        return {
            (field.field, field.acquisition): dict(field.values) for field in measured
        }

    def _well_metrics(self, well: WellState) -> dict[str, Cell]:
        """Return the well's values; the service leaves out the fields that failed."""
        values = {
            info.id: self.values[info.id].wells.get(well.label) for info in self.metrics
        }
        return {id: value.value if value else None for id, value in values.items()}


def _table(rows: Iterable[dict[str, Cell]]) -> DecisionTable:
    records = list(rows)
    columns = tuple(records[0]) if records else ()
    return DecisionTable(
        columns, tuple(tuple(row.get(name) for name in columns) for row in records)
    )
