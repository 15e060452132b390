"""Numbers of wells or fields: how they are distributed, and what they go with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np

from dashboard.colour_scales import RAMPS, steps
from dashboard.plots.look import HEIGHT, NARROW, axis, dots, frame
from dashboard.theme import LIGHT
from hcs.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.theme import Palette

MAX_BINS = 40
MOST_POINTS = 4000
"""More points than this are drawn as a picture of their density."""

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_MARKS = ("circle", "square", "triangle", "diamond", "inverted_triangle", "hex")


def bin_edges(values: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return edges of bins of equal width for a histogram of finite values.

    The Freedman-Diaconis width, at most `MAX_BINS` bins, so that one far value does
    not ask for thousands.

    >>> bin_edges([3.0, 3.0]).tolist()
    [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    >>> bin_edges([0.0, 0.0]).tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]

    Parameters
    ----------
    values
        Any numbers, one-dimensional; NaN and infinite ones take no part.

    Raises
    ------
    ArgumentError
        If there is no finite number.
    """
    data = np.asarray(values, dtype=np.float64)
    data = data[np.isfinite(data)]
    if not data.size:
        raise ArgumentError("There is no finite number to draw a histogram of.")
    low, high = float(data.min()), float(data.max())
    if not high > low:
        # One bar amid four empty ones says "all equal" where a single one says nothing.
        step = 1.0 if abs(low) < 1e15 else abs(low) / 10
        first = low - 2.5 * step
        # What cannot be negative has no axis below zero.
        return max(first, 0.0 if low >= 0 else first) + step * np.arange(6.0)
    quarter, three = np.percentile(data, (25, 75))
    width = 2 * (three - quarter) / len(data) ** (1 / 3)
    count = MAX_BINS if width <= 0 else int(np.ceil((high - low) / width))
    edges = np.linspace(low, high, min(MAX_BINS, max(5, count)) + 1)
    # A range of a few ulps cannot be cut into so many pieces.
    return edges if np.all(np.diff(edges) > 0) else np.array([low, high])


def distribution(
    values: Sequence[float], *, title: str, unit: str = "", palette: Palette = LIGHT
) -> hv.Histogram:
    """Return the histogram of a metric over the wells of a plate.

    Parameters
    ----------
    values
        A number a well; NaN and infinite ones are left out.
    title, unit
        Of the metric; they label the axis.
    palette
        Colours of the present theme.

    Raises
    ------
    ArgumentError
        If there is no finite number.
    """
    edges = bin_edges(values)
    counts, _ = np.histogram(np.asarray(values, dtype=np.float64), edges)
    histogram = hv.Histogram(
        (edges, counts),
        kdims=[axis("value", title, unit)],
        vdims=[hv.Dimension("wells")],
    )
    return histogram.opts(
        **frame(palette, "wells", counts=True),
        color=palette.edge,
        line_color=palette.surface,
        line_width=0.5,
        selection_color=palette.edge,
        nonselection_alpha=1.0,
        default_tools=[],
        tools=["hover", "tap"],
        hover_tooltips=[("wells", "@wells"), ("up to", "@right{0.[000]a}")],
    )


def points(
    x: Sequence[float],
    y: Sequence[float],
    labels: Sequence[str],
    *,
    titles: tuple[str, str],
    palette: Palette = LIGHT,
) -> hv.Points:
    """Return a point a well (or field) over two metrics.

    Parameters
    ----------
    x, y
        Finite numbers.
    labels
        Label of the well of each point; several points may have one.
    titles
        What the axes show, with units.
    palette
        Colours of the present theme.
    """
    element = hv.Points(
        (np.asarray(x, float), np.asarray(y, float), list(labels)),
        kdims=[axis("x", titles[0]), axis("y", titles[1])],
        vdims=[hv.Dimension("well")],
    )
    return element.opts(
        **frame(palette, titles[1]),
        **dots(palette),
        hover_tooltips=[("", "@well")],
    )


def density(
    x: Sequence[float],
    y: Sequence[float],
    *,
    titles: tuple[str, str],
    palette: Palette = LIGHT,
    size: tuple[int, int] = (NARROW, HEIGHT),
) -> hv.Image:
    """Return how many points lie where, drawn by Datashader: for more than eyes tell.

    Parameters
    ----------
    x, y
        Finite numbers.
    titles
        What the axes show, with units.
    palette
        Colours of the present theme.
    size
        Cells along x and y.
    """
    from holoviews.operation.datashader import rasterize

    element = hv.Points(
        (np.asarray(x, float), np.asarray(y, float)),
        kdims=[axis("x", titles[0]), axis("y", titles[1])],
    )
    drawn = rasterize(element, dynamic=False, width=size[0] // 3, height=size[1] // 3)
    return drawn.opts(
        **frame(palette, titles[1]),
        cmap=list(steps(RAMPS["light"]["sequential"], 256)),
        cnorm="log",
        clipping_colors={"min": "transparent", "NaN": "transparent"},
        default_tools=[],
        tools=["hover"],
    )


def profile(
    places: Sequence[int],
    values: Sequence[float],
    labels: Sequence[str],
    *,
    names: Sequence[str],
    along: str,
    title: str,
    palette: Palette = LIGHT,
) -> hv.Overlay:
    """Return the wells of each row or column, with the line of their medians.

    Parameters
    ----------
    places
        Row or column of each well, from zero.
    values, labels
        Value and label of each well.
    names
        Names of the rows or columns.
    along
        ``"row"`` or ``"column"``.
    title
        Of the metric, with its unit.
    palette
        Colours of the present theme.
    """
    numbers = np.asarray(values, float)
    at = np.asarray(places)
    lines = sorted(set(at.tolist()))
    medians = [float(np.median(numbers[at == line])) for line in lines]
    x, y = axis("x", along), axis("y", title)
    every = max(1, math.ceil(len(names) / 24))
    ticks = [(i, name) for i, name in enumerate(names) if i % every == 0]
    marks = hv.Points(
        (at.astype(float), numbers, list(labels)), kdims=[x, y], vdims=["well"]
    ).opts(backend="bokeh", **dots(palette), hover_tooltips=[("", "@well")])
    line = hv.Curve((lines, medians), kdims=[x], vdims=[y]).opts(
        backend="bokeh", color=palette.accent, line_width=2
    )
    return (marks * line).opts(**frame(palette, title), xticks=ticks)


def doses(
    lines: Mapping[str, Sequence[tuple[float, float, float | None]]],
    *,
    titles: tuple[str, str],
    palette: Palette = LIGHT,
) -> hv.Overlay:
    """Return mean and SD of each compound by dose, on a logarithmic axis.

    Parameters
    ----------
    lines
        Dose, mean and SD by compound, by rising dose. A dose of 0 stands left of the
        others, where a logarithm has no place for it.
    titles
        Of dose and metric, with units.
    palette
        Colours of the present theme.
    """
    above = [dose for points in lines.values() for dose, _, _ in points if dose > 0]
    least = min(above, default=1.0) / 3
    x, y = axis("x", titles[0]), axis("y", titles[1])
    parts = []
    for number, (compound, points) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        at = [dose if dose > 0 else least for dose, _, _ in points]
        mean = [mean_value for _, mean_value, _ in points]
        spread = [sd or 0.0 for _, _, sd in points]
        named = {"label": compound} if compound and len(lines) > 1 else {}
        parts += [
            hv.ErrorBars((at, mean, spread), kdims=[x], vdims=[y, "sd"]).opts(
                backend="bokeh", line_color=palette.edge
            ),
            hv.Curve((at, mean), kdims=[x], vdims=[y], **named).opts(
                backend="bokeh", color=colour
            ),
            hv.Scatter((at, mean), kdims=[x], vdims=[y], **named).opts(
                backend="bokeh",
                color=colour,
                marker=_MARKS[number % len(_MARKS)],
                size=6,
            ),
        ]
    return hv.Overlay(parts).opts(
        **frame(palette, titles[1]), logx=True, legend_position="right"
    )
