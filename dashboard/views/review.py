"""The verdict bar: decides about what is on the screen, and says what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.access import WHILE_ABSENT, Act
from dashboard.exports.anndata_table import write_tables
from dashboard.reviews.acts import Subject
from dashboard.reviews.queue import entries, unjudged
from dashboard.reviews.values import Decision
from dashboard.reviews.verdict_table import VERDICTS
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.act_queue import NOT_SAVED, ActQueue
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, as_json, index_of, text_of
from dashboard.views.rest_sample import RestSample
from dashboard.views.verdict_content import (
    MOST_CHANGES,
    Verdicts,
    changed_verdicts,
    counts_content,
    field_content,
    field_verdicts,
    held_verdict,
    offer_content,
    queue_content,
    remaining_wells,
    since_content,
    subject_of,
    suggested,
    waits,
    well_verdicts,
    why,
)
from dashboard.views.writes import NOT_OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.plates.values import PlateOverview, WellState
    from dashboard.projects.rules import ReviewRules
    from dashboard.reviews.queue import QueueEntry
    from dashboard.reviews.values import PlateReview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


class VerdictIsland(Island):
    """See ``assets/review/verdict.js``.

    What all pages show alike of a plate travels apart from what is one page's own:
    the queue, the verdicts as a whole, and what has changed since that was sent. So do
    the answers to what was asked for: whoever waits for one gets it before all else.
    """

    names = ("content", "queue", "verdicts", "since", "unseen", "answers")

    module = "review/verdict.js"


class VerdictBar(Part):
    """Takes verdicts, one after the other, and shows how far the review is."""

    ignores = frozenset()

    def __init__(self, session: Session) -> None:
        super().__init__(session, VerdictIsland())
        self._acts = ActQueue(session, self._answer)
        self._sample = RestSample(session, self._redraw)
        self._whole_of = ""
        self._remaining: frozenset[str] = frozenset()
        self._whole: Verdicts = {}
        """The verdicts that were sent as a whole, and of which plate they are."""

        self.component.on("judge", self._judge, asks=Act.JUDGE)
        self.component.on("amend", self._amend, asks=Act.NOTE)
        self.component.on("rest", self._judge_rest, asks=Act.JUDGE)
        self.component.on(
            "undo", lambda message: self._turn(message, again=False), asks=Act.NOTE
        )
        self.component.on(
            "redo", lambda message: self._turn(message, again=True), asks=Act.NOTE
        )
        self.component.on("seen", self._note_seen, asks=Act.LOOK)
        self.component.on("glimpsed", self._note_glimpsed, asks=Act.LOOK)
        self.component.on("sample", self._draw_sample, asks=Act.LOOK)
        self.component.on("table", self._put_table, asks=Act.TABLES)
        self.component.on("name", lambda _: self._redraw(), asks=Act.LOOK)

    def refuse(self, message: Message, reason: str) -> None:
        """Answer a message with why nothing was done."""
        self._acts.refuse(message, reason)

    # --- acting -----------------------------------------------------------------------

    def _judge(self, message: Message) -> None:
        overview = self._open(message)
        if overview is None:
            return None
        sent = message.get("wells")
        labels = [label for label in sent if isinstance(label, str)] if sent else []
        by_label = {well.label: well for well in overview.wells}
        well_states = [by_label.get(label) for label in labels]
        if None in well_states:
            return self._acts.refuse(message, "This plate has no such well.")
        wells = [state for state in well_states if state is not None]
        decisions = self._decisions(overview, wells, message)
        return self._decide(message, overview.key, decisions)

    def _decisions(
        self, overview: PlateOverview, wells: Sequence[WellState], message: Message
    ) -> list[Decision]:
        if not wells:
            return [Decision(Subject(), "unseen")]
        if len(wells) > 1:
            return [self._unopened(overview.key, well) for well in wells]
        well = wells[0]
        subject = Subject(
            well.path, text_of(message, "field", 200), index_of(message, "acquisition")
        )
        digest = text_of(message, "digest", 40)
        seen_as = self._session.looks.basis(overview.key, well.label, digest)
        opened = self._now is not None and self._now.stage == "field"
        basis = "field" if opened or seen_as == "field" else "thumbnails"
        return [Decision(subject, basis, digest)]

    def _amend(self, message: Message) -> None:
        """Save a note or a reason to the verdict that the person has read."""
        overview, who = self._open(message), self._session.who()
        if overview is None:
            return None
        if who is None:
            return self._acts.refuse(message, "Enter your name at the top first.")
        sent = message.get("wells")
        labels = [label for label in sent if isinstance(label, str)] if sent else []
        wells = [overview.well(label) for label in labels[:1]]
        if None in wells:
            return self._acts.refuse(message, "This plate has no such well.")
        subject = Subject(
            next((well.path for well in wells if well is not None), ""),
            text_of(message, "field", 200),
            index_of(message, "acquisition"),
        )
        if "reason" in message and (reason := self._session.reason_against(Act.JUDGE)):
            return self._acts.refuse(message, reason)
        change = {
            name: text_of(message, name, most)
            for name, most in (("note", 4000), ("reason", 40))
            if name in message
        }
        key, target = overview.key, text_of(message, "target", 32)
        batch = text_of(message, "batch", 32)
        amend = self._session.service.amending.amend
        return self._acts.add(
            message, lambda: amend(key, subject, target, who, batch=batch, **change)
        )

    def _unopened(self, key: str, well: WellState) -> Decision:
        """Return what is decided of a well among many: perhaps it was seen before."""
        looks, label = self._session.looks, well.label
        if label not in looks.labels(key):
            return Decision(Subject(well.path), "unseen")
        digest = self._session.service.plates.well(key, label).digest
        return Decision(Subject(well.path), looks.basis(key, label, digest))

    def _judge_rest(self, message: Message) -> None:
        overview = self._open(message)
        if overview is None:
            return None
        key = overview.key
        review = self._session.service.reviews.review(key, self._session.who())
        wells = unjudged(overview, review)
        decisions = [self._unopened(key, well) for well in wells]
        # A verdict that is on its way to the ledger, or another's, is none of the rest.
        return self._decide(message, key, decisions, since=review.last)

    def _open(self, message: Message) -> PlateOverview | None:
        """Return the plate that a message is about; answers where it is not open."""
        overview = self._now.overview if self._now else None
        if overview is not None and overview.key == text_of(message, "plate", 1000):
            return overview
        self._acts.refuse(message, NOT_OPEN)
        return None

    def _draw_sample(self, message: Message) -> None:
        """Read some wells at random among those that would be passed unopened."""
        overview = self._now.overview if self._now else None
        if overview is None:
            return
        self._sample.draw(overview, index_of(message, "seed") or 0)

    def _decide(
        self,
        message: Message,
        key: str,
        decisions: list[Decision],
        *,
        since: int | None = None,
    ) -> None:
        verdict = text_of(message, "verdict", 10)
        reason = text_of(message, "reason", 40)
        who = self._session.who()
        if who is None:
            return self._acts.refuse(message, "Enter your name at the top first.")
        if verdict not in VERDICTS:
            return self._acts.refuse(message, "There is no such verdict.")
        note = text_of(message, "note", 4000)
        batch = text_of(message, "batch", 32)
        return self._acts.add(
            message,
            lambda: self._session.service.decisions.judge(
                key,
                decisions,
                verdict,
                who,
                reason=reason,
                note=note,
                batch=batch,
                since=since,
            ),
        )

    def _put_table(self, message: Message) -> None:
        """Put the tables of wells and fields beside the pictures, for other tools."""
        service, overview = self._session.service, self._open(message)
        if overview is None:
            return None
        key = overview.key
        return self._session.run(
            lambda: write_tables(service, key),
            lambda folder: self._acts.answer(
                message, text=f"{folder.name}/qc and qc_fields are in the plate now."
            ),
            failed=lambda error: self._acts.refuse(message, failure(error, NOT_SAVED)),
            pool=Pool.CHANGES,
        )

    def _turn(self, message: Message, *, again: bool) -> None:
        overview, who = self._open(message), self._session.who()
        if overview is None:
            return None
        if who is None:
            return self._acts.refuse(message, "Enter your name at the top first.")
        key, batch = overview.key, text_of(message, "target", 32)
        reason = self._reason_against_turning(key, batch)
        if reason:
            return self._acts.refuse(message, reason)
        decisions = self._session.service.decisions
        act = decisions.redo if again else decisions.undo
        return self._acts.add(message, lambda: act(key, who, batch))

    def _reason_against_turning(self, key: str, batch: str) -> str:
        """Return why what was done at once may not be taken back, nor brought again."""
        acts = self._session.service.reviews.known(
            key, lambda verdicts: verdicts.batch(batch)
        )
        # Nobody takes back what they may not do.
        asked = {Act.JUDGE if act.kind == "verdict" else Act.NOTE for act in acts}
        reasons = map(self._session.reason_against, asked)
        return next(filter(None, reasons), "")

    def _note_seen(self, message: Message) -> None:
        """Remember that a well's pictures were on the screen, and which."""
        key, label = text_of(message, "plate", 1000), text_of(message, "well", 20)
        digest = text_of(message, "digest", 40)
        if self._now is None or self._now.overview is None or not digest:
            return
        overview = self._now.overview
        if key != overview.key:
            return  # pictures of the plate before have come late
        if overview.well(label) is not None and self._session.looks.note(
            key, {label: digest}, "thumbnails"
        ):
            self._put_seen(overview, self._remaining)

    def _note_glimpsed(self, message: Message) -> None:
        """Remember that a field of each of some wells was seen among others."""
        overview = self._now.overview if self._now else None
        pairs = message.get("wells")
        if overview is None or not isinstance(pairs, list):
            return
        digests = {
            label: digest
            for label, digest in (
                pair for pair in pairs if isinstance(pair, list) and len(pair) == 2
            )
            if isinstance(label, str)
            and isinstance(digest, str)
            and overview.well(label) is not None
        }
        if self._session.looks.note(overview.key, digests, "montage"):
            self._put_seen(overview, self._remaining)

    # --- showing ----------------------------------------------------------------------

    def _answer(self) -> None:
        """Send the answers, and draw what holds now in a turn of the loop after it."""
        self.component.put(self._acts.answers(), "answers")
        self._session.soon(self._redraw)

    def draw(self, now: Snapshot) -> None:
        """Show what holds for the plate, the well and the field that are open."""
        self._now = now
        overview = now.overview
        if overview is None:
            self.component.put({"shown": False})
            return
        self._opened(now)
        service = self._session.service
        rules = service.projects.rules(overview.key)
        review = service.reviews.review(overview.key, self._session.who())
        suspects = service.shared.of(entries, now.judgement)
        self._put_shared(now, overview, review, rules, suspects)
        reasons = self.reasons(Act.JUDGE, Act.REOPEN)
        reason = reasons[Act.JUDGE]
        away = reason if reason == WHILE_ABSENT else ""
        undo, redo = service.decisions.offers(overview.key, self._session.who())
        self.component.put(
            {
                "shown": True,
                "answered": self._acts.count,
                "plate": overview.key,
                "id": overview.id,
                "workspace": service.workspace_id,
                "stage": now.stage,
                "well": plain_text(now.state.well, 20),
                "field": field_content(now),
                "loaded": review.loaded,
                "barred": self.barred(reasons),
                "reopen": reasons[Act.REOPEN],
                "locked": ("" if away else reason)
                or waits(review, self._session.who()),
                # What is typed stays in sight meanwhile, so it is no lock.
                "away": away,
                "signed": review.signed is not None,
                "blind": review.blind.open and review.blind.mine,
                "standing": held_verdict(review, subject_of(now, overview), rules),
                "fields": field_verdicts(review, now.well, rules),
                "plate_standing": held_verdict(review, Subject(), rules),
                "suggested": suggested(suspects, now.state.well),
                "why": why(suspects, now.state.well),
                "sample": self._sample.content(now, overview),
                "undo": offer_content(undo),
                "redo": offer_content(redo),
            }
        )

    def _put_shared(
        self,
        now: Snapshot,
        overview: PlateOverview,
        review: PlateReview,
        rules: ReviewRules,
        suspects: tuple[QueueEntry, ...],
    ) -> None:
        """Show what all show who may know the same: made once, and sent by changes."""
        shared, put = self._session.service.shared, self.component.put_text
        urls = self._session.urls
        put(
            shared.of(queue_content, overview, suspects, now.roles, rules, urls),
            "queue",
        )
        verdicts = shared.of(well_verdicts, overview, review, rules)
        if (
            self._whole_of != overview.key
            or len(shared.of(changed_verdicts, self._whole, verdicts)) > MOST_CHANGES
        ):
            self._whole_of, self._whole = overview.key, verdicts
        put(shared.of(as_json, self._whole), "verdicts")
        counts = shared.of(counts_content, overview, review)
        put(shared.of(since_content, self._whole, verdicts, counts), "since")
        self._put_seen(overview, shared.of(remaining_wells, overview, review))

    def _put_seen(self, overview: PlateOverview, remaining: frozenset[str]) -> None:
        """Show how much of the plate this person has seen, which judges nothing."""
        self._remaining = remaining
        looks = self._session.looks
        opened = looks.labels(overview.key, "field", "thumbnails")
        glimpsed = looks.labels(overview.key, "montage")
        seen = {
            "seen": len(opened | glimpsed),
            "unopened": len(remaining - opened),
            "glimpsed": len(remaining & glimpsed),
        }
        self.component.put(seen, "unseen")

    def _opened(self, now: Snapshot) -> None:
        """Remember that a field of this well was looked at in the viewer."""
        if now.field is not None and now.well is not None and now.overview is not None:
            self._session.looks.note(
                now.overview.key, {now.well.label: now.well.digest}, "field"
            )
