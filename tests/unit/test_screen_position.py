"""Position effects, roles, and when they cannot be told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hcs.demo import design
from hcs.qc.assay import assay_report, judge_positions
from hcs.qc.dose import dose_response
from hcs.qc.position import (
    dispensing_patterns,
    drift,
    edge_effect,
    edge_mask,
    line_effect,
    position_effects,
)
from hcs.qc.roles import (
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
    found = drift(even_plate(), 1)
    assert found.agreement == pytest.approx(-0.601, abs=1e-3)
    assert found.p == pytest.approx(0.039, abs=1e-3)
    assert not found.material


def test_a_dried_edge_is_material():
    assert edge_effect(dried_plate()).material
    assert "edge" in [e.id for e in position_effects(dried_plate()) if e.material]


def test_a_drift_along_columns_is_found_with_its_size():
    grid = even_plate() * np.linspace(1, 1.4, 12)
    found = drift(grid, 1)
    assert found.material
    assert found.size == pytest.approx(33, abs=8)
    order = np.arange(12)[::-1]
    assert drift(grid, 1, order).size == pytest.approx(-found.size)


def test_a_dispensing_pattern_is_found():
    grid = even_plate()
    grid[:, ::2] *= 1.3
    found = {effect.id: effect for effect in dispensing_patterns(grid)}
    assert found["every other column"].material
    assert not found["every other row"].material


def test_too_few_wells_say_so():
    grid = np.full((8, 12), math.nan)
    grid[0, :2] = 1
    assert edge_effect(grid).note == "not enough wells"
    assert edge_effect(np.ones((2, 2))).note == "not enough wells"
    assert all(math.isnan(effect.size) for effect in position_effects(grid))


def test_a_constant_plate_has_no_effect():
    found = position_effects(np.ones((8, 12)))
    assert not [effect for effect in found if effect.material]


def test_edge_test_is_scipys():
    grid = dried_plate()
    edge = edge_mask(8, 12)
    test = stats.mannwhitneyu(grid[edge], grid[~edge])
    assert edge_effect(grid).p == test.pvalue


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
    found = propose_mapping(sbs_like())
    assert found.role == "SBS_Controls"
    assert found.values == {"-1": "negative", "0": "sample", "1": "positive"}
    assert found.dose == "SBS_Doses"
    assert found.apply({"SBS_Doses": 3, "SBS_Controls": 0}) == WellRole(
        role="sample", dose=3.0
    )


def test_roles_are_proposed_from_other_words():
    wells = {
        "A/1": {"Compound ID": "DMSO", "Content Type": "NegCon", "Conc (uM)": 0},
        "A/2": {"Compound ID": "x", "Content Type": "trt", "Conc (uM)": "0.5"},
        "A/3": {"Compound ID": "y", "Content Type": "Positive", "Conc (uM)": 1},
    }
    found = propose_mapping(wells)
    assert found.role == "Content Type"
    assert found.compound == "Compound ID"
    assert (found.dose, found.unit) == ("Conc (uM)", "uM")
    roles = [found.apply(well).role for well in wells.values()]
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
    told = confounding(roles_of(sbs_like()), (8, 12))
    assert "dose follows columns" in told
    assert "most wells are expected to be active" in told


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
    found = judge_positions(by_well(grid), roles_of(sbs_like()), (8, 12))
    assert found.effects == ()
    assert found.refusal.startswith("not interpretable: dose follows columns")
    assert found.offered is not None
    assert found.offered.basis == "untreated and negative wells"
    assert found.offered.n == 8


def test_positions_rest_on_samples_where_controls_fill_columns():
    plan = design()
    mapping = RoleMapping(
        role="role", values={r: r for r in ("positive", "negative", "sample")}
    )
    roles = {
        well: mapping.apply({"role": values[0]})
        for well, values in plan.conditions.items()
    }
    found = judge_positions(by_well(dried_plate()), roles, (8, 12))
    assert found.basis == "samples"
    assert found.n == 80
    assert "edge" in [effect.id for effect in found.material]


def controlled_plate():
    grid = even_plate()
    grid[:4, 11] = [200, 204, 196, 202]
    grid[4:, 0] = [199, 203, 197, 201]
    return grid


def test_a_report_compares_all_wells_with_those_not_failed():
    values = by_well(controlled_plate())
    values[0, 11] = 100.0
    roles = roles_of(sbs_like())
    found = assay_report(values, roles, (8, 12), failed={(0, 11), (3, 3)})
    z = found.controls[0]
    assert z.all.id == z.kept.id == "z_prime"
    assert z.all.n == (8, 8)
    assert z.kept.n == (7, 8)
    assert z.kept.value > z.all.value
    assert found.left_out == {"positive": 1, "sample": 1}
    assert found.exploratory
    assert "not interpretable" in found.b_score.note


def test_a_report_without_roles_still_judges_the_plate():
    found = assay_report(by_well(dried_plate()), {}, (8, 12), assay_metric=True)
    assert not found.exploratory
    assert math.isnan(found.controls[0].all.value)
    assert "edge" in [effect.id for effect in found.positions.material]
    assert np.isfinite(found.robust_z).all()
    assert np.isfinite(found.b_score.scores).all()


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
