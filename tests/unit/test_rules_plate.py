"""Rules of the plate document, one vector a rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hcs.rules.plate import plate_problems
from hcs.rules.problem import Problem

VERSIONS = ("0.4", "0.5", "0.6")


def sound(version: str = "0.5") -> dict[str, Any]:
    """Return attributes of a plate that breaks no rule: 2 x 2, one well missing."""
    plate: dict[str, Any] = {
        "acquisitions": [
            {"id": 0, "name": "run 0", "maximumfieldcount": 2},
            {
                "id": 7,
                "name": "run 7",
                "maximumfieldcount": 1,
                "starttime": 10,
                "endtime": 10,
            },
        ],
        "columns": [{"name": "1"}, {"name": "2"}],
        "field_count": 3,
        "name": "p",
        "rows": [{"name": "A"}, {"name": "B"}],
        "wells": [
            {"path": "A/1", "rowIndex": 0, "columnIndex": 0},
            {"path": "A/2", "rowIndex": 0, "columnIndex": 1},
            {"path": "B/1", "rowIndex": 1, "columnIndex": 0},
        ],
    }
    if version == "0.4":
        return {"plate": {**plate, "version": "0.4"}}
    if version == "0.5":
        plate["version"] = "0.5"
    return {"ome": {"version": version, "plate": plate}}


def changed(path: str, value: Any, version: str = "0.5") -> dict[str, Any]:
    """Return a sound plate with one value replaced; ``...`` removes the key."""
    attributes = copy.deepcopy(sound(version))
    at: Any = attributes["plate"] if version == "0.4" else attributes["ome"]["plate"]
    *way, last = (int(part) if part.isdecimal() else part for part in path.split("."))
    for part in way:
        at = at[part]
    if value is ...:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return attributes


def rules_of(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.severity, problem.rule) for problem in problems]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sound_plate_has_no_problems(version: str) -> None:
    assert plate_problems(sound(version), version) == []


ERRORS = {
    "rows-missing": ("rows", ..., "plate-rows-missing"),
    "rows-object": ("rows", {}, "plate-rows-type"),
    "rows-empty": ("rows", [], "plate-rows-empty"),
    "row-string": ("rows.0", "A", "plate-row-type"),
    "row-nameless": ("rows.0", {}, "plate-row-name-missing"),
    "row-name-number": ("rows.0.name", 1, "plate-row-name"),
    "row-name-empty": ("rows.0.name", "", "plate-row-name"),
    "row-name-space": ("rows.0.name", "A 1", "plate-row-name"),
    "row-name-newline": ("rows.0.name", "A\n", "plate-row-name"),
    "row-name-umlaut": ("rows.0.name", "Ä", "plate-row-name"),
    "row-twice-with-other-keys": (
        "rows.1",
        {"name": "A", "x": 1},
        "plate-row-duplicate",
    ),
    "column-twice": ("columns.1.name", "1", "plate-column-duplicate"),
    "column-dotted": ("columns.1.name", "1.5", "plate-column-name"),
    "wells-missing": ("wells", ..., "plate-wells-missing"),
    "wells-empty": ("wells", [], "plate-wells-empty"),
    "well-null": ("wells.0", None, "plate-well-type"),
    "well-pathless": ("wells.0.path", ..., "plate-well-path-missing"),
    "well-path-one-part": ("wells.0.path", "A1", "plate-well-path"),
    "well-path-three-parts": ("wells.0.path", "p/A/1", "plate-well-path"),
    "well-path-climbing": ("wells.0.path", "../A", "plate-well-path"),
    "well-path-slash": ("wells.0.path", "/A/1", "plate-well-path"),
    "well-twice": (
        "wells.1",
        {"path": "A/1", "rowIndex": 0, "columnIndex": 0},
        "plate-well-duplicate",
    ),
    "well-row-undeclared": ("wells.0.path", "Q/1", "plate-well-row-undeclared"),
    "well-column-undeclared": ("wells.0.path", "A/9", "plate-well-column-undeclared"),
    "row-index-missing": ("wells.0.rowIndex", ..., "plate-well-row-index-missing"),
    "row-index-text": ("wells.0.rowIndex", "0", "plate-well-row-index"),
    "row-index-true": ("wells.0.rowIndex", True, "plate-well-row-index"),
    "row-index-negative": ("wells.0.rowIndex", -1, "plate-well-row-index"),
    "row-index-too-large": ("wells.0.rowIndex", 2, "plate-well-row-index"),
    "row-index-mismatch": ("wells.0.rowIndex", 1, "plate-well-row-index-mismatch"),
    "column-index-mismatch": (
        "wells.0.columnIndex",
        1,
        "plate-well-column-index-mismatch",
    ),
    "acquisitions-object": ("acquisitions", {}, "plate-acquisitions-type"),
    "acquisition-number": ("acquisitions.0", 0, "acquisition-type"),
    "acquisition-idless": ("acquisitions.0.id", ..., "acquisition-id-missing"),
    "acquisition-id-twice": ("acquisitions.1.id", 0, "acquisition-id-duplicate"),
    "acquisition-id-text": ("acquisitions.0.id", "0", "acquisition-id"),
    "acquisition-id-false": ("acquisitions.0.id", False, "acquisition-id"),
    "acquisition-id-negative": ("acquisitions.0.id", -3, "acquisition-id"),
    "acquisition-name": ("acquisitions.0.name", 5, "acquisition-name"),
    "acquisition-description": (
        "acquisitions.0.description",
        [],
        "acquisition-description",
    ),
    "maximumfieldcount-zero": (
        "acquisitions.0.maximumfieldcount",
        0,
        "acquisition-maximumfieldcount",
    ),
    "starttime-text": ("acquisitions.1.starttime", "now", "acquisition-starttime"),
    "starttime-negative": ("acquisitions.1.starttime", -1, "acquisition-starttime"),
    "end-before-start": ("acquisitions.1.endtime", 9, "acquisition-endtime"),
    "field-count-zero": ("field_count", 0, "plate-field-count"),
    "field-count-text": ("field_count", "two", "plate-field-count"),
    "field-count-true": ("field_count", True, "plate-field-count"),
    "name-number": ("name", 5, "plate-name"),
    "version-other": ("version", "0.1", "plate-version"),
    "version-number": ("version", 0.5, "plate-version"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("path", "value", "rule"), ERRORS.values(), ids=list(ERRORS))
def test_a_broken_must_is_an_error_of_its_rule(
    version: str, path: str, value: Any, rule: str
) -> None:
    problems = plate_problems(changed(path, value, version), version)
    assert ("error", rule) in rules_of(problems)
    (problem,) = (problem for problem in problems if problem.rule == rule)
    assert problem.clause == f"NGFF {version} plate-md" or rule == "plate-version"
    assert problem.message


WARNINGS = {
    "case": ("rows.1", {"name": "a"}, "plate-row-case"),
    "column-case": ("columns", [{"name": "Aa"}, {"name": "aA"}], "plate-column-case"),
    "nameless": ("name", ..., "plate-name-missing"),
    "field-count": ("field_count", ..., "plate-field-count-missing"),
    "acquisition-name": ("acquisitions.0.name", ..., "acquisition-name-missing"),
    "maximumfieldcount": (
        "acquisitions.0.maximumfieldcount",
        ...,
        "acquisition-maximumfieldcount-missing",
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("path", "value", "rule"), WARNINGS.values(), ids=list(WARNINGS)
)
def test_a_broken_should_is_a_warning_of_its_rule(
    version: str, path: str, value: Any, rule: str
) -> None:
    problems = plate_problems(changed(path, value, version), version)
    assert ("warning", rule) in rules_of(problems)


@pytest.mark.parametrize(("version", "asked"), [("0.4", 1), ("0.5", 1), ("0.6", 0)])
def test_only_0_4_and_0_5_ask_for_a_version_in_the_plate(
    version: str, asked: int
) -> None:
    attributes = sound(version)
    plate = attributes["plate"] if version == "0.4" else attributes["ome"]["plate"]
    plate.pop("version", None)
    problems = plate_problems(attributes, version)
    assert rules_of(problems) == [("warning", "plate-version-missing")] * asked


def test_messages_say_what_was_found_and_what_is_allowed() -> None:
    attributes = changed("wells.0.rowIndex", 5)
    (problem,) = plate_problems(attributes, "0.5", "")
    assert problem.location == "ome.plate.wells[0].rowIndex"
    assert problem.message == "Found 5; the plate has 2 rows, counted from 0."


def test_the_group_stands_before_the_place() -> None:
    (problem,) = plate_problems(changed("name", ...), "0.5", "x/y")
    assert problem.location == "x/y: ome.plate"


def test_several_faults_are_found_in_one_pass() -> None:
    attributes = changed("wells.0.rowIndex", True)
    attributes["ome"]["plate"]["wells"][1]["path"] = "Q/9"
    attributes["ome"]["plate"]["acquisitions"][1]["id"] = 0
    rules = {problem.rule for problem in plate_problems(attributes, "0.5")}
    assert rules == {
        "plate-well-row-index",
        "plate-well-row-undeclared",
        "plate-well-column-undeclared",
        "acquisition-id-duplicate",
    }


def test_an_index_mismatch_of_one_well_is_an_error_not_an_exchange() -> None:
    attributes = changed("wells.1.rowIndex", 1)
    attributes["ome"]["plate"]["wells"][1]["columnIndex"] = 0
    assert {p.rule for p in plate_problems(attributes, "0.5")} == {
        "plate-well-row-index-mismatch",
        "plate-well-column-index-mismatch",
    }


def test_indices_exchanged_in_every_well_are_one_warning() -> None:
    attributes = sound()
    for well in attributes["ome"]["plate"]["wells"]:
        well["rowIndex"], well["columnIndex"] = well["columnIndex"], well["rowIndex"]
    problems = plate_problems(attributes, "0.5")
    assert rules_of(problems) == [("warning", "plate-wells-exchanged")]


def test_a_path_of_column_and_row_is_an_error() -> None:
    attributes = sound()
    plate = attributes["ome"]["plate"]
    plate["wells"] = [{"path": "1/A", "rowIndex": 0, "columnIndex": 0}]
    rules = {problem.rule for problem in plate_problems(attributes, "0.5")}
    assert rules == {"plate-well-row-undeclared", "plate-well-column-undeclared"}


def test_keys_of_0_4_under_ome_are_misplaced() -> None:
    problems = plate_problems({"ome": sound("0.4")}, "0.4")
    assert rules_of(problems) == [("error", "plate-misplaced")]


def test_keys_of_0_5_beside_ome_are_named() -> None:
    (problem,) = plate_problems(sound("0.4"), "0.5")
    assert problem.rule == "ome-missing"
    assert "'plate' stands beside it" in problem.message


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (..., [("error", "ome-version-missing")]),
        ("0.4", [("error", "ome-version")]),
        (0.5, [("error", "ome-version")]),
        ("0.6", []),
        ("0.6rc0", [("warning", "ome-version-draft")]),
    ],
)
def test_the_version_under_ome_must_be_that_of_the_hierarchy(
    stated: Any, expected: list[tuple[str, str]]
) -> None:
    attributes = sound("0.6")
    if stated is ...:
        del attributes["ome"]["version"]
    else:
        attributes["ome"]["version"] = stated
    assert rules_of(plate_problems(attributes, "0.6")) == expected


def test_long_values_are_shortened_and_control_characters_escaped() -> None:
    (problem,) = plate_problems(changed("version", "\x1b[2J" + "x" * 10_000), "0.5")
    assert "\x1b" not in problem.message
    assert len(problem.message) < 200


def test_cost_is_linear_in_wells() -> None:
    """Counted, not timed: a look into `rows` by list would be seen as comparisons."""

    class Name(str):
        __slots__ = ()
        compared = 0

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    size = 200
    rows = [{"name": Name(f"R{row}")} for row in range(size)]
    wells = [
        {"path": f"R{row}/1", "rowIndex": row, "columnIndex": 0} for row in range(size)
    ]
    plate = {"rows": rows, "columns": [{"name": "1"}], "wells": wells}
    plate |= {"name": "p", "field_count": 1, "version": "0.5"}
    assert plate_problems({"ome": {"version": "0.5", "plate": plate}}, "0.5") == []
    assert Name.compared < 10 * size
