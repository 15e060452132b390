"""From rows to what holds now: a pure fold, without database or clock.

A verdict on a subject holds until a later one on the same subject. An undo makes the
rows of one batch count no more, a redo makes them count again, and neither touches
what others have decided: the latest row that counts holds.

An amendment is to one verdict and goes with it: the note and the reason of the latest
one that counts stand in place of the verdict's own.

In a blind round the verdicts of its two reviewers stand beside each other: nobody is
told of the other's before both are done, and where they differ the graver one holds
until somebody decides it after the round.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboard.reviews.verdict_table import gravity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dashboard.reviews.acts import ReviewAct, Subject

Person = tuple[str, str]


@dataclass(slots=True)
class Round:
    """A blind round on a plate."""

    begun: ReviewAct
    done: dict[str, ReviewAct]
    """By name of the reviewer."""

    ended: ReviewAct | None = None
    """What closed it: the second that was done, or an end before."""

    @property
    def reviewers(self) -> tuple[str, ...]:
        """The two names."""
        names = self.begun.details.get("reviewers")
        return tuple(map(str, names)) if isinstance(names, list) else ()

    @property
    def hides_conditions(self) -> bool:
        """Whether roles, compounds and doses are hidden as well."""
        return self.begun.details.get("hide_conditions") is True

    @property
    def complete(self) -> bool:
        """Whether both were done."""
        return set(self.reviewers) <= set(self.done)

    def holds_row(self, act: ReviewAct) -> bool:
        """Whether an act was made in the round."""
        last = self.ended.id if self.ended else None
        return act.id > self.begun.id and (last is None or act.id < last)


class Verdicts:
    """What the acts on one plate come to.

    Thread safety: none; one thread adds, or a lock does.
    """

    def __init__(self, acts: Iterable[ReviewAct] = ()) -> None:
        self._rows: dict[Subject, list[ReviewAct]] = defaultdict(list)
        self._amendments: dict[tuple[str, Subject], list[ReviewAct]] = defaultdict(list)
        self._batches: dict[str, list[ReviewAct]] = {}
        self._undone: set[str] = set()
        self._can_undo: dict[Person, list[str]] = defaultdict(list)
        self._can_redo: dict[Person, list[str]] = defaultdict(list)
        self._current: dict[str | None, dict[Subject, ReviewAct]] = {}
        """What `current` has answered, by viewer, kept up to date."""

        self.last = 0
        """Place in the ledger up to which acts were added."""

        self.signed: ReviewAct | None = None
        """The sign-off that holds, None while the plate is open."""

        self.rounds: list[Round] = []
        """The blind rounds, oldest first; at most the last one is open."""

        for act in acts:
            self.add(act)

    def add(self, act: ReviewAct) -> None:
        """Take in the next act."""
        self.last = max(self.last, act.id)
        if act.kind == "verdict":
            self._rows[act.subject].append(act)
            self._enlist(act)
        elif act.kind == "amend":
            self._amendments[act.target, act.subject].append(act)
            self._enlist(act)
        elif act.kind == "undo":
            self._move(act, self._can_undo, self._can_redo)
        elif act.kind == "redo":
            self._move(act, self._can_redo, self._can_undo)
        elif act.kind == "sign-off":
            self.signed = act
        elif act.kind == "reopen":
            self.signed = None
        else:
            self._blind(act)
        self._keep_current(act)

    def _keep_current(self, act: ReviewAct) -> None:
        """Look again at the subject of an act, or at all after one that is on many."""
        if act.kind not in ("verdict", "amend"):
            self._current.clear()
        for viewer, current in self._current.items():
            held = self.holds(act.subject, viewer)
            if held is not None:
                current[act.subject] = held
            else:
                current.pop(act.subject, None)

    def _enlist(self, act: ReviewAct) -> None:
        """Let whoever acted take it back."""
        known = self._batches.setdefault(act.batch, [])
        known.append(act)
        if len(known) == 1:
            self._can_undo[act.person].append(act.batch)
            self._can_redo[act.person].clear()

    def _move(
        self,
        act: ReviewAct,
        here: dict[Person, list[str]],
        there: dict[Person, list[str]],
    ) -> None:
        # Two windows of one person may take back the same act: the second is nothing.
        if act.target not in here[act.person]:
            return
        here[act.person].remove(act.target)
        there[act.person].append(act.target)
        if act.kind == "undo":
            self._undone.add(act.target)
        else:
            self._undone.discard(act.target)

    def _blind(self, act: ReviewAct) -> None:
        current = self.open_round
        if act.kind == "blind":
            if current is None:
                self.rounds.append(Round(act, {}))
                # What is taken back or brought again must lie within the round.
                self._can_undo.clear()
                self._can_redo.clear()
        elif current is not None:
            if act.kind == "done" and act.who in current.reviewers:
                current.done[act.who] = act
            if act.kind == "blind-end" or current.complete:
                current.ended = act
                self._can_undo.clear()
                self._can_redo.clear()

    @property
    def open_round(self) -> Round | None:
        """The blind round that is under way."""
        last = self.rounds[-1] if self.rounds else None
        return last if last is not None and last.ended is None else None

    def holds(self, subject: Subject, viewer: str | None = None) -> ReviewAct | None:
        """Return the verdict that holds on a subject, None where there is none.

        Its note and reason are as they were amended; all else is as it was decided.

        Parameters
        ----------
        subject
            What was judged.
        viewer
            Name of who asks. While a blind round is open they are told of what was
            decided before it and of their own; nobody in particular only of the former.
        """
        rows = [
            act
            for act in self._rows.get(subject, ())
            if act.batch not in self._undone and not self.is_hidden(act, viewer)
        ]
        if not rows:
            return None
        last = rows[-1]
        made_in = self.round_of(last)
        if made_in is not None:
            latest = {act.who: act for act in rows if made_in.holds_row(act)}
            last = max(latest.values(), key=lambda act: (gravity(act.verdict), act.id))
        return self.as_amended(last, viewer)

    def as_amended(self, act: ReviewAct, viewer: str | None = None) -> ReviewAct:
        """Return a verdict with the note and reason that it has now."""
        amendment = self.amendment(act, viewer)
        if amendment is None:
            return act
        return replace(act, note=amendment.note, reason=amendment.reason)

    def amendment(self, act: ReviewAct, viewer: str | None = None) -> ReviewAct | None:
        """Return the amendment of a verdict that holds, None without."""
        rows = self._amendments.get((act.batch, act.subject), ())
        return next(
            (
                row
                for row in reversed(rows)
                if row.batch not in self._undone and not self.is_hidden(row, viewer)
            ),
            None,
        )

    def is_hidden(self, act: ReviewAct, viewer: str | None) -> bool:
        """Return whether an act is none of somebody's business yet."""
        current = self.open_round
        return current is not None and act.id > current.begun.id and act.who != viewer

    def round_of(self, act: ReviewAct) -> Round | None:
        """Return the blind round that an act was made in."""
        return next(
            (blind_round for blind_round in self.rounds if blind_round.holds_row(act)),
            None,
        )

    def current(self, viewer: str | None = None) -> dict[Subject, ReviewAct]:
        """Return all verdicts that hold, as far as the viewer may know of them."""
        current = self._current.get(viewer)
        if current is None:
            held = ((subject, self.holds(subject, viewer)) for subject in self._rows)
            current = {subject: act for subject, act in held if act is not None}
            self._current[viewer] = current
        return dict(current)

    def subjects(self) -> tuple[Subject, ...]:
        """Return everything that was ever judged."""
        return tuple(self._rows)

    def rows(
        self, subject: Subject, viewer: str | None = None
    ) -> tuple[tuple[ReviewAct, bool], ...]:
        """Return every verdict on a subject, oldest first, and whether it counts.

        Amendments stand in it by their time.
        """
        rows = [
            row
            for act in self._rows.get(subject, ())
            for row in (act, *self._amendments.get((act.batch, subject), ()))
        ]
        return tuple(
            (act, act.batch not in self._undone)
            for act in sorted(rows, key=lambda a: a.id)
            if not self.is_hidden(act, viewer)
        )

    def batch(self, batch: str) -> tuple[ReviewAct, ...]:
        """Return what was decided at once."""
        return tuple(self._batches.get(batch, ()))

    def next_undo(self, person: Person) -> str:
        """Return the batch that a person's undo would take back, "" for none."""
        return next(reversed(self._can_undo.get(person, [])), "")

    def next_redo(self, person: Person) -> str:
        """Return the batch that a person's redo would bring again, "" for none."""
        return next(reversed(self._can_redo.get(person, [])), "")

    def left_alone(self, batch: str, viewer: str | None = None) -> tuple[Subject, ...]:
        """Return the subjects of a batch that somebody has decided again since."""
        return tuple(
            act.subject
            for act in self._batches.get(batch, ())
            if (held := self.holds(act.subject, viewer)) is not None
            and held.id > act.id
        )


def is_stale(act: ReviewAct, versions: Mapping[str, str]) -> bool:
    """Return whether something else is there now than what was judged.

    Going back to the judged versions makes a verdict current again.
    """
    return dict(act.versions) != dict(versions)
