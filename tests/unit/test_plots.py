"""Plots are made of plain values and can be drawn for any of them."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.io.doc import patch_curdoc
from bokeh.models import LogColorMapper, Slider
from bokeh.themes import Theme
from hypothesis import given
from hypothesis import strategies as st

from dashboard import plots
from dashboard.colour_scales import ends, least_of_logarithms, part_of
from dashboard.theme import DARK, LIGHT
from hcs.errors import ArgumentError, InvalidPathError
from hcs.layout import well_label
from hcs.qc import Scale

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(finite, min_size=1, max_size=400))
def test_every_value_falls_into_a_bin(values: list[float]) -> None:
    edges = plots.bin_edges(values)
    assert np.all(np.diff(edges) > 0)
    assert len(edges) - 1 <= plots.MAX_BINS
    counts, _ = np.histogram(np.asarray(values, float), edges)
    assert counts.sum() == len(values)


def test_one_far_value_does_not_ask_for_thousands_of_bins() -> None:
    values = [*np.random.default_rng(0).normal(0, 1, 383), 1e9]
    assert len(plots.bin_edges(values)) - 1 == plots.MAX_BINS


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_distribution_wears_the_page_and_says_what_it_shows(palette) -> None:
    element = plots.distribution(
        [1.0, 2.0, 2.5, 9.0], title="Mean <b>intensity</b>", unit="µm", palette=palette
    )
    drawn = plots.figure(element)
    assert drawn.xaxis[0].axis_label == "Mean <b>intensity</b> (µm)"
    assert drawn.yaxis[0].axis_label == "wells"
    assert drawn.xaxis[0].major_label_text_color == palette.soft
    assert drawn.background_fill_alpha == 0
    assert drawn.toolbar_location is None


def test_distribution_counts_wells() -> None:
    element = plots.distribution([1.0, 1.0, 5.0], title="a", unit="", palette=LIGHT)
    assert element.dimension_values("wells").sum() == 3


def test_distribution_leaves_out_what_is_no_number_and_says_where_nothing_is_left():
    drawn = plots.distribution([1.0, 2.0, np.nan, np.inf], title="Mean")
    assert np.isfinite(drawn.edges).all()
    assert drawn.dimension_values("wells").sum() == 2
    for nothing in ([], [np.nan]):
        with pytest.raises(ArgumentError, match="no finite number"):
            plots.distribution(nothing, title="Mean")


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_points_know_their_wells_and_scroll_with_the_page(palette) -> None:
    element = plots.points(
        [1.0, 2.0], [3.0, 4.0], ["A01", "A02"], titles=("<x>", "y"), palette=palette
    )
    drawn = plots.figure(element)
    assert list(drawn.renderers[0].data_source.data["well"]) == ["A01", "A02"]
    assert {type(tool).__name__ for tool in drawn.tools} == {
        "HoverTool",
        "BoxSelectTool",
        "TapTool",
    }
    assert drawn.xaxis[0].axis_label == "<x>"


def test_a_profile_has_a_median_a_line() -> None:
    drawn = plots.figure(
        plots.profile(
            [0, 0, 0, 2],
            [1.0, 2.0, 9.0, 5.0],
            ["A01", "B01", "C01", "A03"],
            names=["1", "2", "3"],
            along="column",
            title="metric",
            palette=LIGHT,
        )
    )
    line = drawn.renderers[1].data_source.data
    assert (list(line["x"]), list(line["y"])) == ([0, 2], [2.0, 5.0])


def test_a_heatmap_has_each_well_at_its_place_however_it_is_spelled() -> None:
    values = {"A1": 1.0, "b02": 5.0, "H/12": 3.0, "C3": None, "C4": float("nan")}
    element = plots.plate_heatmap(values, title="cells <b>", unit="n")
    columns, rows, numbers = (
        element.dimension_values(name) for name in ("column", "row", "value")
    )
    table = {
        f"{row}{int(column):02d}": number
        for column, row, number in zip(columns, rows, numbers, strict=True)
        if not np.isnan(number)
    }
    assert table == {"A01": 1.0, "B02": 5.0, "H12": 3.0}
    drawn = plots.figure(element)
    assert list(drawn.x_range.factors) == [str(number) for number in range(1, 13)]
    assert list(drawn.y_range.factors) == list("HGFEDCBA")


@pytest.mark.parametrize("wells", [1, 96, 384, 1536])
def test_a_heatmap_is_drawn_for_any_plate(wells: int) -> None:
    side = {1: (1, 1), 96: (8, 12), 384: (16, 24), 1536: (32, 48)}[wells]
    values = {
        well_label(row, column): float(row * column)
        for row in range(side[0])
        for column in range(side[1])
    }
    drawn = plots.figure(plots.plate_heatmap(pd.Series(values), palette=DARK))
    source = drawn.renderers[0].data_source
    assert len(source.data["value"]) >= wells
    assert plots.embedded(drawn)["root_id"] == drawn.id


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("scale", ["sequential", "deviation", "diverging"])
@pytest.mark.parametrize(
    "numbers", [[1.0, 10.0, 200.0], [0.0, 2.0, 20.0], [-3.0, 0.0, 8.0], [7.0, 7.0]]
)
def test_a_heatmap_colours_values_as_the_map_and_the_report_do(
    numbers: list[float], scale: Scale, log: bool
) -> None:
    values = {f"A{column}": number for column, number in enumerate(numbers, 1)}
    limits = (min(numbers), max(numbers))
    element = plots.plate_heatmap(values, scale=scale, log=log, limits=limits)
    colours = plots.figure(element).renderers[0].glyph.fill_color["transform"]
    low, high = ends(scale, *limits)
    least = least_of_logarithms(numbers, high, scale=scale, log=log)
    assert isinstance(colours, LogColorMapper) is (least is not None)
    if least is not None:
        at = [math.log(max(number, colours.low) / colours.low) for number in numbers]
        drawn = [place / math.log(colours.high / colours.low) for place in at]
    else:
        reach = colours.high - colours.low
        drawn = [(number - colours.low) / reach for number in numbers]
    downwards = scale == "deviation" and low > high
    drawn = [1 - part for part in drawn] if downwards else drawn
    assert drawn == pytest.approx(
        [part_of(number, low, high, scale=scale, least=least) for number in numbers]
    )


def test_a_heatmap_of_nothing_or_of_no_well_says_so() -> None:
    with pytest.raises(ArgumentError, match="got no well"):
        plots.plate_heatmap({})
    with pytest.raises(InvalidPathError):
        plots.plate_heatmap({"sample 7": 1.0})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"A1": 1, "A01": 2}, "several entries for well A01"),
        ({"A1": "DMSO"}, "values are words"),
        ([1, 2], "expected a mapping of wells"),
    ],
)
def test_a_heatmap_takes_one_number_a_well(values: object, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        plots.plate_heatmap(values)


def test_more_points_than_eyes_can_tell_become_their_density() -> None:
    x = np.random.default_rng(0).normal(size=20_000)
    drawn = plots.figure(plots.density(x, x, titles=("x", "y"), palette=LIGHT))
    image = np.asarray(drawn.renderers[0].data_source.data["image"][0])
    assert np.nansum(image) == 20_000
    assert image.size < 20_000


def test_a_dose_of_zero_has_a_place_on_a_logarithmic_axis() -> None:
    drawn = plots.figure(
        plots.doses(
            {"": [(0.0, 1.0, None), (1.0, 2.0, 0.1), (10.0, 3.0, 0.1)]},
            titles=("dose (µM)", "metric"),
            palette=LIGHT,
        )
    )
    data = drawn.renderers[-1].data_source.data
    assert min(np.asarray(data["x"], float)) == pytest.approx(1 / 3)


def histogram(title: str = "a", palette=LIGHT):
    with plots.DRAWING:
        return plots.figure(
            plots.distribution([1.0, 2.0, 9.0], title=title, unit="", palette=palette)
        )


def test_a_figure_changes_no_document_that_happens_to_be_current() -> None:
    page, theme = Document(), Theme(json={})
    page.theme = theme
    page.add_root(Slider(start=0, end=1, value=0))
    changes: list[object] = []
    page.on_change(changes.append)
    with patch_curdoc(page):
        drawn = histogram()
    assert page.theme is theme
    assert not changes
    assert drawn.document is not page


def test_a_figure_is_drawn_though_a_closed_page_is_still_current() -> None:
    page = Document()
    with patch_curdoc(page):
        del page._theme  # as Bokeh leaves a document of a session that has ended
        assert histogram().xaxis[0].axis_label == "a"


def test_figures_drawn_in_many_threads_keep_their_own_words_and_colours() -> None:
    wanted = [(f"metric {i}", (LIGHT, DARK)[i % 2]) for i in range(60)]
    with ThreadPoolExecutor(12) as pool:
        drawn = list(pool.map(lambda arguments: histogram(*arguments), wanted))
    seen = [
        (figure.xaxis[0].axis_label, figure.xaxis[0].major_label_text_color)
        for figure in drawn
    ]
    assert seen == [(title, palette.soft) for title, palette in wanted]


def test_an_embedded_figure_is_json_and_holds_nothing_of_any_page() -> None:
    item = plots.embedded(histogram())
    text = json.dumps(item, allow_nan=False)
    assert item["root_id"] in text
    assert "PageWire" not in text
    assert "defs" not in item["doc"]
    assert len(text) < 20_000
