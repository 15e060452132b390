"""A project in one file: to another workspace without loss, or not at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.cli import main
from dashboard.errors import DashboardError, RefusedError
from dashboard.exports.project_file import KINDS
from dashboard.exports.project_transfer import ProjectTransfer
from dashboard.projects.rules import ReviewRules
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from hcs.metadata import Who
from hcs.qc import RoleMapping
from tests import plates
from tests.integration.postgres import postgres
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from dashboard.service import Service

FIRST, SECOND, COPY = "one.ome.zarr", "two.ome.zarr", "three.ome.zarr"
ADA, BEN = Who("Ada", "typed"), Who("Ben", "typed")
MAP = b"plate,well,Content,Compound\none,A1,pos,x\none,B2,neg,y\ntwo,A1,neg,z\n"
TABLE = b"well,cells,size\nA1,10,2.5\nB2,7,1e-3\n"
REMEMBERED = (
    "schema",
    "places",
    "suspects",
    "ids-before",
    "well-metrics",
    "field-counts",
)
"""What a workspace keeps so that it need not look again."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    screen = tmp_path / "screen"
    plates.make(screen / FIRST, fields=2, shape=(32, 40))
    plates.make(screen / SECOND, fields=1, shape=(32, 40))
    shutil.copytree(screen / SECOND, screen / COPY)
    return screen


def fill(made: Service) -> None:
    """Agree on something of every kind, and decide."""
    for key in (FIRST, SECOND, COPY):
        surveyed(made, key)
    made.projects.set_apart(COPY)
    made.quality.measure(FIRST)
    mapping = RoleMapping(role="Content", values={"pos": "positive", "neg": "negative"})
    made.assay.keep_map(
        FIRST, MAP, "map.csv", barcode="one", mapping=mapping, others=True, who="Ada"
    )
    made.assay.keep_typed(FIRST, {"positive": "A2", "negative": "B1"})
    made.assay.keep_clip(FIRST, 0, 4095.0)
    made.assay.keep_cut(FIRST, "mean.0", (1.0, None))
    made.assay.keep_limit(FIRST, "empty_tiles", 80.0)
    made.imports.take(FIRST, TABLE, "t.csv", {"cells", "size"}, "Ada")
    made.quality.keep_assay_metric(FIRST, "mean.0")
    rules = ReviewRules(
        reasons=(("focus", "unscharf"), ("leak", "a leak")),
        min_fields=2,
        keys=(("pass", "y"),),
    )
    made.projects.keep_rules(FIRST, rules)
    # Another clip level has it measured again, and what is usual is another then.
    made.quality.measure(FIRST)
    for key, who, subject in (
        (FIRST, ADA, Subject("A/1")),
        (SECOND, BEN, Subject("A/1", "0")),
        (FIRST, BEN, Subject("B/2")),
        (COPY, ADA, Subject()),
    ):
        judged = made.decisions.judge(
            key, [Decision(subject)], "fail", who, reason="leak", note="größer\n– x"
        )
    made.decisions.undo(COPY, ADA, judged.batch)
    made.signing.sign_off(SECOND, BEN, "done")


def database(workspace: Path) -> dict[str, Any]:
    """Return all that people brought about, whatever table it is in.

    What tells one workspace from the other is none of it.
    """
    with closing(sqlite3.connect(workspace / "workspace.sqlite")) as connection:
        settings = {
            name: json.loads(value)
            for name, value in connection.execute("SELECT name, value FROM settings")
            if not name.startswith((*REMEMBERED, "well-values", "workspace-id"))
        }
        rows: dict[str, Any] = {"settings": settings}
        for table, query, first in (
            # The place in a table is no content.
            ("acts", "SELECT * FROM review_acts ORDER BY id", 1),
            ("revisions", "SELECT * FROM settings_revisions ORDER BY revision", 0),
            ("events", "SELECT * FROM events ORDER BY id", 1),
        ):
            records = connection.execute(query).fetchall()
            rows[table] = [row[first:] for row in records]
        return rows


def test_a_project_goes_to_another_workspace_without_loss_and_twice_is_once(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "screen.jsonl"
    with service(here, folder, measure=False) as made:
        fill(made)
    arguments = [str(folder), str(file), "--workspace"]
    assert main(["project", "export", *arguments, str(here)]) == 0
    assert "3 plates, 6 acts" in capsys.readouterr().out
    kinds = {
        line["setting"]["kind"]
        for line in map(json.loads, file.read_text("utf-8").splitlines())
        if "setting" in line
    }
    # No plate was edited, and as a whole these are too bad to compare others with.
    assert kinds == set(KINDS) - {"also-ledgers", "medians"}
    assert main(["project", "import", *arguments, str(there)]) == 0
    assert "6 acts" in capsys.readouterr().out
    assert database(there) == database(here)
    assert len(database(there)["acts"]) == 6
    assert main(["project", "import", *arguments, str(there)]) == 0
    assert "0 acts and 0 settings" in capsys.readouterr().out
    assert database(there) == database(here)
    with service(there, folder, measure=False) as other:
        surveyed(other, SECOND)
        assert other.projects.rules(FIRST).words("leak") == "a leak"
        assert other.reviews.read(SECOND).signed.changes == ()
        assert not other.reviews.read(COPY).verdicts
        assert other.projects.roles(FIRST).letter("A2") == "P"
        assert other.assay.map_source(SECOND)["name"] == "map.csv"
        assert [metric.column for metric in other.imports.metrics(FIRST)] == [
            "cells",
            "size",
        ]
        act = other.reviews.acts(FIRST)[0]
        document = other.projects.settings_document(act.settings)
        assert document["typed_roles"] == {"positive": "A2", "negative": "B1"}
        assert document["plate_map"]["name"] == "map.csv"


def test_a_project_moves_to_another_folder_and_to_a_server_s_database(
    folder: Path, tmp_path: Path
) -> None:
    file, moved = tmp_path / "screen.jsonl", tmp_path / "archive" / "screen 7"
    with service(tmp_path / "here", folder, measure=False) as made:
        fill(made)
        ProjectTransfer(made).write(file)
    shutil.copytree(folder, moved)
    shutil.rmtree(moved / SECOND)
    with (
        postgres() as url,
        service(tmp_path / "there", moved, database=url, measure=False) as other,
    ):
        content = ProjectTransfer(other).read(file)
        assert (content.acts, len(content.away)) == (6, 1)
        assert ProjectTransfer(other).read(file).acts == 0
        assert other.projects.rules(FIRST).min_fields == 2
        assert other.projects.roles(FIRST).letter("B1") == "N"
        assert [act.kind for act in other.reviews.acts(COPY)] == ["verdict", "undo"]


def test_a_file_that_is_not_whole_changes_nothing(folder: Path, tmp_path: Path) -> None:
    file, bad = tmp_path / "screen.jsonl", tmp_path / "bad.jsonl"
    with service(tmp_path / "here", folder, measure=False) as made:
        fill(made)
        ProjectTransfer(made).write(file)
    whole = file.read_text("utf-8")
    lines = whole.splitlines(keepends=True)
    with service(tmp_path / "there", folder, measure=False) as other:
        before = database(tmp_path / "there")
        for text, why in (
            ("", "no JSON"),
            ("[]\n", "no JSON object"),
            ('{"format": "hcs-decisions"}\n', "not written by `hcs-dashboard project"),
            ('{"format": "hcs-project", "version": 9}\n', "version 9"),
            ("".join(lines[:-3]), "not as it was written"),
            ("".join(lines[:5] + lines[6:]), "not as it was written"),
            (whole.replace("unscharf", "unsharp"), "not as it was written"),
            (whole[:-40], "no JSON"),
        ):
            bad.write_text(text, encoding="utf-8")
            with pytest.raises(DashboardError, match=why):
                ProjectTransfer(other).read(bad)
        assert database(tmp_path / "there") == before


def test_what_differs_here_is_not_replaced_unless_asked_and_never_when_signed(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "screen.jsonl"
    with service(tmp_path / "here", folder, measure=False) as made:
        fill(made)
        ProjectTransfer(made).write(file)
        made.decisions.judge(FIRST, [Decision(Subject("A/2"))], "pass", ADA)
        file_of_more = tmp_path / "more.jsonl"
        ProjectTransfer(made).write(file_of_more)
        made.signing.reopen(SECOND, BEN)
        made.blind.begin(SECOND, ADA, ("Ada", "Ben"))
        with pytest.raises(RefusedError, match="blind review"):
            ProjectTransfer(made).write(tmp_path / "never.jsonl")
    with service(tmp_path / "there", folder, measure=False) as other:
        surveyed(other, FIRST)
        other.projects.keep_rules(FIRST, ReviewRules(min_fields=3))
        before = database(tmp_path / "there")
        with pytest.raises(DashboardError, match=r"reasons, minimum .*--replace"):
            ProjectTransfer(other).read(file)
        assert database(tmp_path / "there") == before
        ProjectTransfer(other).read(file, replace=True)
        assert other.projects.rules(FIRST).min_fields == 2
        # Later acts of the same project are added; what the file lacks is refused.
        assert ProjectTransfer(other).read(file_of_more).acts == 1
        with pytest.raises(DashboardError, match="1 acts that the file does not"):
            ProjectTransfer(other).read(file)
        other.signing.reopen(SECOND, BEN)
        other.projects.keep_rules(FIRST, ReviewRules(min_fields=4))
        other.signing.sign_off(FIRST, ADA)
        with pytest.raises(DashboardError):
            ProjectTransfer(other).read(file_of_more, replace=True)
        assert other.projects.rules(FIRST).min_fields == 4
        assert not (tmp_path / "never.jsonl").exists()


def test_plates_of_two_folders_are_no_project(tmp_path: Path) -> None:
    for name in ("a", "b"):
        plates.make(tmp_path / "s" / name / FIRST, shape=(32, 40))
    with (
        service(tmp_path / "w", tmp_path / "s", measure=False) as made,
        pytest.raises(DashboardError, match="2 projects"),
    ):
        ProjectTransfer(made).write(tmp_path / "f.jsonl")
