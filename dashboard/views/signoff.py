"""Finishing a review: blind rounds of two, what they disagree on, and the sign-off."""

from __future__ import annotations

import dataclasses
import operator
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.progress import Progress
from dashboard.reviews.blind import RoundComparison
from dashboard.reviews.signed import acquired, counts_of, judged_by_looking
from dashboard.reviews.usability import USE_WORDS, line_text, value_text
from dashboard.reviews.verdict_table import VERDICTS
from dashboard.reviews.wording import subject_text
from dashboard.text import plain_text
from dashboard.views.act_queue import ActQueue
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.writes import NOT_OPEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateOverview
    from dashboard.projects.rules import ReviewRules
    from dashboard.reviews.acts import ReviewAct
    from dashboard.reviews.agreement import Agreement, Disagreement
    from dashboard.reviews.usability import Usability
    from dashboard.reviews.values import BlindState, PlateReview, SignedOff
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot
    from hcs.metadata import Who

_NOT_DONE = "It was not done"
_MOST = 300
"""Disagreements that are listed."""


class SignoffIsland(Island):
    """See ``assets/review/signoff.js``."""

    module = "review/signoff.js"


class Signoff(Part):
    """Signs a plate off or opens it again, begins blind rounds and shows their end."""

    ignores = frozenset()

    def __init__(self, session: Session) -> None:
        super().__init__(session, SignoffIsland())
        self._acts = ActQueue(session, self._redraw, _NOT_DONE)
        self._compared = RoundComparison()
        self._compared_at: tuple[object, ...] = ()
        self._usability: Usability | None = None
        self._weighed: tuple[object, ...] = ()
        """What the usability is of."""

        service = session.service
        steps: dict[str, tuple[Act, Callable[[str, Who, Message], object]]] = {
            "sign-off": (
                Act.SIGN_OFF,
                lambda key, who, m: service.signing.sign_off(
                    key, who, text_of(m, "note", 4000), session.looks
                ),
            ),
            "reopen": (
                Act.REOPEN,
                lambda key, who, m: service.signing.reopen(
                    key, who, text_of(m, "note", 4000)
                ),
            ),
            "blind": (
                Act.BLIND,
                lambda key, who, m: service.blind.begin(
                    key,
                    who,
                    (text_of(m, "first", 200), text_of(m, "second", 200)),
                    hide_conditions=m.get("hide") is True,
                ),
            ),
            "done": (Act.JUDGE, lambda key, who, _: service.blind.done(key, who)),
            "end": (
                Act.BLIND,
                lambda key, who, m: service.blind.end(
                    key, who, text_of(m, "note", 4000)
                ),
            ),
        }
        for kind, (act, step) in steps.items():
            self.component.on(kind, partial(self._do, step), asks=act)
        session.looks.watch(self._redraw)
        self.component.on("demand", self._demand, asks=Act.SETTINGS)
        self.component.on("limits", self._limits, asks=Act.SETTINGS)
        self.component.on("name", lambda _: self._redraw(), asks=Act.LOOK)

    def _do(
        self, step: Callable[[str, Who, Message], object], message: Message
    ) -> None:
        who, key = self._session.who(), self._session.state.plate
        if text_of(message, "plate", 1000) != key:
            return self.refuse(message, NOT_OPEN)
        if who is None:
            return self.refuse(message, "Enter your name at the top first.")
        return self._add(message, lambda: step(key, who, message))

    def _demand(self, message: Message) -> None:
        """Let the project demand a reason with each fail, or no more."""
        service, key = self._session.service, self._session.state.plate
        if text_of(message, "plate", 1000) != key:
            return self.refuse(message, NOT_OPEN)
        demand = message.get("reason") is True

        def keep() -> None:
            rules = service.projects.rules(key)
            service.projects.keep_rules(
                key, dataclasses.replace(rules, reason_for_fail=demand)
            )

        return self._add(message, keep)

    def _limits(self, message: Message) -> None:
        """Set the limits of a rule for the use of a project's plates."""
        service, key = self._session.service, self._session.state.plate
        if text_of(message, "plate", 1000) != key:
            return self.refuse(message, NOT_OPEN)
        rule = text_of(message, "rule", 40)
        limits = (rule, _limit(message, "care"), _limit(message, "refuse"))

        def keep() -> None:
            rules = service.projects.rules(key)
            others = [own for own in rules.use if own[0] != rule]
            service.projects.keep_rules(
                key, dataclasses.replace(rules, use=(*others, limits))
            )

        return self._add(message, keep)

    def _add(self, message: Message, act: Callable[[], object]) -> None:
        """Do what a message asks for, after what was asked for before."""

        def do() -> None:
            act()

        self._acts.add(message, do)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was done, where the plate's sign-off is."""
        self._acts.refuse(message, reason)

    def _counts(self, overview: PlateOverview) -> dict[str, int]:
        """Return what a sign-off would state: counted once for all pages.

        Which wells somebody has looked at is a page's own.
        """
        shared = self._session.service.shared
        review = self._session.service.reviews.review(overview.key)
        seen = shared.of(judged_by_looking, overview, review)
        looked = self._session.looks.labels(overview.key)
        return {
            **shared.of(counts_of, overview, review),
            "looked": len(seen) + len((looked & shared.of(acquired, overview)) - seen),
        }

    def draw(self, now: Snapshot) -> None:
        """Show how far the review of the plate has come."""
        self._now = now
        overview = now.overview
        if overview is None:
            self.component.put({"shown": False})
            return
        service, who = self._session.service, self._session.who()
        review = service.reviews.review(overview.key, who)
        if now.state.well and review.signed is None:
            # What nobody sees is counted when somebody looks at it.
            self.component.put({"shown": False, "barred": self.barred()})
            return
        self._compare(overview.key, review.last)
        self._weigh(now, review)
        agreement, differences = self._compared.agreement, self._compared.differences
        self.component.put(
            {
                "shown": True,
                "plate": overview.key,
                "name": plain_text(overview.name or overview.key, 80),
                "whole": not now.state.well,
                "barred": self.barred(),
                "me": who.name if who else "",
                "typed": self._session.visitor.types_name,
                "signed": _signed(review.signed),
                "counts": self._counts(overview),
                "usability": None
                if self._usability is None
                else _usability_content(self._usability),
                "demands_reason": service.projects.rules(overview.key).reason_for_fail,
                "blind": _blind(review.blind),
                "agreement": None if agreement is None else _agreement(agreement),
                "differences": []
                if review.blind.open
                else _differences(
                    differences, overview, service.projects.rules(overview.key)
                ),
                "results": self._acts.answers(),
            }
        )

    def _compare(self, key: str, last: int) -> None:
        """Compare the reviewers of the last round when rows have come."""
        if (key, last) == self._compared_at:
            return
        before, self._compared_at = self._compared_at, (key, last)
        blind = self._session.service.blind
        if (known := blind.known_comparison(key)) is not None:
            self._compared = known
            return
        if before[:1] != (key,):
            self._compared = RoundComparison()
        self._session.run(
            lambda: blind.comparison(key), self._take, of=lambda: self._compared_at
        )

    def _weigh(self, now: Snapshot, review: PlateReview) -> None:
        """Work out what the plate is good for, in a thread, when that may change."""
        if now.state.well:
            return
        key, service = now.state.plate, self._session.service
        progress = now.progress or Progress()
        mark = (key, review, now.judgement, now.rules, now.assay_metric, progress.done)
        known = self._weighed
        if len(known) == len(mark) and all(map(operator.eq, known, mark)):
            return
        if known[:1] != mark[:1]:
            self._usability = None
        self._weighed = mark
        if (usability := service.usability.known(key, review)) is not None:
            self._usability = usability
            return
        self._session.run(
            lambda: service.usability.of(key, review),
            self._take_usability,
            of=lambda: self._weighed,
        )

    def _take_usability(self, usability: Usability) -> None:
        if usability != self._usability:
            self._usability = usability
            self._redraw()

    def _take(self, compared: RoundComparison) -> None:
        if compared != self._compared:
            self._compared = compared
            self._redraw()


def _signed(sign_off: SignedOff | None) -> dict[str, Any] | None:
    if sign_off is None:
        return None
    return {
        "who": plain_text(sign_off.who, 80),
        "authenticated": sign_off.authenticated,
        "at": sign_off.at,
        "note": plain_text(sign_off.note),
        "use": USE_WORDS.get(sign_off.use, ""),
        "counts": dict(sign_off.counts),
        "changes": [plain_text(change, 300) for change in sign_off.changes],
    }


def _blind(state: BlindState) -> dict[str, Any]:
    return {
        "open": state.open,
        "reviewers": [plain_text(name, 80) for name in state.reviewers],
        "mine": state.mine,
        "done": state.done,
        "hides": state.hides_conditions,
        "by": plain_text(state.begun_by, 80),
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {
        "reviewers": [plain_text(name, 80) for name in agreement.reviewers],
        "n": agreement.n,
        "table": agreement.table,
        "verdicts": VERDICTS,
        "raw": agreement.raw,
        "kappa": agreement.kappa,
        "left_out": agreement.left_out,
    }


def _differences(
    disagreements: tuple[Disagreement, ...], overview: PlateOverview, rules: ReviewRules
) -> list[dict[str, Any]]:
    labels = {well.path: well.label for well in overview.wells}
    return [
        {
            "well": labels.get(disagreement.subject.well, ""),
            "what": plain_text(subject_text(disagreement.subject, labels), 60),
            "verdicts": [_act_content(act, rules) for act in disagreement.acts],
            "settled": _act_content(disagreement.settled, rules)
            if disagreement.settled
            else None,
        }
        for disagreement in disagreements[:_MOST]
    ]


def _act_content(act: ReviewAct, rules: ReviewRules) -> dict[str, str]:
    return {
        "who": plain_text(act.who, 80),
        "verdict": act.verdict,
        "reason": plain_text(rules.words(act.reason), 80) if act.reason else "",
        "note": plain_text(act.note, 400),
    }


def _usability_content(usability: Usability) -> dict[str, Any]:
    held = usability.held
    return {
        "use": usability.use,
        "word": USE_WORDS[usability.use],
        "decided": plain_text(held.act.who, 80) if held else "",
        "reasons": [plain_text(line_text(line), 120) for line in usability.reasons],
        "rules": [
            {
                "id": line.rule.id,
                "title": line.rule.title,
                "meaning": line.rule.meaning,
                "value": value_text(line.fact.value),
                "note": plain_text(line.fact.note, 300),
                "unit": line.rule.unit,
                "side": "above" if line.rule.more_is_worse else "below",
                "care": line.rule.care,
                "refuse": line.rule.refuse,
                "outcome": line.outcome,
            }
            for line in usability.lines
        ],
    }


def _limit(message: Message, name: str) -> float | None:
    limit = message.get(name)
    return float(limit) if isinstance(limit, int | float) else None
