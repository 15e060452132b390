"""Values that other programs give: CellProfiler's own tests, centrosome, theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from hcs.qc.fields import focus, intensity
from hcs.qc.fields.plane import Plane
from hcs.qc.run.quality import measure_plane

SET = (
    "focus_score",
    "correlation",
    "power_log_log_slope",
    "percent_maximal",
    "percent_minimal",
)


def as_in_cellprofiler(pixels, id, mask=None):
    measures = measure_plane(pixels, metrics=[id], mask=mask, full_scale=1)
    # CellProfiler reports 0 where a value cannot be computed.
    return 0.0 if math.isnan(measures[id]) else measures[id]


def uniform(*shape):
    return np.random.RandomState(0).uniform(size=shape)


def test_an_image_of_zeros_measures_as_in_cellprofiler():
    zeros = np.zeros((100, 100))
    values = [as_in_cellprofiler(zeros, id) for id in (*SET, "local_focus_score")]
    assert values == [0, 0, 0, 100, 100, 0]


def test_an_image_of_zeros_has_reasons_instead_of_numbers():
    measures = measure_plane(np.zeros((100, 100)))
    assert math.isnan(measures["power_log_log_slope"])
    assert measures.reasons["power_log_log_slope"] == "all pixels are equal"
    assert measures.reasons["focus_score"] == "the mean is not above zero"


def test_an_image_wholly_masked_measures_as_in_cellprofiler():
    zeros, nothing = np.zeros((100, 100)), np.zeros((100, 100), bool)
    for id in SET:
        assert as_in_cellprofiler(zeros, id, nothing) == 0
    reasons = measure_plane(zeros, mask=nothing).reasons
    assert reasons["percent_maximal"] == "no pixel is inside the mask"


def test_uniform_noise_measures_as_in_cellprofiler():
    noise = uniform(100, 100)
    plane = Plane(noise)
    assert as_in_cellprofiler(noise, "focus_score") == pytest.approx(
        0.168922359, abs=1e-9
    )
    assert focus.local_focus_score(plane, 20) == pytest.approx(0.000338287, abs=1e-9)
    assert focus.correlation(plane, 10) == pytest.approx(0.013184321, abs=1e-9)
    assert focus.power_log_log_slope(plane) == pytest.approx(0.929881, abs=1e-6)
    assert intensity.percent_maximal(plane) == pytest.approx(0.01)
    assert intensity.percent_minimal(plane) == pytest.approx(0.01)


def test_local_focus_tells_noise_from_flatness():
    half = uniform(1000, 1000)
    half[:500, :500] = 0.5
    score = focus.local_focus_score(Plane(half), 500)
    assert score == pytest.approx(0.031265750, abs=1e-9)
    assert score == pytest.approx(1 / 32, rel=1e-3)


def test_a_bright_quarter_measures_as_in_cellprofiler():
    quarter = np.zeros((10, 10))
    quarter[:5, :5] = 1
    assert as_in_cellprofiler(quarter, "focus_score") == pytest.approx(0.75)
    assert as_in_cellprofiler(quarter, "percent_maximal") == 25
    assert as_in_cellprofiler(quarter, "percent_minimal") == 75


def test_masked_pixels_do_not_count():
    half = np.zeros((10, 10))
    half[:5] = 1
    mask = np.ones((10, 10), bool)
    mask[:5, 5:] = False
    maximal = as_in_cellprofiler(half, "percent_maximal", mask)
    assert maximal == pytest.approx(100 / 3)
    minimal = as_in_cellprofiler(half, "percent_minimal", mask)
    assert minimal == pytest.approx(200 / 3)


def test_a_checkerboard_measures_as_in_cellprofiler():
    board = (np.indices((8, 8)).sum(axis=0) % 2).astype(float)
    assert as_in_cellprofiler(board, "focus_score") == pytest.approx(0.5)
    assert as_in_cellprofiler(board, "percent_maximal") == 50
    assert as_in_cellprofiler(board, "percent_minimal") == 50


def test_a_ramp_measures_as_in_cellprofiler():
    plane = Plane(np.tile(np.arange(64.0), (64, 1)))
    assert focus.focus_score(plane) == pytest.approx(10.8333333, abs=1e-7)
    assert focus.local_focus_score(plane, 16) == pytest.approx(1.33688497, abs=1e-8)
    assert focus.correlation(plane, 10) == pytest.approx(0.977272727, abs=1e-9)
    assert intensity.percent_maximal(plane) == 1.5625
    assert intensity.percent_minimal(plane) == 1.5625
    assert intensity.std_intensity(plane) == pytest.approx(18.472953202, abs=1e-9)
    assert intensity.mad_intensity(plane) == 16


SLOPES = {
    256: (1.080, 0.868, 0.234, -2.285, -9.835),
    512: (1.000, 0.815, 0.263, -1.942, -8.542),
    1024: (0.996, 0.830, 0.329, -1.671, -7.655),
}


@pytest.mark.parametrize("size", SLOPES)
def test_the_power_slope_of_blurred_noise_is_cellprofilers(size):
    noise = np.random.RandomState(0).normal(100, 10, (size, size))
    for sigma, expected in zip((0, 1, 2, 4, 8), SLOPES[size], strict=True):
        blurred = ndimage.gaussian_filter(noise, sigma, mode="wrap")
        slope = focus.power_log_log_slope(Plane(blurred))
        assert slope == pytest.approx(expected, abs=6e-4), sigma


def test_the_power_slope_agrees_to_ten_digits():
    noise = np.random.RandomState(0).normal(100, 10, (512, 512))
    for sigma, expected in ((0, 0.9995478407), (2, 0.2633124799), (4, -1.9418536236)):
        blurred = ndimage.gaussian_filter(noise, sigma, mode="wrap")
        slope = focus.power_log_log_slope(Plane(blurred))
        assert slope == pytest.approx(expected, abs=2e-10)


@pytest.mark.parametrize(("exponent", "expected"), [(1, 0.02), (2, -1.01), (3, -2.05)])
def test_the_power_slope_is_one_minus_the_exponent_of_the_power(exponent, expected):
    rng = np.random.RandomState(1)
    fy, fx = np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1
    phase = np.exp(2j * np.pi * rng.uniform(size=radius.shape))
    image = np.fft.irfft2(radius ** (-exponent / 2) * phase, s=(512, 512))
    assert focus.power_log_log_slope(Plane(image)) == pytest.approx(expected, abs=0.06)


# Made with centrosome 1.3.4 (numpy 1.26) from this image.
CENTROSOME = {"otsu": 0.007598869935847545, 10: 0.91747562, 20: 0.84153312}


def blocks():
    rng = np.random.RandomState(5)
    image = rng.poisson(200, (256, 300))
    image[60:120, 50:200] += rng.poisson(900, (60, 150))
    return image.astype("uint16")


def test_the_otsu_threshold_is_centrosomes():
    threshold = intensity.threshold_otsu(Plane(blocks()))
    assert threshold == pytest.approx(CENTROSOME["otsu"], rel=1e-6)
    noise = np.random.RandomState(0).uniform(size=(100, 100)).astype("float32")
    threshold = intensity.threshold_otsu(Plane(noise))
    assert threshold == pytest.approx(0.2013151054, rel=1e-6)


def test_haralick_correlation_is_centrosomes():
    plane = Plane(blocks())
    assert focus.correlation(plane, 10) == pytest.approx(CENTROSOME[10], abs=1e-8)
    assert focus.correlation(plane, 20) == pytest.approx(CENTROSOME[20], abs=1e-8)


def test_the_power_slope_of_a_scene_that_is_not_square_is_centrosomes():
    slope = focus.power_log_log_slope(Plane(blocks()))
    assert slope == pytest.approx(-2.1923395, abs=1e-7)


def test_otsu_agrees_with_scikit_image():
    filters = pytest.importorskip(
        "skimage.filters", reason="scikit-image is not installed"
    )
    image = blocks()
    assert intensity.otsu(Plane(image).distribution) == filters.threshold_otsu(image)
