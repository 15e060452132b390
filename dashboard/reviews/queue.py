"""In which order wells are looked at, and how far the review of a plate is; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.reviews.acts import BASES
from dashboard.reviews.verdict_table import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.plates.values import PlateOverview, WellState
    from dashboard.quality.judgement import Judgement
    from dashboard.reviews.values import PlateReview

REASON_OF = {
    "focus": "focus",
    "saturation": "saturated",
    "background": "autofluorescent",
    "uneven light": "uneven",
    "empty": "empty",
    "debris": "debris",
    "channel shift": "shift",
    "missing": "missing",
    "unreadable": "missing",
    "not finite": "other",
    "constant": "channel",
}
"""The reason that a kind of suspicion proposes; the person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A well that somebody should look at."""

    well: str
    """Label."""

    score: float = 0.0
    kind: str = ""
    """The failure in one word, as `hcs.qc` has it; empty where unknown."""

    text: str = ""
    """Why, in words."""

    field: str = ""
    """Name of its worst field."""

    @property
    def reason(self) -> str:
        """The code that is proposed for it."""
        return REASON_OF.get(self.kind, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far the review of a plate is."""

    total: int = 0
    """Wells that the plate lists."""

    reviewed: int = 0
    """Wells with a verdict of their own that is not stale."""

    stale: int = 0
    verdicts: dict[str, int]
    """Wells by verdict, stale ones too."""

    bases: dict[str, int]
    """Wells by what their verdict is based on, stale ones too."""


def entries(judgement: Judgement) -> tuple[QueueEntry, ...]:
    """Return the wells that somebody should look at, the worst first."""
    return tuple(
        QueueEntry(
            well=suspect.well,
            score=suspect.score,
            kind=suspect.reasons[0].kind if suspect.reasons else "",
            text=suspect.text,
            field=suspect.field,
        )
        for suspect in judgement.suspects
    )


def order(overview: PlateOverview, suspects: Iterable[QueueEntry]) -> list[str]:
    """Return the labels of all listed wells: suspects first, the others by position."""
    listed = [well.label for well in overview.wells if well.listed]
    known = set(listed)
    first = [suspect.well for suspect in suspects if suspect.well in known]
    taken = set(first)
    return [*dict.fromkeys(first), *(label for label in listed if label not in taken)]


def tally(overview: PlateOverview, review: PlateReview) -> Tally:
    """Count what was judged."""
    listed = {well.path for well in overview.wells if well.listed}
    held = [verdict for path, verdict in review.on_wells().items() if path in listed]
    stale = sum(verdict.stale for verdict in held)
    verdicts = Counter(verdict.act.verdict for verdict in held)
    bases = Counter(verdict.act.basis for verdict in held)
    return Tally(
        total=len(listed),
        reviewed=len(held) - stale,
        stale=stale,
        verdicts={word: verdicts[word] for word in VERDICTS},
        bases={word: bases[word] for word in BASES},
    )


def unjudged(overview: PlateOverview, review: PlateReview) -> list[WellState]:
    """Return the listed wells without a verdict that holds and is current."""
    on_wells = review.on_wells()
    return [
        well
        for well in overview.wells
        if well.listed and ((held := on_wells.get(well.path)) is None or held.stale)
    ]
