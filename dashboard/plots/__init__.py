"""Values to HoloViews elements: what is a plot is a HoloViews plot.

Plain values in, an element out; no plate, no session, no widget. Importing this package
imports HoloViews, which takes a second or two: do it where a plot is first wanted.
"""

from __future__ import annotations

from dashboard.plots.drawing import DRAWING, embedded, figure
from dashboard.plots.heatmap import plate_heatmap
from dashboard.plots.wells import (
    MAX_BINS,
    MOST_POINTS,
    bin_edges,
    density,
    distribution,
    doses,
    points,
    profile,
)

__all__ = [
    "DRAWING",
    "MAX_BINS",
    "MOST_POINTS",
    "bin_edges",
    "density",
    "distribution",
    "doses",
    "embedded",
    "figure",
    "plate_heatmap",
    "points",
    "profile",
]
