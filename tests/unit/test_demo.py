"""The demo plate before it is written: what is drawn, and what is wrong on purpose."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from hcs.demo import Defect, design, truth
from hcs.demo.camera import CLIP, FAULTS, Shot, expose
from hcs.demo.cells import Scene, draw
from hcs.demo.design import DOSES, PLANTED
from hcs.qc.plates.roles import WellRole, confounding


@pytest.fixture(scope="module")
def scene():
    return draw(Scene(seed=3))


def test_a_scene_has_two_channels_and_is_drawn_alike_each_time(scene):
    assert scene.shape == (2, 512, 512)
    assert scene.dtype == np.float32
    assert scene.min() >= 0
    assert np.array_equal(scene, draw(Scene(seed=3)))
    assert not np.array_equal(scene, draw(Scene(seed=4)))


@pytest.mark.parametrize("shape", [(96, 130), (200, 64)])
def test_scenes_come_in_other_shapes(shape):
    assert draw(Scene(seed=1, shape=shape, cells=4)).shape == (2, *shape)


def test_a_compound_that_acts_moves_the_reporter_into_the_nuclei(scene):
    acted = draw(Scene(seed=3, action=0.9))
    nuclei = scene[0] > 400
    assert np.array_equal(nuclei, acted[0] > 400)
    assert acted[1][nuclei].mean() > 3 * scene[1][nuclei].mean()


def test_toxicity_shrinks_cells():
    well, sick = (draw(Scene(seed=5, toxicity=toxicity)) for toxicity in (0.0, 0.9))
    assert (sick[0] > 300).sum() < 0.7 * (well[0] > 300).sum()


def test_the_camera_cuts_at_twelve_bits(scene):
    counts = expose(scene * 20, Shot(seed=1))
    assert counts.dtype == np.uint16
    assert counts.max() == CLIP


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_changes_the_picture(scene, fault):
    good = expose(scene, Shot(seed=1))
    bad = expose(scene, Shot(seed=1, faults=((fault, 1),)))
    assert np.array_equal(good[0], bad[0])
    apart = np.abs(good[1].astype(int) - bad[1]).mean()
    assert apart > 5, fault


@pytest.mark.parametrize("kind", ["uneven", "blurred"])
def test_a_fault_everywhere_is_in_the_truth_and_in_every_image(kind):
    plan = design(rows=2, columns=2, fields=1, defects=False, everywhere=kind)
    assert [d["kind"] for d in truth(plan)["defects"]] == [kind]
    assert truth(plan)["defects"][0]["well"] is None
    assert all((kind, None) in image.shot.faults for image in plan.images)


def test_a_design_is_the_same_each_time_and_another_with_each_seed():
    assert design(seed=2) == design(seed=2)
    assert design(seed=2).conditions != design(seed=3).conditions


def test_controls_swap_columns_half_way_down():
    roles = {well: values[0] for well, values in design().conditions.items()}
    assert {roles[row, 0] for row in range(4)} == {"negative"}
    assert {roles[row, 0] for row in range(4, 8)} == {"positive"}
    assert {roles[row, 11] for row in range(4)} == {"positive"}
    assert Counter(roles.values()) == {"sample": 80, "negative": 8, "positive": 8}


def test_each_compound_has_each_dose_once():
    wells = [v for v in design().conditions.values() if v[0] == "sample"]
    assert Counter((compound, dose) for _, compound, dose in wells) == {
        (f"CPD-{number:02d}", dose): 1 for number in range(1, 9) for dose in DOSES
    }


@pytest.mark.parametrize("seed", range(5))
def test_doses_do_not_follow_positions(seed):
    roles = {
        well: WellRole(role=role, compound=compound, dose=dose)
        for well, (role, compound, dose) in design(seed=seed).conditions.items()
        if role == "sample"
    }
    assert confounding(roles, (8, 12)) == ()


def test_every_defect_is_planted_in_a_well_of_its_own():
    plan = design()
    planted = [defect for defect in plan.defects if defect.row is not None]
    assert len({(d.row, d.column) for d in planted}) == len(planted)
    assert len(planted) == sum(count for _, _, count, _ in PLANTED)
    assert plan.defects[-1] == Defect(kind="edge")
    roles = {plan.conditions[d.row, d.column][0] for d in planted}
    assert roles == {"sample"}


def test_missing_fields_are_not_made():
    plan = design()
    made = {(image.row, image.column, image.field) for image in plan.images}
    gone = [defect for defect in plan.defects if defect.kind == "missing"]
    lost = sum(2 if defect.field is None else 1 for defect in gone)
    assert len(made) == 8 * 12 * 2 - lost
    for defect in gone:
        fields = range(2) if defect.field is None else [defect.field]
        assert not made & {(defect.row, defect.column, field) for field in fields}


def test_a_clean_plate_has_no_defects():
    plan = design(defects=False)
    assert plan.defects == ()
    assert len(plan.images) == 192
    assert not any(image.shot.faults for image in plan.images)


def test_a_plate_can_be_blurred_everywhere_or_toxic_in_a_column():
    blurred = design(defects=False, everywhere="blurred")
    assert all(("blurred", None) in image.shot.faults for image in blurred.images)
    toxic = design(defects=False, toxic_column=3)
    sick = {i.column for i in toxic.images if i.scene.toxicity >= 0.9}
    assert 3 in sick


def test_a_small_plate_gets_what_fits():
    plan = design(rows=1, columns=3, fields=1)
    assert len(plan.conditions) == 3
    assert len([d for d in plan.defects if d.row is not None]) == 1


def test_the_truth_is_plain_values():
    written = truth(design())
    assert written["channels"] == ["DNA", "Reporter"]
    kinds = Counter(defect["kind"] for defect in written["defects"])
    assert kinds == {
        "blurred": 2,
        "saturated": 2,
        "empty": 1,
        "debris": 2,
        "uneven": 2,
        "shifted": 2,
        "missing": 2,
        "edge": 1,
    }
    for defect in written["defects"][:-1]:
        assert "/" in defect["well"]


def test_a_field_renders_what_its_recipe_says():
    image = design(shape=(96, 96)).images[0]
    counts = image.render()
    assert counts.shape == (2, 96, 96)
    assert np.array_equal(counts, image.render())
    dark = replace(image, scene=replace(image.scene, cells=0.0)).render()
    assert dark.max() < counts.max()
