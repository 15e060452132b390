"""Decisions follow a plate that is moved, renamed, copied or edited."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.errors import SignedOffError
from dashboard.reviews.values import Decision
from tests import plates
from tests.integration.judged import A1, A2, ADA, B2, BEN, KEY, judge, verdicts
from tests.integration.serving import service, surveyed, wait_for


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))


def relink(
    capsys: pytest.CaptureFixture[str], plate: Path, workspace: Path, *options: str
) -> str:
    code = main(["relink", str(plate), "--workspace", str(workspace), *options])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return printed.out


def test_a_moved_and_renamed_plate_keeps_its_decisions_and_says_where_it_was(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        judge(made, A1, "fail")
        made.signing.sign_off(KEY, ADA)
    moved = tmp_path / "archive" / "renamed.ome.zarr"
    moved.parent.mkdir()
    shutil.move(plate, moved)
    out = relink(capsys, moved, workspace)
    assert "decisions   2" in out
    assert f"was at      {plate}" in out
    assert "also at" not in out
    with service(workspace, moved) as made:
        surveyed(made, "renamed.ome.zarr")
        review = made.reviews.read("renamed.ome.zarr")
        assert verdicts(review) == {A1: "fail"}
        assert review.signed is not None
        assert review.signed.changes == ()
        assert made.projects.link("renamed.ome.zarr").question == ""


def test_a_copy_asks_whether_it_is_the_same_plate_and_can_be_judged_apart(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, copy = tmp_path / "workspace", tmp_path / "served" / "copy.ome.zarr"
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        judge(made, A1, "fail")
    shutil.copytree(plate, copy)
    with service(workspace, plate.parent) as made:
        surveyed(made, KEY)
        surveyed(made, "copy.ome.zarr")
        for key, other in ((KEY, copy), ("copy.ome.zarr", plate)):
            assert verdicts(made.reviews.read(key)) == {A1: "fail"}
            assert made.projects.link(key).copies == (str(other),)
            assert "same plate, or a copy" in made.projects.link(key).question
        made.projects.set_apart("copy.ome.zarr")
        assert verdicts(made.reviews.read("copy.ome.zarr")) == {}
        assert made.projects.link(KEY).question == ""
        assert made.projects.link("copy.ome.zarr").question == ""
        judge(made, A2, "pass", BEN)
        assert set(verdicts(made.reviews.read("copy.ome.zarr"))) == set()
    # From the command line the same, and back; the plate itself is not written to.
    before = (copy / "zarr.json").read_bytes()
    assert "decisions   0" in relink(capsys, copy, workspace)
    assert "decisions   2" in relink(capsys, copy, workspace, "--same")
    assert "decisions   0" in relink(capsys, copy, workspace, "--apart")
    assert (copy / "zarr.json").read_bytes() == before


def test_a_plate_whose_documents_were_edited_gets_its_decisions_back(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, file = tmp_path / "workspace", plate / "zarr.json"
    document = json.loads(file.read_text())
    del document["attributes"]["hcs"]  # known by its fingerprint alone
    file.write_text(json.dumps(document))
    with service(workspace, plate, read_only=False) as made:
        surveyed(made, KEY)
        judge(made, B2, "fail")
        old = made.plates.overview(KEY).id
    document["attributes"]["ome"]["plate"]["name"] = "another name"
    file.write_text(json.dumps(document))
    assert "decisions   0" in relink(capsys, plate, workspace)
    assert "decisions   1" in relink(capsys, plate, workspace, "--to", old)
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        assert verdicts(made.reviews.read(KEY)) == {B2: "fail"}
        judge(made, A1, "pass")
        assert set(verdicts(made.reviews.read(KEY))) == {A1, B2}
    options = ["relink", str(plate), "--workspace", str(workspace), "--to", "nothing"]
    assert main(options) == 1
    assert "No decisions are kept" in capsys.readouterr().err


def without_id(plate: Path) -> None:
    """Let a plate be known by its fingerprint alone."""
    file = plate / "zarr.json"
    document = json.loads(file.read_text())
    del document["attributes"]["hcs"]
    file.write_text(json.dumps(document))


def test_a_running_server_reads_the_older_decisions_of_a_ledger_it_is_given(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, key = tmp_path / "workspace", "copy.ome.zarr"
    copy = tmp_path / "apart" / key
    shutil.copytree(plate, copy)
    with service(workspace, copy) as made:
        surveyed(made, key)
        made.projects.set_apart(key)
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        judge(made, A1, "fail")
        made.signing.sign_off(KEY, ADA)
    with service(workspace, copy) as made:
        surveyed(made, key)
        # What is in its own ledger is newer than all of the other's.
        made.decisions.judge(key, [Decision(B2)], "pass", BEN)
        assert verdicts(made.reviews.read(key)) == {B2: "pass"}
        assert "decisions   2" in relink(capsys, copy, workspace, "--same")
        wait_for(lambda: made.projects.link(key).ledger == made.plates.overview(key).id)
        review = made.reviews.read(key)
        assert (verdicts(review), bool(review.signed)) == ({A1: "fail"}, True)
        with pytest.raises(SignedOffError):
            made.decisions.judge(key, [Decision(B2)], "fail", BEN)


def test_a_running_server_reads_the_decisions_that_were_given_under_another_id(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, file = tmp_path / "workspace", plate / "zarr.json"
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        judge(made, B2, "fail")
        made.signing.sign_off(KEY, ADA)
        old = made.plates.overview(KEY).id
    file.write_text(file.read_text().replace(old, "0" * 32))
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        judge(made, A1, "pass")
        assert made.reviews.read(KEY).signed is None
        relink(capsys, plate, workspace, "--to", old)
        wait_for(lambda: made.projects.link(KEY).also == (old,))
        review = made.reviews.read(KEY)
        assert set(verdicts(review)) == {A1, B2}
        assert review.signed is not None


@pytest.mark.parametrize("own", [False, True])
def test_a_plate_that_replaces_another_has_none_of_its_decisions(
    tmp_path: Path, plate: Path, own: bool
) -> None:
    if not own:
        without_id(plate)
    other = plates.make(tmp_path / "other" / KEY, fields=1, shape=(24, 32))
    with service(tmp_path / "workspace", plate) as made:
        surveyed(made, KEY)
        judge(made, A1, "fail")
        made.signing.sign_off(KEY, ADA)
        before = made.plates.overview(KEY).id
        shutil.move(plate, tmp_path / "gone")
        shutil.move(other, plate)
        wait_for(
            lambda: made.plates.revision(KEY) and made.plates.overview(KEY).id != before
        )
        assert verdicts(made.reviews.review(KEY)) == {}
        review = made.reviews.read(KEY)
        assert (verdicts(review), review.signed) == ({}, None)
        judge(made, A2, "pass")
        assert verdicts(made.reviews.read(KEY)) == {A2: "pass"}
