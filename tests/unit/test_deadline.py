"""Work that a file starts ends by its deadline, whatever the file holds."""

from __future__ import annotations

import io
import threading
import time
import zipfile

import pytest

from dashboard.threads import Pool, Threads
from hcs.deadline import Deadline, go_on, until
from hcs.errors import SourceError, StoppedError
from hcs.tables import TableFile, parts_with_wells, plate_map_table
from hcs.tables.platemap import read_plate_map

_LINES = 200_000

LONG_TABLES = {
    "columns that might name wells, and nothing in them": "\n".join(
        [",".join(["row"] * 8 + ["col"] * 8)] * 20 + ["," * 15] * _LINES
    ),
    "one quote a line": '"\n' * (2 << 20),
    "wells of a million plates": "well,barcode\n"
    + "\n".join(f"A01,p{number}" for number in range(_LINES)),
    "two-column grids": "t,1,2\nA,1,2\n" * _LINES,
}


@pytest.mark.parametrize("kind", LONG_TABLES)
def test_a_table_that_takes_long_is_given_up_in_words(kind):
    deadline = Deadline(1e-4, "Cut it by plate.")
    with (
        until(deadline),
        pytest.raises(StoppedError, match=r"given up\. Cut it by plate"),
    ):
        read_plate_map(LONG_TABLES[kind].encode(), format=384)


def test_what_has_no_deadline_goes_on():
    go_on()
    with until(Deadline()):
        go_on()
    with until(Deadline(0)), pytest.raises(StoppedError):
        go_on()
    go_on()


@pytest.mark.parametrize("count", [16_384, 300_000])
def test_as_many_columns_as_a_table_may_have_are_named_and_more_are_refused(count):
    """The names of 20,000 columns took seconds and of 300,000 many minutes."""
    header = ",".join(["well"] + ["x"] * (count - 1))
    data = f"{header}\n{'A01' + ',1' * (count - 1)}\n".encode()
    with until(Deadline(60)), pytest.raises(SourceError, match="columns"):
        read_plate_map(data, format=384)


@pytest.mark.parametrize("tag", ["<mergeCell ", '<c r="A1" ', '<c r="A1"><f'])
def test_tags_without_an_end_in_a_workbook_are_passed_over(tag):
    """They stand in a comment; a search went from each of them to the end of all."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["well", "dose"])
    book.active.append(["A01", 1])
    plain = io.BytesIO()
    book.save(plain)
    made = io.BytesIO()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                comment = f"<!--{tag * 60_000}-->".encode()
                data = data.replace(b"<sheetData>", comment + b"<sheetData>")
            target.writestr(name, data, zipfile.ZIP_DEFLATED)
    file = TableFile("map.xlsx", made.getvalue())
    assert parts_with_wells([file])
    assert plate_map_table(file).rows[1] == ("A01", "1")


def test_pools_end_what_can_be_stopped_and_say_what_cannot():
    threads = Threads()
    begun, release = threading.Barrier(3), threading.Event()

    def of_a_file() -> None:
        begun.wait(30)
        while True:
            go_on()
            time.sleep(0)

    def stuck() -> None:
        begun.wait(30)
        release.wait(30)

    reading = threads.submit(of_a_file, Pool.FILES)
    writing = threads.submit(stuck, Pool.CHANGES)
    begun.wait(30)
    assert not threads.close(0.2)
    with pytest.raises(StoppedError, match="being restarted"):
        reading.result(30)
    assert not writing.done()
    release.set()
    assert threads.close(30)


def test_stuck_work_of_one_kind_holds_up_no_other():
    threads = Threads()
    release = threading.Event()
    try:
        for pool in (Pool.FILES, Pool.CHANGES, Pool.ARRIVALS, Pool.WORK, Pool.STACKS):
            for _ in range(pool.threads):
                threads.submit(lambda: release.wait(60), pool)
        assert threads.submit(lambda: "kept", Pool.ACTS).result(30) == "kept"
        assert threads.submit(lambda: "drawn", Pool.PIXELS).result(30) == "drawn"
    finally:
        release.set()
        threads.close(30)
