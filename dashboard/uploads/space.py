"""How much room there is for uploads: for a page, a person, everybody, on the disk."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

from dashboard.errors import NoSpaceError, TooLargeError
from dashboard.storage.reserve import free_beyond_reserve
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dashboard.uploads.receiving import HeldUpload
    from dashboard.uploads.values import Quotas


class Space:
    """Counts what uploads take, announced bytes from the first on.

    Parameters
    ----------
    root
        A folder of the disk that they lie on.
    quotas
        How much there may be.
    uploads
        Returns all that there are.
    """

    def __init__(
        self, root: Path, quotas: Quotas, uploads: Callable[[], Sequence[HeldUpload]]
    ) -> None:
        self.quotas = quotas
        self._root = root
        self._uploads = uploads
        self._lock = threading.Lock()
        self._reserved: dict[tuple[str, str], int] = {}
        """Bytes of owner and page beside the uploads, as of staged corrections."""

    def room(self, owner: str, page: str = "") -> int:
        """Return how many bytes somebody may still send or make."""
        taken, quotas = self._taken(), self.quotas
        all_pages = [count for _, count in taken]
        mine = [count for (person, _), count in taken if person == owner]
        here = [count for place, count in taken if place == (owner, page)]
        coming = sum(
            upload.stored.file.size - upload.stored.size for upload in self._uploads()
        )
        room = [
            quotas.total_bytes - sum(all_pages),
            quotas.person_bytes - sum(mine),
            self._free() - coming,
        ]
        if page:
            room.append(quotas.page_bytes - sum(here))
        return max(0, min(room))

    def check_new(self, owner: str, page: str, name: str, size: int) -> None:
        """Raise `TooLargeError` where one more file would be too much."""
        uploads_of_all = self._uploads()
        mine = [upload for upload in uploads_of_all if upload.stored.owner == owner]
        here = [upload for upload in mine if page and upload.page == page]
        for uploads, limit in (
            (here, self.quotas.page_files),
            (mine, self.quotas.person_files),
            (uploads_of_all, self.quotas.total_files),
        ):
            if len(uploads) >= limit:
                coming = sum(not upload.whole for upload in uploads)
                here_text = counted(len(uploads) - coming, "file")
                raise TooLargeError(
                    f"{here_text} uploaded already, {coming} being received: "
                    f"{limit} may be here at once. Commit or discard some first."
                )
        coming = sum(not upload.whole or not upload.stored.file.size for upload in mine)
        if coming >= self.quotas.person_coming:
            raise TooLargeError(
                f"{coming} files of yours are empty, or are being received or were "
                f"broken off, as many as there may be. Go on with them or discard them."
            )
        most = min(self.quotas.file_bytes, self.room(owner, page))
        if size > most:
            raise TooLargeError(
                f"{name} has {_size(size)}; {_size(most)} may still be uploaded here. "
                f"Discard what is no longer needed, or send fewer files at once."
            )

    def reserve(self, owner: str, count: int, page: str = "") -> None:
        """Book bytes that were made of files, or with a negative count give them back.

        Raises
        ------
        TooLargeError
            If there is no room for them.
        """
        self.check(owner, count, page)
        with self._lock:
            booked = self._reserved.pop((owner, page), 0) + count
            if booked > 0:
                self._reserved[owner, page] = booked

    def check(self, owner: str, count: int, page: str = "") -> None:
        """Raise `TooLargeError` where there is no room for so many bytes."""
        if count > 0 and count > self.room(owner, page):
            raise TooLargeError(
                "The space for uploads is full. Commit or discard what was uploaded "
                "before, here or in another page."
            )

    def check_disk(self, count: int) -> None:
        """Raise `NoSpaceError` where a disk would have less than is left to others."""
        free = self._free()
        if free < count:
            raise NoSpaceError(
                f"The disk of the workspace has {_size(free)} left for uploads. What "
                f"has come is kept: go on when there is space."
            )

    def _free(self) -> int:
        """Return what uploads may still take of the disk."""
        spare = self.quotas.spare_bytes
        if spare is None:
            return free_beyond_reserve(self._root)
        return shutil.disk_usage(self._root).free - spare

    def _taken(self) -> list[tuple[tuple[str, str], int]]:
        with self._lock:
            taken = list(self._reserved.items())
        for upload in self._uploads():
            place = upload.stored.owner, upload.page
            taken.append((place, upload.stored.file.size + upload.more))
        return taken


def _size(count: int) -> str:
    """Return bytes for people, as the page writes them.

    >>> [_size(count) for count in (0, 999, 4_000_000, 2_500_000_000)]
    ['0 B', '999 B', '4 MB', '2.5 GB']
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.3g} {unit}"
    return f"{max(count, 0)} B"
