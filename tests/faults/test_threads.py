"""Everything at once: threads read, check, add and copy while a field is corrected."""

from __future__ import annotations

import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hcs
from hcs.writing.versions.recovery import recover
from hcs.writing.versions.upkeep import settle
from tests import plates
from tests.faults import checks, scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hcs.rules.problem import Problem

ME = hcs.Who("tester", "typed")


@pytest.fixture(autouse=True)
def _many_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def _is_loss(problem: Problem) -> bool:
    return problem.severity == "error" or problem.rule == "pixels-missing"


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    "rounds", [3, *[pytest.param(n, marks=pytest.mark.full) for n in (20, 21)]]
)
def test_nothing_breaks_while_a_field_is_corrected_and_settled_at_once(
    tmp_path: Path, rounds: int, version: str
) -> None:
    """Nobody is granted the time that keeps readers safe.

    So a reader may be told that what it had opened is gone, and a copy that there was
    no rest to copy in. Nobody is told anything else, and nobody gets a mix.
    """
    path = plates.make(tmp_path / "p.zarr", shape=(32, 40), version=version)
    corrected = threading.Event()
    indices = count(1)

    def correct() -> None:
        for value in range(rounds):
            with hcs.from_hcs_zarr(path) as plate:
                base = plate.well("A1").field("0").version
            image = plates.multiscales(data=np.full((2, 32, 40), value, "u2"))
            staged = hcs.stage_field(path, "A/1", "0", image, base=base)
            staged.commit(who=ME, reason="why")
            settle(path, now=True)
            hcs.purge(path, yes=True)

    def look() -> None:
        with hcs.from_hcs_zarr(path) as plate:
            for field in plate.fields():
                try:
                    pixels = np.asarray(field.image().images[0].data)
                except hcs.StaleVersionError:
                    assert (field.well, field.name) == ("A/1", "0")
                else:
                    assert len(np.unique(pixels[0])) == 1

    def check() -> None:
        problems = hcs.validate(path, pixels=True)
        assert [problem for problem in problems if problem.severity == "error"] == []

    def add() -> None:
        hcs.write_hcs_well_image(
            path, scenarios.image(7), plates.document(), "B", "2", next(indices)
        )
        with hcs.HCSPlateWriter(path, overwrite=False) as writer:
            assert ("A/1", "0") in writer.written

    def copy() -> None:
        place = tmp_path / f"copy{next(indices)}.zarr"
        try:
            with hcs.from_hcs_zarr(path) as plate:
                hcs.to_hcs_zarr(plate, place)
        except hcs.ConflictError:
            pass
        else:
            problems = hcs.validate(place, pixels=True)
            assert [problem for problem in problems if _is_loss(problem)] == []
            checks.is_at_rest(place)
        shutil.rmtree(place)

    def again(act: Callable[[], object]) -> None:
        while not corrected.is_set():
            act()

    acts = (look, check, add, copy, lambda: recover(path))
    with ThreadPoolExecutor(6) as pool:
        others = [pool.submit(again, act) for act in acts]
        try:
            correct()
        finally:
            corrected.set()
    for other in others:
        other.result()
    checks.is_at_rest(path)
    assert [
        problem for problem in hcs.validate(path) if problem.severity == "error"
    ] == []
