"""Rules of labels: the list below an image, and the settings of one label image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.rules.document import container, version_of
from hcs.rules.problem import Findings, is_integer, is_number, json_type, show

if TYPE_CHECKING:
    from hcs.rules.problem import Problem

_SECTION = "labels-md"


def labels_problems(attributes: Any, version: str, where: str = "") -> list[Problem]:
    """Return what is wrong with the attributes of the group ``labels`` of an image."""
    findings = Findings(version, where)
    holder = container(attributes, "labels", findings)
    if holder is None:
        return findings.problems
    labels, at = holder["labels"], "labels" if version == "0.4" else "ome.labels"
    if findings.array(labels, "labels-type", at, _SECTION):
        seen: set[str] = set()
        for position, path in enumerate(labels):
            here = f"{at}[{position}]"
            if findings.string(path, "labels-path", here, _SECTION):
                if path in seen:
                    text = f"Found {show(path)} a second time."
                    findings.note("labels-duplicate", here, text)
                seen.add(path)
    return findings.problems


def label_problems(attributes: Any, version: str, where: str = "") -> list[Problem]:
    """Return what is wrong with ``image-label`` in the attributes of a label image.

    Its multiscales are `hcs.rules.image.image_problems`' part.
    """
    findings = Findings(version, where)
    holder = container(attributes, "image-label", findings)
    if holder is None:
        return findings.problems
    label = holder["image-label"]
    at = "image-label" if version == "0.4" else "ome.image-label"
    if not findings.object(label, "image-label-type", at, _SECTION):
        return findings.problems
    if "version" in label:
        version_of(label["version"], at, findings, _SECTION, what="image-label")
    elif version == "0.4":
        findings.lacking("image-label-version-missing", at, "version", _SECTION)
    if "colors" not in label:
        findings.lacking("image-label-colors-missing", at, "colors", _SECTION)
    else:
        _check_colors(label["colors"], f"{at}.colors", findings)
    if "properties" in label:
        _check_properties(label["properties"], f"{at}.properties", findings)
    if "source" in label:
        _check_source(label["source"], f"{at}.source", findings)
    return findings.problems


def _entries(
    value: Any, what: str, at: str, findings: Findings
) -> list[tuple[str, dict[str, Any]]]:
    """Return the entries that are objects with a label value, with their places."""
    if not findings.array(value, f"label-{what}-type", at, _SECTION):
        return []
    if not value:
        text = "Found none; where the key is given, at least one must be there."
        findings.error(f"label-{what}-empty", at, text, _SECTION)
    sound = []
    for position, entry in enumerate(value):
        here = f"{at}[{position}]"
        if not findings.object(entry, f"label-{what}-entry", here, _SECTION):
            continue
        if "label-value" not in entry:
            rule = f"label-{what}-value-missing"
            findings.missing(rule, here, "label-value", _SECTION)
        sound.append((here, entry))
    return sound


def _check_colors(colors: Any, at: str, findings: Findings) -> None:
    seen: set[float] = set()
    for here, entry in _entries(colors, "colors", at, findings):
        value = entry.get("label-value")
        if "label-value" in entry and not _is_value(value, findings.version):
            text = f"Found {show(value)} ({json_type(value)}); must be an integer."
            findings.error("label-value", f"{here}.label-value", text, _SECTION)
        elif is_number(value):
            if value in seen:
                text = f"Found {value} a second time; label values must be unique."
                findings.error(
                    "label-colors-duplicate", f"{here}.label-value", text, _SECTION
                )
            seen.add(value)
        if "rgba" in entry:
            _check_rgba(entry["rgba"], f"{here}.rgba", findings)


def _is_value(value: Any, version: str) -> bool:
    # The schema of 0.4 allows any number here; the later texts say integer.
    return is_number(value) if version == "0.4" else is_integer(value)


def _check_rgba(rgba: Any, at: str, findings: Findings) -> None:
    if not findings.array(rgba, "label-rgba", at, _SECTION):
        return
    if len(rgba) != 4 or not all(is_integer(v) and 0 <= v <= 255 for v in rgba):
        shown = ", ".join(show(value) for value in rgba[:5])
        text = f"Found [{shown}]; allowed are 4 integers from 0 to 255."
        findings.error("label-rgba", at, text, _SECTION)


def _check_properties(properties: Any, at: str, findings: Findings) -> None:
    seen: set[str] = set()
    for here, entry in _entries(properties, "properties", at, findings):
        value = entry.get("label-value")
        if "label-value" in entry and not is_integer(value):
            text = f"Found {show(value)} ({json_type(value)}); must be an integer."
            findings.error("label-value", f"{here}.label-value", text, _SECTION)
        key = repr(sorted(entry.items(), key=lambda item: item[0]))
        if key in seen:
            text = "Found a second time; the entries must be unique."
            findings.error("label-properties-duplicate", here, text, _SECTION)
        seen.add(key)


def _check_source(source: Any, at: str, findings: Findings) -> None:
    if findings.object(source, "label-source", at, _SECTION) and "image" in source:
        findings.string(source["image"], "label-source", f"{at}.image", _SECTION)
