"""In which order wells are looked at, and how far the review of a plate is; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.reviews.acts import BASES, Subject
from dashboard.reviews.verdict_table import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.plates.values import PlateOverview
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
    listed = [well for well in overview.wells if well.listed]
    held = [verdict for well in listed if (verdict := review.of(Subject(well.path)))]
    return Tally(
        total=len(listed),
        reviewed=sum(not verdict.stale for verdict in held),
        stale=sum(verdict.stale for verdict in held),
        verdicts={
            word: sum(verdict.act.verdict == word for verdict in held)
            for word in VERDICTS
        },
        bases={
            word: sum(verdict.act.basis == word for verdict in held) for word in BASES
        },
    )


def unjudged(overview: PlateOverview, review: PlateReview) -> Sequence[Subject]:
    """Return the listed wells without a verdict that holds and is current."""
    return [
        subject
        for well in overview.wells
        if well.listed
        for subject in [Subject(well.path)]
        if (held := review.of(subject)) is None or held.stale
    ]
