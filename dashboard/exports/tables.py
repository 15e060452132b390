"""Decisions and metrics as tables: a row a well, a field, or a reason to look again.

Columns are named as all tables of results name them: see `hcs.qc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.exports.features import features_of
from dashboard.quality.imported_tables import PREFIX as IMPORTED
from dashboard.quality.scores import COMPLETENESS, SUSPICION
from dashboard.reviews.acts import Subject, field_key
from hcs.errors import HCSError
from hcs.qc import place_cells
from hcs.tables import result_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.corrections.values import VersionView
    from dashboard.plates.values import FieldState, PlateOverview, WellState
    from dashboard.projects.rules import ReviewRules
    from dashboard.quality.judgement import Judgement, ReasonView
    from dashboard.quality.values import FieldValues, MetricInfo, MetricValues
    from dashboard.reviews.values import HeldVerdict, PlateReview
    from dashboard.service import Service
    from hcs.tables import Cell, ResultTable

_REASON = (
    *("Metadata_Rank", "Metadata_Suspicion", "Metadata_Site", "Metadata_FieldName"),
    *("Metadata_Kind", "Metadata_Reason", "Metadata_Score"),
    *("Channel", "Metric", "Feature", "Value", "Metadata_Verdict"),
)
"""Columns of a reason to look at a well, after those that say which well it is."""


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
        self.judged: Judgement = service.quality.judgement(key)
        self.features = features_of(self.metrics, self.overview.channels)
        self._imported = {
            id: service.quality.field_numbers(key, id)
            for id in self.features
            if id.startswith(IMPORTED)
        }

    def wells(self) -> ResultTable:
        """Return a row for each well that the plate lists."""
        rows = (self._well(well) for well in self._listed())
        return result_table(rows, self.features.values(), columns=self._places())

    def fields(self) -> ResultTable:
        """Return a row for each field that can be found."""
        rows = (row for well in self._listed() for row in self._fields(well))
        return result_table(rows, self.features.values(), columns=self._places())

    def suspects(self) -> ResultTable:
        """Return a row for each reason to look at a well, the worst well first."""
        return result_table(self._suspects(), columns=[*self._places(), *_REASON])

    def _listed(self) -> list[WellState]:
        return [well for well in self.overview.wells if well.listed]

    def _well(self, well: WellState) -> dict[str, Cell]:
        fields = self._service.plates.well(self._key, well.label).fields
        subject = Subject(well.path)
        out = [field for field in fields if self._excluded(well, field)]
        used = len(fields) - len(out)
        return {
            **self._place(well),
            "Metadata_State": well.state,
            "Metadata_Fields": len(fields),
            "Metadata_FieldsExpected": well.expected_fields,
            "Metadata_FieldsUsed": f"{used} of {len(fields)}",
            **self._judged(subject),
            "Metadata_Version": ";".join(
                f"{field_key(field.name, field.acquisition)}={field.version}"
                for field in fields
            ),
            **self._corrected(well, fields),
            "Metadata_Completeness": self._value(COMPLETENESS, well),
            "Metadata_Suspicion": self._value(SUSPICION, well),
            "Metadata_SuspectReasons": self._reasons(well.label),
            **{
                feature.column: self._value(id, well)
                for id, feature in self.features.items()
            },
        }

    def _fields(self, well: WellState) -> Iterable[dict[str, Cell]]:
        fields = self._service.plates.well(self._key, well.label).fields
        values = self._values(well)
        for index, field in enumerate(fields):
            subject = Subject(well.path, field.name, field.acquisition)
            measured = values.get((field.name, field.acquisition), {}) | {
                id: numbers.get(well.label, {}).get(field.name)
                for id, numbers in self._imported.items()
            }
            yield {
                **self._place(well),
                "Metadata_Site": field.label,
                "Metadata_FieldName": field.name,
                "Metadata_FieldPath": f"{well.path}/{field.name}",
                "Metadata_FieldIndex": index,
                "Metadata_Acquisition": field.acquisition,
                "Metadata_State": "unreadable" if field.error else "present",
                **self._judged(subject),
                "Metadata_Version": field.version,
                **self._corrected(well, [field]),
                "Metadata_SuspectReasons": self._reasons(well.label, field.name),
                **{
                    feature.column: measured.get(id)
                    for id, feature in self.features.items()
                },
            }

    def _suspects(self) -> Iterable[dict[str, Cell]]:
        for rank, suspect in enumerate(self.judged.suspects, 1):
            well = self.overview.well(suspect.well)
            if well is None:
                continue
            labels = {
                field.name: field.label
                for field in self._service.plates.well(self._key, well.label).fields
            }
            for reason in suspect.reasons:
                feature = self.features.get(reason.metric)
                cells: tuple[Cell, ...] = (
                    rank,
                    suspect.score,
                    labels.get(reason.field, reason.field),
                    reason.field,
                    reason.kind,
                    reason.text,
                    reason.score,
                    feature.channel if feature else "",
                    feature.metric if feature else "",
                    feature.column if feature else "",
                    self._reason_value(well, reason),
                    self._judged(Subject(well.path))["Metadata_Verdict"],
                )
                yield self._place(well) | dict(zip(_REASON, cells, strict=True))

    def _reason_value(self, well: WellState, reason: ReasonView) -> Cell:
        """Return the number that a reason is based on, None where there is none."""
        for (name, _), values in self._values(well).items():
            if name == reason.field and reason.metric in values:
                number: Cell = values[reason.metric]
                return number
        return None

    def _reasons(self, label: str, field: str | None = None) -> str:
        """Return in words why a well, or one of its fields, is suspect."""
        suspect = self.judged.by_well.get(label)
        return "; ".join(
            reason.text
            for reason in (suspect.reasons if suspect else ())
            if field is None or reason.field == field
        )

    def _place(self, well: WellState) -> dict[str, Cell]:
        return self._cells(
            well.path, self.overview.indices(well), dict(well.conditions)
        )

    def _places(self) -> Iterable[str]:
        """Return the first columns of all tables, those without any row too."""
        return self._cells("A/1", (0, 0), {})

    def _cells(
        self, path: str, indices: tuple[int, int], conditions: Mapping[str, Cell]
    ) -> dict[str, Cell]:
        names = self.overview.condition_names
        return place_cells(
            plate=self.overview.name,
            plate_id=self.overview.id,
            well=path,
            indices=indices,
            conditions={name: conditions.get(name, "") for name in names},
        )

    def _judged(self, subject: Subject) -> dict[str, Cell]:
        held, source = self._held(subject)
        act = held.act if held else None
        amended = held.amended if held else None
        signed = self.review.signed
        return {
            "Metadata_QCExclude": int(self.review.excluded(subject)),
            "Metadata_Verdict": act.verdict if act else "",
            "Metadata_VerdictSource": source,
            "Metadata_Reviewed": "yes" if act and source != "inherited" else "",
            "Metadata_Stale": ("yes" if held.stale else "no") if held else "",
            "Metadata_Basis": act.basis if act else "",
            "Metadata_Reason": act.reason if act else "",
            "Metadata_ReasonText": self.rules.words(act.reason) if act else "",
            "Metadata_Note": act.note if act else "",
            "Metadata_Reviewer": act.who if act else "",
            "Metadata_ReviewerKnown": act.known if act else "",
            "Metadata_DecidedAt": act.at if act else "",
            "Metadata_SettingsRevision": act.settings if act else "",
            "Metadata_AmendedBy": amended.who if amended else "",
            "Metadata_AmendedAt": amended.at if amended else "",
            "Metadata_SignedOff": signed.text if signed else "",
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

    def _excluded(self, well: WellState, field: FieldState) -> bool:
        held = self.review.of(Subject(well.path, field.name, field.acquisition))
        return held is not None and held.act.fails

    def _corrected(
        self, well: WellState, fields: Sequence[FieldState]
    ) -> dict[str, Cell]:
        last = self._last_correction(
            well, [field for field in fields if field.corrected]
        )
        return {
            "Metadata_Corrected": "yes" if last else "no",
            "Metadata_CorrectedBy": last.who if last else "",
            "Metadata_CorrectedAt": last.when if last else "",
            "Metadata_CorrectedWhy": last.why if last else "",
        }

    def _last_correction(
        self, well: WellState, fields: Sequence[FieldState]
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

    def _value(self, id: str, well: WellState) -> Cell:
        """Return a well's value; the service leaves out the fields that failed."""
        value = self.values[id].wells.get(well.label)
        return value.value if value else None
