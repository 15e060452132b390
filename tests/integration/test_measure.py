"""Measuring plates: here, in processes, on a cluster; in part, and in trouble."""

from __future__ import annotations

import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hcs.errors import NotFoundError, PlateNotFoundError, StoreError
from hcs.plates.opening import from_hcs_zarr
from hcs.qc.results import settle_clips
from hcs.qc.run.cluster import connected
from hcs.qc.run.export import measured_table
from hcs.qc.run.measure import measure_plate
from hcs.qc.run.plate_settings import plate_settings
from hcs.qc.run.quality import measure_field
from hcs.qc.run.workers import in_workers
from tests import plates

QUICK = ("mean", "p99", "percent_saturated", "percent_maximal", "total_area")
SAME = ("mean", "p99", "percent_maximal")
"""Always a number, so that results can be compared."""


def by_key(results):
    return {result.key: result for result in results}


def test_every_channel_field_z_and_t_is_measured_on_its_own_pixels(tmp_path):
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=1, columns=2, fields=2, z=2, t=2, shape=(16, 20)
    )
    results = by_key(measure_plate(path, metrics=QUICK))
    assert set(results) == {(f"A/{c}", str(f), None) for c in (1, 2) for f in (0, 1)}
    for (well, field, _), result in results.items():
        assert result.error is None
        assert len(result.planes) == 8
        for plane in result.planes:
            expected = plates.value(
                0,
                int(well[2:]) - 1,
                int(field),
                plane.channel_index,
                2 * plane.t + plane.z,
            )
            assert plane.values["mean"] == expected
            assert plane.channel == plates.CHANNELS[plane.channel_index]
            assert plane.values["total_area"] == 320


def test_channels_of_one_name_are_measured_and_written_apart(tmp_path):
    channels = [{"name": "GFP", "clip": 255}, {"name": "GFP", "clip": 4095}]
    path = plates.make(
        tmp_path / "p.ome.zarr", columns=1, rows=1, annotations={"channels": channels}
    )
    plates.name_channels(path, "GFP", "GFP")
    with from_hcs_zarr(path) as plate:
        settings = plate_settings(plate, metrics=QUICK)
    assert {name: clip.level for name, clip in settings.clips.items()} == {
        "GFP (1)": 255.0,
        "GFP (2)": 4095.0,
    }
    (result,) = measure_plate(path, settings=settings)
    expected = {"GFP (1)": plates.value(channel=0), "GFP (2)": plates.value(channel=1)}
    assert {plane.channel: plane.values["mean"] for plane in result.planes} == expected
    (row,) = measured_table([result]).records()
    assert {name: row[f"ImageQuality_Mean_{name}"] for name in expected} == expected


def test_results_bear_the_version_that_was_measured(plate_path):
    with from_hcs_zarr(plate_path) as plate:
        versions = {(f.well, f.name): f.version for f in plate.fields()}
    results = measure_plate(plate_path, metrics=QUICK)
    assert {(r.well, r.field): r.version for r in results} == versions


def test_values_are_those_of_the_full_size_pixels(tmp_path):
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(600, 640), pixels="random"
    )
    (result,) = measure_plate(path)
    with from_hcs_zarr(path) as plate:
        image = plate.get_well("A", "1").get_image(0)
        assert len(image.images) > 1
        pixels = np.asarray(image.images[0].data)
    expected = measure_field(list(pixels), nuclear=0)
    for plane, own in zip(result.planes, expected, strict=True):
        for id, value in own.values.items():
            # What is known of the clip level differs; the rest may not.
            if id != "percent_saturated":
                assert plane.values[id] == pytest.approx(value, nan_ok=True), id


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_plates_of_every_version_are_measured(tmp_path, version):
    path = plates.make(tmp_path / "p.ome.zarr", version=version)
    assert all(r.error is None for r in measure_plate(path, metrics=QUICK))


def test_archives_are_measured(tmp_path):
    path = plates.make(tmp_path / "p.ozx", version="0.5")
    assert all(r.error is None for r in measure_plate(path, metrics=QUICK, workers=1))


def test_processes_measure_the_same(plate_path):
    here = by_key(measure_plate(plate_path, metrics=SAME))
    counts = []
    there = by_key(
        measure_plate(
            plate_path,
            metrics=SAME,
            workers=2,
            on_result=lambda result, done, total: counts.append((done, total)),
        )
    )
    assert here == there
    assert counts == [(i + 1, 12) for i in range(12)]


def test_an_executor_of_the_caller_measures_the_same(plate_path):
    here = by_key(measure_plate(plate_path, metrics=SAME))
    with ThreadPoolExecutor(2) as pool:
        there = by_key(measure_plate(plate_path, metrics=SAME, executor=pool, batch=5))
    assert here == there


def test_a_dask_cluster_measures_the_same(plate_path):
    distributed = pytest.importorskip(
        "distributed", reason="dask[distributed] is not installed"
    )
    here = by_key(measure_plate(plate_path, metrics=SAME))
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        there = by_key(
            measure_plate(plate_path, metrics=SAME, executor=executor, batch=4)
        )
    assert here == there


def test_a_scheduler_is_known_by_its_address():
    distributed = pytest.importorskip(
        "distributed", reason="dask[distributed] is not installed"
    )
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
        ) as cluster,
        connected(cluster.scheduler_address) as executor,
    ):
        items = [(i, None) for i in range(9)]
        squares = list(in_workers(_square, items, _died, executor=executor))
    assert sorted(squares) == [i**2 for i in range(9)]


def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    monkeypatch.setattr("hcs.qc.run.cluster._PATIENCE", "1s")
    with (
        pytest.raises(StoreError, match="No Dask scheduler answers at tcp://"),
        connected("tcp://127.0.0.1:9"),
    ):
        pass


class Fallen(tuple):
    """A result of an item that died."""

    @property
    def key(self):
        return self[0]


class Squares(tuple):
    """Items that were done together."""

    @property
    def key(self):
        return tuple(self)


def _fall_in_batch(numbers, guilty):
    if guilty in numbers:
        os._exit(1)
    return Squares(numbers)


def test_a_plate_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(PlateNotFoundError):
        list(measure_plate(tmp_path / "none.ome.zarr"))


# In part


def test_fields_that_are_known_are_skipped(plate_path):
    done = list(measure_plate(plate_path, metrics=QUICK))
    known = {result.key for result in done[:5]}
    rest = list(measure_plate(plate_path, metrics=QUICK, skip=known.__contains__))
    assert {r.key for r in rest} == {r.key for r in done} - known


def test_cancelling_starts_no_other_field(plate_path):
    stop = threading.Event()
    results = []
    for result in measure_plate(plate_path, metrics=QUICK, cancelled=stop.is_set):
        results.append(result)
        if len(results) == 3:
            stop.set()
    assert len(results) == 3


def test_cancelling_stops_processes_soon(plate_path):
    stop = threading.Event()
    results = []
    for result in measure_plate(
        plate_path, metrics=QUICK, workers=1, cancelled=stop.is_set
    ):
        results.append(result)
        stop.set()
    assert len(results) <= 3


# In trouble


def test_damaged_wells_and_fields_are_recorded_and_wells_not_imaged_are_not(
    plate_path,
):
    (plate_path / "A" / "1" / "zarr.json").unlink()
    (plate_path / "A" / "2" / "zarr.json").write_text("{ not json")
    level = plate_path / "B" / "2" / "0" / "0"
    for chunk in [p for p in level.rglob("*") if p.is_file() and p.name != "zarr.json"]:
        chunk.write_bytes(b"damaged")
    results = by_key(measure_plate(plate_path, metrics=QUICK))
    assert not any(well == "A/1" for well, *_rest in results)
    assert "not valid UTF-8 JSON" in results["A/2", "", None].error
    assert results["B/2", "0", None].error
    assert results["B/2", "0", None].version
    assert results["B/2", "1", None].error is None
    assert sum(result.error is not None for result in results.values()) == 2


def _square(number, _guilty):
    return number**2


def _fall(number, guilty):
    if number == guilty:
        os._exit(1)
    return number**2


def _died(item, reason):
    return f"{item[0]}: {reason}"


def test_a_dying_process_takes_only_its_own_item_with_it():
    results = list(in_workers(_fall, [(i, 2) for i in range(5)], _died, workers=1))
    assert "2: the process that measured it died" in results
    numbers = sorted(value for value in results if not isinstance(value, str))
    assert numbers == [0, 1, 9, 16]


def test_a_batch_whose_process_dies_is_taken_apart():
    results = by_key(
        in_workers(
            _fall_in_batch,
            [((0, 1), 2), ((2, 3), 2), ((4,), 2)],
            lambda item, reason: Fallen((item[0][0], reason)),
            workers=1,
            split=lambda item: [((number,), item[1]) for number in item[0]],
        )
    )
    assert {key for key in results if isinstance(key, int)} == {2}
    assert {number for key in results if isinstance(key, tuple) for number in key} == {
        0, 1, 3, 4,
    }  # fmt: skip


def test_closing_the_results_early_leaves_no_process_behind():
    results = in_workers(_square, [(i, None) for i in range(50)], _died, workers=1)
    assert next(results) in {i * i for i in range(50)}  # in the order they are done
    results.close()
    import multiprocessing

    assert not multiprocessing.active_children()


# What the plate says


def test_settings_come_from_the_plate_and_say_so(tmp_path):
    path = plates.make(
        tmp_path / "p.ome.zarr",
        annotations={"channels": [{"name": "DNA", "clip": 4095}, {"name": "GFP"}]},
    )
    with from_hcs_zarr(path) as plate:
        settings = plate_settings(plate)
        assert settings.nuclear == "DNA"
        assert (settings.clips["DNA"].level, settings.clips["DNA"].source) == (
            4095,
            "from the import",
        )
        assert "GFP" not in settings.clips
        changed = plate_settings(plate, clips={"DNA": 1000}, nuclear="GFP")
        assert changed.clips["DNA"].source == "set by a person"
        assert changed.nuclear == "GFP"
        with pytest.raises(NotFoundError, match="no channel 'DAPI'; it has DNA, GFP"):
            plate_settings(plate, nuclear="DAPI")


def test_without_a_clip_level_saturation_waits_for_the_plate(tmp_path):
    def shine(path):
        results = list(measure_plate(path, metrics=QUICK))
        for result in results:
            for plane in result.planes:
                assert math.isnan(plane.values["percent_saturated"])
                assert "not known" in plane.reasons["percent_saturated"]
        with from_hcs_zarr(path) as plate:
            return settle_clips(results, plate_settings(plate))

    results, clips = shine(plates.make(tmp_path / "p.ome.zarr", pixels="random"))
    assert {clip.level for clip in clips.values()} == {None}
    assert all("percent_saturated" in r.planes[0].reasons for r in results)
