"""What the verdict bar shows of verdicts: plain content for the page."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dashboard.reviews.acts import BASES, Subject
from dashboard.reviews.queue import order, tally, unjudged
from dashboard.reviews.wording import subject_text
from dashboard.text import plain_text
from dashboard.views.island import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.addresses import Urls
    from dashboard.plates.values import PlateOverview, WellView
    from dashboard.projects.roles import RolesView
    from dashboard.projects.rules import ReviewRules
    from dashboard.reviews.queue import QueueEntry
    from dashboard.reviews.values import HeldVerdict, Offer, PlateReview
    from dashboard.views.snapshot import Snapshot
    from hcs.metadata import Who


_PARQUET = find_spec("pyarrow") is not None


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
        "label": plain_text(field.words, 40),
        "acquisition": field.acquisition,
    }


MOST_CHANGES = 48
"""Wells that are sent as what has changed; with more, all are sent anew."""

Verdicts = dict[str, list[Any]]
"""By label of the well: verdict, staleness, basis, reason, who, and failed fields."""


def well_verdicts(
    overview: PlateOverview, review: PlateReview, rules: ReviewRules
) -> Verdicts:
    """Return what holds on the wells that anything was decided on."""
    failed: dict[str, int] = {}
    for subject, held in review.verdicts.items():
        if subject.field and held.act.fails:
            failed[subject.well] = failed.get(subject.well, 0) + 1
    content, on_wells = {}, review.on_wells()
    for well in overview.wells:
        well_verdict = on_wells.get(well.path)
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


def changed_verdicts(whole: Verdicts, verdicts: Verdicts) -> dict[str, Any]:
    """Return what is not as in the whole that a page has; None where nothing holds."""
    labels = [*verdicts, *(label for label in whole if label not in verdicts)]
    return {
        label: verdicts.get(label)
        for label in labels
        if verdicts.get(label) != whole.get(label)
    }


def counts_content(overview: PlateOverview, review: PlateReview) -> dict[str, Any]:
    """Return how far the review of a plate is."""
    counts = tally(overview, review)
    return {
        "total": counts.total,
        "reviewed": counts.reviewed,
        "stale": counts.stale,
        "counts": counts.verdicts,
        "bases": counts.bases,
        "rest": counts.total - counts.reviewed,
    }


def since_content(whole: Verdicts, verdicts: Verdicts, counts: dict[str, Any]) -> str:
    """Return what was decided since a whole was sent, and how far the review is."""
    return as_json({"changed": changed_verdicts(whole, verdicts), **counts})


def remaining_wells(overview: PlateOverview, review: PlateReview) -> frozenset[str]:
    """Return the labels of the wells that are still to be judged."""
    return frozenset(well.label for well in unjudged(overview, review))


def queue_content(
    overview: PlateOverview,
    suspects: Sequence[QueueEntry],
    roles: RolesView,
    rules: ReviewRules,
    urls: Urls,
) -> str:
    """Return the order of judging, the reasons, and addresses of what comes of it."""
    return as_json(
        {
            "reasons": [(code, plain_text(text, 80)) for code, text in rules.reasons],
            "demands_reason": rules.reason_for_fail,
            "queue": order(overview, suspects),
            "places": order(overview, ()),
            "controls": [
                well.label for well in overview.wells if roles.letter(well.label)
            ],
            "suspects": [suspect.well for suspect in suspects],
            "wells_csv": urls.export(overview.key, "wells.csv"),
            "fields_csv": urls.export(overview.key, "fields.csv"),
            "suspects_csv": urls.export(overview.key, "suspects.csv"),
            "load_data": urls.export(overview.key, "LoadData.csv"),
            "report": urls.export(overview.key, "report.html"),
            "parquet": {
                name: urls.export(overview.key, f"{name}.parquet")
                for name in ("wells", "fields")
            }
            if _PARQUET
            else None,
        }
    )


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
    names = {(well.path, field.name): field.words for field in well.fields}
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


def suggested(suspects: Sequence[QueueEntry], label: str) -> str:
    """Return the reason that is proposed for a well."""
    return next((suspect.reason for suspect in suspects if suspect.well == label), "")


def why(suspects: Sequence[QueueEntry], label: str) -> str:
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
