"""A note or a reason that is given after the verdict: a row of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.errors import DashboardError
from dashboard.reviews.acts import NOTE_LIMIT, ReviewAct, new_batch
from dashboard.reviews.decisions import refuse_judging, words_of
from dashboard.reviews.values import Outcome
from dashboard.text import plain_text

if TYPE_CHECKING:
    from dashboard.plates.registry import Plates
    from dashboard.projects.rules import Projects
    from dashboard.reviews.acts import Subject
    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.verdicts import Verdicts
    from hcs.metadata import Who


class Amending:
    """Gives verdicts that hold another note or reason.

    The verdict stays whose and what it was; who amended it, when, and what stood there
    before is a row of the ledger, which its author can take back like a verdict.

    Parameters
    ----------
    reviews, plates
        What is amended.
    projects
        Which reasons there are, and under which settings it was done.
    """

    def __init__(self, reviews: Reviews, plates: Plates, projects: Projects) -> None:
        self._reviews = reviews
        self._plates = plates
        self._projects = projects

    def amend(
        self,
        key: str,
        subject: Subject,
        verdict: str,
        who: Who,
        *,
        reason: str | None = None,
        note: str | None = None,
        batch: str = "",
    ) -> Outcome:
        """Record another note or reason of a verdict.

        Parameters
        ----------
        key
            Of the plate.
        subject
            What was judged.
        verdict
            Batch of the verdict that is meant: the one that the person has read.
        who
            Who amends; need not be who judged.
        reason
            A code of the project's reasons, empty for none; None leaves it.
        note
            Free text, empty for none; None leaves it.
        batch
            Id of the act; an act that is in the ledger already is not added again.

        Raises
        ------
        RefusedError
            If the server is read-only, the plate is signed off, or others judge it
            blind.
        DashboardError
            If another verdict holds than the one that was meant, the project has no
            such reason or demands one, or it was not saved.
        """
        self._reviews.may_write()
        plate = self._plates.get(key)
        rules, revision = self._projects.rules(plate), self._projects.revision(plate)
        identifier = batch or new_batch()
        acts: list[ReviewAct] = []

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            acts[:] = verdicts.batch(identifier)
            if acts:
                return []
            refuse_judging(verdicts, who, key)
            held = verdicts.holds(subject, who.name)
            if held is None or held.batch != verdict:
                raise DashboardError(
                    "Another verdict holds here than the one that you have read: look "
                    "at it, and write again. Nothing was recorded."
                )
            code = held.reason
            if reason is not None:
                code = rules.check_reason(held.verdict, reason)
            words = held.note if note is None else plain_text(note, NOTE_LIMIT).strip()
            acts[:] = [
                ReviewAct(
                    kind="amend",
                    batch=identifier,
                    who=who.name,
                    known=who.known,
                    subject=subject,
                    verdict=held.verdict,
                    reason=code,
                    note=words,
                    basis=held.basis,
                    settings=revision,
                    target=held.batch,
                    details={"reason": held.reason, "note": held.note},
                )
            ]
            same = (words, code) == (held.note, held.reason)
            return [] if same else acts

        self._reviews.record(key, make)
        return Outcome(batch=identifier, text=words_of(plate, acts, self._projects))
