"""Files of an export, and what folders and zips of them have in common."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from hcs.errors import SourceError, StoreError
from hcs.ingest.formats.images import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from hcs.ingest.formats.image_file import Opener

MAX_FILES: Final = 2_000_000
"""Files of one source; the largest screens have some hundred thousand a plate."""

_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")

_ERRORS = (
    *("EIO", "ESTALE", "ENOTCONN", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH"),
    *("ENETDOWN", "ENETUNREACH", "ECONNABORTED", "ECONNRESET", "ESHUTDOWN"),
    *("ENODEV", "ENXIO", "ENOLINK", "EREMOTEIO"),
)
_OUT_OF_REACH = frozenset(getattr(errno, name, None) for name in _ERRORS) - {None}
"""What a file system says that has lost its server or its disk."""


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

    @property
    def files(self) -> tuple[ExportFile, ...]:
        """What can be read, sorted by name, as it was when it was last looked at."""

    left_out: tuple[tuple[str, str], ...]
    """What cannot be read: name and reason."""

    def opener(self, name: str) -> Opener:
        """Return a function that opens a file for reading bytes.

        Parameters
        ----------
        name
            Of one of `files`.
        """

    def read(self, name: str, limit: int) -> bytes:
        """Return the bytes of a small file.

        Parameters
        ----------
        name
            Of one of `files`.
        limit
            Most bytes that it may have.

        Raises
        ------
        SourceError
            If it is larger than `limit` bytes or cannot be read.
        StoreError
            If the source is out of reach.
        """

    def fingerprint(self, names: Iterable[str]) -> str:
        """Return a digest by which the same files are known again.

        Parameters
        ----------
        names
            Of those of `files` that count; order and repetition do not.

        Returns
        -------
            ``"sha256:"`` and 64 hexadecimal digits.

        Raises
        ------
        StoreError
            If the source is out of reach.
        """

    def state(self, name: str) -> ExportFile:
        """Return a file as it was when it was last looked at, at first when listed.

        Parameters
        ----------
        name
            Of one of `files`.
        """

    def change(self, name: str, since: ExportFile | None = None) -> str:
        """Return what happened to a file since it was so, "" if nothing.

        Parameters
        ----------
        name
            Of one of `files`.
        since
            Its `state` before it was read, where other threads may ask for the same
            file meanwhile; what was last seen of it where None.

        Raises
        ------
        StoreError
            If the source is out of reach.
        """

    def reach(self, name: str) -> None:
        """Look whether a file that could not be used, or any other, can be read.

        Parameters
        ----------
        name
            Of one of `files`.

        Raises
        ------
        StoreError
            If the source is out of reach.
        """

    def news(self) -> tuple[ExportFile, ...]:
        """Return the files that are new, or other than when last looked at.

        Raises
        ------
        StoreError
            If the source is out of reach.
        """

    def close(self) -> None:
        """Release what is open."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


class BaseSource(ABC):
    """What both kinds have in common."""

    name = ""
    left_out: tuple[tuple[str, str], ...] = ()

    @abstractmethod
    def opener(self, name: str) -> Opener:
        """Return a function that opens the file called `name`."""

    @abstractmethod
    def reach(self, name: str) -> None:
        """Raise `StoreError` where the source is out of reach."""

    def read(self, name: str, limit: int) -> bytes:
        """Return the bytes of a small file.

        Raises
        ------
        SourceError
            If it is larger than `limit` bytes or cannot be read.
        StoreError
            If the source is out of reach.
        """
        try:
            with self.opener(name)() as stream:
                data = stream.read(limit + 1)
        except OSError as error:
            self.reach(name)
            raise SourceError(
                f"{name} cannot be read: {error.strerror or error}."
            ) from error
        if len(data) > limit:
            raise SourceError(f"{name} is larger than {limit:,} bytes.")
        return data

    @abstractmethod
    def close(self) -> None:
        """Release what is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def is_out_of_reach(error: OSError) -> bool:
    """Return whether an error says that a disk or a server is not there any more."""
    return error.errno in _OUT_OF_REACH


def out_of_reach(source: str, error: OSError) -> StoreError:
    """Return what to say when a share went away."""
    return StoreError(
        f"{source} is out of reach: {error.strerror or error}. Fields that were "
        f"written are kept; when it is back, the same command goes on from there."
    )


def is_archive_name(name: str) -> bool:
    """Return whether a file is an archive by the end of its name."""
    return name.lower().endswith(_ARCHIVES)


INNER_ARCHIVE: Final = (
    "is an archive inside the export, which is not looked into; unpack it, or import "
    "it by itself"
)


def printable(name: str) -> str:
    """Return a file's name with what is no valid text replaced."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
