"""Everything that was decided on a plate: a row for what was done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.exports.report_sections import sheet
from dashboard.projects.rules import REASONS
from dashboard.reviews.acts import BASES
from dashboard.reviews.wording import amended, subject_text, wells_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.exports.tables import PlateTables
    from dashboard.reviews.acts import ReviewAct, Subject
    from dashboard.service import Service

_MOST_ROWS = 3000
"""Rows that are printed; the file of decisions holds all."""

_MOST_NAMED = 8
"""Wells that are named where an act was taken back."""

_WORDS = {
    "undo": "undid",
    "redo": "restored",
    "sign-off": "signed the plate off",
    "reopen": "reopened the plate",
    "blind": "began a blind review",
    "done": "finished their part of the blind review",
    "blind-end": "ended the blind review",
}

_HEADS = (
    *("When (UTC)", "What", "Verdict", "Note", "Who"),
    *("Seen", "Still holds", "Settings"),
)


class ReportLedger:
    """The acts on a plate that its reader may see, in words."""

    def __init__(self, service: Service, tables: PlateTables) -> None:
        self._acts = service.reviews.visible_acts(tables.overview.key)
        self._rules = tables.rules
        self._labels = {well.path: well.label for well in tables.overview.wells}
        self._listed = [well.label for well in tables.overview.wells if well.listed]
        self._held = {held.act.id for held in tables.review.verdicts.values()}
        self._batches: dict[str, list[ReviewAct]] = {}
        for act in self._acts:
            self._batches.setdefault(act.batch, []).append(act)

    def table(self) -> str:
        """Return every act, oldest first; what was done at once is one row."""
        groups = list(self._batches.values())
        rows = [self._row(batch) for batch in groups[:_MOST_ROWS]]
        more = len(groups) - len(rows)
        rest = f"<p>{more} later acts are in the file of decisions.</p>" if more else ""
        return (sheet(_HEADS, rows) or "<p>Nobody has judged anything.</p>") + rest

    def _row(self, batch: Sequence[ReviewAct]) -> tuple[str, ...]:
        first = batch[0]
        judges = first.kind == "verdict"
        return (
            first.at,
            self._what(batch),
            self._verdict(first) if judges else "",
            first.note,
            f"{first.who} ({first.known})",
            BASES.get(first.basis, ""),
            self._holds(batch) if judges else "",
            first.settings,
        )

    def _what(self, batch: Sequence[ReviewAct]) -> str:
        first = batch[0]
        if first.kind == "verdict":
            return self._subjects(act.subject for act in batch)
        if first.kind == "amend":
            reasons: Mapping[str, str] = {**REASONS, **dict(self._rules.reasons)}
            what = subject_text(first.subject, self._labels)
            return f"amended {what}: {first.verdict}: {amended(first, reasons)}"
        about = self._batches.get(first.target, [])
        some = self._subjects(act.subject for act in about[:_MOST_NAMED])
        more = len(about) - _MOST_NAMED
        rest = f" and {more} more" if more > 0 else ""
        return f"{_WORDS.get(first.kind, first.kind)} {some}{rest}".strip()

    def _subjects(self, subjects: Iterable[Subject]) -> str:
        wells, others = [], []
        for subject in subjects:
            if subject.well and not subject.field:
                wells.append(self._labels.get(subject.well, subject.well))
            else:
                others.append(subject_text(subject, self._labels))
        known = set(self._listed)
        gone = [label for label in wells if label not in known]
        count = f"{len(wells)} wells: " if len(wells) > 1 else ""
        text = count + wells_text(wells, self._listed) if wells else ""
        return ", ".join(part for part in (text, *gone, *others) if part)

    def _verdict(self, act: ReviewAct) -> str:
        reason = f", {self._rules.words(act.reason)}" if act.reason else ""
        return f"{act.verdict}{reason}"

    def _holds(self, batch: Sequence[ReviewAct]) -> str:
        holding = sum(act.id in self._held for act in batch)
        if holding == len(batch):
            return "yes"
        return f"{holding} of {len(batch)}" if holding else "no"
