"""The specification's own test suites and other people's stores, case by case."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hcs.rules.image import image_problems
from hcs.rules.label import label_problems
from hcs.rules.plate import plate_problems
from hcs.rules.problem import Problem
from hcs.rules.well import well_problems
from hcs.validation import validate

RULES: dict[str, Callable[[Any, str], list[Problem]]] = {
    "plate": plate_problems,
    "well": well_problems,
    "image": image_problems,
    "label": label_problems,
}
SUITES = [
    ("0.4", "ngff_suite_v04", "plate", 31),
    ("0.4", "ngff_suite_v04", "well", 6),
    ("0.4", "ngff_suite_v04", "image", 30),
    ("0.4", "ngff_suite_v04", "label", 9),
    ("0.5", "ngff_suite_v05_image_label", "image", 28),
    ("0.5", "ngff_suite_v05_image_label", "label", 9),
]
STRICT = [
    ("0.4", "ngff_suite_v04", "plate", 6),
    ("0.4", "ngff_suite_v04", "well", 3),
    ("0.4", "ngff_suite_v04", "image", 5),
    ("0.4", "ngff_suite_v04", "label", 2),
    ("0.5", "ngff_suite_v05_image_label", "image", 5),
    ("0.5", "ngff_suite_v05_image_label", "label", 1),
]
BEYOND = {"plate-field-count-missing", "plate-wells-exchanged", "axis-unit-missing"}
"""Our warnings about SHOULDs of the text that the strict schemas do not ask for."""


def cases(folder: Path, name: str, count: int) -> list[dict[str, Any]]:
    tests = json.loads((folder / "tests" / f"{name}_suite.json").read_text())["tests"]
    assert len(tests) == count
    listed: list[dict[str, Any]] = tests
    return listed


def errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize(("version", "folder", "kind", "count"), SUITES)
def test_each_case_is_judged_as_the_suite_says(
    shared_data: Path, version: str, folder: str, kind: str, count: int
) -> None:
    for case in cases(shared_data / folder, kind, count):
        problems = errors(RULES[kind](case["data"], version))
        assert (not problems) == case["valid"], (case["formerly"], problems)


@pytest.mark.parametrize(("version", "folder", "kind", "count"), STRICT)
def test_strict_cases_are_warned_of_as_the_suite_says(
    shared_data: Path, version: str, folder: str, kind: str, count: int
) -> None:
    for case in cases(shared_data / folder, f"strict_{kind}", count):
        problems = RULES[kind](case["data"], version)
        asked = {problem.rule for problem in problems} - BEYOND
        assert errors(problems) == []
        assert (not asked) == case["valid"], (case["formerly"], asked)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_specification_s_own_examples_are_valid(
    shared_data: Path, version: str
) -> None:
    folder = {v: f for v, f, *_ in SUITES}[version]
    for kind, name in (("plate", "plate_strict"), ("well", "well_strict")):
        paths = sorted((shared_data / folder / "examples" / name).glob("p*.json"))
        paths += sorted((shared_data / folder / "examples" / name).glob("w*.json"))
        assert len(paths) == 2
        for path in paths:
            document = json.loads(path.read_text())
            attributes = document.get("attributes", document)
            assert errors(RULES[kind](attributes, version)) == [], path


def examples(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".zarr")
    assert paths
    return paths


def test_published_valid_examples_have_no_errors(shared_data: Path) -> None:
    for path in examples(shared_data / "ome_zarr_examples_v04" / "valid"):
        assert errors(validate(path)) == [], path


def test_published_invalid_examples_have_errors(shared_data: Path) -> None:
    for path in examples(shared_data / "ome_zarr_examples_v04" / "invalid"):
        assert errors(validate(path)), path
    for path in examples(shared_data / "ome_ngff_validator_samples" / "invalid"):
        assert errors(validate(path)), path


def test_the_published_warning_is_a_warning(shared_data: Path) -> None:
    (path,) = examples(shared_data / "ome_zarr_examples_v04" / "warning")
    problems = validate(path)
    assert errors(problems) == []
    assert "level-dtype" in {problem.rule for problem in problems}


@pytest.mark.parametrize(
    ("sample", "rule"),
    [
        ("missing_min", "window-missing"),
        ("invalid_version", "version-unknown"),
        ("no_version_v0.4", "multiscale-version-missing"),
        ("no_version_v0.5", "store-not-ngff"),
    ],
)
def test_samples_are_faulted_for_what_they_are_named_after(
    shared_data: Path, sample: str, rule: str
) -> None:
    folder = shared_data / "ome_ngff_validator_samples" / "invalid"
    problems = validate(folder / f"{sample}.zarr")
    assert rule in {problem.rule for problem in problems}


@pytest.mark.parametrize(
    "name",
    [
        "bioformats2raw_plate_v04/hcs.zarr",
        "bioformats2raw_plate_v04/2d.zarr",
        "bioformats2raw_plate_v04/bf2raw.zarr",
        "fractal_image_2fov_v04/my_image",
        "image_5d_tubhiswt_v04/tubhiswt4D_sub.zarr",
        "ome_zarr_models_examples_v04/hcs_example.ome.zarr",
    ],
)
def test_stores_of_other_tools_have_no_errors(shared_data: Path, name: str) -> None:
    assert errors(validate(shared_data / name)) == []


def test_real_pixels_decode(shared_data: Path) -> None:
    path = shared_data / "image_5d_tubhiswt_v04" / "tubhiswt4D_sub.zarr"
    rules = {problem.rule for problem in validate(path, pixels=True)}
    assert not {"pixels-broken", "pixels-missing"} & rules


def test_fractal_s_plate_with_labels_and_tables_has_no_errors(
    shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "fractal_plate_2D_labels_tables_v04"
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        archive.extractall(tmp_path)
    (plate,) = tmp_path.rglob("hcs_ngff_2D.zarr")
    assert errors(validate(plate)) == []


def test_a_partly_fetched_plate_says_what_is_absent(shared_data: Path) -> None:
    problems = validate(shared_data / "idr_metadata_v04" / "2551.zarr")
    missing = [problem for problem in problems if problem.rule == "well-missing"]
    assert len(missing) == 92
    assert {problem.severity for problem in missing} == {"warning"}
    assert "image-missing" in {problem.rule for problem in problems}


@pytest.mark.parametrize("version", ["v0.1", "v0.2", "v0.3"])
def test_old_versions_are_named_and_not_judged(
    shared_data: Path, tmp_path: Path, version: str
) -> None:
    examples = shared_data / "ngff_examples_v01_v03" / version / "examples"
    paths = sorted(examples.rglob("plate*.json"))
    assert paths
    for number, path in enumerate(paths):
        store = tmp_path / str(number)
        store.mkdir()
        (store / ".zgroup").write_text('{"zarr_format": 2}')
        (store / ".zattrs").write_bytes(path.read_bytes())
        (problem,) = validate(store)
        assert (problem.severity, problem.rule) == ("error", "version-unknown")
        assert version.removeprefix("v") in problem.message


# -- plates that other libraries write -------------------------------------------------


# ngff-zarr's own dependencies set shapes, which NumPy 2.5 deprecates.
@pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "version"),
    [("p.zarr", "0.4"), ("p.zarr", "0.5"), ("p.zarr", "0.6"), ("p.ozx", "0.5")],
)
def test_plates_of_ngff_zarr_have_no_errors(
    tmp_path: Path, name: str, version: str
) -> None:
    import ngff_zarr as nz

    plate = nz.Plate(
        columns=[nz.PlateColumn("1"), nz.PlateColumn("2")],
        rows=[nz.PlateRow("A")],
        wells=[nz.PlateWell("A/1", 0, 0), nz.PlateWell("A/2", 0, 1)],
        version=version,
        name="foreign",
        field_count=1,
    )
    data = np.arange(2 * 64 * 64, dtype="uint16").reshape(2, 64, 64)
    image = nz.to_ngff_image(
        data,
        dims=("c", "y", "x"),
        scale={"c": 1, "y": 0.5, "x": 0.5},
        translation={"c": 0, "y": 3.0, "x": 4.0},
    )
    multiscales = nz.to_multiscales(image, scale_factors=[2])
    path = tmp_path / name
    with nz.HCSPlateWriter(str(path), plate, version=version) as writer:
        writer.write_well_image(multiscales, "A", "1")
    problems = validate(path, pixels=True)
    assert errors(problems) == []
    rules = {problem.rule for problem in problems}
    assert "well-missing" in rules
    assert {rule for rule in rules if rule.startswith("ozx")} == (
        {"ozx-zip64"} if name.endswith(".ozx") else set()
    )


# ome-zarr-py warns of its own default argument when it is imported.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_plate_of_ome_zarr_py_has_no_errors(tmp_path: Path) -> None:
    import zarr
    from ome_zarr.writer import write_image, write_plate_metadata, write_well_metadata

    path = tmp_path / "p.zarr"
    root = zarr.open_group(str(path), mode="w", zarr_format=3)
    write_plate_metadata(root, ["A"], ["1"], ["A/1"], name="foreign", field_count=1)
    well = root.require_group("A").require_group("1")
    write_well_metadata(well, ["0"])
    write_image(np.zeros((2, 64, 64), "uint16"), well.require_group("0"), axes="cyx")
    assert errors(validate(path, pixels=True)) == []
