"""Values to HoloViews elements: what is a plot is a HoloViews plot.

Plain values in, an element out; no plate, no session, no widget. Importing this package
imports HoloViews, which takes a second or two: do it where a plot is first wanted.
"""

from __future__ import annotations

from hcs.extras import extra

with extra("page", "dashboard.plots"):
    from dashboard.plots.drawing import DRAWING as DRAWING
    from dashboard.plots.drawing import embedded, figure
    from dashboard.plots.heatmap import plate_heatmap
    from dashboard.plots.wells import MAX_BINS as MAX_BINS
    from dashboard.plots.wells import MOST_POINTS as MOST_POINTS
    from dashboard.plots.wells import (
        bin_edges,
        density,
        distribution,
        doses,
        points,
        profile,
    )

__all__ = [
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
