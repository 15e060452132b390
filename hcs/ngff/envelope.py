"""Where NGFF keys lie in a group's attributes, and which version they follow.

0.4 keeps its keys at the top of the attributes (Zarr v2); 0.5 and 0.6 keep them below
``ome``, together with the version (Zarr v3). Our own key lies beside them in each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hcs.errors import UnsupportedVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ("0.4", "0.5", "0.6")
"""The NGFF versions that are read and written, oldest first."""

EXTENSION = "hcs"
"""Our own key in the attributes: identity, history, conditions, gaps."""

_MOST_ID = 200

_NGFF_KEYS = frozenset(
    ("plate", "well", "multiscales", "omero", "labels", "image-label", "series")
)
_DRAFT_06 = re.compile(r"0\.6[.-]?(dev|rc|a|b)\d*")


def envelope(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that holds ``plate``, ``well`` or ``multiscales``."""
    block = attributes.get("ome")
    return block if isinstance(block, dict) else attributes


def named_version(attributes: Mapping[str, Any]) -> object:
    """Return the version as the attributes name it, None where they name none."""
    block = envelope(attributes)
    if block is not attributes and block.get("version") is not None:
        return block["version"]
    multiscales = block.get("multiscales")
    first = multiscales[0] if isinstance(multiscales, list) and multiscales else None
    for part in (block.get("plate"), block.get("well"), first):
        if isinstance(part, dict) and part.get("version") is not None:
            return part["version"]
    return None


def known_version(tag: object, where: str) -> str:
    """Return the supported version that a tag stands for.

    Raises
    ------
    UnsupportedVersionError
        If it stands for none.
    """
    if isinstance(tag, str):
        if tag in VERSIONS:
            return tag
        # Drafts of 0.6 ("0.6rc0", "0.6.dev3") hold the same documents.
        if _DRAFT_06.fullmatch(tag):
            return "0.6"
    raise UnsupportedVersionError(
        f"{where} names NGFF version {tag!r}; supported are {', '.join(VERSIONS)}."
    )


def detect_version(attributes: Mapping[str, Any], zarr_format: int, where: str) -> str:
    """Return the NGFF version of a group: one of `VERSIONS`.

    Parameters
    ----------
    attributes
        The attributes of the group.
    zarr_format
        2 where they lie in ``.zattrs``, 3 where they lie in ``zarr.json``.
    where
        Location for the error message.

    Raises
    ------
    UnsupportedVersionError
        If the version is another, is missing where it is required (Zarr v3), or does
        not go with the Zarr format.
    """
    tag = named_version(attributes)
    if tag is None and zarr_format == 2:
        return "0.4"  # 0.4 only says SHOULD, and many writers leave it out
    version = known_version(tag, where)
    if (version == "0.4") != (zarr_format == 2):
        raise UnsupportedVersionError(
            f"{where} names NGFF version {tag!r} but is Zarr v{zarr_format}; "
            f"0.4 goes with Zarr v2, later versions go with Zarr v3."
        )
    return version


def stated_version(attributes: Mapping[str, Any], where: str) -> str | None:
    """Return the version that a group states for itself, None where it is silent."""
    tag = named_version(attributes)
    return None if tag is None else known_version(tag, where)


def extension(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what we keep under our own key, {} where there is none."""
    content = attributes.get(EXTENSION)
    return content if isinstance(content, dict) else {}


def own_id(attributes: Mapping[str, Any]) -> str:
    """Return the id that a plate has of itself, "" where it has none.

    One that no program of ours would write, too long or with control characters, is
    none: results are kept under it, in databases that refuse such keys.
    """
    identifier = extension(attributes).get("id")
    if not isinstance(identifier, str) or len(identifier) > _MOST_ID:
        return ""
    return identifier if identifier.isprintable() else ""


def with_extension(
    attributes: Mapping[str, Any], content: Mapping[str, Any]
) -> dict[str, Any]:
    """Return new attributes with `content` under our own key; {} removes the key."""
    others = {key: value for key, value in attributes.items() if key != EXTENSION}
    return {**others, EXTENSION: dict(content)} if content else others


def with_block(
    attributes: Mapping[str, Any], version: str, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return new attributes of a version with NGFF keys changed, all others kept.

    Attributes that follow another version are moved to where this one wants them.
    """
    block = envelope(attributes)
    if block is attributes:
        old = {key: attributes[key] for key in attributes if key in _NGFF_KEYS}
        outside = {key: attributes[key] for key in attributes if key not in _NGFF_KEYS}
    else:
        old = {key: value for key, value in block.items() if key != "version"}
        outside = {key: value for key, value in attributes.items() if key != "ome"}
    new = {**old, **changes}
    if version == "0.4":
        return {**new, **outside}
    return {"ome": {"version": version, **new}, **outside}
