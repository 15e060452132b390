"""Image groups and their documents: marks, ids, and removing without a trace.

A group of ours says which version it holds. While it is written, and while it is
removed, it bears a mark instead, so that what a crash leaves can be told from what
somebody acquired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, MetadataError
from hcs.images.image import Multiscales
from hcs.ngff.document import (
    document_attributes,
    group_document,
    group_json,
    parse_json,
)
from hcs.ngff.envelope import EXTENSION, extension
from hcs.ngff.history import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.metadata import WellImage
    from hcs.writing.targets.hierarchy import DocumentSource, WellDocument
    from hcs.writing.targets.target import Target

STAGING = "staging"
"""``state`` of an image group whose pixels are still being written."""

REMOVING = "removing"
"""``state`` of an image group that is being removed."""

INCOMPLETE = frozenset((STAGING, REMOVING))


def read_group_attributes(
    target: DocumentSource, version: str, path: str
) -> dict[str, Any] | None:
    """Return the attributes of a group, None where no group is."""
    name = group_document(version)
    data = target.read(f"{path}/{name}")
    if data is None:
        return None
    return document_attributes(parse_json(data, f"{target.location}/{path}"), name)


def make_row(target: Target, version: str, row: str) -> None:
    """Make the group of a row, unless it is there."""
    files = group_json(version, {})
    files.pop(".zattrs", None)
    for name, data in files.items():
        if target.read(f"{row}/{name}") is None:
            target.replace(f"{row}/{name}", data)


def write_group(
    target: Target, path: str, version: str, attributes: Mapping[str, Any]
) -> bytes:
    """Write a group's files, each in one step, the one with the attributes last.

    Returns
    -------
        What that one holds now.
    """
    data = b""
    for name, data in group_json(version, attributes).items():
        key = f"{path}/{name}" if path else name
        if name != ".zgroup" or target.read(key) is None:
            target.replace(key, data)
    return data


def is_incomplete(attributes: Mapping[str, Any]) -> bool:
    """Whether a group bears our mark of what is not, or no longer, whole."""
    return extension(attributes).get("state") in INCOMPLETE


def mark_group(
    target: Target, version: str, path: str, identifier: str, state: str
) -> None:
    """Make a group's document say that the group is incomplete, and ours."""
    for name, data in mark_files(version, identifier, state).items():
        target.replace(f"{path}/{name}", data, durable=False)


def mark_files(version: str, identifier: str, state: str) -> dict[str, bytes]:
    """Return the files that say that a group is incomplete, and ours."""
    mark = {"version": identifier, "state": state}
    files = group_json(version, {EXTENSION: mark})
    # The mark first: what bears none is never taken for ours.
    return dict(reversed(files.items()))


def remove_group(target: Target, version: str, path: str) -> None:
    """Remove an image group of ours so that no moment leaves an unmarked half."""
    attributes = read_group_attributes(target, version, path)
    if attributes is not None and not is_incomplete(attributes):
        mark_group(target, version, path, stated_id(attributes) or "", REMOVING)
    documents = list(group_json(version, {}))
    for name in target.children(path):
        if name not in documents:
            target.remove(f"{path}/{name}")
    for name in documents:
        if target.exists(f"{path}/{name}"):
            target.remove(f"{path}/{name}")
    target.remove_empty(path)


def version_at(target: Target, version: str, path: str) -> str | None:
    """Return the id of the complete version at a path, None where there is none."""
    attributes = read_group_attributes(target, version, path)
    if attributes is None or is_incomplete(attributes):
        return None
    identifier = stated_id(attributes)
    if identifier is not None:
        return identifier
    try:
        return Multiscales.open(target.reader(), path, version).version
    except HCSError:
        return None  # a group, but no image that could be anybody's version


def version_id(
    target: Target, version: str, well: WellDocument, image: WellImage
) -> str:
    """Return the id of the version that a listed image shows.

    Raises
    ------
    MetadataError
        If the image has no document.
    """
    record = record_of(well.records, image)
    if record is not None:
        return record.live
    identifier = version_at(target, version, f"{well.path}/{image.path}")
    if identifier is None:
        raise MetadataError(
            f"{target.location}/{well.path}/{image.path} holds no image, but the well "
            f"lists it."
        )
    return identifier


def stated_id(attributes: Mapping[str, Any]) -> str | None:
    """Return the version id that an image group says it holds."""
    identifier = extension(attributes).get("version")
    return identifier if isinstance(identifier, str) else None
