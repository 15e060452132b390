"""Where the files of an export are: a folder, or a zip that is read in place.

Names of files are for matching and for messages. Those of a zip are never used as
paths, and nothing of it is unpacked to the disk.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from hcs.errors import SourceError
from hcs.ingest.formats.images import SUFFIXES
from hcs.stores.location import possible_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from hcs.ingest.formats.images import Opener

MAX_FILES: Final = 2_000_000
"""Files of one source; the largest screens have some hundred thousand a plate."""

MAX_DEPTH: Final = 32
"""Folders inside folders. Exports have two or three."""

MAX_MEMBER_BYTES: Final = 2 << 30
"""One file of a zip, which is read into memory."""

_SUSPECT_BYTES = 256 << 20
_SUSPECT_RATIO = 200
"""A larger member that shrank more than this is refused as a decompression bomb."""

_SAMPLES = 32
"""Files of a folder whose content enters the fingerprint."""

_SAMPLE_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export."""

    name: str
    """Path below the source with ``/`` between its parts, fit to be printed."""

    size: int
    """Bytes."""

    mark: int = field(default=0, compare=False)
    """Another one where the content may be another: when the file was last written, or
    its checksum in a zip."""

    @property
    def base(self) -> str:
        """Last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Name without its last part, ``""`` at the top."""
        return self.name.rpartition("/")[0]


def is_image_name(file: ExportFile) -> bool:
    """Return whether a file is an image by the end of its name."""
    return file.base.lower().endswith(SUFFIXES)


def is_of_system(file: ExportFile) -> bool:
    """Return whether an operating system left the file, whatever it is named like.

    A zip made by macOS holds a ``._name`` beside every image.
    """
    base = file.base.lower()
    return base in _SYSTEM or base.startswith("._") or "__macosx/" in file.name.lower()


_SYSTEM = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".directory"})


class ExportSource(Protocol):
    """The files of an export.

    Thread safety: everything may be called from several threads.
    """

    name: str
    """Name of the folder or archive, without its extension."""

    files: tuple[ExportFile, ...]
    """What can be read, sorted by name."""

    left_out: tuple[tuple[str, str], ...]
    """What cannot be read: name and reason."""

    def opener(self, name: str) -> Opener:
        """Return a function that opens the file called `name`."""

    def read(self, name: str, limit: int) -> bytes:
        """Return the bytes of a small file."""

    def fingerprint(self, names: Iterable[str]) -> str:
        """Return a digest by which the same files are known again."""

    def close(self) -> None:
        """Release what is open."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_source(path: str | Path, *, links_out: bool = True) -> ExportSource:
    """Return the files of a folder or of a zip.

    Parameters
    ----------
    path
        Where it is.
    links_out
        Whether links to files are followed that lead out of the folder.

    Raises
    ------
    SourceError
        If nothing is there, or what is there is neither, is damaged, or exceeds the
        limits of this module.
    StoreError
        If it is no path that can be looked at.
    """
    path = possible_path(path)
    if path.is_dir():
        return FolderSource(path, links_out=links_out)
    if not path.exists():
        raise SourceError(f"Nothing is at {path}; give a folder or a zip of images.")
    try:
        if path.is_file() and zipfile.is_zipfile(path):
            return ZipSource(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    raise SourceError(f"{path} is neither a folder nor a zip of images.")


class _BaseSource(ABC):
    """What both kinds have in common."""

    name = ""
    files: tuple[ExportFile, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @abstractmethod
    def opener(self, name: str) -> Opener: ...

    def read(self, name: str, limit: int) -> bytes:
        """Return the bytes of a small file.

        Raises
        ------
        SourceError
            If it is larger than `limit` bytes or cannot be read.
        """
        try:
            with self.opener(name)() as stream:
                data = stream.read(limit + 1)
        except OSError as error:
            raise SourceError(
                f"{name} cannot be read: {error.strerror or error}."
            ) from error
        if len(data) > limit:
            raise SourceError(f"{name} is larger than {limit:,} bytes.")
        return data

    def close(self) -> None:
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class FolderSource(_BaseSource):
    """The files below a folder; links to folders are not followed."""

    def __init__(self, root: Path, *, links_out: bool = True) -> None:
        top = root.resolve()
        self.name = top.name
        self._paths: dict[str, Path] = {}
        left_out: list[tuple[str, str]] = []
        files = []
        for name, path in _walk(root, "", 0, left_out):
            try:
                status = path.stat()
            except OSError as error:
                left_out.append((name, f"cannot be read: {error.strerror}"))
                continue
            if not stat.S_ISREG(status.st_mode):
                left_out.append((name, "is not a regular file"))
                continue
            if (
                not links_out
                and path.is_symlink()
                and top not in path.resolve().parents
            ):
                left_out.append((name, "is a link that leaves the folder"))
                continue
            self._paths[name] = path
            files.append(ExportFile(name, status.st_size, status.st_mtime_ns))
            if len(files) > MAX_FILES:
                raise SourceError(f"{root} holds more than {MAX_FILES:,} files.")
        self.files = tuple(sorted(files, key=lambda file: file.name))
        self.left_out = tuple(sorted(left_out))

    def opener(self, name: str) -> Opener:
        """Return a function that opens the file called `name`."""
        return partial(self._paths[name].open, "rb")  # type: ignore[return-value]

    def fingerprint(self, names: Iterable[str]) -> str:
        """Return a digest of names, sizes and the content of some of the files."""
        used = set(names)
        files = [file for file in self.files if file.name in used]
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file.name}\0{file.size}\0".encode())
        for file in _spread(files, _SAMPLES):
            try:
                with self._paths[file.name].open("rb") as stream:
                    digest.update(hashlib.sha256(stream.read(_SAMPLE_BYTES)).digest())
            except OSError as error:
                raise SourceError(
                    f"{file.name} cannot be read: {error.strerror}."
                ) from error
        return f"sha256:{digest.hexdigest()}"


def _walk(
    folder: Path, prefix: str, depth: int, left_out: list[tuple[str, str]]
) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder with their printable names."""
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        left_out.append((prefix or ".", f"cannot be listed: {error.strerror}"))
        return
    for entry in entries:
        name = prefix + _printable(entry.name)
        if not _is_folder(entry):
            yield name, Path(entry.path)
        elif entry.is_symlink():
            left_out.append((f"{name}/", "is a link to a folder"))
        elif _is_hierarchy(entry.path):
            left_out.append((f"{name}/", "is a Zarr hierarchy"))
        elif depth >= MAX_DEPTH:
            left_out.append((f"{name}/", f"is deeper than {MAX_DEPTH} folders"))
        else:
            yield from _walk(Path(entry.path), f"{name}/", depth + 1, left_out)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads in a circle; reading it will say so.
        return False


def _is_hierarchy(path: str) -> bool:
    documents = ("zarr.json", ".zgroup", ".zarray")
    return any((Path(path) / document).exists() for document in documents)


def _printable(name: str) -> str:
    """Return a file's name with what is no valid text replaced."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def _spread(files: Sequence[ExportFile], count: int) -> list[ExportFile]:
    step = max(1, len(files) // count)
    return list(files[::step][:count])


class ZipSource(_BaseSource):
    """The members of a zip, decompressed into memory one by one."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise SourceError(
                f"{path.name} is not a zip that can be read: {error}."
            ) from error
        try:
            self._list(path)
        except BaseException:
            self._zip.close()
            raise

    def _list(self, path: Path) -> None:
        members = self._zip.infolist()
        if len(members) > MAX_FILES:
            raise SourceError(f"{path.name} holds more than {MAX_FILES:,} files.")
        self._members: dict[str, zipfile.ZipInfo] = {}
        left_out = []
        for member in members:
            if member.is_dir():
                continue
            name = _printable(member.filename)
            reason = _unusable(member)
            if name in self._members:
                raise SourceError(f"{path.name} holds two files called {name}.")
            if reason is None:
                self._members[name] = member
            else:
                left_out.append((name, reason))
        self.left_out = tuple(sorted(left_out))
        self.files = tuple(
            ExportFile(name, member.file_size, member.CRC)
            for name, member in sorted(self._members.items())
        )

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


def _unusable(member: zipfile.ZipInfo) -> str | None:
    """Return why a member is not read, or None where it is."""
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0][1:] == ":":
        return "has a name that leaves the archive"
    if member.flag_bits & 1:
        return "is encrypted"
    kind = member.external_attr >> 16
    if kind and stat.S_IFMT(kind) and not stat.S_ISREG(kind):
        return "is not a regular file"
    if member.file_size > MAX_MEMBER_BYTES:
        return (
            f"is larger than {MAX_MEMBER_BYTES >> 30} GiB, which a zip is not read for"
        )
    ratio = member.file_size / max(1, member.compress_size)
    if member.file_size > _SUSPECT_BYTES and ratio > _SUSPECT_RATIO:
        return f"would grow {ratio:.0f}-fold, as a decompression bomb does"
    return None
