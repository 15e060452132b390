"""The verdicts of all served plates, for all pages of a process.

Rows come from the ledger and are folded into what holds; a page gets the result from
memory. Other processes write to the same ledger, so it is looked at again while
somebody watches the plate.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, NotServedError, RefusedError
from dashboard.reviews.acts import REASONS, Act, Subject, field_key, new_batch
from dashboard.reviews.values import Decision, Offer, Outcome, PlateReview, Standing
from dashboard.reviews.verdicts import Verdicts, is_stale
from dashboard.reviews.wording import describe, subject_text
from hcs.errors import HCSError
from hcs.plates.identity import plate_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import MetricInfo, WellView
    from dashboard.quality.measuring import Measuring
    from dashboard.reviews.ledger import Ledger
    from hcs.metadata import Who

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How long what another process has decided may go unnoticed."""


@dataclass(slots=True)
class _Known:
    """What is known of one plate.

    Thread safety: `verdicts` under `lock`, which nobody holds while a disk is waited
    for; `review` and `count` are replaced whole, under `showing`. One thread of this
    process writes at a time, under `writing`; other processes are the ledger's task.
    """

    plate: str
    also: tuple[str, ...] | None = None
    """Ids that it had before it was given its own; None until it was looked."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    writing: threading.Lock = field(default_factory=threading.Lock)
    showing: threading.Lock = field(default_factory=threading.Lock)
    verdicts: Verdicts = field(default_factory=Verdicts)
    review: PlateReview = field(default_factory=PlateReview)
    count: int = 0
    """Raised with each change that pages should see."""

    seen: int = -1
    """Revision of the plate when it was last looked whether verdicts are stale."""

    looked: float = -LOOK_SECONDS
    busy: bool = False


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
    submit
        Runs something in a thread.
    read_only
        Refuse every act.
    """

    def __init__(
        self,
        ledger: Ledger,
        plates: Plates,
        measuring: Measuring,
        submit: Callable[[Callable[[], None]], object],
        *,
        read_only: bool = False,
    ) -> None:
        self._ledger = ledger
        self._plates = plates
        self._measuring = measuring
        self._submit = submit
        self._read_only = read_only
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

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

    def review(self, key: str) -> PlateReview:
        """Return what holds on a plate, as far as it has been read (fast)."""
        return self._of(self._plates.get(key)).review

    def read(self, key: str) -> PlateReview:
        """Return what holds on a plate at this moment."""
        plate = self._plates.get(key)
        known = self._of(plate)
        self._refresh(plate, known)
        return known.review

    def history(self, key: str, subject: Subject) -> tuple[tuple[Act, bool], ...]:
        """Return all verdicts on a subject, oldest first, and whether each counts."""
        known = self._of(self._plates.get(key))
        with known.lock:
            return known.verdicts.rows(subject)

    def acts(self, key: str) -> list[Act]:
        """Return the whole ledger of a plate, oldest first."""
        plate = self._plates.get(key)
        known = self._of(plate)
        return self._ledger.since(known.plate, also=_before(plate, known))

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
            undo, redo = (
                Offer(batch=one, text=self._words(plate, known.verdicts.batch(one)))
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
            A code of `REASONS`, or empty.
        note
            Free text.
        batch
            Id of the act; an act that is in the ledger already is not added again.

        Raises
        ------
        RefusedError
            If the server is read-only.
        DashboardError
            If a well has changed since its pictures were drawn, or it was not saved.
        """
        self._may_write()
        if not decisions:
            raise DashboardError("Nothing was chosen to be judged.")
        plate = self._plates.get(key)
        known = self._of(plate)
        template = Act(
            kind="verdict",
            batch=batch or new_batch(),
            who=who.name,
            known=who.known,
            verdict=verdict,
            reason=reason,
            note=note,
            settings=self._settings(plate),
        )
        acts = self._acts(plate, decisions, template)

        def make(new: list[Act]) -> list[Act]:
            _take(known, new)
            if known.verdicts.batch(template.batch):
                return []
            held = ((one, known.verdicts.holds(one.subject)) for one in acts)
            return [
                dataclasses.replace(one, supersedes=old.batch if old else "")
                for one, old in held
            ]

        self._write(plate, known, make)
        return Outcome(
            batch=template.batch, text=self._words(plate, acts), count=len(acts)
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
        self._may_write()
        plate = self._plates.get(key)
        known = self._of(plate)
        added = 0

        def make(new: list[Act]) -> list[Act]:
            nonlocal added
            _take(known, new)
            here = {(a.batch, a.subject) for a in self.acts(key)}
            foreign = here - {(a.batch, a.subject) for a in acts}
            if foreign:
                raise DashboardError(
                    f"The ledger of this plate has {len(foreign)} acts that the file "
                    f"does not have, so their order cannot be told. Import into a "
                    f"workspace that has none, or export again first."
                )
            fresh = [one for one in acts if (one.batch, one.subject) not in here]
            added = len(fresh)
            return fresh

        self._write(plate, known, make)
        return added

    # --- inside -----------------------------------------------------------------------

    def _turn(self, key: str, who: Who, batch: str, *, again: bool) -> Outcome:
        self._may_write()
        plate = self._plates.get(key)
        known = self._of(plate)
        person = (who.name, who.known)
        word = "redo" if again else "undo"

        def make(new: list[Act]) -> list[Act]:
            _take(known, new)
            verdicts = known.verdicts
            found = verdicts.next_redo(person) if again else verdicts.next_undo(person)
            if not found:
                raise DashboardError(f"There is nothing of yours to {word} here.")
            if found != batch:
                text = self._words(plate, verdicts.batch(found))
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

        self._write(plate, known, make)
        with known.lock:
            taken = known.verdicts.batch(batch)
            left = known.verdicts.left_alone(batch)
        labels = _labels(plate)
        return Outcome(
            batch=batch,
            text=self._words(plate, taken),
            count=len(taken),
            left=tuple(subject_text(one, labels) for one in left),
        )

    def _may_write(self) -> None:
        if self._read_only:
            raise RefusedError("This server is read-only: nothing can be judged.")

    def _of(self, plate: ServedPlate) -> _Known:
        with self._lock:
            known = self._known.get(plate.key)
            if known is None:
                known = self._known[plate.key] = _Known(plate.plate.id)
            elif known.plate != plate.plate.id:
                # A first correction writes an id; what was judged before stays known.
                known.also = (*(known.also or ()), known.plate)
                known.plate = plate.plate.id
            return known

    def _write(
        self,
        plate: ServedPlate,
        known: _Known,
        make: Callable[[list[Act]], Sequence[Act]],
    ) -> None:
        def alone(new: list[Act]) -> Sequence[Act]:
            with known.lock:
                return make(new)

        with known.writing:
            new = self._ledger.append(
                known.plate, known.verdicts.last, alone, _before(plate, known)
            )
        with known.lock:
            _take(known, new)
        self._show(plate, known)

    def _look(self, plate: ServedPlate, known: _Known) -> None:
        try:
            self._refresh(plate, known)
        except Exception:  # noqa: BLE001 - it is looked again in a second
            _LOG.warning("The verdicts on %s cannot be read.", plate.key, exc_info=True)
        finally:
            known.looked = time.monotonic()
            known.busy = False

    def _refresh(self, plate: ServedPlate, known: _Known) -> None:
        new = self._ledger.since(
            known.plate, known.verdicts.last, _before(plate, known)
        )
        with known.lock:
            _take(known, new)
        self._show(plate, known)

    def _show(self, plate: ServedPlate, known: _Known) -> None:
        """Say what holds now, and what of it is stale."""
        with known.showing:
            revision = plate.revision
            with known.lock:
                last = known.verdicts.last
                same = known.review.last == last and known.review.loaded
                if same and revision == known.seen:
                    return
                held = known.verdicts.current()
            review = PlateReview(
                plate=known.plate,
                standings=_standings(plate, held),
                loaded=True,
                last=last,
            )
            known.seen = revision
            if review != known.review:
                known.review = review
                known.count += 1

    def _acts(
        self, plate: ServedPlate, decisions: Sequence[Decision], template: Act
    ) -> list[Act]:
        labels = _labels(plate)
        metrics = self._measured(plate)
        found = []
        for one in dict.fromkeys(decisions):
            subject = one.subject
            if subject.well and subject.well not in labels:
                raise NotServedError(f"The plate has no well {subject.well[:60]!r}.")
            label = labels.get(subject.well, "")
            if one.digest and plate.well(label).digest != one.digest:
                raise DashboardError(
                    f"{label} has changed since its pictures were drawn; look at the "
                    f"new ones first. Nothing was decided."
                )
            found.append(
                dataclasses.replace(
                    template,
                    subject=subject,
                    basis=one.basis,
                    versions=_versions(plate, subject, label),
                    metrics=metrics.get(label, {}),
                )
            )
        return found

    def _measured(self, plate: ServedPlate) -> dict[str, dict[str, float | None]]:
        """Return the value of every metric by label of the well."""
        found: dict[str, dict[str, float | None]] = {}
        for info in self._measuring.metrics(plate):
            values = self._measuring.values(plate, info.id, None)
            for label, one in values.wells.items():
                found.setdefault(label, {})[info.id] = one.value
        return found

    def _settings(self, plate: ServedPlate) -> str:
        """Return what changes with the reasons and the metrics' definitions."""
        parts = [*REASONS, *(f"{m.id}\t{m.definition}" for m in self._metrics(plate))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def _metrics(self, plate: ServedPlate) -> Iterable[MetricInfo]:
        return self._measuring.metrics(plate)

    def _words(self, plate: ServedPlate, acts: Sequence[Act]) -> str:
        return describe(acts, _labels(plate), _field_labels(plate, acts))


def _take(known: _Known, acts: Iterable[Act]) -> None:
    for act in acts:
        if act.id > known.verdicts.last:
            known.verdicts.add(act)


def _before(plate: ServedPlate, known: _Known) -> tuple[str, ...]:
    """Return the ids that a plate had; reads two documents the first time."""
    if known.also is None:
        own = plate.plate.has_own_id
        known.also = (plate_fingerprint(plate.plate),) if own else ()
    return known.also


def _labels(plate: ServedPlate) -> dict[str, str]:
    return {well.path: well.label for well in plate.overview().wells}


def _field_labels(
    plate: ServedPlate, acts: Sequence[Act]
) -> dict[tuple[str, str], str]:
    """Return what people call the fields of the few acts that are on fields."""
    labels = _labels(plate)
    wells = {act.subject.well for act in acts[:2] if act.subject.field}
    return {
        (path, one.name): one.label
        for path in wells & labels.keys()
        for one in plate.well(labels[path]).fields
    }


def _standings(
    plate: ServedPlate, held: Mapping[Subject, Act]
) -> dict[Subject, Standing]:
    labels = _labels(plate)
    found = {}
    for subject, act in held.items():
        label = labels.get(subject.well, "")
        try:
            stale = is_stale(act, _versions(plate, subject, label))
        except HCSError:
            # The well has left the plate, or cannot be read: not what was judged.
            stale = True
        found[subject] = Standing(act=act, stale=stale)
    return found


def _versions(plate: ServedPlate, subject: Subject, label: str) -> dict[str, str]:
    """Return the ids of the versions that are there now."""
    if not subject.well:
        return {"": plate.overview().digest}
    view: WellView = plate.well(label)
    return {
        field_key(one.name, one.acquisition): one.version
        for one in view.fields
        if not subject.field
        or (one.name, one.acquisition) == (subject.field, subject.acquisition)
    }
