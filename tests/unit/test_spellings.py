import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import SourceError
from hcs.ingest.names import NamePattern
from hcs.layout import FORMATS, parse_well
from hcs.spellings import read_well_names


def test_numbers_count_row_by_row_on_the_plate_that_is_given():
    wells = read_well_names(["00001", "00014", "96"], 96)
    assert wells.positions == {"00001": (0, 0), "00014": (1, 1), "96": (7, 11)}
    assert "counted from 1, row by row, on a 96-well plate" in wells.note
    assert "96 is H12" in wells.note
    assert read_well_names(["14"], 384).positions == {"14": (0, 13)}


def test_numbers_count_from_0_where_there_is_a_well_0():
    wells = read_well_names(["0", "13"], 96)
    assert wells.positions == {"0": (0, 0), "13": (1, 1)}
    assert "counted from 0" in wells.note


def test_numbers_without_a_plate_are_no_wells():
    wells = read_well_names(["1", "14"])
    assert wells.positions == {}
    assert "give the plate's format (6, 12" in wells.problems["14"]


def test_numbers_beyond_the_plate_are_named():
    wells = read_well_names(["1", "97"], 96)
    assert list(wells.problems) == ["97"]
    assert "outside of a 96-well plate" in wells.problems["97"]


def test_a_number_among_names_is_no_well():
    assert list(read_well_names(["A01", "14"], 96).problems) == ["14"]


@pytest.mark.parametrize("format", [None, 1536])
def test_four_rows_to_a_letter_are_a_plate_of_1536(format):
    wells = read_well_names(["Aa01", "Ab1", "Ba01", "Hd48"], format)
    assert wells.positions == {
        "Aa01": (0, 0),
        "Ab1": (1, 0),
        "Ba01": (4, 0),
        "Hd48": (31, 47),
    }
    assert wells.format == FORMATS[1536]
    assert "Hd48 is AF48" in wells.note


def test_every_well_of_1536_has_one_name_of_four_rows_to_a_letter():
    names = [
        f"{row}{part}{column:02}"
        for row in "ABCDEFGH"
        for part in "abcd"
        for column in range(1, 49)
    ]
    positions = read_well_names(names).positions
    assert [positions[name] for name in names] == [
        (row, column) for row in range(32) for column in range(48)
    ]


def test_rows_aa_to_af_stay_what_they_are():
    assert read_well_names(["AA01", "AF48"], 1536).positions["AA01"] == (26, 0)
    assert read_well_names(["aa01"]).positions["aa01"] == (26, 0)


def test_parts_of_wells_are_wells_of_a_finer_plate():
    wells = read_well_names(["A01.a1", "A01.b2", "P24.b1"])
    assert wells.positions == {"A01.a1": (0, 0), "A01.b2": (1, 1), "P24.b1": (31, 46)}
    assert "2 by 2" in wells.note
    finer = read_well_names(["A01.a1", "H12.d4"])
    assert finer.positions == {"A01.a1": (0, 0), "H12.d4": (31, 47)}
    assert "4 by 4" in finer.note


@given(st.lists(st.text(max_size=8), max_size=5), st.sampled_from([None, 96, 1536]))
def test_any_names_are_wells_or_have_a_problem(names, format):
    wells = read_well_names(names, format)
    assert {*wells.positions} | {*wells.problems} == set(names)
    assert not {*wells.positions} & {*wells.problems}


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_usual_names_are_read_as_single_ones(count, data):
    grid = FORMATS[count]
    row = data.draw(st.integers(0, grid.rows - 1))
    column = data.draw(st.integers(0, grid.columns - 1))
    name = grid.label((row, column))
    assert read_well_names([name], grid).positions[name] == parse_well(name)


def test_a_pattern_counts_wells_on_the_plate_that_is_given():
    pattern = NamePattern(r"W(?P<well>\d{4})F(?P<field>\d{4})")
    names = ["W0029F0001.tif", "W0069F0001.tif", "notes.txt"]
    parts, wells = pattern.read_all(names, 96)
    assert {name: part.well for name, part in parts.items()} == {
        "W0029F0001.tif": (2, 4),
        "W0069F0001.tif": (5, 8),
    }
    assert "0069 is F09" in wells.note
    with pytest.raises(SourceError, match=r"W0029F0001\.tif .*give the plate's format"):
        pattern.read_all(names)
