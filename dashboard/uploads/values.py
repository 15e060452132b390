"""What is known of a file that a person sends: plain frozen values.

Names and folders come from browsers and scripts: they are text for people, never part
of a path, and are not escaped here.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace

from dashboard.text import plain_text

_MIB = 1 << 20

_FOLDERS = 40
"""Folders inside each other whose names are kept."""


class Purpose(enum.StrEnum):
    """What a file is sent for."""

    CORRECTION = "correction"
    """Pictures that become fields of a plate that is there."""

    PLATE = "plate"
    """An export, zipped, that becomes a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How much may be uploaded; announced bytes count from the first on."""

    file_bytes: int = 4096 * _MIB
    page_bytes: int = 8192 * _MIB
    """Files of one page, and what was made of them."""

    person_bytes: int = 16384 * _MIB
    """The same for a person, over all pages and programs."""

    total_bytes: int = 32768 * _MIB
    """The same for everybody."""

    page_files: int = 2000
    person_files: int = 4000
    total_files: int = 20_000
    person_coming: int = 100
    """Files of a person that are empty or have not arrived completely: pages send a few
    at a time, and what was broken off stays for a day."""

    spare_bytes: int | None = None
    """Disk space that uploads leave to everybody else; the workspace's reserve where
    None, see `dashboard.storage.reserve`."""

    keep_seconds: float = 24 * 3600
    """How long a file is kept after its last byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToSend:
    """What is said of a file before its first byte."""

    name: str
    size: int
    """Bytes."""

    folder: str = ""
    """Where the file was among those that were chosen with it: ``"run 2/images"``."""

    modified: int = 0
    """When it was changed last, in milliseconds of the epoch; 0 where nobody says."""

    digest: str = ""
    """Of its first bytes, as the sender makes it, to find the same file again."""

    purpose: Purpose = Purpose.CORRECTION
    plate: str = ""
    """Key of the plate that it was given for, "" where it was none."""

    well: str = ""
    """Label of the well that it was dropped on, "" where it was none."""

    metadata: str = ""
    """All this and more as the sender wrote it, given back as it came."""


def plain_file(file: FileToSend) -> FileToSend:
    """Return what was said of a file as short text that leads nowhere.

    >>> plain_file(FileToSend(name="../B02.tif", size=1, folder="/run 2//../images"))
    ... # doctest: +ELLIPSIS
    FileToSend(name='B02.tif', size=1, folder='run 2/images', ...)
    """
    parts = [plain_text(part.strip(), 100) for part in re.split(r"[/\\]", file.folder)]
    folders = [part for part in parts if part not in ("", ".", "..")]
    return replace(
        file,
        name=plain_text(re.split(r"[/\\]", file.name)[-1].strip(), 200) or "file",
        folder="/".join(folders[:_FOLDERS]),
        digest=plain_text(file.digest, 80),
        plate=file.plate[:1000],
        well=plain_text(file.well, 20),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file that is here, in part or whole."""

    id: str
    """In its address; no secret, for to others than its owner there is no such file."""

    owner: str
    """Subject of the visitor whose it is."""

    file: FileToSend
    offset: int
    """Bytes that have come; those that were acknowledged are synced."""

    expires: float
    """Seconds of the epoch at which it goes."""

    receiving: bool = False
    """A request brings bytes of it at this moment."""

    @property
    def whole(self) -> bool:
        """Whether every byte is here."""
        return self.offset == self.file.size
