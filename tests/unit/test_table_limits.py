"""What a table, a plate map or a typed pattern can ask for is bounded."""

from __future__ import annotations

import io
import sqlite3
import tracemalloc
import zipfile
from contextlib import closing
from functools import cache

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from hcs.deadline import Deadline, until
from hcs.errors import InvalidPathError, SourceError, StoppedError
from hcs.layout import MAX_SIDE, parse_well, row_letters
from hcs.qc.plates.imported import read_measurements
from hcs.qc.plates.roles import propose_mapping
from hcs.tables.platemap import read_plate_map
from hcs.tables.reading import read_table
from hcs.tables.table import MAX_COLUMNS, MAX_ROWS, refuse_large, unique_names
from hcs.well_patterns import select_wells


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


REPEATED = "x" * 500_000
"""A text that stands in a file once, and in 200 rows."""

ROWS = 200


def parquet_of(column: pa.Array) -> bytes:
    stream = io.BytesIO()
    wells = pa.array(["A01"] * ROWS)
    parquet.write_table(pa.table({"well": wells, "v": column}), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "type",
    [pa.string(), pa.large_string(), pa.string_view(), pa.large_binary()],
    ids=str,
)
def test_a_text_that_a_parquet_file_repeats_is_counted_before_it_is_unpacked(type):
    text = REPEATED.encode() if type == pa.large_binary() else REPEATED
    with pytest.raises(SourceError, match="unpacks to 400 cells and 95 MiB"):
        read_table(parquet_of(pa.array([text] * ROWS, type)), name="x.parquet")


@pytest.mark.parametrize("cell", [["x"], {"a": "x"}, [["x"]]], ids=str)
def test_lists_and_records_of_a_parquet_file_are_left_out_and_named(cell):
    table = read_table(parquet_of(pa.array([cell] * ROWS)), name="x.parquet")
    assert table.rows[:2] == (("well",), ("A01",))
    assert table.notes == ("x.parquet holds lists or records in 'v': left out.",)


def database_of(*statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return connection.serialize()


def test_what_rows_of_a_database_hold_by_default_is_counted():
    data = database_of(
        "CREATE TABLE t (well)",
        "INSERT INTO t VALUES (1)",
        *["INSERT INTO t SELECT well FROM t"] * 8,
        f"ALTER TABLE t ADD COLUMN v DEFAULT '{REPEATED}'",
    )
    with pytest.raises(SourceError, match=r"x\.db unpacks to .* texts of over 64 MiB"):
        read_table(data, name="x.db")


@pytest.mark.full
def test_the_tables_of_a_database_are_counted_together():
    # Of any table alone not much over a million cells.
    columns = ", ".join(f"c{i}" for i in range(2000))
    data = database_of(
        *(f"CREATE TABLE t{i} ({columns})" for i in range(5)),
        "INSERT INTO t0 (c0) VALUES (1)",
        *["INSERT INTO t0 (c0) SELECT c0 FROM t0"] * 9,
        *(f"INSERT INTO t{i} (c0) SELECT c0 FROM t0" for i in range(1, 5)),  # noqa: S608
    )
    with pytest.raises(SourceError, match="unpacks to over 4,194,304 cells"):
        read_table(data, name="x.db")


def workbook_with(old: bytes, new: bytes) -> bytes:
    """Return a workbook of which a part says something else than openpyxl wrote."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["well", 1])
    workbook.active["B1"].number_format = "FORMAT0"
    written, changed = io.BytesIO(), io.BytesIO()
    workbook.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(old, new))
    return changed.getvalue()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"FORMAT0", b"[" * 200_000, "a format of numbers with over 1,000 characters"),
        (b"<sheets>", b"<sheets>" + b"<a/>" * 400_000, "workbook.xml with over"),
    ],
    ids=["format", "tags"],
)
def test_parts_of_a_workbook_that_nobody_writes_are_refused(old, new, what):
    with pytest.raises(SourceError, match=rf"x\.xlsx has .*{what}.*Save the sheet"):
        read_table(workbook_with(old, new), name="x.xlsx")
    assert read_table(workbook_with(b"FORMAT0", b"0.0")).rows == (("well", "1"),)


@pytest.mark.parametrize(
    "data",
    [workbook_with(b"", b""), database_of("CREATE TABLE t AS SELECT 'A1' AS well")],
    ids=["xlsx", "sqlite"],
)
def test_a_table_whose_time_is_over_is_not_called_damaged(data):
    deadline = Deadline()
    deadline.stop("It was stopped.")
    with until(deadline), pytest.raises(StoppedError, match=r"^It was stopped\.$"):
        read_table(data)


def varint(number: int, length: int = 0) -> bytes:
    """Return a number as it stands at the end of a Parquet file, of some bytes."""
    bits, text = 2 * number, bytearray()
    while bits > 0x7F or len(text) + 1 < length:
        text.append(0x80 | bits & 0x7F)
        bits >>= 7
    return bytes([*text, bits])


def lying(data: bytes, **lies: int) -> bytes:
    """Return a Parquet file whose end says something else of its only column."""
    metadata = parquet.ParquetFile(io.BytesIO(data)).metadata
    group = metadata.row_group(0)
    column = group.column(0)
    truths = {
        "rows": (metadata.num_rows,),
        "unpacked": (group.total_byte_size, column.total_uncompressed_size),
        "packed": (column.total_compressed_size,),
    }
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[end:]
    for what, lie in lies.items():
        for number in set(truths[what]):
            old = varint(number)
            assert old in footer
            footer = footer.replace(old, varint(lie, len(old)))
    return data[:end] + footer


@cache
def zeros(rows: int = 10_000_037) -> bytes:
    """Return a file of some kilobytes whose one page unpacks to 76 MiB."""
    stream = io.BytesIO()
    parquet.write_table(
        pa.table({"well": pa.array(np.zeros(rows))}),
        stream,
        compression="zstd",
        use_dictionary=False,
        data_page_size=1 << 30,
        max_rows_per_page=1 << 30,
        row_group_size=1 << 30,
    )
    return stream.getvalue()


@pytest.mark.parametrize(
    ("lies", "why"),
    [
        ({"rows": 10}, "unpacks to 10 cells and 76 MiB"),
        ({"rows": 10, "unpacked": 100}, "unpacks to 0 cells and 76 MiB"),
        ({"unpacked": 100}, "unpacks to 10,000,037 cells"),
        ({"rows": 1 << 25}, "unpacks to 33,554,432 cells"),
        ({"rows": 10, "unpacked": 100, "packed": 0}, "cannot be read as Parquet"),
        ({"rows": 10, "unpacked": 100, "packed": 50}, "cannot be read as Parquet"),
    ],
    ids=str,
)
def test_a_parquet_file_that_lies_about_its_size_is_refused_before_it_is_unpacked(
    lies, why, tmp_path
):
    data = lying(zeros(), **lies)
    assert len(data) < 100_000
    (tmp_path / "x.parquet").write_bytes(data)
    usual, pool = pa.default_memory_pool(), pa.system_memory_pool()
    before = pool.max_memory()
    pa.set_memory_pool(pool)
    try:
        for source in (data, tmp_path / "x.parquet"):
            with pytest.raises(SourceError, match=rf"x\.parquet {why}"):
                read_table(source, name="x.parquet")
    finally:
        pa.set_memory_pool(usual)
    assert pool.max_memory() < before + (1 << 20)


def test_pages_that_lie_where_they_cannot_be_are_an_error_in_words():
    whole = zeros(1000)
    start = parquet.ParquetFile(io.BytesIO(whole)).metadata.row_group(0).column(0)
    at = start.data_page_offset
    for broken in (b"\xff" * 40, b"\x15" + b"\x80" * 39, b"\x00" * 40, b"\x1c" * 40):
        data = whole[:at] + broken + whole[at + 40 :]
        with pytest.raises(SourceError, match=r"x\.parquet cannot be read as Parquet"):
            read_table(data, name="x.parquet")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_the_pages_of_honest_files_are_counted_as_they_unpack(version, dictionary):
    stream = io.BytesIO()
    table = pa.table(
        {"well": ["A01", "A02"] * 500, "x": pa.array(range(1000)), "y": [None] * 1000}
    )
    parquet.write_table(
        table,
        stream,
        data_page_version=version,
        use_dictionary=dictionary,
        write_page_checksum=True,
        compression="zstd",
        row_group_size=300,
    )
    read = read_table(stream.getvalue(), name="x.parquet")
    assert len(read.rows) == 1001


def peak_of(data: bytes) -> int:
    """Return the bytes of Python that were there at once while a table was refused."""
    tracemalloc.start()
    try:
        with pytest.raises(SourceError):
            read_table(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("start", [b"", b"a;b|c\td\n"], ids=["alone", "of several"])
def test_a_row_of_millions_of_cells_is_refused_before_they_are_there(start):
    short, long = (peak_of(start + b"1," * count) for count in (150_000, 1_500_000))
    # The text itself, once as letters of four bytes for reading it line by line.
    assert long - short < 10 * 2 * 1_350_000


def test_one_of_several_lines_is_refused_before_its_cells_are_there():
    line = b"1," * 60_000 + b'"\n"'
    few, many = (peak_of(line * count) for count in (3, 30))
    assert many - few < 10 * 27 * len(line)


def test_a_table_has_as_many_rows_as_a_spreadsheet():
    refuse_large("t", MAX_ROWS, 1)
    with pytest.raises(SourceError, match="over 1,048,576 rows"):
        read_table(b"well\n" + b"A1\n" * MAX_ROWS)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"a;b|c\td\n", b'a\n"b'])
def test_a_text_of_millions_of_lines_is_refused_before_any_is_read(start, end):
    over = Deadline()
    over.stop("A row was read.")
    with until(over), pytest.raises(SourceError, match="over 2,097,152 lines"):
        read_table(start + end * (2 * MAX_ROWS + 1), name="empty")


def test_empty_lines_count_as_lines_and_stay_within_a_cell():
    table = read_table(b'well,note\n\n\r\nA1,"x\n\ny"\n\nA2,z\n')
    assert table.rows[1:] == (("A1", "x\n\ny"), ("A2", "z"))
    assert table.lines == (1, 6, 8)


def test_cells_that_say_the_same_are_there_once():
    table = read_table(b"well,role\n" + b"A1,negative control\n" * 1000)
    assert len({id(cell) for row in table.rows[1:] for cell in row}) == 2
    names = [f"A1,{number}" for number in range(100_000)]
    table = read_table("\n".join(["well,v", *names]).encode())
    assert [row[1] for row in table.rows[1:]] == [name[3:] for name in names]
