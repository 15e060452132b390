"""What the process holds of plates, and who waits until it is read."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from dashboard.off_loop import OffLoop
from dashboard.plates.served import ServedPlate
from dashboard.quality.metrics import FieldKey, MetricStore
from dashboard.quality.metrics_cache import Memory
from dashboard.storage.engine import open_database
from hcs.metadata import Who
from hcs.plates.opening import from_hcs_zarr
from hcs.writing.versions.staging import stage_field
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIELD = FieldKey("A/1", "0", "v1")
VALUES = {FIELD: {"mean@1.0": 7.0, "p99@1.0": "empty"}}


@pytest.fixture
def store(tmp_path: Path) -> MetricStore:
    return MetricStore(open_database(f"sqlite:///{tmp_path / 'db.sqlite'}"))


@pytest.fixture
def off_loop() -> Iterator[OffLoop]:
    made = OffLoop()
    yield made
    made.close()


def served(path: Path, name: str = "p.ome.zarr", *, foreign: bool = False) -> Path:
    made = plates.make(path / name, rows=1, columns=2, shape=(16, 16), name=name)
    document = json.loads((made / "zarr.json").read_text())
    if foreign:
        document["attributes"].pop("hcs", None)
    (made / "zarr.json").write_text(json.dumps(document))
    return made


def plate_at(path: Path) -> ServedPlate:
    return ServedPlate(path.name, str(path))


def memory(
    store: MetricStore, off_loop: OffLoop, *, most: int = 10, idle: float = 60.0
) -> Memory:
    return Memory(store, off_loop, threading.RLock(), most=most, idle=idle)


# --- who waits ------------------------------------------------------------------------


def test_a_thread_waits_for_work_and_gets_its_error(off_loop: OffLoop) -> None:
    done: list[int] = []
    assert off_loop.run("a", lambda: done.append(1), lambda: done.append(2))
    assert done == [1], "nobody went on without it"

    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        off_loop.run("b", fail, lambda: None)


def test_an_event_loop_goes_on_and_is_told_later(off_loop: OffLoop) -> None:
    gate, ended = threading.Event(), threading.Event()
    begun: list[int] = []

    def work() -> None:
        begun.append(1)
        gate.wait(60)

    async def ask() -> list[bool]:
        return [off_loop.run("a", work, ended.set) for _ in range(3)]

    assert asyncio.run(ask()) == [False, False, False]
    assert not ended.is_set()
    gate.set()
    assert ended.wait(60)
    assert begun == [1], "the same work is done once"

    async def short() -> bool:
        return off_loop.run("b", lambda: None, lambda: None)

    asyncio.run(short())


def test_after_the_end_nothing_is_begun() -> None:
    off_loop = OffLoop()
    off_loop.close()
    assert not off_loop.run("a", lambda: None, lambda: None)


# --- what is held ---------------------------------------------------------------------


def test_what_is_stored_is_known_and_pages_hear_of_it(
    tmp_path: Path, store: MetricStore, off_loop: OffLoop
) -> None:
    plate = plate_at(served(tmp_path))
    store.save(plate.plate.id, VALUES.items())
    metrics = memory(store, off_loop).get(plate)
    assert metrics.values == VALUES
    assert metrics.latest == {("A/1", "0"): FIELD}
    # On an event loop too, at once or after a change of the revision.
    fresh = memory(store, off_loop)
    before = plate.revision

    async def ask() -> None:
        known = fresh.get(plate)
        while not known.loaded:
            await asyncio.sleep(0.01)
        assert known.values == VALUES or plate.revision > before

    asyncio.run(asyncio.wait_for(ask(), 60))
    plate.close()


def test_numbers_nobody_looks_at_leave_and_come_back(
    tmp_path: Path, store: MetricStore, off_loop: OffLoop
) -> None:
    paths = [served(tmp_path, f"{name}.ome.zarr") for name in "abc"]
    shown = [plate_at(path) for path in paths]
    for plate in shown:
        store.save(plate.plate.id, VALUES.items())
    small = memory(store, off_loop, most=4, idle=0.0)
    known = [small.get(plate) for plate in shown]
    assert [small.awake(plate.key) for plate in shown] == [False, True, True]
    assert known[0].values == {}
    known[0].judged = judged = known[1].judged
    assert small.get(shown[0]) is known[0]
    assert known[0].values == VALUES
    assert known[0].judged is judged
    assert [small.awake(plate.key) for plate in shown] == [True, False, True]
    for plate in shown:
        plate.close()


def test_plates_that_are_looked_at_stay_whatever_they_hold(
    tmp_path: Path, store: MetricStore, off_loop: OffLoop
) -> None:
    shown = [plate_at(served(tmp_path, f"{name}.ome.zarr")) for name in "ab"]
    held = memory(store, off_loop, most=0)
    for plate in shown:
        store.save(plate.plate.id, VALUES.items())
        held.get(plate)
    assert all(held.awake(plate.key) for plate in shown)
    for plate in shown:
        plate.close()


# --- whose it is ----------------------------------------------------------------------


def test_the_id_that_a_correction_writes_keeps_what_was_measured(
    tmp_path: Path, store: MetricStore, off_loop: OffLoop
) -> None:
    path = served(tmp_path, foreign=True)
    plate = plate_at(path)
    before = plate.plate.id
    store.save(before, VALUES.items())
    held = memory(store, off_loop)
    known = held.get(plate)
    with from_hcs_zarr(path) as opened:
        image = opened.get_well("A", "2").get_image(0)
        staged = stage_field(path, "A/2", "0", image, base=image.version)
    staged.commit(who=Who("Ann"), reason="test")
    plate.reread()
    assert plate.plate.id != before
    assert held.get(plate) is known
    assert known.id == plate.plate.id
    assert known.values == VALUES
    assert store.load(known.id)[0] == VALUES, "and keeps it for the next server"
    plate.close()


@pytest.mark.parametrize("foreign", [True, False])
def test_another_plate_at_the_same_place_has_other_measurements(
    tmp_path: Path, store: MetricStore, off_loop: OffLoop, foreign: bool
) -> None:
    path = served(tmp_path, foreign=foreign)
    plate = plate_at(path)
    store.save(plate.plate.id, VALUES.items())
    held = memory(store, off_loop)
    known = held.get(plate)
    other = served(tmp_path, "other.ome.zarr")
    shutil.rmtree(path)
    other.rename(path)
    plate.reread()
    assert plate.plate.id != known.id
    now = held.get(plate)
    assert now is not known
    assert now.values == {}
    assert known.held, "its job ends"
    assert store.load(plate.plate.id) == ({}, {})
    plate.close()


def test_numbers_of_plates_do_not_keep_the_collector_of_circles_busy(
    store: MetricStore,
) -> None:
    """It stops the whole process while it looks through objects."""
    fields = [FieldKey("A/1", str(number), "v") for number in range(50)]
    store.save("p", [(key, {"mean@1.0": 7.0, "p99@1.0": "empty"}) for key in fields])
    values, _ = store.load("p")
    renewed = [measured | {"mean@2.0": 8.0} for measured in values.values()]
    looked_at = [
        measured
        for measured in (*values.values(), *renewed)
        if gc.is_tracked(measured) or any(map(gc.is_tracked, measured.values()))
    ]
    assert len(values) == 50
    assert looked_at == []
