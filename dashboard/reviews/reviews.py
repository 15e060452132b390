"""The ledgers of all served plates, read for all pages of a process.

Rows come from the ledger and are folded into what holds; a page gets the result from
memory. Other processes write to the same ledger, so it is looked at again while
somebody watches the plate.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from dashboard.errors import RefusedError
from dashboard.reviews.ledger_state import (
    LOOK_SECONDS,
    LedgerState,
    ids_before,
    review_of,
    take,
)
from dashboard.reviews.signed import refuse_if_signed
from dashboard.reviews.values import PlateReview
from dashboard.reviews.writing import Entry
from dashboard.shared import Shared
from dashboard.storage.faults import DatabaseFault
from hcs.plates import plate_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.plate_links import Links
    from dashboard.projects.rules import Projects
    from dashboard.reviews.acts import ReviewAct, Subject
    from dashboard.reviews.ledger import Ledger
    from dashboard.reviews.verdicts import Round, Verdicts
    from hcs.metadata import Who

_Answer = TypeVar("_Answer")

_LOG = logging.getLogger(__name__)

_MOST_RESULTS = 40
"""What all pages ask of a plate's verdicts with each change of them."""


class Reviews:
    """Says what was decided on the plates, and is the one way into their ledgers.

    Parameters
    ----------
    ledger
        Where the acts are kept.
    plates
        The served plates.
    projects
        What a sign-off covers besides the verdicts.
    links
        Under which id a plate's decisions are kept.
    submit
        Runs something in a thread.
    read_only
        Refuse every act.

    Notes
    -----
    While a blind round is open, the answer depends on who asks: pass `who` wherever it
    is for a person. Without it, nothing that was decided in the round is in it.
    """

    def __init__(
        self,
        ledger: Ledger,
        plates: Plates,
        projects: Projects,
        links: Links,
        submit: Callable[[Callable[[], None]], object],
        *,
        read_only: bool = False,
    ) -> None:
        self._ledger = ledger
        self._plates = plates
        self._projects = projects
        self._links = links
        self._submit = submit
        self._read_only = read_only
        self._lock = threading.Lock()
        self._states: dict[str, LedgerState] = {}
        self._shared = Shared(_MOST_RESULTS)

    # --- reading ----------------------------------------------------------------------

    def look(self, plate: ServedPlate) -> int:
        """Return a number that changes with the plate's verdicts (fast)."""
        state = self._state(plate)
        changed = plate.revision != state.plate_revision
        due = time.monotonic() - state.read_at > LOOK_SECONDS
        if (changed or due) and not state.reading:
            state.reading = True
            self._submit(lambda: self._refresh_quietly(plate, state))
        return state.revision

    def review(self, key: str, who: Who | None = None) -> PlateReview:
        """Return what holds on a plate, as far as it has been read (fast)."""
        state = self._state(self._plates.get(key))
        return state.by_reviewer.get(who.name, state.review) if who else state.review

    def read(self, key: str, who: Who | None = None) -> PlateReview:
        """Return what holds on a plate at this moment."""
        plate = self._plates.get(key)
        self._refresh(plate, self._state(plate))
        return self.review(key, who)

    def failed_wells(self, plate: ServedPlate) -> frozenset[str]:
        """Return the labels of the wells that analysis leaves out (fast)."""
        review, wells = self.review(plate.key), plate.overview().wells
        return self._shared.of(PlateReview.failed_wells, review, wells)

    def failed_fields(self, plate: ServedPlate) -> frozenset[tuple[str, str]]:
        """Return label of the well and name of each field that was failed (fast)."""
        review, wells = self.review(plate.key), plate.overview().wells
        return self._shared.of(PlateReview.failed_fields, review, wells)

    def history(
        self, key: str, subject: Subject, who: Who | None = None
    ) -> tuple[tuple[ReviewAct, bool], ...]:
        """Return all verdicts on a subject, oldest first, and whether each counts."""
        state = self._state(self._plates.get(key))
        with state.lock:
            return state.verdicts.rows(subject, who.name if who else None)

    def acts(self, key: str) -> list[ReviewAct]:
        """Return the whole ledger of a plate, oldest first, whoever may know of it.

        For the machine: what is shown to people comes from `visible_acts`.
        """
        plate = self._plates.get(key)
        state = self._state(plate)
        return self._ledger.since(state.plate, also=self._other_ids(plate, state))

    def visible_acts(self, key: str, who: Who | None = None) -> list[ReviewAct]:
        """Return the ledger of a plate without what an open blind round hides."""
        acts = self.acts(key)
        state = self._state(self._plates.get(key))
        viewer = who.name if who else None
        with state.lock:
            take(state, acts)
            return [act for act in acts if not state.verdicts.is_hidden(act, viewer)]

    # --- adding -----------------------------------------------------------------------

    def record(
        self,
        key: str,
        make: Callable[[Verdicts], Sequence[ReviewAct]],
        *,
        about: frozenset[Subject] | None = None,
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
        about
            Subjects of all that `make` returns, where it asks only what holds on them
            and whether the plate may be judged: it may be written with others. With
            None it is written alone.
        signing
            Let nobody change settings in between either.
        """
        self.may_write()
        plate = self._plates.get(key)
        state = self._state(plate)

        entry = Entry(make, about, signing)
        state.writing.put(entry, lambda entries: self._write(plate, state, entries))
        self._show(plate, state)

    def known(self, key: str, read: Callable[[Verdicts], _Answer]) -> _Answer:
        """Return what `read` makes of what is known of a plate's ledger (fast)."""
        state = self._state(self._plates.get(key))
        with state.lock:
            return read(state.verdicts)

    def verdicts(self, key: str) -> Verdicts:
        """Return the fold of a plate's ledger at this moment, to be read only."""
        plate = self._plates.get(key)
        state = self._state(plate)
        self._refresh(plate, state)
        return state.verdicts

    def refuse_if_signed(self, key: str) -> None:
        """Raise `SignedOffError` where a plate is signed off; asks the database."""
        refuse_if_signed(self.verdicts(key).signed, key)

    def ids(self, key: str) -> frozenset[str]:
        """Return all ids under which decisions on a plate are kept."""
        plate = self._plates.get(key)
        state = self._state(plate)
        return frozenset((state.plate, *self._other_ids(plate, state)))

    def has_acts(self, plate: str) -> bool:
        """Whether anything was decided on a plate, by its id."""
        return self._ledger.last(plate) > 0

    def open_round(self, key: str) -> Round | None:
        """Return the blind round that is open on a plate (fast).

        Reads the ledger the first time: no page may show for a moment what it hides.
        """
        plate = self._plates.get(key)
        state = self._state(plate)
        if not state.loaded:
            last = state.verdicts.last
            new = self._ledger.since(state.plate, last, self._other_ids(plate, state))
            with state.lock:
                take(state, new)
                state.loaded = True
        with state.lock:
            return state.verdicts.open_round

    def is_blind(self, plate: str) -> bool:
        """Whether a blind round is open on a served plate, by its id (fast).

        As soon as that is known, which is before it is worked out what of the verdicts
        is stale.
        """
        # A plate that is gone is not asked for its id, and hides nothing any more.
        served = {plate.key for plate in self._plates.all()}
        with self._lock:
            states = [
                state
                for key, state in self._states.items()
                if key in served and plate in (state.plate, state.own_id)
            ]
        for state in states:
            with state.lock:
                if state.verdicts.open_round is not None:
                    return True
        return False

    def may_write(self) -> None:
        """Raise `RefusedError` on a server that writes nothing."""
        if self._read_only:
            raise RefusedError("This server is read-only: nothing can be judged.")

    # --- inside -----------------------------------------------------------------------

    def _write(
        self, plate: ServedPlate, state: LedgerState, entries: Sequence[Entry]
    ) -> None:
        """Add what some entries make in one transaction."""

        def within_lock(new: list[ReviewAct]) -> Sequence[ReviewAct]:
            with state.lock:
                take(state, new)
                if len(entries) == 1:
                    return entries[0].make(state.verdicts)
                return [act for entry in entries for act in entry.acts(state.verdicts)]

        new = self._ledger.append(
            state.plate,
            state.verdicts.last,
            within_lock,
            self._other_ids(plate, state),
            signing=any(entry.signing for entry in entries),
        )
        with state.lock:
            take(state, new)

    def _state(self, plate: ServedPlate) -> LedgerState:
        id, linked = self._links.ledgers(plate)
        state = self._states.get(plate.key)
        if state is not None and (state.plate, state.linked_ids) == (id, linked):
            return state
        own = plate.plate.id
        with self._lock:
            state = self._states.setdefault(plate.key, LedgerState(id, linked, own))
            if (state.plate, state.linked_ids) == (id, linked):
                return state
        fresh = LedgerState(id, linked, own, revision=state.revision + 1)
        if linked == state.linked_ids and self._was_known_by(plate, state.plate):
            # What holds stays on the pages until all of it is read under both ids.
            fresh.review, fresh.by_reviewer = state.review, state.by_reviewer
        with self._lock:
            if self._states.get(plate.key) is state:
                self._states[plate.key] = fresh
            return self._states[plate.key]

    def _was_known_by(self, plate: ServedPlate, id: str) -> bool:
        """Whether an id is what a plate was known by before a correction gave it one.

        Another plate may have been put in its place: that one has other decisions.
        """
        if self._links.is_apart(plate) or not plate.plate.has_own_id:
            return False
        return plate_fingerprint(plate.plate) == id

    def _other_ids(self, plate: ServedPlate, state: LedgerState) -> tuple[str, ...]:
        if self._links.is_apart(plate):
            return state.linked_ids
        return (*ids_before(plate, state), *state.linked_ids)

    def forget(self, key: str) -> None:
        """Read a plate's ledger anew: it may be another one."""
        plate = self._plates.get(key)
        id, linked = self._links.ledger(plate), self._links.also(plate)
        own = plate.plate.id
        with self._lock:
            state = self._states.get(key)
            if state is not None:
                revision = state.revision + 1
                self._states[key] = LedgerState(id, linked, own, revision=revision)

    def _refresh_quietly(self, plate: ServedPlate, state: LedgerState) -> None:
        try:
            self._refresh(plate, state)
        except DatabaseFault:
            pass  # the log has it once; it is looked again in a second
        except Exception:  # noqa: BLE001 - so is it here
            _LOG.warning("The verdicts on %s cannot be read.", plate.key, exc_info=True)
        finally:
            state.read_at = time.monotonic()
            state.reading = False

    def _refresh(self, plate: ServedPlate, state: LedgerState) -> None:
        new = self._ledger.since(
            state.plate, state.verdicts.last, self._other_ids(plate, state)
        )
        with state.lock:
            take(state, new)
        self._show(plate, state)

    def _show(self, plate: ServedPlate, state: LedgerState) -> None:
        """Say what holds now, and what of it is stale."""
        with state.showing:
            revision = plate.revision
            with state.lock:
                last, signed = state.verdicts.last, state.verdicts.signed
                current = state.verdicts.open_round
            parts = self._projects.parts(plate) if signed else {}
            same = state.review.last == last and state.review.loaded
            if same and revision == state.plate_revision and parts == state.parts:
                return
            same_plate = revision == state.plate_revision

            def look(viewer: str | None) -> PlateReview:
                known = state.by_reviewer.get(viewer) if viewer else state.review
                before = known if same_plate and known else PlateReview()
                return review_of(plate, state, viewer, parts, before)

            review = look(None)
            own = {name: look(name) for name in (current.reviewers if current else ())}
            state.plate_revision, state.parts = revision, parts
            if (review, own) != (state.review, state.by_reviewer):
                state.review, state.by_reviewer = review, own
                state.revision += 1
