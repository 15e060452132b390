"""Writers that are killed, at every named step of every act, lose and break nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.faults import checks, scenarios
from tests.faults.harness import Outcome, run

BASE = {
    "A/1/0": scenarios.FIRST,
    "A/1/1": scenarios.OTHER,
    "B/2/0": scenarios.NEIGHBOUR,
}
REPLACED = {"A/1/0": 91, "A/1/1": 92, "B/2/0": 93}


PARTS = 5
"""Tests that the steps of one act are spread over, so that none takes minutes."""


@dataclass(frozen=True)
class Act:
    """A scenario, what it starts from, and what may be there after it."""

    scenario: str
    allowed: tuple[tuple[str, frozenset[int | None]], ...]
    """For each field, its possible values; None where it may be absent."""

    plate: str = "plate.zarr"
    corrected: bool = False
    archive: bool = False
    together: bool = False
    """Whether all fields change at once or not at all."""

    copies: bool = False
    """Whether the place knows no renames: every version is where the history says."""

    versions: tuple[str, ...] = ("0.4", "0.5")


def _allowed(
    **changes: set[int | None],
) -> tuple[tuple[str, frozenset[int | None]], ...]:
    fields: dict[str, set[int | None]] = {name: {value} for name, value in BASE.items()}
    fields |= {
        f"{name[0]}/{name[1]}/{name[2]}": values for name, values in changes.items()
    }
    return tuple((name, frozenset(values)) for name, values in fields.items())


_NEW: dict[str, set[int | None]] = {
    "A10": {44, None},
    "A11": {55, None},
    "B20": {66, None},
}
_SWAP: dict[str, set[int | None]] = {"A10": {11, 91}, "A11": {22, 92}, "B20": {33, 93}}

ACTS = (
    Act("create", _allowed(**_NEW), plate="new.zarr"),
    Act("add", _allowed(A12={44, None}, A20={55, None})),
    Act("correct", _allowed(A10={11, 77})),
    Act("settle_now", _allowed(A10={77}), corrected=True),
    Act("settle_slowly", _allowed(A10={77}), corrected=True),
    Act("revert", _allowed(A10={77, 11}), corrected=True),
    Act("revert_to_what_was_put_away", _allowed(A10={77, 11}), corrected=True),
    Act("put_away_what_was_taken_back", _allowed(A10={77, 11}), corrected=True),
    Act("settle_by_copies", _allowed(A10={77}), corrected=True, copies=True),
    Act("revert_by_copies", _allowed(A10={77, 11}), corrected=True, copies=True),
    Act("label", _allowed()),
    Act("settle_and_correct_again", _allowed(A10={77, 88}), corrected=True),
    Act("purge_all", _allowed(A10={77}), corrected=True),
    Act("replace_plate", _allowed(**_SWAP), together=True),
    Act("replace_plate_by_renames", _allowed(**_SWAP), together=True),
    Act("settle_by_renames", _allowed(A10={77}), corrected=True),
    Act("pack", _allowed(), plate="packed.ozx", versions=("0.5",)),
    Act(
        "write_archive",
        _allowed(**_SWAP),
        plate="plate.ozx",
        archive=True,
        together=True,
        versions=("0.5",),
    ),
    Act(
        "correct_archive",
        _allowed(A10={11, 77}),
        plate="plate.ozx",
        archive=True,
        versions=("0.5",),
    ),
    Act("convert", _allowed(), plate="converted.zarr"),
)
_CASES = [(act, version) for act in ACTS for version in act.versions]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one prepared place for each kind of start."""
    root = tmp_path_factory.mktemp("bases")
    for version in ("0.4", "0.5"):
        for corrected in (False, True):
            place = root / f"{version}-{corrected}"
            place.mkdir()
            scenarios.prepare(place, version, corrected=corrected)
    place = root / "archive"
    place.mkdir()
    scenarios.prepare_archive(place, "0.5")
    return root


def _place(bases: Path, act: Act, version: str, path: Path) -> Path:
    name = "archive" if act.archive else f"{version}-{act.corrected}"
    return Path(shutil.copytree(bases / name, path))


@cache
def _steps(bases: Path, act: Act, version: str, path: Path) -> int:
    outcome = run(act.scenario, _place(bases, act, version, path), version)
    assert not outcome.killed
    assert outcome.error is None
    return len(outcome.steps)


def _check(place: Path, act: Act, outcome: Outcome) -> None:
    path = place / act.plate
    if not path.exists():
        assert not outcome.done
        checks.recovers(path)
        if act.plate in ("new.zarr", "packed.ozx", "converted.zarr"):
            return
        # Without an exchange of names the place is empty for a moment.
        assert act.scenario == "replace_plate_by_renames"
        assert path.exists()
    if path.is_dir() and not any((path / n).exists() for n in ("zarr.json", ".zattrs")):
        assert not outcome.done  # killed before the plate was one
        return
    for moment in ("after the crash", "after recovery"):
        if act.copies:
            checks.drop_empty_folders(path)
        if moment == "after recovery":
            checks.recovers(path)
            checks.documents_parse(path)
        checks.every_version_is_listed(path, moving=not act.copies)
        checks.labels_are_whole(path)
        values = checks.values(path)
        for name, allowed in act.allowed:
            if act.scenario in ("convert",) and name not in values:
                continue
            assert values.get(name) in allowed, f"{name} {moment}: {values}"
        assert set(values) <= {name for name, _ in act.allowed}
        for name, value in checks.reported(outcome.done).items():
            assert values[name] == value, moment
        if act.together:
            assert values in (BASE, REPLACED)
            assert values == REPLACED or not outcome.done
    checks.history_is_whole(path)
    assert checks.values(place / "plate.zarr")["B/2/0"] in (33, 93)


def _fault(bases: Path, act: Act, version: str, number: int, path: Path) -> Outcome:
    place = _place(bases, act, version, path)
    outcome = run(act.scenario, place, version, kill_at=number)
    try:
        _check(place, act, outcome)
    except BaseException as error:
        error.add_note(
            f"{act.scenario} {version}: killed at step {number}, "
            f"{outcome.steps[-1] if outcome.steps else 'none'}"
        )
        raise
    shutil.rmtree(place)
    return outcome


@pytest.mark.parametrize(
    ("act", "version"),
    [pytest.param(*case, id=f"{case[0].scenario}-{case[1]}") for case in _CASES],
)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.full
def test_case_46_47_48_49_a_kill_at_any_step_breaks_nothing(
    act: Act, version: str, part: int, bases: Path, tmp_path: Path
) -> None:
    count = _steps(bases, act, version, tmp_path / "whole")
    for number in range(1 + part, count + 1, PARTS):
        outcome = _fault(bases, act, version, number, tmp_path / str(number))
        assert outcome.killed


@pytest.mark.parametrize(
    ("act", "version"),
    [pytest.param(*case, id=f"{case[0].scenario}-{case[1]}") for case in _CASES[1:]],
)
def test_case_46_47_48_49_a_kill_in_the_middle_of_an_act_breaks_nothing(
    act: Act, version: str, bases: Path, tmp_path: Path
) -> None:
    """One fault an act here; `make test-full` has one at every step."""
    count = _steps(bases, act, version, tmp_path / "whole")
    assert _fault(bases, act, version, 2 * count // 3 + 1, tmp_path / "one").killed


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.full
def test_case_50_recovery_that_is_killed_can_be_repeated(
    version: str, part: int, bases: Path, tmp_path: Path
) -> None:
    act = next(
        listed for listed in ACTS if listed.scenario == "settle_and_correct_again"
    )
    count = _steps(bases, act, version, tmp_path / "whole")
    for number in range(1 + part, count + 1, PARTS * 2):
        place = _place(bases, act, version, tmp_path / str(number))
        run(act.scenario, place, version, kill_at=number)
        for kill_at in range(1, 6):
            outcome = run("recover_now", place, version, kill_at=kill_at)
            assert checks.values(place / "plate.zarr")["A/1/0"] in (77, 88)
            if not outcome.killed:
                break
        _check(place, act, Outcome(killed=True, steps=(), done=(), error=None))
        shutil.rmtree(place)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.full
def test_a_kill_at_a_random_time_breaks_nothing(
    seed: int, bases: Path, tmp_path: Path
) -> None:
    import random

    random_number = random.Random(seed)
    act, version = random_number.choice(_CASES)
    place = _place(bases, act, version, tmp_path / "place")
    outcome = run(
        act.scenario, place, version, kill_after=random_number.uniform(0.02, 0.6)
    )
    _check(place, act, outcome)
