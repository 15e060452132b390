"""Notes and reasons that are given after the verdict."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from dashboard.errors import DashboardError, RefusedError
from dashboard.exports.decisions_file import export_decisions, import_decisions
from dashboard.exports.project_transfer import ProjectTransfer
from dashboard.exports.report import report_html
from dashboard.exports.tables import PlateTables
from dashboard.projects.rules import ReviewRules
from tests import plates
from tests.integration.judged import A1, A2, ADA, BEN, FIELD, KEY, judge
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.reviews.acts import ReviewAct, Subject
    from dashboard.service import Service


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Service]:
    plate = plates.make(tmp_path / "served" / KEY, fields=2, shape=(16, 16))
    with service(tmp_path / "workspace", plate) as running:
        surveyed(running, KEY)
        yield running


def held(made: Service, subject: Subject = A1) -> ReviewAct:
    verdict = made.reviews.read(KEY).of(subject)
    assert verdict is not None
    return verdict.act


def wells(made: Service) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(PlateTables(made, KEY).wells().csv()))
    return {row["Metadata_Well"]: row for row in rows}


def test_a_note_after_the_verdict_is_a_row_and_stands_in_every_export(
    made: Service,
) -> None:
    batch = judge(made, A1, "fail", reason="focus")
    made.amending.amend(KEY, A1, batch, BEN, note="a fibre <b>")
    kinds = [(act.kind, act.who, act.note) for act in made.reviews.acts(KEY)]
    assert kinds == [("verdict", "Ada", ""), ("amend", "Ben", "a fibre <b>")]
    row = wells(made)["A01"]
    assert (row["Metadata_Reviewer"], row["Metadata_Note"], row["Metadata_Reason"]) == (
        "Ada",
        "a fibre <b>",
        "focus",
    )
    assert (row["Metadata_AmendedBy"], wells(made)["A02"]["Metadata_AmendedBy"]) == (
        "Ben",
        "",
    )
    assert row["Metadata_AmendedAt"] == made.reviews.acts(KEY)[-1].at
    text = report_html(made, KEY)
    assert "amended A1: fail: note “a fibre &lt;b&gt;”" in text
    assert "fibre <b>" not in text


def test_a_reason_after_the_verdict_replaces_the_one_before_and_is_taken_back(
    made: Service,
) -> None:
    batch = judge(made, A1, "fail", reason="focus", note="dim")
    outcome = made.amending.amend(KEY, A1, batch, ADA, reason="debris")
    assert outcome.text == "A1 fail: reason debris or fibre"
    assert (held(made).reason, held(made).note) == ("debris", "dim")
    undo, _ = made.decisions.offers(KEY, ADA)
    assert undo is not None
    made.decisions.undo(KEY, ADA, undo.batch)
    assert (held(made).reason, held(made).verdict) == ("focus", "fail")


def test_an_amendment_is_of_the_verdict_that_was_read_and_of_no_other(
    made: Service,
) -> None:
    first = judge(made, A1, "fail")
    judge(made, A1, "pass", BEN)
    for subject, batch in ((A1, first), (A2, first), (FIELD, first)):
        with pytest.raises(DashboardError, match="Another verdict holds"):
            made.amending.amend(KEY, subject, batch, ADA, note="a fibre")
    assert {act.kind for act in made.reviews.acts(KEY)} == {"verdict"}


def test_what_is_saved_already_is_no_new_row(made: Service) -> None:
    batch = judge(made, A1, "fail", note="dim")
    made.amending.amend(KEY, A1, batch, ADA, note=" dim ")
    made.amending.amend(KEY, A1, batch, ADA, note="a fibre", batch="ab" * 16)
    made.amending.amend(KEY, A1, batch, ADA, note="a fibre", batch="ab" * 16)
    assert [act.kind for act in made.reviews.acts(KEY)] == ["verdict", "amend"]


def test_a_signed_plate_takes_no_amendment(made: Service) -> None:
    batch = judge(made, A1, "fail")
    made.signing.sign_off(KEY, ADA)
    with pytest.raises(RefusedError, match="Signed off by Ada"):
        made.amending.amend(KEY, A1, batch, ADA, note="a fibre")


def test_amendments_travel_with_the_decisions(made: Service, tmp_path: Path) -> None:
    batch = judge(made, A1, "fail")
    made.amending.amend(KEY, A1, batch, BEN, note="a fibre", reason="debris")
    file = tmp_path / "decisions.jsonl"
    export_decisions(made, KEY, file)
    with service(tmp_path / "other", tmp_path / "served" / KEY) as other:
        surveyed(other, KEY)
        assert import_decisions(other, KEY, file) == 2
        assert (held(other).note, held(other).reason) == ("a fibre", "debris")


def test_a_project_may_demand_a_reason_for_fail(made: Service, tmp_path: Path) -> None:
    made.projects.keep_rules(KEY, ReviewRules(reason_for_fail=True))
    with pytest.raises(DashboardError, match="demands a reason with each fail"):
        judge(made, A1, "fail")
    assert made.reviews.acts(KEY) == []
    judge(made, A2, "pass")
    batch = judge(made, A1, "fail", reason="focus")
    with pytest.raises(DashboardError, match="demands a reason with each fail"):
        made.amending.amend(KEY, A1, batch, ADA, reason="")
    ProjectTransfer(made).write(tmp_path / "project.jsonl")
    with service(tmp_path / "other", tmp_path / "served" / KEY) as other:
        surveyed(other, KEY)
        ProjectTransfer(other).read(tmp_path / "project.jsonl")
        assert other.projects.rules(KEY).reason_for_fail
        with pytest.raises(DashboardError, match="demands a reason with each fail"):
            judge(other, A2, "fail")


def test_whether_a_fail_needs_a_reason_is_true_or_false(made: Service) -> None:
    with pytest.raises(DashboardError, match="must be true or false"):
        made.projects.keep_rules(KEY, ReviewRules(reason_for_fail="no"))  # type: ignore[arg-type]
    assert not made.projects.rules(KEY).reason_for_fail
