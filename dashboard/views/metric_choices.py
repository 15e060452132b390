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
    "technical": "Technical",
}
"""Headings by `MetricInfo.question`, in the order in which they are listed."""

_ORDER = list(QUESTIONS)


def metric_choices(metrics: tuple[MetricInfo, ...]) -> list[dict[str, Any]]:
    """Return the metrics in groups by question, technical ones last."""
    return [
        {
            "id": metric.id,
            "title": plain_text(metric.title, 80),
            "name": plain_text(metric.name or metric.title, 80),
            "about": plain_text(metric.definition, 400),
            "group": QUESTIONS[metric.question],
            "channel": metric.channel,
        }
        for metric in sorted(metrics, key=lambda each: _ORDER.index(each.question))
    ]


def channel_choices(overview: PlateOverview) -> list[tuple[int, str]]:
    """Return position and name of the channels."""
    return [
        (channel.index, plain_text(channel.name, 60)) for channel in overview.channels
    ]
