"""What this server holds of an upload, and the request that brings bytes of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.errors import (
    DashboardError,
    NoSpaceError,
    NotServedError,
    RefusedError,
    TooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.uploads.stored_file import StoredFile


@dataclass(slots=True, eq=False)
class HeldUpload:
    """An upload with what only this server knows of it."""

    id: str
    stored: StoredFile
    page: str = ""
    """Token of the page that sent it; "" for programs, and after a restart."""

    more: int = 0
    """Bytes of what was made of it, such as decoded planes."""

    receiving: Receiving | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a request begins or ends to bring bytes, and while it is removed."""

    @property
    def whole(self) -> bool:
        """Whether every byte is here."""
        return self.stored.size == self.stored.file.size


class Receiving:
    """One request that brings bytes of an upload.

    Parameters
    ----------
    upload
        It gets the bytes.
    check_disk
        Raises where a number of bytes has no room.
    now
        The clock.
    ended
        Called once when the request brings no more.
    """

    def __init__(
        self,
        upload: HeldUpload,
        check_disk: Callable[[int], None],
        now: Callable[[], float],
        ended: Callable[[HeldUpload], None],
    ) -> None:
        self._upload = upload
        self._check_disk = check_disk
        self._now = now
        self._when_ended = ended
        self._lock = threading.Lock()
        self._ended = False

    def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises
        ------
        RefusedError
            If another request has taken over, or the upload was removed.
        TooLargeError
            If that is more than was announced.
        NoSpaceError
            If the disk is full but for what is left to others.
        """
        stored = self._upload.stored
        with self._lock:
            if self._ended:
                raise RefusedError(
                    "These bytes are not taken any more: another request goes on with "
                    "the upload, or it was cancelled."
                )
            if stored.size + len(chunk) > stored.file.size:
                raise TooLargeError(
                    f"More bytes came than the {stored.file.size:,} that were "
                    f"announced."
                )
            self._check_disk(len(chunk))
            try:
                stored.append(chunk, self._now())
            except OSError as error:
                raise not_written(error) from error

    def end(self) -> None:
        """Sync what has come, which stays, and let others go on.

        Raises
        ------
        NoSpaceError
            If the disk does not take it.
        """
        stored = self._upload.stored
        with self._lock:
            if self._ended:
                return
            self._ended = True
            try:
                stored.mark(self._now())
            except OSError as error:
                raise not_written(error) from error
            finally:
                stored.release()
                self._when_ended(self._upload)


def not_written(error: OSError) -> DashboardError:
    """Return in words why a file of the workspace could not be written."""
    if isinstance(error, FileNotFoundError):
        return NotServedError(
            "What had come of this upload was removed from the disk of the server: "
            "send it again."
        )
    return NoSpaceError(f"The workspace cannot be written ({error.strerror}).")
