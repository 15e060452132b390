"""What somebody chose who adds a plate: plain frozen values."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.tables import TableFile

NO_TARGET = (
    "This server serves no folder that plates could be put into: start it with a "
    "folder that it may write."
)
"""Why nobody can add a plate."""


class EntryKind(enum.StrEnum):
    """What lies in a folder that plates may be added from."""

    FOLDER = "folder"
    EXPORT = "export"
    """A folder that looks like an export."""

    ZIP = "zip"
    PLATE = "plate"
    """A plate already."""

    LINK = "link"
    """Not followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEntry:
    """Something in a folder that plates may be added from."""

    id: str
    """By which it is named; "" of what cannot be chosen."""

    name: str
    kind: EntryKind
    note: str = ""
    """What it seems to hold, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A folder that plates may be added from, and what is in it."""

    path: tuple[FolderEntry, ...]
    """The root and the folders below it, the last of which is listed."""

    entries: tuple[FolderEntry, ...]
    more: int = 0
    """Entries that are there and not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFolder:
    """A folder that plates may be put into."""

    id: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is to become a plate."""

    path: str
    name: str
    """What people call it."""

    upload: str = ""
    """Id of the upload that it is; "" where it lies in a folder of the server."""

    owner: str = ""
    """Whose upload it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objections:
    """What speaks against an import, as sentences; "" where nothing does."""

    name: str = ""
    already: str = ""
    """It is, or is being, imported."""

    room: str = ""
    """It would have to wait until the disk has room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What a dry run is asked; see `hcs.import_plate` for what they mean."""

    plate: str = ""
    pattern: str = ""
    format: str = ""
    pages: str = ""
    channel_names: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[TableFile, ...] = ()
    sheet: str = ""
