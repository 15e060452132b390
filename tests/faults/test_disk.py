"""Full disks, files that may not grow, and rights that are lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import hcs
from tests.disks import mounted
from tests.faults import checks, scenarios
from tests.faults.harness import run
from tests.faults.test_kills import BASE, REPLACED


@pytest.fixture
def place(tmp_path: Path) -> Path:
    scenarios.prepare_archive(tmp_path, "0.5")
    return tmp_path


def _sizes(count: int) -> list[int]:
    """Return that many sizes at which the growing archive is cut off."""
    whole = 14_000
    return [1 + number * whole // count for number in range(count)]


def _cut_off(place: Path, scenario: str, size: int) -> None:
    archive = place / "plate.ozx"
    before = archive.read_bytes()
    outcome = run(scenario, place, "0.5", file_size=size)
    if outcome.killed:
        assert archive.read_bytes() == before
        assert not outcome.done
    checks.recovers(archive)
    assert not list(place.glob(".*.hcs-part"))
    values = checks.values(archive)
    assert values in (BASE, REPLACED, {**BASE, "A/1/0": 77})
    assert (values == BASE) == outcome.killed


@pytest.mark.parametrize("scenario", ["write_archive", "correct_archive"])
@pytest.mark.parametrize("size", [1, 5000, 9000])
def test_case_52_an_archive_that_is_cut_off_at_a_byte_leaves_the_old_one(
    place: Path, scenario: str, size: int
) -> None:
    _cut_off(place, scenario, size)


@pytest.mark.full
@pytest.mark.parametrize("scenario", ["write_archive", "correct_archive"])
def test_an_archive_that_is_cut_off_anywhere_leaves_the_old_one(
    tmp_path: Path, scenario: str
) -> None:
    for size in _sizes(40):
        place = tmp_path / str(size)
        place.mkdir()
        scenarios.prepare_archive(place, "0.5")
        _cut_off(place, scenario, size)
        shutil.rmtree(place)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of its own, or skip where mounting is not allowed."""
    with mounted(tmp_path / "disk", 2) as place:
        yield place


def _fill(place: Path, leave: int) -> Path:
    filler = place.parent / "disk" / "filler"
    free = shutil.disk_usage(place).free
    filler.write_bytes(bytes(max(free - leave, 0)))
    return filler


@pytest.mark.parametrize(
    "scenario",
    ["add", "correct", "replace_plate", "pack", "write_archive", "correct_archive"],
)
def test_case_51_a_full_disk_is_an_error_that_says_so_and_breaks_nothing(
    small_disk: Path, tmp_path: Path, scenario: str
) -> None:
    for leave in (0, 8192, 20480, 40960, 61440):
        for path in small_disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        scenarios.prepare_archive(small_disk, "0.5")
        old = checks.values(small_disk / "plate.zarr")
        filler = _fill(small_disk, leave)
        outcome = run(scenario, small_disk, "0.5", log=tmp_path / "log.txt")
        assert not outcome.killed
        filler.unlink()
        assert outcome.error is not None or leave
        if outcome.error is not None:
            assert "No space left" in outcome.error
            assert "StoreError" in outcome.error
            assert "bytes are free" in outcome.error
        for name in ("plate.zarr", "plate.ozx"):
            checks.recovers(small_disk / name)
            values = checks.values(small_disk / name)
            assert set(values) >= set(old)
            for field, value in checks.reported(outcome.done).items():
                if scenario != "correct_archive" or name == "plate.ozx":
                    assert name == "plate.ozx" or values[field] == value
            if scenario in ("replace_plate", "write_archive"):
                assert values in (BASE, REPLACED)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_case_54_lost_rights_are_an_error_that_names_the_place(
    tmp_path: Path, version: str
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else here")
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    try:
        folder.chmod(0o755)
        scenarios.prepare(folder, version)
        before = checks.snapshot(folder)
        outcome = run("correct", folder, version, before="lose_rights")
        assert outcome.error is not None
        assert "ReadOnlyError" in outcome.error
        assert str(folder / "plate.zarr") in outcome.error
        assert "Permission denied" in outcome.error
        (folder / "plate.zarr/A/1").chmod(0o755)
        assert checks.snapshot(folder) == before
    finally:
        shutil.rmtree(folder)


def test_case_54_a_place_that_cannot_be_written_is_read_only(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can mount")
    path = tmp_path / "disk"
    path.mkdir()
    scenarios.prepare(path, "0.5")
    bound = subprocess.run(
        ["mount", "--bind", "-o", "ro", str(path), str(path)],
        capture_output=True,
        check=False,
    )
    if bound.returncode:
        pytest.skip(f"nothing may be mounted here: {bound.stderr!r}")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(path)], check=True)
        with pytest.raises(hcs.ReadOnlyError, match="Read-only file system"):
            scenarios.correct(path, "0.5", print)
        with pytest.raises(hcs.ReadOnlyError, match="Read-only file system"):
            scenarios.pack(path, "0.5", print)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
