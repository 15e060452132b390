"""Verdicts through the service that pages use, on real plates."""

from __future__ import annotations

import concurrent.futures
import csv
import io
import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import zarr
from pyarrow import parquet

from dashboard.app import ServerSettings
from dashboard.corrections.values import SourceFile
from dashboard.errors import DashboardError, RefusedError
from dashboard.exports.anndata_table import _put, write_tables
from dashboard.exports.decisions_file import export_decisions, import_decisions
from dashboard.exports.tables import PlateTables
from dashboard.reviews.acts import Subject, new_batch
from dashboard.reviews.values import Decision
from hcs import validate
from hcs.metadata import Who
from hcs.tables import safe_cell
from hcs.writing.targets.lock import locked
from tests import plates
from tests.integration.serving import (
    Served,
    send,
    service,
    surveyed,
    tiff,
    wait_for,
)
from tests.integration.test_corrections import picture
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.reviews.values import PlateReview
    from dashboard.service import Service

KEY = "p.ome.zarr"
ADA, BEN = Who("Ada", "typed"), Who("Ben", "typed")
A1, A2, B2 = Subject("A/1"), Subject("A/2"), Subject("B/2")
FIELD = Subject("A/1", "0")


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=(32, 40))


@pytest.fixture
def made(plate: Path, tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as running:
        surveyed(running, KEY)
        yield running


def seen(made: Service, label: str, subject: Subject) -> Decision:
    return Decision(subject, "thumbnails", made.plates.well(KEY, label).digest)


def verdicts(review: PlateReview) -> dict[Subject, tuple[str, bool]]:
    return {
        subject: (held.act.verdict, held.stale)
        for subject, held in review.verdicts.items()
    }


def fail(made: Service, subject: Subject, who: Who = ADA, **more: str) -> str:
    return made.decisions.judge(KEY, [Decision(subject)], "fail", who, **more).batch


def correct(made: Service, label: str, field: str, value: int) -> str:
    """Replace one channel of a field; return the version that was there before."""
    token = made.sessions.open()
    before = made.plates.well(KEY, label).field(field).version
    upload = send(made, token, tiff(picture(value)), "x.tif")
    source = SourceFile(upload=upload.id, channel=1)
    staged = made.corrections.stage(token, KEY, label, field, [source])
    made.corrections.commit(staged.id, ADA, "imaged again")
    return str(before)


def test_a_new_version_makes_verdicts_stale_and_its_revert_current(
    made: Service,
) -> None:
    for subject in (FIELD, A1, Subject(), A2):
        made.decisions.judge(KEY, [Decision(subject)], "flag", ADA)
    before = correct(made, "A1", "0", 7)

    def states() -> dict[Subject, bool]:
        return {s: stale for s, (_, stale) in verdicts(made.reviews.read(KEY)).items()}

    old = {FIELD: True, A1: True, Subject(): True, A2: False}
    wait_for(lambda: states() == old, str(states()))
    made.corrections.revert(KEY, "A1", "0", before, ADA, "the first was right")
    wait_for(lambda: not any(states().values()), str(states()))


def test_verdicts_that_wait_for_the_database_come_in_one_transaction(
    made: Service, tmp_path: Path
) -> None:
    subjects = [A1, A2, B2, FIELD, Subject("B/1"), Subject("B/1", "1")]
    database = sqlite3.connect(tmp_path / "workspace" / "workspace.sqlite")
    first = fail(made, A1)  # with what is written once for all
    reviews, transactions = made.reviews, Mock(wraps=made.reviews._ledger.append)
    reviews._ledger.append = transactions  # type: ignore[method-assign]
    waiting = reviews._states[KEY].writing._waiting
    with closing(database), ThreadPoolExecutor(len(subjects)) as pool:
        database.execute("BEGIN IMMEDIATE")
        judged = [pool.submit(fail, made, subject) for subject in subjects]
        # The first is being written, and waits for the database; the others for it.
        wait_for(lambda: len(waiting) == 5, "for five to wait")
        database.rollback()
        batches = {work.result(60) for work in judged}
    acts = reviews.acts(KEY)
    assert {act.batch for act in acts} == {first, *batches}
    assert {act.subject for act in acts} == set(subjects)
    assert transactions.call_count == 2


def test_a_verdict_has_no_other_looked_at_again(made: Service) -> None:
    fail(made, A1)

    def is_unchanged() -> bool:
        before = made.reviews.review(KEY).of(A1)
        fail(made, B2)
        return made.reviews.review(KEY).of(A1) is before

    # Until the plate is measured its revision may change in between.
    wait_for(is_unchanged)
    assert verdicts(made.reviews.review(KEY)) == {
        A1: ("fail", False),
        B2: ("fail", False),
    }


def test_a_verdict_on_other_pictures_than_those_seen_is_refused(made: Service) -> None:
    decision = seen(made, "A1", A1)
    correct(made, "A1", "0", 7)
    with pytest.raises(DashboardError, match="A1 has changed since"):
        made.decisions.judge(KEY, [decision], "pass", ADA)
    assert verdicts(made.reviews.read(KEY)) == {}


def test_all_the_rest_leaves_out_what_was_judged_since_they_were_looked_for(
    made: Service,
) -> None:
    made.decisions.judge(KEY, [Decision(A1)], "flag", BEN)
    since = made.reviews.read(KEY).last
    made.decisions.judge(KEY, [Decision(A2)], "fail", BEN)
    every = [Decision(A1), Decision(A2), Decision(B2)]
    rest: dict[str, Any] = {"batch": "1" * 32, "since": since}
    outcome = made.decisions.judge(KEY, every, "pass", ADA, **rest)
    assert outcome.count == 2
    held = {A1: ("pass", False), A2: ("fail", False), B2: ("pass", False)}
    assert verdicts(made.reviews.read(KEY)) == held
    # Asked again, as by a page that has missed the answer, it is the same act.
    for named in (every, []):
        again = made.decisions.judge(KEY, named, "pass", ADA, **rest)
        assert (again.count, again.text) == (2, outcome.text)
    rest["batch"] = "2" * 32
    with pytest.raises(DashboardError, match="All of them are judged by now"):
        made.decisions.judge(KEY, [Decision(A2)], "pass", ADA, **rest)
    with pytest.raises(DashboardError, match="Nothing was chosen"):
        made.decisions.judge(KEY, [], "pass", ADA, **rest)
    assert verdicts(made.reviews.read(KEY)) == held


def test_what_a_page_does_is_in_the_ledger_in_the_order_of_its_keys(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={KEY}")

    def judge(kind: str, batch: str, **message: Any) -> None:
        visit.send("verdict", type=kind, plate=KEY, batch=batch * 32, **message)

    for batch, well in enumerate(("A1", "A2", "B2")):
        judge("judge", str(batch), wells=[well], verdict="fail")
    judge("undo", "8", target="2" * 32)
    judge("rest", "9", verdict="pass")
    visit.send("signoff", type="sign-off", plate=KEY, note="")
    wait_for(lambda: visit.rest() or visit.content("signoff")["signed"])
    visit.close()
    rows = made.reviews.acts(KEY)
    kinds = [row.kind for row in rows if row.verdict != "pass"]
    assert kinds == ["verdict", "verdict", "verdict", "undo", "sign-off"]
    held = verdicts(made.reviews.read(KEY))
    assert (held[A1], held[A2]) == (("fail", False), ("fail", False))


def test_undo_takes_back_the_named_act_and_says_what_it_left(made: Service) -> None:
    reviews = made.reviews
    mine = made.decisions.judge(
        KEY, [Decision(A1), Decision(A2)], "fail", ADA, reason="focus"
    )
    made.decisions.judge(KEY, [Decision(A1)], "pass", BEN)
    undo, redo = made.decisions.offers(KEY, ADA)
    assert undo is not None
    assert (undo.batch, undo.text) == (mine.batch, "2 wells fail, out of focus")
    assert redo is None
    outcome = made.decisions.undo(KEY, ADA, undo.batch)
    assert outcome.left == ("A1",)
    assert verdicts(reviews.read(KEY)) == {A1: ("pass", False)}
    with pytest.raises(DashboardError, match="nothing of yours to undo"):
        made.decisions.undo(KEY, ADA, undo.batch)
    assert made.decisions.redo(KEY, ADA, undo.batch).left == ("A1",)
    assert verdicts(reviews.read(KEY)) == {A1: ("pass", False), A2: ("fail", False)}


def test_undo_of_another_act_than_was_named_does_nothing(made: Service) -> None:
    first = fail(made, A1)
    second = fail(made, A2, reason="debris")
    with pytest.raises(DashboardError, match="A2 fail, debris"):
        made.decisions.undo(KEY, ADA, first)
    made.decisions.undo(KEY, ADA, second)
    assert set(verdicts(made.reviews.read(KEY))) == {A1}


def test_an_act_sent_again_after_a_lost_answer_is_not_added_twice(
    made: Service,
) -> None:
    batch = new_batch()
    for _ in range(2):
        fail(made, A1, batch=batch)
    assert len(made.reviews.acts(KEY)) == 1


def test_another_process_is_seen_and_its_verdicts_change_the_revision(
    made: Service, plate: Path, tmp_path: Path
) -> None:
    def watched() -> tuple[int, dict[Subject, tuple[str, bool]]]:
        revision = made.plates.revision(KEY)  # what a page asks for twice a second
        return revision, verdicts(made.reviews.review(KEY))

    before, _ = watched()
    with service(tmp_path / "workspace", plate) as other:
        fail(other, B2, BEN)
    wait_for(lambda: watched()[1] == {B2: ("fail", False)})
    assert watched()[0] != before


def test_a_moved_renamed_and_copied_plate_keeps_its_verdicts(
    tmp_path: Path, plate: Path
) -> None:
    from hcs import from_hcs_zarr

    with service(tmp_path / "workspace", plate) as made:
        surveyed(made, KEY)
        correct(made, "A1", "0", 7)  # the first commit gives the plate an id
        wait_for(lambda: from_hcs_zarr(plate).id == made.plates.overview(KEY).id)
        fail(made, A1)
    moved = tmp_path / "elsewhere" / "renamed.ome.zarr"
    moved.parent.mkdir()
    shutil.move(plate, moved)
    shutil.copytree(moved, tmp_path / "elsewhere" / "copy.ome.zarr")
    with service(tmp_path / "workspace", moved.parent) as made:
        for key in ("renamed.ome.zarr", "copy.ome.zarr"):
            surveyed(made, key)
            assert A1 in verdicts(made.reviews.read(key))


def test_a_plate_keeps_its_verdicts_when_its_first_correction_gives_it_an_id(
    tmp_path: Path, plate: Path
) -> None:
    document = json.loads((plate / "zarr.json").read_text())
    del document["attributes"]["hcs"]
    (plate / "zarr.json").write_text(json.dumps(document))
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as made:
        surveyed(made, KEY)
        before = made.plates.overview(KEY).id
        fail(made, B2)
        correct(made, "A1", "0", 7)
        wait_for(
            lambda: made.plates.revision(KEY) and made.plates.overview(KEY).id != before
        )
        assert B2 in verdicts(made.reviews.read(KEY))
        fail(made, A2)
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as made:
        surveyed(made, KEY)
        assert set(verdicts(made.reviews.read(KEY))) == {A2, B2}
        assert len(made.reviews.acts(KEY)) == 2


def test_a_read_only_server_takes_no_verdict(plate: Path, tmp_path: Path) -> None:
    with (
        service(tmp_path / "workspace", plate, read_only=True) as made,
        pytest.raises(RefusedError, match="read-only"),
    ):
        fail(made, A1)


def test_tables_tell_what_to_leave_out_and_never_pass_what_nobody_saw(
    made: Service,
) -> None:
    made.decisions.judge(KEY, [Decision(FIELD, "field")], "fail", ADA, reason="bubble")
    fail(made, A2, note='=HYPERLINK("http://x")')
    made.decisions.judge(KEY, [Decision(B2)], "pass", BEN)
    tables = PlateTables(made, KEY)
    wells = {str(row["Metadata_Well"]): row for row in tables.wells().records()}
    assert wells["A01"]["Metadata_QCExclude"] == 0
    assert wells["A01"]["Metadata_FieldsUsed"] == "1 of 2"
    assert (wells["A01"]["Metadata_Verdict"], wells["A01"]["Metadata_Reviewed"]) == (
        "",
        "",
    )
    assert (
        wells["A02"]["Metadata_QCExclude"],
        wells["A02"]["Metadata_VerdictSource"],
    ) == (1, "bulk")
    assert (wells["B02"]["Metadata_Verdict"], wells["B02"]["Metadata_Basis"]) == (
        "pass",
        "unseen",
    )
    assert wells["A03"]["Metadata_Verdict"] == ""
    assert (wells["B02"]["Metadata_RowIndex"], wells["B02"]["Metadata_WellPath"]) == (
        1,
        "B/2",
    )
    fields = {
        (row["Metadata_Well"], row["Metadata_FieldName"]): row
        for row in tables.fields().records()
    }
    assert fields["A01", "0"]["Metadata_QCExclude"] == 1
    assert fields["A01", "0"]["Metadata_VerdictSource"] == "own"
    assert fields["A01", "0"]["Metadata_FieldPath"] == "A/1/0"
    assert (
        fields["A01", "1"]["Metadata_FieldIndex"],
        fields["A01", "1"]["Metadata_QCExclude"],
    ) == (1, 0)
    assert fields["A02", "0"]["Metadata_QCExclude"] == 1
    assert fields["A02", "0"]["Metadata_VerdictSource"] == "inherited"
    text = tables.wells().csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Metadata_Note"] for row in rows if row["Metadata_Well"] == "A02"] == [
        '\'=HYPERLINK("http://x")'
    ]


def test_parquet_holds_what_csv_holds_with_types(made: Service) -> None:
    fail(made, A2, note="=1+1")
    tables = PlateTables(made, KEY)
    for table in (tables.wells(), tables.fields()):
        stored = parquet.read_table(io.BytesIO(table.parquet()))
        assert stored.column_names == list(table.columns)
        assert stored.to_pylist() == [
            {name: None if cell is None else cell for name, cell in row.items()}
            for row in table.records()
        ]
    made.quality.measure(KEY)
    with Served(made, ServerSettings(port=0)) as server:
        answer = server.get(f"/export/{KEY}/fields.parquet")
    assert parquet.read_table(io.BytesIO(answer.body)).num_rows == 12
    assert answer.headers["Content-Disposition"].endswith('-fields.parquet"')


def test_a_table_is_put_beside_the_wells_and_what_was_there_stays(
    made: Service, plate: Path, tmp_path: Path
) -> None:
    (plate / "tables" / "theirs").mkdir(parents=True)
    fail(made, A2, note="größer")
    made.quality.measure(KEY)
    for verdict in ("fail", "pass"):
        made.decisions.judge(KEY, [Decision(A1)], verdict, ADA)
        folder = write_tables(made, KEY)
    assert {entry.name for entry in folder.iterdir()} == {
        "theirs",
        "qc",
        "qc_fields",
        "zarr.json",
    }
    root = zarr.open_group(str(folder), mode="r")
    assert root.attrs["tables"] == ["qc", "qc_fields"]
    table = root["qc"]
    assert table.attrs["encoding-type"] == "anndata"
    wells = list(table["obs/index"][:])
    rows = {
        name: table[f"obs/{name}"][:] for name in table["obs"].attrs["column-order"]
    }
    assert table["X"].shape == (len(wells), len(table["var/index"][:]))
    at = wells.index("A02")
    assert (rows["Metadata_Verdict"][at], rows["Metadata_QCExclude"][at]) == ("fail", 1)
    assert rows["Metadata_Note"][at] == "größer"
    assert rows["Metadata_Verdict"][wells.index("A01")] == "pass"
    assert not [problem for problem in validate(plate) if "tables" in problem.location]
    with service(tmp_path / "workspace", plate, read_only=True) as other:
        surveyed(other, KEY)
        before = (folder / "qc" / "zarr.json").stat().st_mtime_ns
        with pytest.raises(RefusedError, match="cannot be written"):
            write_tables(other, KEY)
        assert (folder / "qc" / "zarr.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("form", ["group", "file", "link"])
def test_a_table_of_another_program_is_not_replaced(
    made: Service, plate: Path, form: str
) -> None:
    theirs = plate / "tables" / "qc_fields"
    theirs.parent.mkdir()
    if form == "group":
        zarr.create_group(str(theirs), zarr_format=3, attributes={"mine": 1})
    elif form == "file":
        theirs.write_text("{}")
    else:
        theirs.symlink_to("nowhere")
    made.quality.measure(KEY)
    with pytest.raises(RefusedError, match="not written by this program"):
        write_tables(made, KEY)
    # Neither table was written, and nothing is left of the attempt.
    assert [entry.name for entry in theirs.parent.iterdir()] == ["qc_fields"]
    if form == "group":
        assert zarr.open_group(str(theirs), mode="r").attrs["mine"] == 1
    else:
        assert theirs.is_file() if form == "file" else theirs.is_symlink()


def test_a_table_that_cannot_be_put_in_place_leaves_the_one_before(
    tmp_path: Path,
) -> None:
    target = tmp_path / "qc"
    target.mkdir()
    (target / "x").write_text("before")
    with pytest.raises(FileNotFoundError):
        _put(tmp_path / "missing", target, tmp_path / "old")
    assert (target / "x").read_text() == "before"
    assert not (tmp_path / "old").exists()


def test_a_table_waits_for_who_holds_the_plate(made: Service, plate: Path) -> None:
    made.quality.measure(KEY)
    with ThreadPoolExecutor(1) as pool:
        with locked(plate):
            writing = pool.submit(write_tables, made, KEY)
            done, _ = concurrent.futures.wait([writing], timeout=3.0)
            assert not done
            assert not (plate / "tables").exists()
        assert writing.result().is_dir()


@pytest.mark.parametrize(
    "text",
    ["=1", "+x", "-x", "@x", "\tx", "\rx", " =1", "-inf", "-1+1", "\n=1", "|x", "%x"],
)
def test_case_40_a_cell_that_a_spreadsheet_would_execute_becomes_text(
    text: str,
) -> None:
    assert safe_cell(text) == f"'{text}"


def test_decisions_go_to_a_file_and_back_without_loss(
    made: Service, plate: Path, tmp_path: Path
) -> None:
    first = fail(made, A1, note="größer\n– zwei Zeilen", reason="debris")
    made.decisions.judge(KEY, [Decision(A1), Decision(FIELD)], "pass", BEN)
    made.decisions.undo(KEY, ADA, first)
    file = tmp_path / "decisions.jsonl"
    assert export_decisions(made, KEY, file) == 4
    with service(tmp_path / "another", plate) as other:
        surveyed(other, KEY)
        assert import_decisions(other, KEY, file) == 4
        assert import_decisions(other, KEY, file) == 0
        assert verdicts(other.reviews.read(KEY)) == verdicts(made.reviews.read(KEY))
        assert [
            (act.batch, act.at, act.note, act.who, act.target, act.supersedes)
            for act in other.reviews.acts(KEY)
        ] == [
            (act.batch, act.at, act.note, act.who, act.target, act.supersedes)
            for act in made.reviews.acts(KEY)
        ]
        fail(other, B2)
        with pytest.raises(DashboardError, match="1 acts that the file does not"):
            import_decisions(other, KEY, file)


def test_what_is_no_file_of_this_plate_is_refused(
    made: Service, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text("[]\n")
    with pytest.raises(DashboardError, match="no JSON object"):
        import_decisions(made, KEY, file)
    file.write_text('{"format": "hcs-decisions", "version": 1, "plate": "other"}\n')
    with pytest.raises(DashboardError, match="--another-plate"):
        import_decisions(made, KEY, file)


def test_tables_and_report_come_by_http_and_escape_everything(
    made: Service, tmp_path: Path
) -> None:
    evil = '<img src=x onerror="alert(1)">'
    fail(made, A1, Who(evil, "typed"), note=evil, reason="focus")
    made.quality.measure(KEY)
    with Served(made, ServerSettings(port=0)) as server:
        wells = server.get(f"/export/{KEY}/wells.csv")
        report = server.get(f"/export/{KEY}/report.html")
        unknown = server.get("/export/nothing/wells.csv")
    assert (wells.status, report.status, unknown.status) == (200, 200, 404)
    assert "attachment" in wells.headers["Content-Disposition"]
    assert wells.body.decode("utf-8-sig").startswith(
        "Metadata_Plate,Metadata_PlateID,Metadata_Well,"
    )
    html = report.body.decode()
    assert evil not in html
    assert "&lt;img src=x" in html
    assert html.count("data:image/jpeg;base64,") == 2
    assert "http://" not in html
    assert "<script" not in html
