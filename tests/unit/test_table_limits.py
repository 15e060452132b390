"""What a table, a plate map or a typed pattern can ask for is bounded."""

from __future__ import annotations

import pytest

from hcs.errors import InvalidPathError, SourceError
from hcs.layout import MAX_SIDE, parse_well, row_letters, select_wells
from hcs.qc.plates.imported import read_measurements
from hcs.qc.plates.roles import propose_mapping
from hcs.tables.platemap import read_plate_map
from hcs.tables.reading import read_table
from hcs.tables.table import MAX_COLUMNS, unique_names


@pytest.mark.parametrize("read", [read_plate_map, read_measurements, read_table])
def test_a_table_of_300000_columns_is_refused(read):
    data = ("Well" + ",x" * 300_000 + "\nA01" + ",1" * 300_000).encode()
    with pytest.raises(SourceError, match=r"wide\.csv has 300,001 columns.*16,384"):
        read(data, name="wide.csv")


def test_a_wide_row_over_many_short_ones_is_refused():
    data = b"Well" + b",x" * 10_000 + b"\n" + b"A1\n" * 1000
    with pytest.raises(SourceError, match="over 4,194,304 cells"):
        read_table(data)


def test_a_plate_map_has_up_to_500_conditions():
    data = ("Well" + "".join(f",c{i}" for i in range(501)) + "\nA01\n").encode()
    with pytest.raises(SourceError, match="more than 500 columns"):
        read_plate_map(data)
    grids = "".join(f"c{i},1,2\nA,x,y\n" for i in range(501))
    with pytest.raises(SourceError, match="more than 500 columns"):
        read_plate_map(grids.encode())


def test_a_plate_map_has_up_to_262144_values():
    names = [
        f"{row_letters(row)}{column}" for row in range(32) for column in range(1, 49)
    ]
    header = "Well" + "".join(f",c{i}" for i in range(171))
    rows = (f"{name}{',1' * 171}" for name in names)
    with pytest.raises(SourceError, match="says 171 things of each of 1,536 wells"):
        read_plate_map("\n".join([header, *rows]).encode())


def test_columns_of_one_name_are_told_apart_in_one_pass():
    assert unique_names(["x", "x", "x (2)", "", "x"]) == (
        "x",
        "x (2)",
        "x (2) (2)",
        "column 4",
        "x (3)",
    )
    names = unique_names(["x"] * MAX_COLUMNS)
    assert len(set(names)) == MAX_COLUMNS
    assert names[-1] == f"x ({MAX_COLUMNS})"


def test_empty_columns_at_the_end_are_none():
    data = b"Well,x" + b"," * 10_000 + b"\nA01,1\n"
    assert read_plate_map(data).columns == ("x",)


def test_names_of_columns_are_short():
    data = b"Well," + b"_" * 100_000 + b"uM x\nA01,1\n"
    with pytest.raises(SourceError, match="name has 100,004 characters"):
        read_plate_map(data)


def test_the_unit_of_a_dose_is_found_behind_any_number_of_blanks():
    name = "dose" + "_" * 100_000 + "(uM"
    assert propose_mapping({"A01": {name: 1}}).unit == "uM"
    assert propose_mapping({"A01": {name + " x": 1}}).unit is None


@pytest.mark.parametrize("name", ["A" + " " * 100_000 + "x", "r" + " " * 100_000 + "1"])
def test_a_long_cell_is_no_well(name):
    with pytest.raises(InvalidPathError, match=r"^'.{40}'\.\.\. is not a well"):
        parse_well(name)


def test_thousands_of_bad_cells_are_counted():
    columns = 60
    header = ",".join(["x", *map(str, range(1, columns + 1))])
    rows = "\n".join(
        f"{row}," + ",".join(["1"] * columns) for row in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    plate_map = read_plate_map(f"{header}\n{rows}".encode(), format=96)
    assert len(plate_map.wells) == 96
    *listed, more = plate_map.problems
    outside = 26 * columns - 96
    assert len(listed) == 1000
    assert more.kind == "more"
    assert more.message.startswith(f"{outside - 1000} more lines or cells")


def test_a_grid_of_more_rows_than_any_plate_is_read_to_the_last():
    rows = [f"{row_letters(index)},1,2" for index in range(MAX_SIDE)]
    data = "\n".join(["x,1,2", *rows, "AAA,1,2"]).encode()
    assert len(read_plate_map(data).wells) == 2 * MAX_SIDE


def test_a_pattern_may_cover_the_plate_any_number_of_times():
    pattern = ",".join(["A-ZZ:1-702"] * 1800)
    assert len(select_wells(pattern, "702x702")) == 702 * 702


def test_a_pattern_has_a_length():
    with pytest.raises(InvalidPathError, match="20,003 characters is too long"):
        select_wells("A1," * 6667 + "A1", 96)


def test_blanks_of_a_pattern_cost_nothing():
    assert select_wells("A" + " " * 19_000 + ": 1", 96) == ((0, 0),)
    with pytest.raises(InvalidPathError):
        select_wells("A" + " " * 19_000 + "!", 96)
