"""Plate maps of the report as SVG: no script, sharp on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.colour_scales import (
    RAMPS,
    least_of_logarithms,
    mixed,
    part_of,
    stands_out,
)
from dashboard.reviews.acts import Subject
from dashboard.reviews.verdict_table import STALE_COLOUR, VERDICT_LOOKS
from dashboard.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateOverview, WellState
    from dashboard.quality.values import MetricValues
    from dashboard.reviews.values import HeldVerdict, PlateReview

_CELL = 22
_HEAD = 18


def verdict_map(overview: PlateOverview, review: PlateReview) -> str:
    """Return the plate with the verdict of each well, and what the signs mean."""

    def draw(well: WellState, x: float, y: float) -> str:
        held = review.of(Subject(well.path))
        return _square(x, y, "#f4f5f7", "#dfe3e8") + (_sign(held, x, y) if held else "")

    words = ", ".join(f"{look.sign} {look.word}" for look in VERDICT_LOOKS.values())
    key = (
        f"<p>{words}; only outlined: judged in bulk and not looked at; grey: the "
        f"pictures have changed since.</p>"
    )
    return _plate(overview, draw) + key


def metric_map(
    overview: PlateOverview, values: MetricValues, review: PlateReview
) -> str:
    """Return the plate coloured by a metric, with its limits."""
    low, high = values.low, values.high
    metric = values.metric
    ramp = RAMPS["light"][metric.scale]
    numbers = [well.value for well in values.wells.values() if well.value is not None]
    least = least_of_logarithms(numbers, high, scale=metric.scale, log=metric.log)

    def draw(well: WellState, x: float, y: float) -> str:
        number = values.wells.get(well.label)
        value = number.value if number else None
        if value is None or low is None or high is None:
            return _square(x, y, "#ffffff", "#dfe3e8")
        colour = mixed(ramp, part_of(value, low, high, scale=metric.scale, least=least))
        text = f"{well.label} {value:.4g}"
        held = review.of(Subject(well.path))
        mark = _sign(held, x, y, small=True) if held else ""
        if side := stands_out(metric.scale, value, metric.right, metric.notable):
            mark = _triangle(x, y, side) + mark
        return _square(x, y, colour, "none", text) + mark

    limits = "" if low is None or high is None else f"{low:.4g} to {high:.4g}"
    unit = f" {values.metric.unit}" if values.metric.unit else ""
    by_log = "" if least is None else ", by logarithm"
    title = safe_text(f"{metric.title}: {limits}{unit}{by_log}", 200)
    return f"<figure>{_plate(overview, draw)}<figcaption>{title}</figcaption></figure>"


def _plate(
    overview: PlateOverview, draw: Callable[[WellState, float, float], str]
) -> str:
    columns, rows = len(overview.columns), len(overview.rows)
    width, height = _HEAD + _CELL * columns + 1, _HEAD + _CELL * rows + 1
    heads = "".join(
        f'<text x="{_HEAD + _CELL * (i + 0.5)}" y="12" text-anchor="middle">'
        f"{safe_text(name, 8)}</text>"
        for i, name in enumerate(overview.columns)
    ) + "".join(
        f'<text x="{_HEAD - 5}" y="{_HEAD + _CELL * (i + 0.5) + 3}" '
        f'text-anchor="end">{safe_text(name, 8)}</text>'
        for i, name in enumerate(overview.rows)
    )
    wells = "".join(
        draw(well, _HEAD + _CELL * well.column, _HEAD + _CELL * well.row)
        for well in overview.wells
        if well.listed
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="Plate map">{heads}{wells}</svg>'
    )


def _square(x: float, y: float, fill: str, stroke: str, text: str = "") -> str:
    title = f"<title>{safe_text(text, 200)}</title>" if text else ""
    return (
        f'<rect x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_CELL - 2}" '
        f'rx="3" fill="{fill}" stroke="{stroke}">{title}</rect>'
    )


def _triangle(x: float, y: float, side: int) -> str:
    """Return the mark of a well that stands out, upwards or downwards."""
    cx, cy, half = x + _CELL / 2, y + _CELL * 0.4, _CELL * 0.16
    tip, foot = cy - half * side, cy + half * side
    points = f"{cx:.1f},{tip:.1f} {cx + half:.1f},{foot:.1f} {cx - half:.1f},{foot:.1f}"
    return f'<polygon points="{points}" fill="#14181d" stroke="#ffffff" />'


def _sign(held: HeldVerdict, x: float, y: float, *, small: bool = False) -> str:
    look = VERDICT_LOOKS.get(held.act.verdict)
    colour = STALE_COLOUR if held.stale or look is None else look.colour
    hollow = held.act.basis == "unseen"
    radius = _CELL * (0.2 if small else 0.34)
    cx = x + _CELL - radius - 3 if small else x + _CELL / 2
    cy = y + _CELL - radius - 3 if small else y + _CELL / 2
    fill, ink = ("#ffffff", colour) if hollow else (colour, "#ffffff")
    return (
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{radius:.1f}" fill="{fill}" '
        f'stroke="{colour}"/><text x="{cx:.1f}" y="{cy + radius * 0.45:.1f}" '
        f'text-anchor="middle" style="fill:{ink};font-weight:700;'
        f'font-size:{radius * 1.4:.1f}px">{look.sign if look else ""}</text>'
    )
