"""Pixels at the ends of their type: what is made of them is finite, and nothing warns.

Warnings are errors in these tests.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dashboard.components.field_planes import read_planes
from dashboard.corrections.comparison import histograms
from dashboard.corrections.pixel_traits import traits_of
from dashboard.corrections.staged_pixels import Stack
from dashboard.pictures.projection import PROJECTIONS, project
from dashboard.pictures.rendering import to_8bit
from dashboard.pictures.shrinking import shrink_by
from hcs import contrast, to_multiscales
from hcs.images.pyramid import downsample, levels_of
from hcs.qc import Plane
from hcs.qc.fields.digest import digest_of
from hcs.qc.fields.light import light_of
from hcs.qc.run.quality import measure_field

SIDES = (96, 120)
RANDOM = np.random.default_rng(1)


def _pixels() -> dict[str, np.ndarray[Any, Any]]:
    kinds = {}
    for kind in ("f2", "f4", "f8"):
        most = np.finfo(kind).max
        kinds[f"{kind}-largest"] = np.full(SIDES, most)
        kinds[f"{kind}-both-ends"] = RANDOM.choice([-1, 1], SIDES).astype(kind) * most
        kinds[f"{kind}-all-over"] = (RANDOM.uniform(-1, 1, SIDES) * most).astype(kind)
        steps = RANDOM.integers(0, 9, SIDES) * np.finfo(kind).smallest_subnormal
        kinds[f"{kind}-smallest"] = steps.astype(kind)
        hot = RANDOM.uniform(0, 1000, SIDES).astype(kind)
        hot[50, 50] = most
        kinds[f"{kind}-one-hot"] = hot
    for kind in ("u4", "i4", "u8", "i8"):
        ends = np.iinfo(kind)
        kinds[f"{kind}-all-over"] = RANDOM.integers(
            ends.min, ends.max, SIDES, kind, endpoint=True
        )
        kinds[f"{kind}-largest"] = np.full(SIDES, ends.max, kind)
        kinds[f"{kind}-least"] = np.full(SIDES, ends.min, kind)
    return kinds


def _odd() -> dict[str, np.ndarray[Any, Any]]:
    kinds = {}
    for kind in ("f2", "f4", "f8"):
        some = RANDOM.uniform(0, 1000, SIDES).astype(kind)
        some[5, 5], some[5, 6], some[60, 60] = np.inf, -np.inf, np.nan
        kinds[f"{kind}-some-odd"] = some
        kinds[f"{kind}-nan"] = np.full(SIDES, np.nan, kind)
        kinds[f"{kind}-infinite"] = np.full(SIDES, np.inf, kind)
    return kinds


FINITE = _pixels()
ANY = {**FINITE, **_odd()}

finite = pytest.mark.parametrize("pixels", FINITE.values(), ids=FINITE)
every = pytest.mark.parametrize("pixels", ANY.values(), ids=ANY)


@finite
def test_means_of_finite_pixels_are_finite(pixels: np.ndarray) -> None:
    stack = np.stack([pixels, pixels, pixels[::-1]])
    for how in PROJECTIONS[1:]:
        assert np.isfinite(project(stack.__getitem__, 3, pixels.nbytes, how)).all()
    assert all(np.isfinite(level).all() for level in levels_of(pixels, 4))
    assert np.isfinite(shrink_by(pixels, 7)).all()
    (traits,) = traits_of(pixels[np.newaxis], ("c", "y", "x"), ("DNA",), (0,))
    assert traits.low <= traits.mean <= traits.high or np.isclose(
        traits.mean, traits.low
    )


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_a_block_that_is_too_large_for_a_sum_changes_no_other(kind: str) -> None:
    pixels = RANDOM.uniform(0, 1000, SIDES).astype(kind)
    large = pixels.copy()
    large[:2, :2] = np.finfo(kind).max
    for smaller in (downsample, lambda plane: shrink_by(plane, 3)):
        assert np.argwhere(smaller(pixels) != smaller(large)).tolist() == [[0, 0]]


def test_an_infinite_pixel_is_infinite_in_a_level_and_opposite_ones_are_none() -> None:
    pixels = np.ones((4, 4), "f4")
    pixels[0, 0], pixels[0, 2], pixels[1, 2] = np.inf, np.inf, -np.inf
    level = downsample(pixels)
    np.testing.assert_array_equal(level, [[np.inf, np.nan], [1, 1]])


@every
def test_every_window_is_finite_and_rises(pixels: np.ndarray) -> None:
    sample = contrast.sample([pixels])
    least = contrast.least_width([pixels], pixels.dtype)
    for policy in (contrast.PLATE, contrast.FIELD):
        window = contrast.window_of(sample, policy, pixels.dtype, None, least)
        if not sample.size:
            assert window is None
            continue
        assert window is not None
        assert -math.inf < window.start < window.end < math.inf
        contrast.sane(window, sample, pixels.dtype, least)
        assert to_8bit(pixels, window.start, window.end).shape == SIDES


@every
def test_every_plane_is_measured_or_says_why_not(pixels: np.ndarray) -> None:
    common = RANDOM.integers(0, 3000, SIDES).astype("u2")
    for channels in ((pixels, common), (common, pixels), (pixels, pixels[::-1])):
        for measured in measure_field(channels, nuclear=0):
            for name, value in measured.values.items():
                assert math.isfinite(value) or measured.reasons[name]
    assert digest_of(Plane(pixels)).exact
    light_of(Plane(pixels))


def test_floats_beyond_what_can_be_squared_say_so() -> None:
    (measured,) = measure_field([FINITE["f8-one-hot"]], metrics=["mean"])
    assert measured.reasons["mean"].startswith("pixels reach 1.8e+308")


@every
def test_every_plane_has_a_histogram(pixels: np.ndarray) -> None:
    stack = Stack(pixels[np.newaxis], ("c", "y", "x"))
    (drawn,) = histograms(stack, stack, ("DNA",), (0,))
    assert -math.inf < drawn.low < drawn.high < math.inf
    assert sum(drawn.new) == pytest.approx(1 if np.isfinite(pixels).any() else 0)


@every
def test_every_plane_can_be_sent_to_a_browser(pixels: np.ndarray) -> None:
    planes = read_planes(to_multiscales(pixels, [2]), 0, 0, max(SIDES))
    _, dtype = planes.encoded()
    assert dtype in ("float32", "float64", "uint32", "int32")
