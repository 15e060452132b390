"""Where a version keeps its keys, and how a document says its version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import UnsupportedVersionError
from hcs.ngff.envelope import known_version
from hcs.rules.problem import show

if TYPE_CHECKING:
    from hcs.rules.problem import Findings

_SECTION = "metadata"


def container(attributes: Any, key: str, findings: Findings) -> dict[str, Any] | None:
    """Return the object that holds a document's keys, and check its version.

    Parameters
    ----------
    attributes
        The attributes of a group: the whole ``.zattrs`` for 0.4, the ``attributes`` of
        ``zarr.json`` for later versions.
    key
        The key that the document is about, for example ``"plate"``.

    Returns
    -------
        The attributes themselves for 0.4, their ``ome`` object later, None where there
        is none; the reason is then among the findings.
    """
    if not findings.object(attributes, "document-type", "", _SECTION):
        return None
    if findings.version == "0.4":
        return _top_level(attributes, key, findings)
    if "ome" not in attributes:
        hint = f" {key!r} stands beside it." if key in attributes else ""
        findings.error(
            "ome-missing", "", f"'ome' is missing; it must be there.{hint}", _SECTION
        )
        return None
    ome: dict[str, Any] = attributes["ome"]
    if not findings.object(ome, "ome-type", "ome", _SECTION):
        return None
    if "version" not in ome:
        findings.missing("ome-version-missing", "ome", "version", _SECTION)
    else:
        version_of(ome["version"], "ome", findings, _SECTION)
    if key not in ome:
        findings.missing(f"{key}-missing", "ome", key, _SECTION)
        return None
    return ome


def _top_level(
    attributes: dict[str, Any], key: str, findings: Findings
) -> dict[str, Any] | None:
    if key in attributes:
        return attributes
    ome = attributes.get("ome")
    if isinstance(ome, dict) and key in ome:
        text = f"{key!r} stands under 'ome'; version 0.4 keeps it at the top."
        findings.error(f"{key}-misplaced", "ome", text, _SECTION)
        return None
    findings.missing(f"{key}-missing", "", key, _SECTION)
    return None


def version_of(
    value: Any, at: str, findings: Findings, section: str, *, what: str = "ome"
) -> None:
    """Check the version that an object at a place states against its hierarchy's."""
    rule, at = f"{what}-version", f"{at}.version"
    if not findings.string(value, rule, at, section) or value == findings.version:
        return
    if _is_draft_of(value, findings.version):
        text = f"Found the draft {show(value)}; should be {findings.version!r}."
        findings.warning(f"{rule}-draft", at, text, section)
        return
    text = (
        f"Found {show(value)}; the hierarchy is of version {findings.version!r}, and "
        f"one hierarchy has one version."
    )
    findings.error(rule, at, text, section)


def _is_draft_of(value: str, version: str) -> bool:
    try:
        return known_version(value, "") == version
    except UnsupportedVersionError:
        return False


def member(value: Any, key: str) -> Any:
    """Return what stands under a key, None where it is absent or `value` no object."""
    return value.get(key) if isinstance(value, dict) else None
