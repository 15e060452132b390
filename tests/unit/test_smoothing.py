"""What measuring does in its own way has the values of scipy's slower one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import fft, ndimage

from hcs.qc.fields import background, channels, nuclei
from hcs.qc.fields.plane import Plane, median
from hcs.qc.fields.smoothing import gaussian, laplacian

masks = arrays.arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (33, 70), (200, 300)])
@pytest.mark.parametrize("sigma", [1.0, 1.5, 6.0])
def test_filters_have_the_values_of_scipys(shape, sigma):
    pixels = np.random.default_rng(0).normal(100, 10, shape).astype(np.float32)
    expected = ndimage.gaussian_filter(pixels, sigma, truncate=3)
    np.testing.assert_allclose(gaussian(pixels, sigma, truncate=3), expected, rtol=2e-6)
    expected = ndimage.gaussian_laplace(pixels, sigma, truncate=3)
    filtered = laplacian(pixels, sigma, truncate=3)
    np.testing.assert_allclose(filtered, expected, atol=5e-5)


@given(masks, st.integers(1, 7))
def test_what_is_near_a_mask_is_what_the_distance_says(mask, radius):
    expected = ndimage.distance_transform_edt(~mask) <= radius if mask.any() else mask
    np.testing.assert_array_equal(nuclei.grown(mask, radius), expected)


@given(masks)
def test_holes_are_filled_as_scipy_fills_them(mask):
    expected = ndimage.binary_fill_holes(mask)
    np.testing.assert_array_equal(nuclei._filled(mask), expected)


@given(masks)
def test_what_is_solid_is_an_opening(mask):
    expected = ndimage.binary_opening(np.pad(mask, 1), np.ones((3, 3), bool))
    filtered = background._solid(mask)
    np.testing.assert_array_equal(filtered, expected[1:-1, 1:-1])


@given(arrays.arrays("uint16", st.integers(1, 30)))
def test_the_median_is_numpys(values):
    assert median(values) == np.median(values)


@pytest.mark.parametrize("shape", [(40, 64), (41, 63), (64, 41)])
def test_fits_and_their_deviation_are_those_of_the_whole_correlation(shape):
    first, second = (
        fft.rfft2(np.random.default_rng(seed).normal(size=shape).astype(np.float32))
        for seed in (0, 1)
    )
    near, spread = channels._likeness(first, second, shape, far=9)
    cross = first * np.conj(second)
    strength = np.abs(cross)
    ranked = np.sort(strength, axis=None)
    whole = fft.irfft2(cross / (strength + ranked[ranked.size // 2]), s=shape)
    assert spread == pytest.approx(whole.std(), rel=1e-4)
    expected = np.roll(whole, (9, 9), (0, 1))[:19, :19]
    np.testing.assert_allclose(near, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(64, 70), (131, 97)])
def test_the_laplacian_is_that_of_the_pixels_with_four_neighbours(kind, shape):
    pixels = np.random.default_rng(0).integers(0, 127, shape).astype(kind)
    inner = ndimage.laplace(pixels.astype(float))[1:-1, 1:-1]
    from hcs.qc.fields.focus import laplacian_variance

    assert laplacian_variance(Plane(pixels)) == pytest.approx(inner.var(), rel=1e-6)
