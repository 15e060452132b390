"""What all plots look like: the colours and the type of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers what elements can be told

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.theme import Palette

HEIGHT = 190
LEAST = 140
"""Pixels of height in which a plot can still be read."""

NARROW = 360


def axis(name: str, title: str, unit: str = "") -> hv.Dimension:
    """Return a dimension with what its axis says."""
    # The dimension's name decides nothing; a metric's title may hold any letter.
    return hv.Dimension(name, label=f"{title} ({unit})" if unit else title)


def dots(palette: Palette) -> dict[str, Any]:
    """Return the options of points, which can be selected."""
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


def frame(
    palette: Palette, value_label: str, *, counts: bool = False
) -> dict[str, Any]:
    """Return the options of any plot; it takes the room that its place has.

    The label is that of its upright axis, which has no halves where it counts.
    """
    return {
        "backend": "bokeh",
        "hooks": [_styled(palette, value_label, counts)],
        "responsive": True,
        "min_height": LEAST,
        "toolbar": None,
    }


def _styled(
    palette: Palette, value_label: str, counts: bool
) -> Callable[[Any, Any], None]:
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
        for line in (*drawn.xaxis, *drawn.yaxis):
            line.axis_line_color = palette.edge
            line.major_tick_line_color = palette.edge
            line.minor_tick_line_color = None
            line.major_label_text_color = palette.soft
            line.major_label_text_font_size = "11px"
            line.axis_label_text_color = palette.ink
            line.axis_label_text_font_size = "11px"
            line.axis_label_text_font_style = "normal"
            line.axis_label_standoff = 4
            if hasattr(line.ticker, "desired_num_ticks"):
                line.ticker.desired_num_ticks = 5
        drawn.yaxis.axis_label = value_label
        if counts:
            drawn.yaxis.ticker.min_interval = 1
        for legend in drawn.legend:
            legend.background_fill_alpha = 0
            legend.border_line_alpha = 0
            legend.label_text_color = palette.ink
            legend.label_text_font_size = "11px"

    return style
