"""The listing of an archive, for the rules of RFC-9."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from hcs.rules.archive import Archive, ArchiveEntry
from hcs.stores.directory import DirectoryStore

if TYPE_CHECKING:
    from hcs.stores.store import PlateStore


def listing(store: PlateStore) -> Archive | None:
    """Return the listing of a store that is an archive, None for any other."""
    if isinstance(store, DirectoryStore):
        return None
    from hcs.stores.ozx import ArchiveStore

    if not isinstance(store, ArchiveStore):
        return None
    return Archive(
        name=_file_name(store.location),
        entries=[
            ArchiveEntry(entry.name, entry.method, entry.offset)
            for entry in store.entries
        ],
        comment=store.comment,
        zip64=store.zip64,
        disks=store.disks,
    )


def _file_name(location: str) -> str:
    path = unquote(urlsplit(location).path) if "://" in location else location
    return path.replace("\\", "/").rpartition("/")[2]
