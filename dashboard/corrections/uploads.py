"""Files on their way in: streamed to the staging folder, bounded, looked into.

A file lives under an id of ours from its first byte on; the name that a browser gave is
text for people. Everything belongs to the session whose token it came with and goes
when that session ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import secrets
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.corrections.decoding import Decoded, decode
from dashboard.corrections.naming import guess
from dashboard.corrections.values import Upload
from dashboard.errors import NotServedError, RefusedError
from dashboard.text import plain_text
from hcs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_MIB = 1 << 20
_SPARE_BYTES = 512 * _MIB
"""Disk space that uploads leave to everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How much may be uploaded."""

    file_bytes: int = 2048 * _MIB
    session_bytes: int = 8192 * _MIB
    """Files and what they decode to, for one page."""

    total_bytes: int = 32768 * _MIB
    """The same over all pages."""

    session_files: int = 200


@dataclass(slots=True)
class _DecodedUpload:
    """An upload and its decoded planes."""

    upload: Upload
    planes: Path
    nbytes: int
    chosen: bool = False
    """A person said what its pages are."""


@dataclass(slots=True)
class _Session:
    folder: Path
    owner: str
    files: dict[str, _DecodedUpload] = field(default_factory=dict)
    used: int = 0
    incoming: set[IncomingFile] = field(default_factory=set)


class IncomingFile:
    """One file that is being received.

    Attributes
    ----------
    limit
        Most bytes that will be taken.
    """

    def __init__(
        self, owner: Uploads, token: str, name: str, path: Path, limit: int
    ) -> None:
        self.limit = limit
        self.name = name
        self.token = token
        self.path = path
        self.size = 0
        self._owner = owner
        self._file: BinaryIO | None = path.open("xb")

    def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises
        ------
        RefusedError
            If that passes the limit, or the session has ended.
        """
        if self._file is None:
            raise RefusedError("The upload was given up, as its page has been closed.")
        if self.size + len(chunk) > self.limit:
            raise RefusedError(
                f"{self.name} is larger than the {_mib(self.limit)} that may still be "
                f"uploaded here."
            )
        self._owner.reserve(self.token, len(chunk))
        # What is given back later is what was booked, so a refused chunk is no part.
        self.size += len(chunk)
        self._file.write(chunk)

    def finish(self) -> Upload:
        """Look into the complete file and keep its planes.

        Raises
        ------
        SourceError
            If it is no picture that can be used.
        """
        self._close()
        return self._owner.take(self)

    def abandon(self) -> None:
        """Forget the file and what has come of it."""
        self._close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._owner.release(self)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


class Uploads:
    """All files of all sessions.

    Thread safety: one lock guards the books; files are written and decoded outside it.
    """

    def __init__(self, folder: Path, quotas: Quotas | None = None) -> None:
        self._folder = folder
        self._quotas = quotas or Quotas()
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def open(self, token: str, owner: str) -> None:
        """Begin a session of a visitor; its folder is made with its first file."""
        folder = self._folder / secrets.token_hex(12)
        with self._lock:
            self._sessions[token] = _Session(folder, owner)

    def owner(self, token: str) -> str:
        """Return whose session it is."""
        return self._session(token).owner

    def close(self, token: str) -> None:
        """End a session and remove its files."""
        with self._lock:
            session = self._sessions.pop(token, None)
        if session is None:
            return
        for incoming in list(session.incoming):
            incoming.abandon()
        shutil.rmtree(session.folder, ignore_errors=True)

    def folder_of(self, token: str) -> Path:
        """Return the folder of a session, made where it is not there."""
        session = self._session(token)
        session.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return session.folder

    def begin(
        self, token: str, name: str, size: int | None, owner: str
    ) -> IncomingFile:
        """Open a file to receive.

        Parameters
        ----------
        token
            Of a live session.
        name
            As the browser gave it.
        size
            Bytes that are announced, None where they are not.
        owner
            Whose session it must be.

        Raises
        ------
        RefusedError
            If the token is unknown or somebody else's, or a quota would be passed.
        """
        session = self._session(token, owner)
        shown = plain_text(re.split(r"[/\\]", name)[-1].strip(), 200) or "file"
        limit = self._room(session)
        if size is not None and size > limit:
            raise RefusedError(
                f"{shown} has {_mib(size)}; {_mib(limit)} may still be uploaded here. "
                f"Discard what is no longer needed, or send fewer files at once."
            )
        with self._lock:
            count = len(session.files) + len(session.incoming)
        if count >= self._quotas.session_files:
            raise RefusedError(
                f"{count} files were uploaded already; commit them first."
            )
        path = self.folder_of(token) / f"{secrets.token_hex(12)}.upload"
        incoming = IncomingFile(self, token, shown, path, limit)
        with self._lock:
            session.incoming.add(incoming)
        return incoming

    def list(self, token: str) -> tuple[Upload, ...]:
        """Return the files of a session, oldest first."""
        session = self._session(token)
        with self._lock:
            return tuple(file.upload for file in session.files.values())

    def get(self, token: str, upload: str) -> Upload:
        """Return one file of a session."""
        return self._decoded_upload(token, upload).upload

    def planes(self, token: str, upload: str) -> NDArray[Any]:
        """Return a file's pixels, mapped from the disk, axes as its `Upload` says."""
        file = self._decoded_upload(token, upload)
        pixels: NDArray[Any] = np.load(file.planes, mmap_mode="r", allow_pickle=False)
        return pixels

    def read_pages_as(
        self, token: str, upload: str, axis: str, *, chosen: bool
    ) -> Upload:
        """Take the pages of a file as channels, z or time points.

        Parameters
        ----------
        axis
            ``"c"``, ``"z"`` or ``"t"``.
        chosen
            A person said so; what is only likely does not change that later.

        Raises
        ------
        RefusedError
            If the file says itself what its pages are.
        """
        file = self._decoded_upload(token, upload)
        if not file.upload.pages or axis not in ("c", "z", "t"):
            raise RefusedError(
                f"The pages of {file.upload.name} cannot be taken as {axis!r}."
            )
        with self._lock:
            if chosen or not file.chosen:
                file.chosen = chosen
                file.upload = dataclasses.replace(
                    file.upload, axes=(axis, "y", "x"), pages=axis
                )
            return file.upload

    def remove(self, token: str, uploads: Sequence[str]) -> None:
        """Forget files of a session; unknown ids are passed over."""
        session = self._session(token)
        for upload in uploads:
            with self._lock:
                file = session.files.pop(upload, None)
                if file is not None:
                    session.used -= file.nbytes
            if file is not None:
                file.planes.unlink(missing_ok=True)

    def reserve(self, token: str, count: int) -> None:
        """Book bytes on a session.

        Raises
        ------
        RefusedError
            If a quota is passed or the session has ended.
        """
        session = self._session(token)
        with self._lock:
            total = sum(session.used for session in self._sessions.values())
            if (
                session.used + count > self._quotas.session_bytes
                or total + count > self._quotas.total_bytes
            ):
                raise RefusedError(
                    "The space for uploads is full. Commit or discard what was "
                    "uploaded before, here or in another page."
                )
            session.used += count

    def take(self, incoming: IncomingFile) -> Upload:
        """Decode a received file and keep its planes; see `IncomingFile.finish`."""
        session = self._session(incoming.token)
        identifier = secrets.token_urlsafe(18)
        planes = incoming.path.with_suffix(".npy")
        room = self._room(session, of_file=False)
        decoded = decode(incoming.path, planes, incoming.name, max_bytes=room)
        size = planes.stat().st_size
        try:
            self.reserve(incoming.token, size)
        except BaseException:
            planes.unlink(missing_ok=True)
            raise
        upload = _described(identifier, incoming, decoded)
        with self._lock:
            if self._sessions.get(incoming.token) is not session:
                planes.unlink(missing_ok=True)
                raise SourceError("The page was closed before the file was read.")
            session.files[identifier] = _DecodedUpload(upload, planes, size)
        # The planes are kept, the file itself is not needed any more.
        incoming.abandon()
        return upload

    def release(self, incoming: IncomingFile) -> None:
        """Give back what a received file had booked."""
        with self._lock:
            session = self._sessions.get(incoming.token)
            if session is not None and incoming in session.incoming:
                session.incoming.discard(incoming)
                session.used -= incoming.size

    def _room(self, session: _Session, *, of_file: bool = True) -> int:
        free = shutil.disk_usage(self._folder).free - _SPARE_BYTES
        with self._lock:
            total = sum(session.used for session in self._sessions.values())
            room = min(
                self._quotas.session_bytes - session.used,
                self._quotas.total_bytes - total,
                free,
            )
        return max(0, min(room, self._quotas.file_bytes) if of_file else room)

    def _session(self, token: str, owner: str | None = None) -> _Session:
        with self._lock:
            session = self._sessions.get(token)
        if session is None or owner not in (None, session.owner):
            raise RefusedError(
                "The page that this came from is no longer known. Reload it and try "
                "again."
            )
        return session

    def _decoded_upload(self, token: str, upload: str) -> _DecodedUpload:
        session = self._session(token)
        with self._lock:
            file = session.files.get(upload)
        if file is None:
            raise NotServedError("There is no such upload; it may have been discarded.")
        return file


def _described(identifier: str, incoming: IncomingFile, decoded: Decoded) -> Upload:
    guessed = guess(incoming.name)
    return Upload(
        id=identifier,
        name=incoming.name,
        size=incoming.size,
        kind=decoded.kind,
        axes=decoded.axes,
        shape=decoded.shape,
        dtype=decoded.dtype,
        channels=decoded.channels,
        pixel_size=decoded.pixel_size,
        facts=decoded.facts,
        not_finite=decoded.not_finite,
        pages="z" if decoded.pages else "",
        guess_well=guessed.well,
        guess_field=guessed.field,
        guess_channel=guessed.channel,
    )


def _mib(count: int) -> str:
    return f"{max(count, 0) / _MIB:,.1f} MiB"
