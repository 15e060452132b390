"""Files of tables of every kind: what is read of them, and what never is."""

from __future__ import annotations

import datetime
import gzip
import io
import pickle
import sqlite3
import zipfile

import numpy as np
import openpyxl
import pytest

from hcs import read_plate_map
from hcs.errors import SourceError
from hcs.qc import read_measurements
from hcs.tables import TableFile, parts_with_wells, read_table
from hcs.tables.table import MAX_BYTES

IMAGES = "ImageNumber,Metadata_Well,Metadata_Site\n1,A01,1\n2,B02,1\n"
CELLS = "ImageNumber,ObjectNumber,AreaShape_Area,Name\n1,1,10,x\n1,2,30,y\n2,1,5,z\n"


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """Return a workbook with some sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def database(script: str, tmp_path) -> bytes:
    """Return an SQLite file that a script makes."""
    path = tmp_path / "made.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()
    return path.read_bytes()


def with_part(data: bytes, name: str, text: bytes) -> bytes:
    """Return a zip in which one part says something else."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            new.writestr(member, text if member == name else old.read(member))
    return out.getvalue()


# --- workbooks ------------------------------------------------------------------------


def test_the_first_sheet_with_wells_is_the_map_and_a_name_chooses_another():
    data = workbook(
        {
            "About": [["Study", "screen"], ["Who", "lab"]],
            "Map": [["Well", "Dose"], ["A1", 0.5], ["A2", 10]],
            "Other": [["Well", "Drug"], ["A1", "taxol"]],
        }
    )
    plate_map = read_plate_map(data, name="lab.xlsx")
    assert plate_map.name == "lab.xlsx, sheet Map"
    assert plate_map.column("Dose") == {(0, 0): 0.5, (0, 1): 10}
    assert any("sheet Other" in problem.message for problem in plate_map.problems)
    assert read_plate_map(data, part="other").columns == ("Drug",)
    assert parts_with_wells(data) == ("Map", "Other")
    with pytest.raises(SourceError, match="no sheet or table 'Third'; it has 'About'"):
        read_plate_map(data, name="lab.xlsx", part="Third")


def test_cells_of_a_workbook_are_what_a_person_would_type():
    when = datetime.datetime(2026, 1, 2, tzinfo=None)  # noqa: DTZ001 - as openpyxl has it
    rows = [["Well", "n", "x", "day", "on", "f"], ["A1", 3.0, 1e-9, when, True, "=1+1"]]
    assert read_table(workbook({"S": rows})).rows[1] == (
        "A1", "3", "1e-09", "2026-01-02", "TRUE",
    )  # fmt: skip


def test_a_map_in_the_shape_of_the_plate_is_read_from_a_workbook():
    rows = [["Drug", 1, 2], ["A", "x", "y"], ["B", "z", None]]
    plate_map = read_plate_map(workbook({"Plate": rows}))
    assert plate_map.column("Drug") == {(0, 0): "x", (0, 1): "y", (1, 0): "z"}


def test_a_template_without_rows_is_refused_with_the_sheet_that_lacks_them():
    data = workbook({"About": [["Key", "Value"]], "Wells": [["Plate", "Well", "Dose"]]})
    for read in (read_plate_map, read_measurements):
        with pytest.raises(SourceError, match="sheet Wells has a header for wells"):
            read(data, name="template.xlsx")


@pytest.mark.parametrize(
    ("part", "text", "message"),
    [
        pytest.param(
            "xl/worksheets/sheet1.xml",
            b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet xmlns="http://schemas.'
            b'openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
            b'<c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row></sheetData>'
            b"</worksheet>",
            "could not read worksheets",
            id="entities",
        ),
        pytest.param("xl/workbook.xml", b"<", "cannot be read", id="cut-off"),
        pytest.param(
            "xl/worksheets/sheet1.xml",
            b" " * (66 << 20),
            "unpacks to 66 MiB",
            id="bomb",
        ),
    ],
)
def test_a_workbook_that_could_do_harm_is_refused_in_words(part, text, message):
    data = with_part(workbook({"S": [["Well", "x"], ["A1", 1]]}), part, text)
    with pytest.raises(SourceError, match=message):
        read_plate_map(data, name="bad.xlsx")


def test_a_sheet_whose_cells_lie_far_out_is_refused_and_not_laid_out():
    book = openpyxl.Workbook()
    for row in range(1, 400):
        book.active.cell(row=row, column=16_000, value="x")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(SourceError, match="over 4,194,304 cells"):
        read_table(out.getvalue(), name="wide.xlsx")


# --- headers and objects --------------------------------------------------------------


def test_a_header_of_two_rows_is_joined():
    text = "Image,Image,Cells,Cells\nImageNumber,Well,Area,Form\n1,A1,3,4\n2,A2,5,6\n"
    rows = read_measurements(text.encode()).rows
    assert rows[(0, 1), None] == {"ImageNumber": 2, "Cells_Area": 5, "Cells_Form": 6}
    header = [["", "Nuclei", "", "Cells"], ["Well", "Area", "CV", "Area"]]
    merged = workbook({"S": [*header, ["A1", 1, 2, 3], ["A2", 1, 2, 3]]})
    names = {column.name for column in read_measurements(merged).columns}
    assert names == {"Nuclei_Area", "Nuclei_CV", "Cells_Area"}


def test_a_title_or_rows_of_text_are_no_second_header():
    titled = b"Plate 7,,\nWell,Drug,Dose\nA1,x,1\nA2,y,2\n"
    assert read_plate_map(titled).columns == ("Drug", "Dose")
    texts = b"Well,Drug,Drug\nA1,x,y\nA2,x,z\n"
    assert len(read_plate_map(texts).wells) == 2


def test_rows_of_objects_become_their_number_and_medians_by_field():
    text = "WELL LABEL,FOV,OBJECT ID,Area\nC - 3,1,1,10\nC - 3,1,2,30\nC - 3,2,1,7\n"
    table = read_measurements(text.encode())
    assert table.rows[(2, 2), "1"] == {"objects_count": 2, "Area": 20}
    assert table.rows[(2, 2), "2"] == {"objects_count": 1, "Area": 7}
    assert any("3 objects" in problem for problem in table.problems)


@pytest.mark.parametrize("first", ["images", "cells"])
def test_objects_are_joined_to_wells_by_the_number_of_their_image(first):
    files = [TableFile("Image.csv", IMAGES.encode()),
             TableFile("Cells.csv", CELLS.encode())]  # fmt: skip
    table = read_measurements(files if first == "images" else files[::-1])
    wanted = {"ImageNumber": 1, "Cells_count": 2, "Cells_AreaShape_Area": 20}
    assert table.rows[(0, 0), "1"] == wanted
    assert table.rows[(1, 1), "1"]["Cells_AreaShape_Area"] == 5


def test_objects_of_images_that_are_not_there_are_said():
    cells = CELLS + "9,1,1,w\n"
    files = [TableFile("Image.csv", IMAGES.encode()),
             TableFile("Cells.csv", cells.encode())]  # fmt: skip
    problems = read_measurements(files).problems
    assert any("objects of 1 images that Image.csv lacks" in text for text in problems)


def test_a_table_of_objects_alone_asks_for_that_of_images():
    with pytest.raises(SourceError, match="Give the table of images with it"):
        read_measurements(CELLS.encode(), name="Cells.csv")


def test_two_images_of_one_number_are_not_joined_to_the_wrong_wells():
    twice = IMAGES + "1,C03,1\n"
    files = [TableFile("Image.csv", twice.encode()),
             TableFile("Cells.csv", CELLS.encode())]  # fmt: skip
    with pytest.raises(SourceError, match="several rows for one image"):
        read_measurements(files)


# --- second tables of a map -----------------------------------------------------------

SAMPLES = b"Well,sample,solvent\nA1,S1,DMSO\nA2,,DMSO\nA3,S9,DMSO\n"


def test_a_second_table_says_what_the_samples_of_a_map_are():
    described = b"sample,name,control_type\nS1,taxol,poscon_cp\nNA,DMSO,negcon\n"
    plate_map = read_plate_map([SAMPLES, TableFile("compounds.csv", described)])
    assert plate_map.column("control_type") == {
        (0, 0): "poscon_cp", (0, 1): "negcon", (0, 2): None,
    }  # fmt: skip
    texts = [problem.message for problem in plate_map.problems]
    assert any("joined by 'sample'" in text for text in texts)
    assert any("says nothing of 'S9'" in text for text in texts)


def test_a_second_table_that_shares_nothing_or_contradicts_itself_is_said():
    with pytest.raises(SourceError, match="share no column whose values are the same"):
        read_plate_map([SAMPLES, TableFile("b.csv", b"compound,role\nX,pos\n")])
    twice = b"sample,name\nS1,taxol\nS1,other\n"
    problems = read_plate_map([SAMPLES, TableFile("b.csv", twice)]).problems
    assert any("different things of 'S1'" in problem.message for problem in problems)


# --- databases ------------------------------------------------------------------------

CELLPROFILER = """
CREATE TABLE Image (ImageNumber INTEGER, Image_Metadata_Well TEXT);
INSERT INTO Image VALUES (1, 'A01'), (2, 'B02');
CREATE TABLE Nuclei (ImageNumber INTEGER, ObjectNumber INTEGER, Nuclei_Area REAL);
INSERT INTO Nuclei VALUES (1, 1, 2.0), (1, 2, 4.0), (2, 1, 9.5);
"""


@pytest.mark.parametrize("as_file", [True, False], ids=["path", "bytes"])
def test_a_database_of_cellprofiler_is_joined_by_itself(tmp_path, as_file):
    data = database(CELLPROFILER, tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    table = read_measurements(tmp_path / "made.sqlite" if as_file else data)
    assert table.rows[(0, 0), None]["Nuclei_Area"] == 3
    assert table.rows[(1, 1), None]["Nuclei_count"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "made.sqlite").read_bytes() == data


def test_a_database_that_keeps_a_log_is_read_and_left_alone(tmp_path):
    data = database(f"PRAGMA journal_mode=WAL; {CELLPROFILER}", tmp_path)
    assert read_measurements(data).rows.keys() == {((0, 0), None), ((1, 1), None)}


def test_views_and_computed_columns_of_a_database_are_never_run(tmp_path):
    script = """
    CREATE TABLE Wells (Well TEXT, x REAL, y AS (x / 0));
    INSERT INTO Wells (Well, x) VALUES ('A1', 1), ('A2', 2);
    CREATE VIEW Doses AS SELECT Well, randomblob(1000000000) AS z FROM Wells;
    """
    names = read_table(database(script, tmp_path)).rows[0]
    assert names == ("Well", "x")


def test_a_database_with_hostile_names_is_read_by_them(tmp_path):
    script = 'CREATE TABLE "a"";DROP TABLE b;--" (Well TEXT, "x""y" REAL);'
    script += """INSERT INTO "a"";DROP TABLE b;--" VALUES ('A1', 1);"""
    table = read_table(database(script, tmp_path))
    assert table.rows == (("Well", 'x"y'), ("A1", "1"))


@pytest.mark.parametrize("at", [20, 100, 4200])
def test_a_damaged_database_is_refused_in_words(tmp_path, at):
    data = bytearray(database(CELLPROFILER, tmp_path))
    data[at:] = b"\xff" * (len(data) - at)
    with pytest.raises(SourceError, match=r"SQLite|no table that|names wells"):
        read_measurements(bytes(data), name="bad.sqlite")


# --- other files ----------------------------------------------------------------------


def test_a_packed_table_is_read_and_a_bomb_is_not():
    assert read_table(gzip.compress(b"Well,x\nA1,1\n"), name="m.csv.gz").name == "m.csv"
    with pytest.raises(SourceError, match="larger than 16 MiB"):
        read_table(gzip.compress(b"x" * (MAX_BYTES + 1)))
    with pytest.raises(SourceError, match="cannot be unpacked"):
        read_table(gzip.compress(b"Well,x\nA1,1\n")[:-9], name="m.csv.gz")
    with pytest.raises(SourceError, match="packed twice"):
        read_table(gzip.compress(gzip.compress(b"Well,x\n")))


class Bomb:
    """Something whose unpickling would be seen."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def numpy_archive() -> bytes:
    """Return a ``.npz`` that holds a pickle."""
    out = io.BytesIO()
    np.savez(out, features=np.zeros(3), metadata=np.array(Bomb(), dtype=object))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(pickle.dumps(Bomb()), "pickle, which is never read", id="pickle"),
        pytest.param(numpy_archive(), "pickles that are never read", id="npz"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(600), "before 2007", id="xls"),
        pytest.param(b"%PDF-1.7", "a PDF", id="pdf"),
        pytest.param(b"PK\x03\x04\0\0", "damaged", id="cut-zip"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(data, message):
    for read in (read_plate_map, read_measurements):
        with pytest.raises(SourceError, match=message):
            read(data, name="table")


def test_a_database_with_a_log_beside_it_is_refused_and_loses_no_rows(tmp_path):
    path = tmp_path / "results.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE map (Well TEXT, Dose REAL)")
        connection.execute("INSERT INTO map VALUES ('A1', 1)")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO map VALUES ('A2', 2)")
        connection.execute("COMMIT")
        with pytest.raises(SourceError, match=r"results\.sqlite-wal beside it"):
            read_plate_map(path)
    connection.close()
    assert len(read_plate_map(path).wells) == 2


def test_merged_cells_and_formulas_without_values_are_told():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Plate of May"], ["Well", "Dose", "Twice"], ["A1", 5, "=B3*2"]):
        sheet.append(row)
    sheet.append(["A2", None, 3])
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("B3:B4")
    out = io.BytesIO()
    book.save(out)
    plate_map = read_plate_map(out.getvalue())
    assert plate_map.wells == {(0, 0): (5, None), (0, 1): (None, 3)}
    text = " ".join(problem.message for problem in plate_map.problems)
    assert "1 group of cells are merged (B3:B4)" in text
    assert "1 formula without a value (C3)" in text


def test_a_sheet_that_is_hidden_is_meant_last():
    book = openpyxl.load_workbook(
        io.BytesIO(
            workbook(
                {name: [["Well", "Dose"], ["A1", name]] for name in ("old", "new")}
            )
        )
    )
    book["old"].sheet_state = "hidden"
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    assert read_plate_map(out.getvalue()).wells == {(0, 0): ("new",)}


def test_a_stray_cell_far_below_costs_no_row_of_cells_between():
    book = openpyxl.Workbook()
    for row in (["Well", "Dose"], ["A1", 5]):
        book.active.append(row)
    book.active["ZZ200000"] = " "
    out = io.BytesIO()
    book.save(out)
    assert read_plate_map(out.getvalue()).wells == {(0, 0): (5,)}


def test_rows_beyond_those_of_any_spreadsheet_are_refused():
    data = workbook({"Plate": [["Well", "Dose"], ["A1", 5]]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b'<row r="2"', b'<row r="2000000000"')
            new.writestr(name, part)
    with pytest.raises(SourceError, match="below row 1,048,576"):
        read_table(out.getvalue())


@pytest.mark.parametrize("rest", ["A3,y\n", 'A3,y\nA4,"z"\nA5,w\n'])
def test_a_quote_that_is_not_closed_swallows_no_wells(rest):
    with pytest.raises(SourceError, match="quote on line 3 that is not closed"):
        read_plate_map(b'Well,Dose\nA1,1\nA2,"x\n' + rest.encode())


def test_a_cell_of_several_lines_is_one():
    closed = read_plate_map(b'Well,Dose\nA1,1\nA2,"x\ny"\n')
    assert closed.wells[(0, 1)] == ("x\ny",)
