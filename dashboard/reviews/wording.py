"""Verdicts in words, the same on the page, in messages and in reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.projects.rules import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.reviews.acts import ReviewAct, Subject

_NOUNS = {"plate": "plates", "well": "wells", "field": "fields"}


def subject_text(
    subject: Subject,
    labels: Mapping[str, str],
    fields: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """Return what people call a subject.

    >>> from dashboard.reviews.acts import Subject
    >>> subject_text(Subject("C/7", "0"), {"C/7": "C07"}, {("C/7", "0"): "s1"})
    'C07 s1'
    """
    if not subject.well:
        return "the plate"
    label = labels.get(subject.well, subject.well)
    if not subject.field:
        return label
    name = (fields or {}).get((subject.well, subject.field), subject.field)
    return f"{label} {name}"


def describe(
    acts: Sequence[ReviewAct],
    labels: Mapping[str, str],
    fields: Mapping[tuple[str, str], str] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> str:
    """Return what was decided at once: ``"C07 fail, out of focus"``.

    Parameters
    ----------
    acts
        Rows of one batch; they share verdict and reason.
    labels
        Label by path of the well.
    fields
        What people call a field, by path of the well and name.
    reasons
        Words of the project's codes, where they differ from ours.
    """
    if not acts:
        return "nothing"
    first = acts[0]
    if len(acts) == 1:
        what = subject_text(first.subject, labels, fields)
    else:
        what = f"{len(acts)} {_NOUNS[first.subject.level]}"
    words = {**REASONS, **(reasons or {})}
    reason = f", {words.get(first.reason, first.reason)}" if first.reason else ""
    if first.kind == "amend":
        return f"{what} {first.verdict}: {amended(first, words)}"
    return f"{what} {first.verdict}{reason}"


def amended(act: ReviewAct, reasons: Mapping[str, str]) -> str:
    """Return what an amendment changed: ``"reason debris, note “a fibre”"``.

    Parameters
    ----------
    act
        The amendment.
    reasons
        Words of the codes.
    """
    parts = []
    if act.reason != act.details.get("reason", ""):
        reason = reasons.get(act.reason, act.reason)
        parts.append(f"reason {reason}" if reason else "no reason any more")
    if act.note != act.details.get("note", ""):
        parts.append(f"note “{act.note}”" if act.note else "no note any more")
    return ", ".join(parts) or "note and reason as before"


def wells_text(labels: Iterable[str], listed: Sequence[str]) -> str:
    """Return wells as people write them: neighbours of a row as a range.

    Parameters
    ----------
    labels
        The wells.
    listed
        All wells of the plate, row by row.

    Examples
    --------
    >>> wells_text(["A01", "A02", "A03", "B02"], ["A01", "A02", "A03", "B01", "B02"])
    'A01-A03, B02'
    >>> wells_text(["A01", "B01"], ["A01", "B01"])
    'all wells'
    """
    chosen = set(labels)
    if len(chosen) > 1 and chosen == set(listed):
        return "all wells"
    runs: list[list[str]] = []
    last = -2
    for at, label in enumerate(listed):
        if label not in chosen:
            continue
        same_row = runs and runs[-1][-1].rstrip("0123456789") == label.rstrip(
            "0123456789"
        )
        if at == last + 1 and same_row:
            runs[-1].append(label)
        else:
            runs.append([label])
        last = at
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
