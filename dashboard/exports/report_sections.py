"""Details of the report: sign-off, cut-offs, statistics, agreement, corrections."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from dashboard.errors import NotServedError
from dashboard.quality.measure_settings import LIMITED
from dashboard.reviews.acts import BASES
from dashboard.reviews.verdict_table import VERDICTS
from dashboard.reviews.wording import subject_text
from dashboard.text import safe_text
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dashboard.corrections.values import VersionView
    from dashboard.exports.tables import PlateTables
    from dashboard.plates.values import FieldState, WellState
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.statistics import StatisticsView
    from dashboard.reviews.values import SignedOff
    from dashboard.service import Service


def sheet(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of escaped cells, "" without rows."""
    body = "".join(
        "<tr>" + "".join(f"<td>{safe_text(cell, 4000)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    if not body:
        return ""
    head = "".join(f"<th>{safe_text(text)}</th>" for text in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def sign_off_part(signed: SignedOff | None) -> str:
    """Return who signed what when, and what has changed since."""
    if signed is None:
        return '<p class="open">This plate is not signed off.</p>'
    words = {
        "wells": "wells",
        "unjudged": "not judged",
        "looked": "looked at by somebody",
        **BASES,
    }
    counts = "; ".join(
        f"{n} {words.get(name, name)}" for name, n in signed.counts.items()
    )
    note = f"<p>{safe_text(signed.note, 4000)}</p>" if signed.note else ""
    changed = "".join(f"<li>{safe_text(change, 300)}</li>" for change in signed.changes)
    since = (
        f'<p class="changed"><b>Changed since sign-off:</b></p><ul>{changed}</ul>'
        if changed
        else "<p>Nothing has changed since.</p>"
    )
    return (
        f'<p class="signed"><b>{safe_text(signed.text, 300)}</b></p>{note}'
        f"<p>{safe_text(counts)}; settings revision {safe_text(signed.settings)}</p>"
        f"{since}"
    )


def cut_offs(service: Service, tables: PlateTables) -> str:
    """Return below and above what a field is suspect."""
    judged = service.quality.judgement(tables.overview.key)
    titles = {info.id: info.title for info in tables.metrics}
    rows = [
        (
            titles.get(metric, metric),
            _number(low),
            _number(high),
            _from(judged, metric, high),
        )
        for metric, (low, high) in judged.cuts.items()
    ]
    checked = sheet(
        ("Kind", "Compared with"), [(check.kind, check.text) for check in judged.checks]
    )
    moved = (
        "<p>The plate is no longer what these were made of: it was judged by what was "
        "usual on it before.</p>"
        if judged.moved
        else ""
    )
    heads = ("Metric", "Suspect below", "Suspect above", "From")
    return (sheet(heads, rows) or "<p>Nothing was compared yet.</p>") + checked + moved


def _from(judged: Judgement, metric: str, high: float | None) -> str:
    """Return where a cut-off comes from, in words."""
    if metric in judged.own_cuts:
        return "set for this project"
    limits = {check.limit for check in judged.checks if check.limit is not None}
    if metric.rpartition(".")[0] in LIMITED and high in limits:
        return "limit on any plate"
    return "from this plate"


def statistics_part(service: Service, tables: PlateTables) -> str:
    """Return what the assay's metric says of the controls and of positions."""
    key = tables.overview.key
    named = service.quality.assay_metric(key)
    known = [info.id for info in tables.metrics]
    chosen = [named] if named in known else [m for m in known if m.startswith("mean.")]
    parts = [
        _statistics(service.quality.statistics(key, metric)) for metric in chosen[:6]
    ]
    note = (
        ""
        if named in known
        else "<p>Nobody has named the metric that this assay measures: these are "
        "exploratory.</p>"
    )
    return note + "".join(parts) if parts else "<p>No values.</p>"


def _statistics(statistics: StatisticsView) -> str:
    kind = " (exploratory)" if statistics.exploratory else ""
    places = statistics.positions
    effects = sheet(
        ("Position", "Size", ""),
        [
            (effect.title, effect.text, "material" if effect.material else "")
            for effect in places.effects
        ],
    )
    assumed = f", assumed to lie on a {safe_text(statistics.assumed)}" * bool(
        statistics.assumed
    )
    refusal = f"<p>{safe_text(places.refusal, 400)}</p>" if places.refusal else ""
    return (
        f"<h3>{safe_text(statistics.metric.title)}{kind}</h3>"
        f"<p>{statistics.wells} wells with a value. Positions over "
        f"{safe_text(places.basis)}, n = {places.n}{assumed}.</p>"
        f"{controls_table(statistics)}{effects}{refusal}"
    )


def controls_table(statistics: StatisticsView) -> str:
    """Return the statistics of the controls, with and without failed wells."""
    return sheet(
        ("Statistic", "All wells", "Without failed", "n", "Note"),
        [
            (
                control.title,
                _number(control.value, percent=control.percent),
                _number(control.counted, percent=control.percent),
                control.n,
                control.note,
            )
            for control in statistics.controls
        ],
    )


def agreement_part(service: Service, tables: PlateTables) -> str:
    """Return how two blind reviewers agreed, "" where there were none."""
    key = tables.overview.key
    if tables.review.blind.open:
        return (
            "<p>A blind review is under way: what was decided in it is left out of "
            "this report.</p>"
        )
    agreement = service.blind.agreement(key)
    if agreement is None:
        return ""
    first, second = agreement.reviewers
    rows = [
        (f"{first}: {word}", *counts)
        for word, counts in zip(VERDICTS, agreement.table, strict=True)
    ]
    labels = {well.path: well.label for well in tables.overview.wells}
    open_ones = sheet(
        ("Judged differently", first, second, "Settled"),
        [
            (
                subject_text(disagreement.subject, labels),
                disagreement.acts[0].verdict,
                disagreement.acts[1].verdict,
                f"{disagreement.settled.verdict} by {disagreement.settled.who}"
                if disagreement.settled
                else "no",
            )
            for disagreement in service.blind.disagreements(key)
        ],
    )
    left = (
        f"<p>{agreement.left_out} wells that both judged are left out, because one of "
        f"them did so in bulk or without looking.</p>"
        if agreement.left_out
        else ""
    )
    return (
        f"<p>{safe_text(agreement.text)}</p>"
        + sheet(("", *(f"{second}: {word}" for word in VERDICTS)), rows)
        + left
        + open_ones
    )


def corrections_part(service: Service, tables: PlateTables) -> str:
    """Return every correction of the plate's fields."""
    rows = []
    for well in tables.overview.wells:
        if not well.revised:
            continue
        fields = service.plates.well(tables.overview.key, well.label).fields
        for field, events in revised_fields(service, tables, well, fields):
            rows += [
                (
                    event.when,
                    f"{well.label} {field.words}",
                    event.action,
                    event.id[:12] + (" (live)" if event.live else ""),
                    event.why,
                    f"{event.who} ({event.known})" if event.who else "",
                    event.source,
                )
                for event in reversed(events)
            ]
    heads = ("When (UTC)", "Field", "What", "Version", "Why", "Who", "File")
    return sheet(heads, rows) or "<p>No field was corrected.</p>"


def revised_fields(
    service: Service,
    tables: PlateTables,
    well: WellState,
    fields: Iterable[FieldState],
) -> Iterator[tuple[FieldState, Sequence[VersionView]]]:
    """Yield each field of a well that was corrected, with its versions."""
    for field in fields:
        if not field.revised:
            continue
        with contextlib.suppress(NotServedError, HCSError):
            yield (
                field,
                service.corrections.history(
                    tables.overview.key, well.label, field.name
                ),
            )


def settings_part(service: Service, tables: PlateTables) -> str:
    """Return what each settings revision that a verdict names stands for."""
    named = dict.fromkeys(
        held.act.settings
        for held in tables.review.verdicts.values()
        if held.act.settings
    )
    rows: list[tuple[str, str]] = []
    key = tables.overview.key
    for revision in [*named, service.projects.settings_revision(key)]:
        if any(revision == row[0] for row in rows):
            continue
        document = service.projects.settings_document(revision, key)
        if document is None:
            rows.append((revision, "not known in this workspace"))
            continue
        shown = {k: v for k, v in document.items() if k not in ("metrics", "baselines")}
        rows.append((revision, json.dumps(shown, ensure_ascii=False)))
    return sheet(("Settings revision", "What it stands for"), rows)


def _number(value: float | None, *, percent: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} %" if percent else f"{value:.4g}"
