"""What people decide on plates: judged, taken back, and brought again."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, RefusedError
from dashboard.reviews.acts import ReviewAct, continued, new_batch
from dashboard.reviews.drafts import Drafts
from dashboard.reviews.ledger_state import field_labels, labels_of
from dashboard.reviews.signed import refuse_if_signed
from dashboard.reviews.values import Decision, Offer, Outcome
from dashboard.reviews.wording import describe, subject_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.rules import Projects
    from dashboard.quality.measuring import Measuring
    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.verdicts import Verdicts
    from hcs.metadata import Who


class Decisions:
    """Adds people's verdicts to the ledger, and takes them back.

    Parameters
    ----------
    reviews
        What holds on the plates, and the way into their ledgers.
    plates
        The served plates.
    measuring
        What is measured of them: each verdict notes the values of its moment.
    projects
        Which reasons there are, and under which settings it was judged.
    check_plate
        Raises where a verdict on a whole plate lacks a reason that it needs: gets the
        plate's key, verdict, reason and note.
    """

    def __init__(
        self,
        reviews: Reviews,
        plates: Plates,
        measuring: Measuring,
        projects: Projects,
        check_plate: Callable[[str, str, str, str], None],
    ) -> None:
        self._reviews = reviews
        self._plates = plates
        self._drafts = Drafts(measuring)
        self._projects = projects
        self._check_plate = check_plate

    def judge(
        self,
        key: str,
        decisions: Sequence[Decision],
        verdict: str,
        who: Who,
        *,
        reason: str = "",
        note: str = "",
        batch: str = "",
        since: int | None = None,
    ) -> Outcome:
        """Record a verdict on one or many subjects.

        Parameters
        ----------
        key
            Of the plate.
        decisions
            What is judged; several are one act, and one undo takes them back.
        verdict
            One of `VERDICTS`.
        who
            Who judges.
        reason
            A code of the project's reasons, or empty.
        note
            Free text.
        batch
            Id of the act; an act that is in the ledger already is not added again.
        since
            Place in the ledger: what got a verdict after it is left out. None judges
            all that was named.

        Raises
        ------
        RefusedError
            If the server is read-only, the plate is signed off, or others judge it
            blind.
        DashboardError
            If a well has changed since its pictures were drawn, a reason is missing,
            nothing is left to be judged, or it was not saved.
        """
        self._reviews.may_write()
        plate = self._plates.get(key)
        if not decisions:
            made = self._reviews.known(key, lambda verdicts: verdicts.batch(batch))
            if not made:
                raise DashboardError("Nothing was chosen to be judged.")
            return self._outcome(plate, batch, made)
        if any(decision.subject.level == "plate" for decision in decisions):
            self._check_plate(key, verdict, reason, note)
        template = ReviewAct(
            kind="verdict",
            batch=batch or new_batch(),
            who=who.name,
            known=who.known,
            verdict=verdict,
            reason=self._projects.rules(plate).check_reason(verdict, reason),
            note=note,
            settings=self._projects.revision(plate),
        )
        drafts = self._drafts.acts(plate, decisions, template)
        acts: list[ReviewAct] = []

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            acts[:] = verdicts.batch(template.batch)
            if acts:
                return []
            refuse_judging(verdicts, who, key)
            before = ((act, verdicts.holds(act.subject, who.name)) for act in drafts)
            acts[:] = [
                dataclasses.replace(act, supersedes=old.batch if old else "")
                for act, old in before
                if old is None or since is None or old.id <= since
            ]
            if not acts:
                raise DashboardError("All of them are judged by now: nothing was done.")
            return acts

        subjects = frozenset(act.subject for act in drafts)
        self._reviews.record(key, make, about=subjects)
        return self._outcome(plate, template.batch, acts)

    def undo(self, key: str, who: Who, batch: str) -> Outcome:
        """Take back the person's last act, which must be the one that was named."""
        return self._turn(key, who, batch, again=False)

    def redo(self, key: str, who: Who, batch: str) -> Outcome:
        """Bring the person's last undone act again, which must be the one named."""
        return self._turn(key, who, batch, again=True)

    def bring(self, key: str, acts: Sequence[ReviewAct]) -> int:
        """Add acts from another ledger; return how many were new.

        Raises
        ------
        DashboardError
            If the ledger has acts that the file does not have: their order could not
            be told.
        """
        self._reviews.may_write()
        added = 0

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            nonlocal added
            fresh = continued(self._reviews.acts(key), acts)
            added = len(fresh)
            if fresh and verdicts.signed and fresh[0].kind != "reopen":
                refuse_if_signed(verdicts.signed, key)
            return fresh

        self._reviews.record(key, make)
        return added

    def offers(self, key: str, who: Who | None) -> tuple[Offer | None, Offer | None]:
        """Return what a person's undo and redo would do (fast)."""
        if who is None:
            return None, None
        plate = self._plates.get(key)
        person = (who.name, who.known)

        def batches(verdicts: Verdicts) -> list[tuple[str, Sequence[ReviewAct]]]:
            if verdicts.signed:
                return [("", ()), ("", ())]
            ids = (verdicts.next_undo(person), verdicts.next_redo(person))
            return [(id, verdicts.batch(id) if id else ()) for id in ids]

        undo, redo = (
            Offer(batch=id, text=words_of(plate, acts, self._projects)) if id else None
            for id, acts in self._reviews.known(key, batches)
        )
        return undo, redo

    # --- inside -----------------------------------------------------------------------

    def _outcome(
        self, plate: ServedPlate, batch: str, acts: Sequence[ReviewAct]
    ) -> Outcome:
        text = words_of(plate, acts, self._projects)
        return Outcome(batch=batch, text=text, count=len(acts))

    def _turn(self, key: str, who: Who, batch: str, *, again: bool) -> Outcome:
        plate = self._plates.get(key)
        person = (who.name, who.known)
        word = "redo" if again else "undo"

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            refuse_judging(verdicts, who, key)
            last = verdicts.next_redo(person) if again else verdicts.next_undo(person)
            if not last:
                raise DashboardError(f"There is nothing of yours to {word} here.")
            if last != batch:
                text = words_of(plate, verdicts.batch(last), self._projects)
                raise DashboardError(
                    f"To {word} is now: {text}. Press again if you mean that."
                )
            return [
                ReviewAct(
                    kind="redo" if again else "undo",
                    batch=new_batch(),
                    who=who.name,
                    known=who.known,
                    target=batch,
                )
            ]

        self._reviews.record(key, make)
        taken, left = self._reviews.known(
            key,
            lambda verdicts: (
                verdicts.batch(batch),
                verdicts.left_alone(batch, who.name),
            ),
        )
        labels = labels_of(plate)
        return Outcome(
            batch=batch,
            text=words_of(plate, taken, self._projects),
            count=len(taken),
            left=tuple(subject_text(subject, labels) for subject in left),
        )


def words_of(plate: ServedPlate, acts: Iterable[ReviewAct], projects: Projects) -> str:
    """Return what was decided at once, as people say it."""
    batch = tuple(acts)
    reasons = dict(projects.rules(plate).reasons)
    return describe(batch, labels_of(plate), field_labels(plate, batch), reasons)


def refuse_judging(verdicts: Verdicts, who: Who, key: str) -> None:
    """Raise where a person must not judge now: signed off, or others judge blind."""
    refuse_if_signed(verdicts.signed, key)
    current = verdicts.open_round
    if current is None:
        return
    if who.name not in current.reviewers:
        raise RefusedError(
            f"{' and '.join(current.reviewers)} judge this plate blind; others wait "
            f"until both are done."
        )
    if who.name in current.done:
        raise RefusedError(
            "You have said that you are done with the blind review; wait for the other."
        )
