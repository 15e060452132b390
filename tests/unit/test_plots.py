"""Plots are made of plain values and can be drawn for any of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import plots
from dashboard.theme import DARK, LIGHT

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
