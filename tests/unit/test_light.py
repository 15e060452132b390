"""The mean of a channel's fields: what it shows, and what a preview makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from hcs.errors import ShapeError
from hcs.qc import mean_field
from hcs.qc.fields.light import SIDE, light_of
from hcs.qc.fields.plane import Plane
from hcs.qc.run.quality import measure_field


def shaded(seed, shape=(320, 384)):
    """Cells in other places each time, under light that falls off to the right."""
    rng = np.random.default_rng(seed)
    cells = 200.0 + 400 * (rng.random(shape) < 0.05)
    light = np.linspace(1.2, 0.8, shape[1])
    return rng.poisson(cells * light).astype("uint16")


def test_a_grid_holds_the_means_of_even_cells():
    pixels = shaded(0)
    expected = pixels.reshape(SIDE, 10, SIDE, 12).mean(axis=(1, 3))
    values = light_of(Plane(pixels)).values
    np.testing.assert_allclose(values, expected, rtol=1e-3)


@pytest.mark.parametrize("shape", [(32, 32), (33, 101), (500, 777), (1080, 1080)])
def test_the_mean_of_a_grid_is_that_of_the_plane(shape):
    pixels = shaded(0, shape)
    values = light_of(Plane(pixels))
    assert values.mean == pytest.approx(pixels.mean(), rel=5e-3)
    assert values.values.mean() == pytest.approx(values.mean, rel=1e-3)


def test_the_mean_of_many_fields_shows_the_light_and_not_the_cells():
    mean = mean_field(light_of(Plane(shaded(seed))) for seed in range(30))
    assert mean.fields == 30
    np.testing.assert_allclose(
        mean.columns / mean.columns.mean(), np.linspace(1.2, 0.8, SIDE), atol=0.02
    )
    np.testing.assert_allclose(mean.rows / mean.rows.mean(), 1, atol=0.02)
    assert 38 < mean.range_percent < 60


def test_dividing_evens_the_light_of_another_field_out():
    mean = mean_field(light_of(Plane(shaded(seed))) for seed in range(30))
    other = light_of(Plane(shaded(99))).values
    before, after = (grid.mean(axis=0) for grid in (other, mean.divided(other)))
    assert np.ptp(before) > 0.35 * before.mean()
    assert np.ptp(after) < 0.08 * after.mean()
    assert after.mean() == pytest.approx(before.mean(), rel=0.01)
    with pytest.raises(ShapeError, match=r"shape \(32, 32\); got \(3, 3\)"):
        mean.divided(np.zeros((3, 3)))


def test_a_field_can_be_left_out_of_the_mean():
    lights = [light_of(Plane(shaded(seed))) for seed in range(4)]
    rest = mean_field(lights).without(mean_field(lights[:1]))
    np.testing.assert_allclose(rest.values, mean_field(lights[1:]).values)
    assert rest.fields == 3


def test_no_fields_have_no_mean():
    assert mean_field([]) is None
    only = mean_field([light_of(Plane(shaded(0)))])
    assert only.without(only) is None


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.zeros((64, 64), "u2"), id="dark"),
        pytest.param(np.full((64, 64), np.nan), id="no numbers"),
        pytest.param(np.ones((31, 64), "u2"), id="small"),
    ],
)
def test_what_has_no_grid_is_left_out(pixels):
    assert light_of(Plane(pixels)) is None


def test_grid_and_digest_come_with_the_metrics():
    first, second = measure_field([shaded(0), shaded(1)], metrics=["mean"])
    assert first.light == light_of(Plane(shaded(0)))
    assert first.digest != second.digest
