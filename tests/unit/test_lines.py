"""Rows and columns follow their names, and indices of documents stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.layout import FORMATS, row_letters
from hcs.lines import line_order, line_positions, physical_plate, wells_in_order
from hcs.metadata import Plate, PlateColumn, PlateRow, PlateWell


def in_order(names):
    return [names[index] for index in line_order(names)]


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        pytest.param(["B", "AA", "Z", "A"], ["A", "B", "Z", "AA"], id="letters"),
        pytest.param(["10", "9", "1"], ["1", "9", "10"], id="numbers"),
        pytest.param(["10", "02", "01"], ["01", "02", "10"], id="padded"),
        pytest.param(["c", "A", "b"], ["A", "b", "c"], id="either-case"),
        pytest.param(["B", "A", "a"], ["B", "A", "a"], id="case-alone"),
        pytest.param(["top", "bottom"], ["top", "bottom"], id="words"),
        pytest.param(["B", "1", "A"], ["B", "1", "A"], id="mixed"),
        pytest.param(["²", "¹"], ["²", "¹"], id="no-ascii-number"),
        pytest.param([], [], id="none"),
    ],
)
def test_lines_are_ordered_by_what_their_names_mean(names, ordered):
    assert in_order(names) == ordered


@given(st.permutations([row_letters(index) for index in range(60)]))
def test_any_order_of_rows_becomes_that_of_the_plate(names):
    assert in_order(names) == [row_letters(index) for index in range(60)]


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (["B", "AA"], (1, 26)),
        (["03", "12"], (2, 11)),
        (["0", "2"], (0, 2)),
        (["1", "01"], None),
        (["A", "a"], None),
        (["left"], None),
        (["2026"], None),
        ([], None),
    ],
)
def test_names_tell_the_place_on_the_plate_or_nothing_does(names, places):
    assert line_positions(names) == places


@pytest.mark.parametrize("wells", FORMATS)
def test_a_document_that_lists_a_standard_plate_states_its_format(wells):
    format = FORMATS[wells]
    plate = physical_plate(format.row_names[::-1], format.column_names)
    assert (plate.format, plate.assumed) == (format, False)
    assert plate.position(0, 0) == (format.rows - 1, 0)


@pytest.mark.parametrize(
    ("rows", "columns", "format", "assumed"),
    [
        pytest.param("BC", ["2", "3"], "12", True, id="inner-wells"),
        pytest.param("ABCDEF", map(str, range(1, 11)), "96", True, id="6x10"),
        pytest.param(["P"], ["24"], "384", True, id="last-well"),
        pytest.param(["AV"], ["73"], "48x73", True, id="beyond-all"),
        pytest.param(["up", "low"], ["1", "2", "3"], "6", False, id="words"),
        pytest.param(["upper"], ["1", "2"], "1x2", False, id="words-not-standard"),
    ],
)
def test_a_format_that_is_not_stated_is_the_smallest_that_holds_the_names(
    rows, columns, format, assumed
):
    plate = physical_plate(list(rows), list(columns))
    assert (plate.format.name, plate.assumed) == (format, assumed)
    assert plate.text.endswith("assumed") == assumed


def test_wells_are_ordered_without_touching_their_indices():
    wells = [
        PlateWell(path=path, rowIndex=row, columnIndex=column)
        for path, row, column in (("B/10", 0, 0), ("A/10", 1, 0), ("A/2", 1, 1))
    ]
    plate = Plate(
        rows=[PlateRow("B"), PlateRow("A")],
        columns=[PlateColumn("10"), PlateColumn("2")],
        wells=wells,
    )
    ordered = wells_in_order(plate, wells)
    assert [well.path for well in ordered] == ["A/2", "A/10", "B/10"]
    assert (ordered[0].rowIndex, ordered[0].columnIndex) == (1, 1)
