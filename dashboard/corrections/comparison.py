"""A staged correction and what it would replace, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from hcs.contrast import within_pictures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.corrections.staged_pixels import Stack
    from dashboard.quality.staged_metrics import MetricChange

BINS = 256
_SAMPLED = 1 << 20
"""Pixels of a plane that a histogram counts at most; every so many-th is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHistogram:
    """How many pixels of a channel have which value, before and after."""

    channel: int
    name: str
    low: float
    """Lower edge of the first bin; both sides have the same bins."""

    high: float
    """Upper edge of the last bin."""

    old: tuple[float, ...]
    """Share of the pixels in each bin; empty where the field is new or unreadable."""

    new: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """A metric of a channel in two columns, with what the rules say."""

    change: MetricChange
    channel_name: str
    verdict: str
    """``"no longer suspect"``, ``"now suspect"``, ``"still suspect"`` or ``""``."""

    text: str
    """``"focus -6.1 -> -0.3: no longer suspect"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What `BatchDesk.comparison` returns."""

    staged: str
    """Id of the correction."""

    rows: tuple[MetricRow, ...]
    """Those that the rules say something of first."""

    histograms: tuple[ChannelHistogram, ...]

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What the rules say, a line each; empty where nothing changes."""
        return tuple(row.text for row in self.rows if row.verdict)


def metric_rows(
    changes: Iterable[MetricChange], names: Sequence[str]
) -> tuple[MetricRow, ...]:
    """Return metrics in words; pure.

    Parameters
    ----------
    changes
        Before and after.
    names
        Of the channels.
    """
    rows = [
        MetricRow(
            change=change,
            channel_name=names[change.channel]
            if change.channel < len(names)
            else str(change.channel),
            verdict=_verdict(change),
            text=_text(change),
        )
        for change in changes
    ]
    return tuple(sorted(rows, key=lambda row: not row.verdict))


def _verdict(change: MetricChange) -> str:
    if change.suspect_before and change.suspect_after:
        return "still suspect"
    if change.suspect_after:
        return "now suspect"
    if change.suspect_before and change.new is not None:
        return "no longer suspect"
    return ""


def _text(change: MetricChange) -> str:
    verdict = _verdict(change)
    what = change.kind or change.title
    if change.kind == "saturation" and verdict == "now suspect":
        return f"now saturated: {_number(change.new)} %"
    unit = f" {change.unit}" if change.unit else ""
    values = f"{what} {_number(change.old)} -> {_number(change.new)}{unit}"
    return f"{values}: {verdict}" if verdict else values


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}"


def histograms(
    old: Stack | None, new: Stack, names: Sequence[str], channels: Iterable[int]
) -> tuple[ChannelHistogram, ...]:
    """Return the histograms of channels before and after, with the same bins.

    Parameters
    ----------
    old
        The present pixels; None of a new field.
    new
        The staged ones.
    names
        Of the channels.
    channels
        Those that are wanted.
    """
    drawn = []
    for channel in channels:
        before = None if old is None else _sample(old, channel)
        after = _sample(new, channel)
        values = after if before is None else np.concatenate([before, after])
        low, high = (
            (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        )
        if high <= low:
            high = low + 1.0
        # `numpy.histogram` refuses bins that are narrower than a step of float64.
        high = max(high, low + 2 * BINS * float(np.spacing(max(-low, high))))
        drawn.append(
            ChannelHistogram(
                channel=channel,
                name=names[channel] if channel < len(names) else str(channel),
                low=low,
                high=high,
                old=() if before is None else _shares(before, low, high),
                new=_shares(after, low, high),
            )
        )
    return tuple(drawn)


def _sample(stack: Stack, channel: int) -> Any:
    """Return finite pixels of a channel, every so many-th of a large one."""
    if channel >= stack.size("c"):
        return np.empty(0)
    parts = []
    for t, z in product(range(stack.size("t")), range(stack.size("z"))):
        pixels = stack.plane(t, channel, z).ravel()
        parts.append(pixels[:: max(1, pixels.size // _SAMPLED)])
    values = np.concatenate(parts).astype(np.float64)
    return within_pictures(values[np.isfinite(values)])


def _shares(values: Any, low: float, high: float) -> tuple[float, ...]:
    counts, _ = np.histogram(values, bins=BINS, range=(low, high))
    return tuple((counts / max(1, values.size)).tolist())
