"""Whatever JSON comes: rules never raise, and refuse what the schemas refuse."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs.rules.archive import Archive, ArchiveEntry, archive_problems
from hcs.rules.image import image_problems
from hcs.rules.label import label_problems, labels_problems
from hcs.rules.level import array_problems, level_problems, scheme_of
from hcs.rules.plate import plate_problems
from hcs.rules.problem import Problem
from hcs.rules.well import PlateContext, listed_fields, well_problems
from tests.unit import test_rules_image, test_rules_plate, test_rules_well

KEYS = sorted(
    {
        *("ome", "plate", "well", "multiscales", "omero", "version", "rows", "columns"),
        *("wells", "path", "rowIndex", "columnIndex", "name", "acquisitions", "id"),
        *("maximumfieldcount", "starttime", "endtime", "field_count", "images"),
        *("acquisition", "axes", "datasets", "coordinateTransformations", "type"),
        *("scale", "translation", "unit", "channels", "window", "color", "active"),
        *("coordinateSystems", "input", "output", "transformations", "labels"),
        *("image-label", "colors", "properties", "label-value", "rgba", "source"),
        *("shape", "dtype", "data_type", "node_type", "dimension_names"),
    }
)
WORDS = ["A/1", "A", "1", "0.4", "0.5", "0.6", "space", "time", "channel", "y", "x"]
WORDS += ["scale", "translation", "sequence", "array", "uint16", "<u2", "00FF00", ""]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5
        )
    ),
    max_leaves=25,
)
VERSIONS = st.sampled_from(("0.4", "0.5", "0.6"))
CONTEXTS = st.none() | JSON.map(PlateContext.of)


def all_problems(
    attributes: Any, version: str, context: PlateContext | None
) -> list[Problem]:
    """Return what every rule says about one value."""
    scheme = scheme_of(attributes, version)
    level, problems = array_problems(attributes, version, "0")
    if scheme is not None:
        problems += level_problems(scheme, [level] if level else [], version)
    return [
        *problems,
        *plate_problems(attributes, version),
        *well_problems(attributes, version, "A/1", context),
        *image_problems(attributes, version),
        *label_problems(attributes, version),
        *labels_problems(attributes, version),
    ]


def check(problems: list[Problem]) -> None:
    for problem in problems:
        assert problem.severity in ("error", "warning")
        assert problem.rule
        assert problem.message
        assert problem.clause
        assert len(problem.message) < 1000


@given(attributes=JSON, version=VERSIONS, context=CONTEXTS)
@settings(max_examples=150)
def test_no_json_value_makes_a_rule_raise(
    attributes: Any, version: str, context: PlateContext | None
) -> None:
    check(all_problems(attributes, version, context))
    assert all(isinstance(path, str) for path in listed_fields(attributes, version))


@pytest.mark.full
@given(attributes=JSON, version=VERSIONS, context=CONTEXTS)
@settings(max_examples=5000)
def test_no_json_value_makes_a_rule_raise_in_5000_cases(
    attributes: Any, version: str, context: PlateContext | None
) -> None:
    check(all_problems(attributes, version, context))


@given(comment=st.binary(max_size=40), names=st.lists(st.text(max_size=12)))
def test_no_listing_makes_a_rule_raise(comment: bytes, names: list[str]) -> None:
    entries = [ArchiveEntry(name, 0, at) for at, name in enumerate(names)]
    check(archive_problems(Archive("p.ozx", entries, comment), "0.5"))


# -- mutated documents, and the schemas as witness -------------------------------------


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside a document."""
    ways = [at] if at else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        ways += places(inner, (*at, key))
    return ways


@st.composite
def mutated(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with one or two values replaced, removed or doubled."""
    new = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 2))):
        ways = places(new)
        if not ways:
            break
        *way, last = draw(st.sampled_from(ways))
        at: Any = new
        for key in way:
            at = at[key]
        act = draw(st.sampled_from(("replace", "remove", "double")))
        if act == "remove":
            del at[last]
        elif act == "double" and isinstance(at, list):
            at.append(copy.deepcopy(at[last]))
        else:
            at[last] = draw(JSON)
    return new


def documents(version: str) -> list[tuple[str, dict[str, Any]]]:
    """Return a sound document of each kind that the schemas of a version describe."""
    label = {"colors": [{"label-value": 1, "rgba": [0, 1, 2, 255]}]}
    label["properties"] = [{"label-value": 1}]
    labels: dict[str, Any] = {"image-label": label}
    if version != "0.4":
        labels = {"ome": {"version": version, **labels}}
    window = test_rules_image.WINDOW
    omero = {"channels": [{"color": "00FF00", "window": window}]}
    return [
        ("plate", test_rules_plate.sound(version)),
        ("well", test_rules_well.well([{"path": "0", "acquisition": 0}], version)),
        ("image", test_rules_image.image(version, omero=omero)),
        ("label", labels),
    ]


RULES: dict[str, Callable[[Any, str], list[Problem]]] = {
    "plate": plate_problems,
    "well": well_problems,
    "image": image_problems,
    "label": label_problems,
}
FOLDERS = {"0.4": "ngff_suite_v04", "0.5": "ngff_suite_v05_image_label"}


@pytest.mark.parametrize("version", list(FOLDERS))
@pytest.mark.parametrize("kind", list(RULES))
@given(data=st.data())
@settings(max_examples=60)
def test_what_the_schema_refuses_is_an_error(
    shared_data: Path, version: str, kind: str, data: st.DataObject
) -> None:
    """The schemas of the specification are the witness; we are never laxer."""
    never_laxer(shared_data, version, kind, data)


@pytest.mark.full
@pytest.mark.parametrize("version", list(FOLDERS))
@pytest.mark.parametrize("kind", list(RULES))
@given(data=st.data())
@settings(max_examples=1000)
def test_what_the_schema_refuses_is_an_error_in_8000_cases(
    shared_data: Path, version: str, kind: str, data: st.DataObject
) -> None:
    never_laxer(shared_data, version, kind, data)


def never_laxer(
    shared_data: Path, version: str, kind: str, data: st.DataObject
) -> None:
    document = data.draw(mutated(dict(documents(version))[kind]))
    problems = RULES[kind](document, version)
    check(problems)
    if not schema(shared_data, version, kind).is_valid(document):
        assert any(problem.severity == "error" for problem in problems)


_schemas: dict[tuple[str, str], Any] = {}


def schema(shared_data: Path, version: str, kind: str) -> Any:
    """Return the schema of one document, read once."""
    if (version, kind) not in _schemas:
        _schemas[version, kind] = read_schema(
            shared_data / FOLDERS[version] / "schemas", kind, version
        )
    return _schemas[version, kind]


def read_schema(folder: Path, kind: str, version: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = [json.loads(path.read_text()) for path in folder.glob("*.schema")]
    registry: Any = Registry().with_resources(
        (content["$id"], Resource.from_contents(content, _draft()))
        for content in schemas
    )
    main = json.loads((folder / f"{kind}.schema").read_text())
    if version == "0.4":
        # The schemas of 0.4 describe the block and do not ask for it.
        key = {"image": "multiscales", "label": "image-label"}.get(kind, kind)
        main = {**main, "required": [key]}
    return Draft202012Validator(main, registry=registry)


def _draft() -> Any:
    from referencing.jsonschema import DRAFT202012

    return DRAFT202012
