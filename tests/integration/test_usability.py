"""What a plate is good for: proposed by rules, decided by people, signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.errors import DashboardError, SignedOffError
from dashboard.exports.report import report_html
from dashboard.projects.rules import ReviewRules
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from tests import plates
from tests.integration.judged import A1, ADA, BEN, KEY, correct, judge
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.service import Service

PLATE = Subject()
ANY_PICTURES = ("plate", None, None)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Service]:
    plate = plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as running:
        surveyed(running, KEY)
        running.quality.measure(KEY)
        # Its pictures are of noise, which is nothing that these tests are about.
        running.projects.keep_rules(KEY, ReviewRules(use=(ANY_PICTURES,)))
        yield running


def numbers(made: Service) -> dict[str, float | None]:
    lines = made.usability.of(KEY).lines
    return {line.rule.id: line.fact.value for line in lines}


def pass_all(made: Service) -> None:
    wells = made.plates.overview(KEY).wells
    decisions = [
        Decision(Subject(well.path), "thumbnails")
        for well in wells
        if well.state != "not_acquired"
    ]
    made.decisions.judge(KEY, decisions, "pass", ADA)


def test_rules_count_what_the_plate_and_its_reviewers_say(made: Service) -> None:
    before = numbers(made)
    assert before["unmeasured"] == 0
    assert before["completeness"] == 100
    assert (before["flagged"], before["failed"], before["stale"]) == (0, 0, 0)
    assert before["assay"] is None
    judge(made, A1, "fail", reason="focus")
    judge(made, Subject("A/2"), "flag")
    wells = made.signing.counts(KEY)["wells"]
    after = numbers(made)
    assert after["failed"] == pytest.approx(100 / wells)
    assert after["flagged"] == 1
    correct(made, "A1", "0", 7)
    made.reviews.read(KEY)
    assert numbers(made)["stale"] == 1


def test_a_verdict_on_the_plate_against_the_rules_needs_a_reason(
    made: Service,
) -> None:
    pass_all(made)
    assert made.usability.of(KEY).use == "use"
    with pytest.raises(DashboardError, match=r"propose “Use”.*says “Do not use”"):
        judge(made, PLATE, "fail")
    assert made.reviews.read(KEY).of(PLATE) is None
    judge(made, PLATE, "pass")  # as the rules propose
    judge(made, PLATE, "fail", note="the wrong cells")
    use = made.usability.of(KEY)
    assert (use.proposed, use.use) == ("use", "none")
    text = report_html(made, KEY)
    assert "<strong>Do not use</strong>" in text
    assert "the wrong cells" in text
    assert "The rules propose: Use." in text
    assert "not signed off" in text


def test_a_sign_off_states_what_held_and_the_report_says_it(made: Service) -> None:
    judge(made, A1, "flag")
    assert "Proposed by the rules" in report_html(made, KEY)
    signed = made.signing.sign_off(KEY, BEN)
    assert signed.use == "care"
    text = report_html(made, KEY)
    assert "<strong>Use with care</strong><p>Signed off by Ben" in text
    assert "Proposed by" not in text


def test_limits_belong_to_the_project_and_are_locked_by_a_sign_off(
    made: Service,
) -> None:
    pass_all(made)
    judge(made, A1, "flag")
    assert made.usability.of(KEY).use == "care"
    made.projects.keep_rules(
        KEY, ReviewRules(use=(ANY_PICTURES, ("flagged", 3.0, None)))
    )
    assert made.usability.of(KEY).use == "use"
    revision = made.projects.settings_document(made.projects.settings_revision(KEY))
    assert revision is not None
    assert revision["use"] == [["plate", None, None], ["flagged", 3.0, None]]
    signed = made.signing.sign_off(KEY, BEN)
    assert (signed.use, signed.changes) == ("use", ())
    with pytest.raises(SignedOffError):
        made.projects.keep_rules(KEY, ReviewRules())


def test_what_was_decided_at_once_is_one_row_of_the_report(made: Service) -> None:
    pass_all(made)
    judge(made, A1, "fail", note="a fibre")
    text = report_html(made, KEY)
    history = text[text.index("<h3>Verdicts and history</h3>") :]
    wells = made.signing.counts(KEY)["wells"]
    assert history.count("thumbnails viewed") == 2
    assert f"{wells} wells: all wells" in history
    assert f"<td>{wells - 1} of {wells}</td>" in history
    assert "a fibre" in history
