"""What pages ask of many corrections at once: a table, staging, committing, undoing.

Each correction is staged and committed as `CorrectionDesk` does it, one by one: a
failure of one leaves the others as they are.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.accounts import LOCAL
from dashboard.corrections.batch import Batch, BatchItem
from dashboard.corrections.proposal import NotStaged, Proposals, StagedProposal
from dashboard.corrections.upload_pictures import pictures_of
from dashboard.corrections.values import SourceFile
from dashboard.plates.survey import first_field
from hcs.errors import HCSError
from hcs.ingest import match_pictures, match_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from dashboard.access import Access
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
    """

    def __init__(self, access: Access, desk: CorrectionDesk) -> None:
        self._access = access
        self._desk = desk
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
        for number, item in enumerate(batch.items):
            batch = _with_item(batch, number, replace(item, state="committing"))
            progress(batch)
            batch = _with_item(batch, number, self._commit(item, who, reason, owner))
        progress(batch)
        return batch

    # --- inside -----------------------------------------------------------------------

    def _commit(self, item: BatchItem, who: Who, reason: str, owner: str) -> BatchItem:
        try:
            version = self._desk.commit(item.staged, who, reason, owner)
        except HCSError as error:
            return replace(item, state="failed", reason=str(error))
        return replace(item, state="committed", version=version.id, live=True)

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
