"""What acts come to, against a plain model; staleness; what is refused."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import DashboardError
from dashboard.reviews.acts import (
    ReviewAct,
    Subject,
    as_document,
    check,
    from_document,
    new_batch,
)
from dashboard.reviews.values import HeldVerdict, PlateReview
from dashboard.reviews.verdicts import Verdicts, is_stale
from dashboard.reviews.wording import describe

PEOPLE = ("Ada", "Ben")
PLACES = (Subject("A/1"), Subject("A/2"), Subject("A/1", "0"), Subject())


def verdict(
    who: str, subject: Subject, word: str = "fail", **more: object
) -> ReviewAct:
    act = ReviewAct(
        kind="verdict",
        batch=new_batch(),
        who=who,
        known="typed",
        subject=subject,
        verdict=word,
        basis="field",
    )
    return dataclasses.replace(act, **more)  # type: ignore[arg-type]


def amendment(who: str, to: ReviewAct, **more: object) -> ReviewAct:
    act = dataclasses.replace(
        to, kind="amend", batch=new_batch(), target=to.batch, who=who
    )
    return dataclasses.replace(act, **more)  # type: ignore[arg-type]


def folded(*acts: ReviewAct) -> Verdicts:
    return Verdicts(dataclasses.replace(act, id=n) for n, act in enumerate(acts, 1))


def turn(kind: str, of: ReviewAct) -> ReviewAct:
    return ReviewAct(
        kind=kind, batch=new_batch(), who=of.who, known="typed", target=of.batch
    )  # type: ignore[arg-type]


def test_an_amendment_changes_note_and_reason_and_nothing_else_of_a_verdict() -> None:
    place = Subject("A/1")
    first = verdict("Ada", place, reason="focus")
    second = amendment("Ben", first, reason="debris", note="a fibre")
    held = folded(first, second).holds(place)
    assert held is not None
    assert (held.who, held.verdict, held.batch) == ("Ada", "fail", first.batch)
    assert (held.reason, held.note, held.id) == ("debris", "a fibre", 1)


def test_an_amendment_is_taken_back_alone_and_goes_with_its_verdict() -> None:
    place = Subject("A/1")
    first = verdict("Ada", place, note="dim")
    second = amendment("Ada", first, note="a fibre")

    def note(*more: ReviewAct) -> str | None:
        held = folded(first, second, *more).holds(place)
        return held.note if held else None

    assert note() == "a fibre"
    assert note(turn("undo", second)) == "dim"
    assert note(turn("undo", second), turn("redo", second)) == "a fibre"
    assert note(turn("undo", second), turn("undo", first)) is None
    assert note(verdict("Ada", place)) == ""


def test_an_amendment_made_in_a_blind_round_is_told_to_its_author_alone() -> None:
    place = Subject("A/1")
    first = verdict("Cat", place, note="dim")
    begun = ReviewAct(
        kind="blind",
        batch=new_batch(),
        who="Cat",
        known="typed",
        details={"reviewers": ["Ada", "Ben"]},
    )
    table = folded(first, begun, amendment("Ada", first, note="a fibre"))
    notes = {who: table.holds(place, who).note for who in ("Ada", "Ben")}  # type: ignore[union-attr]
    assert notes == {"Ada": "a fibre", "Ben": "dim"}
    assert [act.note for act, _ in table.rows(place, "Ben")] == ["dim"]


class Model:
    """The same said as plainly as possible: a list of acts, each on or off."""

    def __init__(self) -> None:
        self.acts: list[dict] = []
        self.undone: dict[str, list[dict]] = {who: [] for who in PEOPLE}

    def decide(self, who: str, subjects: list[Subject], word: str, batch: str) -> None:
        act = {"who": who, "subjects": subjects, "word": word, "on": True}
        self.acts.append(act | {"batch": batch})
        self.undone[who] = []

    def undo(self, who: str) -> str:
        mine = [a for a in self.acts if a["who"] == who and a["on"]]
        order = [a for a in mine if not a.get("again")] + sorted(
            (a for a in mine if a.get("again")), key=lambda a: a["again"]
        )
        # A redone act is the latest again; it can only be younger than what is left.
        if not order:
            return ""
        last = max(order, key=self.acts.index)
        last["on"] = False
        self.undone[who].append(last)
        return last["batch"]

    def redo(self, who: str) -> str:
        if not self.undone[who]:
            return ""
        act = self.undone[who].pop()
        act["on"] = True
        return act["batch"]

    def holds(self, subject: Subject) -> str:
        acts = [a for a in self.acts if a["on"] and subject in a["subjects"]]
        return acts[-1]["word"] if acts else ""


steps = st.lists(
    st.tuples(
        st.sampled_from(("decide", "decide", "undo", "redo")),
        st.sampled_from(PEOPLE),
        st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True),
        st.sampled_from(("pass", "flag", "fail")),
    ),
    max_size=40,
)


@given(steps)
def test_any_sequence_of_two_people_equals_a_plain_model(sequence: list) -> None:
    model, rows = Model(), []
    verdicts = Verdicts()

    def add(act: ReviewAct) -> None:
        rows.append(dataclasses.replace(act, id=len(rows) + 1))
        verdicts.add(rows[-1])
        for viewer in (None, *PEOPLE):
            # What is kept up to date is what comes of all rows.
            assert verdicts.current(viewer) == Verdicts(rows).current(viewer)

    for what, who, subjects, word in sequence:
        if what == "decide":
            batch = new_batch()
            for subject in subjects:
                add(verdict(who, subject, word, batch=batch))
            model.decide(who, subjects, word, batch)
            continue
        undo = what == "undo"
        person = (who, "typed")
        batch = verdicts.next_undo(person) if undo else verdicts.next_redo(person)
        assert batch == (model.undo(who) if undo else model.redo(who))
        if batch:
            add(
                ReviewAct(
                    kind="undo" if undo else "redo",
                    batch=new_batch(),
                    who=who,
                    known="typed",
                    target=batch,
                )
            )
    for folded in (verdicts, Verdicts(rows)):
        for subject in PLACES:
            held = folded.holds(subject)
            assert (held.verdict if held else "") == model.holds(subject)
        assert set(folded.current()) == {s for s in PLACES if model.holds(s)}


@given(steps, st.integers(0, 40), st.booleans())
def test_in_a_blind_round_nobody_can_tell_whether_the_other_did_anything(
    sequence: list, start: int, done: bool
) -> None:
    """What Ada is told is what she would be told had Ben not been there."""
    rows: list[ReviewAct] = []
    verdicts = Verdicts()
    begun = 0

    def add(act: ReviewAct) -> None:
        rows.append(dataclasses.replace(act, id=len(rows) + 1))
        verdicts.add(rows[-1])
        for viewer in (None, *PEOPLE):
            # What is kept up to date is what comes of all rows.
            assert verdicts.current(viewer) == Verdicts(rows).current(viewer)

    def begin() -> None:
        nonlocal begun
        details = {"reviewers": list(PEOPLE)}
        add(sent("blind", "Cat", details=details))
        begun = rows[-1].id

    for number, (what, who, subjects, word) in enumerate(sequence):
        if number == start:
            begin()
        person = (who, "typed")
        if what == "decide":
            batch = new_batch()
            for subject in subjects:
                add(verdict(who, subject, word, batch=batch))
        else:
            undo = what == "undo"
            target = verdicts.next_undo(person) if undo else verdicts.next_redo(person)
            if target:
                add(sent(what, who, target=target))
    if not begun:
        begin()
    if done:
        add(sent("done", "Ben"))
    alone = Verdicts(row for row in rows if row.id <= begun or row.who == "Ada")
    person = ("Ada", "typed")
    assert verdicts.current("Ada") == alone.current("Ada")
    assert verdicts.next_undo(person) == alone.next_undo(person)
    assert verdicts.next_redo(person) == alone.next_redo(person)
    for subject in PLACES:
        assert verdicts.rows(subject, "Ada") == alone.rows(subject, "Ada")
    for act in rows:
        if act.who == "Ada" and act.kind == "verdict":
            left = verdicts.left_alone(act.batch, "Ada")
            assert left == alone.left_alone(act.batch, "Ada")
    before = Verdicts(row for row in rows if row.id <= begun)
    assert verdicts.current() == before.current()


def sent(kind: str, who: str, **more: object) -> ReviewAct:
    act = ReviewAct(kind=kind, batch=new_batch(), who=who, known="typed")  # type: ignore[arg-type]
    return dataclasses.replace(act, **more)  # type: ignore[arg-type]


def numbered(*acts: ReviewAct) -> list[ReviewAct]:
    return [dataclasses.replace(act, id=i) for i, act in enumerate(acts, 1)]


def test_undo_leaves_alone_what_others_have_decided_since() -> None:
    mine = verdict("Ada", PLACES[0])
    also = verdict("Ada", PLACES[1], batch=mine.batch)
    theirs = verdict("Ben", PLACES[0], "pass")
    undo = ReviewAct(
        kind="undo", batch=new_batch(), who="Ada", known="typed", target=mine.batch
    )
    verdicts = Verdicts(numbered(mine, also, theirs, undo))
    assert verdicts.left_alone(mine.batch) == (PLACES[0],)
    assert verdicts.holds(PLACES[0]).verdict == "pass"
    assert verdicts.holds(PLACES[1]) is None


def test_nobody_takes_back_the_act_of_another() -> None:
    mine = verdict("Ada", PLACES[0])
    undo = ReviewAct(
        kind="undo", batch=new_batch(), who="Ben", known="typed", target=mine.batch
    )
    assert Verdicts(numbered(mine, undo)).holds(PLACES[0]) is not None


def test_the_same_undo_twice_takes_back_one_act() -> None:
    first, second = verdict("Ada", PLACES[0]), verdict("Ada", PLACES[1])
    undo = ReviewAct(
        kind="undo", batch=new_batch(), who="Ada", known="typed", target=second.batch
    )
    again = dataclasses.replace(undo, batch=new_batch())
    verdicts = Verdicts(numbered(first, second, undo, again))
    assert set(verdicts.current()) == {PLACES[0]}


def test_a_new_version_makes_stale_and_going_back_makes_current() -> None:
    act = verdict("Ada", PLACES[0], versions={"/0": "v1", "/1": "v1"})
    assert not is_stale(act, {"/1": "v1", "/0": "v1"})
    assert is_stale(act, {"/0": "v2", "/1": "v1"})
    assert is_stale(act, {"/0": "v1"})


def test_a_failed_field_does_not_fail_its_well_but_a_failed_well_its_fields() -> None:
    def review(subject: Subject) -> PlateReview:
        return PlateReview(
            verdicts={subject: HeldVerdict(act=verdict("Ada", subject, "fail"))}
        )

    field, well, other = Subject("A/1", "0"), Subject("A/1"), Subject("A/2")
    failed = review(field)
    assert failed.excluded(field)
    assert not failed.excluded(well)
    failed = review(well)
    assert failed.excluded(field)
    assert failed.excluded(well)
    assert not failed.excluded(other)
    assert review(Subject()).excluded(other)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verdict": "maybe"}, "one of pass, flag, fail"),
        ({"reason": "the moon"}, "a short code"),
        ({"basis": "dream"}, "one of field"),
        ({"batch": "x"}, "32 hexadecimal"),
        ({"who": " \n"}, "name of a person"),
    ],
)
def test_what_is_no_verdict_is_refused(change: dict, says: str) -> None:
    with pytest.raises(DashboardError, match=says):
        check(dataclasses.replace(verdict("Ada", PLACES[0]), **change))


@given(st.text(max_size=200), st.text(min_size=1, max_size=50))
def test_an_act_taken_apart_and_put_together_is_itself(note: str, who: str) -> None:
    try:
        act = check(verdict(who, Subject("A/1", "a1f0", 1), note=note))
    except DashboardError:
        return  # a name of blanks only
    act = dataclasses.replace(act, versions={"1/a1f0": "v"}, metrics={"m": None})
    assert from_document(as_document(act)) == act


def test_words_name_what_was_decided() -> None:
    labels = {"C/7": "C07"}
    act = verdict("Ada", Subject("C/7"), reason="focus")
    assert describe([act], labels) == "C07 fail, out of focus"
    many = [verdict("Ada", Subject(f"A/{n}"), "pass") for n in range(24)]
    assert describe(many, labels) == "24 wells pass"
