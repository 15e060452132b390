"""Rules of the image document that the suites of the specification do not show."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hcs.rules.image import image_problems
from hcs.rules.label import label_problems, labels_problems
from hcs.rules.problem import Problem

AXES = [
    {"name": "c", "type": "channel"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]
SCALE = {"type": "scale", "scale": [1.0, 0.5, 0.5]}
TRANSLATION = {"type": "translation", "translation": [0.0, 3.0, 4.0]}


def multiscale(version: str = "0.5") -> dict[str, Any]:
    """Return a multiscale of two levels that breaks no rule."""
    content: dict[str, Any] = {"name": "i", "type": "mean", "metadata": {"method": "m"}}
    if version == "0.6":
        content["coordinateSystems"] = [{"name": "physical", "axes": AXES}]
        ends = {"output": {"name": "physical"}}
        content["datasets"] = [
            {
                "path": "0",
                "coordinateTransformations": [
                    {**SCALE, **ends, "input": {"path": "0"}},
                ],
            },
            {
                "path": "1",
                "coordinateTransformations": [
                    {
                        "type": "sequence",
                        "transformations": [SCALE, TRANSLATION],
                        **ends,
                        "input": {"path": "1"},
                    }
                ],
            },
        ]
    else:
        content["axes"] = AXES
        content["datasets"] = [
            {"path": path, "coordinateTransformations": [SCALE, TRANSLATION]}
            for path in ("0", "1")
        ]
    if version == "0.4":
        content["version"] = "0.4"
    return copy.deepcopy(content)


def image(version: str = "0.5", **keys: Any) -> dict[str, Any]:
    """Return the attributes of an image; `keys` stand beside its multiscales."""
    content = {"multiscales": [multiscale(version)], **keys}
    return content if version == "0.4" else {"ome": {"version": version, **content}}


def first(attributes: dict[str, Any]) -> Any:
    """Return its multiscale, to be changed."""
    return attributes.get("ome", attributes)["multiscales"][0]


def rules_of(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.severity, problem.rule) for problem in problems]


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_a_sound_image_has_no_problems(version: str) -> None:
    assert image_problems(image(version), version) == []


def test_the_order_of_axes_is_time_channel_space() -> None:
    attributes = image()
    first(attributes)["axes"] = [AXES[1], AXES[0], AXES[2]]
    assert rules_of(image_problems(attributes, "0.5")) == [("error", "axes-order")]


def test_two_channel_axes_are_an_error() -> None:
    attributes = image()
    first(attributes)["axes"] = [{"name": "d"}, *AXES]
    for dataset in first(attributes)["datasets"]:
        dataset["coordinateTransformations"] = [{"type": "scale", "scale": [1] * 4}]
    problems = image_problems(attributes, "0.5")
    assert ("error", "axes-channel") in rules_of(problems)


def test_stacks_should_be_ordered_zyx() -> None:
    attributes = image()
    first(attributes)["axes"] = [
        {"name": name, "type": "space", "unit": "micrometer"} for name in "xyz"
    ]
    assert rules_of(image_problems(attributes, "0.5")) == [
        ("warning", "axes-space-order")
    ]


@pytest.mark.parametrize(
    ("version", "severity"), [("0.4", "warning"), ("0.5", "error")]
)
def test_a_scale_of_another_length_than_the_axes(version: str, severity: str) -> None:
    """0.4's own suite calls such a document valid; see `hcs.rules.level`."""
    attributes = image(version)
    scale = {"type": "scale", "scale": [1, 1]}
    first(attributes)["datasets"][0]["coordinateTransformations"] = [scale]
    assert rules_of(image_problems(attributes, version)) == [(severity, "scale-length")]


@pytest.mark.parametrize(
    ("transformations", "rule"),
    [
        pytest.param([TRANSLATION, SCALE], "transformations-order", id="order"),
        pytest.param([SCALE, SCALE], "transformations-scale", id="two-scales"),
        pytest.param(
            [SCALE, TRANSLATION, TRANSLATION], "transformations-translation", id="two"
        ),
        pytest.param([{"type": "scale"}], "scale-missing", id="no-vector"),
        pytest.param([{"type": "scale", "scale": "p"}], "scale", id="text"),
        pytest.param([{"type": "scale", "scale": [1, None, 1]}], "scale", id="null"),
        pytest.param([{"type": "scale", "scale": [1, True, 1]}], "scale", id="true"),
        pytest.param(
            [SCALE, {"type": "rotation"}], "transformation-type", id="rotation"
        ),
        pytest.param([SCALE, {}], "transformation-type-missing", id="typeless"),
        pytest.param([SCALE, 1], "transformation-type", id="number"),
    ],
)
def test_a_broken_transformation_is_an_error(
    transformations: list[Any], rule: str
) -> None:
    attributes = image()
    first(attributes)["datasets"][1]["coordinateTransformations"] = transformations
    assert ("error", rule) in rules_of(image_problems(attributes, "0.5"))


def test_a_pixel_without_size_is_reported() -> None:
    attributes = image()
    scale = {"type": "scale", "scale": [1, 0, 0.5]}
    first(attributes)["datasets"][0]["coordinateTransformations"] = [scale]
    assert rules_of(image_problems(attributes, "0.5")) == [("warning", "scale-value")]


@pytest.mark.parametrize("path", ["/0", "../1", "", "a/../b"])
def test_a_level_outside_the_image_is_an_error(path: str) -> None:
    attributes = image()
    first(attributes)["datasets"][1]["path"] = path
    assert ("error", "dataset-path") in rules_of(image_problems(attributes, "0.5"))


def test_levels_named_anything_are_allowed() -> None:
    attributes = image()
    first(attributes)["datasets"][1]["path"] = "scale1/image"
    assert image_problems(attributes, "0.5") == []


def test_a_left_over_version_is_reported_as_ours() -> None:
    attributes = image()
    first(attributes)["version"] = "0.4"
    (problem,) = image_problems(attributes, "0.5")
    assert (problem.severity, problem.rule, problem.clause) == (
        "warning",
        "multiscale-version",
        "hcs",
    )


def test_two_equal_multiscales_are_an_error() -> None:
    attributes = image()
    attributes["ome"]["multiscales"].append(multiscale())
    assert rules_of(image_problems(attributes, "0.5")) == [
        ("error", "multiscale-duplicate")
    ]


WINDOW = {"min": 0, "max": 255, "start": 0, "end": 99.5}


@pytest.mark.parametrize(
    ("version", "channel", "expected"),
    [
        ("0.5", {"color": "00FF00", "window": WINDOW}, []),
        ("0.5", {"color": "green", "window": WINDOW}, [("error", "channel-color")]),
        ("0.4", {"color": "green", "window": WINDOW}, [("warning", "channel-color")]),
        ("0.6", {"window": WINDOW}, [("error", "channel-color-missing")]),
        ("0.5", {"color": "00FF00"}, [("error", "channel-window-missing")]),
        (
            "0.5",
            {"color": "00FF00", "window": WINDOW, "active": 1},
            [("error", "channel-active")],
        ),
        (
            "0.5",
            {"color": "00FF00", "window": {**WINDOW, "start": 100}},
            [("warning", "window-order")],
        ),
        ("0.5", 5, [("error", "channel-type")]),
    ],
)
def test_rules_of_channels(
    version: str, channel: Any, expected: list[tuple[str, str]]
) -> None:
    attributes = image(version, omero={"channels": [channel]})
    assert rules_of(image_problems(attributes, version)) == expected


# -- 0.6 -------------------------------------------------------------------------------


def changed06(**keys: Any) -> dict[str, Any]:
    """Return an image of 0.6 with its first transformation changed."""
    attributes = image("0.6")
    first(attributes)["datasets"][0]["coordinateTransformations"][0].update(keys)
    return attributes


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        pytest.param(changed06(input={"path": "1"}), "transformation-input", id="in"),
        pytest.param(
            changed06(output={"name": "?"}), "transformation-output", id="out"
        ),
        pytest.param(changed06(output="physical"), "transformation-output", id="text"),
        pytest.param(changed06(type="affine"), "transformation-type", id="affine"),
        pytest.param(changed06(type=[]), "transformation-type", id="list"),
        pytest.param(changed06(scale=[1]), "scale-length", id="short"),
        pytest.param(
            changed06(type="sequence", transformations=[SCALE]), "sequence", id="one"
        ),
    ],
)
def test_a_broken_transformation_of_0_6_is_an_error(
    attributes: dict[str, Any], rule: str
) -> None:
    assert ("error", rule) in rules_of(image_problems(attributes, "0.6"))


def test_identity_is_allowed_in_0_6() -> None:
    assert image_problems(changed06(type="identity"), "0.6") == []


def test_levels_of_0_6_lead_into_one_system() -> None:
    attributes = changed06(output={"name": "other"})
    systems = first(attributes)["coordinateSystems"]
    systems.append({"name": "other", "axes": AXES})
    (problem,) = image_problems(attributes, "0.6")
    assert problem.rule == "transformation-output"
    assert "'other', 'physical'" in problem.message


def test_0_6_needs_coordinate_systems() -> None:
    attributes = image("0.6")
    del first(attributes)["coordinateSystems"]
    rules = [rule for _, rule in rules_of(image_problems(attributes, "0.6"))]
    assert "coordinate-systems-missing" in rules


def test_a_system_of_array_axes_is_allowed_in_0_6() -> None:
    attributes = image("0.6")
    axes = [{"name": f"dim_{i}", "type": "array"} for i in range(3)]
    first(attributes)["coordinateSystems"].append({"name": "array", "axes": axes})
    first(attributes)["coordinateTransformations"] = [
        {"type": "scale", "input": {"name": "physical"}, "output": {"name": "array"}}
    ]
    assert image_problems(attributes, "0.6") == []


# -- labels ----------------------------------------------------------------------------


def test_a_label_value_given_two_colours_is_an_error() -> None:
    colors = [{"label-value": 1, "rgba": [0, 0, 0, 0]}, {"label-value": 1}]
    label = {"version": "0.4", "colors": colors}
    problems = label_problems({"image-label": label}, "0.4")
    assert rules_of(problems) == [("error", "label-colors-duplicate")]


@pytest.mark.parametrize(("version", "errors"), [("0.4", 0), ("0.5", 1)])
def test_label_values_of_0_5_are_integers(version: str, errors: int) -> None:
    block = {"version": version, "colors": [{"label-value": 1.5}]}
    attributes: Any = {"image-label": block}
    if version != "0.4":
        attributes = {"ome": {"version": version, **attributes}}
    assert len(label_problems(attributes, version)) == errors


def test_the_list_of_labels_holds_paths() -> None:
    problems = labels_problems({"labels": ["a", 1, "a"]}, "0.4", "A/1/0/labels")
    assert rules_of(problems) == [
        ("error", "labels-path"),
        ("warning", "labels-duplicate"),
    ]
    assert problems[0].location == "A/1/0/labels: labels[1]"
