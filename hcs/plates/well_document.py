"""The document of a well: read, and said why where it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, MetadataError, NotFoundError
from hcs.ngff.document import (
    array_document,
    document_attributes,
    group_document,
    parse_json,
)
from hcs.ngff.envelope import extension
from hcs.ngff.names import join
from hcs.ngff.well import read_well

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hcs.metadata import Well
    from hcs.stores.store import PlateStore


@dataclass(frozen=True, slots=True)
class WellContent:
    """What a well document said when it was read."""

    metadata: Well
    extension: dict[str, Any]
    """What it holds under our own key."""

    stamp: Hashable | None
    """Changes with the document; None where the store cannot tell."""


def read_well_document(
    store: PlateStore, path: str, format_version: str, *, ahead: bool = False
) -> WellContent:
    """Read and check the document of a well.

    Parameters
    ----------
    store
        The plate's.
    path
        ``<row name>/<column name>``.
    format_version
        NGFF version of the plate.
    ahead
        Ask a remote store for the first image at the same time.

    Raises
    ------
    NotFoundError
        If there is no such group.
    MetadataError
        If its document is missing, or cannot be understood.
    """
    key = join(path, group_document(format_version))
    where = store.where(key)
    if ahead and store.is_remote:
        store.prefetch([key, *_likely_documents(store, path, format_version)])
    data, stamp = store.read_stamped(key)
    if data is None:
        raise _missing_error(store, path, format_version, where)
    attributes = document_attributes(parse_json(data, where), key)
    metadata = read_well(attributes, where)
    if metadata.images:
        store.likely_field = metadata.images[0].path
    return WellContent(metadata, extension(attributes), stamp)


def _likely_documents(
    store: PlateStore, path: str, format_version: str
) -> tuple[str, str]:
    """Return where the documents of the first image and its finest level may be."""
    field = join(path, store.likely_field)
    return (
        join(field, group_document(format_version)),
        join(field, store.likely_level, array_document(format_version)),
    )


def _missing_error(
    store: PlateStore, path: str, format_version: str, where: str
) -> HCSError:
    if format_version == "0.4" and store.stamp(join(path, ".zgroup")) is not None:
        return MetadataError(
            f"Well {path!r} is a group without metadata: there is no {where}. So it "
            f"is not known which fields it has."
        )
    return NotFoundError(
        f"The plate lists well {path!r}, but there is nothing at {where}. The well may "
        f"not have been imaged or copied yet."
    )
