"""Rules of the image document: multiscales, their levels and their display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import InvalidPathError
from hcs.ngff.names import check_array_path
from hcs.rules.axes import check_axes
from hcs.rules.document import container, version_of
from hcs.rules.omero import check_omero
from hcs.rules.problem import Findings, show
from hcs.rules.transformation import check_common, check_level, check_list

if TYPE_CHECKING:
    from hcs.rules.problem import Problem

_SECTION = "multiscale-md"


def image_problems(attributes: Any, version: str, where: str = "") -> list[Problem]:
    """Return everything that is wrong with the attributes of an image group.

    Parameters
    ----------
    attributes
        The attributes of the group, of any JSON type;
        see `hcs.ngff.document.document_attributes`.
    version
        NGFF version of the hierarchy: ``"0.4"``, ``"0.5"`` or ``"0.6"``.
    where
        Path of the group, for example ``"A/1/0"``; empty for the root.

    Notes
    -----
    What needs the arrays (their number of dimensions, order of sizes, dtype) is in
    `hcs.rules.level`.
    """
    findings = Findings(version, where)
    holder = container(attributes, "multiscales", findings)
    if holder is None:
        return findings.problems
    prefix = "" if version == "0.4" else "ome."
    multiscales, at = holder["multiscales"], f"{prefix}multiscales"
    if findings.array(multiscales, "multiscales-type", at, _SECTION):
        _check_all(multiscales, at, findings)
    if "omero" in holder:
        check_omero(holder["omero"], f"{prefix}omero", findings)
    return findings.problems


def _check_all(multiscales: list[Any], at: str, findings: Findings) -> None:
    if not multiscales:
        text = "Found none; an image must hold at least one multiscale."
        findings.error("multiscales-empty", at, text, _SECTION)
    seen: set[str] = set()
    for position, multiscale in enumerate(multiscales):
        here = f"{at}[{position}]"
        if not findings.object(multiscale, "multiscale-type", here, _SECTION):
            continue
        _check_multiscale(multiscale, here, findings)
        if len(multiscales) > 1:
            text = repr(multiscale)
            if text in seen:
                findings.error(
                    "multiscale-duplicate", here, "Found a second time.", _SECTION
                )
            seen.add(text)


def _check_multiscale(multiscale: dict[str, Any], at: str, findings: Findings) -> None:
    if findings.version == "0.6":
        _check_systems(multiscale, at, findings)
    else:
        _check_flat(multiscale, at, findings)
    for key in ("name", "type", "metadata"):
        if key not in multiscale:
            findings.lacking(f"multiscale-{key}-missing", at, key, _SECTION)
    if "name" in multiscale:
        name = multiscale["name"]
        findings.string(name, "multiscale-name", f"{at}.name", _SECTION)
    if findings.version == "0.4" and "version" not in multiscale:
        findings.lacking("multiscale-version-missing", at, "version", _SECTION)
    elif findings.version == "0.4":
        version_of(multiscale["version"], at, findings, _SECTION, what="multiscale")
    elif multiscale.get("version") not in (None, findings.version):
        text = (
            f"Found {show(multiscale['version'])}, left over from 0.4; the version is "
            f"ome.version, {findings.version!r}."
        )
        findings.note("multiscale-version", f"{at}.version", text)


def _datasets(
    multiscale: dict[str, Any], at: str, findings: Findings
) -> list[tuple[str, dict[str, Any]]]:
    """Check the list of levels; return those that are objects, with their places."""
    if "datasets" not in multiscale:
        findings.missing("datasets-missing", at, "datasets", _SECTION)
        return []
    datasets, at = multiscale["datasets"], f"{at}.datasets"
    if not findings.array(datasets, "datasets-type", at, _SECTION):
        return []
    if not datasets:
        text = "Found none; an image must have at least one level."
        findings.error("datasets-empty", at, text, _SECTION)
    sound = []
    paths: set[str] = set()
    for position, dataset in enumerate(datasets):
        here = f"{at}[{position}]"
        if findings.object(dataset, "dataset-type", here, _SECTION):
            _check_path(dataset, paths, here, findings)
            sound.append((here, dataset))
    return sound


def _check_path(
    dataset: dict[str, Any], seen: set[str], at: str, findings: Findings
) -> None:
    if "path" not in dataset:
        findings.missing("dataset-path-missing", at, "path", _SECTION)
        return
    path, at = dataset["path"], f"{at}.path"
    if not findings.string(path, "dataset-path", at, _SECTION):
        return
    try:
        check_array_path(path, at)
    except InvalidPathError:
        text = f"Found {show(path)}; must be the path of an array below the image."
        findings.error("dataset-path", at, text, _SECTION)
    if path in seen:
        text = f"Found {show(path)} a second time; two levels share one array."
        findings.note("dataset-duplicate", at, text)
    seen.add(path)


# -- 0.4 and 0.5 -----------------------------------------------------------------------


def _check_flat(multiscale: dict[str, Any], at: str, findings: Findings) -> None:
    axes = None
    if "axes" not in multiscale:
        findings.missing("axes-missing", at, "axes", _SECTION)
    else:
        axes = check_axes(multiscale["axes"], f"{at}.axes", findings)
    key = "coordinateTransformations"
    for here, dataset in _datasets(multiscale, at, findings):
        if key not in dataset:
            findings.missing("transformations-missing", here, key, _SECTION)
        else:
            check_list(dataset[key], axes, f"{here}.{key}", findings)
    if key in multiscale:
        check_list(multiscale[key], axes, f"{at}.{key}", findings)


# -- 0.6 -------------------------------------------------------------------------------


def _check_systems(multiscale: dict[str, Any], at: str, findings: Findings) -> None:
    systems = _systems(multiscale, at, findings)
    key = "coordinateTransformations"
    targets = set()
    for here, dataset in _datasets(multiscale, at, findings):
        if key not in dataset:
            findings.missing("transformations-missing", here, key, _SECTION)
            continue
        target = check_level(
            dataset[key], dataset.get("path"), systems, f"{here}.{key}", findings
        )
        if target is not None:
            targets.add(target)
    if len(targets) > 1:
        text = (
            f"The levels lead into the coordinate systems "
            f"{', '.join(map(show, sorted(targets)))}; all must lead into one."
        )
        findings.error("transformation-output", f"{at}.datasets", text, _SECTION)
    if key in multiscale:
        check_common(multiscale[key], systems, f"{at}.{key}", findings)


def _systems(
    multiscale: dict[str, Any], at: str, findings: Findings
) -> dict[str, int | None]:
    """Check the coordinate systems; return the number of axes of each by name."""
    key, section = "coordinateSystems", "coordinate-systems-md"
    if key not in multiscale:
        findings.missing("coordinate-systems-missing", at, key, section)
        return {}
    entries, at = multiscale[key], f"{at}.{key}"
    if not findings.array(entries, "coordinate-systems-type", at, section):
        return {}
    if not entries:
        text = "Found none; at least one must be there."
        findings.error("coordinate-systems-empty", at, text, section)
    systems: dict[str, int | None] = {}
    for position, system in enumerate(entries):
        here = f"{at}[{position}]"
        if not findings.object(system, "coordinate-system-type", here, section):
            continue
        axes = None
        if "axes" not in system:
            findings.missing("axes-missing", here, "axes", section)
        else:
            axes = check_axes(system["axes"], f"{here}.axes", findings)
        if "name" not in system:
            findings.missing("coordinate-system-name-missing", here, "name", section)
            continue
        name, here = system["name"], f"{here}.name"
        if not findings.string(name, "coordinate-system-name", here, section):
            continue
        if not name or name in systems:
            text = f"Found {show(name)}; must not be empty, nor given twice."
            findings.error("coordinate-system-name", here, text, section)
        systems[name] = axes
    return systems
