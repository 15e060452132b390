"""Finding out what a group is: its version, and the document that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import PlateNotFoundError
from hcs.ngff.document import document_attributes, parse_json
from hcs.ngff.envelope import detect_version, envelope
from hcs.ngff.names import join

if TYPE_CHECKING:
    from hcs.stores.store import PlateStore


def read_group(store: PlateStore, path: str = "") -> tuple[dict[str, Any], int, str]:
    """Return the attributes of a group, its Zarr format and its document's key.

    Where a group has documents of both formats, the one with NGFF keys counts; the
    newer one where both have.

    Raises
    ------
    PlateNotFoundError
        If neither is there.
    """
    keys = {3: join(path, "zarr.json"), 2: join(path, ".zattrs")}
    # Nearly every store has only one; from a remote one both are requested at once.
    documents = store.documents(keys.values()) if store.is_remote else {}
    empty: tuple[dict[str, Any], int, str] | None = None
    for zarr_format, key in keys.items():
        data = documents[key] if key in documents else store.read(key)
        if data is None:
            continue
        group = document_attributes(parse_json(data, store.where(key)), key)
        if _has_ngff(group):
            return group, zarr_format, key
        empty = empty or (group, zarr_format, key)
    if empty is not None:
        return empty
    raise PlateNotFoundError(
        f"No plate at {store.where(path)}: it has neither zarr.json nor .zattrs."
    )


def find_version(store: PlateStore, path: str = "") -> str:
    """Return the NGFF version of a group.

    Raises
    ------
    PlateNotFoundError
        If there is no group.
    UnsupportedVersionError
        If its version is not supported.
    """
    group, zarr_format, key = read_group(store, path)
    return detect_version(group, zarr_format, store.where(key))


def open_plate(location: Any) -> tuple[PlateStore, str] | None:
    """Return the store of a plate and its NGFF version, None where none is yet.

    Raises
    ------
    HCSError
        If there is something, and it cannot be read.
    """
    from hcs.stores.location import is_lent, open_store

    try:
        store = open_store(location)
    except PlateNotFoundError:
        return None
    try:
        attributes, zarr_format, key = read_group(store)
        if "plate" in envelope(attributes):
            return store, detect_version(attributes, zarr_format, store.where(key))
    except PlateNotFoundError:
        # A store is there, but no group in it.
        pass
    if not is_lent(location):
        store.close()
    return None


def _has_ngff(group: dict[str, Any]) -> bool:
    return any(key in group for key in ("ome", "plate", "well", "multiscales"))
