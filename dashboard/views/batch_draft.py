"""Where a page stands with many corrections: a plain frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.corrections.batch import Batch, Undone
    from dashboard.corrections.proposal import Proposal
    from dashboard.corrections.values import Staged
    from dashboard.views.batch_table import FieldKey


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDraft:
    """Where the workflow stands."""

    key: str = ""
    """Of the plate that the files are for."""

    files: tuple[str, ...] = ()
    """Ids of the uploads, also of those that cannot be used."""

    proposal: Proposal | None = None
    order: tuple[str, ...] = ()
    """Ids of the rows as they stand on the page; a correction moves none."""

    present: Mapping[FieldKey, str] | None = None
    """The live versions of the fields that rows are for."""

    staged: Mapping[FieldKey, Staged] | None = None
    not_staged: Mapping[FieldKey, str] | None = None
    """Why, in a sentence."""

    looked_at: FieldKey | None = None
    """The field whose correction is compared with what is there."""

    pending: int = 0
    """Corrections that were kept as pending just now."""

    batch: Batch | None = None
    undone: Undone | None = None
    earlier: tuple[Batch, ...] = ()
    """Batches of the plate, newest first, whoever committed them."""

    busy: str = ""
    """What is being done, in words; "" where nothing is."""

    done: int = 0
    total: int = 0
    error: str = ""

    @property
    def compared(self) -> Staged | None:
        """The staged correction that is looked at."""
        return (self.staged or {}).get(self.looked_at) if self.looked_at else None
