"""The verdicts of all served plates, for all pages of a process.

Rows come from the ledger and are folded into what holds; a page gets the result from
memory. Other processes write to the same ledger, so it is looked at again while
somebody watches the plate.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, RefusedError
from dashboard.reviews.acts import Act, Subject, continued, new_batch
from dashboard.reviews.drafts import Drafts
from dashboard.reviews.ledger_state import (
    LOOK_SECONDS,
    Known,
    field_labels,
    ids_before,
    labels_of,
    review_of,
    take,
)
from dashboard.reviews.signed import refuse_if_signed
from dashboard.reviews.values import Decision, Offer, Outcome, PlateReview
from dashboard.reviews.wording import describe, subject_text
from hcs.plates import plate_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.plate_links import Links
    from dashboard.projects.rules import Projects
    from dashboard.quality.measuring import Measuring
    from dashboard.reviews.ledger import Ledger
    from dashboard.reviews.verdicts import Verdicts
    from hcs.metadata import Who

_LOG = logging.getLogger(__name__)


class Reviews:
    """Judges plates and says what was judged.

    Parameters
    ----------
    ledger
        Where the acts are kept.
    plates
        The served plates.
    measuring
        What is measured of them: each verdict notes the values of its moment.
    projects
        What verdicts rest on.
    links
        Under which id a plate's decisions are kept.
    submit
        Runs something in a thread.
    read_only
        Refuse every act.

    Notes
    -----
    While a blind round is open, who asks decides what is told: give `who` wherever the
    answer is for a person. Without it, nothing that was decided in the round is told.
    """

    def __init__(
        self,
        ledger: Ledger,
        plates: Plates,
        measuring: Measuring,
        projects: Projects,
        links: Links,
        submit: Callable[[Callable[[], None]], object],
        *,
        read_only: bool = False,
    ) -> None:
        self._ledger = ledger
        self._plates = plates
        self._drafts = Drafts(measuring)
        self._projects = projects
        self._links = links
        self._submit = submit
        self._read_only = read_only
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}

    # --- reading ----------------------------------------------------------------------

    def look(self, plate: ServedPlate) -> int:
        """Return a number that changes with the plate's verdicts (fast)."""
        known = self._of(plate)
        moment = time.monotonic()
        due = plate.revision != known.seen or moment - known.looked > LOOK_SECONDS
        if due and not known.busy:
            known.busy = True
            self._submit(lambda: self._look(plate, known))
        return known.count

    def review(self, key: str, who: Who | None = None) -> PlateReview:
        """Return what holds on a plate, as far as it has been read (fast)."""
        known = self._of(self._plates.get(key))
        return known.own.get(who.name, known.review) if who else known.review

    def read(self, key: str, who: Who | None = None) -> PlateReview:
        """Return what holds on a plate at this moment."""
        plate = self._plates.get(key)
        self._refresh(plate, self._of(plate))
        return self.review(key, who)

    def history(
        self, key: str, subject: Subject, who: Who | None = None
    ) -> tuple[tuple[Act, bool], ...]:
        """Return all verdicts on a subject, oldest first, and whether each counts."""
        known = self._of(self._plates.get(key))
        with known.lock:
            return known.verdicts.rows(subject, who.name if who else None)

    def acts(self, key: str) -> list[Act]:
        """Return the whole ledger of a plate, oldest first, whoever may know of it.

        For the machine: what is shown to people comes from `told`.
        """
        plate = self._plates.get(key)
        known = self._of(plate)
        return self._ledger.since(known.plate, also=self._also(plate, known))

    def told(self, key: str, who: Who | None = None) -> list[Act]:
        """Return the ledger of a plate without what an open blind round hides."""
        acts = self.acts(key)
        known = self._of(self._plates.get(key))
        viewer = who.name if who else None
        with known.lock:
            take(known, acts)
            return [one for one in acts if not known.verdicts.is_hidden(one, viewer)]

    def offers(self, key: str, who: Who | None) -> tuple[Offer | None, Offer | None]:
        """Return what a person's undo and redo would do (fast)."""
        if who is None:
            return None, None
        plate = self._plates.get(key)
        known = self._of(plate)
        with known.lock:
            person = (who.name, who.known)
            batches = (
                known.verdicts.next_undo(person),
                known.verdicts.next_redo(person),
            )
            if known.verdicts.signed:
                return None, None
            undo, redo = (
                Offer(batch=one, text=self.words(plate, known.verdicts.batch(one)))
                if one
                else None
                for one in batches
            )
        return undo, redo

    # --- acting -----------------------------------------------------------------------

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
    ) -> Outcome:
        """Record a verdict on one or many subjects.

        Parameters
        ----------
        key
            Of the plate.
        decisions
            What is judged; several are one act, and one undo takes them back.
        verdict
            ``"pass"``, ``"flag"`` or ``"fail"``.
        who
            Who judges.
        reason
            A code of the project's reasons, or empty.
        note
            Free text.
        batch
            Id of the act; an act that is in the ledger already is not added again.

        Raises
        ------
        RefusedError
            If the server is read-only, the plate is signed off, or others judge it
            blind.
        DashboardError
            If a well has changed since its pictures were drawn, or it was not saved.
        """
        self.may_write()
        if not decisions:
            raise DashboardError("Nothing was chosen to be judged.")
        plate = self._plates.get(key)
        template = Act(
            kind="verdict",
            batch=batch or new_batch(),
            who=who.name,
            known=who.known,
            verdict=verdict,
            reason=self._projects.rules(plate).check_reason(verdict, reason),
            note=note,
            settings=self._projects.revision(plate),
        )
        acts = self._drafts.acts(plate, decisions, template)

        def make(verdicts: Verdicts) -> list[Act]:
            if verdicts.batch(template.batch):
                return []
            refuse_judging(verdicts, who, key)
            held = ((one, verdicts.holds(one.subject, who.name)) for one in acts)
            return [
                dataclasses.replace(one, supersedes=old.batch if old else "")
                for one, old in held
            ]

        self.record(key, make)
        return Outcome(
            batch=template.batch, text=self.words(plate, acts), count=len(acts)
        )

    def undo(self, key: str, who: Who, batch: str) -> Outcome:
        """Take back the person's last act, which must be the one that was named."""
        return self._turn(key, who, batch, again=False)

    def redo(self, key: str, who: Who, batch: str) -> Outcome:
        """Bring the person's last undone act again, which must be the one named."""
        return self._turn(key, who, batch, again=True)

    def bring(self, key: str, acts: Sequence[Act]) -> int:
        """Add acts from another ledger; return how many were new.

        Raises
        ------
        DashboardError
            If the ledger has acts that the file does not have: their order could not
            be told.
        """
        self.may_write()
        added = 0

        def make(verdicts: Verdicts) -> list[Act]:
            nonlocal added
            fresh = continued(self.acts(key), acts)
            added = len(fresh)
            if fresh and verdicts.signed and fresh[0].kind != "reopen":
                refuse_if_signed(verdicts.signed, key)
            return fresh

        self.record(key, make)
        return added

    def record(
        self,
        key: str,
        make: Callable[[Verdicts], Sequence[Act]],
        *,
        signing: bool = False,
    ) -> None:
        """Add what `make` returns; nobody else can add to the plate in between.

        Parameters
        ----------
        key
            Of the plate.
        make
            Gets what holds at this moment, and raises where it must not be. It may be
            called again after a failure of the database.
        signing
            Let nobody change settings in between either.
        """
        self.may_write()
        plate = self._plates.get(key)
        known = self._of(plate)

        def alone(new: list[Act]) -> Sequence[Act]:
            with known.lock:
                take(known, new)
                return make(known.verdicts)

        with known.writing:
            new = self._ledger.append(
                known.plate,
                known.verdicts.last,
                alone,
                self._also(plate, known),
                signing=signing,
            )
        with known.lock:
            take(known, new)
        self._show(plate, known)

    def verdicts(self, key: str) -> Verdicts:
        """Return the fold of a plate's ledger at this moment, to be read only."""
        plate = self._plates.get(key)
        known = self._of(plate)
        self._refresh(plate, known)
        return known.verdicts

    def refuse_if_signed(self, key: str) -> None:
        """Raise `SignedOffError` where a plate is signed off; asks the database."""
        refuse_if_signed(self.verdicts(key).signed, key)

    def ids(self, key: str) -> frozenset[str]:
        """Return all ids under which decisions on a plate are kept."""
        plate = self._plates.get(key)
        known = self._of(plate)
        return frozenset((known.plate, *self._also(plate, known)))

    def has_acts(self, plate: str) -> bool:
        """Whether anything was decided on a plate, by its id."""
        return self._ledger.last(plate) > 0

    def hides_conditions(self, key: str) -> bool:
        """Whether nobody may know what is in a plate's wells now (fast).

        Reads the ledger the first time: no page may show for a moment what it hides.
        """
        plate = self._plates.get(key)
        known = self._of(plate)
        if not known.folded:
            last = known.verdicts.last
            new = self._ledger.since(known.plate, last, self._also(plate, known))
            with known.lock:
                take(known, new)
                known.folded = True
        with known.lock:
            current = known.verdicts.open_round
        return current is not None and current.hides_conditions

    def is_blind(self, plate: str) -> bool:
        """Whether a blind round is open on a plate, by its id (fast)."""
        # A plate that is gone is not asked for its id, and hides nobody any more.
        served = {one.key for one in self._plates.all()}
        with self._lock:
            found = [one for key, one in self._known.items() if key in served]
        return any(
            one.review.blind.open and plate in (one.plate, one.own_id) for one in found
        )

    def may_write(self) -> None:
        """Raise `RefusedError` on a server that writes nothing."""
        if self._read_only:
            raise RefusedError("This server is read-only: nothing can be judged.")

    # --- inside -----------------------------------------------------------------------

    def _turn(self, key: str, who: Who, batch: str, *, again: bool) -> Outcome:
        plate = self._plates.get(key)
        known = self._of(plate)
        person = (who.name, who.known)
        word = "redo" if again else "undo"

        def make(verdicts: Verdicts) -> list[Act]:
            refuse_judging(verdicts, who, key)
            found = verdicts.next_redo(person) if again else verdicts.next_undo(person)
            if not found:
                raise DashboardError(f"There is nothing of yours to {word} here.")
            if found != batch:
                text = self.words(plate, verdicts.batch(found))
                raise DashboardError(
                    f"To {word} is now: {text}. Press again if you mean that."
                )
            return [
                Act(
                    kind="redo" if again else "undo",
                    batch=new_batch(),
                    who=who.name,
                    known=who.known,
                    target=batch,
                )
            ]

        self.record(key, make)
        with known.lock:
            taken = known.verdicts.batch(batch)
            left = known.verdicts.left_alone(batch, who.name)
        labels = labels_of(plate)
        return Outcome(
            batch=batch,
            text=self.words(plate, taken),
            count=len(taken),
            left=tuple(subject_text(one, labels) for one in left),
        )

    def _of(self, plate: ServedPlate) -> Known:
        id, given = self._links.ledger(plate), self._links.also(plate)
        own = plate.plate.id
        with self._lock:
            known = self._known.get(plate.key)
            if known is None:
                known = self._known[plate.key] = Known(id, given, own)
            if (known.plate, known.given) == (id, given):
                return known
        fresh = Known(id, given, own, count=known.count + 1)
        if given == known.given and self._was(plate, known.plate):
            # What holds stays on the pages until all of it is read under both ids.
            fresh.review, fresh.own = known.review, known.own
        with self._lock:
            if self._known.get(plate.key) is known:
                self._known[plate.key] = fresh
            return self._known[plate.key]

    def _was(self, plate: ServedPlate, id: str) -> bool:
        """Whether an id is what a plate was known by before a correction gave it one.

        Another plate may have been put in its place: that one has other decisions.
        """
        if self._links.is_apart(plate) or not plate.plate.has_own_id:
            return False
        return plate_fingerprint(plate.plate) == id

    def _also(self, plate: ServedPlate, known: Known) -> tuple[str, ...]:
        if self._links.is_apart(plate):
            return known.given
        return (*ids_before(plate, known), *known.given)

    def forget(self, key: str) -> None:
        """Read a plate's ledger anew: it may be another one."""
        plate = self._plates.get(key)
        id, given = self._links.ledger(plate), self._links.also(plate)
        own = plate.plate.id
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known[key] = Known(id, given, own, count=known.count + 1)

    def _look(self, plate: ServedPlate, known: Known) -> None:
        try:
            self._refresh(plate, known)
        except Exception:  # noqa: BLE001 - it is looked again in a second
            _LOG.warning("The verdicts on %s cannot be read.", plate.key, exc_info=True)
        finally:
            known.looked = time.monotonic()
            known.busy = False

    def _refresh(self, plate: ServedPlate, known: Known) -> None:
        new = self._ledger.since(
            known.plate, known.verdicts.last, self._also(plate, known)
        )
        with known.lock:
            take(known, new)
        self._show(plate, known)

    def _show(self, plate: ServedPlate, known: Known) -> None:
        """Say what holds now, and what of it is stale."""
        with known.showing:
            revision = plate.revision
            with known.lock:
                last, signed = known.verdicts.last, known.verdicts.signed
                current = known.verdicts.open_round
            parts = self._projects.parts(plate) if signed else {}
            same = known.review.last == last and known.review.loaded
            if same and revision == known.seen and parts == known.parts:
                return
            review = review_of(plate, known, None, parts)
            own = {
                name: review_of(plate, known, name, parts)
                for name in (current.reviewers if current else ())
            }
            known.seen, known.parts = revision, parts
            if (review, own) != (known.review, known.own):
                known.review, known.own = review, own
                known.count += 1

    def words(self, plate: ServedPlate, acts: Iterable[Act]) -> str:
        """Return what was decided at once, as people say it."""
        found = tuple(acts)
        reasons = dict(self._projects.rules(plate).reasons)
        return describe(found, labels_of(plate), field_labels(plate, found), reasons)


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
