"""Blind rounds: what is hidden until both are done, and what they are compared by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.app import ServerSettings
from dashboard.errors import DashboardError, RefusedError
from dashboard.exports.decisions_file import export_decisions
from dashboard.exports.tables import PlateTables
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from tests import plates
from tests.integration.judged import (
    A1,
    A2,
    ADA,
    B2,
    BEN,
    CAT,
    FIELD,
    KEY,
    judge,
    verdicts,
)
from tests.integration.serving import Served, service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service

A3 = Subject("A/3")
B1 = Subject("B/1")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Service]:
    plate = plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))
    document = json.loads((plate / "zarr.json").read_text())
    document["attributes"]["hcs"]["conditions"] = {
        "columns": ["role", "compound"],
        "wells": {"A/1": ["positive", "secretin"]},
    }
    (plate / "zarr.json").write_text(json.dumps(document))
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as running:
        surveyed(running, KEY)
        yield running


def test_each_sees_only_their_own_until_both_are_done(made: Service) -> None:
    reviews, blind = made.reviews, made.blind
    judge(made, A3, "flag", CAT, note="before the round")
    blind.begin(KEY, CAT, ["Ada", "Ben"])
    ada = judge(made, A1, "fail", ADA, reason="bubble", note="Ada's secret")
    judge(made, A1, "pass", BEN, note="Ben's secret")
    judge(made, FIELD, "fail", BEN)
    made.presence.touch("t1", made.plates.overview(KEY).id, ADA, well="A1")
    made.presence.touch("t2", made.plates.overview(KEY).id, BEN, well="A1")

    reviews.read(KEY)
    old = {A3: "flag"}
    assert verdicts(reviews.review(KEY)) == old
    assert verdicts(reviews.review(KEY, CAT)) == old
    assert verdicts(reviews.review(KEY, ADA)) == old | {A1: "fail"}
    assert verdicts(reviews.review(KEY, BEN)) == old | {A1: "pass", FIELD: "fail"}
    assert [a.who for a, _ in reviews.history(KEY, A1, ADA)] == ["Ada"]
    assert reviews.history(KEY, A1) == ()
    assert {a.who for a in reviews.visible_acts(KEY, BEN)} == {"Cat", "Ben"}
    assert made.presence.others("t1", made.plates.overview(KEY).id) == ()
    # Neither counts in anybody's numbers nor leaves with an export.
    assert made.quality.failed_wells(KEY) == frozenset()
    assert b"bubble" not in PlateTables(made, KEY).fields().csv().encode()
    rows = {
        row["Metadata_Well"]: row for row in PlateTables(made, KEY).wells().records()
    }
    assert (rows["A01"]["Metadata_Verdict"], rows["A01"]["Metadata_FieldsUsed"]) == (
        "",
        "2 of 2",
    )
    made.quality.measure(KEY)
    with Served(made, ServerSettings(port=0)) as server:
        for name in ("wells.csv", "fields.csv", "report.html"):
            body = server.get(f"/export/{KEY}/{name}").body.decode()
            assert "secret" not in body.replace("secretin", "")
            assert "A1: fail" not in body
            assert "before the round" in body
    with pytest.raises(RefusedError, match="blind"):
        export_decisions(made, KEY, Path("never.jsonl"))
    # An undo says nothing of what the other has decided since.
    assert made.decisions.undo(KEY, ADA, ada).left == ()
    assert made.decisions.redo(KEY, ADA, ada).left == ()
    with pytest.raises(RefusedError, match="judge this plate blind"):
        judge(made, A2, "pass", CAT)

    assert blind.done(KEY, ADA) is False
    assert blind.agreement(KEY) is None
    assert blind.disagreements(KEY) == ()
    with pytest.raises(RefusedError, match="you are done"):
        judge(made, A2, "pass", ADA)
    assert verdicts(reviews.review(KEY, ADA)) == old | {A1: "fail"}
    # That the other is done is not told.
    assert not reviews.review(KEY, BEN).blind.done
    assert blind.done(KEY, BEN) is True
    # Where they differ the graver one holds, until somebody settles it.
    assert verdicts(reviews.read(KEY)) == old | {A1: "fail", FIELD: "fail"}
    disagreements = blind.disagreements(KEY)
    assert [
        (disagreement.subject, [a.verdict for a in disagreement.acts])
        for disagreement in disagreements
    ] == [(A1, ["fail", "pass"])]
    assert disagreements[0].settled is None
    judge(made, A1, "pass", CAT)
    assert verdicts(reviews.read(KEY))[A1] == "pass"
    settled = blind.disagreements(KEY)[0].settled
    assert settled is not None
    assert settled.who == "Cat"


def test_agreement_is_over_wells_that_both_judged_one_by_one(made: Service) -> None:
    made.blind.begin(KEY, ADA, ["Ada", "Ben"])
    given = {A1: ("pass", "pass"), A2: ("fail", "fail"), A3: ("fail", "pass")}
    for subject, (of_ada, of_ben) in given.items():
        judge(made, subject, of_ada, ADA)
        judge(made, subject, of_ben, BEN)
    judge(made, A3, "flag", BEN)  # the last one counts
    judge(made, B1, "pass", ADA)
    both = [Decision(B1, "thumbnails"), Decision(B2, "thumbnails")]
    made.decisions.judge(KEY, both, "pass", BEN)  # two at once: not individually
    judge(made, B2, "pass", ADA, basis="unseen")
    made.blind.done(KEY, ADA)
    made.blind.done(KEY, BEN)
    agreement = made.blind.agreement(KEY)
    assert agreement is not None
    assert (agreement.n, agreement.left_out) == (3, 2)
    assert agreement.table == ((1, 0, 0), (0, 0, 0), (0, 1, 1))
    assert agreement.raw == pytest.approx(2 / 3)
    # (2/3 - (1/3*1/3 + 2/3*1/3)) / (1 - 1/3)
    assert agreement.kappa == pytest.approx(0.5)
    assert agreement.text == "Cohen's kappa 0.50, raw agreement 67%, n = 3 wells"


def test_roles_compounds_and_doses_are_hidden_by_a_second_switch(
    made: Service,
) -> None:
    def compounds() -> set[str]:
        conditions = {
            v for w in made.plates.overview(KEY).wells for _, v in w.conditions
        }
        return conditions | set(made.plates.overview(KEY).condition_names)

    assert "secretin" in compounds()
    choices, controls = made.assay, {"negative": "A2"}
    choices.keep_typed(KEY, controls)
    made.blind.begin(KEY, ADA, ["Ada", "Ben"])
    assert "secretin" in compounds()
    assert choices.typed(KEY) == controls
    made.blind.end(KEY, ADA, "the other way")
    made.blind.begin(KEY, ADA, ["Ada", "Ben"], hide_conditions=True)
    assert made.blind.state(KEY, ADA).hides_conditions
    assert compounds() == set()
    assert made.projects.roles(KEY).wells == {}
    assert choices.typed(KEY) == choices.map_source(KEY) == {}
    # A page that was shown none must not take all back with the next one it types.
    with pytest.raises(RefusedError, match="hidden"):
        choices.keep_typed(KEY, {"positive": "A1"})
    made.quality.measure(KEY)
    with Served(made, ServerSettings(port=0)) as server:
        for name in ("wells.csv", "fields.csv", "report.html"):
            answer = server.get(f"/export/{KEY}/{name}")
            assert answer.status == 200
            assert b"secretin" not in answer.body
    # A server that has just been started shows it not even for a moment.
    plate = Path(made.plates.overview(KEY).location)
    with service(made.workspace.path, plate, measure=False) as other:
        assert other.plates.overview(KEY).condition_names == ()
        assert other.projects.roles(KEY).wells == {}
    made.blind.end(KEY, BEN)
    assert "secretin" in compounds()
    assert choices.typed(KEY) == controls


def test_what_is_no_blind_review_is_refused(made: Service) -> None:
    for names in (["Ada"], ["Ada", "Ada"], ["Ada", " "], ["Ada", "Ben", "Cat"]):
        with pytest.raises(DashboardError, match="two reviewers"):
            made.blind.begin(KEY, ADA, names)
    with pytest.raises(DashboardError, match="No blind review"):
        made.blind.done(KEY, ADA)
    with pytest.raises(DashboardError, match="No blind review"):
        made.blind.end(KEY, ADA)
    made.blind.begin(KEY, ADA, ["Ada", "Ben"])
    with pytest.raises(DashboardError, match="is under way"):
        made.blind.begin(KEY, ADA, ["Ada", "Cat"])
    with pytest.raises(DashboardError, match="by Ada and Ben"):
        made.blind.done(KEY, CAT)
    with pytest.raises(RefusedError, match="blind review is under way"):
        made.signing.sign_off(KEY, ADA)


def test_a_server_that_was_started_anew_in_a_round_hides_people_from_the_first_moment(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / KEY, fields=1, shape=(24, 32))
    with service(tmp_path / "workspace", plate) as made:
        made.blind.begin(KEY, CAT, ["Ada", "Ben"])
    with service(tmp_path / "workspace", plate) as made:
        # As a page does it that is opened: what was judged is read afterwards.
        id = made.plates.overview(KEY).id
        assert not made.reviews.review(KEY).loaded
        made.presence.touch("t1", id, ADA, well="A1", deciding=True)
        made.presence.touch("t2", id, BEN)
        assert made.presence.others("t2", id) == ()


def test_a_plate_that_is_gone_in_a_round_hides_nobody_on_another(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "served"
    gone = plates.make(folder / KEY, fields=1, shape=(24, 32))
    plates.make(folder / "q.ome.zarr", fields=1, shape=(24, 32))
    with service(tmp_path / "workspace", folder) as running:
        other = surveyed(running, "q.ome.zarr").id
        surveyed(running, KEY)
        running.blind.begin(KEY, CAT, ["Ada", "Ben"])
        assert running.blind.is_blind(running.plates.overview(KEY).id)
        running.presence.touch("t1", other, ADA, well="A1")
        running.presence.touch("t2", other, BEN)
        shutil.move(gone, tmp_path / "gone")
        wait_for(lambda: running.plates.revision("") and running.plates.absent())
        assert [present.who for present in running.presence.others("t2", other)] == [
            "Ada"
        ]
