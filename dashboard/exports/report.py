"""A plate's review as one HTML file that opens without this server and prints well.

Two pages say what the plate is good for and why; all else is folded behind them.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dashboard.exports.report_ledger import ReportLedger
from dashboard.exports.report_maps import metric_map
from dashboard.exports.report_sections import (
    agreement_part,
    corrections_part,
    cut_offs,
    settings_part,
    sheet,
    sign_off_part,
    statistics_part,
)
from dashboard.exports.report_style import STYLE
from dashboard.exports.report_summary import first_page, second_page
from dashboard.exports.report_wells import wells_part
from dashboard.exports.tables import PlateTables
from dashboard.quality.scores import SUSPICION
from dashboard.reviews.queue import entries
from dashboard.text import safe_text
from hcs.qc import all_definitions

if TYPE_CHECKING:
    from dashboard.service import Service

_PACKAGES = ("hcs-dashboard", "hcs", "zarr", "numpy", "scipy", "panel")

_MOST_MAPS = 6


def report_html(service: Service, key: str, *, tells_place: bool = True) -> str:
    """Return the report on a plate; reads pictures, so it belongs into a thread.

    Parameters
    ----------
    tells_place
        Whether it says where the plate lies, see `Access.tells_place`.
    """
    tables = PlateTables(service, key)
    overview, review = tables.overview, tables.review
    use = service.usability.of(key, review)
    details = [
        _detail("Sign-off", sign_off_part(review.signed)),
        _detail("Flagged and failed wells", wells_part(service, tables)),
        _detail("Suspect wells", _suspects(tables)),
        _detail("Metrics of suspect wells", _maps(tables)),
        _detail("Cut-offs", cut_offs(service, tables)),
        _detail("Statistics", statistics_part(service, tables)),
        _detail("Two reviewers", agreement_part(service, tables)),
        _detail("Corrections", corrections_part(service, tables)),
        _detail("Verdicts and history", _ledger(service, tables)),
        _detail("Methods and settings", _method(service, tables)),
    ]
    title = safe_text(overview.name or key, 120)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        # The file must show nothing and ask for nothing but what it holds itself.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Review of {title}</title><style>{STYLE}</style></head>"
        f"<body><main>{first_page(tables, use, tells_place=tells_place)}"
        f"{second_page(service, tables)}"
        '<section class="details"><h2>Details</h2>'
        '<p class="hint">Printed are the two pages above, and the details that are '
        f"open.</p>{''.join(details)}</section></main></body></html>"
    )


def _detail(title: str, body: str) -> str:
    if not body:
        return ""
    return f"<details><summary><h3>{title}</h3></summary>{body}</details>"


def _suspects(tables: PlateTables) -> str:
    judged = tables.judged
    if not judged.ready:
        return "<p>Measuring was not finished when this report was made.</p>"
    banner = "".join(f"<p><b>{safe_text(text)}</b></p>" for text in judged.banner)
    rows = [
        (suspect.well, f"{suspect.score:.1f}", suspect.text)
        for suspect in entries(judged)
    ]
    table = sheet(("Well", "× cut-off", "Why"), rows)
    return banner + (table or "<p>No well is suspect.</p>")


def _maps(tables: PlateTables) -> str:
    """Return the plate by the metrics that made wells suspect, the worst first."""
    named = dict.fromkeys(
        reason.metric
        for suspect in tables.judged.suspects
        for reason in suspect.reasons
        if reason.metric in tables.values and reason.metric != SUSPICION
    )
    figures = "".join(
        metric_map(tables.overview, tables.values[id], tables.review)
        for id in list(named)[:_MOST_MAPS]
    )
    return f'<div class="maps">{figures}</div>' if figures else ""


def _ledger(service: Service, tables: PlateTables) -> str:
    return (
        ReportLedger(service, tables).table()
        + "<p>A name with “typed” was typed by the reviewer and not authenticated.</p>"
    )


def _method(service: Service, tables: PlateTables) -> str:
    overview = tables.overview
    versions = ", ".join(
        f"{name} {version}" for name in _PACKAGES if (version := _version(name))
    )
    rows = [
        (info.title, info.id, metric_version(info.id), info.definition)
        for info in tables.metrics
    ]
    return (
        f"<p>Plate id {safe_text(overview.id)}; "
        f"OME-Zarr {safe_text(overview.version)}; "
        f"Python {platform.python_version()}, {safe_text(versions)}</p>"
        + settings_part(service, tables)
        + sheet(("Metric", "Id", "Version", "Definition"), rows)
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
