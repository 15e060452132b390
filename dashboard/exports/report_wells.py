"""The wells that are flagged or failed, with their pictures."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from dashboard.exports.report_sections import revised_fields, sheet
from dashboard.pictures.planes import PlaneRequest
from dashboard.reviews.acts import BASES, Subject
from dashboard.reviews.wording import subject_text
from dashboard.text import safe_text
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.exports.tables import PlateTables
    from dashboard.plates.values import FieldState, WellState
    from dashboard.projects.rules import ReviewRules
    from dashboard.reviews.acts import ReviewAct
    from dashboard.service import Service

_THUMB = 220
"""Pixels of a picture's longer side; some 10 kB each."""

_MOST_FIELDS = 16
"""More fields of one well are counted and not shown."""


def chosen_wells(tables: PlateTables) -> list[WellState]:
    """Return the wells that are flagged or failed, or have such a field."""
    paths = {
        subject.well
        for subject, held in tables.review.verdicts.items()
        if subject.well and held.act.verdict != "pass"
    }
    return [well for well in tables.overview.wells if well.path in paths]


def wells_part(service: Service, tables: PlateTables) -> str:
    """Return a part for each well that is flagged or failed, or has such a field."""
    parts = [_well(service, tables, well) for well in chosen_wells(tables)]
    return "".join(parts) or "<p>No well and no field is flagged or failed.</p>"


def verdict_text(act: ReviewAct, rules: ReviewRules) -> str:
    """Return a verdict with its reason: ``"fail, out of focus"``."""
    reason = f", {rules.words(act.reason)}" if act.reason else ""
    return f"{act.verdict}{reason}"


def _well(service: Service, tables: PlateTables, well: WellState) -> str:
    view = service.plates.well(tables.overview.key, well.label)
    held = tables.review.of(Subject(well.path))
    title = (
        verdict_text(held.act, tables.rules)
        if held
        else "has a flagged or failed field"
    )
    stale = " (outdated: the pictures have changed)" if held and held.stale else ""
    shown = view.fields[:_MOST_FIELDS]
    more = len(view.fields) - len(shown)
    pictures = "".join(_picture(service, tables, well, field) for field in shown)
    conditions = ", ".join(f"{name} {text}" for name, text in well.conditions)
    error = f"<p>{safe_text(view.error)}</p>" if view.error else ""
    return (
        f'<article class="well" id="{safe_text(well.label)}">'
        f"<h3>{safe_text(well.label)}: {safe_text(title)}{stale}</h3>"
        f"<p>{safe_text(conditions)}</p>{error}"
        f'<div class="pictures">{pictures}</div>'
        + (f"<p>and {more} more fields</p>" if more else "")
        + _history(service, tables, well, view.fields)
        + _corrections(service, tables, well, view.fields)
        + "</article>"
    )


def _picture(
    service: Service, tables: PlateTables, well: WellState, field: FieldState
) -> str:
    held = tables.review.of(Subject(well.path, field.name, field.acquisition))
    verdict = f": {verdict_text(held.act, tables.rules)}" if held else ""
    caption = safe_text(f"{well.label} {field.words}{verdict}")
    if field.error is not None:
        return _figure(f"<p>{safe_text(field.error)}</p>", caption)
    try:
        picture = service.pictures.thumbnail(
            tables.overview.key,
            well.label,
            field.name,
            field.version,
            _THUMB,
            tuple(
                channel.setting()
                for channel in tables.overview.channels
                if channel.active
            ),
            PlaneRequest(),
        )
    except HCSError as error:
        return _figure(f"<p>{safe_text(error)}</p>", caption)
    data = base64.b64encode(picture.data).decode("ascii")
    return _figure(
        f'<img src="data:image/jpeg;base64,{data}" alt="{caption}">', caption
    )


def _figure(body: str, caption: str) -> str:
    return f"<figure>{body}<figcaption>{caption}</figcaption></figure>"


def _history(
    service: Service,
    tables: PlateTables,
    well: WellState,
    fields: Sequence[FieldState],
) -> str:
    names = {(well.path, field.name): field.words for field in fields}
    labels = {well.path: well.label}
    subjects = [
        Subject(well.path),
        *(Subject(well.path, field.name, field.acquisition) for field in fields),
    ]
    rows = [
        (
            act.at,
            subject_text(act.subject, labels, names),
            verdict_text(act, tables.rules)
            + (" (amended)" if act.kind == "amend" else "")
            + ("" if counts else " (taken back)"),
            act.note,
            f"{act.who} ({act.known})",
            BASES.get(act.basis, ""),
        )
        for subject in subjects
        for act, counts in service.reviews.history(tables.overview.key, subject)
    ]
    return sheet(("When (UTC)", "What", "Verdict", "Note", "Who", "Seen"), rows)


def _corrections(
    service: Service,
    tables: PlateTables,
    well: WellState,
    fields: Sequence[FieldState],
) -> str:
    rows = [
        (event.when, field.words, event.action, event.why, event.who)
        for field, events in revised_fields(service, tables, well, fields)
        for event in events
    ]
    return sheet(("When (UTC)", "Field", "Correction", "Why", "Who"), rows)
