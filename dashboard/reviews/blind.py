"""Blind rounds: two judge a plate without knowing of each other, then compare."""

from __future__ import annotations

import dataclasses
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, RefusedError
from dashboard.reviews.acts import ReviewAct, Subject, new_batch
from dashboard.reviews.agreement import Agreement, Disagreement, agreement
from dashboard.reviews.signed import refuse_if_signed
from dashboard.text import plain_text
from hcs.cache import LRUCache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.reviews.reviews import Reviews
    from dashboard.reviews.values import BlindState
    from dashboard.reviews.verdicts import Round, Verdicts
    from hcs.metadata import Who


_MOST_PLATES = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RoundComparison:
    """What came of the last blind round of a plate that has ended."""

    agreement: Agreement | None = None
    """None where no round has ended."""

    differences: tuple[Disagreement, ...] = ()


_NO_ROUND = RoundComparison()


class BlindReviews:
    """Begins and ends blind rounds, and compares what came of them.

    What begins and ends them are rows of the plate's ledger. As names are typed, a
    round keeps honest people from influencing each other, and no more than that.
    """

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews
        self._comparing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._compared: LRUCache[str, tuple[Verdicts, int, RoundComparison]] = LRUCache(
            _MOST_PLATES
        )

    def state(self, key: str, who: Who | None = None) -> BlindState:
        """Return the round that is under way, as far as a person may know (fast)."""
        return self._reviews.review(key, who).blind

    def hides_conditions(self, key: str) -> bool:
        """Whether nobody may know what is in a plate's wells now (fast)."""
        current = self._reviews.open_round(key)
        return current is not None and current.hides_conditions

    def is_blind(self, plate: str) -> bool:
        """Whether a blind round is open on a plate, by its id (fast)."""
        return self._reviews.is_blind(plate)

    def begin(
        self,
        key: str,
        who: Who,
        reviewers: Iterable[str],
        *,
        hide_conditions: bool = False,
    ) -> None:
        """Begin a round.

        Parameters
        ----------
        key
            Of the plate.
        who
            Who begins it; need not take part.
        reviewers
            The names of the two.
        hide_conditions
            Hide role, compound and dose from everybody until it ends.

        Raises
        ------
        DashboardError
            If there are not two names, a round is under way, or the plate is signed
            off.
        """
        names = [plain_text(name, 200).strip() for name in reviewers]
        if len(names) != 2 or not all(names) or names[0] == names[1]:
            raise DashboardError(
                "A blind review has two reviewers with different names; give both."
            )
        details = {"reviewers": names, "hide_conditions": bool(hide_conditions)}

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            refuse_if_signed(verdicts.signed, key)
            if verdicts.open_round is not None:
                raise DashboardError("A blind review of this plate is under way.")
            return [dataclasses.replace(_act("blind", who), details=details)]

        self._reviews.record(key, make)

    def done(self, key: str, who: Who) -> bool:
        """Say that a reviewer is done; return whether that ended the round.

        Nothing can be judged by them until the other one is done, too.

        Raises
        ------
        DashboardError
            If no round is under way, or they are not one of its reviewers.
        """

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            current = _open(verdicts)
            if who.name not in current.reviewers:
                raise DashboardError(
                    f"This blind review is by {' and '.join(current.reviewers)}."
                )
            return [] if who.name in current.done else [_act("done", who)]

        self._reviews.record(key, make)
        return not self._reviews.read(key).blind.open

    def end(self, key: str, who: Who, note: str = "") -> None:
        """End a round before both are done; everything in it becomes visible."""

        def make(verdicts: Verdicts) -> list[ReviewAct]:
            _open(verdicts)
            return [dataclasses.replace(_act("blind-end", who), note=note)]

        self._reviews.record(key, make)

    def known_comparison(self, key: str) -> RoundComparison | None:
        """Return what came of the last round that has ended, None to ask for it (fast).

        Pages ask after each verdict, and of most plates there is nothing to compare.
        """
        verdicts, last, ended = self._reviews.known(
            key, lambda verdicts: (verdicts, verdicts.last, _last_ended(verdicts))
        )
        if ended is None:
            return _NO_ROUND
        known = self._compared.get(key)
        # Another fold of other rows may end with the same one.
        same = known is not None and known[0] is verdicts and known[1] == last
        return known[2] if known is not None and same else None

    def comparison(self, key: str) -> RoundComparison:
        """Return what came of the last round that has ended: worked out for all pages.

        It goes through all verdicts of the plate.
        """
        with self._comparing[key]:
            if (known := self.known_comparison(key)) is not None:
                return known
            verdicts = self._reviews.verdicts(key)
            last = verdicts.last
            comparison = RoundComparison(
                agreement=self.agreement(key), differences=self.disagreements(key)
            )
            self._compared.set(key, (verdicts, last, comparison))
        return comparison

    def agreement(self, key: str) -> Agreement | None:
        """Return how far the last ended round's reviewers agree, None without one."""
        verdicts = self._reviews.verdicts(key)
        ended = _last_ended(verdicts)
        if ended is None:
            return None
        first, second = ended.reviewers
        pairs, left_out = [], 0
        for subject, (first_act, second_act) in _both(verdicts, ended).items():
            if subject.level != "well":
                continue
            if _individual(verdicts, first_act) and _individual(verdicts, second_act):
                pairs.append((first_act.verdict, second_act.verdict))
            else:
                left_out += 1
        return agreement((first, second), pairs, left_out)

    def disagreements(self, key: str) -> tuple[Disagreement, ...]:
        """Return what the last ended round's reviewers judged differently."""
        verdicts = self._reviews.verdicts(key)
        ended = _last_ended(verdicts)
        if ended is None or ended.ended is None:
            return ()
        end = ended.ended.id
        listed = []
        for subject, acts in _both(verdicts, ended).items():
            if acts[0].verdict == acts[1].verdict:
                continue
            verdict = verdicts.holds(subject)
            settled = verdict if verdict is not None and verdict.id > end else None
            listed.append(Disagreement(subject=subject, acts=acts, settled=settled))
        return tuple(listed)


def _act(kind: str, who: Who) -> ReviewAct:
    return ReviewAct(
        kind=kind,  # type: ignore[arg-type]  # one of the three that are given above
        batch=new_batch(),
        who=who.name,
        known=who.known,
    )


def _open(verdicts: Verdicts) -> Round:
    current = verdicts.open_round
    if current is None:
        raise DashboardError("No blind review of this plate is under way.")
    return current


def _last_ended(verdicts: Verdicts) -> Round | None:
    return next(
        (blind_round for blind_round in reversed(verdicts.rounds) if blind_round.ended),
        None,
    )


def _both(
    verdicts: Verdicts, blind_round: Round
) -> dict[Subject, tuple[ReviewAct, ReviewAct]]:
    """Return what each of the two decided last in a round, where both did."""
    pairs = {}
    for subject in verdicts.subjects():
        last = {
            act.who: verdicts.as_amended(act)
            for act, counts in verdicts.rows(subject)
            if act.kind == "verdict" and counts and blind_round.holds_row(act)
        }
        acts = [last[name] for name in blind_round.reviewers if name in last]
        if len(acts) == 2:
            pairs[subject] = (acts[0], acts[1])
    return pairs


def _individual(verdicts: Verdicts, act: ReviewAct) -> bool:
    """Return whether somebody looked at a well and judged it by itself."""
    return act.basis != "unseen" and len(verdicts.batch(act.batch)) == 1


def refuse_if_blind(reviews: Reviews, key: str) -> None:
    """Raise `RefusedError` where a file of decisions would break a blind round."""
    if reviews.read(key).blind.open:
        raise RefusedError(
            f"A blind review of {key!r} is under way, and the file would tell each "
            f"reviewer of the other. Export when both are done."
        )
