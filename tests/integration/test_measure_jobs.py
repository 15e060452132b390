"""Measuring for the page and for cron: held, resumed, in part, and in trouble."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from dashboard.cli import main
from dashboard.quality import jobs
from dashboard.quality.measure_settings import AssaySettings
from dashboard.quality.metrics import FieldKey, MetricStore
from dashboard.quality.scores import SUSPICION, metric_ids, missing
from dashboard.storage.database import metric_values
from dashboard.storage.engine import open_database
from hcs.metadata import Who
from hcs.plates.opening import from_hcs_zarr
from hcs.qc import registry
from hcs.qc.clip import Clip
from tests import plates
from tests.integration.serving import PATIENCE, service, surveyed, wait_for

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / KEY, rows=2, columns=3, fields=2, shape=(48, 64))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def finished(made, key=KEY):
    return wait_for(
        lambda: (
            (p := made.quality.progress(key)).total
            and not p.running
            and not p.waiting
            and p
        )
    )


def stored(made):
    """Return the metrics that the database holds of each field version."""
    metrics: dict[FieldKey, set[str]] = {}
    table = metric_values.c
    query = select(table.well, table.field, table.version, table.metric)
    with made.storage.engine.connect() as connection:
        for well, field, version, metric in connection.execute(query):
            metrics.setdefault(FieldKey(well, field, version), set()).add(metric)
    return metrics


def damage(plate: Path, field: str) -> None:
    for chunk in (plate / field / "0").rglob("c/*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    for chunk in (plate / field / "0" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")


# Held and resumed


def test_nothing_is_measured_before_somebody_asks_where_that_is_set(plate, workspace):
    with service(workspace, plate, measure=False) as made:
        surveyed(made, KEY)
        waiting = wait_for(lambda: (p := made.quality.progress(KEY)).held and p)
        assert (waiting.done, waiting.total) == (0, 12)
        assert stored(made) == {}
        assert not made.quality.judgement(KEY).ready
        made.quality.resume_measuring(KEY)
        done = wait_for(lambda: (p := made.quality.progress(KEY)).done == 12 and p)
        assert not finished(made).held
        assert done.failed == 0
        assert len(stored(made)) == 12
    with service(workspace, plate, measure=False) as made:
        # What is stored needs nobody's leave.
        surveyed(made, KEY)
        wait_for(lambda: made.quality.judgement(KEY).ready)
        assert not made.quality.progress(KEY).held


def test_a_held_plate_goes_on_where_it_was_also_after_a_restart(tmp_path, workspace):
    plate = plates.make(
        tmp_path / KEY, rows=6, columns=10, shape=(200, 256), pixels="random"
    )
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: made.quality.progress(KEY).running)
        made.quality.hold_measuring(KEY)
        part = wait_for(
            lambda: (p := made.quality.progress(KEY)).held and not p.running and p
        )
        assert part.done < part.total == 60
        assert not made.quality.judgement(KEY).ready
        first = stored(made)
        assert len(first) == part.done
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        assert wait_for(lambda: (p := made.quality.progress(KEY)).done == 60 and p)
        finished(made)
        assert first.items() <= stored(made).items()


def test_a_plate_waits_for_the_one_before(tmp_path, workspace, plate):
    other = plates.make(tmp_path / "q.ome.zarr", rows=1, columns=1, shape=(48, 64))
    with service(workspace, plate, other) as made:
        for key in (KEY, "q.ome.zarr"):
            surveyed(made, key)
        for key, fields in ((KEY, 12), ("q.ome.zarr", 1)):
            wait_for(lambda k=key, n=fields: made.quality.progress(k).done == n)


# In trouble


def test_fields_that_fail_are_kept_with_their_error_and_tried_when_asked(
    plate, workspace
):
    whole_field = plate.with_name("kept")
    shutil.copytree(plate / "A/2/0", whole_field)
    damage(plate, "A/2/0")
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        done = wait_for(lambda: (p := made.quality.progress(KEY)).done == 12 and p)
        assert finished(made).failed == 1
        ((place, why),) = made.quality.unmeasured(KEY).items()
        assert place == ("A/2", "0")
        assert why
        shown = made.quality.values(KEY, "mean.0").wells["A2"]
        assert shown.value == plates.value(column=1, field=1)
        assert done.total == 12
    shutil.rmtree(plate / "A/2/0")
    shutil.copytree(whole_field, plate / "A/2/0")
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: made.quality.progress(KEY).done == 12)
        assert finished(made).failed == 1, "it was tried again without being asked"
        assert list(made.quality.unmeasured(KEY)) == [("A/2", "0")]
        made.quality.resume_measuring(KEY)
        wait_for(lambda: (p := made.quality.progress(KEY)).done == 12 and not p.failed)
        assert made.quality.unmeasured(KEY) == {}
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: made.quality.progress(KEY).done == 12)
        assert finished(made).failed == 0


def test_a_judgement_that_fails_says_so_and_is_made_when_it_is_asked_for(
    plate, workspace
):
    with service(workspace, plate, measure=False) as made:
        surveyed(made, KEY)
        with made.storage.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON settings "
                "WHEN NEW.name LIKE 'baselines:%' "
                "BEGIN SELECT RAISE(FAIL, 'nothing can be kept'); END"
            )
        made.quality.resume_measuring(KEY)
        judged = wait_for(lambda: (j := made.quality.judgement(KEY)).problem and j)
        assert not judged.ready
        assert judged.problem.startswith("It could not be judged:")
        values = made.quality.values(KEY, SUSPICION).wells.values()
        assert {value.reason for value in values} == {judged.problem}
        with made.storage.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
        made.quality.resume_measuring(KEY)
        judged = wait_for(lambda: (j := made.quality.judgement(KEY)).ready and j)
        assert not judged.problem


def test_a_field_is_tried_again_that_failed_before_its_plate_had_an_id(
    plate, workspace
):
    foreign(plate)
    whole = plate.with_name("whole")
    shutil.copytree(plate / "A/2/0", whole)
    damage(plate, "A/2/0")
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        assert finished(made).failed == 1
    correct(plate, "B", "1", 0)
    shutil.rmtree(plate / "A/2/0")
    shutil.copytree(whole, plate / "A/2/0")
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: made.quality.progress(KEY).done == 12)
        assert list(made.quality.unmeasured(KEY)) == [("A/2", "0")]
        made.quality.resume_measuring(KEY)
        wait_for(lambda: (p := finished(made)).done == 12 and not p.waiting)
        assert made.quality.unmeasured(KEY) == {}
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        assert finished(made).failed == 0


# In part


def test_only_what_a_field_lacks_is_measured():
    basis = AssaySettings(nuclear=0)
    everything = missing({}, basis)
    assert everything == set(metric_ids())
    full = whole(basis)
    assert missing(full, basis) == set()
    without = {k: v for k, v in full.items() if not k.startswith("p99@")}
    assert missing(without, basis) == {"p99", "power_log_log_slope"}
    high = dataclasses.replace(basis, clips={0: Clip(4095, "set by a person")})
    assert missing(full, high) == set(), "no pixel reaches it, as is known already"
    low = dataclasses.replace(basis, clips={0: Clip(300, "set by a person")})
    assert missing(full, low) == {"percent_saturated", "power_log_log_slope"}
    other = missing(full, AssaySettings(nuclear=1))
    assert {"nucleus_count", "channel_shift", "nucleus_ring_ratio"} <= other
    assert "mean" not in other


def whole(basis):
    """Return what a field of two channels holds that was measured with everything."""
    import numpy as np

    from dashboard.quality.scores import summarise
    from hcs.qc.results import FieldResult, PlaneResult
    from hcs.qc.run.quality import measure_field

    rng = np.random.default_rng(0)
    planes = list(rng.poisson(300, (2, 64, 64)).astype("u2"))
    result = FieldResult(
        well="A/1",
        field="0",
        label="",
        acquisition=None,
        version="v",
        planes=tuple(
            PlaneResult(
                channel=str(index),
                channel_index=index,
                z=0,
                t=0,
                values=measures.values,
                reasons=measures.reasons,
                top=measures.top,
            )
            for index, measures in enumerate(
                measure_field(planes, nuclear=basis.nuclear)
            )
        ),
    )
    return summarise(result, basis)


@pytest.mark.parametrize("name", ["p99", "nucleus_area", "channel_shift"])
def test_another_version_of_a_definition_is_measured_again(name, monkeypatch):
    basis = AssaySettings(nuclear=0)
    full = whole(basis)
    changed = dataclasses.replace(registry.definition(name), version=99)
    monkeypatch.setitem(registry._by_id(), name, changed)
    assert name in missing(full, basis)
    assert "mean" not in missing(full, basis)


def test_after_a_correction_only_the_corrected_field_is_measured(plate, workspace):
    foreign(plate)
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: made.quality.progress(KEY).done == 12)
        finished(made)
        first = stored(made)
    correct(plate, "A", "1", 0)
    with service(workspace, plate) as made:
        # The correction gave the plate an id; what was measured before is its own.
        surveyed(made, KEY)
        wait_for(lambda: made.quality.progress(KEY).done == 12)
        finished(made)
        new = stored(made).keys() - first.keys()
    assert {(key.well, key.field) for key in new} == {("A/1", "0")}
    assert len(new) == 1


def foreign(plate: Path) -> None:
    """Take our keys out of a plate, as if other software had written it."""
    document = json.loads((plate / "zarr.json").read_text())
    document["attributes"].pop("hcs", None)
    (plate / "zarr.json").write_text(json.dumps(document))


def correct(plate: Path, row: str, column: str, index: int) -> None:
    from hcs.writing.versions.staging import stage_field

    with from_hcs_zarr(plate) as opened:
        before = opened.id
        image = opened.get_well(row, column).get_image(index)
        staged = stage_field(
            plate, f"{row}/{column}", str(index), image, base=image.version
        )
        staged.commit(who=Who("Ann"), reason="test")
    with from_hcs_zarr(plate) as opened:
        assert opened.id != before


def test_values_stay_with_a_plate_that_is_given_another_id(tmp_path):
    store = MetricStore(open_database(f"sqlite:///{tmp_path / 'db.sqlite'}"))
    key = FieldKey("A/1", "0", "v1")
    store.save("f123", [(key, {"mean@1.0": 7.0})])
    store.fail("f123", {FieldKey("A/1", "1", "v1"): "damaged"})
    store.renamed("f123", "own")
    values, errors = store.load("own")
    assert values == {key: {"mean@1.0": 7.0}}
    assert errors == {FieldKey("A/1", "1", "v1"): "damaged"}
    store.forget_errors("own")
    assert store.load("own")[1] == {}
    assert store.load("f123")[0] == values
    assert store.load("other") == ({}, {})


# For cron


def command(tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "measure", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_folder_is_measured_into_the_workspace_that_the_page_reads(
    tmp_path, plate, workspace
):
    folder = tmp_path / "screen"
    folder.mkdir()
    plate = plate.rename(folder / KEY)
    plates.make(folder / "q.ome.zarr", rows=1, columns=2, shape=(48, 64))
    damage(plate, "B/1/1")
    done = command(tmp_path, folder, "--workspace", workspace, "--workers", 1)
    assert done.returncode == 1
    assert f"{KEY}: 11 fields measured, 1 failed" in done.stdout
    assert "q.ome.zarr: 2 fields measured, 0 failed" in done.stdout
    assert f"{KEY}: B/1 field 1: " in done.stderr
    with service(workspace, folder, measure=False) as made:
        surveyed(made, KEY)
        wait_for(lambda: made.quality.judgement(KEY).ready)
        # The job tells its end after the plate is judged.
        wait_for(lambda: made.quality.progress(KEY).total)
        assert made.quality.progress(KEY).failed == 1
        assert made.quality.values(KEY, "mean.0").wells["A1"].value is not None


def test_a_cluster_fills_the_workspace_like_the_page(
    tmp_path, plate, workspace, capsys
):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    ) as cluster:
        address = cluster.scheduler_address
        options = ("--workspace", str(workspace), "--scheduler", address)
        assert main(["measure", str(plate), *options]) == 0
    assert "12 fields measured, 0 failed" in capsys.readouterr().out
    with service(workspace, plate, measure=False) as there:
        surveyed(there, KEY)
        wait_for(lambda: there.quality.judgement(KEY).ready)
        by_cluster = there.quality.values(KEY, "p99.1").wells
    with service(tmp_path / "another", plate) as here:
        surveyed(here, KEY)
        wait_for(lambda: here.quality.judgement(KEY).ready)
        assert here.quality.values(KEY, "p99.1").wells == by_cluster


def test_a_scheduler_that_is_not_there_is_one_line(
    plate, workspace, monkeypatch, capsys
):
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr("hcs.qc.run.cluster._PATIENCE", "1s")
    options = ("--workspace", str(workspace), "--scheduler", "tcp://127.0.0.1:9")
    assert main(["measure", str(plate), *options]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(
        "hcs-dashboard: No Dask scheduler answers at tcp://127.0.0.1:9"
    )


# Beside another server


def test_what_another_server_measures_shows_here_and_is_not_measured_again(
    plate, workspace, monkeypatch
):
    with service(workspace, plate, measure=False) as here:
        surveyed(here, KEY)
        wait_for(lambda: here.quality.progress(KEY).held)
        values = here.quality.values(KEY, "mean.0")
        assert values.wells["A1"].value is None
        before = here.plates.overview(KEY).revision
        with service(workspace, plate) as other:
            surveyed(other, KEY)
            finished(other)
            there = other.quality.values(KEY, "mean.0").wells
        measured = []
        monkeypatch.setattr(jobs, "measure_plate", lambda *a, **_: measured.append(a))
        wait_for(lambda: here.quality.judgement(KEY).ready, "for the other's values")
        assert here.quality.values(KEY, "mean.0").wells == there
        assert here.quality.progress(KEY).done == 12
        assert measured == []
        assert here.plates.overview(KEY).revision > before, "so that pages look again"
