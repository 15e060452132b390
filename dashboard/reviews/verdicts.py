"""From rows to what holds now: a pure fold, without database or clock.

A verdict on a subject holds until a later one on the same subject. An undo makes the
rows of one batch count no more, a redo makes them count again, and neither touches
what others have decided: the latest row that counts holds.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dashboard.reviews.acts import Act, Subject

Person = tuple[str, str]


class Verdicts:
    """What the acts on one plate come to.

    Thread safety: none; one thread adds, or a lock does.
    """

    def __init__(self, acts: Iterable[Act] = ()) -> None:
        self._rows: dict[Subject, list[Act]] = defaultdict(list)
        self._batches: dict[str, list[Act]] = {}
        self._undone: set[str] = set()
        self._can_undo: dict[Person, list[str]] = defaultdict(list)
        self._can_redo: dict[Person, list[str]] = defaultdict(list)
        self.last = 0
        """Place in the ledger up to which acts were added."""

        for act in acts:
            self.add(act)

    def add(self, act: Act) -> None:
        """Take in the next act."""
        self.last = max(self.last, act.id)
        if act.kind == "verdict":
            self._decide(act)
        elif act.kind == "undo":
            self._move(act, self._can_undo, self._can_redo)
        else:
            self._move(act, self._can_redo, self._can_undo)

    def _decide(self, act: Act) -> None:
        self._rows[act.subject].append(act)
        known = self._batches.setdefault(act.batch, [])
        known.append(act)
        if len(known) == 1:
            self._can_undo[act.person].append(act.batch)
            self._can_redo[act.person].clear()

    def _move(
        self,
        act: Act,
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

    def holds(self, subject: Subject) -> Act | None:
        """Return the verdict that holds on a subject, None where there is none."""
        return next(
            (
                act
                for act in reversed(self._rows.get(subject, ()))
                if act.batch not in self._undone
            ),
            None,
        )

    def current(self) -> dict[Subject, Act]:
        """Return all verdicts that hold."""
        held = ((subject, self.holds(subject)) for subject in self._rows)
        return {subject: act for subject, act in held if act is not None}

    def rows(self, subject: Subject) -> tuple[tuple[Act, bool], ...]:
        """Return every verdict on a subject, oldest first, and whether it counts."""
        return tuple(
            (act, act.batch not in self._undone) for act in self._rows.get(subject, ())
        )

    def batch(self, batch: str) -> tuple[Act, ...]:
        """Return what was decided at once."""
        return tuple(self._batches.get(batch, ()))

    def next_undo(self, person: Person) -> str:
        """Return the batch that a person's undo would take back, "" for none."""
        return next(reversed(self._can_undo.get(person, [])), "")

    def next_redo(self, person: Person) -> str:
        """Return the batch that a person's redo would bring again, "" for none."""
        return next(reversed(self._can_redo.get(person, [])), "")

    def left_alone(self, batch: str) -> tuple[Subject, ...]:
        """Return the subjects of a batch that somebody has decided again since."""
        return tuple(
            act.subject
            for act in self._batches.get(batch, ())
            if (held := self.holds(act.subject)) is not None and held.id > act.id
        )


def is_stale(act: Act, versions: Mapping[str, str]) -> bool:
    """Return whether something else is there now than what was judged.

    Going back to the judged versions makes a verdict current again.
    """
    return dict(act.versions) != dict(versions)
