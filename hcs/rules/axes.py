"""Rules of axes: their names, types, units, number and order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.rules.problem import show
from hcs.wording import some

if TYPE_CHECKING:
    from hcs.rules.problem import Findings

_SECTION = "axes-md"
_IMAGE_SECTION = "multiscale-md"

_PREFIXES = (
    *("yocto", "zepto", "atto", "femto", "pico", "nano", "micro", "milli", "centi"),
    *("deci", "hecto", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta"),
)
_UNITS = {
    "space": frozenset(
        [f"{prefix}meter" for prefix in _PREFIXES]
        + ["angstrom", "foot", "inch", "meter", "mile", "parsec", "yard"]
    ),
    "time": frozenset(
        [f"{prefix}second" for prefix in _PREFIXES]
        + ["day", "hour", "minute", "second"]
    ),
}
"""The units that the text lists, by type of axis."""

_RANK = {"time": 0, "space": 2}
"""Order by type; channel and custom axes stand between time and space."""

LIMITS = (2, 5)
"""Fewest and most axes of an image."""


def check_axes(axes: Any, at: str, findings: Findings) -> int | None:
    """Check the axes of an image or of a coordinate system.

    Returns
    -------
        The number of axes, None where they are no array.
    """
    if not findings.array(axes, "axes-type", at, _SECTION):
        return None
    low, high = LIMITS
    if not low <= len(axes) <= high:
        text = f"Found {len(axes)} axes; allowed are {low} to {high}."
        findings.error("axes-count", at, text, _IMAGE_SECTION)
    types = [_axis(axis, f"{at}[{i}]", findings) for i, axis in enumerate(axes)]
    names = [axis["name"] for axis in axes if _is_named(axis)]
    if len(set(names)) < len(names):
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        text = f"Found {some(twice)} more than once; axis names must be unique."
        findings.error("axes-duplicate", at, text, _SECTION)
    if findings.version == "0.6" and types and set(types) == {"array"}:
        return len(axes)
    _check_types(types, at, findings)
    _check_space(axes, types, at, findings)
    return len(axes)


def _is_named(axis: Any) -> bool:
    return isinstance(axis, dict) and isinstance(axis.get("name"), str)


def _axis(axis: Any, at: str, findings: Findings) -> str | None:
    """Check one axis; return its type, None where it has none."""
    if not findings.object(axis, "axis-type", at, _SECTION):
        return None
    if "name" not in axis:
        findings.missing("axis-name-missing", at, "name", _SECTION)
    elif (
        findings.string(axis["name"], "axis-name", f"{at}.name", _SECTION)
        and not axis["name"]
        and findings.version == "0.6"
    ):
        text = "Found ''; a name must not be empty."
        findings.error("axis-name", f"{at}.name", text, _SECTION)
    if "type" not in axis:
        findings.lacking("axis-type-missing", at, "type", _SECTION)
        _unit(axis, None, at, findings)
        return None
    if not findings.string(axis["type"], "axis-type", f"{at}.type", _SECTION):
        return None
    _unit(axis, axis["type"], at, findings)
    return str(axis["type"])


def _unit(
    axis: dict[str, Any], axis_type: str | None, at: str, findings: Findings
) -> None:
    known = _UNITS.get(axis_type or "")
    if "unit" not in axis:
        # A channel has no physical unit, and an array axis must have none.
        if known is not None:
            findings.lacking("axis-unit-missing", at, "unit", _SECTION)
        return
    unit, at = axis["unit"], f"{at}.unit"
    if not isinstance(unit, str):
        findings.string(unit, "axis-unit", at, _SECTION)
    elif known is not None and unit not in known:
        text = (
            f"Found {show(unit)}; should be a unit of {axis_type} by its UDUNITS-2 "
            f"name, such as {'micrometer' if axis_type == 'space' else 'second'}."
        )
        findings.warning("axis-unit", at, text, _SECTION)


def _check_types(types: list[str | None], at: str, findings: Findings) -> None:
    spaces, times = types.count("space"), types.count("time")
    others = len(types) - spaces - times
    if not 2 <= spaces <= 3:
        text = f"Found {spaces} axes of type 'space'; allowed are 2 or 3."
        findings.error("axes-space", at, text, _IMAGE_SECTION)
    if times > 1:
        text = f"Found {times} axes of type 'time'; at most one is allowed."
        findings.error("axes-time", at, text, _IMAGE_SECTION)
    if others > 1:
        text = (
            f"Found {others} axes of type 'channel', of a custom type or of none; at "
            f"most one is allowed."
        )
        findings.error("axes-channel", at, text, _IMAGE_SECTION)
    ranks = [_RANK.get(axis_type or "", 1) for axis_type in types]
    if ranks != sorted(ranks):
        text = (
            f"Found the order {', '.join(str(t) for t in types)}; must be time, then "
            f"channel or custom, then space."
        )
        findings.error("axes-order", at, text, _IMAGE_SECTION)


def _check_space(
    axes: list[Any], types: list[str | None], at: str, findings: Findings
) -> None:
    names = [
        axis["name"].lower()
        for axis, axis_type in zip(axes, types, strict=True)
        if axis_type == "space" and _is_named(axis)
    ]
    if sorted(names) == ["x", "y", "z"] and names != ["z", "y", "x"]:
        text = f"Found the space axes {', '.join(names)}; should be z, y, x."
        findings.warning("axes-space-order", at, text, _IMAGE_SECTION)
