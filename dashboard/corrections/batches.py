"""Committing many corrections in one go, and taking them back."""

from __future__ import annotations

import contextlib
import secrets
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.corrections.batch import Batch, BatchItem, LeftAlone, Undone
from dashboard.errors import BlockedError
from hcs.deadline import go_on
from hcs.errors import ConflictError, HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dashboard.access import Access
    from dashboard.corrections.batch_records import BatchRecords
    from dashboard.corrections.desk import CorrectionDesk
    from dashboard.plates.served import ServedPlate
    from hcs.metadata import Who

AT_ONCE = 2
"""Corrections of a batch that are written at the same time."""


class Batches:
    """Acts on the corrections of one person that belong together.

    Parameters
    ----------
    access, desk
        What single plates and single corrections are asked of.
    records
        Reads batches back.
    measure
        Called with a plate that has changed.
    """

    def __init__(
        self,
        access: Access,
        desk: CorrectionDesk,
        records: BatchRecords,
        measure: Callable[[ServedPlate], object],
    ) -> None:
        self._access = access
        self._desk = desk
        self._records = records
        self._measure = measure

    def commit(
        self,
        staged: Sequence[str],
        who: Who,
        reason: str,
        owner: str,
        progress: Callable[[Batch], object],
        stopping: Callable[[], bool],
    ) -> Batch:
        """Commit staged corrections of one plate with one reason.

        They are begun in their order, and a few are written at the same time.

        Parameters
        ----------
        staged
            Their ids.
        who, reason
            As for `CorrectionDesk.commit`.
        progress
            Called with the batch before and after each of them.
        stopping
            Asked before each of them; those that are left then stay staged.

        Returns
        -------
            What became of each. A failure of one leaves the others as they are.

        Raises
        ------
        NotServedError
            If one of them is not there (any more). Nothing was committed then.
        """
        views = [self._desk.staged(identifier, owner) for identifier in staged]
        batch = Batch(
            id=secrets.token_hex(12),
            key=views[0].key if views else "",
            who=who.name,
            why=reason,
            total=len(views),
            items=tuple(
                BatchItem(
                    staged=view.id,
                    well=view.well,
                    field=view.field,
                    words=view.view.words,
                    supersedes=view.base or "",
                )
                for view in views
            ),
        )
        waiting = deque(enumerate(batch.items))
        running: dict[Future[BatchItem], int] = {}
        # One waits for the disk while another compresses.
        with ThreadPoolExecutor(AT_ONCE, "committing") as pool:
            while waiting or running:
                while waiting and len(running) < AT_ONCE and not stopping():
                    number, item = waiting.popleft()
                    batch = _with_item(batch, number, replace(item, state="committing"))
                    part = {"batch": batch.id, "of": batch.total}
                    work = pool.submit(self._commit, item, who, reason, owner, part)
                    running[work] = number
                progress(batch)
                if not running:
                    break
                for work in wait(running, return_when=FIRST_COMPLETED).done:
                    batch = _with_item(batch, running.pop(work), work.result())
        progress(batch)
        if batch.committed:
            self._measure(self._access.plate(batch.key))
        return batch

    def of_plate(self, key: str) -> tuple[Batch, ...]:
        """Return the batches of a plate, newest first, whoever committed them."""
        return self._records.of_plate(self._access.watched(key))

    def undo(
        self,
        key: str,
        batch: str,
        who: Who,
        reason: str,
        progress: Callable[[int, int], object],
    ) -> Undone:
        """Take back what of a batch its fields still show; the rest is left and named.

        Each field shows again what it showed before the batch, by a revert that its
        history keeps.

        Parameters
        ----------
        key, batch
            The plate and the id of one of its batches, also of one that was interrupted
            or committed by another server.
        who, reason
            As for `CorrectionDesk.revert`.
        progress
            Called with the number of fields that are done and that there are.

        Raises
        ------
        NotServedError
            If the plate has no such batch.
        """
        plate = self._access.watched(key)
        items = self._records.get(plate, batch).committed
        reverted, left = [], []
        for done, item in enumerate(items):
            progress(done, len(items))
            go_on()
            try:
                reverted.append(self._revert(plate, item, who, reason, batch))
            except HCSError as error:
                why = self._since(key, item) or str(error)
                left.append(LeftAlone(well=item.well, field=item.words, reason=why))
        progress(len(items), len(items))
        if reverted:
            self._measure(plate)
        return Undone(
            batch=self._records.get(plate, batch),
            reverted=tuple(reverted),
            left=tuple(left),
        )

    def _commit(
        self,
        item: BatchItem,
        who: Who,
        reason: str,
        owner: str,
        part: Mapping[str, object],
    ) -> BatchItem:
        try:
            version = self._desk.commit(
                item.staged, who, reason, owner, batch=part, measure=False
            )
        except HCSError as error:
            return replace(item, state="failed", reason=str(error))
        return replace(item, state="committed", version=version.id, live=True)

    def _revert(
        self, plate: ServedPlate, item: BatchItem, who: Who, reason: str, batch: str
    ) -> BatchItem:
        """Show again what a field showed before a batch.

        Raises
        ------
        HCSError
            If it was a new field, or no longer shows the version of the batch.
        """
        if not item.supersedes:
            raise BlockedError(
                "It is a new field, which showed nothing before; fail it instead."
            )
        if not item.live:
            raise ConflictError("It does not show the version of this batch.")
        self._desk.revert(
            plate.key,
            item.well,
            item.field,
            item.supersedes,
            who,
            reason,
            item.version,
            undoes=batch,
            measure=False,
        )
        return replace(item, live=False)

    def _since(self, key: str, item: BatchItem) -> str:
        """Return what was done to a field since a batch, in a sentence, or ""."""
        with contextlib.suppress(HCSError):
            last = self._desk.history(key, item.well, item.field)[0]
            if last.id != item.version or last.action != "correct":
                act = "reverted" if last.action == "revert" else "corrected again"
                return (
                    f"It was {act} since by {last.who or 'somebody'}, {last.when}: "
                    f"{last.why!r}."
                )
        return ""


def _with_item(batch: Batch, number: int, item: BatchItem) -> Batch:
    items = (*batch.items[:number], item, *batch.items[number + 1 :])
    return replace(batch, items=items)
