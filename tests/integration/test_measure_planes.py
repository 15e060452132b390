"""What measuring keeps of each plane in the workspace: digests, and how light lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import delete, select

from dashboard.quality.metrics import FieldKey, MetricStore
from dashboard.quality.planes import PlaneStore
from dashboard.storage.database import measured_planes, metric_values
from hcs import Who, from_hcs_zarr, stage_field
from hcs.qc import find_same_pictures, mean_field
from hcs.qc.fields.light import light_of
from hcs.qc.fields.plane import Plane
from tests import plates
from tests.integration.serving import service, surveyed, wait_for

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"
FIELDS = 12
CHANNEL = 1


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(
        tmp_path / KEY, rows=2, columns=3, fields=2, shape=(96, 128), pixels="shaded"
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def measured(made):
    surveyed(made, KEY)
    return wait_for(
        lambda: (p := made.quality.progress(KEY)).done == FIELDS and not p.running and p
    )


def pixels_of(plate: Path, channel: int) -> dict[tuple[str, str], np.ndarray]:
    with from_hcs_zarr(plate) as opened:
        return {
            (field.well, field.name): np.asarray(field.image().images[0].data[channel])
            for field in opened.fields()
        }


def expected(plate: Path) -> np.ndarray:
    """Return the mean field as it follows from the pixels that are live now."""
    planes = pixels_of(plate, CHANNEL).values()
    return mean_field(light_of(Plane(pixels)) for pixels in planes).values


def rows(made, table):
    with made.storage.engine.connect() as connection:
        return connection.execute(select(table)).all()


def correct(plate: Path, well: str, pixels_from: str) -> None:
    with from_hcs_zarr(plate) as opened:
        source = opened.well(pixels_from).field("0").image()
        base = opened.well(well).field("0").image().version
        staged = stage_field(plate, well, "0", source, base=base)
    staged.commit(who=Who("Ann"), reason="test")


def test_the_mean_field_is_that_of_all_fields_and_survives_a_restart(plate, workspace):
    with service(workspace, plate) as made:
        measured(made)
        mean = made.quality.light(KEY, CHANNEL).mean
        assert mean.fields == FIELDS
        np.testing.assert_allclose(mean.values, expected(plate))
        assert mean.columns[0] > 1.5 * mean.columns[-1]
        before = rows(made, measured_planes)
        assert len(before) == 2 * FIELDS
    with service(workspace, plate) as made:
        measured(made)
        assert rows(made, measured_planes) == before, "nothing is measured twice"
        np.testing.assert_array_equal(
            made.quality.light(KEY, CHANNEL).mean.values, mean.values
        )


def test_a_field_has_its_own_light_beside_the_mean(plate, workspace):
    with service(workspace, plate) as made:
        measured(made)
        (field, _) = made.plates.well(KEY, "B2").fields
        key = FieldKey("B/2", field.name, field.version)
        view = made.quality.light(KEY, CHANNEL, key)
        own = light_of(Plane(pixels_of(plate, CHANNEL)["B/2", field.name]))
        np.testing.assert_allclose(view.field.values, own.values)
        assert (view.field.fields, view.others.fields) == (1, FIELDS - 1)
        whole = view.others.values * (FIELDS - 1) + own.values
        np.testing.assert_allclose(whole / FIELDS, view.mean.values)
        unknown = made.quality.light(KEY, CHANNEL, FieldKey("B/2", field.name, "other"))
        assert (unknown.field, unknown.others) == (None, None)


def test_after_a_correction_the_mean_is_that_of_the_live_versions(plate, workspace):
    with service(workspace, plate) as made:
        measured(made)
        first = made.quality.light(KEY, CHANNEL).mean
    correct(plate, "A/1", "B/3")
    with service(workspace, plate) as made:
        measured(made)
        wait_for(lambda: made.quality.light(KEY, CHANNEL).mean.fields == FIELDS)
        mean = made.quality.light(KEY, CHANNEL).mean
        np.testing.assert_allclose(mean.values, expected(plate))
        assert not np.array_equal(mean.values, first.values)


def test_what_an_earlier_program_measured_gets_its_planes_too(plate, workspace):
    with service(workspace, plate) as made:
        measured(made)
        values = set(rows(made, metric_values))
        mean = made.quality.light(KEY, CHANNEL).mean
        with made.storage.engine.begin() as connection:
            connection.execute(delete(measured_planes))
            mark = metric_values.c.metric.like("planes@%")
            connection.execute(delete(metric_values).where(mark))
    with service(workspace, plate) as made:
        measured(made)
        assert len(rows(made, measured_planes)) == 2 * FIELDS
        assert set(rows(made, metric_values)) == values
        np.testing.assert_array_equal(
            made.quality.light(KEY, CHANNEL).mean.values, mean.values
        )


def test_one_fields_pixels_in_another_well_are_found(plate, workspace):
    correct(plate, "A/1", "B/3")
    with service(workspace, plate) as made:
        measured(made)
        id = made.plates.overview(KEY).id
        digests = PlaneStore(made.storage.engine).digests({id}, CHANNEL)
        assert len(digests) == FIELDS
        (pair,) = (each for each in find_same_pictures(digests) if each.exact)
    first, second = pair.first.field, pair.second.field
    assert (first.well, first.field) == ("A/1", "0")
    assert (second.well, second.field) == ("B/3", "0")


def test_light_that_is_asked_for_before_a_field_is_saved_has_it_afterwards(
    plate, workspace, monkeypatch
):
    save_planes, save_values = PlaneStore.save, MetricStore.save
    shown, saved = [], []

    def look_and_save(store: PlaneStore, id: str, measured) -> None:
        made.quality.light(KEY, CHANNEL)
        save_planes(store, id, measured)
        saved.append(sum(shown[-1:]) + len(measured))

    def look_afterwards(store: MetricStore, *rows) -> None:
        mean = made.quality.light(KEY, CHANNEL).mean
        shown.append(0 if mean is None else mean.fields)
        save_values(store, *rows)

    monkeypatch.setattr(PlaneStore, "save", look_and_save)
    monkeypatch.setattr(MetricStore, "save", look_afterwards)
    with service(workspace, plate, measure=False) as made:
        surveyed(made, KEY)
        made.quality.measure(KEY)
    assert shown == saved
    assert shown[-1] == FIELDS


def test_fields_of_another_plate_do_not_count(plate, workspace, tmp_path):
    other = plates.make(
        tmp_path / "other.ome.zarr", rows=1, columns=1, shape=(96, 128), pixels="random"
    )
    with service(workspace, plate, other) as made:
        measured(made)
        surveyed(made, other.name)
        wait_for(lambda: made.quality.light(other.name, CHANNEL).mean is not None)
        assert made.quality.light(other.name, CHANNEL).mean.fields == 1
        assert made.quality.light(KEY, CHANNEL).mean.fields == FIELDS


def test_fields_that_are_too_small_have_no_mean(workspace, tmp_path):
    small = plates.make(tmp_path / KEY, rows=1, columns=1, shape=(20, 20))
    with service(workspace, small) as made:
        surveyed(made, KEY)
        wait_for(lambda: (p := made.quality.progress(KEY)).done == 1 and not p.running)
        view = made.quality.light(KEY, CHANNEL)
        assert (view.ready, view.mean, view.field) == (True, None, None)
