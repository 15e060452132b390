"""Position effects, roles, and when they cannot be told apart."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hcs.demo import design
from hcs.qc.plates.assay import assay_report, judge_positions
from hcs.qc.plates.chance import kruskal, mann_whitney, p_text, spearman
from hcs.qc.plates.dose import dose_response
from hcs.qc.plates.polish import b_score, median_polish
from hcs.qc.plates.position import (
    dispensing_patterns,
    drift,
    edge_effect,
    edge_mask,
    line_effect,
    position_effects,
)
from hcs.qc.plates.roles import (
    RoleMapping,
    WellRole,
    association,
    confounding,
    header_key,
    propose_mapping,
)


def even_plate():
    return np.random.RandomState(3).normal(100, 5, (8, 12))


def dried_plate():
    grid = even_plate()
    grid[edge_mask(8, 12)] *= 0.85
    return grid


def by_well(grid):
    return {at: float(value) for at, value in np.ndenumerate(grid)}


@pytest.mark.parametrize(
    ("shape", "edge"),
    [((4, 6), 16), ((8, 12), 36), ((16, 24), 76), ((32, 48), 156), ((48, 72), 236)],
)
def test_the_edge_is_the_outermost_ring(shape, edge):
    assert edge_mask(*shape).sum() == edge
    assert (~edge_mask(*shape)).sum() == np.prod(shape) - edge


def test_edge_and_lines_have_their_reference_values():
    edge = edge_effect(even_plate())
    assert edge.size == pytest.approx(-0.85555, abs=1e-5)
    assert edge.p == pytest.approx(0.1559021, abs=1e-7)
    assert edge.agreement == pytest.approx(-0.1740741, abs=1e-7)
    assert edge.n == (36, 60)
    assert line_effect(even_plate(), 0).p == pytest.approx(0.3945925, abs=1e-7)
    assert line_effect(even_plate(), 1).p == pytest.approx(0.4411874, abs=1e-7)
    dried = edge_effect(dried_plate())
    assert dried.size == pytest.approx(-15.7272206, abs=1e-7)
    assert dried.p == pytest.approx(3.97e-16, rel=2e-3)
    assert dried.agreement == pytest.approx(-0.9962963, abs=1e-7)
    assert line_effect(dried_plate(), 0).p == pytest.approx(4.08e-06, rel=2e-3)
    assert line_effect(dried_plate(), 1).p == pytest.approx(0.0190, abs=5e-5)


def test_an_even_plate_has_no_material_effect():
    assert not [effect for effect in position_effects(even_plate()) if effect.material]


def test_a_drift_by_chance_is_not_material_for_want_of_size():
    effect = drift(even_plate(), 1)
    assert effect.agreement == pytest.approx(-0.601, abs=1e-3)
    assert effect.p == pytest.approx(0.039, abs=1e-3)
    assert not effect.material


def test_a_dried_edge_is_material():
    assert edge_effect(dried_plate()).material
    assert "edge" in [e.id for e in position_effects(dried_plate()) if e.material]


def test_a_drift_along_columns_is_found_with_its_size():
    grid = even_plate() * np.linspace(1, 1.4, 12)
    effect = drift(grid, 1)
    assert effect.material
    assert effect.size == pytest.approx(33, abs=8)
    order = np.arange(12)[::-1]
    assert drift(grid, 1, order).size == pytest.approx(-effect.size)


def test_a_dispensing_pattern_is_found():
    grid = even_plate()
    grid[:, ::2] *= 1.3
    patterns = {effect.id: effect for effect in dispensing_patterns(grid)}
    assert patterns["every other column"].material
    assert not patterns["every other row"].material


def test_too_few_wells_say_so():
    grid = np.full((8, 12), math.nan)
    grid[0, :2] = 1
    assert edge_effect(grid).note == "not enough wells"
    assert edge_effect(np.ones((2, 2))).note == "not enough wells"
    assert all(math.isnan(effect.size) for effect in position_effects(grid))


def test_a_constant_plate_has_no_effect():
    effects = position_effects(np.ones((8, 12)))
    assert not [effect for effect in effects if effect.material]


def test_edge_test_is_scipys():
    grid = dried_plate()
    edge = edge_mask(8, 12)
    test = stats.mannwhitneyu(grid[edge], grid[~edge])
    assert edge_effect(grid).p == test.pvalue


# A plate in a larger grid


def padded(grid, shape=(8, 12), start=(0, 0)):
    whole = np.full(shape, math.nan)
    rows, columns = (slice(at, at + n) for at, n in zip(start, grid.shape, strict=True))
    whole[rows, columns] = grid
    return whole


@pytest.mark.parametrize("start", [(0, 0), (1, 1), (2, 2)])
def test_lines_without_wells_change_no_size(start):
    grid = np.random.RandomState(5).normal(100, 5, (6, 10))
    grid += 4 * np.arange(6)[:, np.newaxis]
    for axis in (0, 1):
        alone, among = (
            line_effect(grid, axis),
            line_effect(padded(grid, start=start), axis),
        )
        assert among.size == pytest.approx(alone.size)
        assert (among.p, among.n) == (alone.p, alone.n)
        assert drift(padded(grid, start=start), axis).size == pytest.approx(
            drift(grid, axis).size
        )


def test_a_line_without_a_value_has_no_effect():
    grid = padded(np.arange(12.0).reshape(3, 4), (5, 6), (1, 1))
    polish = median_polish(grid)
    assert np.isnan(polish.rows[[0, 4]]).all()
    assert np.isnan(polish.columns[[0, 5]]).all()
    assert polish.rows[1:4].tolist() == [-4, 0, 4]


def test_wells_of_a_line_that_was_not_fitted_are_scored_like_the_middle_line():
    grid = even_plate()
    fitted = np.ones(grid.shape, bool)
    fitted[:, 0] = False
    scores = b_score(grid, fitted).scores
    assert np.isfinite(scores[:, 0]).all()
    assert abs(np.median(scores[:, 0])) < 3


def test_the_rim_of_the_wells_in_use_is_no_edge():
    grid = even_plate()
    grid[[0, -1]] = math.nan
    grid[:, [0, -1]] = math.nan
    assert edge_effect(grid).note == "not enough wells"
    assert edge_effect(grid).n == (0, 60)


def test_groups_of_a_dispenser_that_fill_no_well_take_no_part():
    grid = np.full((32, 48), math.nan)
    grid[:16, :12] = np.random.RandomState(1).normal(100, 5, (16, 12))
    patterns = {effect.id: effect for effect in dispensing_patterns(grid)}
    assert patterns["groups of 8 rows"].n == (96, 96)


# Chance


def test_six_lines_in_order_have_the_p_of_all_orders():
    effect = drift(np.tile(np.arange(100.0, 160, 10), (8, 1)), 1)
    assert effect.p == pytest.approx(2 / 720)
    assert effect.material
    assert "p 0.0028," in effect.text


@pytest.mark.parametrize("number", [6, 9, 10, 24, 48])
def test_no_order_is_impossible_by_chance(number):
    effect = drift(np.tile(np.arange(100.0, 100 + number), (8, 1)), 1)
    assert effect.p >= 1 / math.factorial(number)
    assert "p 0," not in effect.text


def test_a_p_too_small_for_a_number_is_not_printed_as_zero():
    assert p_text(0.0) == "p < 1e-300"
    assert p_text(1e-12) == "p 1e-12"


series = st.lists(st.integers(0, 5), min_size=4, max_size=6)


@given(series, st.randoms(use_true_random=False))
def test_the_p_of_a_few_pairs_counts_their_orders(values, random):
    other = list(values)
    random.shuffle(other)
    correlation, p = spearman(np.array(values, float), np.array(other, float))
    if math.isnan(correlation):
        assert p == 1
        return
    expected = stats.spearmanr(values, other).statistic
    assert correlation == pytest.approx(expected, abs=1e-9)
    # All orders at once: `spearmanr` takes most of a minute for one after the other.
    ranks = stats.rankdata([values, *permutations(other)], axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    ranks /= np.linalg.norm(ranks, axis=1, keepdims=True)
    as_far = abs(ranks[1:] @ ranks[0]) >= abs(expected) - 1e-9
    assert p == pytest.approx(np.mean(as_far))


def test_the_p_of_a_few_wells_is_that_of_mann_and_whitney():
    first, second = np.array([1.0, 2, 3, 9]), np.array([4.0, 5, 6, 7, 8])
    exact = stats.mannwhitneyu(first, second, method="exact").pvalue
    assert mann_whitney(first, second)[1] == pytest.approx(exact)
    assert kruskal([first, second]) == pytest.approx(exact)
    assert kruskal([np.arange(3.0), np.arange(3.0, 6)]) == pytest.approx(0.1)


# Roles


def sbs_like():
    wells = {}
    for row in range(8):
        for column in range(12):
            control = {0: -1, 11: 1}.get(column, 0) * (1 if row < 4 else -1)
            dose = 0 if column == 0 else column
            wells[row, column] = {"SBS_Doses": dose, "SBS_Controls": control}
    return wells


def test_roles_are_proposed_from_names_and_values():
    mapping = propose_mapping(sbs_like())
    assert mapping.role == "SBS_Controls"
    assert mapping.values == {"-1": "negative", "0": "sample", "1": "positive"}
    assert mapping.dose == "SBS_Doses"
    assert mapping.apply({"SBS_Doses": 3, "SBS_Controls": 0}) == WellRole(
        role="sample", dose=3.0
    )


def test_roles_are_proposed_from_other_words():
    wells = {
        "A/1": {"Compound ID": "DMSO", "Content Type": "NegCon", "Conc (uM)": 0},
        "A/2": {"Compound ID": "x", "Content Type": "trt", "Conc (uM)": "0.5"},
        "A/3": {"Compound ID": "y", "Content Type": "Positive", "Conc (uM)": 1},
    }
    mapping = propose_mapping(wells)
    assert mapping.role == "Content Type"
    assert mapping.compound == "Compound ID"
    assert (mapping.dose, mapping.unit) == ("Conc (uM)", "uM")
    roles = [mapping.apply(well).role for well in wells.values()]
    assert roles == ["negative", "sample", "positive"]


def test_numbers_alone_are_no_roles():
    wells = {row: {"plate row": value} for row, value in enumerate((1, -1, 0))}
    assert propose_mapping(wells).role is None


def test_a_mapping_is_remembered_by_its_headers():
    assert header_key(["Role", "dose uM"]) == header_key(["DOSE_UM", "role"])
    assert header_key(["Role"]) != header_key(["Roles"])


def roles_of(wells):
    mapping = propose_mapping(wells)
    return {well: mapping.apply(condition) for well, condition in wells.items()}


def test_dose_that_follows_columns_is_told():
    sentence = confounding(roles_of(sbs_like()), (8, 12))
    assert "dose follows columns" in sentence
    assert "most wells are expected to be active" in sentence


@given(st.integers(0, 10_000))
def test_doses_placed_by_lot_follow_nothing(seed):
    rng = np.random.default_rng(seed)
    places = [(row, column) for row in range(8) for column in range(1, 11)]
    order = rng.permutation(len(places))
    roles = {
        places[place]: WellRole(
            role="sample", compound=f"c{i // 10}", dose=float(1 + i % 10)
        )
        for i, place in enumerate(order)
    }
    assert confounding(roles, (8, 12)) == ()


def test_association_is_between_nothing_and_all():
    columns = list(range(12)) * 8
    assert association(columns, columns) == pytest.approx(1)
    assert association(["x"] * 96, columns) == 0
    assert association(range(96), columns) == 0  # one well a compound says nothing
    assert association([None] * 96, columns) == 0


# Reports


def test_positions_are_not_interpreted_where_dose_follows_columns():
    grid = even_plate()
    judgement = judge_positions(by_well(grid), roles_of(sbs_like()), (8, 12))
    assert judgement.effects == ()
    assert judgement.refusal.startswith("not interpretable: dose follows columns")
    assert judgement.offered is not None
    assert judgement.offered.basis == "untreated and negative wells"
    assert judgement.offered.n == 8


def test_positions_rest_on_samples_where_controls_fill_columns():
    plan = design()
    mapping = RoleMapping(
        role="role", values={r: r for r in ("positive", "negative", "sample")}
    )
    roles = {
        well: mapping.apply({"role": values[0]})
        for well, values in plan.conditions.items()
    }
    judgement = judge_positions(by_well(dried_plate()), roles, (8, 12))
    assert judgement.basis == "samples"
    assert judgement.n == 80
    assert "edge" in [effect.id for effect in judgement.material]


def controlled_plate():
    grid = even_plate()
    grid[:4, 11] = [200, 204, 196, 202]
    grid[4:, 0] = [199, 203, 197, 201]
    return grid


def test_a_report_compares_all_wells_with_those_not_failed():
    values = by_well(controlled_plate())
    values[0, 11] = 100.0
    roles = roles_of(sbs_like())
    report = assay_report(values, roles, (8, 12), failed={(0, 11), (3, 3)})
    z = report.controls[0]
    assert z.all.id == z.counted.id == "z_prime"
    assert z.all.n == (8, 8)
    assert z.counted.n == (7, 8)
    assert z.counted.value > z.all.value
    assert report.left_out == {"positive": 1, "sample": 1}
    assert report.exploratory
    assert "not interpretable" in report.b_score.note


def test_a_report_without_roles_still_judges_the_plate():
    report = assay_report(by_well(dried_plate()), {}, (8, 12), assay_metric=True)
    assert not report.exploratory
    assert math.isnan(report.controls[0].all.value)
    assert "edge" in [effect.id for effect in report.positions.material]
    assert np.isfinite(report.robust_z).all()
    assert np.isfinite(report.b_score.scores).all()


def test_dose_points_are_of_wells_by_rising_dose():
    values = {(0, i): float(v) for i, v in enumerate((5, 7, 1, math.nan, 9))}
    doses = (3.0, 3.0, 1.0, 1.0, None)
    roles = {
        (0, i): WellRole(role="sample", compound="x", dose=dose)
        for i, dose in enumerate(doses)
    }
    (low, high) = dose_response(values, roles)["x"]
    assert (low.dose, low.n, low.mean) == (1.0, 1, 1.0)
    assert (high.dose, high.n, high.median) == (3.0, 2, 6.0)
    assert math.isnan(low.sd)
    (only, *rest) = dose_response(values, roles, failed={(0, 2)})["x"]
    assert (only.dose, rest) == (3.0, [])
