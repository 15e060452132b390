"""Numbers of wells as a map of their plate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import holoviews as hv

from dashboard.colour_scales import (
    RAMPS,
    drawn_ends,
    ends,
    least_of_logarithms,
    steps,
    value_limits,
)
from dashboard.plots.look import HEIGHT, axis, frame
from dashboard.theme import DARK, LIGHT
from dashboard.well_cells import cells_by_well
from hcs.errors import ArgumentError
from hcs.layout import parse_well, row_letters, smallest_format
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.theme import Palette
    from hcs.qc import Scale


def plate_heatmap(
    values: Mapping[str, float | None],
    *,
    title: str = "value",
    unit: str = "",
    scale: Scale = "sequential",
    log: bool = False,
    limits: tuple[float, float] | None = None,
    palette: Palette = LIGHT,
) -> hv.HeatMap:
    """Return numbers of wells as a map of their plate.

    Parameters
    ----------
    values
        A number a well, which may be spelled in any way (``"B2"``, ``"B02"``,
        ``"B/2"``); a `dict`, or a `pandas.Series` by well. Wells without a finite
        number stay empty.
    title, unit
        What the numbers are; they label the colour bar.
    scale
        What the numbers are: ``"sequential"`` from little to much, ``"diverging"`` on
        either side of zero (scores), ``"deviation"`` from zero, where all is well.
    log
        Whether colours go by the logarithm, as those of some metrics do on the page
        (`hcs.qc.definition` has ``scale`` and ``log`` of each). Zero stands with the
        least that has one; not of values below zero, nor on other scales.
    limits
        Where the colours end, lower one first, such as those of several plates
        together; by default where most of these wells lie.
    palette
        Colours of the page that it stands on: ``LIGHT`` or ``DARK`` of
        ``dashboard.theme``.

    Returns
    -------
        An element with the dimensions ``column``, ``row`` and ``value``, rows
        downwards, of the smallest standard plate that holds the wells. Colours are
        those of the page's own map, between the 2nd and 98th percentile, so that one
        far well does not make all others alike; what lies beyond has the colour of the
        end. What diverges has zero in its middle. Leave out wells that failed, as the
        page does: they count for the limits like all that are given.

    Raises
    ------
    ArgumentError
        If there is no well, one is named twice, or values are no numbers.
    InvalidPathError
        If a name is no well's.

    Examples
    --------
    >>> drawn = plate_heatmap({"A1": 1.0, "H12": 2.0}, title="cells")
    >>> len(drawn), [dimension.name for dimension in drawn.dimensions()]
    (96, ['column', 'row', 'value'])
    """
    given = cells_by_well(values, lambda name: parse_well(str(name).replace("/", "")))
    words = [cell for cell in given.values() if isinstance(cell, str)]
    if words:
        raise ArgumentError(f"values are words ({some(words, 3)}); expected numbers.")
    numbers = {
        well: cell if isinstance(cell, float) else math.nan
        for well, cell in given.items()
    }
    if not numbers:
        raise ArgumentError("plate_heatmap got no well; expected one or more.")
    rows, columns = (1 + max(place[side] for place in numbers) for side in (0, 1))
    plate = smallest_format(rows, columns)
    # HoloViews draws categories in the order in which they come.
    cells = [
        (
            str(column + 1),
            row_letters(row),
            numbers.get((row, column), math.nan),
        )
        for row in range(plate.rows)
        for column in range(plate.columns)
    ]
    known = [number for number in numbers.values() if math.isfinite(number)]
    low, high = limits or value_limits(known)
    first, last = ends(
        scale, 0.0 if low is None else low, 1.0 if high is None else high
    )
    least = least_of_logarithms(known, last, scale=scale, log=log)
    first, last = drawn_ends(first, last, scale=scale, least=least)
    ramp = RAMPS["dark" if palette is DARK else "light"][scale]
    if first > last:  # a deviation downwards
        first, last, ramp = last, first, ramp[::-1]
    element = hv.HeatMap(
        cells,
        kdims=[hv.Dimension("column"), hv.Dimension("row")],
        vdims=[axis("value", title, unit)],
    )
    return element.opts(
        **{**frame(palette, ""), "height": 2 * HEIGHT},
        invert_yaxis=True,
        xaxis="top",
        cmap=list(steps(ramp, 256)),
        clim=(first, last),
        logz=least is not None,
        colorbar=True,
        colorbar_opts={
            "title": f"{title} ({unit})" if unit else title,
            "title_text_color": palette.ink,
            "major_label_text_color": palette.soft,
            "background_fill_alpha": 0,
        },
        clipping_colors={"NaN": palette.sunken},
        default_tools=[],
        tools=["hover"],
        hover_tooltips=[("", "@row@column"), (title, "@value")],
    )
