"""Medians of plates over time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.quality.trends import PlateMedian, plate_median, plates_needed, trend

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def made(*values: float) -> list[PlateMedian]:
    return [
        PlateMedian(key=f"p{at:03d}", when=float(at), median=value, n=96)
        for at, value in enumerate(values)
    ]


def test_a_median_leaves_out_what_is_not_finite() -> None:
    median = plate_median("p", 1.0, [1.0, math.nan, 3.0, math.inf])
    assert median == PlateMedian(key="p", when=1.0, median=2.0, n=2)
    assert plate_median("p", 1.0, [math.nan]) is None


def test_a_steady_rise_is_a_drift_and_a_jumping_plate_is_not() -> None:
    assert trend(made(*range(10, 22))).drift == pytest.approx(11)
    assert trend(made(5, 6, 5, 6, 5, 6, 5, 6, 50, 6)).drift is None


def test_a_plate_that_stands_apart_is_named() -> None:
    result = trend(made(5.0, 5.1, 4.9, 5.2, 4.8, 9.0, 5.0))
    assert result.apart == ("p005",)


def test_few_plates_tell_no_drift() -> None:
    result = trend(made(1, 2))
    assert (result.drift, result.p, result.apart, result.change) == (
        None,
        None,
        (),
        None,
    )
    assert result.needed == 6


def test_five_plates_that_fall_show_how_far_and_say_that_six_are_needed() -> None:
    result = trend(made(100, 92, 85, 76, 68))
    assert result.drift is None
    assert result.needed == 6
    assert result.change is not None
    assert result.change.size == pytest.approx(-32, abs=1)
    assert result.change.low < result.change.size < result.change.high < 0


def test_as_many_plates_as_are_said_to_be_needed_tell_the_steadiest_drift() -> None:
    needed = plates_needed()
    assert trend(made(*range(needed - 1))).drift is None
    assert trend(made(*range(needed))).drift == pytest.approx(needed - 1)


@given(st.lists(FINITE, min_size=3, max_size=12))
def test_a_change_lies_within_its_interval(values: list[float]) -> None:
    change = trend(made(*values)).change
    if change is None:
        assert len(set(values)) == 1
    else:
        assert change.low <= change.size <= change.high


@given(st.lists(FINITE, max_size=30))
def test_plates_come_in_their_order_in_time_whatever_they_hold(
    values: list[float],
) -> None:
    result = trend(made(*values)[::-1])
    assert [median.median for median in result.medians] == values
    assert set(result.apart) <= {median.key for median in result.medians}


@given(st.integers(5, 20), FINITE)
def test_equal_plates_neither_drift_nor_stand_apart(count: int, value: float) -> None:
    result = trend(made(*[value] * count))
    assert result.drift is None
    assert result.apart == ()
