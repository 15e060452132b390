"""Opening an OME-Zarr image by its place."""

from __future__ import annotations

from typing import Any

from hcs.errors import (
    MetadataError,
    PlateNotFoundError,
)
from hcs.images.image import Multiscales
from hcs.ngff.envelope import detect_version, envelope


def from_ome_zarr(store: Any, path: str = "") -> Multiscales:
    """Open an OME-Zarr image.

    Parameters
    ----------
    store
        As for `hcs.open_store`.
    path
        Path of the image below the root of the store, for example ``"A/1/0"``.

    Raises
    ------
    NotFoundError
        If there is no group at the place.
    MetadataError
        If what is there is not an image.
    """
    from hcs.stores.location import open_store
    from hcs.stores.root import read_group

    path = path.strip("/")
    try:
        opened = open_store(store)
        attributes, zarr_format, key = read_group(opened, path)
    except PlateNotFoundError as error:
        inside = f", {path!r} in it" if path else ""
        raise PlateNotFoundError(f"Image not found{inside}. {error}") from error
    block = envelope(attributes)
    if "plate" in block and "multiscales" not in block:
        raise MetadataError(
            f"{opened.where(path)} is a plate of several wells, not an image. Open it "
            f"with from_hcs_zarr, or give the path of one image, such as 'A/1/0'."
        )
    version = detect_version(attributes, zarr_format, opened.where(key))
    return Multiscales.open(opened, path, version)
