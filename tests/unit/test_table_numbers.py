"""Which cells of a table are numbers, and which number each of them is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.tables.numbers import column_mark, decimal_mark, number_column, typed_column

STRANGE = ["OVRFLW", "<0.1", "35%", "Infinity", "1,234", "#DIV/0!", ">= 5", "-inf"]


@pytest.mark.parametrize("cell", STRANGE)
def test_one_cell_without_a_number_does_not_drop_its_column(cell):
    column = number_column(["1.5", cell, "", "3", "NA"], ".")
    assert column is not None
    assert column.values == (1.5, None, None, 3, None)
    assert column.strange == {1}


def test_cells_that_are_meant_as_numbers_do_not_make_a_column_of_text():
    column = number_column([*STRANGE, "2"], ".")
    assert column is not None
    assert column.strange == set(range(len(STRANGE)))


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(["DMSO", "drug", "1"], id="mostly-words"),
        pytest.param(["001", "002", "100"], id="names-with-zeros"),
        pytest.param(STRANGE, id="no-number-at-all"),
        pytest.param(["", "NA"], id="empty"),
    ],
)
def test_a_column_of_texts_is_none_of_numbers(cells):
    assert number_column(cells, ".") is None


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["0,5", "1.234,5", "1.234"], (0.5, 1234.5, 1234)),
        (["1.234.567", "1,25e3"], (1234567, 1250.0)),
        (["12,5", "-1.234"], (12.5, -1234)),
        (["0.5", "1.234"], (0.5, 1.234)),
        (["1,234", "2,5"], (1.234, 2.5)),
        (["1,234", "7"], (1.234, 7)),
        (["1.234", "7"], (1.234, 7)),
    ],
)
def test_points_beside_decimal_commas_part_thousands(cells, numbers):
    assert typed_column(cells, ";") == numbers


def test_a_column_that_does_not_tell_follows_its_table():
    table = decimal_mark(["0,5", "1.234"], ";")
    assert table == ","
    assert typed_column(["1.234", "2.345"], ";", table) == (1234, 2345)
    assert typed_column(["1.234", "0.5"], ";", table) == (1.234, 0.5)


def test_marks_that_contradict_each_other_give_no_number():
    assert column_mark(["0,5", "0.5"], ";", None) == "both"
    assert column_mark(["1.234", "1,234"], ";", None) == "both"
    assert column_mark(["1.234"], ";", "both") == "both"
    assert typed_column(["0,5", "0.5"], ";") == ("0,5", "0.5")


def test_a_comma_of_a_table_with_tabs_alone_is_not_guessed_at():
    assert number_column(["1,234", "5"], column_mark(["1,234", "5"], "\t", None))
    assert typed_column(["1,234", "5"], "\t") == ("1,234", "5")


def test_a_number_of_thousands_of_digits_is_a_text():
    assert typed_column(["9" * 5000, "1"]) == ("9" * 5000, "1")


numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 2))


@given(st.lists(numbers, min_size=1, max_size=20))
def test_numbers_are_read_back_from_either_way_of_writing(values):
    values = [*values, 0.25]  # so that the column tells its decimal mark
    english = [f"{value:.2f}" for value in values]
    german = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in values]
    assert typed_column(english, ",") == typed_column(german, ";") == tuple(values)
