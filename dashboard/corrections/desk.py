"""What pages ask of corrections: uploads, drafts and commits, where they may.

Whether they may is decided elsewhere: a server can be read-only, a plate signed off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.corrections.versions import field_history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from dashboard.access import Access
    from dashboard.corrections.correction import Corrections
    from dashboard.corrections.uploads import Receiving, Uploads
    from dashboard.corrections.values import Source, Staged, Upload, VersionView
    from dashboard.plates.served import ServedPlate
    from hcs.metadata import Who


class CorrectionDesk:
    """Takes files and corrections of all pages, and refuses what is locked.

    Parameters
    ----------
    access, uploads, corrections
        What the work is done with.
    refuse_if_signed
        Raises where the plate of a key is signed off.
    held_open
        Keeps the plate of a key from being signed off meanwhile.
    measure
        Told of a plate that has changed.
    """

    def __init__(
        self,
        access: Access,
        uploads: Uploads,
        corrections: Corrections,
        *,
        refuse_if_signed: Callable[[str], object],
        held_open: Callable[[str], AbstractContextManager[None]],
        measure: Callable[[ServedPlate], object],
    ) -> None:
        self._access = access
        self._uploads = uploads
        self._corrections = corrections
        self._refuse_if_signed = refuse_if_signed
        self._held_open = held_open
        self._measure = measure

    def open(self, token: str) -> None:
        """Expect files of a page."""
        self._uploads.open(token)

    def close(self, token: str) -> None:
        """Remove what a page uploaded and did not commit."""
        self._corrections.close(token)
        self._uploads.close(token)

    def begin_upload(self, token: str, name: str, size: int | None) -> Receiving:
        """Open a file to receive; see `Uploads.begin`."""
        self._access.may_write()
        return self._uploads.begin(token, name, size)

    def uploads(self, token: str) -> tuple[Upload, ...]:
        """Return the files of a page that are not committed (fast)."""
        return self._uploads.list(token)

    def remove_upload(self, token: str, upload: str) -> None:
        """Forget a file of a page."""
        self._uploads.remove(token, [upload])

    def read_pages_as(self, token: str, upload: str, axis: str) -> Upload:
        """Take the pages of a file as a person says: ``c``, ``z`` or ``t`` (fast)."""
        return self._uploads.read_pages_as(token, upload, axis, chosen=True)

    def suggest(
        self,
        token: str,
        key: str,
        well: str,
        field: str | None,
        uploads: Sequence[str],
    ) -> tuple[Source, ...]:
        """Return which channel each file seems to hold, for people to correct.

        Pages of a single file that does not say what they are become channels where
        the field has as many and one z, unless a person has said what they are.
        """
        return self._corrections.suggest(
            token, self._access.plate(key), well, field, uploads
        )

    def stage(
        self,
        token: str,
        key: str,
        well: str,
        field: str | None,
        sources: Sequence[Source],
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
        self._refuse_if_signed(key)
        return self._corrections.stage(
            token,
            self._access.plate(key),
            well,
            field,
            sources,
            acquisition=acquisition,
            label=label,
        )

    def staged(self, staged: str) -> Staged:
        """Return a correction that is not committed (fast)."""
        return self._corrections.get(staged)

    def confirm(self, staged: str, kind: str, confirmed: bool = True) -> Staged:
        """Note that a person has seen a difference and wants it (fast)."""
        return self._corrections.confirm(staged, kind, confirmed=confirmed)

    def commit(self, staged: str, who: Who, reason: str) -> VersionView:
        """Make a staged correction part of the plate.

        Raises
        ------
        BlockedError
            If a difference was not confirmed, or name or reason are empty.
        ConflictError
            If somebody else has changed the field meanwhile.
        """
        self._access.may_write()
        plate = self._access.plate(self._corrections.get(staged).key)
        self._refuse_if_signed(plate.key)
        version = self._corrections.commit(
            staged, who, reason, lambda: self._held_open(plate.key)
        )
        self._measure(plate)
        return version

    def discard(self, staged: str) -> None:
        """Forget a staged correction; its uploads stay until they are removed."""
        self._corrections.discard(staged)

    def revert(
        self,
        key: str,
        well: str,
        field: str,
        version: str,
        who: Who,
        reason: str,
        base: str | None = None,
    ) -> VersionView:
        """Make an earlier version of a field live again.

        Parameters
        ----------
        base
            Version that the person looked at; the live one where None.
        """
        self._access.may_write()
        plate = self._access.plate(key)
        with self._held_open(key):
            event = self._corrections.revert(
                plate, well, field, version, who, reason, base
            )
        self._measure(plate)
        return event

    def history(self, key: str, well: str, field: str) -> tuple[VersionView, ...]:
        """Return the versions of a field, newest first."""
        return field_history(self._access.watched(key), well, field)
