"""What pages ask of many corrections at once: a table, staging, committing, undoing.

Each correction is staged and committed as `CorrectionDesk` does it, one by one: a
failure of one leaves the others as they are.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.accounts import LOCAL
from dashboard.corrections.batch import Batch, BatchItem, LeftAlone, Undone
from dashboard.corrections.proposal import NotStaged, Proposals, StagedProposal
from dashboard.corrections.upload_pictures import pictures_of
from dashboard.corrections.values import SourceFile
from dashboard.errors import BlockedError
from dashboard.plates.survey import first_field
from hcs.errors import ConflictError, HCSError
from hcs.ingest import match_pictures, match_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from dashboard.access import Access
    from dashboard.corrections.batch_records import BatchRecords
    from dashboard.corrections.desk import CorrectionDesk
    from dashboard.corrections.proposal import Proposal
    from dashboard.plates.served import ServedPlate
    from hcs.ingest import FieldMatch, MatchTarget
    from hcs.metadata import Who


class BatchDesk:
    """Takes many corrections in one go.

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
        self._proposals = Proposals()

    # --- the table --------------------------------------------------------------------

    def propose(
        self,
        token: str,
        key: str,
        uploads: Sequence[str],
        owner: str = LOCAL.subject,
    ) -> Proposal:
        """Return what uploads are for on a plate; nothing is staged.

        Parameters
        ----------
        token
            Of the page whose uploads these are.
        key
            The plate.
        uploads
            Their ids; all of the page's where there are none.
        """
        self._access.may_write()
        plate = self._access.plate(key)
        present = {upload.id: upload for upload in self._desk.uploads(token)}
        chosen = [present[each] for each in uploads or present if each in present]
        table = match_pictures(pictures_of(chosen), _target(plate))
        return self._proposals.add(key, table, token, owner)

    def proposal(self, proposal: str, owner: str = LOCAL.subject) -> Proposal:
        """Return a proposal (fast)."""
        return self._proposals.get(proposal, owner)

    def change(
        self,
        proposal: str,
        rows: Collection[str],
        owner: str = LOCAL.subject,
        **changes: Any,
    ) -> Proposal:
        """Return a proposal after a person has said something of some rows.

        Parameters
        ----------
        proposal, rows
            Ids of the proposal and of the rows.
        **changes
            As for `hcs.ingest.MatchTable.with_change`: ``well``, ``field``,
            ``channel``, ``pages``, ``series``, ``excluded``.
        """
        return self._proposals.change(
            proposal, owner, lambda table: table.with_change(rows, **changes)
        )

    def drop(self, proposal: str, owner: str = LOCAL.subject) -> None:
        """Forget a proposal; its uploads stay."""
        self._proposals.drop(proposal, owner)

    # --- staging ----------------------------------------------------------------------

    def stage_all(
        self,
        proposal: str,
        owner: str = LOCAL.subject,
        progress: Callable[[int, int], object] = lambda done, total: None,
    ) -> StagedProposal:
        """Stage every field that the rows of a proposal are ready for.

        Parameters
        ----------
        proposal
            Its id; it stays.
        progress
            Called with the number of fields that are staged and that there are.
        """
        held = self._proposals.get(proposal, owner)
        token = self._proposals.token(proposal, owner)
        fields = held.table.fields
        staged, failed = [], []
        for done, correction in enumerate(fields):
            progress(done, len(fields))
            label = correction.field.label
            try:
                self._read_pages(token, correction)
                view = self._desk.stage(
                    token,
                    held.key,
                    correction.well,
                    correction.field.name,
                    sources_of(correction),
                )
            except HCSError as error:
                failed.append(
                    NotStaged(
                        well=correction.well, field_label=label, reason=str(error)
                    )
                )
            else:
                staged.append(view)
        progress(len(fields), len(fields))
        return StagedProposal(staged=tuple(staged), failed=tuple(failed))

    # --- committing -------------------------------------------------------------------

    def commit_batch(
        self,
        staged: Sequence[str],
        who: Who,
        reason: str,
        owner: str = LOCAL.subject,
        progress: Callable[[Batch], object] = lambda batch: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Batch:
        """Commit staged corrections of one plate with one reason, one after the other.

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
        views = [self._desk.staged(each, owner) for each in staged]
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
                    field_label=view.field_label,
                    supersedes=view.base or "",
                )
                for view in views
            ),
        )
        part = {"batch": batch.id, "of": batch.total}
        for number, item in enumerate(batch.items):
            if stopping():
                break
            batch = _with_item(batch, number, replace(item, state="committing"))
            progress(batch)
            ended = self._commit(item, who, reason, owner, part)
            batch = _with_item(batch, number, ended)
        progress(batch)
        if batch.committed:
            self._measure(self._access.plate(batch.key))
        return batch

    # --- taking back ------------------------------------------------------------------

    def batches(self, key: str) -> tuple[Batch, ...]:
        """Return the batches of a plate, newest first, whoever committed them."""
        return self._records.of_plate(self._access.watched(key))

    def undo_batch(
        self,
        key: str,
        batch: str,
        who: Who,
        reason: str,
        progress: Callable[[int, int], object] = lambda done, total: None,
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
            try:
                reverted.append(self._revert(plate, item, who, reason, batch))
            except HCSError as error:
                why = self._since(key, item) or str(error)
                left.append(
                    LeftAlone(well=item.well, field_label=item.field_label, reason=why)
                )
        progress(len(items), len(items))
        if reverted:
            self._measure(plate)
        return Undone(
            batch=self._records.get(plate, batch),
            reverted=tuple(reverted),
            left=tuple(left),
        )

    # --- inside -----------------------------------------------------------------------

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

    def _read_pages(self, token: str, correction: FieldMatch) -> None:
        for match in correction.matches:
            if match.pages:
                self._desk.read_pages_as(token, match.picture.id, match.pages)


def _with_item(batch: Batch, number: int, item: BatchItem) -> Batch:
    items = (*batch.items[:number], item, *batch.items[number + 1 :])
    return replace(batch, items=items)


def sources_of(correction: FieldMatch) -> list[SourceFile]:
    """Return which upload becomes which channel of a field."""
    return [
        SourceFile(
            upload=match.picture.id,
            channel=match.channels[0] if len(match.channels) == 1 else None,
            order=match.channels if len(match.channels) > 1 else (),
            more=tuple(picture.id for picture in match.pictures[1:]),
        )
        for match in correction.matches
    ]


def _target(plate: ServedPlate) -> MatchTarget:
    position = first_field(plate)
    image = None
    if position is not None:
        view = plate.field(*position)
        image = plate.image(*position, view.version)
    return match_target(plate.plate, image=image)
