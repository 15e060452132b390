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


def blank(level: int = 100, sigma: float = 4.0, seed: int = 1) -> np.ndarray:
    """Return what a camera gives in the dark: an offset and its reading noise."""
    draw = np.random.default_rng(seed)
    return np.rint(draw.normal(level, sigma, (256, 256))).astype("u2")


def cells(seed: int = 1) -> np.ndarray:
    """Return the same with round cells, 900 counts bright and 12 pixels wide."""
    y, x = np.mgrid[-12:13, -12:13]
    spot = 900 * np.exp(-(y**2 + x**2) / 50)
    plane = blank(seed=seed).astype(float)
    for top, left in np.random.default_rng(seed).integers(0, 230, (30, 2)):
        plane[top : top + 25, left : left + 25] += spot
    return plane.astype("u2")


def test_an_empty_channel_is_dark_and_not_stretched_to_noise() -> None:
    planes = [blank(seed=seed) for seed in range(3)]
    pixels = contrast.sample(planes)
    stretched = contrast.limits(pixels, contrast.PLATE)
    assert stretched is not None
    assert stretched.high - stretched.low < 25, "five deviations of 4 counts"
    least = contrast.least_width(planes, U2)
    assert least == pytest.approx(80, rel=0.05), "twenty of them"
    calm = contrast.limits(pixels, contrast.PLATE, least)
    assert calm is not None
    assert calm.low == stretched.low
    shades = (pixels - calm.low) / (calm.high - calm.low)
    assert np.percentile(shades, 99) < 0.3


def test_cells_are_drawn_with_the_window_that_they_had_before() -> None:
    planes = [cells(seed) for seed in range(3)]
    pixels = contrast.sample(planes)
    least = contrast.least_width(planes, U2)
    assert contrast.limits(pixels, contrast.PLATE, least) == contrast.limits(
        pixels, contrast.PLATE
    )


@pytest.mark.parametrize(("dtype", "least"), [("u1", 4), ("u2", 16), ("f4", 1e-4)])
def test_a_nearly_constant_channel_has_a_window_of_some_steps(
    dtype: str, least: float
) -> None:
    plane = np.full((64, 64), 100, dtype)
    plane[0, 0] += 1
    assert contrast.least_width([plane], plane.dtype) == pytest.approx(least, rel=0.02)
    window = contrast.window_of(
        contrast.sample([plane]), contrast.FIELD, plane.dtype, least=least
    )
    assert window is not None
    assert window.end - window.start >= 0.99 * least


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
@pytest.mark.parametrize("end", ["min", "max"])
def test_a_window_rises_at_both_ends_of_every_type(dtype: str, end: str) -> None:
    planes = [np.full((8, 8), getattr(np.iinfo(dtype), end), dtype)]
    least = contrast.least_width(planes, planes[0].dtype)
    window = contrast.window_of(
        contrast.sample(planes), contrast.PLATE, planes[0].dtype, least=least
    )
    assert window is not None
    assert window.min <= window.start < window.end <= window.max


def test_noise_is_that_of_neighbours_and_not_of_uneven_light() -> None:
    uneven = blank() + np.linspace(0, 60, 256).astype("u2")
    uneven[0, :2] = 65535  # and hot pixels
    assert contrast.noise([uneven]) == pytest.approx(4.0, rel=0.1)
    assert contrast.noise([]) == contrast.noise([np.full((3, 3), np.nan)]) == 0


def test_a_stored_window_that_shows_noise_as_a_signal_is_not_believed() -> None:
    planes = [blank()]
    pixels, least = contrast.sample(planes), contrast.least_width(planes, U2)
    assert not contrast.sane(window(90, 112, "import"), pixels, U2, least)
    assert contrast.sane(window(90, 1500), pixels, U2, least)
    bright = contrast.sample([cells()])
    assert contrast.sane(window(90, 112 + 800), bright, U2, least)
