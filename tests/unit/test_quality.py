"""Metrics of a field: what they are invariant to, what moves them, what they refuse."""

from __future__ import annotations

import math
import tracemalloc

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from hcs.errors import NotFoundError, ShapeError
from hcs.qc.definitions import DEFINITIONS, EVERY_METRIC, STANDARD
from hcs.qc.fields import focus, intensity
from hcs.qc.fields.plane import Plane
from hcs.qc.run.quality import ChannelSettings, measure_field, measure_plane

small_planes = arrays.arrays(
    st.sampled_from(["uint8", "uint16", "int16"]),
    st.tuples(st.integers(1, 24), st.integers(1, 24)),
)


def cells(shape=(192, 224), seed=0, cells=60, background=100):
    rng = np.random.default_rng(seed)
    canvas = np.zeros(shape)
    canvas[rng.integers(0, shape[0], cells), rng.integers(0, shape[1], cells)] = 1
    spots = ndimage.gaussian_filter(canvas, 4)
    signal = background + 900 * spots / spots.max()
    return rng.poisson(signal).astype("uint16")


# What integers, read as they are, must give


@given(small_planes)
def test_the_histogram_gives_what_numpy_gives(pixels):
    spread = Plane(pixels).distribution
    assert spread.total == pixels.size
    assert spread.mean == pytest.approx(pixels.mean(dtype=float), rel=1e-12, abs=1e-9)
    assert spread.variance == pytest.approx(pixels.var(dtype=float), rel=1e-9, abs=1e-9)
    assert spread.median == np.median(pixels)
    apart = np.abs(pixels - np.median(pixels))
    assert spread.mad == np.median(apart)
    for q in (1, 50, 99):
        # as float64: numpy interpolates in the dtype, where int16 overflows
        expected = np.percentile(pixels.astype(float), q)
        assert spread.percentile(q) == pytest.approx(expected)


@given(
    arrays.arrays(
        st.sampled_from(["float32", "float64", "uint32", "int64"]),
        (5, 7),
        elements=st.integers(0, 2**21),
    )
)
def test_wide_and_floating_pixels_are_counted_alike(pixels):
    spread = Plane(pixels).distribution
    assert spread.mean == pytest.approx(pixels.mean(dtype=float))
    assert spread.median == np.median(pixels)


@pytest.mark.parametrize("dtype", ["u4", "i4", "u8", "i8"])
@pytest.mark.parametrize("end", ["min", "max"])
def test_metrics_are_numbers_at_both_ends_of_wide_integers(dtype, end):
    plane = np.full((64, 64), getattr(np.iinfo(dtype), end), dtype)
    steps = np.random.default_rng(0).integers(0, 100, plane.shape).astype(dtype)
    for pixels in (plane, plane - steps if end == "max" else plane + steps):
        measures = measure_plane(pixels, metrics=None)
        for id, value in measures.values.items():
            assert math.isfinite(value) != (id in measures.reasons)


@given(small_planes)
def test_nothing_is_infinite_and_every_nan_has_its_reason(pixels):
    measures = measure_plane(pixels, metrics=None)
    for id, value in measures.values.items():
        assert math.isfinite(value) != (id in measures.reasons)


@given(small_planes)
def test_values_are_within_their_range(pixels):
    measures = measure_plane(pixels, clip=200, metrics=None)
    for entry in DEFINITIONS:
        value = measures.values.get(entry.id, math.nan)
        if not math.isnan(value):
            assert entry.low is None or value >= entry.low - 1e-9
            assert entry.high is None or value <= entry.high + 1e-9


# Scaling: x -> a x

TIMES_A = ("focus_score", "local_focus_score", "total_intensity", "mean_intensity")
TIMES_A += ("median_intensity", "std_intensity", "mad_intensity", "min_intensity")
TIMES_A += ("max_intensity",)
UNMOVED = ("correlation", "power_log_log_slope", "percent_maximal", "percent_minimal")
UNMOVED += ("total_area", "background_unevenness", "signal_to_background")


@pytest.mark.parametrize("factor", [2, 5, 11])
def test_metrics_scale_with_intensity_as_their_definition_says(factor):
    image = cells()
    plain, scaled = (
        measure_plane(pixels, metrics=None, full_scale=1)
        for pixels in (image, image * np.uint16(factor))
    )
    for id in TIMES_A:
        assert scaled[id] == pytest.approx(factor * plain[id], rel=1e-9), id
    for id in UNMOVED:
        assert scaled[id] == pytest.approx(plain[id], rel=1e-6), id
    assert scaled["laplacian_variance"] == pytest.approx(
        factor**2 * plain["laplacian_variance"], rel=1e-5
    )


@given(st.floats(0.1, 50), st.floats(-100, 1000))
def test_the_power_slope_ignores_gain_and_offset(gain, offset):
    image = cells().astype(float)
    expected = focus.power_log_log_slope(Plane(image))
    slope = focus.power_log_log_slope(Plane(gain * image + offset))
    assert slope == pytest.approx(expected, abs=1e-6)


def test_fractions_of_full_scale_do_not_depend_on_the_dtype():
    image = cells()
    integers = measure_plane(image)
    fractions = measure_plane((image / 65535).astype("float64"))
    for id in (*TIMES_A, "threshold_otsu"):
        assert fractions[id] == pytest.approx(integers[id], rel=1e-6), id
    assert (integers["scaling"], fractions["scaling"]) == (65535, 1)


# What blur, light, emptiness and dirt do


def test_blur_lowers_every_measure_of_focus_step_by_step():
    image = cells().astype(float)
    blurred = [ndimage.gaussian_filter(image, sigma) for sigma in (0, 1, 2, 4, 8)]
    for metric in (
        focus.power_log_log_slope,
        focus.laplacian_variance,
        focus.focus_score,
    ):
        values = [metric(Plane(pixels)) for pixels in blurred]
        assert values == sorted(values, reverse=True), metric.__name__
        assert len(set(values)) == len(values)


def test_blur_raises_the_texture_correlation():
    image = cells().astype(float)
    correlations = [
        focus.correlation(Plane(ndimage.gaussian_filter(image, sigma)))
        for sigma in (0, 2, 4, 8)
    ]
    assert correlations == sorted(correlations)


@given(small_planes)
def test_at_least_one_pixel_is_the_maximum(pixels):
    assert intensity.percent_maximal(Plane(pixels)) >= 100 / pixels.size


def test_saturation_counts_pixels_at_and_above_the_clip_level():
    image = np.full((10, 10), 100, "uint16")
    image[0] = 4095
    image[1, 0] = 5000
    assert measure_plane(image, clip=4095)["percent_saturated"] == 11
    assert measure_plane(image, clip=5001)["percent_saturated"] == 0


def test_saturation_is_unknown_without_a_clip_level():
    image = np.full((10, 10), 65535, "uint16")
    measures = measure_plane(image)
    assert math.isnan(measures["percent_saturated"])
    assert "clip level is not known" in measures.reasons["percent_saturated"]


def test_uneven_light_is_measured_as_it_grows():
    image = cells().astype(float)
    x = np.linspace(-1, 1, image.shape[1])
    unevenness = [
        measure_plane(image * (1 + tilt * x))["background_unevenness"]
        for tilt in (0, 0.1, 0.3, 0.6)
    ]
    assert unevenness == sorted(unevenness)
    assert unevenness[0] < 3
    assert unevenness[-1] > 20


def test_an_empty_field_is_told_from_one_with_cells():
    rng = np.random.default_rng(0)
    empty = rng.poisson(100, (192, 224)).astype("uint16")
    assert measure_plane(empty)["empty_tiles"] == 100
    assert measure_plane(cells())["empty_tiles"] < 40


def disc_cells():
    level = np.where(discs(), 900, 100)
    return np.random.default_rng(0).poisson(level).astype("uint16")


def test_dirt_is_measured_by_its_area():
    image = disc_cells()
    assert measure_plane(image)["bright_debris"] == 0
    image[80:100, 60:70] = 6000
    percent = measure_plane(image)["bright_debris"]
    assert percent == pytest.approx(100 * 200 / image.size, rel=0.05)


def test_one_hot_pixel_is_no_dirt():
    image = disc_cells()
    image[50, 50] = 60000
    assert measure_plane(image)["bright_debris"] == 0


# Channels and nuclei


def discs(radius=6, shape=(120, 140), step=30):
    y, x = np.indices(shape)
    apart = np.hypot((y % step) - step / 2, (x % step) - step / 2)
    return (apart <= radius) & (y < 120) & (x < 120)


def test_nuclei_are_counted_and_measured():
    mask = discs()
    dna = np.random.default_rng(0).poisson(np.where(mask, 900, 100)).astype("uint16")
    first, _ = measure_field([dna, dna], nuclear=0)
    assert first["nucleus_count"] == 16
    assert first["nucleus_area"] == pytest.approx(mask.sum() / 16, rel=0.05)


def test_the_ring_ratio_is_that_of_inside_to_around():
    mask = discs()
    dna = np.where(mask, 1000, 10).astype("uint16")
    other = np.where(mask, 300, 100).astype("uint16")
    _, second = measure_field([dna, other], nuclear=0)
    assert second["nucleus_ring_ratio"] == pytest.approx(3, rel=0.05)


def test_an_empty_field_has_no_nuclei_and_no_area():
    empty = np.random.default_rng(0).poisson(100, (96, 96)).astype("uint16")
    first, second = measure_field([empty, empty], nuclear=0)
    assert first["nucleus_count"] == 0
    assert first.reasons["nucleus_area"] == "there are no nuclei"
    assert second.reasons["nucleus_ring_ratio"] == "there are no nuclei"


def test_nuclear_metrics_wait_for_a_choice_of_channel():
    first, second = measure_field([cells(), cells(seed=1)])
    assert first.reasons["nucleus_count"] == "no channel is chosen as the nuclear one"
    assert math.isnan(second["nucleus_ring_ratio"])


@pytest.mark.parametrize("shift", [(0, 0), (5, -9), (-12, 3)])
def test_a_shift_between_channels_is_found(shift):
    first = cells((256, 256), cells=90)
    moved = np.roll(first, shift, axis=(0, 1))
    _, second = measure_field([first, moved], metrics=["channel_shift"])
    assert second["channel_shift"] == pytest.approx(math.hypot(*shift))


def test_channels_with_nothing_in_common_have_no_shift():
    _, second = measure_field([cells(), cells(seed=9)], metrics=["channel_shift"])
    assert "too little in common" in second.reasons["channel_shift"]


def test_channel_correlation_is_pearsons():
    first, second = cells(), cells(seed=3)
    expected = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    _, measures = measure_field([first, second], metrics=["channel_correlation"])
    assert measures["channel_correlation"] == pytest.approx(expected)


# Memory


def test_measuring_a_field_holds_at_most_twelve_planes_of_float32():
    planes = [cells((1080, 1080), seed, 400) for seed in range(4)]
    measure_field(planes, nuclear=0)  # what is made once stays
    tracemalloc.start()
    try:
        measure_field([plane.copy() for plane in planes], nuclear=0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most <= 12 * 4 * planes[0].size


# Refusals


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 3, 4)), r"got shape \(2, 3, 4\)"),
        (np.zeros((0, 4)), r"got shape \(0, 4\)"),
        (np.zeros((4, 4), complex), "got dtype complex128"),
        (np.zeros((4, 4), bool), "got dtype bool"),
    ],
)
def test_what_is_no_plane_is_refused(pixels, message):
    with pytest.raises(ShapeError, match=message):
        measure_plane(pixels)


def test_masks_and_channels_must_fit():
    with pytest.raises(ShapeError, match="mask has shape"):
        measure_plane(np.zeros((4, 4)), mask=np.zeros((3, 4), bool))
    with pytest.raises(ShapeError, match="must have one shape"):
        measure_field([np.zeros((4, 4)), np.zeros((4, 5))])
    with pytest.raises(ShapeError, match="2 channels and 1 settings"):
        measure_field([np.zeros((4, 4))] * 2, [ChannelSettings()])
    with pytest.raises(ShapeError, match="Channel 2 cannot be the nuclear one"):
        measure_field([np.zeros((4, 4))] * 2, nuclear=2)


def test_an_unknown_metric_is_refused_by_name():
    with pytest.raises(NotFoundError, match="no metric 'sharpness'; there are mean"):
        measure_plane(np.zeros((4, 4)), metrics=["sharpness"])


def test_pixels_that_are_no_numbers_give_reasons():
    image = np.ones((64, 64))
    image[3, 3] = np.nan
    measures = measure_plane(image)
    assert all("not finite" in reason for reason in measures.reasons.values())
    assert all(math.isnan(measures[id]) for id in ("mean", "empty_tiles", "p99"))


def test_small_planes_give_reasons_rather_than_sharpness():
    measures = measure_plane(cells((20, 20)))
    assert "32 in both directions" in measures.reasons["power_log_log_slope"]
    assert "40 in both directions" in measures.reasons["background_level"]


def test_the_standard_set_is_part_of_all_metrics():
    assert set(STANDARD) < set(EVERY_METRIC)
    assert not {"correlation", "nucleus_count"} & set(STANDARD)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_one_pixel_that_is_no_number_is_the_reason_of_all_metrics(odd: float) -> None:
    rng = np.random.default_rng(0)
    nuclear, other = rng.normal(200, 20, (2, 64, 64)).astype("f4")
    nuclear[5, 6] = odd
    words = "1 of 4096 pixels is not finite (NaN or infinite)"
    with np.errstate(all="raise"):
        first, second = measure_field([nuclear, other], nuclear=0)
    assert set(first.reasons.values()) == {words}
    assert set(first.reasons) == set(first.values)
    # The other channel keeps what needs no nuclei and no reference.
    assert second.values["mean"] == pytest.approx(other.mean())
    assert second.reasons["channel_shift"] == f"in the reference channel {words}"
