"""An export in a zip, whose members are decompressed into memory one by one."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from hcs.errors import SourceError, StoreError
from hcs.ingest.sources.files import (
    INNER_ARCHIVE,
    MAX_FILES,
    BaseSource,
    ExportFile,
    is_archive_name,
    is_out_of_reach,
    out_of_reach,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcs.ingest.formats.image_file import Opener

MAX_MEMBER_BYTES: Final = 2 << 30
"""One file of a zip, which is read into memory."""

MAX_TOTAL_RATIO: Final = 200
"""A zip that would grow more than this as a whole is refused, if to a lot; real exports
shrink to a half or a third."""

_MAX_TOTAL_BYTES = 16 << 30
_MAX_NAME = 1000
_MAX_DEPTH = 40
_SUSPECT_BYTES = 256 << 20
_SUSPECT_RATIO = 200
"""A larger member that shrank more than this is refused as a decompression bomb."""


class ZipSource(BaseSource):
    """The members of a zip.

    Parameters
    ----------
    path
        Where it is.
    called
        What people call it, the name of the file where "".
    """

    def __init__(self, path: Path, called: str = "") -> None:
        self._called = called or path.name
        self._place = called or str(path)
        self.name = PurePath(self._called).stem
        self._path, self._state = path, _state(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise SourceError(
                f"{self._called} is not a zip that can be read: {error}."
            ) from error
        try:
            self._list(path)
        except BaseException:
            self._zip.close()
            raise

    def _list(self, path: Path) -> None:
        members = self._zip.infolist()
        if len(members) > MAX_FILES:
            raise SourceError(f"{self._called} holds more than {MAX_FILES:,} files.")
        size = sum(member.file_size for member in members)
        ratio = size / max(1, path.stat().st_size)
        if size > _MAX_TOTAL_BYTES and ratio > MAX_TOTAL_RATIO:
            raise SourceError(
                f"{self._called} would grow {ratio:.0f}-fold to {size >> 30} GiB, as a "
                f"decompression bomb does; give the folder itself."
            )
        self._members: dict[str, zipfile.ZipInfo] = {}
        left_out = []
        for member in members:
            name = _member_name(member)
            if member.is_dir() or name.endswith("/"):
                continue
            reason = _unusable(member, name)
            if name in self._members:
                raise SourceError(f"{self._called} holds two files called {name}.")
            if reason is None:
                self._members[name] = member
            else:
                left_out.append((name, reason))
        self.left_out = tuple(sorted(left_out))
        self._files = tuple(
            ExportFile(name, member.file_size, member.CRC)
            for name, member in sorted(self._members.items())
        )

    @property
    def files(self) -> tuple[ExportFile, ...]:
        """What can be read, sorted by name."""
        return self._files

    def opener(self, name: str) -> Opener:
        """Return a function that opens the member called `name`."""
        return partial(self._open, name)

    def _open(self, name: str) -> BinaryIO:
        member = self._members[name]
        try:
            # Reading stops at the declared size, which was checked, and then the
            # checksum is compared.
            return io.BytesIO(self._zip.read(member))
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
            raise SourceError(
                f"{name} cannot be read from the zip: {error}."
            ) from error
        except NotImplementedError as error:
            raise SourceError(f"{name} cannot be decompressed: {error}.") from error

    def state(self, name: str) -> ExportFile:
        """Return a member as it was listed."""
        member = self._members[name]
        return ExportFile(name, member.file_size, member.CRC)

    def change(self, name: str, since: ExportFile | None = None) -> str:
        """Return "": a member's checksum tells whether it was read as it was written.

        Where the archive itself became another one, `reach` says so.
        """
        return ""

    def reach(self, name: str) -> None:
        """Raise `StoreError` where the archive is gone, or another one."""
        try:
            state = _state(self._path)
            with self._path.open("rb") as stream:
                stream.read(1)
        except OSError as error:
            if is_out_of_reach(error) or not self._path.exists():
                raise out_of_reach(self._place, error) from error
            return
        if state != self._state:
            raise StoreError(
                f"{self._place} was written while it was read. Import it when it is "
                f"whole, to a new place: it is another source then."
            )

    def news(self) -> tuple[ExportFile, ...]:
        """Return nothing: what is added to an archive makes it another one."""
        return ()

    def fingerprint(self, names: Iterable[str]) -> str:
        """Return a digest of names, sizes and checksums."""
        digest = hashlib.sha256()
        for name in sorted(set(names)):
            member = self._members[name]
            digest.update(f"{name}\0{member.file_size}\0{member.CRC}\0".encode())
        return f"sha256:{digest.hexdigest()}"

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()

    def __reduce__(self) -> Any:
        return ZipSource, (Path(str(self._zip.filename)),)


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _member_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name with ``/`` between folders.

    Programs for Windows write a backslash, against the format (APPNOTE 4.4.17), and
    some begin every name with ``./``.
    """
    name = printable(member.filename.replace("\\", "/"))
    while name.startswith("./"):
        name = name[2:]
    return name


def _unusable(member: zipfile.ZipInfo, name: str) -> str | None:
    """Return why a member is not read, or None where it is."""
    parts = name.split("/")
    if ".." in parts or parts[0] == "" or parts[0][1:] == ":":
        return "has a name that leaves the archive"
    if len(name) > _MAX_NAME or len(parts) > _MAX_DEPTH:
        return (
            f"has a name of more than {_MAX_NAME} letters, or lies in more than "
            f"{_MAX_DEPTH} folders"
        )
    if member.flag_bits & 1:
        return "is encrypted"
    kind = member.external_attr >> 16
    if kind and stat.S_IFMT(kind) and not stat.S_ISREG(kind):
        return "is not a regular file"
    if is_archive_name(name):
        return INNER_ARCHIVE
    if member.file_size > MAX_MEMBER_BYTES:
        return (
            f"is larger than {MAX_MEMBER_BYTES >> 30} GiB, which a zip is not read for"
        )
    ratio = member.file_size / max(1, member.compress_size)
    if member.file_size > _SUSPECT_BYTES and ratio > _SUSPECT_RATIO:
        return f"would grow {ratio:.0f}-fold, as a decompression bomb does"
    return None
