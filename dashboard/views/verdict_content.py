"""What the verdict bar shows of verdicts: plain content for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.reviews.acts import BASES, Subject
from dashboard.reviews.wording import subject_text
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import PlateOverview, WellView
    from dashboard.projects.rules import ReviewRules
    from dashboard.reviews.queue import Entry
    from dashboard.reviews.values import HeldVerdict, Offer, PlateReview
    from dashboard.views.snapshot import Snapshot
    from hcs.metadata import Who


def subject_of(now: Snapshot, overview: PlateOverview) -> Subject:
    """Return what a verdict would be about now."""
    well = overview.well(now.state.well)
    return Subject(well.path) if well else Subject()


def field_content(now: Snapshot) -> dict[str, Any] | None:
    """Return the field that is open, None without."""
    field = now.field
    if field is None:
        return None
    return {
        "name": field.name,
        "label": plain_text(field.label, 40),
        "acquisition": field.acquisition,
    }


def well_verdicts(
    overview: PlateOverview, review: PlateReview, rules: ReviewRules
) -> dict[str, list[Any]]:
    """Return verdict, staleness, basis, reason, and failed fields by label."""
    failed: dict[str, int] = {}
    for subject, held in review.verdicts.items():
        if subject.field and held.act.fails:
            failed[subject.well] = failed.get(subject.well, 0) + 1
    content = {}
    for well in overview.wells:
        well_verdict = review.of(Subject(well.path))
        count = failed.get(well.path, 0)
        if well_verdict is not None or count:
            act = well_verdict.act if well_verdict else None
            content[well.label] = [
                act.verdict if act else "",
                bool(well_verdict and well_verdict.stale),
                act.basis if act else "",
                plain_text(rules.words(act.reason), 80) if act and act.reason else "",
                plain_text(act.who, 60) if act else "",
                count,
            ]
    return content


def held_verdict(
    review: PlateReview, subject: Subject, rules: ReviewRules
) -> dict[str, Any] | None:
    """Return the verdict that holds on a subject, None without."""
    held = review.of(subject)
    return None if held is None else _verdict_content(held, rules)


def _verdict_content(held: HeldVerdict, rules: ReviewRules) -> dict[str, Any]:
    act = held.act
    return {
        "verdict": act.verdict,
        "reason": plain_text(rules.words(act.reason), 80) if act.reason else "",
        "note": plain_text(act.note),
        "who": plain_text(act.who, 80),
        "at": act.at,
        "basis": BASES.get(act.basis, ""),
        "stale": held.stale,
        "batch": act.batch,
        "code": act.reason,
        "amended": f"{plain_text(held.amended.who, 80)}, {held.amended.at}"
        if held.amended
        else "",
    }


def field_verdicts(
    review: PlateReview, well: WellView | None, rules: ReviewRules
) -> list[dict[str, Any]]:
    """Return the verdicts on fields of the open well."""
    if well is None:
        return []
    names = {(well.path, field.name): field.label for field in well.fields}
    labels = {well.path: well.label}
    return [
        {
            **_verdict_content(held, rules),
            "field": held.act.subject.field,
            "acquisition": held.act.subject.acquisition,
            "name": plain_text(subject_text(held.act.subject, labels, names), 60),
        }
        for held in review.fields_of(well.path)
    ]


def suggested(suspects: Sequence[Entry], label: str) -> str:
    """Return the reason that is proposed for a well."""
    return next((suspect.reason for suspect in suspects if suspect.well == label), "")


def why(suspects: Sequence[Entry], label: str) -> str:
    """Return why a well is suspect, "" where it is none."""
    return next(
        (
            plain_text(suspect.text, 400)
            for suspect in suspects
            if suspect.well == label
        ),
        "",
    )


def offer_content(offer: Offer | None) -> dict[str, str] | None:
    """Return what undo or redo would do."""
    if offer is None:
        return None
    return {"batch": offer.batch, "text": plain_text(offer.text, 200)}


def waits(review: PlateReview, who: Who | None) -> str:
    """Return why a blind review lets somebody judge nothing now, in words, else ""."""
    blind = review.blind
    if not blind.open or who is None:
        return ""
    names = plain_text(" and ".join(blind.reviewers), 200)
    if not blind.mine:
        return (
            f"{names} judge this plate blind: nobody else decides until both are done."
        )
    return (
        "You are done with this blind review; the other is not yet."
        if blind.done
        else ""
    )
