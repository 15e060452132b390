"""Values to HoloViews elements: what is a plot is a HoloViews plot.

Plain values in, an element out; no plate, no session, no widget. Importing this module
imports HoloViews, which takes a second or two: do it where a plot is first wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the renderer
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.theme import Palette

MAX_BINS = 40


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
    # The dimension's name decides nothing; a metric's title may hold any letter.
    axis = hv.Dimension("value", label=f"{title} ({unit})" if unit else title)
    histogram = hv.Histogram(
        (edges, counts), kdims=[axis], vdims=[hv.Dimension("wells")]
    )
    return histogram.opts(
        backend="bokeh",
        color=palette.edge,
        line_color=palette.surface,
        line_width=0.5,
        hooks=[_styled(palette)],
        responsive=True,
        height=160,
        toolbar=None,
        default_tools=[],
        tools=["hover"],
        hover_tooltips=[("wells", "@wells"), ("up to", "@right{0.[000]a}")],
    )


def figure(element: hv.Element) -> Any:
    """Return the Bokeh figure that draws an element."""
    return hv.render(element, backend="bokeh")


def _styled(palette: Palette) -> Callable[[Any, Any], None]:
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
            axis.ticker.desired_num_ticks = 5
        drawn.yaxis.axis_label = "wells"

    return style
