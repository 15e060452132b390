"""A plate that another program writes is followed, without looking at all of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.plates.served import ServedPlate
from dashboard.plates.survey import look_at
from tests import plates
from tests.integration.serving import service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.plates.plate_knowledge import KnownWell

KEY = "live.ome.zarr"

WRITER = """
import sys
from pathlib import Path
from hcs import HCSPlateWriter
from tests import plates

path, finish = Path(sys.argv[1]), Path(sys.argv[2])
with HCSPlateWriter(path, plates.document(2, 3, wells=[], fields=2)) as writer:
    for place in map(tuple, (map(int, line.split()) for line in sys.stdin)):
        row, column, field = place
        writer.write_well_image(
            plates.multiscales(row, column, field), "AB"[row], str(column + 1), field
        )
        print("written", flush=True)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a program that writes the field that a line names."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / KEY), str(tmp_path / "end")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    yield process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0
    assert process.stdout is not None
    process.stdout.close()


def write(process: subprocess.Popen[str], row: int, column: int, field: int) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{row} {column} {field}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "written\n"


def test_wells_and_fields_appear_while_a_program_writes_them(
    tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    write(writer, 0, 0, 0)
    with service(tmp_path / "workspace", tmp_path / KEY) as made:
        first = surveyed(made, KEY)
        assert first.well("A1").n_fields == 1
        revision = made.plates.revision(KEY)

        def look(label: str) -> tuple[str, int | None]:
            made.plates.revision(KEY)  # as an open page does
            well = made.plates.overview(KEY).well(label)
            assert well is not None
            return well.state, well.n_fields

        for place, label, fields in (
            ((1, 2, 0), "B3", 1),
            ((0, 0, 1), "A1", 2),
            ((0, 1, 0), "A2", 1),
        ):
            write(writer, *place)
            wait_for(lambda: look(label) == ("present", fields), label)  # noqa: B023
        assert made.plates.revision(KEY) > revision
        names = [field.name for field in made.plates.well(KEY, "A1").fields]
        assert names == ["0", "1"]


def test_what_is_listed_and_has_not_come_is_pending_while_the_plate_grows(
    tmp_path: Path,
) -> None:
    """Some programs list all wells first and write them one by one."""
    whole = plates.make(tmp_path / "whole.ome.zarr")
    path = tmp_path / KEY
    shutil.copytree(whole, path)
    for well in ("A/3", "B/1", "B/2", "B/3"):
        shutil.rmtree(path / well)
    with service(tmp_path / "workspace", path) as made:
        overview = surveyed(made, KEY)
        # Nobody can know yet that they will come.
        assert overview.well("B1").state == "missing"
        shutil.copytree(whole / "A" / "3", path / "A" / "3")

        def states() -> dict[str, str]:
            made.plates.revision(KEY)
            return {well.label: well.state for well in made.plates.overview(KEY).wells}

        wait_for(lambda: states()["A3"] == "present")
        assert {states()[f"B{column}"] for column in (1, 2, 3)} == {"pending"}
        assert "not there yet" in made.plates.overview(KEY).banner


def test_what_is_made_while_wells_are_looked_at_does_not_say_that_all_were(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / KEY, wells=[(0, 0), (0, 1)])
    shutil.rmtree(path / "A" / "2")
    plate = ServedPlate(KEY, str(path))
    known = plate.knowledge.wells

    def wells(**more: bool) -> dict[str, KnownWell]:
        before = known(**more)
        look_at(plate, plate.unknown_wells(), lambda: False)
        plate.knowledge.surveyed = True
        return before

    plate.knowledge.wells = wells  # type: ignore[method-assign]
    first = plate.overview()
    plate.bump()
    second = plate.overview()
    assert (first.surveyed, first.wells[1].state) == (False, "present")
    assert (second.surveyed, second.wells[1].state) == (True, "missing")
    plate.close()


@pytest.mark.parametrize("at_most", [8, 32])
def test_one_look_asks_for_few_wells_and_all_have_their_turn(
    tmp_path: Path, at_most: int
) -> None:
    path = plates.make(
        tmp_path / KEY, rows=8, columns=12, channels=1, shape=(8, 8), fields=1
    )
    plate = ServedPlate(KEY, str(path))
    for well in plate.unknown_wells():
        plate.learn_well(well)
    plate.knowledge.surveyed = True
    # One that lacks a field, beside 95 that do not, would come last by its place.
    late = path / "H" / "12" / "zarr.json"
    plate.well("H12")
    asked: list[str] = []
    stamp = plate.store.stamp
    plate.store.stamp = lambda key: asked.append(key) or stamp(key)  # type: ignore[assignment, func-returns-value]
    assert plate.changed_wells(at_most) == []
    assert len(asked) == at_most
    assert "H/12/zarr.json" in asked
    for _ in range(2 * 96 // at_most + 2):
        plate.changed_wells(at_most)
    assert len(set(asked)) == 96
    document = json.loads(late.read_text())
    time.sleep(0.01)  # the file's time must differ
    late.write_text(json.dumps(document, indent=1))
    assert plate.changed_wells(at_most) == ["H/12"]
    plate.close()
