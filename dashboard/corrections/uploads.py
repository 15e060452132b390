"""Uploaded pictures: each is decoded when it has arrived, and pages take them up.

What was uploaded belongs to a person (`dashboard.uploads`). A page takes up what it
works with; what it stages goes when it ends, the files stay for the next one.
"""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.corrections.decoded_file import decoded_file
from dashboard.corrections.decoding import SECONDS, DecodingOrder
from dashboard.errors import NotServedError, RefusedError
from dashboard.uploads.values import Purpose
from hcs.errors import SourceError
from hcs.ingest import leftover

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dashboard.corrections.decoded_file import DecodedFile, DecodedImage
    from dashboard.corrections.decoders import Decoders
    from dashboard.corrections.decoding import Decoded
    from dashboard.corrections.values import Upload
    from dashboard.uploads.uploads import Uploads
    from dashboard.uploads.values import UploadedFile
    from hcs.ingest import Leftover

_PLANES = "planes.npy"
_BYTES_A_SECOND = 4 << 20
"""An archive of many images may take so much longer than a single one."""


@dataclass(slots=True)
class _PageUploads:
    owner: str
    folder: Path | None = None
    uploads: list[str] = field(default_factory=list)
    """Ids of the files that it took up, in that order."""

    refused: dict[str, Leftover] = field(default_factory=dict)
    """Files that it wanted and that are no pictures, by id."""


class DecodedUploads:
    """What the uploads of corrections hold, and which page works with which.

    Thread safety: one lock guards the tables; files are decoded outside it.

    Parameters
    ----------
    files
        The uploads of everybody.
    decoders
        Look into them.
    """

    def __init__(self, files: Uploads, decoders: Decoders) -> None:
        self._files = files
        self._decoders = decoders
        self._lock = threading.Lock()
        self._pages: dict[str, _PageUploads] = {}
        self._decoding: dict[str, Future[DecodedFile]] = {}
        files.when_whole(self._look_into)
        files.when_removed(self._forget)

    # --- pages ------------------------------------------------------------------------

    def open(self, token: str, owner: str) -> None:
        """Begin a visitor's page; its folder is made with what it stages first."""
        with self._lock:
            self._pages[token] = _PageUploads(owner)

    def owner(self, token: str) -> str:
        """Return whose page it is."""
        return self._page(token).owner

    def close(self, token: str) -> None:
        """End a page and remove what it staged; its uploads stay for their person."""
        with self._lock:
            page = self._pages.pop(token, None)
        if page is not None and page.folder is not None:
            shutil.rmtree(page.folder, ignore_errors=True)

    def folder_of(self, token: str) -> Path:
        """Return the folder of a page, made where it is not there."""
        page = self._page(token)
        if page.folder is None:
            page.folder = self._files.shared_folder() / f"page-{secrets.token_hex(8)}"
        page.folder.mkdir(mode=0o700, exist_ok=True)
        return page.folder

    def reserve(self, token: str, count: int) -> None:
        """Book bytes that a page has staged; see `Space.reserve`."""
        self._files.space.reserve(self._page(token).owner, count, token)

    # --- files ------------------------------------------------------------------------

    def take_up(self, token: str, upload: str) -> Upload:
        """Let a page work with an upload of its person, once it was looked into.

        Raises
        ------
        NotServedError
            If there is none (any more).
        SourceError
            If it is no picture that can be used.
        """
        page = self._page(token)
        try:
            decoded = self._future(page.owner, upload).result()
        except SourceError as error:
            name = self._files.get(page.owner, upload).file.name
            with self._lock:
                page.refused[upload] = leftover(name, str(error))
            raise
        with self._lock:
            if upload not in page.uploads:
                page.uploads.append(upload)
        return decoded.upload

    def put_back(self, token: str) -> None:
        """Let a page work with none of its files; they stay their person's."""
        page = self._page(token)
        with self._lock:
            page.uploads.clear()
            page.refused.clear()

    def list(self, token: str) -> tuple[Upload, ...]:
        """Return what a page has taken up, in that order."""
        page = self._page(token)
        with self._lock:
            decoding = [self._decoding.get(upload) for upload in page.uploads]
        return tuple(
            image.upload
            for future in decoding
            if future is not None and future.done() and future.exception() is None
            for image in list(future.result().images.values())
        )

    def leftovers(self, token: str) -> tuple[Leftover, ...]:
        """Return what of a page's files cannot be used, and why."""
        page = self._page(token)
        with self._lock:
            decoding = [self._decoding.get(upload) for upload in page.uploads]
            refused = tuple(page.refused.values())
        return refused + tuple(
            left
            for future in decoding
            if future is not None and future.done() and future.exception() is None
            for left in future.result().left
        )

    def contents(
        self, token: str, uploads: Sequence[str]
    ) -> tuple[tuple[Upload, ...], tuple[Leftover, ...]]:
        """Return the images of files of a page's person, and what cannot be used.

        Parameters
        ----------
        uploads
            Ids of files, or of images of them, taken up by the page or not.

        Raises
        ------
        NotServedError
            If one of them is not there (any more).
        """
        owner, chosen = self._page(token).owner, set(uploads)
        images: list[Upload] = []
        left: list[Leftover] = []
        for file in dict.fromkeys(upload.partition(".")[0] for upload in uploads):
            try:
                decoded = self._future(owner, file).result()
            except SourceError as error:
                name = self._files.get(owner, file).file.name
                left.append(leftover(name, str(error)))
                continue
            left += decoded.left
            images += (
                image.upload
                for key, image in list(decoded.images.items())
                if file in chosen or key in chosen
            )
        return tuple(images), tuple(left)

    def get(self, token: str, upload: str) -> Upload:
        """Return one file of a page's person."""
        return self._decoded(token, upload).upload

    def outcomes(self, files: Iterable[UploadedFile]) -> dict[str, Future[Upload]]:
        """Return what is, or will be, known of files that are looked into already."""
        with self._lock:
            decoding = {file.id: self._decoding.get(file.id) for file in files}
        return {
            upload: _of_upload(future)
            for upload, future in decoding.items()
            if future is not None
        }

    def outcome(self, owner: str, upload: str) -> Future[Upload]:
        """Return what will be known of a file; it fails as `take_up` does."""
        return _of_upload(self._future(owner, upload))

    def planes(self, token: str, upload: str) -> NDArray[Any]:
        """Return a file's pixels, mapped from the disk, axes as its `Upload` says."""
        file = self._decoded(token, upload)
        pixels: NDArray[Any] = np.load(file.planes, mmap_mode="r", allow_pickle=False)
        return pixels

    def plate_of(self, owner: str, upload: str) -> str:
        """Return the key of the plate that a file was given for (fast).

        Raises
        ------
        NotServedError
            If there is none of this id, or it is somebody else's.
        """
        return self._files.get(owner, upload.partition(".")[0]).file.plate

    def of_owner(self, owner: str, upload: str) -> tuple[Upload, NDArray[Any]]:
        """Return a file of a person that was looked into, and its pixels.

        Raises
        ------
        NotServedError
            If there is none of this id, or it is somebody else's.
        """
        image = self._image(owner, upload)
        pixels: NDArray[Any] = np.load(image.planes, mmap_mode="r", allow_pickle=False)
        return image.upload, pixels

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
        file = self._decoded(token, upload)
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

    def remove(self, token: str, uploads: Iterable[str]) -> None:
        """Forget files of a page's person, or images of them.

        A file goes with its last image. Unknown ids are passed over.
        """
        owner = self._page(token).owner
        files = dict.fromkeys(
            file for upload in uploads if (file := self._without(upload))
        )
        self._files.remove(owner, list(files))

    # --- inside -----------------------------------------------------------------------

    def _without(self, upload: str) -> str:
        """Forget an image; return the id of its file where nothing is left of it."""
        file, _, number = upload.partition(".")
        with self._lock:
            future = self._decoding.get(file)
            if not number or future is None or not future.done():
                return file
            images = future.result().images
            gone = images.get(upload)
            # Of several images of one file one was chosen: the others go with it.
            group = gone.upload.file if gone is not None else ""
            for key, image in list(images.items()):
                if key == upload or (group and image.upload.file == group):
                    del images[key]
                    image.planes.unlink(missing_ok=True)
            return "" if images else file

    def _look_into(self, file: UploadedFile) -> Future[DecodedFile] | None:
        """Decode a whole file, once; None where it is for something else."""
        if file.file.purpose is not Purpose.CORRECTION or not file.whole:
            return None
        future: Future[DecodedFile] = Future()
        with self._lock:
            known = self._decoding.setdefault(file.id, future)
        if known is not future:
            return known

        def decoded(work: Future[Decoded]) -> None:
            try:
                future.set_result(self._describe(file, work.result()))
            except BaseException as error:  # noqa: BLE001 - whoever asks hears of it
                future.set_exception(error)

        order = partial(self._order, file)
        self._decoders.submit(file.owner, order).add_done_callback(decoded)
        return future

    def _order(self, file: UploadedFile) -> DecodingOrder:
        source = self._files.content(file.owner, file.id)
        return DecodingOrder(
            source=str(source),
            target=str(source.with_name(_PLANES)),
            name=file.file.name,
            max_bytes=self._files.space.room(file.owner),
            seconds=SECONDS + file.file.size / _BYTES_A_SECOND,
        )

    def _describe(self, file: UploadedFile, decoded: Decoded) -> DecodedFile:
        first = self._files.folder(file.owner, file.id) / _PLANES
        looked_into = decoded_file(file, decoded, first)
        size = sum(image.planes.stat().st_size for image in looked_into.images.values())
        self._files.reserve_with(file.owner, file.id, size)
        return looked_into

    def _forget(self, upload: str) -> None:
        with self._lock:
            self._decoding.pop(upload, None)
            for page in self._pages.values():
                page.refused.pop(upload, None)
                if upload in page.uploads:
                    page.uploads.remove(upload)

    def _page(self, token: str) -> _PageUploads:
        with self._lock:
            page = self._pages.get(token)
        if page is None:
            raise RefusedError(
                "The page that this came from is no longer known. Reload it and try "
                "again."
            )
        return page

    def _future(self, owner: str, upload: str) -> Future[DecodedFile]:
        file = upload.partition(".")[0]
        future = self._look_into(self._files.get(owner, file))
        if future is None:
            raise RefusedError(
                "This upload has not arrived completely, or is for no correction."
            )
        return future

    def _decoded(self, token: str, upload: str) -> DecodedImage:
        return self._image(self._page(token).owner, upload)

    def _image(self, owner: str, upload: str) -> DecodedImage:
        images = self._future(owner, upload).result().images
        image = images.get(upload) or images.get(f"{upload}.0")
        if image is None:
            raise NotServedError("There is no such picture (any more).")
        return image


def _of_upload(decoding: Future[DecodedFile]) -> Future[Upload]:
    """Return a future of its own: whoever waits for it may give it up."""
    answer: Future[Upload] = Future()

    def done(future: Future[DecodedFile]) -> None:
        error = future.exception()
        if not answer.set_running_or_notify_cancel():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(future.result().upload)

    decoding.add_done_callback(done)
    return answer
