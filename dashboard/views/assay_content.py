"""What the panel of a plate's assay shows: limits, and tables before they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.quality.imported_tables import MOST_METRICS
from dashboard.text import plain_text
from dashboard.views.statistics import roles_content
from hcs.qc import FAILURE_RULES, definition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dashboard.plates.values import PlateOverview
    from dashboard.projects.plate_maps import MapPreview
    from dashboard.quality.imported_tables import ImportedMetric, ImportPreview
    from hcs.qc import Clip

_MOST_COLUMNS = 5000
_MOST_SITES = 40


def channels_content(
    overview: PlateOverview | None, clips: Mapping[int, Clip]
) -> list[dict[str, Any]]:
    """Return the channels, each with the level at which its pixels are clipped."""
    return [
        {
            "index": channel.index,
            "name": plain_text(channel.name, 60),
            "level": None if (clip := clips.get(channel.index)) is None else clip.level,
            "source": "" if clip is None else plain_text(clip.source, 200),
        }
        for channel in (overview.channels if overview else ())
    ]


def imported_content(imported: Iterable[ImportedMetric]) -> list[list[str]]:
    """Return what was imported: column, file and day."""
    return [
        [
            plain_text(metric.column, 120),
            plain_text(metric.source, 80),
            metric.when[:10],
        ]
        for metric in imported
    ]


def limits_content(project: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the kinds of failure that have a limit, with ours and the project's."""
    return [
        {
            "metric": rule.metric,
            "kind": rule.kind,
            "unit": definition(rule.metric).unit,
            "most": definition(rule.metric).high,
            "limit": rule.limit,
            "kept": project.get(rule.metric),
            "why": rule.why,
        }
        for rule in FAILURE_RULES
        if rule.limit is not None
    ]


def map_content(preview: MapPreview) -> dict[str, Any]:
    """Return what a table of conditions holds and how it fits the plate."""
    return {
        "name": plain_text(preview.name, 120),
        "shape": preview.shape,
        "encoding": preview.encoding,
        "barcodes": [plain_text(barcode, 120) for barcode in preview.barcodes[:200]],
        "barcode": plain_text(preview.barcode, 120),
        "wells": preview.wells,
        "unmatched": _few(preview.unmatched),
        "missing": _few(preview.missing),
        "problems": [plain_text(problem, 300) for problem in preview.problems],
        "more": preview.more_problems,
        "columns": [plain_text(column, 60) for column in preview.roles.columns],
        "rows": [list(row) for row in preview.rows],
        "roles": roles_content(preview.roles),
    }


def import_content(preview: ImportPreview) -> dict[str, Any]:
    """Return what a table of measurements holds and how it fits the plate."""
    return {
        "name": plain_text(preview.name, 120),
        "columns": [
            [name, wells, low, high, missing]
            for name, wells, low, high, missing in preview.columns[:_MOST_COLUMNS]
        ],
        "most": MOST_METRICS,
        "wells": preview.wells,
        "unmatched": _few(preview.unmatched),
        "missing": preview.missing,
        "field": plain_text(preview.field_column, 60),
        "rule": preview.site_rule,
        "sites": [
            [plain_text(site, 30), plain_text(label, 30), wells]
            for site, label, wells in preview.sites[:_MOST_SITES]
        ],
        "strange": [
            [plain_text(site, 30), wells]
            for site, wells in preview.strange_sites[:_MOST_SITES]
        ],
        "more": [
            max(0, len(preview.sites) - _MOST_SITES),
            max(0, len(preview.strange_sites) - _MOST_SITES),
        ],
        "left_out": [plain_text(column, 60) for column in preview.left_out[:40]],
        "problems": [plain_text(problem, 400) for problem in preview.problems],
    }


def _few(labels: tuple[str, ...]) -> list[Any]:
    """Return how many wells there are, and the first of them."""
    return [len(labels), ", ".join(plain_text(label, 20) for label in labels[:12])]
