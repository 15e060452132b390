"""What pages, exports and reports are told about verdicts: plain frozen values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from dashboard.reviews.acts import Act, Subject


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be judged, and what the person has seen of it."""

    subject: Subject
    basis: str = "unseen"
    digest: str = ""
    """Of the fields whose pictures were on the screen, see `WellView.digest`; empty
    where none were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A verdict that holds."""

    act: Act
    stale: bool = False
    """Something else is there now than what was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReview:
    """All verdicts that hold on a plate."""

    plate: str = ""
    """Id of the plate."""

    standings: dict[Subject, Standing] = dataclasses.field(default_factory=dict)
    loaded: bool = False
    """False until the ledger has been read."""

    last: int = 0
    """Place in the ledger up to which this goes."""

    def of(self, subject: Subject) -> Standing | None:
        """Return the verdict that holds on a subject itself."""
        return self.standings.get(subject)

    def fields_of(self, well: str) -> tuple[Standing, ...]:
        """Return the verdicts that hold on fields of a well."""
        return tuple(
            standing
            for subject, standing in self.standings.items()
            if subject.well == well and subject.field
        )

    def excluded(self, subject: Subject) -> bool:
        """Return whether analysis should leave a subject out.

        A failed plate excludes its wells and a failed well its fields; a failed field
        excludes nothing but itself.
        """
        above = (subject, Subject(subject.well), Subject())
        held = (self.standings.get(one) for one in above)
        return any(one is not None and one.act.verdict == "fail" for one in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an act."""

    batch: str
    text: str
    """What was decided or taken back, in words: ``"C07 fail, out of focus"``."""

    count: int = 1
    left: tuple[str, ...] = ()
    """What an undo or redo left alone, because somebody has decided it since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What undo or redo would do, named before it is done."""

    batch: str
    text: str
