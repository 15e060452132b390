"""A plate's review as one HTML file that opens without this server and prints well."""

from __future__ import annotations

import base64
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dashboard.errors import NotServedError
from dashboard.events import now
from dashboard.exports.report_maps import metric_map, verdict_map
from dashboard.exports.report_sections import (
    agreement_part,
    corrections_part,
    cut_offs,
    history_part,
    settings_part,
    sign_off_part,
    statistics_part,
)
from dashboard.exports.report_style import STYLE
from dashboard.exports.tables import PlateTables
from dashboard.pictures.planes import PlaneRequest
from dashboard.reviews.acts import BASES, Subject
from dashboard.reviews.queue import entries, tally
from dashboard.reviews.signed import counts_of
from dashboard.reviews.verdict_table import VERDICT_LOOKS
from dashboard.reviews.wording import subject_text
from dashboard.text import safe_text
from hcs.errors import HCSError
from hcs.qc import all_definitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.plates.values import FieldView, WellState
    from dashboard.projects.rules import ReviewRules
    from dashboard.quality.values import MetricValues
    from dashboard.reviews.acts import Act
    from dashboard.service import Service

_THUMB = 220
"""Pixels of a picture's longer side; some 10 kB each."""

_MOST_FIELDS = 16
"""More fields of one well are counted and not shown."""

_PACKAGES = ("hcs-dashboard", "hcs", "zarr", "numpy", "scipy", "panel")


def report_html(service: Service, key: str, *, tells_place: bool = True) -> str:
    """Return the report on a plate; reads pictures, so it belongs into a thread.

    Parameters
    ----------
    tells_place
        Whether it says where the plate lies, see `Access.tells_place`.
    """
    tables = PlateTables(service, key)
    overview, review = tables.overview, tables.review
    parts = [
        _head(tables, tells_place=tells_place),
        _section("Sign-off", sign_off_part(review.signed)),
        _section("Verdicts", verdict_map(overview, review) + _summary(tables)),
        _section("Suspicion", _suspects(service, tables)),
        _section("Cut-offs", cut_offs(service, tables)),
        _section("Metrics", _maps(tables)),
        _section("Statistics", statistics_part(service, tables)),
        _section("Flagged and failed", _wells(service, tables)),
        _section("All verdicts", _ledger(service, tables)),
        _section("Two reviewers", agreement_part(service, tables)),
        _section("Corrections", corrections_part(service, tables)),
        _section("History", history_part(service, tables)),
        _section("How it was made", _method(service, tables)),
    ]
    title = safe_text(overview.name or key, 120)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        # The file must show nothing and ask for nothing but what it holds itself.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Review of {title}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>"
    )


def _section(title: str, body: str) -> str:
    if not body:
        return ""
    return f"<section><h2>{title}</h2>{body}</section>"


def _head(tables: PlateTables, *, tells_place: bool) -> str:
    overview, review = tables.overview, tables.review
    counts = tally(overview, review)
    whole = review.of(Subject())
    facts = [
        ("Plate id", overview.id),
        ("Stored at", overview.location if tells_place else ""),
        ("Format", f"OME-Zarr {overview.version}"),
        ("Report made", now()),
        ("Completeness", overview.banner),
        ("Judged", f"{counts.reviewed} of {counts.total} wells"),
        ("Stale", str(counts.stale) if counts.stale else ""),
        (
            "The plate itself",
            _verdict(whole.act, tables.rules) if whole else "not judged",
        ),
    ]
    rows = "".join(
        f"<dt>{name}</dt><dd>{safe_text(text, 400)}</dd>"
        for name, text in facts
        if text
    )
    return f"<h1>{safe_text(overview.name, 120)}</h1><dl>{rows}</dl>"


def _verdict(act: Act, rules: ReviewRules) -> str:
    reason = f", {rules.words(act.reason)}" if act.reason else ""
    return f"{act.verdict}{reason}"


def _summary(tables: PlateTables) -> str:
    review = tables.review
    wells = [held for subject, held in review.verdicts.items() if subject.well]
    own = [held for held in wells if not held.act.subject.field]
    rows = ""
    for verdict, look in VERDICT_LOOKS.items():
        counts = (
            sum((held.act.verdict, held.act.basis) == (verdict, basis) for held in own)
            for basis in BASES
        )
        cells = "".join(f"<td>{count}</td>" for count in counts)
        rows += f"<tr><th>{look.word}</th>{cells}</tr>"
    unjudged = counts_of(tables.overview, review)["unjudged"]
    rows += f"<tr><th>not judged</th><td>{unjudged}</td></tr>"
    heads = "".join(f"<th>{text}</th>" for text in BASES.values())
    fields = sum(bool(h.act.subject.field) for h in wells)
    more = f"<p>Verdicts on single fields: {fields}.</p>" if fields else ""
    return (
        f"<table><thead><tr><td></td>{heads}</tr></thead>{rows}</table>{more}"
        f"<p>Names are as typed by the reviewers and not authenticated, unless the "
        f"table of all verdicts says otherwise.</p>"
    )


def _suspects(service: Service, tables: PlateTables) -> str:
    judged = service.quality.judgement(tables.overview.key)
    if not judged.ready:
        return "<p>Measuring was not finished when this report was made.</p>"
    banner = "".join(f"<p><b>{safe_text(text)}</b></p>" for text in judged.banner)
    rows = "".join(
        f"<tr><th>{safe_text(suspect.well)}</th><td>{suspect.score:.1f}</td>"
        f"<td>{safe_text(suspect.text)}</td></tr>"
        for suspect in entries(judged)
    )
    if not rows:
        return f"{banner}<p>No well stands out.</p>"
    return (
        f"{banner}<table><thead><tr><th>Well</th><th>× cut-off</th><th>Why</th></tr>"
        f"</thead>{rows}</table>"
    )


def _maps(tables: PlateTables) -> str:
    figures = "".join(
        metric_map(tables.overview, tables.values[info.id], tables.review)
        for info in tables.metrics
        if _tells(tables.values[info.id])
    )
    return f'<div class="maps">{figures}</div>' if figures else "<p>No values.</p>"


def _tells(values: MetricValues) -> bool:
    """Whether a map of a metric shows anything: the size of a field hardly does."""
    numbers = {value.value for value in values.wells.values()} - {None}
    return len(numbers) > 1 or (bool(numbers) and values.metric.direction != "none")


def _wells(service: Service, tables: PlateTables) -> str:
    """Return a part for each well that is flagged or failed, or has such a field."""
    chosen = {
        subject.well
        for subject, held in tables.review.verdicts.items()
        if subject.well and held.act.verdict != "pass"
    }
    wells = [well for well in tables.overview.wells if well.path in chosen]
    parts = [_well(service, tables, well) for well in wells]
    return "".join(parts) or "<p>No well and no field is flagged or failed.</p>"


def _well(service: Service, tables: PlateTables, well: WellState) -> str:
    view = service.plates.well(tables.overview.key, well.label)
    held = tables.review.of(Subject(well.path))
    title = (
        _verdict(held.act, tables.rules) if held else "has a flagged or failed field"
    )
    stale = " (stale: changed since)" if held and held.stale else ""
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
    service: Service, tables: PlateTables, well: WellState, field: FieldView
) -> str:
    held = tables.review.of(Subject(well.path, field.name, field.acquisition))
    verdict = f": {_verdict(held.act, tables.rules)}" if held else ""
    caption = safe_text(f"{well.label} {field.label}{verdict}")
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
    fields: Sequence[FieldView],
) -> str:
    names = {(well.path, field.name): field.label for field in fields}
    labels = {well.path: well.label}
    subjects = [
        Subject(well.path),
        *(Subject(well.path, field.name, field.acquisition) for field in fields),
    ]
    rows = [
        _act_row(
            act, subject_text(act.subject, labels, names), tables.rules, counts=counts
        )
        for subject in subjects
        for act, counts in service.reviews.history(tables.overview.key, subject)
    ]
    return _acts_table(rows)


def _act_row(act: Act, what: str, rules: ReviewRules, *, counts: bool) -> str:
    amended = " (amended)" if act.kind == "amend" else ""
    cells = (
        act.at,
        what,
        _verdict(act, rules) + amended + ("" if counts else " (taken back)"),
        act.note,
        f"{act.who} ({act.known})",
        BASES.get(act.basis, ""),
    )
    return (
        "<tr>"
        + "".join(f"<td>{safe_text(cell, 4000)}</td>" for cell in cells)
        + "</tr>"
    )


def _acts_table(rows: Iterable[str]) -> str:
    body = "".join(rows)
    if not body:
        return ""
    heads = ("When (UTC)", "What", "Verdict", "Note", "Who", "Basis")
    head = "".join(f"<th>{text}</th>" for text in heads)
    return f"<table><thead><tr>{head}</tr></thead>{body}</table>"


def _corrections(
    service: Service,
    tables: PlateTables,
    well: WellState,
    fields: Sequence[FieldView],
) -> str:
    rows = ""
    for field in fields:
        if not field.revised:
            continue
        try:
            history = service.corrections.history(
                tables.overview.key, well.label, field.name
            )
        except (NotServedError, HCSError):
            continue
        for event in history:
            cells = (event.when, field.label, event.action, event.why, event.who)
            rows += (
                "<tr>" + "".join(f"<td>{safe_text(c)}</td>" for c in cells) + "</tr>"
            )
    if not rows:
        return ""
    heads = ("When (UTC)", "Field", "Correction", "Why", "Who")
    head = "".join(f"<th>{text}</th>" for text in heads)
    return f"<table><thead><tr>{head}</tr></thead>{rows}</table>"


def _ledger(service: Service, tables: PlateTables) -> str:
    labels = {well.path: well.label for well in tables.overview.wells}
    held = {one.act.id: one.act for one in tables.review.verdicts.values()}
    acts = [
        act
        for act in service.reviews.visible_acts(tables.overview.key)
        if act.kind == "verdict"
    ]
    rows = [
        _act_row(
            held[act.id], subject_text(act.subject, labels), tables.rules, counts=True
        )
        for act in acts
        if act.id in held
    ]
    gone = len(acts) - len(rows)
    note = (
        f"<p>{gone} earlier verdicts were replaced or taken back.</p>" if gone else ""
    )
    return (_acts_table(rows) or "<p>Nobody has judged anything.</p>") + note


def _method(service: Service, tables: PlateTables) -> str:
    versions = ", ".join(
        f"{name} {version}" for name in _PACKAGES if (version := _version(name))
    )
    rows = "".join(
        f"<tr><td>{safe_text(info.title)}</td><td><code>{safe_text(info.id)}</code></td><td><code>{safe_text(metric_version(info.id))}</code></td>"
        f"<td>{safe_text(info.definition)}</td></tr>"
        for info in tables.metrics
    )
    return (
        f"<p>Python {platform.python_version()}, {safe_text(versions)}</p>"
        f"<table><thead><tr><th>Metric</th><th>Id</th><th>Version</th>"
        f"<th>Definition</th></tr></thead>"
        f"{rows}</table>{settings_part(service, tables)}"
    )


def metric_version(id: str) -> str:
    """Return the definition that a metric's values were computed by, "" for others.

    >>> metric_version("mean.0") != ""
    True
    """
    name = id.rpartition(".")[0]
    known = {entry.id: entry for entry in all_definitions()}
    return known[name].key if name in known else ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
