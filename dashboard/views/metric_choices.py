"""What the chooser of the metric offers: the metrics by what a person asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text

if TYPE_CHECKING:
    from dashboard.plates.values import PlateOverview
    from dashboard.quality.values import MetricInfo

QUESTIONS = {
    "review": "What stands out?",
    "sharp": "Is it sharp?",
    "bright": "Is it bright?",
    "even": "Is it even?",
    "empty": "Is it empty or dirty?",
    "nuclei": "How are the nuclei?",
    "channels": "Do the channels fit?",
    "other": "Other packages",
    "imported": "Imported",
    "assay": "Plate map",
    "technical": "Technical",
}
"""Headings by `MetricInfo.question`, in the order in which they are listed; `assay` is
for the columns of the plate map."""

_ORDER = list(QUESTIONS.values())


def metric_choices(
    metrics: tuple[MetricInfo, ...], columns: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return metrics and columns in groups by question, technical ones last."""
    offered = [
        {
            "id": metric.id,
            "title": plain_text(metric.title, 80),
            "name": plain_text(metric.name or metric.title, 80),
            "about": plain_text(metric.definition, 400),
            "group": QUESTIONS[metric.question],
            "channel": metric.channel,
        }
        for metric in metrics
    ]
    return sorted(offered + columns, key=lambda entry: _ORDER.index(entry["group"]))


def channel_choices(overview: PlateOverview) -> list[tuple[int, str]]:
    """Return position and name of the channels."""
    return [
        (channel.index, plain_text(channel.name, 60)) for channel in overview.channels
    ]
