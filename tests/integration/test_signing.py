"""Sign-off: what it locks, what it tells, and who opens it again."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.cli import main
from dashboard.corrections.values import SourceFile
from dashboard.errors import DashboardError, RefusedError, SignedOffError
from dashboard.exports.decisions_file import export_decisions, import_decisions
from dashboard.exports.report import report_html
from dashboard.projects.rules import ReviewRules
from dashboard.reviews.acts import ReviewAct, Subject, new_batch
from dashboard.reviews.looks import Looks
from hcs import from_hcs_zarr, revert, stage_field, to_ngff_image
from hcs.metadata import Who
from hcs.writing.targets.lock import locked
from tests import plates
from tests.integration.judged import (
    A1,
    A2,
    ADA,
    BEN,
    FIELD,
    KEY,
    correct,
    judge,
    verdicts,
)
from tests.integration.serving import send, service, surveyed, tiff, wait_for
from tests.integration.test_corrections import picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))


@pytest.fixture
def made(plate: Path, tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as running:
        surveyed(running, KEY)
        yield running


def test_nothing_of_a_signed_plate_changes_until_it_is_reopened(made: Service) -> None:
    before = correct(made, "A1", "0", 7)
    last = judge(made, A1, "fail", reason="focus")
    token = made.sessions.open()
    upload = send(made, token, tiff(picture(9)), "x.tif")
    sources = [SourceFile(upload=upload.id, channel=1)]
    staged = made.corrections.stage(token, KEY, "A2", "0", sources)
    version = made.plates.well(KEY, "A2").field("0").version
    rules = ReviewRules(min_fields=2)
    signed = made.signing.sign_off(KEY, BEN, "as good as it gets")
    assert signed.text.startswith("Signed off by Ben (not authenticated), 2")
    assert (signed.note, signed.counts["fail"], signed.changes) == (
        "as good as it gets",
        1,
        (),
    )
    refused = {
        "verdict": lambda: judge(made, A2, "pass"),
        "field verdict": lambda: judge(made, FIELD, "fail"),
        "undo": lambda: made.decisions.undo(KEY, ADA, last),
        "redo": lambda: made.decisions.redo(KEY, ADA, last),
        "roles": lambda: made.projects.keep_roles(KEY, None),
        "assay metric": lambda: made.quality.keep_assay_metric(KEY, "focus.0"),
        "rules": lambda: made.projects.keep_rules(KEY, rules),
        "cut-offs": lambda: made.quality.judge_anew(KEY),
        "staging": lambda: made.corrections.stage(token, KEY, "A2", "1", sources),
        "commit": lambda: made.corrections.commit(staged.id, ADA, "better"),
        "revert": lambda: made.corrections.revert(KEY, "A1", "0", before, ADA, "back"),
        "signing again": lambda: made.signing.sign_off(KEY, ADA),
        "blind review": lambda: made.blind.begin(KEY, ADA, ["Ada", "Ben"]),
    }
    for what, act in refused.items():
        with pytest.raises(SignedOffError, match="Reopen"):
            act()
            pytest.fail(f"{what} was not refused")
    assert verdicts(made.reviews.read(KEY)) == {A1: "fail"}
    assert made.plates.well(KEY, "A2").field("0").version == version
    made.signing.reopen(KEY, ADA, "one more look")
    assert made.signing.state(KEY) is None
    with pytest.raises(DashboardError, match="not signed off"):
        made.signing.reopen(KEY, ADA)
    judge(made, A2, "pass")
    made.corrections.commit(staged.id, ADA, "better")
    rows = [(a.kind, a.who, a.note) for a in made.reviews.acts(KEY)]
    assert rows[1:3] == [
        ("sign-off", "Ben", "as good as it gets"),
        ("reopen", "Ada", "one more look"),
    ]


def test_a_sign_off_states_what_is_to_be_looked_at_again_and_what_was_looked_at(
    made: Service,
) -> None:
    judge(made, A1, "flag")
    judge(made, A2, "pass", basis="unseen")
    judge(made, Subject("A/3"), "pass", basis="montage")
    looks = Looks()
    digest = made.plates.well(KEY, "B1").digest
    looks.note(KEY, {"B1": digest, "B2": "of other pictures"}, "montage")
    counts = made.signing.sign_off(KEY, ADA, looks=looks).counts
    stated = {name: counts[name] for name in ("flag", "unseen", "montage", "looked")}
    assert stated == {"flag": 1, "unseen": 1, "montage": 1, "looked": 3}
    text = report_html(made, KEY)
    assert "1 flag" in text
    assert "3 looked at by somebody" in text


def test_a_well_that_has_changed_since_it_was_judged_was_not_looked_at(
    made: Service,
) -> None:
    judge(made, A1, "pass")
    correct(made, "A1", "0", 7)
    counts = made.signing.sign_off(KEY, ADA).counts
    assert (counts["stale"], counts["looked"]) == (1, 0)


def test_a_sign_off_tells_what_was_changed_outside_and_forgets_what_came_back(
    made: Service, plate: Path
) -> None:
    old = made.plates.well(KEY, "B2").field("1").version
    made.signing.sign_off(KEY, Who("Ada", "sign-in"))
    signed = made.reviews.read(KEY).signed
    assert signed is not None
    assert signed.authenticated
    assert "not authenticated" not in signed.text
    shape = made.plates.well(KEY, "B2").field("1").shape
    axes = made.plates.well(KEY, "B2").field("1").axes
    import numpy as np

    image = to_ngff_image(np.full(shape, 3, np.uint16), dims=axes)
    with_tool = Who("Zoe", "login")
    version = stage_field(plate, "B/2", "1", image, base=old).commit(
        who=with_tool, reason="by the command line"
    )

    def changes() -> tuple[str, ...]:
        made.plates.revision(KEY)
        sign_off = made.reviews.read(KEY).signed
        assert sign_off is not None
        return sign_off.changes

    wait_for(changes)
    assert changes() == (
        f"well B/2 field 1: signed as version {old[:12]}, now version "
        f"{version.id[:12]}",
    )
    revert(plate, "B/2", "1", old, who=with_tool, reason="back")
    wait_for(lambda: not changes())


def test_two_servers_agree_on_a_sign_off_and_a_restart_remembers_it(
    made: Service, plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "workspace", plate) as other:
        surveyed(other, KEY)
        judge(other, A1, "pass", BEN)
        made.signing.sign_off(KEY, ADA)
        # The other has not looked at the ledger since: it is asked under its lock.
        with pytest.raises(SignedOffError, match="Ada"):
            judge(other, A2, "pass", BEN)
        with pytest.raises(SignedOffError):
            other.quality.keep_assay_metric(KEY, "mean.0")
    with service(tmp_path / "workspace", plate) as again:
        surveyed(again, KEY)
        signed = again.reviews.read(KEY).signed
        assert signed is not None
        assert (signed.who, signed.changes) == ("Ada", ())


def test_nobody_signs_off_while_a_commit_is_under_way(
    made: Service, plate: Path, tmp_path: Path
) -> None:
    token = made.sessions.open()
    upload = send(made, token, tiff(picture(9)), "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A2", "0", [SourceFile(upload=upload.id, channel=1)]
    )
    id = made.plates.overview(KEY).id
    with (
        service(tmp_path / "workspace", plate, settle_after=3600.0) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        surveyed(other, KEY)
        with locked(plate):
            committing = pool.submit(made.corrections.commit, staged.id, ADA, "better")
            wait_for(lambda: made.events.unfinished(id))
            for server in (made, other):
                with pytest.raises(RefusedError, match="Ada is committing"):
                    server.signing.sign_off(KEY, BEN)
        version = committing.result()
        assert made.events.unfinished(id) == ()
        wait_for(lambda: other.plates.well(KEY, "A2").field("0").version == version.id)
        assert other.signing.sign_off(KEY, BEN).changes == ()


def test_a_sign_off_that_came_while_a_commit_was_written_stops_it(
    made: Service, plate: Path
) -> None:
    token = made.sessions.open()
    upload = send(made, token, tiff(picture(9)), "x.tif")
    staged = made.corrections.stage(
        token, KEY, "A2", "0", [SourceFile(upload=upload.id, channel=1)]
    )
    version = made.plates.well(KEY, "A2").field("0").version
    id = made.plates.overview(KEY).id
    signed = ReviewAct(kind="sign-off", batch=new_batch(), who="Ben", known="typed")
    with ThreadPoolExecutor(1) as pool:
        with locked(plate):
            committing = pool.submit(made.corrections.commit, staged.id, ADA, "better")
            wait_for(lambda: made.events.unfinished(id))
            # As a server signs that had looked just before the commit was begun.
            made.reviews.record(KEY, lambda verdicts: [signed])
        with pytest.raises(SignedOffError, match="Ben"):
            committing.result()
    assert made.plates.well(KEY, "A2").field("0").version == version
    assert from_hcs_zarr(plate).id == id
    assert made.events.unfinished(id) == ()


def test_settings_of_a_project_wait_for_its_signed_plates(
    plate: Path, tmp_path: Path
) -> None:
    shutil.copytree(plate, plate.parent / "q.ome.zarr")
    document = plate.parent / "q.ome.zarr" / "zarr.json"
    document.write_text(document.read_text().replace('"hcs":', '"other":'))
    with service(tmp_path / "workspace", plate.parent) as running:
        surveyed(running, KEY)
        surveyed(running, "q.ome.zarr")
        running.signing.sign_off(KEY, ADA)
        with pytest.raises(SignedOffError, match="1 plates of the project"):
            running.quality.keep_assay_metric("q.ome.zarr", "mean.0")
        # What only adds words changes nothing that was signed.
        running.projects.keep_rules(
            "q.ome.zarr", ReviewRules(reasons=(("dust", "dust"),))
        )
        assert running.projects.rules(KEY).words("dust") == "dust"


def test_a_plate_reopened_under_its_new_id_locks_its_project_no_longer(
    plate: Path, tmp_path: Path
) -> None:
    document = plate / "zarr.json"
    original = document.read_text()
    document.write_text(original.replace('"hcs":', '"other":'))  # a fingerprint alone
    other = plates.make(plate.parent / "q.ome.zarr", fields=1, shape=(24, 32))
    with service(tmp_path / "workspace", plate.parent) as running:
        surveyed(running, KEY)
        old = running.plates.overview(KEY).id
        running.signing.sign_off(KEY, ADA)
    attributes = json.loads(document.read_text())
    attributes["attributes"]["hcs"] = {"id": "0" * 32}
    document.write_text(json.dumps(attributes))
    with service(tmp_path / "workspace", plate.parent) as running:
        surveyed(running, KEY)
        surveyed(running, other.name)
        assert running.plates.overview(KEY).id != old
        with pytest.raises(SignedOffError, match="1 plates of the project"):
            running.quality.keep_assay_metric(other.name, "mean.0")
        running.signing.reopen(KEY, BEN)
        running.quality.keep_assay_metric(other.name, "mean.0")
        assert running.quality.assay_metric(other.name) == "mean.0"


def test_a_signed_plate_locks_the_project_where_it_is_now(
    plate: Path, tmp_path: Path
) -> None:
    first = plates.make(plate.parent / "q.ome.zarr", fields=1, shape=(24, 32))
    second = tmp_path / "served" / "archive" / "r.ome.zarr"
    plates.make(second, fields=1, shape=(24, 32))
    with service(tmp_path / "workspace", plate.parent) as running:
        surveyed(running, KEY)
        running.signing.sign_off(KEY, ADA)
    shutil.move(plate, second.parent / KEY)
    with service(tmp_path / "workspace", plate.parent) as running:
        surveyed(running, first.name)
        surveyed(running, "archive/r.ome.zarr")
        with pytest.raises(SignedOffError, match="archive"):
            running.quality.keep_assay_metric("archive/r.ome.zarr", "mean.0")
        running.quality.keep_assay_metric(first.name, "mean.0")


def test_a_signed_plate_that_was_deleted_is_reopened_by_its_id(
    plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = plates.make(plate.parent / "q.ome.zarr", fields=1, shape=(24, 32))
    workspace = tmp_path / "workspace"
    with service(workspace, plate.parent) as running:
        surveyed(running, KEY)
        id = running.plates.overview(KEY).id
        running.signing.sign_off(KEY, ADA)
    shutil.rmtree(plate)
    command = ["reopen", id, "--workspace", str(workspace), "--reason", "deleted"]
    with service(workspace, other) as running:
        surveyed(running, other.name)
        with pytest.raises(SignedOffError, match=rf"Not served here: {id}.*reopen ID"):
            running.quality.keep_assay_metric(other.name, "mean.0")
        assert main(command) == 0
        running.quality.keep_assay_metric(other.name, "mean.0")
    assert main(command) == 1
    assert "No plate is signed off under the id" in capsys.readouterr().err


def test_rules_of_a_project_are_checked_kept_and_named_by_verdicts(
    made: Service,
) -> None:
    before = made.projects.settings_revision(KEY)
    judge(made, A1, "fail", reason="bubble")
    with pytest.raises(DashboardError, match="must be one of"):
        judge(made, A1, "fail", reason="dust")
    for wrong in (
        ReviewRules(reasons=(("a b", "x"),)),
        ReviewRules(reasons=()),
        ReviewRules(reasons=(("a", "x"), ("a", "y"))),
        ReviewRules(min_fields=0),
    ):
        with pytest.raises(DashboardError):
            made.projects.keep_rules(KEY, wrong)
    made.projects.keep_rules(
        KEY, ReviewRules(reasons=(("dust", "dust <b>"),), keys=(("pass", "y"),))
    )
    assert made.projects.settings_revision(KEY) != before
    with pytest.raises(DashboardError, match="must be one of dust"):
        judge(made, A1, "fail", reason="bubble")
    judge(made, A1, "fail", reason="dust")
    first, second = made.reviews.acts(KEY)
    assert first.settings == before
    assert made.projects.settings_document(before)["reasons"]["bubble"] == "bubble"
    assert made.projects.settings_document(second.settings)["reasons"] == {
        "dust": "dust <b>"
    }
    assert made.projects.rules(KEY).words("bubble") == "bubble"
    assert dict(made.projects.rules(KEY).keys) == {"pass": "y"}


def test_sign_off_and_reopening_travel_with_the_decisions(
    made: Service, plate: Path, tmp_path: Path
) -> None:
    judge(made, A1, "fail")
    made.signing.sign_off(KEY, ADA, "done")
    made.signing.reopen(KEY, BEN, "not done")
    judge(made, A2, "pass")
    made.signing.sign_off(KEY, BEN, "now")
    file = tmp_path / "decisions.jsonl"
    assert export_decisions(made, KEY, file) == 5
    with service(tmp_path / "another", plate) as other:
        surveyed(other, KEY)
        assert import_decisions(other, KEY, file) == 5
        signed = other.reviews.read(KEY).signed
        mine = made.reviews.read(KEY).signed
        assert signed == mine
        assert signed.note == "now"
        with pytest.raises(SignedOffError):
            judge(other, A1, "pass")


def test_a_read_only_server_signs_nothing(plate: Path, tmp_path: Path) -> None:
    with service(tmp_path / "workspace", plate, read_only=True) as running:
        surveyed(running, KEY)
        with pytest.raises(RefusedError, match="read-only"):
            running.signing.sign_off(KEY, ADA)
