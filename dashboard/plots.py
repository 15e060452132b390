"""Values to HoloViews elements: what is a plot is a HoloViews plot.

Plain values in, an element out; no plate, no session, no widget. Importing this module
imports HoloViews, which takes a second or two: do it where a plot is first wanted.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np
from bokeh import __version__ as bokeh_version
from bokeh.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bokeh.plotting import figure as Figure

    from dashboard.theme import Palette

MAX_BINS = 40
MOST_POINTS = 4000
"""More points than this are drawn as a picture of their density."""

DRAWING = threading.Lock()
"""Hold it from making an element to its figure. HoloViews keeps the options of all
elements in tables of the process, and two threads would exchange theirs."""

_HEIGHT = 190
_NARROW = 360
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_MARKS = ("circle", "square", "triangle", "diamond", "inverted_triangle", "hex")


def bin_edges(values: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return edges of bins of equal width for a histogram of finite values.

    The Freedman-Diaconis width, at most `MAX_BINS` bins, so that one far value does
    not ask for thousands.

    >>> bin_edges([3.0, 3.0]).tolist()
    [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    """
    data = np.asarray(values, dtype=np.float64)
    low, high = float(data.min()), float(data.max())
    if not high > low:
        # One bar amid four empty ones says "all equal" where a single one says nothing.
        step = 1.0 if abs(low) < 1e15 else abs(low) / 10
        return low + step * np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    quarter, three = np.percentile(data, (25, 75))
    width = 2 * (three - quarter) / len(data) ** (1 / 3)
    count = MAX_BINS if width <= 0 else int(np.ceil((high - low) / width))
    edges = np.linspace(low, high, min(MAX_BINS, max(5, count)) + 1)
    # A range of a few ulps cannot be cut into so many pieces.
    return edges if np.all(np.diff(edges) > 0) else np.array([low, high])


def distribution(
    values: Sequence[float], *, title: str, unit: str, palette: Palette
) -> hv.Histogram:
    """Return the histogram of a metric over the wells of a plate.

    Parameters
    ----------
    values
        One finite number a well, at least one.
    title, unit
        Of the metric; they label the axis.
    palette
        Colours of the present theme.
    """
    edges = bin_edges(values)
    counts, _ = np.histogram(np.asarray(values, dtype=np.float64), edges)
    histogram = hv.Histogram(
        (edges, counts),
        kdims=[_axis("value", title, unit)],
        vdims=[hv.Dimension("wells")],
    )
    return histogram.opts(
        **_frame(palette, "wells"),
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
    palette: Palette,
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
        kdims=[_axis("x", titles[0]), _axis("y", titles[1])],
        vdims=[hv.Dimension("well")],
    )
    return element.opts(
        **_frame(palette, titles[1]),
        **_dots(palette),
        hover_tooltips=[("", "@well")],
    )


def density(
    x: Sequence[float],
    y: Sequence[float],
    *,
    titles: tuple[str, str],
    palette: Palette,
    size: tuple[int, int] = (_NARROW, _HEIGHT),
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
        kdims=[_axis("x", titles[0]), _axis("y", titles[1])],
    )
    drawn = rasterize(element, dynamic=False, width=size[0] // 3, height=size[1] // 3)
    return drawn.opts(
        **_frame(palette, titles[1]),
        cmap="viridis",
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
    palette: Palette,
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
    x, y = _axis("x", along), _axis("y", title)
    every = max(1, math.ceil(len(names) / 24))
    ticks = [(i, name) for i, name in enumerate(names) if i % every == 0]
    dots = hv.Points(
        (at.astype(float), numbers, list(labels)), kdims=[x, y], vdims=["well"]
    ).opts(backend="bokeh", **_dots(palette), hover_tooltips=[("", "@well")])
    line = hv.Curve((lines, medians), kdims=[x], vdims=[y]).opts(
        backend="bokeh", color=palette.accent, line_width=2
    )
    return (dots * line).opts(**_frame(palette, title), xticks=ticks)


def doses(
    lines: Mapping[str, Sequence[tuple[float, float, float | None]]],
    *,
    titles: tuple[str, str],
    palette: Palette,
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
    x, y = _axis("x", titles[0]), _axis("y", titles[1])
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
        **_frame(palette, titles[1]), logx=True, legend_position="right"
    )


def figure(element: hv.Element | hv.Overlay) -> Any:
    """Return the Bokeh figure that draws an element, in a document of its own.

    `holoviews.render` would take Bokeh's current document and give it a theme. In a
    thread that is the document of any page whose callback happens to run, or of one
    that was closed after a callback of it had failed: Bokeh's `patch_curdoc` takes
    back nothing then.
    """
    # Only in this mode does the renderer take the document that it is given.
    renderer = hv.renderer("bokeh").instance(mode="server")
    document = Document()
    drawn = renderer.get_plot(element, doc=document).state
    document.add_root(drawn)
    return drawn


def embedded(drawn: Figure) -> dict[str, Any]:
    """Return a figure as ``Bokeh.embed.embed_item`` takes it in a browser.

    It is connected with no server: nothing that happens to it there, and nothing that
    replaces it, is a message that could come too late. `bokeh.embed.json_item` would
    ask for the current document.
    """
    document = drawn.document
    if document is None:
        message = "The figure has no document: make it by `figure`."
        raise ValueError(message)
    content = dict(document.to_json(deferred=False))
    # Components of Panel that any page of this process has defined.
    content.pop("defs", None)
    return {"doc": content, "root_id": drawn.id, "version": bokeh_version}


def _axis(name: str, title: str, unit: str = "") -> hv.Dimension:
    # The dimension's name decides nothing; a metric's title may hold any letter.
    return hv.Dimension(name, label=f"{title} ({unit})" if unit else title)


def _dots(palette: Palette) -> dict[str, Any]:
    return {
        "color": palette.accent,
        "line_color": palette.surface,
        "line_width": 0.5,
        "size": 6,
        "alpha": 0.8,
        "nonselection_alpha": 0.25,
        "nonselection_color": palette.edge,
        "selection_color": palette.accent,
        "selection_line_color": palette.ink,
        "tools": ["hover", "box_select", "tap"],
        "default_tools": [],
        "active_tools": ["box_select"],
    }


def _frame(palette: Palette, value_label: str) -> dict[str, Any]:
    return {
        "backend": "bokeh",
        "hooks": [_styled(palette, value_label)],
        "responsive": True,
        "height": _HEIGHT,
        "toolbar": None,
    }


def _styled(palette: Palette, value_label: str) -> Callable[[Any, Any], None]:
    """Return the hook that gives a figure the page's colours and type."""

    def style(plot: Any, _: Any) -> None:
        drawn = plot.state
        drawn.background_fill_alpha = 0
        drawn.border_fill_alpha = 0
        drawn.outline_line_color = None
        drawn.min_border_left = 36
        drawn.min_border_right = 12
        drawn.ygrid.grid_line_color = palette.line
        drawn.xgrid.grid_line_color = None
        for axis in (*drawn.xaxis, *drawn.yaxis):
            axis.axis_line_color = palette.edge
            axis.major_tick_line_color = palette.edge
            axis.minor_tick_line_color = None
            axis.major_label_text_color = palette.soft
            axis.major_label_text_font_size = "11px"
            axis.axis_label_text_color = palette.ink
            axis.axis_label_text_font_size = "11px"
            axis.axis_label_text_font_style = "normal"
            axis.axis_label_standoff = 4
            if hasattr(axis.ticker, "desired_num_ticks"):
                axis.ticker.desired_num_ticks = 5
        drawn.yaxis.axis_label = value_label
        for legend in drawn.legend:
            legend.background_fill_alpha = 0
            legend.border_line_alpha = 0
            legend.label_text_color = palette.ink
            legend.label_text_font_size = "11px"

    return style
