"""The files that people send: who has which, how much, and until when.

A file belongs to a visitor, by `Visitor.subject`: to everybody else it is as if it were
not there. It outlives the page that sent it and the server that received it, and goes
some time after its last byte.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from typing import TYPE_CHECKING

from dashboard.errors import NotServedError, OffsetError, RefusedError
from dashboard.uploads.receiving import HeldUpload, Receiving, not_written
from dashboard.uploads.space import Space
from dashboard.uploads.staging import Staging
from dashboard.uploads.stored_file import StoredFile
from dashboard.uploads.values import Quotas, UploadedFile, plain_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from dashboard.uploads.values import FileToSend

_LOG = logging.getLogger(__name__)

SWEEP_SECONDS = 600.0
"""How often what has expired is removed, and what other servers have left."""


class Uploads:
    """All files that this server has received, or is receiving.

    Thread safety: one lock guards the table, each upload has its own for its bytes.

    Parameters
    ----------
    root
        The workspace's staging folder.
    quotas
        Bounds; the defaults where None.
    now
        The clock, in seconds of the epoch.
    """

    def __init__(
        self,
        root: Path,
        quotas: Quotas | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.quotas = quotas or Quotas()
        self.space = Space(root, self.quotas, self._all)
        self._now = now
        self._staging = Staging(root)
        self._lock = threading.Lock()
        self._table: dict[str, HeldUpload] = {}
        self._when_whole: list[Callable[[UploadedFile], object]] = []
        self._when_removed: list[Callable[[str], object]] = []
        self._closing = threading.Event()
        self._sweeper = threading.Thread(
            target=self._sweep, name="uploads", daemon=True
        )

    @property
    def thread(self) -> threading.Thread:
        """What does the work."""
        return self._sweeper

    def start(self) -> None:
        """Take over what other servers have left, and sweep from now on."""
        self.sweep()
        self._sweeper.start()

    def when_whole(self, call: Callable[[UploadedFile], object]) -> None:
        """Call with each file whose last byte has come; it must be fast."""
        self._when_whole.append(call)

    def when_removed(self, call: Callable[[str], object]) -> None:
        """Call with the id of each upload that goes; it must be fast."""
        self._when_removed.append(call)

    # --- asking -----------------------------------------------------------------------

    def get(self, owner: str, identifier: str) -> UploadedFile:
        """Return an upload.

        Raises
        ------
        NotServedError
            If there is none of this id (any more), or it is somebody else's.
        """
        return self._view(self._upload(owner, identifier))

    def owned_by(self, owner: str) -> tuple[UploadedFile, ...]:
        """Return what somebody has here, oldest first."""
        return tuple(
            self._view(upload)
            for upload in self._all()
            if upload.stored.owner == owner and not self._is_over(upload)
        )

    def content(self, owner: str, identifier: str) -> Path:
        """Return where the bytes of a whole file lie; its name says nothing of it.

        Raises
        ------
        RefusedError
            If some are still to come.
        """
        upload = self._upload(owner, identifier)
        if not upload.whole:
            raise RefusedError(f"{upload.stored.file.name} has not arrived completely.")
        return upload.stored.content

    def folder(self, owner: str, identifier: str) -> Path:
        """Return the folder of an upload: what is put there goes together with it."""
        return self._upload(owner, identifier).stored.folder

    def shared_folder(self) -> Path:
        """Return a folder for what goes when this server ends, however it does."""
        return self._staging.folder()

    # --- receiving --------------------------------------------------------------------

    def create(self, owner: str, file: FileToSend, page: str = "") -> UploadedFile:
        """Expect a file.

        Parameters
        ----------
        owner
            Subject of the visitor whose it is to be.
        file
            What is said of it.
        page
            Token of the page that sends it, "" for programs.

        Raises
        ------
        TooLargeError
            If a quota would be passed.
        NoSpaceError
            If the disk has no room for it.
        """
        file = plain_file(file)
        self.space.check_new(owner, page, file.name, file.size)
        identifier = secrets.token_urlsafe(18)
        folder = self._staging.folder() / identifier
        try:
            stored = StoredFile.make(folder, owner, file, self._now())
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise not_written(error) from error
        upload = HeldUpload(identifier, stored, page)
        with self._lock:
            self._table[identifier] = upload
        if file.size == 0:
            self._announce(upload)
        return self._view(upload)

    def receive(self, owner: str, identifier: str, offset: int) -> Receiving:
        """Begin to take bytes; a request that was at it is taken over from.

        Raises
        ------
        NotServedError
            If there is no such upload.
        OffsetError
            If the bytes begin elsewhere than the last ones ended.
        """
        upload = self._upload(owner, identifier)
        with upload.lock:
            self._interrupt(upload)
            size = upload.stored.size
            if offset != size:
                raise OffsetError(
                    f"{upload.stored.file.name} has {size:,} bytes here; these begin "
                    f"at {offset:,}. Ask for the offset by HEAD, and go on from there."
                )
            receiving = Receiving(upload, self.space.check_disk, self._now, self._ended)
            upload.receiving = receiving
            return receiving

    def settled(self, owner: str, identifier: str) -> UploadedFile:
        """Return an upload of which nobody brings bytes any more: what is here stays.

        A connection may be broken without the server knowing. Who asks where to go on
        has given it up.
        """
        upload = self._upload(owner, identifier)
        with upload.lock:
            self._interrupt(upload)
        return self._view(upload)

    def remove(self, owner: str, identifiers: Iterable[str]) -> None:
        """Forget uploads of somebody; unknown ones are passed over."""
        for identifier in identifiers:
            try:
                upload = self._upload(owner, identifier)
            except NotServedError:
                continue
            self._remove(upload)

    def reserve_with(self, owner: str, identifier: str, count: int) -> None:
        """Book bytes of what lies in an upload's folder; they go together with it.

        Raises
        ------
        NotServedError, TooLargeError
            If the upload has gone, or there is no room for them.
        """
        upload = self._upload(owner, identifier)
        self.space.check(owner, count, upload.page)
        with self._lock:
            upload.more += count

    # --- in time ----------------------------------------------------------------------

    def sweep(self) -> int:
        """Remove what has expired, and take over what ended servers left.

        Returns
        -------
        :
            How many uploads have expired.
        """
        self._staging.stay()
        over = [upload for upload in self._all() if self._is_over(upload)]
        for upload in over:
            self._remove(upload)
        self._staging.take_over(self._adopt)
        return len(over)

    def close(self) -> None:
        """Keep what can be resumed for the next server, and forget the rest."""
        self._closing.set()
        if self._sweeper.is_alive():
            self._sweeper.join()
        for upload in self._all():
            with upload.lock:
                self._interrupt(upload)
        with self._lock:
            self._table.clear()
        self._staging.close()

    def _sweep(self) -> None:
        while not self._closing.wait(SWEEP_SECONDS):
            try:
                self.sweep()
            except OSError as error:
                _LOG.warning("Old uploads could not be removed: %s", error)

    def _adopt(self, path: Path) -> None:
        """Move an upload of a server that has ended here, where it can be resumed."""
        try:
            stored = StoredFile.open(path)
        except (OSError, ValueError, TypeError, KeyError):
            return
        if stored.last + self.quotas.keep_seconds <= self._now():
            return
        for left in path.iterdir():
            if left not in stored.files:
                left.unlink()  # made of it, and known to the ended server alone
        stored.folder = path.rename(self._staging.folder() / path.name)
        upload = HeldUpload(path.name, stored)
        with self._lock:
            self._table[upload.id] = upload

    # --- inside -----------------------------------------------------------------------

    def _view(self, upload: HeldUpload) -> UploadedFile:
        """Return what others see of an upload."""
        stored = upload.stored
        return UploadedFile(
            id=upload.id,
            owner=stored.owner,
            file=stored.file,
            offset=stored.size,
            expires=stored.last + self.quotas.keep_seconds,
            receiving=upload.receiving is not None,
        )

    def _ended(self, upload: HeldUpload) -> None:
        """Note that a request brings no more bytes."""
        upload.receiving = None
        if upload.whole:
            self._announce(upload)

    def _announce(self, upload: HeldUpload) -> None:
        whole = self._view(upload)
        for call in self._when_whole:
            call(whole)

    def _interrupt(self, upload: HeldUpload) -> None:
        if upload.receiving is not None:
            upload.receiving.end()

    def _remove(self, upload: HeldUpload) -> None:
        with self._lock:
            if self._table.pop(upload.id, None) is None:
                return
        with upload.lock:
            self._interrupt(upload)
            shutil.rmtree(upload.stored.folder, ignore_errors=True)
        for call in self._when_removed:
            call(upload.id)

    def _all(self) -> list[HeldUpload]:
        with self._lock:
            return list(self._table.values())

    def _upload(self, owner: str, identifier: str) -> HeldUpload:
        with self._lock:
            upload = self._table.get(identifier)
        if upload is None or upload.stored.owner != owner or self._is_over(upload):
            raise NotServedError(
                "There is no such upload; it may have been discarded, or was left for "
                "too long."
            )
        return upload

    def _is_over(self, upload: HeldUpload) -> bool:
        until = upload.stored.last + self.quotas.keep_seconds
        return upload.receiving is None and until <= self._now()
