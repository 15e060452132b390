"""How many corrections go at once: files in, matched, prepared, committed, undone.

The workflow of one session, without a component: `correction_table` shows it. What may
be staged and committed is decided by the service.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.turns import InOrder
from dashboard.views.batch_draft import BatchDraft
from dashboard.views.batch_table import (
    fields_of,
    file_of,
    not_staged,
    present_versions,
    sorted_rows,
    with_choices,
)
from dashboard.views.failure import failure
from dashboard.views.workflow import Workflow
from hcs.deadline import is_over
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    _Work = Callable[[], Any]
    _Then = Callable[[Any], object]

    from dashboard.corrections.batch import Batch, Undone
    from dashboard.corrections.pending import PendingCorrection
    from dashboard.corrections.proposal import Proposal, StagedProposal
    from dashboard.session import Session
    from dashboard.views.batch_table import FieldKey


_MOST_EARLIER = 5
"""Batches of a plate that are offered to be undone."""


class BatchWork(Workflow[BatchDraft]):
    """The workflow, see `Workflow`."""

    def __init__(self, session: Session, changed: Callable[[], object]) -> None:
        super().__init__(session, changed, BatchDraft())
        self._said: tuple[int, int] = (0, 0)
        """Steps done and all of them, as the thread that works has said it last."""

        self._stopped = False
        self._changes = InOrder()
        session.each_poll(self._look)

    def refuse(self, reason: str) -> None:
        """Say why a step was not taken; all stays as it is."""
        self._set(error=reason)

    # --- the table --------------------------------------------------------------------

    def uploaded(self, key: str, uploads: Collection[str]) -> None:
        """Match files beside those that are here; what people said stays said."""
        known = self.draft.files if self.draft.key == key else ()
        self.draft = replace(self.draft, batch=None, undone=None, pending=0)
        self._propose(key, tuple(dict.fromkeys((*known, *uploads))))

    def _propose(self, key: str, files: tuple[str, ...]) -> None:
        service, token, owner = self._session.service, self._session.token, self._owner
        before = self.draft.proposal if self.draft.key == key else None
        if not files:
            self._set_draft(
                replace(
                    BatchDraft(key=key),
                    batch=self.draft.batch,
                    undone=self.draft.undone,
                    earlier=self.draft.earlier,
                    pending=self.draft.pending,
                )
            )
            return

        def work() -> tuple[Proposal, dict[FieldKey, str]]:
            proposal = service.batches.propose(token, key, files, owner)
            if before is not None:
                proposal = with_choices(service, proposal, before.table, owner)
                service.batches.drop(before.id, owner)
            return proposal, present_versions(service, key, proposal.table)

        self._work(
            "Matching the files…",
            work,
            lambda result: self._proposed(key, files, *result),
        )

    def _proposed(
        self,
        key: str,
        files: tuple[str, ...],
        proposal: Proposal,
        present: dict[FieldKey, str],
    ) -> None:
        ids = sorted_rows(proposal.table)
        known = [row for row in self.draft.order if row in ids]
        order = (*known, *(row for row in ids if row not in known))
        self._set(
            key=key,
            files=files,
            proposal=proposal,
            present=present,
            order=order,
        )

    def change(self, rows: Collection[str], **changes: Any) -> None:
        """Take over what a person says of some rows, after what was said before.

        What was prepared of their fields is given up: it is no longer what is meant.
        """
        self._changes.add(lambda: self._change(rows, changes))

    def _change(self, rows: Collection[str], changes: dict[str, Any]) -> None:
        proposal = self.draft.proposal
        service, owner = self._session.service, self._owner
        if proposal is None:
            self._changes.end()
            return
        key = proposal.key

        def work() -> tuple[Proposal, dict[FieldKey, str]]:
            changed = service.batches.change(proposal.id, rows, owner, **changes)
            return changed, present_versions(service, key, changed.table)

        def then(result: tuple[Proposal, dict[FieldKey, str]]) -> None:
            changed, present = result
            self._give_up(fields_of(proposal, rows) | fields_of(changed, rows))
            self._proposed(key, self.draft.files, changed, present)

        ending = self._changes.ending
        failed = ending(self._failed)
        self._session.run(work, ending(then), failed=failed, pool=Pool.FILES)

    def remove(self, rows: Collection[str]) -> None:
        """Forget the files of some rows."""
        proposal = self.draft.proposal
        if proposal is None:
            return
        self._give_up(fields_of(proposal, rows))
        gone = {
            picture.id
            for match in proposal.table.matches
            if match.id in rows
            for picture in match.pictures
        }
        for upload in gone:
            self._session.service.corrections.remove_upload(self._session.token, upload)
        left = {picture.id for picture in proposal.table.pictures} - gone
        whole = {file_of(upload) for upload in gone} - set(map(file_of, left))
        self._propose(
            proposal.key,
            tuple(file for file in self.draft.files if file not in whole),
        )

    def close(self) -> None:
        """Forget the files, and all that was prepared of them."""
        draft, service = self.draft, self._session.service
        self._give_up(set(draft.staged or ()))
        for file in draft.files:
            service.corrections.remove_upload(self._session.token, file)
        if draft.proposal is not None:
            service.batches.drop(draft.proposal.id, self._owner)
        self._set_draft(BatchDraft())

    def _give_up(self, fields: Collection[FieldKey]) -> None:
        """Discard what was prepared of some fields."""
        service, staged = self._session.service, dict(self.draft.staged or {})
        gone = [staged.pop(field) for field in tuple(staged) if field in fields]
        failed = {
            field: why
            for field, why in (self.draft.not_staged or {}).items()
            if field not in fields
        }
        self.draft = replace(self.draft, staged=staged, not_staged=failed)
        for view in gone:
            service.threads.submit(
                lambda view=view: service.corrections.discard(view.id, self._owner)  # type: ignore[misc]
            )

    # --- staging ----------------------------------------------------------------------

    def stage(self) -> None:
        """Prepare a correction of each field that rows are ready for."""
        self._changes.add(self._stage)

    def _stage(self) -> None:
        self._changes.end()  # it has only waited for what was said of the rows
        proposal = self.draft.proposal
        service, owner = self._session.service, self._owner
        if proposal is None or self.draft.busy:
            return
        self._give_up(set(self.draft.staged or ()) | set(self.draft.not_staged or ()))
        self._work(
            "Preparing the corrections…",
            lambda: service.batches.stage_all(proposal.id, owner, self._say),
            self._staged,
            total=len(proposal.table.fields),
        )

    def _staged(self, result: StagedProposal) -> None:
        self._set(
            staged={(view.well, view.field): view for view in result.staged},
            not_staged=not_staged(self.draft.proposal, result.failed),
        )

    def confirm(
        self, fields: Collection[FieldKey], kind: str, *, confirmed: bool
    ) -> None:
        """Confirm a kind of difference of some fields, or take that back."""
        staged = dict(self.draft.staged or {})
        error = ""
        for field in fields:
            view = staged.get(field)
            if view is None or all(
                difference.kind != kind for difference in view.differences
            ):
                continue
            try:
                staged[field] = self._session.service.corrections.confirm(
                    view.id, kind, confirmed, self._owner
                )
            except HCSError as problem:
                error = plain_text(problem)
        self._set(staged=staged, error=error)

    def look_at(self, field: FieldKey | None) -> None:
        """Compare the correction of a field with what is there; None goes back."""
        view = (self.draft.staged or {}).get(field) if field else None
        # The place first: what is compared in another well is compared no more.
        if view is None:
            self._session.state.update(well="", field="")
        else:
            shown = view.field if view.base is not None else ""
            self._session.state.update(plate=view.key, well=view.well, field=shown)
        self._set(looked_at=field if view else None)

    def step(self, by: int) -> None:
        """Compare the next correction, or the one before."""
        fields = list(self.draft.staged or ())
        if self.draft.looked_at in fields:
            at = fields.index(self.draft.looked_at) + by
            if 0 <= at < len(fields):
                self.look_at(fields[at])

    def follow(self, well: str) -> None:
        """Compare no more once another well is looked at."""
        looked_at = self.draft.looked_at
        if looked_at is not None and looked_at[0] != well:
            self.draft = replace(self.draft, looked_at=None)

    # --- committing -------------------------------------------------------------------

    def commit(self, fields: Collection[FieldKey], reason: str) -> None:
        """Make corrections part of the plate, one after the other."""
        who, service, owner = self._session.who(), self._session.service, self._owner
        staged = self.draft.staged or {}
        chosen = [view.id for field, view in staged.items() if field in fields]
        if self.draft.busy or not chosen:
            return
        if who is None or not reason.strip():
            self._set(error="A commit needs your name and a reason.")
            return
        self._stopped = False
        if not service.access.plate(self.draft.key).writable:
            self._work(
                "Keeping as pending…",
                lambda: service.pending.keep(chosen, who, reason, owner),
                self._now_pending,
            )
            return
        self._work(
            "Committing…",
            lambda: service.batches.commit_batch(
                chosen,
                who,
                reason,
                owner,
                self._say_batch,
                lambda: self._stopped or is_over(),
            ),
            self._committed,
            total=len(chosen),
        )

    def _committed(self, batch: Batch) -> None:
        live = {(item.well, item.field) for item in batch.committed}
        staged = {
            field: view
            for field, view in (self.draft.staged or {}).items()
            if field not in live
        }
        self._set(batch=batch, staged=staged, undone=None)
        self.read_earlier(batch.key)
        self._without(live)

    def _now_pending(self, pending: tuple[PendingCorrection, ...]) -> None:
        fields = {(correction.well, correction.field) for correction in pending}
        staged = {
            field: view
            for field, view in (self.draft.staged or {}).items()
            if field not in fields
        }
        self._set(staged=staged, pending=len(pending), batch=None, undone=None)
        self._without(fields)

    def _without(self, fields: Collection[FieldKey]) -> None:
        """Take files out of the table that have become part of the plate."""
        proposal = self.draft.proposal
        if proposal is None or not fields:
            return
        gone: set[str] = set()
        left: set[str] = set()
        for match in proposal.table.matches:
            live = (match.well, match.field) in fields and match.ready
            files = gone if live else left
            files |= {file_of(picture.id) for picture in match.pictures}
        self._propose(
            proposal.key,
            tuple(file for file in self.draft.files if file not in gone - left),
        )

    def stop(self) -> None:
        """Commit no more after the one that is being committed."""
        self._stopped = True

    def undo(self, batch: str, reason: str) -> None:
        """Take a batch back, as far as its versions are still live."""
        who, service = self._session.who(), self._session.service
        key = self._session.state.plate
        if self.draft.busy:
            return
        if who is None or not reason.strip():
            self._set(error="An undo needs your name and a reason.")
            return
        self._work(
            "Undoing…",
            lambda: service.batches.undo_batch(key, batch, who, reason, self._say),
            lambda undone: self._undone(key, undone),
        )

    def _undone(self, key: str, undone: Undone) -> None:
        self._set(undone=undone, batch=undone.batch)
        self.read_earlier(key)

    def read_earlier(self, key: str) -> None:
        """Read which batches a plate has, in a thread."""
        service = self._session.service
        self._session.run(
            lambda: service.batches.batches(key),
            lambda batches: self._set(earlier=batches[:_MOST_EARLIER]),
            of=lambda: self._session.state.plate,
        )

    # --- inside -----------------------------------------------------------------------

    def _say(self, done: int, total: int) -> None:
        self._said = done, total

    def _say_batch(self, batch: Batch) -> None:
        self._said = batch.done, len(batch.items)

    def _look(self) -> None:
        """Show how far the work is, some times a second."""
        done, total = self._said
        shown = self.draft.done, self.draft.total
        if self.draft.busy and total and (done, total) != shown:
            self._set(done=done, total=total)

    def _set_draft(self, draft: BatchDraft) -> None:
        self.draft = draft
        self._changed()

    def _work(self, text: str, work: _Work, then: _Then, total: int = 0) -> None:
        """Do one step off the event loop."""
        self._said = 0, total
        self._set(busy=text, error="", done=0, total=total)

        def finished(result: Any) -> None:
            self.draft = replace(self.draft, busy="", done=0, total=0)
            then(result)

        self._session.run(work, finished, failed=self._failed, pool=Pool.CHANGES)

    def _failed(self, error: BaseException) -> None:
        self._set(busy="", done=0, total=0, error=failure(error))
