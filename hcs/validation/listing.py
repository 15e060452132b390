"""The listing of an archive, for the rules of RFC-9."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from hcs.rules.archive import Archive, ArchiveEntry

if TYPE_CHECKING:
    from hcs.stores.store import PlateStore


def listing(store: PlateStore) -> Archive | None:
    """Return the listing of a store that is an archive, None for any other."""
    directory = store.zip_directory
    if directory is None:
        return None
    return Archive(
        name=_file_name(store.location),
        entries=[
            ArchiveEntry(entry.name, entry.method, entry.offset)
            for entry in directory.entries
        ],
        comment=directory.comment,
        zip64=directory.zip64,
        disks=directory.disks,
    )


def _file_name(location: str) -> str:
    path = unquote(urlsplit(location).path) if "://" in location else location
    return path.replace("\\", "/").rpartition("/")[2]
