"""Well documents <-> `Well`, for each version that is read and written here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import MetadataError
from hcs.metadata import Well, WellImage
from hcs.ngff.entries import (
    check_unique,
    merged_entries,
    optional_value,
    required_list,
    type_name,
    with_unknown_keys,
)
from hcs.ngff.envelope import envelope, stated_version, with_block
from hcs.ngff.names import check_image_path

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_well(attributes: Mapping[str, Any], where: str) -> Well:
    """Return the well that the attributes of a well group describe.

    Raises
    ------
    MetadataError
        If there is no well, or an image is of a wrong type or given twice.
    InvalidPathError
        If an image path could lead out of the well.
    UnsupportedVersionError
        If it states a version that is not supported.
    """
    well = envelope(attributes).get("well")
    if not isinstance(well, dict):
        raise MetadataError(
            f"{where} is not a well: it has "
            f"{'no well' if well is None else f'a well of type {type_name(well)}'}; "
            f"expected an object with images."
        )
    images = [
        _read_image(entry, f"{where}: image {position}")
        for position, entry in enumerate(required_list(well, "images", where))
    ]
    check_unique((image.path for image in images), "image path", where)
    return Well(images=tuple(images), version=stated_version(attributes, where))


def _read_image(entry: object, where: str) -> WellImage:
    if not isinstance(entry, dict):
        raise MetadataError(
            f"{where} is of type {type_name(entry)}, expected an object."
        )
    return WellImage(
        check_image_path(entry.get("path"), where),
        optional_value(entry, "acquisition", int, where),
    )


def write_well(
    well: Well, version: str, attributes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the attributes of a well group; parameters as for `write_plate`."""
    attributes = attributes or {}
    old = envelope(attributes).get("well")
    old = old if isinstance(old, dict) else {}
    new: dict[str, Any] = {
        "images": merged_entries(old, "images", well.images, "path"),
        # The prose of 0.5 wants it here too; 0.6 took it out.
        "version": None if version == "0.6" else version,
    }
    return with_block(attributes, version, {"well": with_unknown_keys(old, new)})
