"""What is odd about a plate, as pages and reports show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hcs.qc import LEAST_FIELDS
from hcs.wording import counted

if TYPE_CHECKING:
    from hcs.qc import Check, Cut

MOST = 10.0
"""Scores are drawn up to here; an unreadable field has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One reason why a field is suspect."""

    kind: str
    text: str
    """``"channel DNA, field s3: out of focus? (focus -6.1), worst of 96"``."""

    brief: str
    """It in a line of a list: ``"out of focus? (focus -6.1), DNA"``."""

    field: str = ""
    """Name of the field, "" for the well as a whole."""

    metric: str = ""
    """Metric of the page that it is based on, "" without."""

    score: float = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectView:
    """A well that somebody should look at."""

    well: str
    """Label."""

    score: float
    """Of the worst reason, at most `MOST`."""

    field: str
    """Name of the worst field, "" for the well as a whole."""

    reasons: tuple[ReasonView, ...]
    """The worst first, of all its fields."""

    @property
    def text(self) -> str:
        """The reasons in one line, those beyond three counted."""
        shown = "; ".join(reason.text for reason in self.reasons[:3])
        more = len(self.reasons) - 3
        return f"{shown}; and {more} more" if more > 0 else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is odd about a plate."""

    ready: bool = False
    """False while it is measured: then suspicion is pending."""

    problem: str = ""
    """Why it could not be judged when it was tried last, "" where it could: what else
    stands here is older."""

    suspects: tuple[SuspectView, ...] = ()
    """The worst first."""

    banner: tuple[str, ...] = ()
    """What is wrong with the plate as a whole, in words."""

    fields: int = 0
    """Fields that were judged."""

    moved: bool = False
    """The plate is no longer what the kept baseline was made of."""

    by_well: dict[str, SuspectView] = field(default_factory=dict)
    unusual: tuple[SuspectView, ...] = ()
    """Wells that stand out within their role in what treatment moves: never suspect
    for this alone."""

    cuts: dict[str, Cut] = field(default_factory=dict)
    """Values from which on a field is suspect, by metric of the page."""

    own_cuts: frozenset[str] = frozenset()
    """Metrics whose cut-offs a person has set."""

    medians: dict[tuple[str, str], float] = field(default_factory=dict)
    """Of the plate, by metric and channel, for other plates to be compared with."""

    checks: tuple[Check, ...] = ()
    """What each kind of failure was compared with."""

    others: int = 0
    """Comparable plates of the project that there were when it was judged."""

    plates: int = 0
    """All other plates of the project whose medians were known then."""

    @property
    def few(self) -> str:
        """Why fields were not compared with each other, "" where they were."""
        if not self.ready or any(check.fields for check in self.checks):
            return ""
        limited = [
            f"{check.kind} ({check.text.partition(';')[0]})"
            for check in self.checks
            if check.limit is not None and check.measured
        ]
        what = ", ".join((*limited, "missing, unreadable and constant images"))
        fields = counted(self.fields, "field")
        why = (
            f"Too few to compare: {fields}, a comparison needs {LEAST_FIELDS}"
            if self.fields < LEAST_FIELDS
            else f"Nothing to compare: no metric has values in {LEAST_FIELDS} fields"
        )
        return f"{why}. Checked by what needs none: {what}."
