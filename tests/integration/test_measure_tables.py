"""Measurements out to a table, and others' measurements in."""

from __future__ import annotations

import csv
import json
import sys

import pytest

from hcs.errors import SourceError
from hcs.layout import FORMATS
from hcs.plates.opening import from_hcs_zarr
from hcs.qc.plates.imported import read_measurements
from hcs.qc.run.export import measured_table
from hcs.qc.run.measure import measure_plate
from hcs.tables import result_table
from tests import plates


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = plates.make(tmp_path_factory.mktemp("plate") / "p.ome.zarr", columns=2)
    with from_hcs_zarr(path) as plate:
        return measured_table(measure_plate(plate), plate)


def test_a_table_has_a_row_a_field_and_a_column_a_metric_and_channel(table):
    rows = table.records()
    assert [row["Metadata_Well"] for row in rows] == ["A01", "A02", "B01", "B02"]
    first = rows[0]
    assert first["ImageQuality_Mean_DNA"] == plates.value()
    assert first["ImageQuality_MeanIntensity_GFP"] == plates.value(channel=1) / 65535
    assert list(first)[-2:] == ["Metadata_NotComputable", "Metadata_Error"]
    reasons = json.loads(first["Metadata_NotComputable"])
    assert reasons["ImageQuality_PowerLogLogSlope_DNA"] == "all pixels are equal"


def test_csv_leaves_cells_without_a_number_empty(table, tmp_path):
    table.write(tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(newline="") as stream:
        read = list(csv.DictReader(stream))
    assert len(read) == 4
    assert read[0]["ImageQuality_PowerLogLogSlope_DNA"] == ""
    assert float(read[0]["ImageQuality_Mean_DNA"]) == plates.value()
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


def test_parquet_holds_the_same(table, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table.write(tmp_path / "m.parquet")
    read = parquet.read_table(tmp_path / "m.parquet").to_pylist()
    mean = "ImageQuality_Mean_DNA"
    assert [row[mean] for row in read] == [row[mean] for row in table.records()]
    assert read[0]["ImageQuality_PowerLogLogSlope_DNA"] is None
    versions = parquet.read_schema(tmp_path / "m.parquet").metadata[b"hcs.metrics"]
    assert b"focus_score@1" in versions.split(b",")


def test_cells_that_a_spreadsheet_would_run_are_quoted(tmp_path):
    rows = [{"Metadata_Plate": "=cmd()", "ImageQuality_Mean_DNA": -1.5}]
    result_table(rows).write(tmp_path / "m.csv")
    text = (tmp_path / "m.csv").read_text()
    assert "'=cmd()" in text
    assert "-1.5" in text


def test_a_stack_has_a_row_a_plane_and_says_which_is_in_focus(tmp_path):
    path = plates.make(
        tmp_path / "z.ome.zarr",
        rows=1,
        columns=1,
        z=3,
        shape=(40, 48),
        pixels="random",
    )
    (result,) = measure_plate(path)
    table = measured_table([result]).records()
    assert [row["Metadata_Z"] for row in table] == [0, 1, 2]
    slope = "ImageQuality_PowerLogLogSlope_DNA"
    sharpest = max(table, key=lambda row: row[slope])["Metadata_Z"]
    assert {row["Metadata_BestZ_DNA"] for row in table} == {sharpest}


def test_other_endings_are_refused(table, tmp_path):
    with pytest.raises(SourceError, match=r"'m\.xlsx'; name a file that ends with"):
        table.write(tmp_path / "m.xlsx")


CELLPROFILER = b"""ImageNumber,Metadata_Well,Metadata_Site,Count_Nuclei,FileName_DNA
1,A01,1,40,a.tif
2,A01,2,44,b.tif
3,b2,1,nan,c.tif
4,Z99,1,3,d.tif
5,A01,2,9,e.tif
"""


def test_a_cellprofiler_table_becomes_metrics():
    measurements = read_measurements(CELLPROFILER, name="Image.csv", format=FORMATS[96])
    assert measurements.field_column == "Metadata_Site"
    assert {column.name for column in measurements.columns} == {
        "ImageNumber",
        "Count_Nuclei",
    }
    assert measurements.rows[(0, 0), "2"]["Count_Nuclei"] == 44
    assert "Count_Nuclei" not in measurements.rows[(1, 1), "1"]
    assert "FileName_DNA" in measurements.left_out
    assert len(measurements.problems) == 2
    assert "no well of this plate: line 5 ('Z99')" in measurements.problems
    assert "the same well and field again: line 6 ('A01')" in measurements.problems


def test_a_table_with_rows_and_columns_and_decimal_commas_is_read():
    table = b"Row;Column;Ratio\n1;2;0,5\n2;12;1,25\n"
    measurements = read_measurements(table, format=FORMATS[96])
    assert measurements.field_column is None
    assert measurements.rows == {
        ((0, 1), None): {"Ratio": 0.5},
        ((1, 11), None): {"Ratio": 1.25},
    }


def test_only_the_rows_of_one_plate_are_taken():
    table = b"Barcode,Well,x\np1,A01,1\np2,A01,2\n"
    measurements = read_measurements(table, plate="p2")
    assert measurements.rows == {((0, 0), None): {"x": 2.0}}


def test_a_parquet_table_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    table = pyarrow.table({"Well": ["A1", "A2"], "x": [1.5, None]})
    parquet.write_table(table, tmp_path / "m.parquet")
    measurements = read_measurements(tmp_path / "m.parquet")
    assert measurements.rows[(0, 0), None] == {"x": 1.5}
    (column,) = measurements.columns
    assert (column.name, column.values, column.low) == ("x", 1, 1.5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"a,b\n1,2\n3,4\n", "No column of table names wells"),
        (b"well,name\nA01,x\nA02,y\n", "no column of numbers"),
        (b"PAR1 but not really", "cannot be read as Parquet"),
    ],
)
def test_tables_that_cannot_be_used_say_why(table, message):
    with pytest.raises(SourceError, match=message):
        read_measurements(table)


def test_our_own_export_can_be_read_back(table, tmp_path):
    table.write(tmp_path / "m.csv")
    measurements = read_measurements(tmp_path / "m.csv", format=FORMATS[96])
    assert measurements.field_column == "Metadata_Site"
    assert measurements.rows[(1, 1), "0"]["ImageQuality_Mean_DNA"] == plates.value(1, 1)


def calls_to_read(rows):
    """Return how often anything is called while a table of many texts is read."""
    lines = (f"A01,{n},{n}.5,a,b,c,d,e,f" for n in range(rows))
    table = "\n".join(["Well,Site,Mean,p,q,r,s,t,u", *lines]).encode()
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        read_measurements(table)
    finally:
        sys.setprofile(None)
    return calls


def test_the_work_of_a_table_grows_with_its_rows():
    assert calls_to_read(400) < 6 * calls_to_read(100)


@pytest.mark.parametrize(
    "column",
    [
        [0.5] * (3 << 20),
        ["t" * 200_000] * 1000,
        [[1] * (5 << 20), [1]],
    ],
    ids=["rows", "long texts", "lists"],
)
def test_a_parquet_table_that_unpacks_to_far_more_is_refused(tmp_path, column):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    table = pyarrow.table({"Well": ["A1"] * len(column), "x": column})
    parquet.write_table(table, tmp_path / "m.parquet", compression="zstd")
    assert (tmp_path / "m.parquet").stat().st_size < 1 << 20
    with pytest.raises(SourceError, match=r"m\.parquet unpacks to .* cut it"):
        read_measurements(tmp_path / "m.parquet")


UNUSABLE = ["OVRFLW", "<0.1", "35%", "Infinity", '"1,234"']


@pytest.mark.parametrize("cell", UNUSABLE)
def test_a_cell_that_is_no_number_is_missing_and_counted(cell):
    table = f"Well,x\nA01,1.5\nA02,{cell}\nA03,\n".encode()
    measurements = read_measurements(table)
    (column,) = measurements.columns
    assert (column.values, column.not_numbers) == (1, 1)
    assert measurements.rows[(0, 1), None] == {}
    shown = repr(cell.strip('"'))
    assert measurements.problems == (
        f"x: 1 cell is no number and taken as missing: {shown} in line 3",
    )


def test_all_such_cells_of_a_column_are_counted():
    rows = [f"A{i:02d},{cell}" for i, cell in enumerate([*UNUSABLE, "7"], 1)]
    measurements = read_measurements("\n".join(["Well,x", *rows]).encode())
    assert measurements.columns[0].not_numbers == len(UNUSABLE)
    assert "x: 5 cells are no number and taken as missing" in measurements.problems[0]


def test_points_between_thousands_are_understood_or_the_column_is_refused():
    table = b"Well;area;ratio;mixed\nA1;1.234;0,5;1,5\nA2;12.345,5;1,25;2.5\n"
    measurements = read_measurements(table)
    assert measurements.rows[(0, 0), None] == {"area": 1234.0, "ratio": 0.5}
    assert measurements.rows[(0, 1), None] == {"area": 12345.5, "ratio": 1.25}
    assert "mixed" in measurements.left_out
    assert measurements.problems == ("decimals after commas and after points: mixed",)


def test_measurements_go_to_the_wells_that_are_named():
    table = b"Well Number,Well,x\n1,A01,1\n2,B01,2\n"
    measurements = read_measurements(table, format=FORMATS[96])
    assert measurements.rows[(1, 0), None]["x"] == 2
    assert "'Well' is used" in measurements.problems[0]
    numbered = read_measurements(b"Well,x\n1,1\n13,2\n", format=FORMATS[96])
    assert numbered.rows[(1, 0), None] == {"x": 2.0}
    assert "counted row by row" in numbered.problems[0]


def test_of_many_lines_that_cannot_be_used_a_few_are_listed():
    lines = ["Well,x", "A01,1", *[f"Q{i},OVRFLW" for i in range(100, 1100)]]
    lines += [f"A{i},OVRFLW" for i in range(2, 1002)]
    measurements = read_measurements("\n".join(lines).encode(), format=FORMATS[96])
    assert measurements.columns[0].not_numbers == 11
    wells, cells = measurements.problems
    assert wells.startswith("no well of this plate: line 3 ('Q100'), ")
    assert wells.endswith(" and 1,981 more")
    assert cells.endswith(" and 3 more")
