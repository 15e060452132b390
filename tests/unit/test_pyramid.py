from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hcs.errors import ShapeError
from hcs.images.pyramid import downsample, level_factors, level_shapes, levels_of

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
SIDES = hnp.array_shapes(min_dims=2, max_dims=3, max_side=7)


def _mean(planes: np.ndarray) -> np.ndarray:
    """Return the rounded mean of 2x2 pixels in Python's exact integers."""
    *lead, height, width = planes.shape
    out = np.empty((*lead, -(-height // 2), -(-width // 2)), planes.dtype)
    for place in np.ndindex(out.shape):
        *rest, y, x = place
        total = sum(
            int(
                planes[(*rest, min(2 * y + dy, height - 1), min(2 * x + dx, width - 1))]
            )
            for dy in (0, 1)
            for dx in (0, 1)
        )
        out[place] = (total + 2) // 4
    return out


@given(st.sampled_from(INTEGERS).flatmap(lambda kind: hnp.arrays(kind, SIDES)))
def test_integers_are_the_exact_mean_of_2x2_rounded_to_nearest(
    planes: np.ndarray,
) -> None:
    np.testing.assert_array_equal(downsample(planes), _mean(planes))
    assert downsample(planes).dtype == planes.dtype


@given(
    hnp.arrays(
        "f4", SIDES, elements=st.floats(-1000, 1000, width=32, allow_subnormal=False)
    )
)
def test_floats_are_the_mean_of_2x2(planes: np.ndarray) -> None:
    padded = np.pad(
        planes.astype("f8"),
        [(0, 0)] * (planes.ndim - 2) + [(0, n % 2) for n in planes.shape[-2:]],
        mode="edge",
    )
    expected = (
        padded[..., ::2, ::2]
        + padded[..., 1::2, ::2]
        + padded[..., ::2, 1::2]
        + padded[..., 1::2, 1::2]
    ) / 4
    np.testing.assert_allclose(downsample(planes), expected, rtol=1e-5, atol=1e-3)


def test_half_floats_do_not_overflow() -> None:
    assert downsample(np.full((2, 2), 60000, "f2"))[0, 0] == 60000


def test_nan_spreads_to_its_pixel_only() -> None:
    plane = np.ones((4, 4), "f4")
    plane[0, 0] = np.nan
    assert np.isnan(downsample(plane)).tolist() == [[True, False], [False, False]]


@given(hnp.arrays("u2", SIDES))
def test_labels_are_never_made_up(labels: np.ndarray) -> None:
    coarse = downsample(labels, "labels")
    np.testing.assert_array_equal(coarse, labels[..., ::2, ::2])


def test_bool_takes_the_nearest() -> None:
    plane = np.array([[True, False], [False, False]])
    assert downsample(plane).tolist() == [[True]]


@given(hnp.array_shapes(min_dims=2, max_dims=5, max_side=3000))
def test_levels_halve_and_round_up_until_a_thumbnail(shape: tuple[int, ...]) -> None:
    shapes = level_shapes(shape)
    assert shapes[0] == shape
    assert max(shapes[-1][-2:]) <= 256
    for finer, coarser in pairwise(shapes):
        assert max(finer[-2:]) > 256
        assert coarser[:-2] == finer[:-2]
        assert coarser[-2:] == tuple(-(-size // 2) for size in finer[-2:])


def test_as_many_levels_as_asked_for_are_made() -> None:
    assert level_shapes((10, 10), 3) == ((10, 10), (5, 5), (3, 3))
    assert level_shapes((1000, 1000), 1) == ((1000, 1000),)


def test_an_axis_of_one_pixel_does_not_get_coarser() -> None:
    assert level_factors([(1, 9), (1, 5), (1, 3)]) == ((1, 1), (1, 2), (1, 4))


@given(hnp.arrays("u2", SIDES), st.integers(1, 4))
def test_levels_of_a_plane_have_the_shapes_foretold(
    planes: np.ndarray, count: int
) -> None:
    shapes = [level.shape for level in levels_of(planes, count)]
    assert tuple(shapes) == level_shapes(planes.shape, count)


@pytest.mark.parametrize(
    ("shape", "levels"), [((5,), None), ((0, 5), None), ((5, 5), 0)]
)
def test_shapes_without_levels_are_refused(
    shape: tuple[int, ...], levels: int | None
) -> None:
    with pytest.raises(ShapeError):
        level_shapes(shape, levels)


def test_what_has_no_mean_is_refused() -> None:
    with pytest.raises(ShapeError, match="complex64 has no mean"):
        downsample(np.zeros((2, 2), "c8"))
    with pytest.raises(ShapeError, match="no axes y and x"):
        downsample(np.zeros(3))
