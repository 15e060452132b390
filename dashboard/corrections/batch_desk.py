"""What pages ask of many corrections at once: a table, staging, committing, undoing.

Each correction is staged and committed as `CorrectionDesk` does it, by itself: a
failure of one leaves the others as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.accounts import LOCAL
from dashboard.corrections.comparison import Comparison, histograms, metric_rows
from dashboard.corrections.proposal import NotStaged, Proposals, StagedProposal
from dashboard.corrections.staged_pixels import Stack
from dashboard.corrections.upload_pictures import pictures_of
from dashboard.corrections.values import SourceFile
from dashboard.plates.survey import first_field
from hcs.deadline import go_on
from hcs.errors import HCSError
from hcs.ingest import match_pictures, match_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from dashboard.access import Access
    from dashboard.corrections.batch import Batch, Undone
    from dashboard.corrections.batches import Batches
    from dashboard.corrections.desk import CorrectionDesk
    from dashboard.corrections.proposal import Proposal
    from dashboard.corrections.staged import StagedCorrection, StagedCorrections
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.staged_metrics import StagedMetrics
    from hcs.ingest import FieldMatch, MatchTarget
    from hcs.metadata import Who


class BatchDesk:
    """Takes many corrections in one go.

    Parameters
    ----------
    access, desk
        What single plates and single corrections are asked of.
    batches
        Commits many and takes them back.
    staged, metrics
        What is staged, and how that is measured.
    """

    def __init__(
        self,
        access: Access,
        desk: CorrectionDesk,
        batches: Batches,
        staged: StagedCorrections,
        metrics: StagedMetrics,
    ) -> None:
        self._access = access
        self._desk = desk
        self._batches = batches
        self._staged = staged
        self._metrics = metrics
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
            Ids of files, or of images of them, taken up by the page or not; all that
            it has taken up where there are none. What cannot be used is left over.

        Raises
        ------
        NotServedError
            If one of them is not there (any more).
        """
        self._access.may_write()
        plate = self._access.plate(key)
        chosen, left = self._desk.contents(token, uploads)
        table = match_pictures(pictures_of(chosen), _target(plate), leftovers=left)
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
        proposed = self._proposals.get(proposal, owner)
        token = self._proposals.token(proposal, owner)
        fields = proposed.table.fields
        staged, failed = [], []
        for done, correction in enumerate(fields):
            go_on()
            progress(done, len(fields))
            label = correction.field.label
            try:
                self._read_pages(token, correction)
                view = self._desk.stage(
                    token,
                    proposed.key,
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

    def comparison(self, staged: str, owner: str = LOCAL.subject) -> Comparison:
        """Return what a staged correction changes, in numbers and in words.

        This measures its pixels, which takes as long as measuring a field; nothing of
        it is kept.

        Parameters
        ----------
        staged
            Its id. What speaks against it are `Staged.differences`.
        """
        correction = self._staged.get(staged, owner)
        view, plate, level = correction.view, correction.plate, correction.images[0]
        names = correction.assembly.channels
        field = None if view.base is None else view.field
        return Comparison(
            staged=staged,
            rows=metric_rows(
                self._metrics.changes(plate, view.well, field, level, names), names
            ),
            histograms=histograms(
                None if view.base is None else self._present(correction, view.base),
                Stack(level.data, tuple(level.dims)),
                names,
                correction.assembly.brought,
            ),
        )

    def _present(self, correction: StagedCorrection, base: str) -> Stack | None:
        """Return the pixels that would be replaced, None where they cannot be read."""
        view = correction.view
        try:
            image = correction.plate.image(view.well, view.field, base)
        except HCSError:
            return None
        level = image.images[0]
        return Stack(level.data, tuple(level.dims))

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
        """Commit staged corrections with one reason; see `Batches.commit`."""
        return self._batches.commit(staged, who, reason, owner, progress, stopping)

    def batches(self, key: str) -> tuple[Batch, ...]:
        """Return the batches of a plate, newest first, whoever committed them."""
        return self._batches.of_plate(key)

    def undo_batch(
        self,
        key: str,
        batch: str,
        who: Who,
        reason: str,
        progress: Callable[[int, int], object] = lambda done, total: None,
    ) -> Undone:
        """Take a batch back as far as it still shows; see `Batches.undo`."""
        return self._batches.undo(key, batch, who, reason, progress)

    # --- inside -----------------------------------------------------------------------

    def _read_pages(self, token: str, correction: FieldMatch) -> None:
        for match in correction.matches:
            if match.pages:
                self._desk.read_pages_as(token, match.picture.id, match.pages)


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
