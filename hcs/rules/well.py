"""Rules of the well document: its fields, and how they fit the plate."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hcs.ngff.names import is_safe_name
from hcs.rules.document import container, member, version_of
from hcs.rules.problem import Findings, is_integer, show
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.rules.problem import Problem

_SECTION = "well-md"
_NAME = re.compile(r"[A-Za-z0-9]+")
_NODE_NAME = re.compile(r"(?!__)(?!\.+\Z)[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class PlateContext:
    """What a well document must fit: the part of the plate that concerns it."""

    acquisitions: Mapping[int, int | None] = field(default_factory=dict)
    """``maximumfieldcount`` of each declared acquisition, None where it has none."""

    @classmethod
    def of(cls, plate: Any) -> PlateContext:
        """Return what can be read from a plate object of any type."""
        acquisitions = plate.get("acquisitions") if isinstance(plate, dict) else None
        if not isinstance(acquisitions, list):
            return cls()
        limits: dict[int, int | None] = {}
        for acquisition in acquisitions:
            if isinstance(acquisition, dict) and is_integer(acquisition.get("id")):
                limit = acquisition.get("maximumfieldcount")
                limits[acquisition["id"]] = limit if is_integer(limit) else None
        return cls(limits)


def well_problems(
    attributes: Any, version: str, where: str = "", plate: PlateContext | None = None
) -> list[Problem]:
    """Return everything that is wrong with the attributes of a well group.

    Parameters
    ----------
    attributes
        The attributes of the group, of any JSON type;
        see `hcs.ngff.document.document_attributes`.
    version
        NGFF version of the hierarchy: ``"0.4"``, ``"0.5"`` or ``"0.6"``.
    where
        Path of the well below the plate, for example ``"A/1"``.
    plate
        What the plate declares; None leaves out the rules that need it.
    """
    findings = Findings(version, where)
    holder = container(attributes, "well", findings)
    if holder is None:
        return findings.problems
    well, at = holder["well"], "well" if version == "0.4" else "ome.well"
    if not findings.object(well, "well-type", at, _SECTION):
        return findings.problems
    if "version" in well:
        version_of(well["version"], at, findings, _SECTION, what="well")
    elif version in ("0.4", "0.5"):
        findings.lacking("well-version-missing", at, "version", _SECTION)
    if "images" not in well:
        findings.missing("well-images-missing", at, "images", _SECTION)
    elif findings.array(well["images"], "well-images-type", f"{at}.images", _SECTION):
        _images(well["images"], f"{at}.images", findings, plate)
    return findings.problems


def listed_fields(attributes: Any, version: str) -> list[str]:
    """Return the field paths of a well document that may be looked at, in order."""
    holder = attributes if version == "0.4" else member(attributes, "ome")
    images = member(member(holder, "well"), "images")
    if not isinstance(images, list):
        return []
    paths = [member(image, "path") for image in images]
    return list(dict.fromkeys(path for path in paths if is_safe_name(path)))


def _images(
    images: list[Any], at: str, findings: Findings, plate: PlateContext | None
) -> None:
    if not images:
        text = "Found none; a well must list at least one field."
        findings.error("well-images-empty", at, text, _SECTION)
    seen: dict[str, int] = {}
    fields: Counter[int] = Counter()
    for position, image in enumerate(images):
        here = f"{at}[{position}]"
        if not findings.object(image, "well-image-type", here, _SECTION):
            continue
        _path(image, position, seen, here, findings)
        acquisition = _acquisition(image, here, findings, plate)
        if acquisition is not None:
            fields[acquisition] += 1
    _collisions(seen, at, findings)
    if plate is not None:
        _limits(fields, plate, at, findings)


def _path(
    image: dict[str, Any],
    position: int,
    seen: dict[str, int],
    at: str,
    findings: Findings,
) -> None:
    if "path" not in image:
        findings.missing("well-image-path-missing", at, "path", _SECTION)
        return
    path, at = image["path"], f"{at}.path"
    if not findings.string(path, "well-image-path", at, _SECTION):
        return
    if findings.version == "0.6":
        pattern, allowed = (
            _NODE_NAME,
            ("letters, digits, '-', '_' and '.', not dots alone and not starting '__'"),
        )
    else:
        pattern, allowed = _NAME, "letters A-Z, a-z and digits only"
    if pattern.fullmatch(path) is None:
        text = f"Found {show(path)}; allowed are {allowed}."
        findings.error("well-image-path", at, text, _SECTION)
    if path in seen:
        text = f"Found {show(path)} a second time (first: images[{seen[path]}])."
        findings.error("well-image-duplicate", at, text, _SECTION)
    seen.setdefault(path, position)


def _collisions(seen: dict[str, int], at: str, findings: Findings) -> None:
    if len({path.casefold() for path in seen}) < len(seen):
        text = (
            "Some fields have one path where the file system does not tell upper from "
            "lower case; avoid that."
        )
        findings.note("well-image-case", at, text)


def _acquisition(
    image: dict[str, Any], at: str, findings: Findings, plate: PlateContext | None
) -> int | None:
    """Check the acquisition of a field; return it where the plate declares it."""
    declared = {} if plate is None else plate.acquisitions
    rule = "well-image-acquisition"
    if "acquisition" not in image:
        if len(declared) > 1:
            text = (
                f"'acquisition' is missing; the plate declares {len(declared)}, "
                f"so every field must name one of {some(declared)}."
            )
            findings.error(f"{rule}-missing", at, text, _SECTION)
        return None
    value, at = image["acquisition"], f"{at}.acquisition"
    if not findings.integer(value, rule, at, _SECTION) or plate is None:
        return None
    if value in declared:
        return int(value)
    if declared:
        text = f"Found {value}; the plate declares only {some(declared)}."
        findings.error(f"{rule}-undeclared", at, text, _SECTION)
    else:
        # The MUST of the text is about plates with several acquisitions; tools write
        # the default 0 into plates that declare none.
        text = f"Found {value}; the plate declares no acquisitions."
        findings.warning(f"{rule}-undeclared", at, text, _SECTION)
    return None


def _limits(
    fields: Counter[int], plate: PlateContext, at: str, findings: Findings
) -> None:
    for acquisition, count in fields.items():
        limit = plate.acquisitions[acquisition]
        if limit is not None and count > limit:
            text = (
                f"Found {count} fields of acquisition {acquisition}; its "
                f"maximumfieldcount is {limit}."
            )
            findings.error("well-maximumfieldcount", at, text, _SECTION)
