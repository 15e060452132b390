"""Rules of the well document, alone and against its plate."""

from __future__ import annotations

from typing import Any

import pytest

from hcs.rules.problem import Problem
from hcs.rules.well import PlateContext, well_problems

VERSIONS = ("0.4", "0.5", "0.6")
TWO = PlateContext({0: 2, 7: None})
NONE = PlateContext()


def well(images: Any, version: str = "0.5") -> dict[str, Any]:
    """Return the attributes of a well with these images."""
    if version == "0.6":
        return {"ome": {"version": "0.6", "well": {"images": images}}}
    content = {"images": images, "version": version}
    if version == "0.4":
        return {"well": content}
    return {"ome": {"version": version, "well": content}}


def rules_of(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.severity, problem.rule) for problem in problems]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sound_well_has_no_problems(version: str) -> None:
    images = [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 7}]
    assert well_problems(well(images, version), version, "A/1", TWO) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("images", "rule"),
    [
        pytest.param({}, "well-images-type", id="object"),
        pytest.param([], "well-images-empty", id="empty"),
        pytest.param(["0"], "well-image-type", id="strings"),
        pytest.param([{}], "well-image-path-missing", id="pathless"),
        pytest.param([{"path": 0}], "well-image-path", id="number"),
        pytest.param([{"path": ""}], "well-image-path", id="no-name"),
        pytest.param([{"path": "a/b"}], "well-image-path", id="nested"),
        pytest.param([{"path": ".."}], "well-image-path", id="climbing"),
        pytest.param([{"path": "fi eld!"}], "well-image-path", id="spaced"),
        pytest.param([{"path": "0\n"}], "well-image-path", id="newline"),
        pytest.param(
            [{"path": "0"}, {"path": "0", "acquisition": 1}],
            "well-image-duplicate",
            id="twice-in-two-acquisitions",
        ),
        pytest.param(
            [{"path": "0", "acquisition": "0"}], "well-image-acquisition", id="text"
        ),
        pytest.param(
            [{"path": "0", "acquisition": True}], "well-image-acquisition", id="true"
        ),
    ],
)
def test_a_broken_must_is_an_error(version: str, images: Any, rule: str) -> None:
    problems = well_problems(well(images, version), version, "A/1")
    assert ("error", rule) in rules_of(problems)


@pytest.mark.parametrize(
    ("path", "errors"),
    [("0_mip", 0), ("a.b-c", 0), ("...", 1), ("__x", 1), ("_x", 0)],
)
def test_0_6_allows_node_names(path: str, errors: int) -> None:
    assert len(well_problems(well([{"path": path}], "0.6"), "0.6")) == errors


def test_0_4_allows_letters_and_digits_only() -> None:
    (problem,) = well_problems(well([{"path": "0_mip"}], "0.4"), "0.4", "A/1")
    assert problem.rule == "well-image-path"
    assert problem.location == "A/1: well.images[0].path"


def test_the_acquisition_must_be_named_where_the_plate_has_several() -> None:
    problems = well_problems(well([{"path": "0"}]), "0.5", "A/1", TWO)
    assert rules_of(problems) == [("error", "well-image-acquisition-missing")]
    single = PlateContext({0: None})
    assert well_problems(well([{"path": "0"}]), "0.5", "A/1", single) == []


def test_an_undeclared_acquisition_is_an_error() -> None:
    images = [{"path": "0", "acquisition": 77}]
    (problem,) = well_problems(well(images), "0.5", "A/1", TWO)
    assert (problem.severity, problem.rule) == (
        "error",
        "well-image-acquisition-undeclared",
    )
    assert problem.message == "Found 77; the plate declares only 0, 7."


def test_an_acquisition_in_a_plate_without_any_is_a_warning() -> None:
    images = [{"path": "0", "acquisition": 0}]
    problems = well_problems(well(images), "0.5", "A/1", NONE)
    assert rules_of(problems) == [("warning", "well-image-acquisition-undeclared")]


def test_more_fields_than_maximumfieldcount_is_an_error() -> None:
    images = [{"path": str(i), "acquisition": 0} for i in range(3)]
    (problem,) = well_problems(well(images), "0.5", "A/1", TWO)
    assert problem.rule == "well-maximumfieldcount"
    assert "3 fields of acquisition 0" in problem.message


def test_paths_that_differ_in_case_only_are_a_warning() -> None:
    images = [{"path": "Aa"}, {"path": "aA"}]
    assert rules_of(well_problems(well(images), "0.5")) == [
        ("warning", "well-image-case")
    ]


def test_a_version_unlike_the_plate_is_an_error() -> None:
    attributes = well([{"path": "0"}])
    attributes["ome"]["well"]["version"] = "0.4"
    assert rules_of(well_problems(attributes, "0.5")) == [("error", "well-version")]


def test_an_attribute_document_without_well_is_an_error() -> None:
    assert rules_of(well_problems({}, "0.4", "A/1")) == [("error", "well-missing")]


def test_the_context_reads_what_it_can_from_any_plate() -> None:
    plate = {"acquisitions": [{"id": 1, "maximumfieldcount": "x"}, {"id": True}, 4, {}]}
    assert PlateContext.of(plate).acquisitions == {1: None}
    assert PlateContext.of({"acquisitions": 5}).acquisitions == {}
    assert PlateContext.of([]).acquisitions == {}
