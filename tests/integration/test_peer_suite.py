"""The HCS tests of ngff-zarr, run through our names; each failure has a decision.

Its source archive is fetched with pip when the tests run, of the version and with the
hash of ``requirements/test.lock``. Nothing of it is kept.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests import plates
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

LOCK = ROOT / "requirements" / "test.lock"
SUITE = (
    "test_hcs*.py",
    "test_index_out_of_range.py",
    "test_cache_behavior.py",
    "test_write_hcs_well_image_edge_cases.py",
)

PRIVATE = "private functions and backends have no counterpart", 54
UNRELEASED = "0.9.dev1 is neither read nor written", 54
INDICES = "row and column indices past the end are refused", 54
DEFAULT = "0.5 is written where nobody names a version", 54
RUNS = "several acquisitions give fields paths of their own", 54
UNDECLARED = "acquisitions that a plate does not declare are left out", 54
OWN_KEY = "our own key stands beside `plate`", 54
REPLACING = "a plate with fields is replaced only where that is said", 54
STORES = "stores of zarr are taken, not refused", 54
VERSION_KEY = "`version` stands in the plate and well of 0.5, by the prose", 54
BROKEN = "a plate whose document is broken does not open", 14
CLIMBING = "names are checked when the document that has them is read", 24

EXCUSED = {
    "test_hcs::test_to_hcs_zarr_basic": DEFAULT,
    "test_hcs::test_to_hcs_zarr_v04_root_document_matches_bioformats2raw": OWN_KEY,
    "test_hcs::test_write_hcs_v05_complete": RUNS,
    "test_hcs::test_write_hcs_v05_vs_v04_metadata_structure": VERSION_KEY,
    "test_hcs_v06::test_to_hcs_zarr_tags_the_plate_with_its_version[0.5]": VERSION_KEY,
    "test_hcs_v06::test_to_hcs_zarr_tags_the_plate_with_its_version[0.9.dev1]": (
        UNRELEASED
    ),
    "test_hcs_v06::test_write_hcs_well_image_round_trip[0.5]": VERSION_KEY,
    "test_hcs_v06::test_write_hcs_well_image_round_trip[0.9.dev1]": UNRELEASED,
    "test_hcs_v06::test_hcs_plate_writer_ozx_round_trip[0.9.dev1]": UNRELEASED,
    "test_hcs_v06::test_write_hcs_well_image_without_an_acquisition": UNDECLARED,
    "test_hcs_v06::test_from_hcs_zarr_validates_against_the_stored_version[0.5]": (
        BROKEN
    ),
    "test_hcs_v06::test_from_hcs_zarr_validates_against_the_stored_version[0.6]": (
        BROKEN
    ),
    "test_hcs_v06::test_from_hcs_zarr_validates_against_the_stored_version[0.9.dev1]": (
        UNRELEASED
    ),
    "test_hcs_well_path::test_parse_hcs_path": PRIVATE,
    "test_hcs_well_path::test_well_image_path_stays_inside_the_plate": CLIMBING,
    "test_hcs_zarr_format::test_to_hcs_zarr_path_store_uses_zarrista": PRIVATE,
    "test_hcs_zarr_format::test_write_hcs_well_image_path_store_uses_zarrista": PRIVATE,
    "test_index_out_of_range::test_write_hcs_well_image_index_out_of_range": INDICES,
    "test_index_out_of_range::test_write_hcs_well_image_rejects_store_objects": STORES,
    "test_write_hcs_well_image_edge_cases::test_write_hcs_well_image_edge_cases": (
        INDICES
    ),
    "test_write_hcs_well_image_edge_cases::test_write_hcs_well_image_path_store": (
        DEFAULT
    ),
    "test_write_hcs_well_image_edge_cases::test_write_hcs_well_image_multiple_fields": (
        DEFAULT
    ),
    "test_write_hcs_well_image_edge_cases"
    "::test_to_hcs_zarr_overwrite_false_preserves_existing_wells": REPLACING,
    "test_write_hcs_well_image_edge_cases"
    "::test_plate_writer_overwrite_false_keeps_v04_root_layout": OWN_KEY,
}
"""Each test that fails here: why, and the number of the decision that says so."""


def fetched(folder: Path) -> Path:
    """Return the unpacked source archive; skips where no registry has it."""
    entry = re.search(r"^ngff-zarr==(?:.*\\\n)*.*\n", LOCK.read_text(), re.MULTILINE)
    assert entry, f"{LOCK} names no ngff-zarr"
    (folder / "requirement.txt").write_text(entry[0])
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder]
    command += ["--no-binary", "ngff-zarr", "-r", folder / "requirement.txt"]
    # What builds ours is here, and builds it, too; pip would install it once more.
    command += ["--no-build-isolation"]
    pip = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"PIP_RETRIES": "1", "PYTHONPATH": ""},
    )
    if pip.returncode:
        reason = (pip.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"the source of ngff-zarr cannot be fetched with pip: {reason}")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return archive.with_name(archive.name.removesuffix(".tar.gz"))


def stand_in(path: Path) -> None:
    """Write a plate like that of bioformats2raw which the suite downloads."""
    runs, name = [0], "Plate Name 0"
    plates.make(
        path,
        rows=2,
        columns=2,
        fields=2,
        z=1,
        t=1,
        version="0.4",
        acquisitions=runs,
        name=name,
    )
    root = path / ".zattrs"
    content = json.loads(root.read_text())
    root.write_text(json.dumps({"bioformats2raw.layout": 3, "plate": content["plate"]}))


def run(source: Path) -> dict[str, str]:
    """Return what each test of the suite comes to: ``""``, or why it does not pass."""
    (source / "test" / "conftest.py").write_text("")  # downloads, and needs ITK
    data = source / "test" / "data" / "input"
    data.mkdir(parents=True)
    stand_in(data / "hcs.ome.zarr")
    files = [
        str(path) for name in SUITE for path in sorted((source / "test").glob(name))
    ]
    options = ["-p", "tests.integration.peer_names", "-p", "no:cacheprovider"]
    options += ["-c", os.devnull, "--rootdir", ".", "-q", "--junitxml", "report.xml"]
    pytest_run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        cwd=source,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert pytest_run.returncode in (0, 1), pytest_run.stdout + pytest_run.stderr
    outcomes = {}
    for case in ET.parse(source / "report.xml").iter("testcase"):  # noqa: S314 (ours)
        module = case.attrib["classname"].rpartition(".")[2]
        parts = [f"{part.tag}: {part.get('message')}" for part in case]
        outcomes[f"{module}::{case.attrib['name']}"] = " ".join(parts)
    return outcomes


@pytest.fixture(scope="module")
def outcomes(once: Callable[[str, Callable[[Path], object]], Path]) -> dict[str, str]:
    def make(folder: Path) -> None:
        outcomes = run(fetched(folder))
        (folder / "outcomes.json").write_text(json.dumps(outcomes))

    folder = once("peer-suite", make)
    read: dict[str, str] = json.loads((folder / "outcomes.json").read_text())
    return read


def test_every_hcs_test_of_ngff_zarr_passes_or_has_a_decision(
    outcomes: dict[str, str],
) -> None:
    assert len(outcomes) >= 70
    failures = {name: why for name, why in outcomes.items() if why}
    unexcused = {name: why for name, why in failures.items() if name not in EXCUSED}
    assert unexcused == {}
    assert sorted(EXCUSED.keys() - failures.keys()) == [], "these pass: no excuse"


def test_excuses_are_decisions_that_are_written_down() -> None:
    decisions = (ROOT / "docs" / "decisions.md").read_text()
    numbers = {int(number) for number in re.findall(r"^### (\d+)\.", decisions, re.M)}
    assert {number for _, number in EXCUSED.values()} <= numbers


def test_who_only_imports_the_stand_in_keeps_the_peer_itself() -> None:
    """As pytest does with all modules here, in search of doctests."""
    before = sys.modules.get("ngff_zarr")
    importlib.import_module("tests.integration.peer_names")
    assert sys.modules.get("ngff_zarr") is before
