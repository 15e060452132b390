"""Figures for the page: a plot whose models have the names that the page knows.

Everything here runs in a thread. What a figure does to the page, and the page to it, is
``assets/panels/plot_figure.js``.

A figure takes some 70 ms, and pages of a plate ask for the same at the same time. So it
is made of numbers and texts alone, once for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.shared import Shared
from dashboard.text import plain_text
from dashboard.views.island import as_json
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.quality.measure_settings import Cut
    from dashboard.quality.values import MetricInfo, MetricValues
    from dashboard.service import Service
    from dashboard.theme import Palette
    from dashboard.views.snapshot import Snapshot

OTHER_PLATE = "plate:"
"""Begins the choice of the same metric on another plate of the project."""

_TOOLS = ("HoverTool", "BoxSelectTool", "TapTool")

Point = tuple[float, float, str]
"""x, y, label of the well."""

_DRAWN = Shared(most=32)
"""Figures, by what they show. Those of many fields have megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotChoice:
    """What a person wants to see plotted; no part of the address."""

    tab: str = "histogram"
    vertical: str = ""
    """Metric of the vertical axis, or `OTHER_PLATE` and a key."""

    fields: bool = False
    """A point a field instead of a point a well."""

    along: str = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure, ready to be sent, and what belongs to it."""

    text: str
    """What the browser draws, see `dashboard.plots.embedded`, as JSON."""

    note: str = ""
    """What the plot says, in words."""

    points: tuple[Point, ...] = ()
    """What a density was drawn of, to find the wells in a part of it."""


def drawing(
    service: Service, now: Snapshot, choice: PlotChoice, palette: Palette
) -> Drawing | None:
    """Return the plot that was chosen, None where there is nothing to draw."""
    from dashboard import plots

    values = now.values
    if values is None or now.overview is None:
        return None
    with plots.DRAWING:
        if choice.tab == "scatter":
            return _scatter(service, now, values, choice, palette)
        if choice.tab == "profile":
            return _profile(now, values, choice, palette)
        if choice.tab == "doses":
            return _doses(now, values, palette)
        numbers = tuple(shown_numbers(now, values).values())
        if not numbers:
            return None
        title = _title(now, values)
        return _DRAWN.of(_histogram, numbers, title, cuts_of(now), palette)


def cuts_of(now: Snapshot) -> Cut:
    """Return the cut-offs of what is shown; scores have none."""
    none: Cut = (None, None)
    return none if now.state.score else now.judgement.cuts.get(now.state.metric, none)


def axis_title(info: MetricInfo) -> str:
    """Return a metric's title with its unit."""
    title, unit = plain_text(info.title, 80), plain_text(info.unit, 20)
    return f"{title} ({unit})" if unit else title


def shown_numbers(now: Snapshot, values: MetricValues) -> dict[str, float]:
    """Return what the plate is coloured by, by label: the metric, or scores of it."""
    score, statistics = now.state.score, now.statistics
    if score and statistics is not None and statistics.metric.id == values.metric.id:
        return statistics.robust_z if score == "z" else statistics.b_score
    return {
        label: well_value.value
        for label, well_value in values.wells.items()
        if well_value.value is not None
    }


_SCORES = {"z": "robust z", "b": "B-score"}


def _title(now: Snapshot, values: MetricValues) -> str:
    score = _SCORES.get(now.state.score)
    if score is None:
        return axis_title(values.metric)
    return f"{plain_text(values.metric.title, 80)}: {score}"


def _histogram(
    numbers: tuple[float, ...], title: str, cuts: Cut, palette: Palette
) -> Drawing:
    from bokeh.models import BoxSelectTool, ColumnDataSource
    from bokeh.models.annotations import Span

    from dashboard import plots

    figure = plots.figure(
        plots.distribution(numbers, title=title, unit="", palette=palette)
    )
    bins = figure.renderers[0].data_source
    bins.name = "hcs-plot-bins"
    edges = {side: bins.data[side] for side in ("left", "right")}
    chosen = ColumnDataSource(
        edges | {"top": [0] * len(edges["left"])}, name="hcs-plot-chosen"
    )
    figure.quad(
        left="left",
        right="right",
        top="top",
        bottom=0,
        source=chosen,
        color=palette.accent,
        line_color=palette.surface,
    )
    figure.add_tools(BoxSelectTool(dimensions="width"))
    figure.toolbar.active_drag = figure.tools[-1]
    low, high = cuts
    # Cut-offs that lie far from all values would squeeze them to a line.
    first, last = float(bins.data["left"][0]), float(bins.data["right"][-1])
    room = 0.6 * (last - first)
    ends = [
        end
        for end in (low, high)
        if end is not None and first - room <= end <= last + room
    ]
    figure.x_range.start = min([first, *ends]) - 0.03 * (last - first)
    figure.x_range.end = max([last, *ends]) + 0.03 * (last - first)
    for side, end in (("low", low), ("high", high)):
        span = Span(
            name=f"hcs-cut-{side}",
            dimension="height",
            location=first if end is None else end,
            visible=end is not None,
            editable=True,
            line_color=palette.bad,
            line_dash="dashed",
            line_width=2,
            hover_line_width=4,
            hover_line_color=palette.bad,
        )
        figure.add_layout(span)
    figure.add_layout(
        Span(
            name="hcs-plot-well",
            dimension="height",
            location=first,
            line_color=palette.accent,
            line_width=2,
            visible=False,
        )
    )
    return Drawing(text=as_json(plots.embedded(figure)))


def _scatter(
    service: Service,
    now: Snapshot,
    values: MetricValues,
    choice: PlotChoice,
    palette: Palette,
) -> Drawing | None:
    title, pairs = _pairs(service, now, values, choice) or ("", [])
    if not pairs:
        return None
    x, y, labels = zip(*pairs, strict=True)
    titles = (axis_title(values.metric), title)
    return _DRAWN.of(_cloud, x, y, labels, titles, palette, fields=choice.fields)


def _cloud(
    x: tuple[float, ...],
    y: tuple[float, ...],
    labels: tuple[str, ...],
    titles: tuple[str, str],
    palette: Palette,
    *,
    fields: bool,
) -> Drawing:
    """Return points, or how dense they are where they are many; `labels` of wells."""
    from dashboard import plots

    note = _correlation(x, y, fields=fields)
    if len(x) > plots.MOST_POINTS:
        figure = plots.figure(plots.density(x, y, titles=titles, palette=palette))
        _box_only(figure)
        points = tuple(zip(x, y, labels, strict=True))
        return Drawing(text=as_json(plots.embedded(figure)), note=note, points=points)
    figure = plots.figure(plots.points(x, y, labels, titles=titles, palette=palette))
    _name_points(figure)
    return Drawing(text=as_json(plots.embedded(figure)), note=note)


def _pairs(
    service: Service, now: Snapshot, values: MetricValues, choice: PlotChoice
) -> tuple[str, list[Point]] | None:
    """Return the title of the other axis, and the points."""
    state = now.state
    key, metric = state.plate, choice.vertical
    if metric.startswith(OTHER_PLATE):
        key, metric = metric.removeprefix(OTHER_PLATE), state.metric
    if not metric:
        return None
    try:
        if choice.fields and key == state.plate:
            x_fields = service.quality.field_numbers(
                key, state.metric, state.acquisition
            )
            y_fields = service.quality.field_numbers(key, metric, state.acquisition)
            info = next(info for info in now.metrics if info.id == metric)
            return axis_title(info), [
                (number, y_fields[label][name], label)
                for label, fields in x_fields.items()
                for name, number in fields.items()
                if name in y_fields.get(label, {})
            ]
        y_values = service.quality.values(key, metric, state.acquisition, state.way)
    except (HCSError, StopIteration):
        return None
    title = axis_title(y_values.metric)
    if key != state.plate:
        name = next((p.name for p in now.plates if p.key == key), key)
        title = f"on {plain_text(name, 60)}"
    return title, [
        (well_value.value, y_value.value, label)
        for label, well_value in values.wells.items()
        if well_value.value is not None
        and (y_value := y_values.wells.get(label)) is not None
        and y_value.value is not None
    ]


def _correlation(x: Sequence[float], y: Sequence[float], *, fields: bool) -> str:
    from hcs.qc import replicate_correlation

    what = "fields" if fields else "wells"
    coefficients = replicate_correlation(x, y)
    if not coefficients or any(coefficient.note for coefficient in coefficients):
        return f"{len(x)} {what}; correlation needs 8"
    parts = [
        f"{coefficient.id.replace('_', ' ')} {coefficient.value:.2f}"
        for coefficient in coefficients
    ]
    return f"{', '.join(parts)} over {len(x)} {what}"


def _profile(
    now: Snapshot, values: MetricValues, choice: PlotChoice, palette: Palette
) -> Drawing | None:
    overview = now.overview
    if overview is None:
        return None
    numbers = shown_numbers(now, values)
    wells = [well for well in overview.wells if well.label in numbers]
    if not wells:
        return None
    rows = choice.along == "row"
    lines = overview.rows if rows else overview.columns
    return _DRAWN.of(
        _lines,
        tuple(well.row if rows else well.column for well in wells),
        tuple(numbers[well.label] for well in wells),
        tuple(well.label for well in wells),
        tuple(plain_text(name, 8) for name in lines),
        choice.along,
        _title(now, values),
        palette,
    )


def _lines(
    at: tuple[int, ...],
    numbers: tuple[float, ...],
    labels: tuple[str, ...],
    names: tuple[str, ...],
    along: str,
    title: str,
    palette: Palette,
) -> Drawing:
    """Return the wells by their row or column, which are `names`."""
    from dashboard import plots

    figure = plots.figure(
        plots.profile(
            at, numbers, labels, names=names, along=along, title=title, palette=palette
        )
    )
    _keep_tools(figure)
    _name_points(figure)
    note = f"dots are wells, the line is each {along}'s median"
    return Drawing(text=as_json(plots.embedded(figure)), note=note)


def _doses(now: Snapshot, values: MetricValues, palette: Palette) -> Drawing | None:
    statistics = now.statistics
    if (
        statistics is None
        or statistics.metric.id != values.metric.id
        or not statistics.doses
    ):
        return None
    unit = plain_text(statistics.dose_unit, 20)
    return _DRAWN.of(
        _curves,
        tuple(plain_text(point.compound, 24) for point in statistics.doses),
        tuple(point.dose for point in statistics.doses),
        tuple(point.mean for point in statistics.doses),
        tuple(point.sd for point in statistics.doses),
        (f"dose ({unit})" if unit else "dose", axis_title(values.metric)),
        palette,
    )


def _curves(
    compounds: tuple[str, ...],
    at: tuple[float, ...],
    means: tuple[float, ...],
    deviations: tuple[float | None, ...],
    titles: tuple[str, str],
    palette: Palette,
) -> Drawing:
    """Return the first six compounds by their doses."""
    from dashboard import plots

    lines: dict[str, list[tuple[float, float, float | None]]] = {}
    points = zip(at, means, deviations, strict=True)
    for compound, point in zip(compounds, points, strict=True):
        lines.setdefault(compound, []).append(point)
    shown = dict(list(lines.items())[:6])
    figure = plots.figure(plots.doses(shown, titles=titles, palette=palette))
    _keep_tools(figure)
    more = len(lines) - len(shown)
    left_out = f"; {more} more compounds are in the table" if more else ""
    note = f"mean and SD of wells; dose 0 at the left{left_out}"
    return Drawing(text=as_json(plots.embedded(figure)), note=note)


# --- names and tools -----------------------------------------------------------------


def _name_points(figure: Any) -> None:
    source = figure.renderers[0].data_source
    source.name = "hcs-plot-wells"
    # Half the bytes, and still more digits than a plot can show.
    source.data = {
        name: column.astype("float32")
        if getattr(column, "dtype", None) == "float64"
        else column
        for name, column in source.data.items()
    }


def _keep_tools(figure: Any) -> None:
    """Leave what is of use without a toolbar; a wheel scrolls the page."""
    figure.tools = [tool for tool in figure.tools if type(tool).__name__ in _TOOLS]


def _box_only(figure: Any) -> None:
    from bokeh.models import BoxSelectTool

    _keep_tools(figure)
    figure.add_tools(BoxSelectTool())
    figure.toolbar.active_drag = figure.tools[-1]
    figure.name = "hcs-plot-density"
