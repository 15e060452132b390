"""Which windows are made of pixels, and which stored ones are believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hcs import contrast
from hcs.metadata import Window


def window(start: float, end: float, policy: str = "") -> Window:
    return Window(start=start, end=end, min=0, max=65535, policy=policy)


def camera(low: int = 100, high: int = 4000) -> np.ndarray:
    return contrast.sample([np.linspace(low, high, 64 * 64).astype("u2")])


U2 = np.dtype("u2")


@given(
    hnp.arrays(
        st.sampled_from(["u1", "u2", "i2", "u8", "f4", "bool"]),
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=6),
    ),
    st.sampled_from([contrast.FIELD, contrast.IMPORT, contrast.PLATE]),
)
@example(np.array([[2.0**53]], "f8"), contrast.FIELD)
@example(np.array([[32735, -33]], "i2"), contrast.FIELD)
def test_a_window_rises_and_lies_within_its_limits(
    plane: np.ndarray, policy: contrast.Policy
) -> None:
    made = contrast.window_of(contrast.sample([plane]), policy, plane.dtype)
    if made is None:
        assert not np.isfinite(plane).any()
        return
    assert made.min <= made.start < made.end <= made.max
    assert np.isfinite([made.start, made.end, made.min, made.max]).all()
    assert made.policy == policy.name


def test_each_policy_has_the_percentiles_that_fit_its_sample() -> None:
    pixels = np.arange(1001.0)
    for policy, low, high in (
        (contrast.FIELD, 1, 999),
        (contrast.IMPORT, 10, 998),
        (contrast.PLATE, 10, 997),
    ):
        limits = contrast.limits(pixels, policy)
        assert (limits.low, limits.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("end", "dtype"),
    [(65535, "u2"), (32767, "i2"), (255, "u1"), (4095, "u2"), (1 << 14, "u2")],
)
def test_the_whole_range_of_a_type_or_camera_is_no_window(end: int, dtype: str) -> None:
    top = min(end, 4000)
    assert not contrast.sane(window(0, end), camera(0, top), np.dtype(dtype))
    assert not contrast.sane(window(0, end), np.empty(0), np.dtype(dtype))
    assert contrast.sane(window(0, top - 7), camera(0, top), np.dtype(dtype))


def test_a_window_that_whitens_a_large_share_of_the_plate_is_no_window() -> None:
    # A blank first field gave it; the others hold cells.
    blank, cells = np.full(9000, 200.0), np.linspace(190, 6194, 1000)
    pixels = np.concatenate([blank, cells])
    assert not contrast.sane(window(187, 212), pixels, U2)
    assert contrast.sane(window(187, 5000), pixels, U2)


def test_a_window_made_of_one_field_is_not_believed_and_one_of_a_person_is() -> None:
    person, ours = window(90, 3950), window(90, 3950, contrast.FIELD.name)
    assert contrast.sane(person, camera(), U2)
    assert not contrast.sane(ours, camera(), U2)
    assert contrast.sane(window(90, 3950, contrast.IMPORT.name), camera(), U2)


def test_only_a_window_that_all_fields_have_is_the_plate_s() -> None:
    first = window(1, 2)
    assert contrast.common_window([first, window(1, 2)]) == first
    assert contrast.common_window([first, window(1, 3)]) is None
    assert contrast.common_window([first, None]) is None
    assert contrast.common_window([]) is None
