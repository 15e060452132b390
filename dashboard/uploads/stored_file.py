"""One upload on the disk: a folder of its bytes and a document about them.

The document says how many bytes have been synced. What is longer was never
acknowledged, and is cut off when another server takes the upload over, so that neither
a killed process nor a lost power supply leaves a byte that nobody sent. The folder is
moved as a whole, by one rename.
"""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from typing import TYPE_CHECKING

from dashboard.uploads.values import FileToSend, Purpose

if TYPE_CHECKING:
    from pathlib import Path

_CONTENT = "content"
_DOCUMENT = "upload.json"

MARK_BYTES = 32 << 20
"""Bytes of one request after which they are synced: what a killed server loses."""

_O_BINARY = getattr(os, "O_BINARY", 0)


class StoredFile:
    """The bytes of an upload that have come so far.

    Attributes
    ----------
    folder
        Where all of it lies; what is made of the file may lie there, too.
    owner
        Subject of the visitor whose it is.
    file
        What was said of it.
    size
        Bytes that are there.
    last
        When the last of them came, in seconds of the epoch.
    """

    def __init__(
        self, folder: Path, owner: str, file: FileToSend, size: int, last: float
    ) -> None:
        self.folder = folder
        self.owner = owner
        self.file = file
        self.size = size
        self.last = last
        self._marked = -1
        self._descriptor: int | None = None
        self._lock = threading.Lock()

    @property
    def content(self) -> Path:
        """The file as it was sent; its name says nothing."""
        return self.folder / _CONTENT

    @property
    def files(self) -> tuple[Path, ...]:
        """All that an upload needs to be resumed."""
        return self.content, self.folder / _DOCUMENT

    @classmethod
    def make(cls, folder: Path, owner: str, file: FileToSend, now: float) -> StoredFile:
        """Begin a file in a folder that is made for it."""
        folder.mkdir(mode=0o700)
        stored = cls(folder, owner, file, 0, now)
        stored.content.touch(mode=0o600, exist_ok=False)
        stored.mark(now)
        return stored

    @classmethod
    def open(cls, folder: Path) -> StoredFile:
        """Take over what another server has received.

        Raises
        ------
        ValueError, TypeError, KeyError, OSError
            If nothing there can be resumed.
        """
        document = json.loads((folder / _DOCUMENT).read_text(encoding="utf-8"))
        said = document["file"]
        file = FileToSend(**said | {"purpose": Purpose(said["purpose"])})
        size, last = int(document["size"]), float(document["last"])
        stored = cls(folder, str(document["owner"]), file, size, last)
        there = stored.content.stat().st_size
        if not 0 <= size <= min(there, file.size):
            raise ValueError(f"{folder} says {size} bytes and has {there}.")
        if there > size:
            os.truncate(stored.content, size)
        stored._marked = size
        return stored

    def append(self, chunk: bytes, now: float) -> None:
        """Add bytes at the end, synced each `MARK_BYTES`."""
        with self._lock:
            if self._descriptor is None:
                flags = os.O_WRONLY | os.O_APPEND | _O_BINARY
                self._descriptor = os.open(self.content, flags)
            view = memoryview(chunk)
            while view:
                written = os.write(self._descriptor, view)
                self.size += written
                view = view[written:]
            self.last = now
        if self.size - self._marked >= MARK_BYTES:
            self.mark(now)

    def mark(self, now: float) -> None:
        """Sync what has come and note how much that is: from now on it stays."""
        with self._lock:
            if self._marked == self.size:
                return
            if self._descriptor is not None:
                os.fsync(self._descriptor)
            document = {
                "owner": self.owner,
                "file": dataclasses.asdict(self.file),
                "size": self.size,
                "last": now,
            }
            _replace(self.folder / _DOCUMENT, json.dumps(document).encode())
            if self._marked <= 0 < self.size:
                # The first bytes: until now the folder itself might have been lost.
                _sync_folder(self.folder.parent)
            self._marked, self.last = self.size, now

    def release(self) -> None:
        """Hold no open file; the next byte opens it again."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is there as it was or as it shall be, whatever happens."""
    draft = path.with_suffix(".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _O_BINARY
    descriptor = os.open(draft, flags, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Let entries of a folder outlive a lost power supply, where a system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
