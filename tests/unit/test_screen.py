"""Statistics of a plate, against reference values and other programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from hcs.qc.plates import screen
from hcs.qc.plates.polish import b_score, median_polish
from hcs.qc.plates.screen import control_statistics, mad, robust_z, ssmd, z_prime

POSITIVE = [10, 11, 9, 10.5, 9.5, 10]
NEGATIVE = [2, 2.5, 1.5, 2.2, 1.8, 2.0]

REFERENCE = {
    "z_prime": 0.6071145593,
    "robust_z_prime": 0.6108175,
    "ssmd": 10.1929438288,
    "robust_ssmd": 10.0199831743,
    "signal_to_background": 5,
    "signal_to_noise": 23.4888085,
    "signal_window": 6.8687171,
    "cv_positive": 7.0710678,
    "cv_negative": 17.0293864,
}


def test_statistics_of_controls_have_their_reference_values():
    statistics = {
        statistic.id: statistic for statistic in control_statistics(POSITIVE, NEGATIVE)
    }
    assert set(statistics) == set(REFERENCE)
    for id, expected in REFERENCE.items():
        assert statistics[id].value == pytest.approx(expected, rel=1e-7), id
    assert mad(POSITIVE) == pytest.approx(0.7413)
    assert mad(NEGATIVE) == pytest.approx(0.29652)


def test_the_signal_window_is_the_same_for_activation_and_inhibition():
    high, low = [100, 104, 96, 102, 98, 100], [20, 21, 19, 20.5, 19.5, 20]
    room = (
        np.mean(high) - np.mean(low) - 3 * (np.std(high, ddof=1) + np.std(low, ddof=1))
    )
    expected = pytest.approx(room / np.std(high, ddof=1))
    assert screen.signal_window(high, low) == expected
    assert screen.signal_window(low, high) == expected
    assert screen.signal_window(low, high) > 2


@pytest.mark.parametrize("id", ["robust_z_prime", "robust_ssmd"])
@pytest.mark.parametrize("role", ["positive", "negative"])
def test_robust_statistics_of_controls_that_are_mostly_equal_are_no_numbers(id, role):
    equal = [5, 5, 5, 5, 5, 9]
    pair = {"positive": POSITIVE, "negative": NEGATIVE} | {role: equal}
    statistics = {statistic.id: statistic for statistic in control_statistics(**pair)}
    assert np.isnan(statistics[id].value)
    assert statistics[id].note == (
        f"at least half of the {role} wells are equal: their MAD is 0"
    )
    assert np.isfinite(statistics["z_prime"].value)


def test_z_prime_is_not_that_of_the_common_bugs():
    assert z_prime(POSITIVE, NEGATIVE) != pytest.approx(0.6413463027)  # ddof 0
    robust = screen.robust_z_prime(POSITIVE, NEGATIVE)
    assert robust != pytest.approx(0.7375)  # MAD not scaled


def test_mad_is_scipys():
    values = np.random.default_rng(0).normal(size=101)
    expected = 1.4826 * stats.median_abs_deviation(values)
    assert mad(values) == pytest.approx(expected)


def test_mad_is_that_of_statsmodels():
    scale = pytest.importorskip(
        "statsmodels.robust.scale", reason="statsmodels is not installed"
    )
    values = np.random.default_rng(1).normal(size=50)
    assert mad(values) == pytest.approx(float(scale.mad(values)), rel=1e-4)


numbers = st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=12)


@given(numbers, numbers, st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_separation_does_not_depend_on_unit_and_offset(p, n, gain, offset):
    assume(np.ptp(p) > 1e-3 and np.ptp(n) > 1e-3)
    assume(abs(np.mean(p) - np.mean(n)) > 1e-3)
    moved = [[gain * x + offset for x in group] for group in (p, n)]
    assert z_prime(*moved) == pytest.approx(z_prime(p, n), rel=1e-3, abs=1e-3)
    assert ssmd(*moved) == pytest.approx(ssmd(p, n), rel=1e-3, abs=1e-3)


@given(numbers, numbers)
def test_ssmd_changes_sign_with_the_roles(p, n):
    assert ssmd(p, n) == pytest.approx(-ssmd(n, p), nan_ok=True)


@given(st.integers(0, 3))
def test_too_few_controls_give_no_number_but_a_reason(count):
    statistic = control_statistics(POSITIVE[:count], NEGATIVE)[0]
    assert math.isnan(statistic.value)
    assert statistic.note == (
        f"needs 4 positive and 4 negative wells; there are {count} and 6"
    )
    assert statistic.n == (count, 6)


def test_under_eight_controls_are_marked_unstable():
    few = control_statistics(POSITIVE, NEGATIVE)[0]
    assert few.note.startswith("unstable")
    many = control_statistics(POSITIVE * 2, NEGATIVE * 2)[0]
    assert many.note == ""


def test_controls_that_do_not_differ_give_no_number():
    statistic = control_statistics([1] * 8, [1] * 8)[0]
    assert math.isnan(statistic.value)
    assert "do not differ" in statistic.note


def test_wells_without_a_value_are_left_out_of_n():
    statistic = control_statistics([*POSITIVE, math.nan], NEGATIVE)[0]
    assert statistic.n == (6, 6)
    assert statistic.value == pytest.approx(REFERENCE["z_prime"])


def test_robust_z_is_not_masked_by_an_outlier():
    scores = robust_z([1, 2, 3, 4, 100])
    expected = [-1.348982, -0.674491, 0, 0.674491, 65.425604]
    assert scores == pytest.approx(expected, abs=1e-6)


def test_robust_z_falls_back_to_quartiles_and_then_to_nothing():
    quartiles = robust_z([1, 1, 1, 1, 1, 2, 3, 9])
    assert np.isfinite(quartiles).all()
    assert np.isnan(robust_z([1, 1, 1, 1, 1, 1, 1, 9])).all()
    assert np.isnan(robust_z([])).all()


def test_robust_z_keeps_the_shape_and_the_gaps():
    grid = np.array([[1.0, math.nan, 3.0], [2.0, 5.0, 4.0]])
    scores = robust_z(grid)
    assert scores.shape == grid.shape
    assert np.isnan(scores[0, 1])


def test_replicate_correlation_is_scipys_over_wells_of_both():
    rng = np.random.default_rng(0)
    a = rng.normal(size=30)
    b = a + rng.normal(size=30)
    b[3] = math.nan
    finite = np.isfinite(b)
    pearson, spearman = screen.replicate_correlation(a, b)
    assert pearson.value == pytest.approx(stats.pearsonr(a[finite], b[finite])[0])
    assert spearman.value == pytest.approx(stats.spearmanr(a[finite], b[finite])[0])
    assert pearson.n == (29,)


def test_replicate_correlation_needs_wells_that_vary():
    few, _ = screen.replicate_correlation([1, 2, 3], [1, 2, 3])
    assert few.note == "needs 8 wells on both plates; there are 3"
    flat, _ = screen.replicate_correlation(range(9), [1] * 9)
    assert flat.note == "one plate does not vary"


# Median polish and B-score

DEATHS = [(14, 15, 14), (7, 4, 7), (8, 2, 10), (15, 9, 10), (0, 2, 0)]


def test_median_polish_is_that_of_r():
    polish = median_polish(DEATHS)
    assert polish.overall == 8
    assert polish.rows.tolist() == [6, -1, 0, 2, -8]
    assert polish.columns.tolist() == [0, -1, 0]
    expected = [[0, 2, 0], [0, -2, 0], [0, -5, 2], [5, 0, 0], [0, 3, 0]]
    assert polish.residuals.tolist() == expected
    assert polish.sweeps == 2


def additive():
    grid = 10 + np.arange(4.0)[:, None] + 0.5 * np.arange(6)
    grid[1, 4] += 6
    grid[2, 1] -= 4
    return grid


def test_an_additive_plate_leaves_nothing_but_its_hits():
    polish = median_polish(additive())
    assert polish.overall == 12.75
    assert polish.rows.tolist() == [-1.5, -0.5, 0.5, 1.5]
    assert polish.columns.tolist() == [-1.25, -0.75, -0.25, 0.25, 0.75, 1.25]
    hits = {
        tuple(at): polish.residuals[tuple(at)] for at in np.argwhere(polish.residuals)
    }
    assert hits == {(1, 4): 6, (2, 1): -4}


def test_a_plate_without_residuals_has_no_b_score():
    scored = b_score(additive())
    assert np.isnan(scored.scores).all()
    assert scored.note.endswith("the residual MAD is 0")


def noisy():
    grid = 100 + 2 * np.arange(8)[:, None] - np.arange(12)
    grid = grid + np.random.RandomState(7).normal(0, 1, (8, 12))
    grid[3, 5] += 15
    return grid


def test_b_score_has_its_reference_values():
    polish = median_polish(noisy())
    assert polish.sweeps == 3
    assert polish.overall == pytest.approx(101.98625653)
    assert mad(polish.residuals) == pytest.approx(0.63037758)
    scores = b_score(noisy()).scores
    assert scores[3, 5] == pytest.approx(22.19842998)
    others = np.sort(np.abs(scores).ravel())
    assert others[-2] == pytest.approx(4.40398266)


@given(st.integers(0, 2**32 - 1), st.floats(-50, 50), st.floats(-50, 50))
def test_b_score_ignores_row_and_column_effects(seed, row, column):
    rng = np.random.default_rng(seed)
    grid = rng.normal(0, 1, (6, 8))
    effects = row * rng.integers(0, 2, (6, 1)) + column * np.arange(8)
    plain, shifted = median_polish(grid), median_polish(grid + effects)
    # Medians of even counts make it approximate; a polish that diverges would not be.
    assert mad(shifted.residuals) < 3 * mad(plain.residuals) + 1e-9


def test_controls_are_scored_with_the_effects_of_the_samples():
    grid = noisy()
    grid[:, 0] += 40
    fitted = np.ones(grid.shape, bool)
    fitted[:, 0] = False
    scored = b_score(grid, fitted)
    assert np.isfinite(scored.scores[:, 0]).all()
    assert scored.scores[:, 0].min() > 20


def test_b_score_says_where_it_may_be_biased():
    grid = np.random.default_rng(0).normal(100, 1, (8, 12))
    assert b_score(grid).note == ""
    grid[2] += np.where(np.arange(12) % 3, 30, 0)
    assert b_score(grid).note.startswith("in 1 rows or columns more than half")
    few = np.full((8, 12), math.nan)
    few[:2, :2] = 1
    assert b_score(few).note == "too few wells to tell rows and columns apart"


def test_wells_without_a_value_are_left_out_of_the_polish():
    grid = noisy()
    grid[0, 0] = math.nan
    grid[:, 7] = math.nan
    scored = b_score(grid)
    assert np.isnan(scored.scores[:, 7]).all()
    assert scored.scores[3, 5] > 15
