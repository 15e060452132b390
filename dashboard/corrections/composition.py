"""The desks of corrections, built of what the rest of the server consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.corrections.batch_desk import BatchDesk
from dashboard.corrections.batch_records import BatchRecords
from dashboard.corrections.batches import Batches
from dashboard.corrections.desk import CorrectionDesk
from dashboard.corrections.pending import PendingCorrections
from dashboard.corrections.pending_desk import PendingDesk
from dashboard.corrections.pixel_checks import PixelChecks
from dashboard.quality.planes import PlaneStore
from dashboard.quality.staged_metrics import StagedMetrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dashboard.access import Access
    from dashboard.corrections.commits import Commits
    from dashboard.corrections.staged import StagedCorrections
    from dashboard.corrections.uploads import DecodedUploads
    from dashboard.events import Events
    from dashboard.quality.judging import Judging
    from dashboard.quality.measuring import Measuring
    from dashboard.quality.metrics import MetricStore


@dataclass(frozen=True, slots=True)
class CorrectionDesks:
    """What pages ask of corrections."""

    corrections: CorrectionDesk
    batches: BatchDesk
    pending: PendingDesk


def correction_desks(
    access: Access,
    uploads: DecodedUploads,
    staged: StagedCorrections,
    commits: Commits,
    events: Events,
    *,
    measuring: Measuring,
    judging: Judging,
    metrics: MetricStore,
    pending: Path,
    refuse_if_signed: Callable[[str], object],
    unsigned: Callable[[str], AbstractContextManager[None]],
) -> CorrectionDesks:
    """Return the desks.

    Parameters
    ----------
    access, uploads, staged, commits, events, measuring, judging, metrics
        What the work is done with.
    pending
        Folder of corrections of plates that cannot be written.
    refuse_if_signed, unsigned
        As for `CorrectionDesk`.
    """
    staged_metrics = StagedMetrics(measuring, judging)
    planes = PlaneStore(metrics.engine)
    desk = CorrectionDesk(
        access,
        uploads,
        staged,
        commits,
        PixelChecks(planes, metrics.ids, staged_metrics, staged),
        refuse_if_signed=refuse_if_signed,
        unsigned=unsigned,
        measure=measuring.start,
    )
    batches = Batches(access, desk, BatchRecords(events), measuring.start)
    return CorrectionDesks(
        desk,
        BatchDesk(access, desk, batches, staged, staged_metrics),
        PendingDesk(
            access,
            desk,
            uploads,
            staged,
            PendingCorrections(pending),
            refuse_if_signed,
        ),
    )
