"""What pages ask of corrections of plates that cannot be written."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dashboard.access import must_be_there
from dashboard.accounts import LOCAL
from dashboard.corrections.readiness import check_ready, checked_words
from dashboard.errors import BlockedError
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dashboard.access import Access
    from dashboard.corrections.desk import CorrectionDesk
    from dashboard.corrections.pending import PendingCorrection, PendingCorrections
    from dashboard.corrections.staged import StagedCorrections
    from dashboard.corrections.uploads import DecodedUploads
    from hcs import NgffImage
    from hcs.metadata import Who


class PendingDesk:
    """Keeps corrections in the workspace that no plate can take.

    They are shown beside the present picture and enter nothing else: no value,
    statistic, suspicion, report or export but their own.

    Parameters
    ----------
    access, desk, uploads, staged, pending
        What the work is done with.
    refuse_if_signed
        Raises where the plate of a key is signed off.
    """

    def __init__(
        self,
        access: Access,
        desk: CorrectionDesk,
        uploads: DecodedUploads,
        staged: StagedCorrections,
        pending: PendingCorrections,
        refuse_if_signed: Callable[[str], object],
    ) -> None:
        self._access = access
        self._desk = desk
        self._uploads = uploads
        self._staged = staged
        self._pending = pending
        self._refuse_if_signed = refuse_if_signed

    def keep(
        self,
        staged: Sequence[str],
        who: Who,
        reason: str,
        owner: str = LOCAL.subject,
    ) -> tuple[PendingCorrection, ...]:
        """Keep staged corrections, with one reason.

        Those that come before one that is refused are kept.

        Raises
        ------
        BlockedError
            If a difference was not confirmed, name or reason are empty, or the plate
            can be written: then it is to be committed.
        """
        self._access.may_write()
        return tuple(
            self._keep(correction, who, reason, owner) for correction in staged
        )

    def of_plate(self, key: str) -> tuple[PendingCorrection, ...]:
        """Return the pending corrections of a plate, oldest first, whoever's."""
        return self._pending.of_plate(self._access.plate(key))

    def discard(self, key: str, pending: str) -> None:
        """Forget a pending correction of a plate."""
        self._access.may_write()
        plate = self._access.plate(key)
        self._pending.remove(plate, pending)
        plate.bump()

    def images(self, key: str, pending: str) -> tuple[NgffImage, ...]:
        """Return the resolutions of a pending correction."""
        return self._pending.images(self._access.plate(key), pending)

    def exported(self, key: str) -> AbstractContextManager[Path]:
        """Return a block with a zip of a plate's pending corrections.

        ``hcs correct PLATE corrections.zip`` takes it where the plate is written.
        """
        return self._pending.exported(self._access.plate(key))

    def _keep(
        self, staged: str, who: Who, reason: str, owner: str
    ) -> PendingCorrection:
        correction = self._staged.get(staged, owner)
        must_be_there(correction.plate)
        if correction.plate.writable:
            raise BlockedError("This plate can be written: commit the correction.")
        self._refuse_if_signed(correction.plate.key)
        who, reason = checked_words(who, reason)
        with correction.alone():
            check_ready(self._staged.get(staged).view)
            pending = self._pending.keep(correction, who, reason)
            with contextlib.suppress(HCSError):  # they go by their age in any case
                self._uploads.remove(correction.token, correction.uploads)
        self._desk.discard(staged, owner)
        correction.plate.bump()
        return pending
