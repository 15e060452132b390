"""How values become colours: the ramps of every kind of scale, for page and paper.

The page gets the ramps as tokens of its theme, reports and plots get them as values; no
other place names a colour of a value. What a metric's kind is stands in its definition.

Steps of a ramp differ in lightness, so that they can be told apart in grey, on paper
and by colour-blind eyes; where all is well, a well is nearly as quiet as its ground.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.qc import Scale

Ground = Literal["light", "dark"]

STEEPNESS = 3.0
"""A deviation has its full colour at three times of what stands out."""

PERCENTILES: Final = (2.0, 98.0)
"""Where the colours of a plate end: two odd wells take no range from the others."""

_VIRIDIS = (
    "#472c7b", "#453681", "#424085", "#3e4989", "#3a528b", "#365a8c", "#32628d",
    "#2f6a8d", "#2c728e", "#287a8e", "#26818e", "#23898d", "#20908c", "#1e978a",
    "#1e9e88", "#21a685", "#27ad80", "#30b47a", "#3dbb74", "#4bc26c", "#5bc862",
    "#6dce58", "#81d34c", "#95d73f", "#aadb32", "#bfdf24", "#d4e11a", "#e9e419",
    "#fde724",
)  # fmt: skip
"""Viridis (CC0, by Smith and van der Walt) without its darkest steps, which would be
taken for the ground in the dark."""

RAMPS: dict[Ground, dict[Scale, tuple[str, ...]]] = {
    "light": {
        "sequential": _VIRIDIS,
        "deviation": (
            "#e1e5ea", "#f3cf9b", "#f0a860", "#e07b39", "#c24d24", "#8f2313",
        ),
        "diverging": (
            "#0b3c78", "#2f74b5", "#7fb2dc", "#e1e5ea", "#f0b268", "#cc6f1d", "#7a3a05",
        ),
    },
    "dark": {
        "sequential": _VIRIDIS,
        "deviation": (
            "#3a434d", "#6b4a3a", "#a8582f", "#de7a2c", "#f7a940", "#ffe08a",
        ),
        "diverging": (
            "#b9dcff", "#6fb1f0", "#3f78b5", "#3a434d", "#a8672a", "#e39a3f", "#ffdf9a",
        ),
    },
}  # fmt: skip
"""Colours as ``#rrggbb`` from the low end to the high one, of a deviation from where
all is well to the farthest."""


def mixed(stops: tuple[str, ...], part: float) -> str:
    """Return the colour at a part of a ramp, 0 to 1; beyond it that of the end.

    Examples
    --------
    >>> mixed(("#000000", "#ffffff"), 0.5)
    '#808080'
    """
    place = min(1.0, max(0.0, part)) * (len(stops) - 1)
    below = min(len(stops) - 2, int(place))
    shades = (
        round(low + (high - low) * (place - below))
        for low, high in zip(
            bytes.fromhex(stops[below][1:]),
            bytes.fromhex(stops[below + 1][1:]),
            strict=True,
        )
    )
    return "#" + "".join(f"{shade:02x}" for shade in shades)


def steps(stops: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return as many colours of a ramp, evenly from end to end."""
    return tuple(mixed(stops, at / max(1, count - 1)) for at in range(count))


def value_limits(
    values: Iterable[float | None],
) -> tuple[float | None, float | None]:
    """Return where most of some values lie: two `PERCENTILES` of what there is.

    Returns
    -------
        In the unit of the values; None twice where there is none that is finite.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None, None
    low, high = (float(limit) for limit in np.percentile(known, PERCENTILES))
    return low, high


def ends(
    scale: Scale,
    low: float,
    high: float,
    *,
    right: float = 0.0,
    notable: float | None = None,
) -> tuple[float, float]:
    """Return the values where the colours end.

    Parameters
    ----------
    scale
        The kind of the metric.
    low, high
        Where most of the plate's values lie.
    right
        Where all is well, of a deviation.
    notable
        How far from there a value stands out; None where nobody says so.

    Returns
    -------
        Of a deviation where all is well first and the full colour second, which may be
        below; with `notable` the same on all plates. Of a diverging scale two values as
        far from zero. Else the limits as they are.
    """
    if scale == "deviation":
        if notable is None:
            return right, high if high - right >= right - low else low
        return right, right + STEEPNESS * notable
    if scale == "diverging":
        reach = max(abs(low), abs(high))
        return -reach, reach
    return low, high


def stands_out(scale: Scale, value: float, right: float, notable: float | None) -> int:
    """Return 1 where a value stands out upwards, -1 downwards, else 0.

    Parameters
    ----------
    scale
        The kind of the metric.
    value
        Of the well.
    right
        Where all is well, of a deviation.
    notable
        How far from there, or from zero, a value stands out; None where none does.
    """
    if notable is None:
        return 0
    if scale == "diverging":
        return (value >= notable) - (value <= -notable)
    if (value - right) / notable < 1:
        return 0
    return 1 if notable > 0 else -1


def part_of(
    value: float, low: float, high: float, *, scale: Scale, least: float | None = None
) -> float:
    """Return where a value lies between the ends of the colours, 0 to 1 within them.

    As `assets/plate/colouring.js` does.

    Parameters
    ----------
    value
        Of the well.
    low, high
        The `ends`; where they are equal, the middle, of a deviation where all is well.
    scale
        The kind of the metric.
    least
        See `least_of_logarithms`: smaller values stand with it; by value where None.
    """
    if least is not None:
        at, start, end = (math.log10(max(x, least)) for x in (value, low, high))
        return (at - start) / (end - start) if end > start else float(value > 0)
    if high == low:
        return 0.0 if scale == "deviation" else 0.5
    return (value - low) / (high - low)


def least_of_logarithms(
    values: Iterable[float], high: float | None, *, scale: Scale, log: bool
) -> float | None:
    """Return the least value that has a logarithm, None where colours go by value.

    Parameters
    ----------
    values
        Of all wells.
    high
        Where the colours end.
    scale, log
        Of the metric: its kind, and whether it is better looked at by logarithm.
    """
    numbers = list(values)
    if not log or scale != "sequential" or high is None or high <= 0:
        return None
    positive = [value for value in numbers if value > 0]
    return min(positive) if positive and min(numbers) >= 0 else None


def drawn_ends(
    low: float, high: float, *, scale: Scale, least: float | None = None
) -> tuple[float, float]:
    """Return ends between which others draw values as `part_of` places them.

    Libraries that plot know neither a least logarithm nor what is to be drawn where the
    ends are equal.

    Parameters
    ----------
    low, high, scale, least
        As `part_of` has them.

    Returns
    -------
        Never equal; of logarithms above zero.
    """
    if least is not None:
        low, high = max(low, least), max(high, least)
        return (low, high) if high > low else (low / 10, low)
    if high != low:
        return low, high
    step = abs(low) or 1.0
    return (low if scale == "deviation" else low - step), low + step


def ramp_css(ground: Ground, prefix: str = "") -> str:
    """Return the ramps as CSS custom properties: their stops with blanks between."""
    return "".join(
        f"--hcs-{prefix}{scale}:{' '.join(stops)};"
        for scale, stops in RAMPS[ground].items()
    )
