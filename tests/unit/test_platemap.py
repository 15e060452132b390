import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import InvalidPathError, SourceError
from hcs.layout import FORMATS
from hcs.tables.numbers import typed_column
from hcs.tables.platemap import map_plates, read_plate_map, typed_roles
from hcs.tables.reading import read_table

LONG = "Well,Compound,Dose\nA01,DMSO,0\nA02,drug,1.5\nB01,drug,\n"


def values(plate_map):
    return {FORMATS[96].label(well): cells for well, cells in plate_map.wells.items()}


def kinds(plate_map):
    return [problem.kind for problem in plate_map.problems]


EXPECTED = {"A01": ("DMSO", 0), "A02": ("drug", 1.5), "B01": ("drug", None)}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_map_is_read_however_a_spreadsheet_saved_it(encoding, delimiter, newline):
    text = LONG.replace(",", delimiter).replace("\n", newline)
    plate_map = read_plate_map(text.encode(encoding))
    assert plate_map.columns == ("Compound", "Dose")
    assert values(plate_map) == EXPECTED
    assert plate_map.delimiter == delimiter
    assert plate_map.problems == ()


def test_letters_that_are_not_utf8_are_kept_and_the_guess_is_told():
    plate_map = read_plate_map("well,dose µM\nA1,1\n".encode("latin-1"), name="m.csv")
    assert plate_map.columns == ("dose µM",)
    assert kinds(plate_map) == ["encoding"]
    assert "latin-1" in plate_map.problems[0].message


def test_a_decimal_comma_is_a_number_where_commas_do_not_delimit():
    plate_map = read_plate_map(b"sep=;\nWell;Dose\nA1;0,5\nA2;10\n")
    assert values(plate_map) == {"A01": (0.5,), "A02": (10,)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Metadata_Row,Metadata_Column,x\nB,02,1\n", id="letters"),
        pytest.param("Row,Col,x\n2,2,1\n", id="numbers-from-1"),
        pytest.param("x,Well Position\n1,b - 02\n", id="any-spelling"),
        pytest.param('row,col,x\nB,"""02""",1\n', id="quoted-against-counting"),
        pytest.param('Well,x\n"=""B02""",1\n', id="quoted-as-a-formula"),
        pytest.param("x,where\n1,B2\n", id="no-telling-header"),
        pytest.param("A title\nof 2 lines,\nWell,x\nB02,1\n", id="title-above"),
        pytest.param("# a comment\nWELL_ID,x\nB/2,1\n", id="comment"),
    ],
)
def test_wells_are_found_in_every_layout_of_columns(text):
    plate_map = read_plate_map(text.encode())
    assert values(plate_map) == {"B02": (1,)}
    assert plate_map.columns == ("x",)


def test_a_table_without_header_loses_no_well():
    plate_map = read_plate_map(b"A01,DMSO\nA02,drug\n")
    assert values(plate_map) == {"A01": ("DMSO",), "A02": ("drug",)}


def test_numbered_wells_need_the_format():
    text = b"Well,x\n1,a\n13,b\n"
    assert values(read_plate_map(text, format=96)) == {"A01": ("a",), "B01": ("b",)}
    with pytest.raises(SourceError, match="by number alone"):
        read_plate_map(text)


def test_wells_that_cannot_be_used_are_listed_with_their_line():
    text = b"Well,x\nA01,1\nfoo,2\nA01,1\nA01,9\nP24,3\n\nA02,4\n"
    plate_map = read_plate_map(text, format=96, name="map.csv")
    assert values(plate_map) == {"A01": (1,), "A02": (4,)}
    assert [(problem.kind, problem.line) for problem in plate_map.problems] == [
        ("not-a-well", 3),
        ("duplicate", 4),
        ("conflict", 5),
        ("outside", 6),
    ]
    assert plate_map.problems[2].message == (
        "map.csv lists well A01 on lines 2 and 5, with different values; "
        "the first is used."
    )


def test_wells_are_compared_with_the_plates():
    plate_map = read_plate_map(LONG.encode())
    assert plate_map.missing_from([(0, 0), (5, 5)]) == ((0, 1), (1, 0))
    assert plate_map.not_listing([(0, 0), (5, 5)]) == ((5, 5),)


def test_conditions_bear_the_plates_own_names():
    conditions = read_plate_map(LONG.encode()).conditions(["A", "B"], ["01", "02"])
    assert conditions == {
        "columns": ["Compound", "Dose"],
        "wells": {"A/01": ["DMSO", 0], "A/02": ["drug", 1.5], "B/01": ["drug", None]},
    }
    assert read_plate_map(LONG.encode()).conditions(["A"], ["1"])["wells"] == {
        "A/1": ["DMSO", 0]
    }


PLATE = """Compound,1,2,3
A,DMSO,a,b
B,,c,

Dose
,01,02,03,
A,0,1,2
B,,4,
"""


def test_grids_below_each_other_are_columns():
    plate_map = read_plate_map(PLATE.encode())
    assert plate_map.shape == "plate"
    assert plate_map.columns == ("Compound", "Dose")
    assert values(plate_map) == {
        "A01": ("DMSO", 0),
        "A02": ("a", 1),
        "A03": ("b", 2),
        "B02": ("c", 4),
    }


def test_a_grid_beyond_the_plate_is_listed():
    plate_map = read_plate_map(PLATE.encode(), format="1x3")
    assert set(kinds(plate_map)) == {"outside"}
    assert len(plate_map.wells) == 3


def test_a_map_of_several_plates_asks_for_one():
    text = b"Barcode,Well,x\nP1,A1,1\nP2,A1,2\n"
    assert values(read_plate_map(text, plate="P2")) == {"A01": ("P2", 2)}
    with pytest.raises(SourceError, match=r"2 plates \('P1', 'P2'\), and none"):
        read_plate_map(text)
    with pytest.raises(SourceError, match="'P3' is none of them"):
        read_plate_map(text, plate="P3")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "holds no rows", id="empty"),
        pytest.param(b"\n\n", "holds no rows", id="blank"),
        pytest.param(b"a,b\n1,2\n", "No column of map.csv names wells", id="no-wells"),
        pytest.param(b"\x7fELF\0\0", "not a text", id="binary"),
        pytest.param(b'well,x\nA1,"' + b"y" * 200_000, "cannot be read", id="quote"),
        pytest.param(b"\xff\xfew", "says that it is utf-16", id="half-a-letter"),
        pytest.param(b"Well,x\nA01,1\n" * 2_000_000, "larger than 16 MiB", id="large"),
    ],
)
def test_what_is_no_map_is_refused_with_its_name(data, message):
    with pytest.raises(SourceError, match=message) as caught:
        read_plate_map(data, name="map.csv")
    assert "map.csv" in str(caught.value)


def test_a_path_that_is_not_there_is_an_error_of_the_source(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.csv cannot be read"):
        read_plate_map(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="cannot be read"):
        read_plate_map(tmp_path)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_an_error_of_the_source(data):
    try:
        read_plate_map(data)
    except SourceError:
        return


cells = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8
).map(str.strip)


@given(st.lists(cells, min_size=2, max_size=8))
def test_values_of_a_map_fit_into_json(column):
    for delimiter in (",", ";"):
        typed = typed_column(column, delimiter)
        assert len(typed) == len(column)
        json.dumps(typed, allow_nan=False)


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        (["1", "2"], (1, 2)),
        (["1", "2.5", ""], (1, 2.5, None)),
        (["1e-3", ".5"], (0.001, 0.5)),
        (["01", "1"], ("01", "1")),
        (["1_000", "2"], ("1_000", "2")),
        (["NA", "3"], (None, 3)),
        (["NA", "x"], ("NA", "x")),
        (["1e999", "1"], ("1e999", "1")),
        (["9" * 30], ("9" * 30,)),
        (["", ""], (None, None)),
    ],
)
def test_numbers_are_numbers_only_where_nothing_is_lost(column, typed):
    assert typed_column(column) == typed


def test_typed_patterns_give_roles():
    plate_map = typed_roles({"positive": "A-D:12, E-H:1", "negative": "A-D:1"}, 96)
    roles = plate_map.column("role")
    assert [FORMATS[96].label(w) for w, r in roles.items() if r == "positive"] == [
        "A12",
        "B12",
        "C12",
        "D12",
        "E01",
        "F01",
        "G01",
        "H01",
    ]
    with pytest.raises(SourceError, match="A01 cannot be both 'a' and 'b'"):
        typed_roles({"a": "A1", "b": "A:1-2"}, 96)
    with pytest.raises(InvalidPathError):
        typed_roles({"a": "col:13"}, 96)


@given(st.integers(0, 7), st.integers(0, 11))
def test_typed_wells_are_those_of_the_pattern(row: int, column: int) -> None:
    pattern = f"{'ABCDEFGH'[row]}:{column + 1}"
    roles = typed_roles({"positive": pattern}, 96)
    assert roles.column("role") == {(row, column): "positive"}


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(
        SourceError, match="no column 'dose'; it has 'Compound', 'Dose'"
    ):
        read_plate_map(LONG.encode()).column("dose")


def test_the_controls_of_sbs_swap_columns_at_row_e(shared_data):
    path = shared_data / "sbs_translocation_96well" / "1049_Metadata.csv"
    plate_map = read_plate_map(path, format=96)
    assert plate_map.columns == ("ImageNumber", "SBS_Doses", "SBS_Controls")
    assert len(plate_map.wells) == 96
    assert plate_map.problems == ()
    controls = plate_map.column("SBS_Controls")
    positive = {well for well, value in controls.items() if value == 1}
    assert positive == set(typed_roles({"p": "A-D:12,E-H:1"}, 96).wells)
    assert sum(value == -1 for value in controls.values()) == 16


def test_a_table_says_how_it_was_read(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"a\tb\n1\t2\n")
    table = read_table(path)
    assert (table.name, table.encoding, table.delimiter) == ("t.tsv", "utf-8", "\t")
    assert table.lines == (1, 2)


# Which column names the wells

DOWN = b"Plate,Well Number,Well,Compound\np,1,A01,a\np,2,B01,b\np,9,A02,c\n"


def test_names_of_wells_go_before_numbers_and_the_first_other_line_is_told():
    plate_map = read_plate_map(DOWN, format=96, name="map.csv")
    assert plate_map.column("Compound") == {(0, 0): "a", (0, 1): "c", (1, 0): "b"}
    assert [(p.kind, p.line) for p in plate_map.problems] == [("disagree", 3)]
    assert plate_map.problems[0].message == (
        "Line 3 of map.csv says B01 under 'Well', but 2 under 'Well Number', which, "
        "counted row by row, is A02. 'Well' is used."
    )


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param([0, 1, 2], id="numbers-first"),
        pytest.param([1, 0, 2], id="names-first"),
        pytest.param([2, 0, 1], id="conditions-first"),
    ],
)
@pytest.mark.parametrize("title", ["Well", "Location", "Well Name"])
def test_the_order_of_columns_does_not_matter(columns, title):
    rows = [["Well Number", title, "x"], ["1", "A01", "7"], ["2", "B01", "8"]]
    text = "\n".join(",".join(row[index] for index in columns) for row in rows)
    plate_map = read_plate_map(text.encode(), format=96)
    assert plate_map.column("x") == {(0, 0): 7, (1, 0): 8}
    assert kinds(plate_map) == ["disagree"]


def test_names_and_numbers_that_agree_say_nothing():
    text = b"Well Number,Well,x\n1,A01,a\n13,B01,b\n"
    assert read_plate_map(text, format=96).problems == ()


def test_rows_and_columns_are_compared_with_names_too():
    text = b"Well,Row,Column,x\nA01,A,1,7\nA02,B,1,8\n"
    plate_map = read_plate_map(text)
    assert values(plate_map) == {"A01": ("A", 1, 7), "A02": ("B", 1, 8)}
    assert kinds(plate_map) == ["disagree"]
    assert "but B1 under 'Row' and 'Column'" in plate_map.problems[0].message


@pytest.mark.parametrize(
    ("names", "wells", "note"),
    [
        (("Aa01", "Ab02", "Hd48"), ((0, 0), (1, 1), (31, 47)), "four to a letter"),
        (("A01.a1", "A01.b2", "B03.a1"), ((0, 0), (1, 1), (2, 4)), "2 by 2"),
    ],
)
def test_wells_that_are_spelled_apart_are_those_of_the_plate(names, wells, note):
    rows = "".join(f"{name},{number}\n" for number, name in enumerate(names))
    plate_map = read_plate_map(f"Well,Drug\n{rows}Total,3\n".encode(), format=1536)
    assert plate_map.wells == {well: (n,) for n, well in enumerate(wells)}
    assert kinds(plate_map) == ["spelled", "not-a-well"]
    assert note in plate_map.problems[0].message


def test_mixed_case_among_plain_names_is_no_spelling_apart():
    plate_map = read_plate_map(b"Well,Drug\nAa01,x\nAB01,y\n", format=1536)
    assert sorted(plate_map.wells) == [(26, 0), (27, 0)]


def test_numbers_alone_are_counted_row_by_row_and_the_report_says_so():
    plate_map = read_plate_map(b"Well,x\n1,a\n13,b\n", format=96, name="m.csv")
    assert [problem.message for problem in plate_map.problems] == [
        "m.csv gives wells by number alone ('Well'); they were counted row by row on a "
        "96-well plate (A01 to H12): 2 is A02."
    ]


def test_compounds_that_look_like_wells_are_no_wells():
    text = b"Well Number,Compound\n1,C1\n2,C2\n3,B7\n"
    plate_map = read_plate_map(text, format=96)
    assert plate_map.column("Compound") == {(0, 0): "C1", (0, 1): "C2", (0, 2): "B7"}
    assert kinds(plate_map) == ["counted"]
    with pytest.raises(SourceError):
        read_plate_map(b"Compound,Dose\nC1,1\nC2,2\n", format=96)


@pytest.mark.parametrize("number", ["14", "14.0", "14,00"])
def test_numbers_that_a_spreadsheet_wrote_with_decimals_are_counted(number):
    text = f"Well Number;Compound\n{number};a\n".encode()
    assert read_plate_map(text, format=96).column("Compound") == {(1, 1): "a"}


def test_a_number_among_names_is_no_well():
    plate_map = read_plate_map(b"Well,x\nA01,a\n13,b\nA02,c\n", format=96)
    assert list(values(plate_map)) == ["A01", "A02"]
    assert [(p.kind, p.line) for p in plate_map.problems] == [("not-a-well", 3)]


def test_wells_of_the_plate_that_was_picked_from_are_not_the_plates():
    text = b"Source Well,Well Number,x\nH12,1,a\nH11,2,b\n"
    assert list(values(read_plate_map(text, format=96))) == ["A01", "A02"]
    with pytest.raises(SourceError, match="No column"):
        read_plate_map(b"Source Well,x\nH12,a\n")


def test_a_map_by_numbers_speaks_of_its_plates():
    text = b"Barcode,Well,x\nP1,1,1\nP2,1,2\n"
    assert map_plates(text) == ("P1", "P2")


def test_conditions_go_by_name_whatever_order_the_plate_lists():
    conditions = read_plate_map(LONG.encode()).conditions(["B", "A"], ["2", "1"])
    assert conditions["wells"] == {
        "A/1": ["DMSO", 0],
        "A/2": ["drug", 1.5],
        "B/1": ["drug", None],
    }
    inner = read_plate_map(b"Well,x\nB03,1\nA01,2\n").conditions(["B", "C"], ["3", "4"])
    assert inner["wells"] == {"B/3": [1]}


def test_a_column_with_both_decimal_marks_stays_text_and_is_told():
    plate_map = read_plate_map(b"Well;Dose\nA1;0,5\nA2;0.5\n")
    assert values(plate_map) == {"A01": ("0,5",), "A02": ("0.5",)}
    assert kinds(plate_map) == ["numbers"]
