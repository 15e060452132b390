"""Copying a plate whose fields are corrected, settled and purged at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hcs
from hcs.stores.directory import DirectoryStore
from hcs.stores.store import CHUNK_LIMIT
from hcs.writing.versions.upkeep import settle
from tests import plates
from tests.faults import checks, scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

ME = hcs.Who("tester", "typed")


class Meanwhile(DirectoryStore):
    """Acts on the plate once, when a key of the field is asked for the nth time."""

    def __init__(self, path: Path, nth: int, act: Callable[[], None]) -> None:
        super().__init__(path)
        self.left = nth
        self.act = act

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        if key.startswith("A/1/0"):
            self.left -= 1
            if self.left == 0:
                self.act()
        return super().fetch(key, start, length, limit=limit)


def _correct(path: Path, value: int) -> None:
    staged = hcs.stage_field(
        path, "A/1", "0", scenarios.image(value), base=scenarios.live(path), levels=2
    )
    staged.commit(who=ME, reason="meanwhile")
    settle(path, now=True)
    hcs.purge(path, originals=True, yes=True)


def _add(path: Path) -> None:
    with hcs.HCSPlateWriter(path, overwrite=False) as writer:
        for field in (2, 3):
            writer.write_well_image(scenarios.image(60), "A", "1", field, levels=2)


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    "nth", [2, 5, *(pytest.param(nth, marks=pytest.mark.full) for nth in range(6, 26))]
)
def test_a_copy_of_a_plate_that_changes_holds_whole_versions(
    tmp_path: Path, nth: int, version: str, history: bool
) -> None:
    scenarios.prepare(tmp_path, "0.5", corrected=True)
    path, copy = tmp_path / "plate.zarr", tmp_path / "copy.zarr"

    def act() -> None:
        settle(path, now=True)
        _correct(path, 88)
        _add(path)

    store = Meanwhile(path, nth, act)
    with hcs.HCSPlate(store) as plate:
        hcs.to_hcs_zarr(plate, copy, version=version, history=history)
    assert store.left <= 0 or nth > 5
    values = checks.values(copy)
    assert values["A/1/0"] in (77, 88)
    assert {key: values[key] for key in ("A/1/1", "B/2/0")} == {
        "A/1/1": scenarios.OTHER,
        "B/2/0": scenarios.NEIGHBOUR,
    }
    assert [
        problem for problem in hcs.validate(copy) if problem.severity == "error"
    ] == []
    checks.history_is_whole(copy)
    assert checks.recovers(copy) == []


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_folder_that_is_only_begun_is_no_part_of_a_copy(
    tmp_path: Path, version: str
) -> None:
    path, copy = tmp_path / "plate.zarr", tmp_path / "copy.zarr"
    plates.make(path, shape=(32, 40), version=version)
    well = path / "A" / "1"
    (well / "0r2").mkdir()
    (well / "0r3").mkdir()
    (well / "0r3" / "zarr.json.abc.hcs-part").write_bytes(b"{")
    (well / "notes").mkdir()
    (well / "notes" / "empty.txt").touch()
    with hcs.from_hcs_zarr(path) as plate:
        hcs.to_hcs_zarr(plate, copy)
    names = {path.name for path in (copy / "A" / "1").iterdir()}
    assert {"0", "notes"} <= names
    assert not names & {"0r2", "0r3"}
    assert (copy / "A" / "1" / "notes" / "empty.txt").read_bytes() == b""
