"""What pages ask of corrections: uploads, drafts and commits, where they may.

A staged correction is a file in the workspace. Nothing touches the plate before
`commit`, which checks on the server what the page checked before. Whether a plate may
be written is decided elsewhere: a server can be read-only, a plate signed off.

Uploads and staged corrections belong to a visitor, by `Visitor.subject`: what is
somebody else's is as if it were not there.
"""

from __future__ import annotations

import contextlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from dashboard.access import NOT_WRITABLE, must_be_there
from dashboard.accounts import LOCAL
from dashboard.corrections.commits import look_again
from dashboard.corrections.drafting import find_target, likely_axis, suggest
from dashboard.corrections.readiness import check_ready, checked_words
from dashboard.corrections.staged_pixels import levels
from dashboard.corrections.staging import stage_correction
from dashboard.corrections.versions import field_history, version_view
from dashboard.errors import BlockedError, NotServedError, RefusedError
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from dashboard.access import Access
    from dashboard.corrections.commits import Commits
    from dashboard.corrections.pixel_checks import PixelChecks
    from dashboard.corrections.staged import StagedCorrection, StagedCorrections
    from dashboard.corrections.uploads import DecodedUploads
    from dashboard.corrections.values import SourceFile, Staged, Upload, VersionView
    from dashboard.plates.served import ServedPlate
    from dashboard.uploads.values import UploadedFile
    from hcs import NgffImage
    from hcs.ingest import Leftover
    from hcs.metadata import Who

_ALONE: Mapping[str, object] = MappingProxyType({})


class CorrectionDesk:
    """Takes files and corrections of all pages, and refuses what is locked.

    Parameters
    ----------
    access, uploads, staged, commits, checks
        What the work is done with.
    refuse_if_signed
        Raises where the plate of a key is signed off.
    unsigned
        Keeps the plate of a key from being signed off meanwhile.
    measure
        Called with a plate that has changed.
    """

    def __init__(
        self,
        access: Access,
        uploads: DecodedUploads,
        staged: StagedCorrections,
        commits: Commits,
        checks: PixelChecks,
        *,
        refuse_if_signed: Callable[[str], object],
        unsigned: Callable[[str], AbstractContextManager[None]],
        measure: Callable[[ServedPlate], object],
    ) -> None:
        self._access = access
        self._uploads = uploads
        self._staged = staged
        self._commits = commits
        self._checks = checks
        self._refuse_if_signed = refuse_if_signed
        self._unsigned = unsigned
        self._measure = measure

    # --- files ------------------------------------------------------------------------

    def open(self, token: str, owner: str = LOCAL.subject) -> None:
        """Expect files of a visitor's page."""
        self._uploads.open(token, owner)

    def close(self, token: str) -> None:
        """Remove what a page has staged; a commit that has begun goes on.

        What its person has uploaded stays theirs.
        """
        for correction in self._staged.of_page(token):
            with correction.committing:
                self._drop(correction)
        self._uploads.close(token)

    def take_up(self, token: str, upload: str) -> Upload:
        """Let a page work with a file that its person has uploaded.

        This waits until the file was looked into.

        Raises
        ------
        SourceError
            If it is no picture that can be used.
        """
        return self._uploads.take_up(token, upload)

    def put_back(self, token: str) -> None:
        """Let a page work with none of its files; they stay their person's (fast)."""
        self._uploads.put_back(token)

    def known_outcomes(
        self, files: Iterable[UploadedFile]
    ) -> dict[str, Future[Upload]]:
        """Return what is known of files that are, or were, looked into (fast)."""
        return self._uploads.outcomes(files)

    def upload_outcome(self, owner: str, upload: str) -> Future[Upload]:
        """Return what will be known of a file of somebody (fast).

        The result fails with `SourceError` where it is no picture that can be used.
        """
        return self._uploads.outcome(owner, upload)

    def uploads(self, token: str) -> tuple[Upload, ...]:
        """Return what a page has taken up and not committed (fast)."""
        return self._uploads.list(token)

    def contents(
        self, token: str, uploads: Sequence[str] = ()
    ) -> tuple[tuple[Upload, ...], tuple[Leftover, ...]]:
        """Return the images of files of a page's person, and what cannot be used.

        Parameters
        ----------
        uploads
            Ids of files, or of images of them, taken up by the page or not; what it has
            taken up where there are none.

        Raises
        ------
        NotServedError
            If one of them is not there (any more).
        """
        if uploads:
            return self._uploads.contents(token, uploads)
        return self._uploads.list(token), self._uploads.leftovers(token)

    def remove_upload(self, token: str, upload: str) -> None:
        """Forget a file of a page."""
        self._uploads.remove(token, [upload])

    def read_pages_as(self, token: str, upload: str, axis: str) -> Upload:
        """Take the pages of a file as a person says: ``c``, ``z`` or ``t`` (fast)."""
        return self._uploads.read_pages_as(token, upload, axis, chosen=True)

    # --- staging ----------------------------------------------------------------------

    def suggest(
        self,
        token: str,
        key: str,
        well: str,
        field: str | None,
        uploads: Sequence[str],
    ) -> tuple[SourceFile, ...]:
        """Return which channel each file seems to hold, for people to correct.

        Pages of a single file that does not say what they are become channels where
        the field has as many and one z, unless a person has said what they are.
        """
        target = find_target(self._access.plate(key), well, field)
        files = [self._uploads.get(token, upload) for upload in uploads]
        if len(files) == 1 and files[0].pages:
            axis = likely_axis(target, files[0])
            files = [
                self._uploads.read_pages_as(token, files[0].id, axis, chosen=False)
            ]
        return suggest(target, files)

    def stage(
        self,
        token: str,
        key: str,
        well: str,
        field: str | None,
        sources: Sequence[SourceFile],
        *,
        acquisition: int | None = None,
        label: str | None = None,
    ) -> Staged:
        """Prepare a correction and say how it differs from its target.

        Parameters
        ----------
        token
            Of the page whose uploads these are.
        key, well
            The plate, and the label of the target well.
        field
            Name of the field to replace; None makes a new one.
        sources
            Which file becomes which channel. Channels that none becomes are kept from
            the present version, at full resolution.
        acquisition
            Of the new field, where the plate declares several.
        label
            What to call the new field.
        """
        self._access.may_write()
        # Of a plate that cannot be written it may be kept as pending.
        plate = self._access.plate(key)
        self._refuse_if_signed(key)
        correction = stage_correction(
            token,
            find_target(plate, well, field),
            sources,
            self._uploads,
            self._checks,
            acquisition=acquisition,
            label=label,
        )
        self._staged.add(correction)
        return correction.view

    def staged(self, staged: str, owner: str = LOCAL.subject) -> Staged:
        """Return a correction that is not committed (fast)."""
        return self._staged.get(staged, owner).view

    def plate_of(self, identifier: str, owner: str) -> str:
        """Return the plate of a staged correction, or of an upload (fast).

        Raises
        ------
        NotServedError
            If the visitor has neither of this id.
        """
        with contextlib.suppress(NotServedError):
            return self._staged.get(identifier, owner).view.key
        return self._uploads.plate_of(owner, identifier)

    def images(
        self, identifier: str, owner: str = LOCAL.subject
    ) -> tuple[NgffImage, ...]:
        """Return the resolutions of a visitor's staged correction, or upload.

        Raises
        ------
        NotServedError
            If there is neither of this id.
        """
        with contextlib.suppress(NotServedError):
            return self._staged.get(identifier, owner).images
        upload, pixels = self._uploads.of_owner(owner, identifier)
        return levels(pixels, upload.axes)

    def confirm(
        self,
        staged: str,
        kind: str,
        confirmed: bool = True,
        owner: str = LOCAL.subject,
    ) -> Staged:
        """Note that a person has seen a difference and wants it (fast).

        Raises
        ------
        BlockedError
            If the difference cannot be confirmed away.
        """
        return self._staged.confirm(staged, kind, owner, confirmed=confirmed)

    def discard(self, staged: str, owner: str = LOCAL.subject) -> None:
        """Forget a staged correction; its uploads stay until they are removed.

        Raises
        ------
        BlockedError
            If it is being committed.
        """
        with contextlib.suppress(NotServedError):
            correction = self._staged.get(staged, owner)
            with correction.alone():
                self._drop(correction)

    # --- committing -------------------------------------------------------------------

    def commit(
        self,
        staged: str,
        who: Who,
        reason: str,
        owner: str = LOCAL.subject,
        *,
        batch: Mapping[str, object] = _ALONE,
        measure: bool = True,
    ) -> VersionView:
        """Make a staged correction part of the plate.

        Parameters
        ----------
        batch
            As for `Commits.commit`.
        measure
            Whether it is measured soon; False where more corrections follow.

        Raises
        ------
        BlockedError
            If a difference was not confirmed, or name or reason are empty.
        ConflictError
            If somebody else has changed the field meanwhile.
        """
        self._access.may_write()
        correction = self._staged.get(staged, owner)
        plate = self._access.plate(correction.plate.key)
        must_be_there(plate)
        if not plate.writable:
            raise BlockedError(f"{NOT_WRITABLE} Keep the correction as pending.")
        self._refuse_if_signed(plate.key)
        who, reason = checked_words(who, reason)
        with correction.alone():
            # Asked again: it may have been committed or discarded just now.
            check_ready(self._staged.get(staged).view)
            version = self._commits.commit(
                correction, who, reason, lambda: self._unsigned(plate.key), batch
            )
            with contextlib.suppress(HCSError):  # they go by their age in any case
                self._uploads.remove(correction.token, correction.uploads)
            self._drop(correction)
        look_again(correction.plate, correction.path)
        if measure:
            self._measure(plate)
        return version_view(version, live=version.id)

    def revert(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        who: Who,
        reason: str,
        base: str | None = None,
        *,
        undoes: str = "",
        measure: bool = True,
    ) -> VersionView:
        """Make an earlier version of a field live again.

        Parameters
        ----------
        base
            Version that the person looked at; the live one where None.
        undoes
            Id of the batch that is taken back.
        measure
            Whether it is measured soon; False where more follow.
        """
        plate = self._writable(key)
        who, reason = checked_words(who, reason)
        with self._unsigned(key):
            event = self._commits.revert(
                plate, well, field, version, who, reason, base, undoes
            )
        if measure:
            self._measure(plate)
        return version_view(event, live=event.id)

    def history(self, key: str, well: str, field: str) -> tuple[VersionView, ...]:
        """Return the versions of a field, newest first."""
        return field_history(self._access.watched(key), well, field)

    # --- inside -----------------------------------------------------------------------

    def _writable(self, key: str) -> ServedPlate:
        self._access.may_write()
        plate = self._access.plate(key)
        must_be_there(plate)
        if not plate.writable:
            raise RefusedError(NOT_WRITABLE)
        return plate

    def _drop(self, correction: StagedCorrection) -> None:
        nbytes = self._staged.remove(correction)
        with contextlib.suppress(HCSError):  # its page may be gone
            self._uploads.reserve(correction.token, -nbytes)
