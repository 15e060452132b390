"""What pages, exports and reports show of verdicts: plain frozen values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.reviews.acts import ReviewAct, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.plates.values import WellState
    from dashboard.reviews.verdicts import Round


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be judged, and what the person has seen of it."""

    subject: Subject
    basis: str = "unseen"
    digest: str = ""
    """Of the fields whose pictures were on the screen, see `WellView.digest`; empty
    where none were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVerdict:
    """A verdict that holds."""

    act: ReviewAct
    """Its note and reason are as they were amended last."""

    amended: ReviewAct | None = None
    """The amendment that holds: who gave the note or reason that it has now."""

    stale: bool = False
    """Something else is there now than what was judged."""

    together: int = 1
    """Subjects that were decided at once with it."""

    @property
    def bulk(self) -> bool:
        """Whether it was one of many, or nobody looked."""
        return self.together > 1 or self.act.basis == "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOff:
    """A sign-off that holds: nothing of the plate can be changed from here."""

    who: str
    known: str
    """How the name is known, see `ReviewAct.known`."""

    at: str
    note: str = ""
    settings: str = ""
    """Revision of the settings that was signed."""

    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    """Wells by verdict and by basis, ``"unjudged"`` ones and those that somebody has
    ``"looked"`` at, when it was signed; earlier sign-offs lack the last."""

    use: str = ""
    """What the plate was signed as good for, see `usability.USE_WORDS`; earlier
    sign-offs do not say."""

    changes: tuple[str, ...] = ()
    """What has changed since, outside of here, a sentence each; empty for nothing."""

    @property
    def authenticated(self) -> bool:
        """Whether somebody vouches for the name."""
        return self.known in ("sign-in", "proxy")

    @property
    def text(self) -> str:
        """Who signed when: ``"Signed off by Ada (not authenticated), 2026-..."``."""
        how = "" if self.authenticated else " (not authenticated)"
        return f"Signed off by {self.who}{how}, {self.at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindState:
    """A blind round that is under way, as far as one person may know."""

    open: bool = False
    reviewers: tuple[str, ...] = ()
    mine: bool = False
    """The person who asks is one of them."""

    done: bool = False
    """... and has said so; waiting for the other."""

    hides_conditions: bool = False
    """Roles, compounds and doses are hidden as well."""

    begun_by: str = ""

    @classmethod
    def of(cls, current: Round | None, viewer: str | None) -> BlindState:
        """Return what somebody may know of a round; that the other is done is not."""
        if current is None:
            return cls()
        return cls(
            open=True,
            reviewers=current.reviewers,
            mine=viewer in current.reviewers,
            done=viewer in current.done,
            hides_conditions=current.hides_conditions,
            begun_by=current.begun.who,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReview:
    """All verdicts that hold on a plate."""

    plate: str = ""
    """Id of the plate."""

    verdicts: dict[Subject, HeldVerdict] = dataclasses.field(default_factory=dict)
    loaded: bool = False
    """False until the ledger has been read."""

    last: int = 0
    """Place in the ledger up to which this goes."""

    signed: SignedOff | None = None
    """The sign-off that locks the plate, None while it is open."""

    blind: BlindState = BlindState()

    def of(self, subject: Subject) -> HeldVerdict | None:
        """Return the verdict that holds on a subject itself."""
        return self.verdicts.get(subject)

    def on_wells(self) -> dict[str, HeldVerdict]:
        """Return the verdicts that hold on whole wells, by the path of the well."""
        return {
            subject.well: held
            for subject, held in self.verdicts.items()
            if subject.well and not subject.field and subject.acquisition is None
        }

    def fields_of(self, well: str) -> tuple[HeldVerdict, ...]:
        """Return the verdicts that hold on fields of a well."""
        return tuple(
            held
            for subject, held in self.verdicts.items()
            if subject.well == well and subject.field
        )

    def excluded(self, subject: Subject) -> bool:
        """Return whether analysis should leave a subject out.

        A failed plate excludes its wells and a failed well its fields; a failed field
        excludes nothing but itself.
        """
        above = (subject, Subject(subject.well), Subject())
        verdicts = (self.verdicts.get(subject) for subject in above)
        return any(held is not None and held.act.fails for held in verdicts)

    def failed_wells(self, wells: Iterable[WellState]) -> frozenset[str]:
        """Return the labels of the wells that are `excluded`."""
        failed = {
            subject.well
            for subject, held in self.verdicts.items()
            if held.act.fails and not subject.field
        }
        whole = "" in failed
        return frozenset(well.label for well in wells if whole or well.path in failed)

    def failed_fields(self, wells: Iterable[WellState]) -> frozenset[tuple[str, str]]:
        """Return the fields that were failed: label of the well, name of the field."""
        labels = {well.path: well.label for well in wells}
        return frozenset(
            (labels[subject.well], subject.field)
            for subject, held in self.verdicts.items()
            if subject.field and held.act.fails and subject.well in labels
        )


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
