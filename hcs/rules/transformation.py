"""Rules of coordinate transformations: a scale for each level, maybe a translation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.rules.problem import is_number, json_type, show

if TYPE_CHECKING:
    from hcs.rules.problem import Findings

_SECTION = "trafo-md"
_TYPES_06 = frozenset(
    (
        "affine",
        "bijection",
        "byDimension",
        "coordinates",
        "displacements",
        "identity",
        "mapAxis",
        "projectAxis",
        "rotation",
        "scale",
        "sequence",
        "translation",
    )
)
"""The types of 0.6."""


def check_list(
    transformations: Any, axes: int | None, at: str, findings: Findings
) -> None:
    """Check the transformations of a level, or of all levels, in 0.4 and 0.5.

    Parameters
    ----------
    transformations
        What stands under ``coordinateTransformations``.
    axes
        Number of axes of the image, None where they cannot be counted.
    """
    if not findings.array(transformations, "transformations-type", at, _SECTION):
        return
    types = [
        _check_scale_or_translation(entry, axes, f"{at}[{i}]", findings)
        for i, entry in enumerate(transformations)
    ]
    scales, translations = types.count("scale"), types.count("translation")
    if scales != 1:
        text = f"Found {scales} of type 'scale'; there must be exactly one."
        findings.error("transformations-scale", at, text, _SECTION)
    if translations > 1:
        text = f"Found {translations} of type 'translation'; at most one is allowed."
        findings.error("transformations-translation", at, text, _SECTION)
    if scales and translations and types.index("translation") < types.index("scale"):
        text = "The translation stands before the scale; it must stand after."
        findings.error("transformations-order", at, text, _SECTION)


def _check_scale_or_translation(
    entry: Any, axes: int | None, at: str, findings: Findings
) -> str | None:
    """Check one scale or translation; return its type."""
    if not findings.object(entry, "transformation-type", at, _SECTION):
        return None
    if "type" not in entry:
        findings.missing("transformation-type-missing", at, "type", _SECTION)
        return None
    kind_name = entry["type"]
    if kind_name not in ("scale", "translation"):
        text = f"Found {show(kind_name)}; allowed are 'scale' and 'translation'."
        findings.error("transformation-type", f"{at}.type", text, _SECTION)
        return None
    if kind_name not in entry:
        findings.missing(f"{kind_name}-missing", at, kind_name, _SECTION)
    else:
        _check_vector(entry[kind_name], kind_name, axes, f"{at}.{kind_name}", findings)
    return str(kind_name)


def _check_vector(
    vector: Any, what: str, axes: int | None, at: str, findings: Findings
) -> None:
    if not findings.array(vector, what, at, _SECTION):
        return
    wrong = next((value for value in vector if not is_number(value)), None)
    if wrong is not None or None in vector:
        text = (
            f"Found {show(wrong)} ({json_type(wrong)}); every entry must be a number."
        )
        findings.error(what, at, text, _SECTION)
        return
    if len(vector) < 2:
        text = f"Found {len(vector)} numbers; at least 2 must be there."
        findings.error(f"{what}-length", at, text, _SECTION)
    elif axes is not None and len(vector) != axes:
        text = f"Found {len(vector)} numbers; the image has {axes} axes."
        if findings.version == "0.4":
            # A MUST of the text, but the test suite of 0.4 calls such a document
            # valid. `level` makes it an error where the array shows who is right.
            findings.warning(f"{what}-length", at, text, _SECTION)
        else:
            findings.error(f"{what}-length", at, text, _SECTION)
    if what == "scale" and any(value <= 0 for value in vector):
        text = f"Found {min(vector)}; the size of a pixel should be above 0."
        findings.note("scale-value", at, text)


# -- 0.6 -------------------------------------------------------------------------------


def check_level(
    transformations: Any,
    path: Any,
    systems: dict[str, int | None],
    at: str,
    findings: Findings,
) -> str | None:
    """Check the one transformation of a level in 0.6.

    Parameters
    ----------
    transformations
        What stands under ``coordinateTransformations`` of the dataset.
    path
        The path of the dataset, which must be the input.
    systems
        Number of axes of each named coordinate system.

    Returns
    -------
        The name of the coordinate system that it leads into, None where unreadable.
    """
    if not findings.array(transformations, "transformations-type", at, _SECTION):
        return None
    if len(transformations) != 1:
        text = (
            f"Found {len(transformations)} transformations; there must be exactly one."
        )
        findings.error("transformations-count", at, text, _SECTION)
        return None
    entry, at = transformations[0], f"{at}[0]"
    if not findings.object(entry, "transformation-type", at, _SECTION):
        return None
    start = _end(entry, "input", "path", at, findings)
    if start is not None and start != path:
        text = f"Found {show(start)}; must be the path of its dataset, {show(path)}."
        findings.error("transformation-input", f"{at}.input", text, _SECTION)
    target = _end(entry, "output", "name", at, findings)
    if target is not None and target not in systems:
        text = f"Found {show(target)}; no coordinate system of the image is so called."
        findings.error("transformation-output", f"{at}.output", text, _SECTION)
    _check_mapping(entry, systems.get(target or ""), at, findings)
    return target


def _end(
    transformation: dict[str, Any], key: str, member: str, at: str, findings: Findings
) -> str | None:
    """Check the input or the output of a transformation; return what it names."""
    rule = f"transformation-{key}"
    if key not in transformation:
        findings.missing(f"{rule}-missing", at, key, _SECTION)
        return None
    end, at = transformation[key], f"{at}.{key}"
    if not findings.object(end, rule, at, _SECTION):
        return None
    if member not in end:
        findings.missing(f"{rule}-missing", at, member, _SECTION)
        return None
    if not findings.string(end[member], rule, f"{at}.{member}", _SECTION):
        return None
    return str(end[member])


def _check_mapping(
    transformation: dict[str, Any], axes: int | None, at: str, findings: Findings
) -> None:
    kind_name = transformation.get("type")
    if kind_name == "scale":
        _check_scale_or_translation(transformation, axes, at, findings)
    elif kind_name == "sequence":
        parts = transformation.get("transformations")
        at = f"{at}.transformations"
        if findings.array(parts, "sequence", at, _SECTION):
            types = [
                _check_scale_or_translation(part, axes, f"{at}[{i}]", findings)
                for i, part in enumerate(parts or ())
            ]
            if types != ["scale", "translation"]:
                text = "A sequence of a level must be one scale, then one translation."
                findings.error("sequence", at, text, _SECTION)
    elif kind_name != "identity":
        text = (
            f"Found {show(kind_name)}; allowed for a level are 'scale', 'identity' and "
            f"'sequence'."
        )
        findings.error("transformation-type", f"{at}.type", text, _SECTION)


def check_common(
    transformations: Any, systems: dict[str, int | None], at: str, findings: Findings
) -> None:
    """Check the transformations between the coordinate systems of an image in 0.6."""
    if not findings.array(transformations, "transformations-type", at, _SECTION):
        return
    for position, entry in enumerate(transformations):
        here = f"{at}[{position}]"
        if not findings.object(entry, "transformation-type", here, _SECTION):
            continue
        if "type" not in entry:
            findings.missing("transformation-type-missing", here, "type", _SECTION)
        elif not isinstance(entry["type"], str) or entry["type"] not in _TYPES_06:
            allowed = ", ".join(sorted(_TYPES_06))
            text = f"Found {show(entry['type'])}; allowed are {allowed}."
            findings.error("transformation-type", f"{here}.type", text, _SECTION)
        for key in ("input", "output"):
            name = _end(entry, key, "name", here, findings)
            outside = isinstance(entry.get(key), dict) and "path" in entry[key]
            if name is not None and name not in systems and not outside:
                text = f"Found {show(name)}; no coordinate system is so called."
                findings.error(f"transformation-{key}", f"{here}.{key}", text, _SECTION)
