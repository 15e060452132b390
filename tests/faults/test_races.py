"""Several processes at one plate, and readers that know nothing of this library."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hcs
from hcs.stores.directory import DirectoryStore
from hcs.writing.versions.upkeep import settle
from tests import plates
from tests.faults import checks, scenarios
from tests.faults.harness import processes

if TYPE_CHECKING:
    from collections.abc import Iterable

ME = hcs.Who("tester", "typed")


def _write_fields(path: Path, first: int, count: int) -> None:
    """Write fields of one well and one field of a well of one's own."""
    with hcs.HCSPlateWriter(path, plates.document(4, 6), overwrite=False) as writer:
        for field in range(first, first + count):
            writer.write_well_image(
                scenarios.image(field + 1), "A", "1", field, levels=2
            )
        row, column = divmod(first // count, 6)
        writer.write_well_image(
            scenarios.image(first + 1), "BCD"[row], str(column + 1), levels=2
        )


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_processes_that_write_one_well_lose_nothing(
    tmp_path: Path, version: str
) -> None:
    path = tmp_path / "p.zarr"
    hcs.to_hcs_zarr(hcs.HCSPlate(metadata=plates.document(4, 6)), path, version=version)
    codes = processes(_write_fields, [(path, 6 * number, 6) for number in range(6)])
    assert codes == [0] * 6
    values = checks.values(path)
    assert [values[f"A/1/{field}"] for field in range(36)] == list(range(1, 37))
    assert len(values) == 42
    checks.is_at_rest(path)


def test_processes_that_create_one_plate_share_it(tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    codes = processes(_write_fields, [(path, 3 * number, 3) for number in range(4)])
    assert codes == [0] * 4
    assert len(checks.values(path)) == 16


def _correct_once(path: Path, value: int) -> None:
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("A1").field("0").version
    (path.parent / f"ready-{value}").touch()
    while len(list(path.parent.glob("ready-*"))) < 4:
        time.sleep(0.001)
    try:
        staged = hcs.stage_field(
            path, "A/1", "0", scenarios.image(value), base=base, levels=2
        )
        try:
            staged.commit(who=ME, reason="race")
        except hcs.ConflictError:
            staged.discard()
            raise
    except hcs.ConflictError as error:
        (path.parent / f"lost-{value}").write_text(str(error))
    else:
        (path.parent / f"won-{value}").touch()


def test_case_56_of_processes_that_correct_one_field_one_wins(tmp_path: Path) -> None:
    scenarios.prepare(tmp_path, "0.5")
    path = tmp_path / "plate.zarr"
    assert (
        processes(_correct_once, [(path, 50 + number) for number in range(4)])
        == [0] * 4
    )
    (winner,) = tmp_path.glob("won-*")
    assert len(list(tmp_path.glob("lost-*"))) == 3
    assert checks.values(path)["A/1/0"] == int(winner.name[4:])
    assert checks.recovers(path) == []
    checks.history_is_whole(path)


def _correct_archive(path: Path, field: str, value: int) -> None:
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("A1").field(field).version
    staged = hcs.stage_field(
        path, "A/1", field, scenarios.image(value), base=base, levels=2
    )
    staged.commit(who=ME, reason="race")


def test_different_fields_of_an_archive_are_corrected_at_once(tmp_path: Path) -> None:
    scenarios.prepare_archive(tmp_path, "0.5")
    path = tmp_path / "plate.ozx"
    assert processes(_correct_archive, [(path, "0", 50), (path, "1", 51)]) == [0, 0]
    assert checks.values(path) == {"A/1/0": 50, "A/1/1": 51, "B/2/0": 33}


def _correct_many(path: Path, count: int, grace: float) -> None:
    for value in range(100, 100 + count):
        with hcs.from_hcs_zarr(path) as plate:
            base = plate.well("A1").field("0").version
        staged = hcs.stage_field(
            path, "A/1", "0", scenarios.image(value), base=base, levels=2
        )
        staged.commit(who=ME, reason="again")
        settle(path, grace=grace)
    (path.parent / "end").touch()


def _read_by_path(path: Path) -> set[int]:
    """Read a field as a tool does that looks the path up and then reads each file."""
    import zarr

    document = json.loads((path / "A/1/zarr.json").read_bytes())["attributes"]
    place = document["ome"]["well"]["images"][0]["path"]
    seen: set[int] = set()
    for level in range(2):
        array: Any = zarr.open_array(path, path=f"A/1/{place}/{level}", mode="r")
        for channel in range(array.shape[0]):
            seen |= set(np.unique(array[channel]).tolist())
    return seen


def test_case_59_readers_within_the_grace_time_never_see_a_mix(tmp_path: Path) -> None:
    """Their one look at the well document is all that they do to be safe."""
    import multiprocessing

    scenarios.prepare(tmp_path, "0.5")
    path = tmp_path / "plate.zarr"
    grace = 2.0
    context = multiprocessing.get_context("forkserver")
    writer = context.Process(target=_correct_many, args=(path, 40, grace))
    writer.start()
    reads = slow = 0
    different = set()
    while not (tmp_path / "end").exists() and writer.is_alive():
        start = time.monotonic()
        seen = _read_by_path(path)
        if time.monotonic() - start > grace:
            slow += 1
            continue
        assert len(seen) == 1
        different |= seen
        reads += 1
    writer.join(60)
    assert writer.exitcode == 0
    assert reads > 5
    assert len(different) > 3


def _acquire(path: Path) -> None:
    with hcs.HCSPlateWriter(path, plates.document(), grace=0) as writer:
        for field in range(12):
            for number, well in enumerate(("A/1", "B/2")):
                writer.write_well_image(
                    scenarios.image(10 * field + number + 1),
                    *well.split("/"),
                    field,
                    levels=2,
                )
    (path.parent / "end").touch()


def test_a_plate_that_is_being_acquired_can_be_watched(tmp_path: Path) -> None:
    """Each listed field is whole at any moment, and a look at the stamps is enough."""
    import multiprocessing

    path = tmp_path / "p.zarr"
    writer = multiprocessing.get_context("forkserver").Process(
        target=_acquire, args=(path,)
    )
    writer.start()
    while not (path / "zarr.json").exists():
        time.sleep(0.005)
    counts = []
    with hcs.from_hcs_zarr(path) as plate:
        while not (tmp_path / "end").exists() and writer.is_alive():
            plate.refresh()
            count = 0
            for listed in ("A/1", "B/2"):
                try:
                    fields = plate.well(listed).fields
                except hcs.NotFoundError:
                    continue
                for field in fields:
                    values = np.unique(np.asarray(field.image().images[0].data))
                    assert values.size == 1
                    assert values[0] > 0
                    count += 1
            counts.append(count)
    writer.join(60)
    assert writer.exitcode == 0
    assert counts == sorted(counts)
    assert len(checks.values(path)) == 24


def test_a_field_that_settles_while_it_is_checked_is_looked_at_again(
    tmp_path: Path,
) -> None:
    scenarios.prepare(tmp_path, "0.5", corrected=True)
    path = tmp_path / "plate.zarr"
    moved: list[str] = []

    class Moving(DirectoryStore):
        def documents(self, keys: Iterable[str]) -> dict[str, bytes | None]:
            keys = list(keys)
            if not moved and any(key.startswith("A/1/0r2/") for key in keys):
                moved.append("once")
                settle(path, now=True)
            return super().documents(keys)

    problems = hcs.validate(Moving(path))
    assert moved
    assert [problem for problem in problems if problem.severity == "error"] == []
