import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import InvalidPathError
from hcs.layout import (
    FORMATS,
    PlateFormat,
    fitting_format,
    parse_well,
    plate_format,
    row_index,
    row_letters,
    well_label,
)
from hcs.well_patterns import select_wells

grids = st.one_of(
    st.sampled_from(list(FORMATS.values())),
    st.builds(PlateFormat, st.integers(1, 80), st.integers(1, 120)),
)


@st.composite
def wells_of_grids(draw):
    grid = draw(grids)
    row = draw(st.integers(0, grid.rows - 1))
    column = draw(st.integers(0, grid.columns - 1))
    return grid, (row, column)


@given(wells_of_grids())
def test_a_label_reads_back_as_its_well(case):
    grid, position = case
    assert parse_well(grid.label(position), grid) == position
    assert parse_well(grid.label(position), grid, strict=True) == position


@given(
    wells_of_grids(),
    st.sampled_from(
        [
            "{letters}{column}",
            "{letters}0{column}",
            "{letters}/{column}",
            "{letters}-{column}",
            " {letters} - {column:02d} ",
            "{letters}_{column}",
            "r{row:02d}c{column:02d}",
            "R{row}C{column}",
            "{number}",
        ]
    ),
    st.sampled_from([str, str.lower, str.upper]),
)
def test_every_spelling_means_the_same_well(case, spelling, change_case):
    grid, (row, column) = case
    text = change_case(
        spelling.format(
            letters=row_letters(row),
            row=row + 1,
            column=column + 1,
            number=row * grid.columns + column + 1,
        )
    )
    assert parse_well(text, grid) == (row, column)


@given(st.integers(0, 701))
def test_row_letters_count_without_a_zero(index):
    assert row_index(row_letters(index)) == index


def test_rows_go_on_after_z_with_two_letters():
    assert [row_letters(index) for index in (0, 25, 26, 31, 47, 51, 52)] == [
        "A",
        "Z",
        "AA",
        "AF",
        "AV",
        "AZ",
        "BA",
    ]


@pytest.mark.parametrize(
    ("wells", "last"),
    [
        (6, "B3"),
        (12, "C4"),
        (24, "D6"),
        (48, "F8"),
        (96, "H12"),
        (384, "P24"),
        (1536, "AF48"),
        (3456, "AV72"),
    ],
)
def test_standard_formats_end_where_the_standards_say(wells, last):
    grid = plate_format(wells)
    assert grid.wells == wells
    assert grid.name == str(wells)
    assert grid.label((grid.rows - 1, grid.columns - 1)) == last


@pytest.mark.parametrize("text", ["12x32", "12 X 32", "12×32"])
def test_odd_grids_are_given_by_rows_and_columns(text):
    assert plate_format(text) == PlateFormat(12, 32)
    assert plate_format(text).name == "12x32"


def test_a_grid_with_a_standard_count_but_another_shape_is_odd():
    assert plate_format((12, 32)).name == "12x32"
    assert plate_format((12, 32)) != plate_format(384)


@pytest.mark.parametrize("value", [97, "0x3", "axb", "", "-96", (0, 5), (True, 2)])
def test_what_is_no_format_is_refused(value):
    with pytest.raises(InvalidPathError):
        plate_format(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "1A",
        "A0",
        "r0c1",
        "r1c0",
        "A1B",
        "AAA1",
        "A1.5",
        "../A1",
        "A٣",
        "A1\n2",
    ],
)
def test_what_is_no_well_is_refused(text):
    with pytest.raises(InvalidPathError, match="is not a well"):
        parse_well(text)


def test_a_well_outside_of_the_plate_names_the_plate():
    with pytest.raises(
        InvalidPathError, match=r"outside of a 96-well plate \(A01 to H12"
    ):
        parse_well("I01", 96)


def test_a_number_needs_a_plate_to_count_on():
    assert parse_well("13", 96) == (1, 0)
    assert parse_well("25", 384) == (1, 0)
    with pytest.raises(InvalidPathError):
        parse_well("13")
    with pytest.raises(InvalidPathError):
        parse_well("97", 96)


def test_strict_takes_capitals_only():
    assert parse_well("AA01", strict=True) == (26, 0)
    for text in ("aa01", "A/1", "r01c01"):
        with pytest.raises(InvalidPathError):
            parse_well(text, strict=True)


def test_labels_are_padded_to_the_widest_column():
    assert well_label(1, 1, 3) == "B2"
    assert well_label(1, 1, 12) == "B02"
    assert well_label(1, 1, 120) == "B002"
    assert well_label(1, 1) == "B02"


def test_all_wells_of_a_format_settle_the_format():
    grid = FORMATS[24]
    wells = [(row, column) for row in range(4) for column in range(6)]
    assert fitting_format(wells) == (grid, True)
    assert fitting_format(wells[:-1]) == (FORMATS[96], False)


def test_few_wells_leave_the_format_open():
    assert fitting_format([(0, 0)]) == (FORMATS[96], False)
    assert fitting_format([(8, 0)]) == (FORMATS[384], False)
    assert fitting_format([(8, 0), (60, 99)]) == (PlateFormat(61, 100), False)


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [
        ("A01", ["A01"]),
        ("A-C:5", ["A05", "B05", "C05"]),
        ("A:1-3", ["A01", "A02", "A03"]),
        ("A-B:1-2", ["A01", "A02", "B01", "B02"]),
        ("A01-A03", ["A01", "A02", "A03"]),
        ("A02-B01", ["A01", "A02", "B01", "B02"]),
        ("B03, A01,", ["A01", "B03"]),
        ("a1, A01", ["A01"]),
        ("r01c02", ["A02"]),
    ],
)
def test_patterns_name_wells(pattern, labels):
    grid = FORMATS[96]
    assert [grid.label(well) for well in select_wells(pattern, grid)] == labels


def test_patterns_name_whole_rows_and_columns():
    assert len(select_wells("col:1-2", 96)) == 16
    assert len(select_wells("columns: 12", 96)) == 8
    assert len(select_wells("row:A-B", 96)) == 24
    assert len(select_wells("A-H:5", 96)) == 8
    assert select_wells("A12,B12,C12,D12,E-H:1", 96) == select_wells(
        "A-D:12, E01-H01", 96
    )


@pytest.mark.parametrize("pattern", ["", " , ", "col:13", "A-I:5", "A01-Q99", "hello"])
def test_patterns_that_leave_the_plate_are_refused(pattern):
    with pytest.raises(InvalidPathError):
        select_wells(pattern, 96)


@pytest.mark.parametrize("text", ["A703", "r703c01", "A999"])
def test_a_well_beyond_any_plate_is_no_well(text: str) -> None:
    with pytest.raises(InvalidPathError, match="is not a well"):
        parse_well(text)
