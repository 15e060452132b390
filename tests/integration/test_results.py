"""Results for scripts: the same tables by command, from Python, and on the page."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

import pytest
import zarr

import dashboard
from dashboard.app import ServerSettings
from dashboard.cli import main
from dashboard.errors import UnmeasuredError
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from hcs import make_demo_plate
from hcs.metadata import Who
from hcs.qc.columns import RESERVED
from tests import plates
from tests.integration.serving import Served, service, surveyed
from tests.integration.test_unmeasured import broken

if TYPE_CHECKING:
    from pathlib import Path

    from hcs.tables import ResultTable

KEY = "demo.ome.zarr"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo plate and another one, measured and judged in one workspace."""
    folder = tmp_path_factory.mktemp("lab")
    make_demo_plate(folder / "plates" / KEY, fields=2, shape=(160, 160))
    plates.make(folder / "plates" / "small.ome.zarr", rows=1, columns=2)
    with service(folder / "workspace", folder / "plates") as made:
        made.quality.measure(KEY)
        made.decisions.judge(
            KEY,
            [Decision(Subject("B/2"), "thumbnails")],
            "fail",
            Who("Ada", "typed"),
            reason="focus",
            note="seen twice",
        )
    return folder


@pytest.fixture(scope="module")
def results(lab: Path) -> dashboard.QCResults:
    return dashboard.read_qc(lab / "plates", workspace=lab / "workspace", workers=0)


def rows(table: ResultTable, plate: str = "demo") -> list[dict[str, object]]:
    return [row for row in table.records() if row["Metadata_Plate"] == plate]


def test_suspects_come_with_reasons_in_words_the_worst_first(
    results: dashboard.QCResults,
) -> None:
    suspects = rows(results.suspects)
    assert [row["Metadata_Rank"] for row in suspects] == sorted(
        row["Metadata_Rank"] for row in suspects
    )
    reasons = {(row["Metadata_Well"], row["Metadata_Kind"]) for row in suspects}
    assert {("H06", "missing")} <= reasons
    measured = [row for row in suspects if row["Metric"]]
    assert measured
    by_field = {
        (row["Metadata_WellPath"], row["Metadata_FieldName"]): row
        for row in rows(results.fields)
    }
    for row in measured:
        assert row["Channel"] in ("DNA", "Reporter")
        assert str(row["Channel"]) in str(row["Metadata_Reason"])
        field = by_field[row["Metadata_WellPath"], row["Metadata_FieldName"]]
        assert row["Value"] == field[str(row["Feature"])]
        assert str(row["Metadata_Reason"]) in str(field["Metadata_SuspectReasons"])


def test_a_plate_without_suspects_has_a_table_with_their_columns(
    tmp_path: Path, results: dashboard.QCResults
) -> None:
    path = tmp_path / "clean.ome.zarr"
    make_demo_plate(path, kind="clean", rows=1, columns=2, fields=1, shape=(160, 160))
    table = dashboard.read_qc(path, workspace=tmp_path / "work", workers=0).suspects
    assert table.rows == ()
    assert table.columns == results.suspects.columns


def test_verdicts_and_reasons_come_from_the_workspace(
    results: dashboard.QCResults,
) -> None:
    wells = {row["Metadata_Well"]: row for row in rows(results.wells)}
    assert wells["B02"]["Metadata_Verdict"] == "fail"
    assert wells["B02"]["Metadata_QCExclude"] == 1
    assert wells["B02"]["Metadata_Note"] == "seen twice"
    assert wells["B02"]["Metadata_ReasonText"]
    fields = [r for r in rows(results.fields) if r["Metadata_Well"] == "B02"]
    assert {row["Metadata_VerdictSource"] for row in fields} == {"inherited"}
    assert {row["Metadata_Plate"] for row in results.wells.records()} == {
        "demo",
        "test",
    }


def test_every_column_has_a_name_that_says_what_it_is(
    results: dashboard.QCResults,
) -> None:
    conditions = {"Metadata_role", "Metadata_compound", "Metadata_dose_uM"}
    for table in (results.wells, results.fields):
        measured = {feature.column for feature in table.features}
        others = set(table.columns) - measured
        assert all(name.startswith("ImageQuality_") for name in measured)
        unknown = {n for n in others if n.removeprefix("Metadata_") not in RESERVED}
        assert unknown <= conditions, unknown
        assert unknown


def test_a_tidy_table_has_a_row_for_each_number(results: dashboard.QCResults) -> None:
    wide = rows(results.wells)
    tidy = results.wells.tidy()
    means = {
        row["Metadata_Well"]: row["Value"]
        for row in rows(tidy)
        if (row["Metric"], row["Channel"]) == ("mean", "DNA")
    }
    assert means == {
        row["Metadata_Well"]: row["ImageQuality_Mean_DNA"]
        for row in wide
        if row["ImageQuality_Mean_DNA"] is not None
    }
    units = {row["Unit"] for row in rows(tidy) if row["Metric"] == "mean"}
    assert units == {"counts"}


def test_commands_page_and_python_give_the_same_tables(
    lab: Path,
    results: dashboard.QCResults,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pyarrow import parquet

    places = [str(lab / "plates"), "--workspace", str(lab / "workspace")]
    for name in ("suspects", "wells", "fields"):
        assert main([name, *places, "--workers", "0"]) == 0
        table: ResultTable = getattr(results, name)
        assert capsys.readouterr().out == table.csv().replace("\r\n", "\n")
        out = tmp_path / f"{name}.parquet"
        assert main([name, *places, "-o", str(out), "--no-measure"]) == 0
        assert parquet.read_table(out).column_names == list(table.columns)
    with service(lab / "workspace", lab / "plates" / KEY) as made:
        made.quality.measure(KEY)
        with Served(made, ServerSettings(port=0)) as server:
            page = server.get(f"/export/{KEY}/wells.csv").body.decode("utf-8-sig")
    of_page = list(csv.DictReader(io.StringIO(page)))
    of_command = [
        {name: row[name] for name in of_page[0]}
        for row in csv.DictReader(io.StringIO(results.wells.csv()))
        if row["Metadata_Plate"] == "demo"
    ]
    assert of_page == of_command


def test_what_could_not_be_measured_is_said_and_counted_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = broken(tmp_path / "p.ome.zarr")
    order = [str(path), "--workspace", str(tmp_path / "w"), "--workers", "0"]
    assert main(["fields", *order]) == 1
    printed = capsys.readouterr()
    table = list(csv.DictReader(io.StringIO(printed.out)))
    assert sum(bool(row["ImageQuality_Mean_DNA"]) for row in table) == 5
    assert "A/3 field 0: " in printed.err
    assert "1 other field" in printed.err


def test_refusals_are_words_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    places = ["--workspace", str(tmp_path / "w")]
    out = tmp_path / "wells.csv"
    assert main(["wells", str(path), *places, "--no-measure", "-o", str(out)]) == 1
    assert "is not measured" in capsys.readouterr().err
    assert main(["wells", str(tmp_path / "nowhere"), *places]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert main(["wells", str(path), *places, "-o", str(tmp_path / "w.xlsx")]) == 1
    assert ".parquet" in capsys.readouterr().err
    assert (
        main(["wells", str(path), *places, "-o", str(tmp_path / "no" / "a.csv")]) == 1
    )
    assert "no folder" in capsys.readouterr().err
    with pytest.raises(SystemExit) as usage:
        main(["wells"])
    assert usage.value.code == 2
    assert not out.exists()
    with pytest.raises(UnmeasuredError, match="not measured"):
        dashboard.read_qc(path, workspace=tmp_path / "w", measure=False)
    assert not any(path.rglob("*qc*"))


def test_reading_results_needs_no_page(lab: Path) -> None:
    code = (
        "import sys, dashboard\n"
        "qc = dashboard.read_qc(sys.argv[1], workspace=sys.argv[2], workers=0)\n"
        "assert qc.wells.rows\n"
        "drawn = {'panel', 'bokeh', 'holoviews', 'datashader', 'tornado'}\n"
        "assert not drawn & set(sys.modules), drawn & set(sys.modules)\n"
    )
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            lab / "plates" / "small.ome.zarr",
            lab / "workspace",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_cellprofiler_gets_the_images_that_were_not_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = plates.make(
        tmp_path / "a b.ome.zarr",
        rows=1,
        columns=3,
        fields=2,
        version="0.4",
        annotations={"conditions": {"columns": ["dose"], "wells": {"A/1": ["2"]}}},
    )
    plates.name_channels(path, "DNA", "GFP 488")
    key, ada = path.name, Who("Ada", "typed")
    with service(tmp_path / "w", path, measure=False) as made:
        surveyed(made, key)
        for subject in (Subject("A/2"), Subject("A/3", "1")):
            made.decisions.judge(key, [Decision(subject, "field")], "fail", ada)
        with Served(made, ServerSettings(port=0)) as server:
            of_page = server.get(f"/export/{quote(key)}/LoadData.csv")
    order = ["loaddata", str(path), "--workspace", str(tmp_path / "w"), "-o", "-"]
    assert main(order) == 0
    printed = capsys.readouterr().out
    assert of_page.body.decode().replace("\r\n", "\n") == printed
    table = list(csv.DictReader(io.StringIO(printed)))
    assert [(row["Metadata_Well"], row["Metadata_Site"]) for row in table] == [
        ("A01", "0"),
        ("A01", "1"),
        ("A03", "0"),
    ]
    assert [row["Metadata_dose"] for row in table] == ["2", "2", ""]
    for row in table:
        # As CellProfiler's reader takes them: a group, and places along its axes.
        for channel, name in enumerate(("DNA", "GFP_488")):
            place = url2pathname(urlsplit(row[f"URL_{name}"]).path)
            level = zarr.open_group(place, mode="r")["0"]
            assert level.ndim == 3
            pixels = level[int(row[f"Z_{name}"])]
            column = int(row["Metadata_Column"]) - 1
            field = int(row["Metadata_FieldName"])
            assert pixels[0, 0] == plates.value(0, column, field, channel=channel)


def test_a_plate_that_cellprofiler_cannot_open_is_refused_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    out = tmp_path / "LoadData.csv"
    order = ["loaddata", str(path), "--workspace", str(tmp_path / "w"), "-o", str(out)]
    assert main(order) == 1
    assert "hcs convert --version 0.4" in capsys.readouterr().err
    assert not out.exists()
