"""The first two pages of a report: what the plate is good for, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.events import now
from dashboard.exports.report_maps import metric_map, verdict_map
from dashboard.exports.report_sections import controls_table, sheet
from dashboard.exports.report_wells import chosen_wells, verdict_text
from dashboard.quality.scores import SUSPICION
from dashboard.reviews.acts import BASES, Subject
from dashboard.reviews.queue import tally
from dashboard.reviews.signed import counts_of
from dashboard.reviews.usability import USE_WORDS, value_text
from dashboard.reviews.verdict_table import VERDICT_LOOKS
from dashboard.text import safe_text

if TYPE_CHECKING:
    from dashboard.exports.tables import PlateTables
    from dashboard.plates.values import WellState
    from dashboard.projects.use_rules import UseLine
    from dashboard.quality.judgement import SuspectView
    from dashboard.reviews.usability import Usability
    from dashboard.service import Service

_MOST_WELLS = 12
"""Wells of each list on the second page; the others are counted, and in the details."""

_MOST_CHANGES = 3
_SEEN = {
    "field": "Viewer",
    "thumbnails": "Thumbnails",
    "montage": "Montage",
    "unseen": "Not seen",
}
"""By what wells were judged, as `BASES` in a word each."""

_SIGNS = {"use": "✓", "care": "!", "none": "×"}


def first_page(tables: PlateTables, use: Usability, *, tells_place: bool) -> str:
    """Return what the plate is good for, by which rules, and how it was judged.

    Parameters
    ----------
    tables
        The plate.
    use
        What its rules and reviewers say.
    tells_place
        Whether it says where the plate lies, see `Access.tells_place`.
    """
    overview, review = tables.overview, tables.review
    judged = (
        f'<div class="half">{verdict_map(overview, review)}</div>'
        f'<div class="half">{_counts(tables)}</div>'
    )
    return (
        f'<section class="page">{_head(tables, tells_place=tells_place)}'
        f"{_statement(tables, use)}"
        f"<h2>Rules of the project</h2>{_rules(use)}"
        f'<h2>Verdicts</h2><div class="halves">{judged}</div></section>'
    )


def second_page(service: Service, tables: PlateTables) -> str:
    """Return which wells are not to be used, the assay window, and two maps."""
    return (
        '<section class="page"><h2>Wells to leave out or to use with care</h2>'
        f"{_wells(tables)}<h2>Suspect wells without a verdict</h2>{_open(tables)}"
        f"<h2>Assay window</h2>{_window(service, tables)}{_maps(service, tables)}"
        "</section>"
    )


def _head(tables: PlateTables, *, tells_place: bool) -> str:
    overview = tables.overview
    facts = [
        ("Barcode", overview.barcode),
        ("Stored at", overview.location if tells_place else ""),
        ("Images", overview.banner),
        ("Report made", _minute(now())),
    ]
    rows = "".join(
        f"<dt>{name}</dt><dd>{safe_text(text, 300)}</dd>"
        for name, text in facts
        if text
    )
    return f"<h1>{safe_text(overview.name, 120)}</h1><dl>{rows}</dl>"


def _statement(tables: PlateTables, use: Usability) -> str:
    signed = tables.review.signed
    word = (signed.use if signed else "") or use.use
    body = "".join(f"<p>{safe_text(text, 4000)}</p>" for text in _by_whom(tables, use))
    return (
        f'<div class="statement {word}"><span class="mark" aria-hidden="true">'
        f"{_SIGNS[word]}</span><div><strong>{USE_WORDS[word]}</strong>{body}</div></div>"
    )


def _by_whom(tables: PlateTables, use: Usability) -> list[str]:
    signed, held = tables.review.signed, use.held
    lines = []
    if signed:
        lines.append(signed.text + (f": {signed.note}" if signed.note else ""))
    if held:
        act = held.act
        why = ", ".join(
            part for part in (tables.rules.words(act.reason), act.note) if part
        )
        lines.append(
            f"Decided by {act.who}, {_minute(act.at)}{f': {why}' if why else ''}"
        )
        if use.use != use.proposed:
            lines.append(f"The rules propose: {USE_WORDS[use.proposed]}.")
    elif not signed:
        lines.append("Proposed by the rules below.")
    if signed is None:
        lines.append("This plate is not signed off.")
    elif signed.changes:
        shown = "; ".join(signed.changes[:_MOST_CHANGES])
        more = len(signed.changes) - _MOST_CHANGES
        rest = f"; and {more} more" if more > 0 else ""
        lines.append(f"Changed since sign-off: {shown}{rest}.")
    return lines


def _rules(use: Usability) -> str:
    rows = "".join(_rule_row(line) for line in use.lines)
    heads = ("Rule", "This plate", "Use with care", "Do not use", "Outcome")
    head = "".join(f"<th>{text}</th>" for text in heads)
    return (
        f'<table class="rules"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        "</table>"
    )


def _rule_row(line: UseLine) -> str:
    rule, fact = line.rule, line.fact
    unit = f" {rule.unit}" if rule.unit else ""
    side = "above" if rule.more_is_worse else "below"
    limits = [
        "–" if limit is None else f"{side} {limit:g}{unit}"
        for limit in (rule.care, rule.refuse)
    ]
    value = "not known" if fact.value is None else f"{value_text(fact.value)}{unit}"
    note = f"<br><small>{safe_text(fact.note, 300)}</small>" if fact.note else ""
    known = fact.value is not None
    outcome = f"{_SIGNS[line.outcome]} {USE_WORDS[line.outcome]}" if known else "–"
    return (
        f'<tr class="{line.outcome}"><th title="{safe_text(rule.meaning, 300)}">'
        f"{safe_text(rule.title)}</th><td>{value}{note}</td>"
        f"<td>{limits[0]}</td><td>{limits[1]}</td><td>{outcome}</td></tr>"
    )


def _counts(tables: PlateTables) -> str:
    review = tables.review
    wells = [held for subject, held in review.verdicts.items() if subject.well]
    own = [held for held in wells if not held.act.subject.field]
    counts = tally(tables.overview, review)
    rows: list[tuple[object, ...]] = [
        (
            look.word,
            sum(held.act.verdict == verdict for held in own),
            *(
                sum(
                    (held.act.verdict, held.act.basis) == (verdict, basis)
                    for held in own
                )
                for basis in BASES
            ),
        )
        for verdict, look in VERDICT_LOOKS.items()
    ]
    unjudged = counts_of(tables.overview, review)["unjudged"]
    rows.append(("Not judged", unjudged, *("" for _ in BASES)))
    fields = sum(bool(held.act.subject.field) for held in wells)
    more = f"<p>Verdicts on single fields: {fields}.</p>" if fields else ""
    outdated = f"<p>Outdated verdicts: {counts.stale}.</p>" if counts.stale else ""
    heads = ("", "Wells", *(_SEEN[basis] for basis in BASES))
    return sheet(heads, rows) + more + outdated


def _wells(tables: PlateTables) -> str:
    wells = chosen_wells(tables)
    rows = [_well_row(tables, well) for well in wells[:_MOST_WELLS]]
    heads = ("Well", "Verdict", "Note", "Who")
    table = sheet(heads, rows) or "<p>No well is flagged or failed.</p>"
    return table + _rest(len(wells) - len(rows))


def _well_row(tables: PlateTables, well: WellState) -> tuple[str, ...]:
    held = tables.review.of(Subject(well.path))
    if held is None:
        fields = tables.review.fields_of(well.path)
        number = sum(field.act.verdict != "pass" for field in fields)
        noun = "field" if number == 1 else "fields"
        return (well.label, f"{number} {noun} flagged or failed", "", "")
    outdated = " (outdated)" if held.stale else ""
    verdict = verdict_text(held.act, tables.rules) + outdated
    return (well.label, verdict, held.act.note, held.act.who)


def _open(tables: PlateTables) -> str:
    judged = tables.judged
    if not judged.ready:
        return "<p>Measuring was not finished when this report was made.</p>"
    paths = {well.label: well.path for well in tables.overview.wells}
    still = [
        suspect
        for suspect in judged.suspects
        if (held := tables.review.of(Subject(paths.get(suspect.well, "")))) is None
        or held.stale
    ]
    rows = [
        (suspect.well, f"{suspect.score:.1f}", _first_reason(suspect))
        for suspect in still[:_MOST_WELLS]
    ]
    table = sheet(("Well", "× cut-off", "Why"), rows)
    return (table or "<p>None.</p>") + _rest(len(still) - len(rows))


def _first_reason(suspect: SuspectView) -> str:
    first, more = suspect.reasons[0].text, len(suspect.reasons) - 1
    noun = "reason" if more == 1 else "reasons"
    return f"{first}; {more} more {noun}" if more else first


def _rest(number: int) -> str:
    noun = "well is" if number == 1 else "wells are"
    return f"<p>{number} more {noun} in the details.</p>" if number > 0 else ""


def _window(service: Service, tables: PlateTables) -> str:
    key = tables.overview.key
    metric = service.quality.assay_metric(key)
    if metric not in tables.values:
        return "<p>No assay metric is set for this project.</p>"
    statistics = service.quality.statistics(key, metric)
    title = safe_text(statistics.metric.title)
    return f"<p>{title}</p>{controls_table(statistics)}"


def _maps(service: Service, tables: PlateTables) -> str:
    assay = service.quality.assay_metric(tables.overview.key)
    maps = "".join(
        metric_map(tables.overview, tables.values[id], tables.review)
        for id in dict.fromkeys((SUSPICION, assay))
        if id in tables.values
    )
    return f'<h2>Maps</h2><div class="maps">{maps}</div>' if maps else ""


def _minute(moment: str) -> str:
    """Return a moment of the ledger as people read it: ``"2026-11-29 19:09 UTC"``."""
    return f"{moment[:10]} {moment[11:16]} UTC"
